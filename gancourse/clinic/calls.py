"""What goes into a net and comes out, in other people's programs: tensors among tuples and names.

A generator may take (z, y) or names, a discriminator may return (logit, class) or a dict, samples
may be NumPy arrays or lie in memory as [N, 784] where D takes [N, 1, 28, 28].
"""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from gancourse.clinic.aside import with_the_same_dice
from gancourse.errors import InputError


@dataclass
class Call:
    """One call of a net: its arguments, which of them is the sample or z, and what came out."""

    args: tuple
    kwargs: dict
    key: int | str  # of the argument that is looked at
    x: Tensor  # that argument, without its graph
    out: Tensor  # the samples, or the logits [N], without their graph
    on_x: bool  # whether a gradient can flow on into x
    on_out: bool  # whether one can come back from what was made of it
    autocast: tuple[bool, torch.dtype]  # whether it ran under autocast, and in which precision
    leaf: bool = False  # whether such a gradient ends at x, as where a slope is asked for
    training: float = math.nan  # share of the batch norm layers in training mode, NaN without any

    def again(self, net: nn.Module, x: Tensor | None = None) -> object:
        """Return what the net gives for the same arguments, or with x where the sample stood.

        A net may draw in its forward: what the program draws next stays what it was.
        """
        enabled, dtype = self.autocast
        with with_the_same_dice(net), torch.autocast(self.x.device.type, dtype, enabled):
            args, kwargs = _put(self.x if x is None else x, self.key, self.args, self.kwargs)
            return net(*args, **kwargs)


class Given(tuple):
    """The arguments by place of a call whose sample does not stand first: `at` says where."""

    at: int | str = 0


def note(args: tuple, kwargs: dict, made: Callable[[Tensor], Tensor | None]) -> Call | None:
    """Return a Call in which `made(x)` came out for the argument x.

    None where no argument is a tensor of real numbers, or where nothing came out.
    """
    found = looked_at(args, kwargs)
    out = None if found is None else made(found[1])
    if out is None:
        return None
    key, x = found
    kind = x.device.type
    cast = torch.is_autocast_enabled(kind), torch.get_autocast_dtype(kind)
    args, kwargs = _put(x.detach(), key, args, kwargs)
    return Call(
        args, kwargs, key, x.detach(), out.detach(), x.requires_grad, out.requires_grad, cast,
        x.is_leaf,
    )  # fmt: skip


def _put(x: Tensor, key: int | str, args: tuple, kwargs: dict) -> tuple[tuple, dict]:
    """Return the arguments with x in the place `key`."""
    args, kwargs = list(args), dict(kwargs)
    (args if isinstance(key, int) else kwargs)[key] = x
    return tuple(args), kwargs


def tensors(out: object) -> Iterator[Tensor]:
    """Yield the tensors in what a net returned, in order, also those in tuples and dicts."""
    if isinstance(out, Tensor):
        yield out
    elif isinstance(out, Mapping):
        for part in out.values():
            yield from tensors(part)
    elif isinstance(out, list | tuple):
        for part in out:
            yield from tensors(part)


def looked_at(args: tuple, kwargs: dict) -> tuple[int | str, Tensor] | None:
    """Return the argument that is the sample or z, with its place; None without.

    It is the first tensor of real numbers, or the one that `Given` names.
    """
    if isinstance(args, Given):
        return args.at, ({**dict(enumerate(args)), **kwargs})[args.at]
    return next(numbers(args, kwargs), None)


def numbers(args: tuple, kwargs: dict) -> Iterator[tuple[int | str, Tensor]]:
    """Yield the arguments that are tensors of real numbers, each with its place."""
    for key, value in [*enumerate(args), *kwargs.items()]:
        if isinstance(value, Tensor) and value.is_floating_point() and value.dim() > 0:
            yield key, value


def samples_of(out: object) -> Tensor | None:
    """Return the samples among what G returned: its first tensor of real numbers."""
    return next((t for t in tensors(out) if t.is_floating_point() and t.dim() > 0), None)


def logits_of(out: object, n: int) -> Tensor | None:
    """Return the logits [n] among what D returned for n samples: one number each; None without.

    A map of logits, a number for each patch, counts by its mean.
    """
    found = [t for t in tensors(out) if t.is_floating_point() and t.dim() > 0 and len(t) == n]
    single = next((t for t in found if t.numel() == n), None)
    if single is not None:
        return single.reshape(n)
    patches = next((t for t in found if t.dim() == 4 and t.shape[1] == 1), None)
    return None if patches is None else patches.flatten(1).mean(1)


def bare(x: Tensor) -> Tensor:
    """Return x without its graph, and without what `torch.func` wraps around it: that dies."""
    x = x.detach()
    while torch._C._functorch.is_functorch_wrapped_tensor(x):
        x = torch._C._functorch.get_unwrapped(x)
    return x


def as_samples(x: object) -> Tensor:
    """Return what a sampling function gave as a float tensor [N, ...] on the CPU.

    Raises InputError for what holds no samples.
    """
    if isinstance(x, np.ndarray):
        x = torch.from_numpy(x)
    found = samples_of(x.float() if isinstance(x, Tensor) and not x.is_complex() else x)
    if found is None or found.dim() < 2 or len(found) < 6:
        what = list(found.shape) if found is not None else type(x).__name__
        raise InputError(
            "The recorder's sample(n) must give n samples, a tensor or NumPy array [n, ...] with n "
            f"of 6 or more, and it gave {what}: let it return G's samples."
        )
    return found.detach().float().cpu()


def batch_of(batch: object) -> Tensor | None:
    """Return the samples of a batch of a loader, the first of (x, y) or of a dict."""
    if isinstance(batch, Tensor) and batch.is_floating_point() and batch.dim():
        return batch
    return next((t for t in tensors(batch) if t.is_floating_point() and t.dim() > 0), None)
