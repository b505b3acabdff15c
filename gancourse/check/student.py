"""The only place that touches a learner's objects: plain data goes in, plain data comes out.

Plain data is: None, bool, int, float, str, dense CPU tensors, lists and dicts of these, `Handle`
for what stays inside (modules, functions, optimisers), and `Odd` for what is none of these. Nothing
is compared here: a spec reads the data and decides, in the learner's kernel or, in the grader, in
another process than the one that runs this.
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType

import numpy as np
import torch
from torch import Tensor, nn

from gancourse.check.counts import COUNTS, counting
from gancourse.check.dense import DENSE
from gancourse.check.hashing import hashing, library
from gancourse.check.withheld import Shelf
from gancourse.machine import random_digest, seed_everything, stir
from gancourse.nets import DISCRIMINATORS, GENERATORS

ROLES = {"generator": GENERATORS, "discriminator": DISCRIMINATORS, "dense": DENSE}
MAX_NUMBERS, MAX_ITEMS, MAX_DEPTH, MAX_TEXT = 2_000_000, 1000, 6, 2000


@dataclass(frozen=True)
class Handle:
    """Stands for an object that stays inside the student; kind: module, function or optimizer."""

    id: int
    kind: str


@dataclass(frozen=True)
class Odd:
    """Stands for something returned that is no plain data; `what` says in words what it was."""

    what: str


class StudentError(Exception):
    """The learner's code raised: `kind` (the error's class), `message`, `line` (or None).

    `kinds` are the names of that class and of those that it derives from.
    """

    def __init__(
        self, kind: str, message: str, line: int | None = None, bases: tuple[str, ...] = ()
    ):
        super().__init__(kind, message, line, bases)
        self.kind, self.message, self.line, self.kinds = kind, message, line, (kind, *bases)


class NotDone(Exception):
    """The learner's code says that it is not written yet: NotImplementedError in its own lines."""


class Budget:
    """What one returned value may still hold: numbers and items, in all of its nesting."""

    def __init__(self):
        self.numbers, self.items = MAX_NUMBERS, MAX_ITEMS

    def take(self, numbers: int = 0, items: int = 0) -> bool:
        self.numbers, self.items = self.numbers - numbers, self.items - items
        return self.numbers >= 0 and self.items >= 0


def class_name(thing: object) -> str:
    """Return the name of the thing's class, whatever its metaclass says."""
    return _name(type(thing))


def _name(cls: type) -> str:
    return str(type.__dict__["__name__"].__get__(cls))[:60]


def plain_tensor(t: Tensor, budget: Budget | None = None) -> Tensor | Odd:
    """Return the numbers of a tensor in a new plain CPU tensor, or Odd when it has none to give.

    Methods of a subclass are never called. bfloat16 becomes float32, which holds the same numbers.
    """
    if type(t).__torch_dispatch__ is not Tensor.__torch_dispatch__:
        return Odd(f"a {class_name(t)} that stands for a tensor")
    try:
        with torch._C.DisableTorchFunctionSubclass(), torch.no_grad():
            return _copied(Tensor.as_subclass(t, Tensor), budget or Budget())
    except RuntimeError:  # sparse, nested, or inside of a transform: no plain storage
        return Odd("a tensor whose numbers cannot be read")


def _copied(t: Tensor, budget: Budget) -> Tensor | Odd:
    if t.layout is not torch.strided or t.is_meta or t.is_complex() or t.is_quantized:
        return Odd(f"a tensor that is not dense and real ({t.dtype}, {t.layout}, {t.device})")
    if not budget.take(numbers=t.numel()):
        return Odd(f"more than {MAX_NUMBERS:,} numbers")
    dtype = torch.float32 if t.dtype is torch.bfloat16 else t.dtype
    return torch.empty(t.shape, dtype=dtype).copy_(t)


