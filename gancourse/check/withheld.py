"""What an exercise asks the learner to write is not there, in the package, while it is judged.

A function is withheld by its code, so that every name that was bound to it before says the same:
`from gancourse.losses import cross_entropy_d as d_loss`, a lambda around it, an entry of a table, a
function that it had made. PyTorch's functions in C have none: calls of these are looked at while
the learner's code runs. Only that code meets this: references run outside. A copy of a function, or
of its whole file, that was made before the check is known by its code. Not met are the function's
text in another place, and a function made from its code while the answer runs.
"""

import gc
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from importlib import import_module
from types import BuiltinFunctionType, CodeType, FunctionType

from torch.overrides import TorchFunctionMode

HERE = __file__
TEMPLATE = """
def closure({cells}):
    def refusing(*args, **kwargs):
        ({cells})
        from gancourse.check.withheld import refused
        return refused({name!r}, {key}, args, kwargs)
    return refusing
"""


class Withheld(Exception):
    """The learner's code called what the exercise asks to write; the message says which and why."""

    def __init__(self, name: str):
        owner = {"gancourse": "the course's", "torch": "PyTorch's"}.get(
            name.partition(".")[0], "its"
        )
        super().__init__(
            f"Your answer calls {name}, which is what this exercise asks you to write: {owner} own "
            "version is withheld while an answer is checked or graded. Write it out."
        )


class Shelf:
    """The functions behind dotted names: `closed()` withholds them for as long as it lasts.

    A class stands for all of its methods, and a function for those that it has made before, too.
    Raises AttributeError or ImportError for a name that the package has not.
    """

    def __init__(self, names: Sequence[str] = ()):
        self.names = tuple(names)
        things = {name: _found(name) for name in names}
        functions = _functions(things)
        self._in_c = {t: n for n, t in things.items() if isinstance(t, BuiltinFunctionType)}
        self._code = {f: f.__code__ for f in functions}
        self._refusing = {f: _refusing(f, name) for f, name in functions.items()}

    @property
    def functions(self) -> list[FunctionType | BuiltinFunctionType]:
        return [*self._code, *self._in_c]

    @contextmanager
    def closed(self) -> Iterator[None]:
        """Withhold the functions from code that starts to run now, and give them back."""
        known = frozenset(threading.enumerate()) - {threading.current_thread()}
        for function, code in self._refusing.items():
            _originals[id(function)] = function, self._code[function], known
            function.__code__ = code
        try:
            with _Calls(self._in_c) if self._in_c else nullcontext():
                yield
        finally:
            for function, code in self._code.items():
                function.__code__ = code
                _originals.pop(id(function), None)


class _Calls(TorchFunctionMode):
    """Refuses calls of these functions of PyTorch's, in the thread that has entered it."""

    def __init__(self, names: Mapping[Callable, str]):
        super().__init__()
        self.names = names

    def __torch_function__(self, func, types, args=(), kwargs=None):
        if func in self.names:
            raise Withheld(self.names[func])
        return func(*args, **(kwargs or {}))


_originals: dict[int, tuple[FunctionType, CodeType, frozenset]] = {}


def refused(name: str, key: int, args: tuple, kwargs: dict) -> object:
    """Raise Withheld; in a thread that ran before (a widget's training) return what the call gives.

    `key` is the id of the function that was called.
    """
    function, code, known = _originals[key]
    if threading.current_thread() not in known:
        raise Withheld(name)
    parts = function.__globals__, function.__name__, function.__defaults__, function.__closure__
    copy = FunctionType(code, *parts)
    copy.__kwdefaults__ = function.__kwdefaults__
    return copy(*args, **kwargs)


def _found(name: str) -> object:
    module, _, attribute = name.rpartition(".")
    return getattr(import_module(module), attribute)


def _functions(things: Mapping[str, object]) -> dict[FunctionType, str]:
    """Return the Python functions that do the things' work, each with its thing's name.

    They are a class's methods, or a function with its decorators, were made by it, or are copies.
    """
    found: dict[FunctionType, str] = {}
    codes: list[tuple[CodeType, str]] = []
    for name, thing in things.items():
        methods = vars(thing).values() if isinstance(thing, type) else [thing]
        for layers in filter(None, ([*_layers(method)] for method in methods)):
            found |= dict.fromkeys(layers, name)
            own = layers[-1].__code__  # a decorator's is that of all that it decorates
            codes += [(code, name) for code in (own, *_inside(own))]
    return found | _alike(codes)


def _layers(thing: object) -> Iterator[FunctionType]:
    """Yield a function's decorators, of which the outermost runs first, and the function."""
    thing = getattr(thing, "__func__", thing)
    while callable(thing):
        if isinstance(thing, FunctionType):
            yield thing
        thing = getattr(thing, "__wrapped__", None)


def _inside(code: CodeType) -> Iterator[CodeType]:
    """Yield the code of what is defined inside of this code, at any depth."""
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield inner
            yield from _inside(inner)


def _alike(codes: Sequence[tuple[CodeType, str]]) -> dict[FunctionType, str]:
    """Return the functions that are alive and have such code, each with its name.

    Its own ones, copies of a function, those of a module whose file was executed once more. What
    is written in another place, with the same words too, has other lines.
    """
    names = {_mark(code): name for code, name in codes if code.co_filename[:1] != "<"}
    if not names:
        return {}
    lines = {line for line, *_ in names}
    alive = (f for f in gc.get_objects() if type(f) is FunctionType)
    near = (f for f in alive if f.__code__.co_firstlineno in lines)
    return {f: names[_mark(f.__code__)] for f in near if _mark(f.__code__) in names}


def _mark(code: CodeType) -> tuple:
    """Return what says that two pieces of code were compiled from one place in one text."""
    return code.co_firstlineno, code.co_linetable, code.co_code


def _refusing(function: FunctionType, name: str) -> CodeType:
    """Return code with as many free variables as the function has, which refuses each call."""
    cells = [f"c{number}" for number in range(len(function.__code__.co_freevars))]
    source = TEMPLATE.format(cells=", ".join(cells), name=name, key=id(function))
    space: dict[str, Callable] = {}
    exec(compile(source, HERE, "exec"), space)
    return space["closure"](*cells).__code__
