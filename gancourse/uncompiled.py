"""Steps of an optimiser without PyTorch's compiler, which waits until something is compiled.

PyTorch loads torch._dynamo, and SymPy with it, when the first optimiser is made, in order to tell a
compiler that nobody has asked for to look away: 5 s of one core and 160 MB in each kernel, before
D's first step (2.13).
"""

import functools
import sys
from collections.abc import Callable, Iterator

import torch
from torch.optim import Optimizer

COMPILER = "torch._dynamo"


def leave_out_compiler() -> None:
    """Let optimisers do without the compiler while it is not loaded, and as ever once it is.

    Of PyTorch's own classes every method is replaced that loads it; where none does there is
    nothing to replace.
    """
    for cls in (Optimizer, *_kinds(Optimizer)):
        for name, method in list(vars(cls).items()):
            code = getattr(method, "__code__", None)
            if code and COMPILER in code.co_names and hasattr(method, "__wrapped__"):
                setattr(cls, name, _plain(method, steps=name == "step"))


def _kinds(cls: type) -> Iterator[type]:
    for kind in cls.__subclasses__():
        yield kind
        yield from _kinds(kind)


def _plain(method: Callable, steps: bool) -> Callable:
    """Return a method that calls what `method` wraps; of a step PyTorch takes no gradient."""
    wrapped = method.__wrapped__

    @functools.wraps(method)
    def plain(self: Optimizer, *args, **kwargs):
        if COMPILER in sys.modules:
            return method(self, *args, **kwargs)
        if not steps:
            return wrapped(self, *args, **kwargs)
        with torch.set_grad_enabled(self.defaults["differentiable"]):
            return wrapped(self, *args, **kwargs)

    return plain