def _plain_array(a: np.ndarray | np.generic, budget: Budget) -> Tensor | Odd:
    if a.dtype.kind not in "fiub" or a.dtype.itemsize > 8:
        return Odd("an array that holds no numbers")
    if not budget.take(numbers=a.size):
        return Odd(f"more than {MAX_NUMBERS:,} numbers")
    return torch.tensor(np.asarray(a).tolist(), dtype=getattr(torch, a.dtype.name, torch.int64))


def _kind(thing: object) -> str | None:
    kinds = {"module": nn.Module, "optimizer": torch.optim.Optimizer}
    for kind, base in kinds.items():
        if issubclass(type(thing), base):
            return kind
    return "function" if callable(thing) else None


def _frames(traceback: TracebackType | None) -> list[tuple[str, int]]:
    frames = []
    while traceback is not None and len(frames) < 2000:
        frames.append((traceback.tb_frame.f_code.co_filename, traceback.tb_lineno))
        traceback = traceback.tb_next
    return frames


def _text_of(error: BaseException) -> str:
    try:
        text = str(error)
    except BaseException:  # the learner's own __str__
        return ""
    return str.__str__(text)[:MAX_TEXT]


def student_error(error: BaseException) -> StudentError | NotDone:
    """Return what an error of the learner's code says, as data: NotDone or StudentError.

    NotImplementedError means "not done" only where the learner's own line raised it: PyTorch raises
    it too, for a module without `forward`.
    """
    frames = _frames(error.__traceback__)
    if isinstance(error, NotImplementedError) and frames and not library(frames[-1][0]):
        return NotDone()
    lines = [line for filename, line in frames if not library(filename)]
    bases = tuple(_name(cls) for cls in type.__dict__["__mro__"].__get__(type(error))[1:9])
    return StudentError(class_name(error), _text_of(error), lines[-1] if lines else None, bases)


@contextmanager
def student_code(seed: int | None = None) -> Iterator[None]:
    """Run the learner's code: seeded, with gradients on; what it raises becomes data."""
    if seed is not None:
        seed_everything(seed)
    try:
        with torch.enable_grad():
            yield
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        raise student_error(error) from None


METHODS = (
    "call", "call_with_grads", "apply", "build_net", "build_optimizer", "snapshot", "load",
    "set_grads", "freeze", "share_grads", "cpu_seconds", "withhold", "random_state", "stir",
    "watch", "left",
)  # fmt: skip


