"""Numbers that are recorded: what NumPy and Python's operators do to them goes on a tape."""

import numpy as np
import torch
from torch import Tensor

from gancourse.live.recorded.tape import NeedsValue, RecordingError, Tape

OPS = {  # NumPy's name: the tape's
    "add": "add", "subtract": "sub", "multiply": "mul", "true_divide": "div", "divide": "div",
    "negative": "neg", "absolute": "abs", "square": "square", "exp": "exp", "log": "log",
    "tanh": "tanh", "sign": "sign", "sqrt": "sqrt", "hypot": "hypot", "maximum": "maximum",
    "minimum": "minimum", "greater": "gt", "greater_equal": "ge", "less": "lt", "power": "pow",
    "less_equal": "le", "equal": "eq", "not_equal": "ne",
}  # fmt: skip
REDUCTIONS = {"add": "sum", "maximum": "max", "minimum": "min"}
MOVES = {"stack", "concatenate", "broadcast_to", "reshape", "ravel", "transpose", "moveaxis"}
OPEN, CLOSE = "\ue000", "\ue001"  # around a number in a text: node, "|", how it is written


class Traced(np.lib.mixins.NDArrayOperatorsMixin):
    """A number or an array of a run that is recorded: its value here, and its node on the tape."""

    def __init__(self, tape: Tape, value, node: int):
        self.tape, self.value, self.node = tape, np.asarray(value), node

    shape = property(lambda self: self.value.shape)
    ndim = property(lambda self: self.value.ndim)
    dtype = property(lambda self: self.value.dtype)

    def __len__(self) -> int:
        return len(self.value)

    def __iter__(self):
        return (self[i] for i in range(len(self)))

    def __format__(self, spec: str) -> str:
        return f"{OPEN}{self.node}|{spec}{CLOSE}"

    def __str__(self) -> str:
        return format(self, "")

    def __bool__(self) -> bool:
        return self.tape.decide(self.node, bool(self.value))

    def _plain(self):
        if self.node in self.tape.controls:
            raise NeedsValue(self.tape.controls[self.node])
        raise RecordingError("a recorded number is turned into a plain one")

    def __float__(self) -> float:
        self._plain()

    def __int__(self) -> int:
        self._plain()

    def __index__(self) -> int:
        self._plain()

    def __hash__(self) -> int:  # of a function that remembers what it was asked
        self._plain()

    def __array__(self, dtype=None, copy=None):
        self._plain()

    def __getitem__(self, index) -> "Traced":
        return self._moved(lambda places: places[0][index], [self], self.value[index])

    def __round__(self, digits: int = 0) -> "Traced":
        node = self.tape.node("round", (self.node,), digits)
        return Traced(self.tape, np.round(self.value, digits), node)

    @property
    def T(self) -> "Traced":
        return self._moved(lambda places: places[0].T, [self], self.value.T)

    def ravel(self) -> "Traced":
        return self._moved(lambda places: places[0].ravel(), [self], self.value.ravel())

    def sum(self, axis=None) -> "Traced":
        return np.add.reduce(self, axis=axis)

    def max(self, axis=None) -> "Traced":
        return np.maximum.reduce(self, axis=axis)

    def min(self, axis=None) -> "Traced":
        return np.minimum.reduce(self, axis=axis)

    def _moved(self, arrange, inputs: list, value):
        nodes = [ref(self.tape, a) for a in inputs]
        shapes = [np.shape(a.value if isinstance(a, Traced) else a) for a in inputs]
        return Traced(self.tape, value, self.tape.structure(nodes, shapes, arrange))

    @classmethod
    def __torch_function__(cls, function, types, args=(), kwargs=None):
        raise RecordingError("PyTorch got a recorded number outside of recorded_tensors")

    def __array_ufunc__(self, ufunc, method, *inputs, **options):
        if any(isinstance(a, Tensor) for a in inputs):
            return getattr(torch, ufunc.__name__)(*inputs)  # TorchRecorder turns us into a tensor
        if method == "reduce" and ufunc.__name__ in REDUCTIONS:
            return self._reduced(ufunc, options.get("axis", 0))
        if method == "__call__" and ufunc is np.matmul and np.ndim(inputs[1]) == 1:
            return np.add.reduce(inputs[0] * inputs[1], axis=-1)
        if method != "__call__" or ufunc.__name__ not in OPS or options:
            raise RecordingError(f"np.{ufunc.__name__} ({method}) cannot be replayed")
        nodes = [ref(self.tape, a) for a in inputs]
        with np.errstate(all="ignore"):
            value = ufunc(*(plain(a) for a in inputs))
        return Traced(self.tape, value, self.tape.node(OPS[ufunc.__name__], nodes))

    def _reduced(self, ufunc, axis) -> "Traced":
        axes = range(self.ndim) if axis is None else [axis % self.ndim]
        node = self.tape.node(REDUCTIONS[ufunc.__name__], (self.node,), list(axes))
        return Traced(self.tape, ufunc.reduce(self.value, axis=axis), node)

    def __array_function__(self, function, types, args, options):
        name = function.__name__
        if name == "where":
            nodes = [ref(self.tape, a) for a in args]
            return Traced(self.tape, np.where(*map(plain, args)), self.tape.node("where", nodes))
        if name == "clip":
            return np.minimum(np.maximum(args[0], args[1]), args[2])
        if name in ("zeros_like", "ones_like"):
            return function(self.value)
        if name == "shape":
            return self.shape
        if name == "ndim":
            return self.ndim
        if name in MOVES:
            parts = args[0] if isinstance(args[0], list | tuple) else None

            def go(given):  # the same call, of other arrays
                return function(list(given) if parts else given[0], *args[1:], **options)

            inputs = list(parts or args[:1])
            return self._moved(go, inputs, go([plain(a) for a in inputs]))
        raise RecordingError(f"np.{name} cannot be replayed")

    def repeated(self, advance, gone, steps: int) -> "Traced":
        """Return the states [steps + 1, ...] that `advance(here, before)` goes through from here.

        The step is recorded once, as a loop; `before` is the state one step ago, at first `here`.
        A state that is `gone` stays.
        """
        tape = self.tape
        here, before = (Traced(tape, self.value, tape.node("argument", (), i))
                        for i in range(2))  # fmt: skip
        tape.whole = False
        out = np.where(gone(here), here, advance(here, before))
        tape.whole = True
        settings = [here.node, before.node, ref(tape, out), steps]
        shape = (steps + 1, *self.shape)
        value = np.broadcast_to(self.value, shape)  # stands for what the page computes
        return Traced(tape, value, tape.node("repeat", (self.node,), settings))


def plain(value):
    """Return a recorded number's value, and anything else as it is."""
    return value.value if isinstance(value, Traced) else value


def ref(tape: Tape, value) -> int:
    """Return the node of a recorded number, of a list that holds some, or of a constant."""
    if isinstance(value, Traced):
        return value.node
    if isinstance(value, list | tuple) and any(isinstance(v, Traced) for v in value):
        nodes = [ref(tape, v) for v in value]
        return tape.structure(nodes, [()] * len(nodes), lambda places: np.stack(places))
    return tape.constant(value)


def tabled(function, value: float) -> float:
    """Return function(value); of a recorded control, a table over the steps of its slider.

    For what a page cannot compute, such as eigenvalues: the function is called at each step.
    """
    if not isinstance(value, Traced):
        return function(value)
    tape = value.tape
    control = tape.sliders[tape.controls[value.node]]
    steps = round((control.high - control.low) / control.step) + 1
    at = [control.clean(control.low + i * control.step) for i in range(steps)]
    node = tape.node("table", (value.node, tape.constant([function(a) for a in at])),
                     [control.low, control.step])  # fmt: skip
    return Traced(tape, function(float(value.value)), node)
