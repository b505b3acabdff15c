"""Which file of the project leads to which: imports, as they are written, without running them.

A module is a path from the root. Names that a package gives out lazily (its table `_HOME`) count as
imports of their home alone. Code in strings counts as well, as tests hand it to other processes and
to kernels; docstrings do not.
"""

import ast
import re
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

SOURCES = ("gancourse", "tools", "tests", "notebooks", "solutions")
NAMED = re.compile(r"\bgancourse(?:\.\w+)+")
IMPORTED = re.compile(r"\bfrom (gancourse[\w.]*) import ([\w, ]+)")


class Graph:
    """The files of the checkout at `root`, and the files that each one uses."""

    def __init__(self, root: Path):
        self.root = root
        paths = (p for folder in SOURCES for p in sorted((root / folder).rglob("*.py")))
        self.nodes = {p.relative_to(root).as_posix(): nodes(p.read_bytes()) for p in paths}
        self.texts = {file: set(strings(found)) for file, found in self.nodes.items()}
        self.modules = {dotted(f).removeprefix("tools."): f
                        for f in self.nodes if f.startswith(("gancourse/", "tools/"))}  # fmt: skip
        self.helpers = defaultdict(list)  # modules of tests, found by their name alone
        for file in self.nodes:
            if file.startswith("tests/"):
                self.helpers[Path(file).stem].append(file)
        self.uses = {file: set(self._used(file)) - {file} for file in self.nodes}

    @cache  # noqa: B019
    def homes(self, file: str) -> dict[str, str]:
        """Return a package's table of lazy names: name to the submodule that holds it."""
        for node in self.nodes[file][0].body:
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "_HOME":
                return ast.literal_eval(node.value)
        return {}

    def named(self, module: str, name: str = "") -> Iterator[str]:
        """Yield the files behind `from module import name`, of the package and of the tools."""
        parts = module.split(".")
        known = [".".join(parts[:n]) for n in range(1, len(parts) + 1)]
        found = [m for m in known if m in self.modules]
        if not found:
            return
        yield from (self.modules[m] for m in found)
        name = name if found[-1] == module else parts[len(found)]
        inner = f"{found[-1]}.{self.homes(self.modules[found[-1]]).get(name, name)}"
        if inner in self.modules:
            yield self.modules[inner]

    def _used(self, file: str) -> Iterator[str]:
        """Yield the files that one file uses."""
        yield from self._imports(self.nodes[file], file)
        yield from self._called(self.nodes[file], file)
        for text in self.texts[file]:
            yield from self._mentioned(text, file)
        if {"-m", "gancourse"} <= self.texts[file]:
            yield from self.named("gancourse.__main__")
        if "tools" in self.texts[file]:
            for text in self.texts[file]:
                yield from self.named(f"{text}.__main__")

    def _called(self, found: list[ast.AST], file: str) -> Iterator[str]:
        """Yield the files that calls of `import_module` name, by a beginning in an f-string."""
        for node in found:
            if isinstance(node, ast.Call) and called(node) == "import_module":
                start, brace, _ = template(node.args[0], dotted(file)).partition("{")
                if not brace:
                    yield from self._module(start, file)
                elif not start.endswith("."):
                    yield from (f for m, f in self.modules.items() if m.startswith(start))

    def _imports(self, found: list[ast.AST], file: str) -> Iterator[str]:
        packages = {}  # the name by which a package is called in this file
        for node in found:
            if isinstance(node, ast.Import):
                for alias in node.names:
                    yield from self._module(alias.name, file)
                    packages[alias.asname or alias.name] = alias.name
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                yield from self._module(node.module, file)
                for alias in node.names:
                    yield from self.named(node.module, alias.name)
                    packages[alias.asname or alias.name] = f"{node.module}.{alias.name}"
        for node in found:
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                yield from self._lazy(packages.get(node.value.id, ""), node.attr)

    def _lazy(self, package: str, name: str) -> Iterator[str]:
        home = self.modules.get(package, "")
        if home.endswith("__init__.py") and name in self.homes(home):
            yield from self.named(package, name)

    def _module(self, name: str, file: str) -> Iterator[str]:
        yield from self.named(name)
        found = self.helpers.get(name, [])
        beside = [f for f in found if Path(f).parent == Path(file).parent]
        yield from beside or found

    def _mentioned(self, text: str, file: str) -> Iterator[str]:
        """Yield the files that a string names, as code, as a module or as a tool's path."""
        if "gancourse" in text:
            yield from self._imports(nodes(text), file)
            for found in NAMED.findall(text):
                yield from self.named(found)
            for module, names in IMPORTED.findall(text):
                yield from (f for n in names.split(",") for f in self.named(module, n.strip()))
        if text.endswith(".py") and "\n" not in text:
            yield from (f for f in self.nodes if Path(f).name == Path(text).name)

    def mentions(self, path: str) -> list[str]:
        """Return the files in whose strings another file's name stands, or else its folder's."""
        for word in (Path(path).name, Path(path).stem, Path(path).parent.name):
            found = [f for f, texts in self.texts.items() if word in texts]
            if found:
                return found
        return []

    def distances(self, starts: Iterable[str]) -> dict[str, int]:
        """Return how many imports lie between each file and the nearest of `starts`."""
        users = defaultdict(set)
        for file, used in self.uses.items():
            for other in used:
                users[other].add(file)
        found = dict.fromkeys(starts, 0)
        queue = deque(found)
        while queue:
            file = queue.popleft()
            for user in users[file] - found.keys():
                found[user] = found[file] + 1
                queue.append(user)
        return found


def dotted(file: str) -> str:
    """Return a path as a module's name: `gancourse/live/base.py` is `gancourse.live.base`."""
    return file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def called(node: ast.Call) -> str:
    """Return the last name of what is called."""
    return getattr(node.func, "attr", getattr(node.func, "id", ""))


def template(node: ast.expr, own: str) -> str:
    """Return a string as written, with `own` for `{__name__}` and `{` for any other value."""
    parts = node.values if isinstance(node, ast.JoinedStr) else [node]
    texts = [getattr(part, "value", "{") for part in parts]
    own_name = [own if getattr(text, "id", "") == "__name__" else text for text in texts]
    return "".join(text if isinstance(text, str) else "{" for text in own_name)


def nodes(source: str | bytes) -> list[ast.AST]:
    """Return all parts of a source, the module first; of a string that is no code, the module."""
    try:
        return list(ast.walk(ast.parse(source)))
    except (SyntaxError, ValueError):
        return [ast.Module([], [])]


def strings(found: list[ast.AST]) -> Iterator[str]:
    """Yield the strings of a file, but its docstrings and what stands alone as one."""
    alone = {id(node.value) for node in found if isinstance(node, ast.Expr)}
    for node in found:
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in alone:
            yield node.value