class Student:
    """Holds a learner's objects and lets them be called, with plain data in and out.

    Every method in METHODS takes and gives plain data only, so that a pipe can stand in between.
    They raise StudentError or NotDone for what the learner's code raises.
    """

    METHODS = METHODS

    def __init__(self):
        self._things: list[object] = []
        self._watched: dict[int, dict[str, int]] = {}
        self._shelf = Shelf()
        self._left = {"given": [], "grad_mode": True, "arrays": 0}

    def withhold(self, names: list[str]) -> None:
        """From now on these of the package, by dotted name, are not there for the learner's code.

        Raises StudentError("Withheld") where it calls one.
        """
        if self._shelf.names != tuple(names):
            self._shelf = Shelf(names)

    def admit(self, thing: object) -> Handle | Odd:
        """Return a handle for a module, an optimizer or anything callable; Odd for the rest.

        Not in METHODS: only the process that holds the thing can call it.
        """
        kind = _kind(thing)
        if kind is None:
            return Odd(f"an object of type {class_name(thing)}")
        self._things.append(thing)
        return Handle(len(self._things) - 1, kind)

    def call(
        self, fn: Handle, args=(), kwargs=None, seed: int | None = None, process: int | None = None
    ):
        """Return fn(*args, **kwargs) as plain data; copies of tensors go in, after a `seed`.

        As in that `process`, where one is given: hash() of a text is another one in each.
        """
        with student_code(seed), self._shelf.closed(), hashing(process):
            given = self._real(list(args)), self._real(dict(kwargs or {}))
            value = self._thing(fn)(*given[0], **given[1])
            tensors = [t.detach() for t in given[0] if isinstance(t, Tensor)]
            self._left = {"given": tensors, "grad_mode": torch.is_grad_enabled(), "arrays": 0}
            return self._data(value)

    def left(self) -> dict:
        """Return the tensors given to the last `call`, as it left them; grad mode; NumPy arrays."""
        return {**self._left, "given": [self._data(t) for t in self._left["given"]]}

    def call_with_grads(
        self, fn: Handle, args, wrt, along: Tensor | None = None, times: int = 1
    ) -> dict:
        """Return {"value": fn(*args), "grads": [one for each of wrt]}.

        `wrt` names the leaves: a whole number for a tensor in `args`, a module's handle for its
        parameters (then the gradient is a dict by name). None where the value does not depend on
        the leaf. A value that is no scalar is summed, with the weights `along` where it is given.
        With `times` it is called so often before the one backward pass, and its values are added.
        """
        given = self._real(list(args))
        leaves = [self._leaves(w, given) for w in wrt]
        with student_code(), self._shelf.closed():
            value = self._thing(fn)(*given)
            for _ in range(times - 1):
                value = value + self._thing(fn)(*given)
            flat = [leaf for named in leaves for leaf in named.values()]
            found = iter(_gradients(value, flat, along))
            grads = [{name: self._data(next(found)) for name in named} for named in leaves]
            value = self._data(value)
        return {"value": value, "grads": [g.get("", g) for g in grads]}

    def apply(self, net: Handle, x: Tensor, train: bool = False):
        """Return net(x) as plain data, without gradients, in training or in evaluation mode.

        The mode stays set, and x goes to the net's device. A function has neither: it is called.
        """
        thing, x = self._thing(net), x.clone()
        if net.kind == "module":
            nn.Module.train(thing, train)
            x = x.to(next((p.device for p in nn.Module.parameters(thing)), x.device))
        with student_code(), self._shelf.closed(), torch.no_grad():
            return self._data(thing(x))

    def build_net(self, net: str, options: dict, tensors: dict[str, Tensor]) -> Handle:
        """Return a new net of gancourse.nets with these weights, in training mode, float32.

        `net` is "generator/KIND" or "discriminator/KIND" with that class's options, or "dense/KIND"
        of check.dense.
        """
        role, kind = net.split("/")
        made = self.admit(ROLES[role][kind](**options).float())
        self.load(made, tensors)
        return made

    def build_optimizer(self, name: str, net: Handle, options: dict) -> Handle:
        """Return a new optimizer of torch.optim ("SGD", "Adam") for the parameters of `net`."""
        make = {"SGD": torch.optim.SGD, "Adam": torch.optim.Adam}[name]
        return self.admit(make(self._thing(net).parameters(), **options))

    def snapshot(self, net: Handle) -> dict:
        """Return a module's weights, grads, buffers, requires_grad and modes, dicts by name.

        A gradient is None where there is none; a mode is True in training; and `training` says that
        all of them are.
        """
        return _state(self._thing(net), self._data)

    def load(self, net: Handle, tensors: dict[str, Tensor]) -> None:
        """Copy the weights and buffers that a module has, by name; StudentError for a misfit."""
        copies = {name: t.clone() for name, t in tensors.items()}
        with student_code():
            nn.Module.load_state_dict(self._thing(net), copies, strict=False)

    def set_grads(self, net: Handle, tensors: dict[str, Tensor]) -> None:
        """Set the gradients of a module's parameters, by name, as an earlier step leaves them."""
        for name, p in nn.Module.named_parameters(self._thing(net)):
            p.grad = tensors[name].clone()

    def freeze(self, net: Handle, names: list[str]) -> None:
        """Let these of a module's parameters want no gradient, and all others want one."""
        for name, p in nn.Module.named_parameters(self._thing(net)):
            p.requires_grad_(name not in names)

    def share_grads(self, nets: list[Handle]) -> bool:
        """Tell whether two parameters of these modules, all with gradients, share theirs."""
        at = [p.grad.data_ptr() for net in nets for p in self._leaves(net, []).values()]
        return len({*at}) < len(at)

    def cpu_seconds(self) -> float:
        """Return the processor time that this process has used so far."""
        return time.process_time()

    def random_state(self) -> str:
        """Return a digest of the global random states of Python, NumPy and PyTorch (CPU)."""
        return random_digest()

    def stir(self, seed: int) -> str:
        """Seed the global random states so that no seed leads back; return their digest."""
        return stir(seed)

    def watch(self, net: Handle) -> dict[str, int]:
        """Return the `counts.COUNTS` since a module was first watched."""
        if net.id not in self._watched:
            seen = self._watched[net.id] = dict.fromkeys(COUNTS, 0)
            counting(self._thing(net), seen)
        return dict(self._watched[net.id])

    def _thing(self, handle: Handle):
        return self._things[handle.id]

    def _real(self, data):
        """Return the data with things in place of handles, and copies of the tensors."""
        if isinstance(data, Handle):
            return self._thing(data)
        if isinstance(data, Tensor):
            return data.clone()
        if isinstance(data, list):
            return [self._real(d) for d in data]
        if isinstance(data, dict):
            return {name: self._real(d) for name, d in data.items()}
        return data

    def _leaves(self, wrt: int | Handle, given: list) -> dict[str, Tensor]:
        if isinstance(wrt, Handle):
            return dict(nn.Module.named_parameters(self._thing(wrt)))
        return {"": given[wrt].requires_grad_(True)}

    def _data(self, thing: object, budget: Budget | None = None, depth: int = 0):
        """Return a thing as plain data: exact types only, so that no learner's method is called."""
        budget = budget or Budget()
        kind = type(thing)
        if not budget.take(items=1) or depth > MAX_DEPTH:
            return Odd("more or deeper nested values than any answer needs")
        if thing is None or kind is bool or kind is float:
            return thing
        if kind is int:
            return thing if -(2**63) <= thing < 2**63 else Odd("a whole number of over 64 bits")
        if kind is str:
            return thing[:MAX_TEXT]
        if issubclass(kind, Tensor):
            return plain_tensor(thing, budget)
        if kind is np.ndarray or (issubclass(kind, np.generic) and kind.__module__ == "numpy"):
            self._left["arrays"] += kind is np.ndarray
            return _plain_array(thing, budget)
        return self._nested(thing, budget, depth)

    def _nested(self, thing: object, budget: Budget, depth: int):
        kind = type(thing)
        if kind is list or issubclass(kind, tuple):
            items = list.__getitem__ if kind is list else tuple.__getitem__
            first = items(thing, slice(MAX_ITEMS + 1))
            return [self._data(t, budget, depth + 1) for t in first]
        if kind in (dict, OrderedDict) and len(thing) <= MAX_ITEMS:
            if not all(type(name) is str for name in thing):
                return Odd("a dictionary with a name that is no text")
            return {name[:60]: self._data(t, budget, depth + 1) for name, t in thing.items()}
        return self.admit(thing)


def _state(module: nn.Module, data: Callable[[object], object]) -> dict:
    named = dict(nn.Module.named_parameters(module))
    return {
        "weights": {name: data(p) for name, p in named.items()},
        "grads": {name: data(p.grad) for name, p in named.items()},
        "buffers": {n: data(b) for n, b in nn.Module.named_buffers(module)},
        "requires_grad": {name: bool(p.requires_grad) for name, p in named.items()},
        "modes": {n: bool(m.training) for n, m in nn.Module.named_modules(module)},
        "training": all(bool(m.training) for m in nn.Module.modules(module)),
    }


def _gradients(value: object, leaves: list[Tensor], along: Tensor | None) -> list[Tensor | None]:
    """Return the gradient of a tensor (summed, or weighted by `along`) by each leaf, or None."""
    if not issubclass(type(value), Tensor) or not value.requires_grad:
        return [None] * len(leaves)
    wanted = [leaf for leaf in leaves if leaf.requires_grad]
    if not wanted:
        return [None] * len(leaves)
    total = value.sum() if along is None else (value * along).sum()
    found = iter(torch.autograd.grad(total, wanted, allow_unused=True))
    return [next(found) if leaf.requires_grad else None for leaf in leaves]
