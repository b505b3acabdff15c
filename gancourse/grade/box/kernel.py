"""The learner's notebook in this process: its cells run whole, as IPython runs them.

Nothing is shown, no shell is started: `display` and the magics do nothing, but for those that only
measure a statement, which run it, and the one that writes a file.
"""

import ast
import asyncio
import inspect
import linecache
import os
import re
import sys
import types
from collections.abc import Iterator
from pathlib import Path

from IPython.core.inputtransformer2 import TransformerManager

from gancourse.check.student import NotDone, StudentError, student_error

MAX_MESSAGE = 500
UNREADABLE = (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError)
MEASURE = ("time", "prun", "capture")  # magics that run the code they are given
BLANK = re.compile(r"\A(?:[ \t]*\n)+")


class Nothing:
    """Whatever is asked of it, does nothing; IPython's shell has hundreds of names."""

    def __call__(self, *given, **more):
        return None

    def __getattr__(self, name: str):
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __iter__(self) -> Iterator:
        return iter(())

    def __bool__(self) -> bool:
        return False


class Shell(Nothing):
    """Stands for IPython's shell; `run` runs a text in the notebook's name space."""

    def __init__(self, run):
        self.run = run

    def run_line_magic(self, name: str, line: str, *more, **options):
        return self.run(line) if name in MEASURE else None

    def run_cell_magic(self, name: str, line: str, cell: str):
        if name in ("writefile", "file"):
            Path(line.split()[-1]).write_text(cell)
        return self.run(cell) if name in MEASURE else None

    def getoutput(self, *given, **more) -> list[str]:
        return []

    def __bool__(self) -> bool:
        return True


class Kernel:
    """A notebook's name space, and where in it each exercise's names were defined last.

    `exercises` holds the names of each exercise; an exercise is meant by its place in that list.
    """

    def __init__(self, exercises: list[list[str]]):
        self.exercises, self.reader = exercises, TransformerManager()
        self.space = _main()
        sys.path.insert(0, os.getcwd())  # as a kernel has it
        shell = Shell(lambda text: self._execute(text, "<magic>"))
        self.space |= {
            "display": lambda *things, **more: Nothing() if more.get("display_id") else None,
            "get_ipython": lambda: shell,
            "exit": Nothing(),
            "quit": Nothing(),
            "In": [""],
            "Out": {},
            **dict.fromkeys(("_", "__", "___"), ""),
        }
        self.defined: dict[int, dict] = {}

    def run(self, number: int, source: str) -> tuple[dict | None, list[int]]:
        """Run a cell; return what went wrong, or None, and the exercises that it defines."""
        before = [self.answers(k) for k in range(len(self.exercises))]
        problem = self._problem(source, f"<cell {number}>")
        found = [k for k, old in enumerate(before) if _bound_again(old, self.answers(k))]
        self.defined |= {k: dict(self.space) for k in found}
        return problem, found

    def answers(self, k: int) -> dict[str, object]:
        """Return what the names of an exercise stand for now, of those that are defined."""
        return {name: self.space[name] for name in self.exercises[k] if name in self.space}

    def changed(self) -> list[int]:
        """Return the exercises whose answers use, by name, what was bound after them."""
        return [k for k, then in self.defined.items() if self._differs(k, then)]

    def _differs(self, k: int, then: dict) -> bool:
        missing = object()
        used = _names_used(self.answers(k).values(), self.space)
        return any(self.space.get(n, missing) is not then.get(n, missing) for n in used)

    def _problem(self, source: str, name: str) -> dict | None:
        try:
            self._execute(source, name)
        except _Unreadable as error:
            cause = error.__cause__
            message, line = str(cause.args[:1])[:MAX_MESSAGE], getattr(cause, "lineno", None)
            return {"kind": "SyntaxError", "message": message, "line": line}
        except BaseException as error:
            return _data(student_error(error))
        return None

    def _execute(self, source: str, name: str) -> object:
        """Run a text as IPython does; the value of its last expression is kept as `_`."""
        try:
            codes = self._compiled(source, name)
        except UNREADABLE as error:
            raise _Unreadable from error
        value = None
        for code in codes:
            value = eval(code, self.space)
            if code.co_flags & inspect.CO_COROUTINE:
                value = asyncio.run(value)
        if value is not None:
            self.space["_"] = value
        return value

    def _compiled(self, source: str, name: str) -> list[types.CodeType]:
        """Return the code of all statements, and that of a last expression by itself."""
        blank = BLANK.match(source)  # IPython drops these lines, and line numbers would shift
        text = "\n" * (blank[0].count("\n") if blank else 0) + self.reader.transform_cell(source)
        linecache.cache[name] = (len(text), None, text.splitlines(True), name)
        tree, last = ast.parse(text, name), []
        if tree.body and isinstance(tree.body[-1], ast.Expr):
            last = [ast.Expression(tree.body.pop().value)]
        flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
        modes = [(tree, "exec"), *((node, "eval") for node in last)]
        return [compile(node, name, mode, flags, dont_inherit=True) for node, mode in modes]


class _Unreadable(Exception):
    """Python cannot read the text; the cause says why."""


def _main() -> dict:
    """Return the names of a new `__main__`, as a notebook's cells see them."""
    main = types.ModuleType("__main__")
    main.__builtins__ = __builtins__
    sys.modules["__main__"] = main
    return vars(main)


def _data(error: StudentError | NotDone) -> dict:
    if isinstance(error, NotDone):
        return {"kind": "NotImplementedError", "message": "", "line": None}
    return {"kind": error.kind, "message": error.message[:MAX_MESSAGE], "line": error.line}


def _bound_again(old: dict, new: dict) -> bool:
    return any(name not in old or old[name] is not thing for name, thing in new.items())


def _names_used(things, space: dict) -> set[str]:
    """Return the names that functions and classes of the notebook use, and those that these use."""
    found, todo = set(), list(things)
    while todo:
        new = {n for code in _codes(todo.pop()) for n in code.co_names} - found
        found |= new
        todo += [space[name] for name in new if name in space]
    return found


def _codes(thing: object) -> Iterator[types.CodeType]:
    """Yield the code objects of a function, or of a class's methods, with all inside them."""
    if type(thing) is types.CodeType:
        yield thing
        for constant in thing.co_consts:
            yield from _codes(constant)
    elif type(thing) is types.FunctionType:
        yield from _codes(thing.__code__)
    elif isinstance(thing, type) and thing.__module__ == "__main__":
        for member in vars(thing).values():
            yield from _codes(getattr(member, "__func__", member))
