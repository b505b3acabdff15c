"""What a module imports, and which data files it names, read from the sources without running them.

Imports inside functions count, and so do names that a package's `__getattr__` imports on demand.
"""

import ast
import re
from collections.abc import Iterable, Iterator
from functools import cached_property
from pathlib import Path

NO_DATA = (".py", ".pyc", ".md")
RELATIVE = re.compile(r"\w[\w.-]*(/\w[\w.-]*)*")  # a text that may be a path below a folder


class Module:
    """One source file; `name` is its dotted name."""

    def __init__(self, name: str, path: Path):
        self.name, self.path = name, path
        self.is_package = path.name == "__init__.py"

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.path.read_bytes())

    @cached_property
    def nodes(self) -> list[ast.AST]:
        return list(ast.walk(self.tree))

    @cached_property
    def mentioned(self) -> set[str]:
        """The dotted names that this module imports, or uses of what it imported.

        `from a import b` and a use of `b.c` give "a.b" and "a.b.c".
        """
        bound = dict(pair for node in self.nodes for pair in self._bound(node))
        asked = {_text(call.args[0]) for call in self.calls("import_module") if call.args}
        chains = [_chain(node) for node in self.nodes if isinstance(node, ast.Attribute)]
        used = {".".join([bound[first], *rest]) for first, *rest in chains if first in bound}
        return {*bound.values(), *asked, *used}

    def _bound(self, node: ast.AST) -> Iterator[tuple[str, str]]:
        """Yield (name here, dotted name) for each name that an import statement binds."""
        if isinstance(node, ast.Import):
            for a in node.names:
                yield a.asname or a.name, a.name
                if not a.asname:
                    yield (a.name.split(".")[0],) * 2
        if isinstance(node, ast.ImportFrom):
            base = self._base(node)
            for a in node.names:
                yield a.asname or a.name, f"{base}.{a.name}"

    def _base(self, node: ast.ImportFrom) -> str:
        """Return the module after `from`, without dots in front."""
        up = node.level - self.is_package
        above = self.name.rsplit(".", up)[:1] if node.level else []
        return ".".join([*above, *filter(None, [node.module])])

    @cached_property
    def own(self) -> set[str]:
        """The names that the top level defines."""
        body = self.tree.body
        found = {n.name for n in body if isinstance(n, (ast.FunctionDef, ast.ClassDef))}
        found |= {name for node in body for name, _ in self._bound(node)}
        assigned = [n for n in body if isinstance(n, (ast.Assign, ast.AnnAssign))]
        return found | {n.id for a in assigned for n in ast.walk(a) if isinstance(n, ast.Name)}

    @cached_property
    def table(self) -> dict[str, str]:
        """The entries, from text to text, of all dicts at the top level."""
        values = [getattr(node, "value", None) for node in self.tree.body]
        dicts = [v for v in values if isinstance(v, ast.Dict)]
        pairs = [p for d in dicts for p in zip(d.keys, d.values, strict=True)]
        return {_text(key): _text(value) for key, value in pairs}

    @cached_property
    def paths(self) -> set[str]:
        """The texts that may be paths, where the module uses `__file__`."""
        if not any(isinstance(n, ast.Name) and n.id == "__file__" for n in self.nodes):
            return set()
        texts = {_text(n) for n in self.nodes}
        return {text for text in texts if RELATIVE.fullmatch(text) and len(text) < 100}

    def calls(self, name: str) -> list[ast.Call]:
        """Return all calls of a function of this name, or of a method."""
        calls = [n for n in self.nodes if isinstance(n, ast.Call)]
        return [c for c in calls if name == getattr(c.func, "id", getattr(c.func, "attr", ""))]

    def arguments(self, name: str) -> list[tuple[str, ...]]:
        """Return the arguments of each call of `name`: "" stands for what is no plain text."""
        calls = self.calls(name)
        return [tuple(map(_text, (*c.args, *(k.value for k in c.keywords)))) for c in calls]


class Sources:
    """The modules below some packages (or single files), by their dotted names."""

    def __init__(self, *roots: Path):
        self.roots = roots
        self.modules: dict[str, Module] = {}
        for root in roots:
            for path in sorted(root.rglob("*.py")) if root.is_dir() else [root]:
                name = ".".join(path.relative_to(root.parent).with_suffix("").parts)
                name = name.removesuffix(".__init__")
                self.modules[name] = Module(name, path)

    def below(self, name: str) -> set[str]:
        """Return the module `name` and all modules below it, or none where there is no such."""
        return {n for n in self.modules if n == name or n.startswith(f"{name}.")}

    def closure(self, start: Iterable[str]) -> set[str]:
        """Return these modules and all that they import, each with the packages above it."""
        found, todo = set(), list(start)
        while todo:
            name = todo.pop()
            if name not in found:
                found.add(name)
                todo += self._above(name)
                todo += set().union(*map(self._meant, self.modules[name].mentioned))
        return found

    def data(self, name: str) -> set[Path]:
        """Return the data files that a module which uses `__file__` names, by path or folder."""
        path = self.modules[name].path
        folders = [f for f in path.parents for root in self.roots if f.is_relative_to(root)]
        words = self.modules[name].paths
        return {p for folder in folders for word in words for p in _data_files(folder / word)}

    def relative(self, path: Path) -> str:
        """Return a path from the package's name on, which is the same on every machine."""
        root = next(root for root in self.roots if path.is_relative_to(root))
        return path.relative_to(root.parent).as_posix()

    def _above(self, name: str) -> set[str]:
        parts = name.split(".")
        above = {".".join(parts[:k]) for k in range(1, len(parts))}
        return above & self.modules.keys()

    def _meant(self, dotted: str) -> set[str]:
        """Return the modules that a dotted name leads to: none where it is not one of ours."""
        module, rest = dotted, ""
        while module and module not in self.modules:
            module, _, rest = module.rpartition(".")
        if not module:
            return set()
        return {module} | (self._on_demand(module, rest) if rest else set())

    def _on_demand(self, package: str, name: str) -> set[str]:
        """Return what a package's `__getattr__` imports for a name that is not its own.

        Its table says which module; without an entry there it may be any module of the package.
        """
        module = self.modules[package]
        if "__getattr__" not in module.own or name in module.own or name.startswith("__"):
            return set()
        home = f"{package}.{module.table.get(name)}"
        return {home} if home in self.modules else self.below(package)


def _text(node: ast.AST) -> str:
    """Return a constant's text, or "" for anything else."""
    value = node.value if isinstance(node, ast.Constant) else None
    return value if isinstance(value, str) else ""


def _chain(node: ast.AST) -> list[str]:
    """Return `a.b.c` as its names, or [""] for what is no such chain."""
    if isinstance(node, ast.Name):
        return [node.id]
    if isinstance(node, ast.Attribute) and (before := _chain(node.value)) != [""]:
        return [*before, node.attr]
    return [""]


def _data_files(path: Path) -> Iterator[Path]:
    found = path.rglob("*") if path.is_dir() else [path]
    return (p for p in found if p.is_file() and p.suffix not in NO_DATA)
