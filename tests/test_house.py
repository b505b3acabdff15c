"""The rules of the house: no circles of imports, no private name in use elsewhere, short files."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FILES = sorted((ROOT / "gancourse").rglob("*.py"))
FILE_LINES, CLASS_LINES = 400, 200
MODULES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for path in FILES
}


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imported(name: str) -> set[str]:
    """Return the course's modules that a module imports, inside of functions too."""
    found = set()
    for node in ast.walk(tree(MODULES[name])):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                found.add(whole if whole in MODULES else node.module)
    return {other for other in found if other in MODULES and other != name}


def circles() -> list[list[str]]:
    """Return the groups of modules that import each other in a loop (Tarjan's components)."""
    index, low, stack, found = {}, {}, [], []

    def visit(name: str) -> None:
        index[name] = low[name] = len(index)
        stack.append(name)
        for other in imported(name):
            if other not in index:
                visit(other)
            if other in stack:
                low[name] = min(low[name], low[other])
        if low[name] == index[name]:
            group = stack[stack.index(name) :]
            del stack[stack.index(name) :]
            found.append(group)

    for name in MODULES:
        if name not in index:
            visit(name)
    return [group for group in found if len(group) > 1]


def private_names(path: Path) -> list[str]:
    """Return the uses of another module's private names: `from x import _y`, `module._y`."""
    modules, found = set(), []
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            modules |= {(alias.asname or alias.name).split(".")[0] for alias in node.names}
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("gancourse"):
            names = [alias.name for alias in node.names]
            found += [name for name in names if name.startswith("_")]
            modules |= {
                a.asname or a.name for a in node.names if f"{node.module}.{a.name}" in MODULES
            }
    ours = {m for m in modules if m not in ("torch", "os", "sys", "importlib")}
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            private = node.attr.startswith("_") and not node.attr.startswith("__")
            if private and node.value.id in ours:
                found.append(f"{node.value.id}.{node.attr}")
    return found


def test_no_modules_import_each_other_in_a_circle():
    assert circles() == []


def test_playwright_starts_in_one_place():
    """In one process it does not start twice, and tests of several folders may share one."""
    files = (ROOT / "tests").rglob("*.py")
    starts = [p.name for p in files if re.search(r"sync_playwright\(\)", p.read_text("utf-8"))]
    assert starts == ["conftest.py"]


def test_each_test_file_has_a_name_of_its_own():
    """Two of one name cannot share a process, and `tools/test.py` puts any two into one."""
    names = [path.name for path in (ROOT / "tests").rglob("test_*.py")]
    assert sorted(names) == sorted(set(names))


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_module_uses_no_private_name_of_another(path):
    assert private_names(path) == []


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_file_is_read_in_one_sitting(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= FILE_LINES
    classes = [node for node in ast.walk(tree(path)) if isinstance(node, ast.ClassDef)]
    long = {
        c.name: c.end_lineno - c.lineno for c in classes if c.end_lineno - c.lineno > CLASS_LINES
    }
    assert long == {}


KEPT = [*(ROOT / "docs").rglob("*.json"), *(f for k in ("notebooks", "exercises", "solutions")
                                           for f in (ROOT / k).glob("*.ipynb"))]  # fmt: skip


@pytest.mark.parametrize("path", KEPT, ids=lambda path: path.name)
def test_what_is_kept_names_no_folder_of_a_machine(path):
    found = re.findall(r"/(?:home|root|tmp|work|Users|opt)/\S{0,40}", path.read_text("utf-8"))
    assert found == []
