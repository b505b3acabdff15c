"""A block in which the recorder runs the nets or the run's own sampling, and leaves no trace.

Put back are random states, modes, buffers, and what nets and the sampling function hold beside
their weights: counters, lists, random generators, other nets. What is hidden deeper (a generator
that has been started, a file) cannot be put back.
"""

import random
import sys
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache, partial
from types import CodeType, FunctionType, MethodType

import numpy as np
import torch
from torch import Tensor, nn

INTERNAL = frozenset(vars(nn.Module()))  # attributes that every module has
SMALL, MOST = 1 << 16, 500  # numbers of a tensor that is copied, things that are looked at
HANDFUL = 64  # parts of a container that are looked at
Undo = Callable[[], object]


@contextmanager
def with_the_same_dice(*roots: object) -> Iterator[None]:
    """Run the block, and put back the global random states, on the devices of `roots`, too."""
    with ExitStack() as undo:
        for back in _random_states(roots):
            undo.callback(back)
        yield


@contextmanager
def undisturbed(*roots: object) -> Iterator[None]:
    """Run the block without gradients, and put back what `roots`, nets or functions, reach.

    Buffers and plain tensors of a net are exchanged for copies, not written back: a graph that is
    still to be walked may hold them, and autograd would see the writing.
    """
    with ExitStack() as undo, with_the_same_dice(*roots), torch.no_grad():
        for thing in reachable(*roots):
            for back in _kept(thing):
                undo.callback(back)
        yield


def reachable(*roots: object) -> Iterator[object]:
    """Yield what the roots hold and may change when they are called, each once."""
    ahead, seen = deque(roots), set()
    while ahead and len(seen) < MOST:
        thing = ahead.popleft()
        if id(thing) not in seen and not isinstance(thing, int | float | str | type(None) | type):
            seen.add(id(thing))
            yield thing
            ahead.extend(_parts(thing))


def _parts(thing: object) -> Iterator[object]:
    if isinstance(thing, partial):
        yield from (thing.func, *thing.args, *thing.keywords.values())
    elif isinstance(thing, MethodType):
        yield from (thing.__self__, thing.__func__)
    elif isinstance(thing, FunctionType):
        if _written_here(thing.__module__):
            yield from (value for _, value in _cells(thing))
            yield from thing.__defaults__ or ()
            yield from (thing.__globals__[name] for name in _globals(thing))
    elif isinstance(thing, nn.Module):
        yield from (*thing._modules.values(), *_plain(thing).values())
        yield from (*thing._forward_hooks.values(), *thing._forward_pre_hooks.values())
    elif isinstance(thing, list | tuple | set | deque):
        yield from thing if len(thing) <= HANDFUL else ()
    elif isinstance(thing, dict):
        yield from thing.values() if len(thing) <= HANDFUL else ()
    elif _is_plain(thing):
        yield from vars(thing).values()


def _kept(thing: object) -> Iterator[Undo]:
    """Yield what puts the thing back as it is now."""
    if isinstance(thing, nn.Module):
        yield partial(_refill, vars(thing), dict(vars(thing)))
        yield partial(_refill, thing._buffers, dict(thing._buffers))
        _exchange(thing)
    elif isinstance(thing, torch.Generator):
        yield partial(thing.set_state, thing.get_state())
    elif isinstance(thing, np.random.Generator):
        yield partial(setattr, thing.bit_generator, "state", thing.bit_generator.state)
    elif isinstance(thing, np.random.RandomState):
        yield partial(thing.set_state, thing.get_state())
    elif isinstance(thing, random.Random):
        yield partial(thing.setstate, thing.getstate())
    elif isinstance(thing, Tensor):
        if not isinstance(thing, nn.Parameter) and thing.numel() <= SMALL:
            yield partial(_write_back, thing, thing._version, thing.detach().clone())
    elif isinstance(thing, list | set | deque | dict) and len(thing) <= SMALL:
        yield partial(_refill, thing, thing.copy())
    elif isinstance(thing, FunctionType):
        if _written_here(thing.__module__):
            yield from (partial(setattr, cell, "cell_contents", x) for cell, x in _cells(thing))
            names = thing.__globals__
            yield partial(names.update, {name: names[name] for name in _globals(thing)})
    elif _is_plain(thing):
        yield partial(_refill, vars(thing), dict(vars(thing)))


def _exchange(module: nn.Module) -> None:
    """Give a module copies of its buffers and plain tensors."""
    for name, buffer in module._buffers.items():
        module._buffers[name] = None if buffer is None else buffer.clone()
    for name, value in _plain(module).items():
        if isinstance(value, Tensor) and value.numel() <= SMALL:
            vars(module)[name] = value.clone()


def _refill(container, content) -> None:
    if isinstance(container, dict):
        container.update(content)
        for name in container.keys() - content.keys():
            del container[name]
    else:
        container.clear()
        (container.update if isinstance(container, set) else container.extend)(content)


def _write_back(x: Tensor, version: int, content: Tensor) -> None:
    if x._version != version:
        x.detach().copy_(content)


def _plain(module: nn.Module) -> dict[str, object]:
    return {name: x for name, x in vars(module).items() if name not in INTERNAL}


def _cells(function: FunctionType) -> Iterator[tuple[object, object]]:
    for cell in function.__closure__ or ():
        try:
            yield cell, cell.cell_contents
        except ValueError:  # nothing in it yet
            continue


def _globals(function: FunctionType) -> list[str]:
    return [name for name in _names(function.__code__) if name in function.__globals__]


@cache
def _names(code: CodeType) -> tuple[str, ...]:
    inner = (part for part in code.co_consts if isinstance(part, CodeType))
    return (*code.co_names, *(name for part in inner for name in _names(part)))


def _is_plain(thing: object) -> bool:
    """Tell whether a thing is an object of the program's own kind, a trainer say."""
    kind = type(thing)
    return hasattr(thing, "__dict__") and _written_here(kind.__module__)


@cache
def _written_here(module: str | None) -> bool:
    """Tell whether a module is neither Python's nor installed nor this one."""
    root = (module or "").split(".")[0]
    place = getattr(sys.modules.get(module), "__file__", None) or ""
    ours = (module or "").startswith("gancourse.clinic.")
    return not (root in sys.stdlib_module_names - {"__main__"} or "-packages" in place or ours)


def _random_states(roots: tuple) -> Iterator[Undo]:
    """Yield what puts back the global random states: Python's, NumPy's, and PyTorch's by device."""
    yield partial(random.setstate, random.getstate())
    yield partial(np.random.set_state, np.random.get_state())  # noqa: NPY002 - the program's own
    yield partial(torch.set_rng_state, torch.get_rng_state())
    weights = (w for net in roots if isinstance(net, nn.Module) for w in net.parameters())
    for device in {w.device for w in weights}:
        if device.type == "cuda":
            yield partial(torch.cuda.set_rng_state, torch.cuda.get_rng_state(device), device)
        elif device.type == "mps":
            yield partial(torch.mps.set_rng_state, torch.mps.get_rng_state())
