"""Reading what an answer gave back: is it a number, a tensor, a net? Then: is it right?

Every comparison is of float64 copies, here, never in the learner's code. Each function raises Wrong
with a sentence on what the finding means.
"""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from gancourse.check.spec import Wrong
from gancourse.check.student import Handle, Odd

EPS = 2.0**-23  # float32: the distance from 1 to the next number


def rounding(n: int, scale: float = 1.0) -> float:
    """Return how far two correct float32 sums of n numbers of size `scale` may lie apart.

    A sum in any order errs by at most n * eps * scale / 2; the functions inside it (exp, log) add a
    few eps more, and there are two sums to compare: hence 4 n eps. Float64 answers lie within.
    """
    return 4 * max(n, 8) * EPS * max(abs(scale), 1e-3)


def describe(value: object) -> str:
    """Return in a few words what the learner's code gave back."""
    if isinstance(value, Tensor):
        return f"a tensor of shape {list(value.shape)}"
    if isinstance(value, Odd):
        return value.what
    if isinstance(value, Handle):
        return f"a {value.kind}"
    if isinstance(value, list | dict):
        return f"a {'dictionary' if isinstance(value, dict) else 'tuple or list'} of {len(value)}"
    return "None (is there a `return`?)" if value is None else f"a {type(value).__name__}"


def tensor(value: object, shape: Sequence[int], what: str) -> Tensor:
    """Return the value as a float64 tensor of this shape; Wrong for anything else or NaN, inf."""
    if not isinstance(value, Tensor) or tuple(value.shape) != tuple(shape):
        raise Wrong(f"{what} should be a tensor of shape {list(shape)}, and is {describe(value)}.")
    if not (value.is_floating_point() and value.isfinite().all()):
        fault = "not finite (NaN or inf)" if value.is_floating_point() else f"of {value.dtype}"
        raise Wrong(f"{what} is {fault}: it should hold finite floating-point numbers.")
    return value.double()


def number(value: object, what: str, how: str = "average over the batch") -> float:
    """Return one finite number, from a Python number or a tensor of one element.

    `how` says how one number comes of many.
    """
    if isinstance(value, bool) or not isinstance(value, int | float | Tensor):
        raise Wrong(f"{what} should be one number, and is {describe(value)}.")
    value = value if isinstance(value, Tensor) else torch.tensor(value, dtype=torch.float64)
    if value.numel() != 1:
        raise Wrong(f"{what} should be one number, and is {describe(value)}: {how}.")
    return tensor(value.double().reshape(1), [1], what).item()


def numbers(value: object, *names: str) -> list[float]:
    """Return one finite number for each name, from a tuple, a list or a tensor of so many."""
    if isinstance(value, Tensor) and value.shape == (len(names),):
        value = list(value)
    if not isinstance(value, list) or len(value) != len(names):
        wanted = f"{', '.join(names[:-1])} and {names[-1]}"
        raise Wrong(
            f"The answer should be {len(names)} numbers, {wanted}, and is {describe(value)}."
        )
    said = [f"{name[0].upper()}{name[1:]}" for name in names]
    return [number(v, what) for v, what in zip(value, said, strict=True)]


def net(value: object, what: str) -> Handle:
    """Return the handle of a net or a function; Wrong for anything else."""
    if not isinstance(value, Handle) or value.kind == "optimizer":
        raise Wrong(f"{what} should be a net, and is {describe(value)}.")
    return value


def near(got: Tensor | float, want: Tensor | float, tolerance: float) -> bool:
    """Tell whether all numbers lie within the tolerance."""
    difference = torch.as_tensor(got, dtype=torch.float64) - torch.as_tensor(
        want, dtype=torch.float64
    )
    return bool((difference.abs() <= tolerance).all())


def distance(got: Tensor | float, want: Tensor | float) -> float:
    """Return the largest distance between numbers of both."""
    difference = torch.as_tensor(got, dtype=torch.float64) - torch.as_tensor(
        want, dtype=torch.float64
    )
    return difference.abs().max().item()


def all_near(got: Mapping[str, Tensor], want: Mapping[str, Tensor], tolerance: float) -> bool:
    """Tell whether two dicts have the same names and, for each, numbers within the tolerance."""
    return got.keys() == want.keys() and all(
        isinstance(got[name], Tensor)
        and got[name].shape == want[name].shape
        and near(got[name], want[name], tolerance)
        for name in want
    )


def uniform(found: Tensor, low: float, high: float, step: float = 0.0) -> bool:
    """Tell whether numbers may be uniform from low to high, by mean, variance and both ends.

    `step` is how coarsely they are known. Fewer than one in 10^5 samples of 200 is refused by
    chance: five standard deviations, and no number in a piece of an end that has one in 10^6.
    """
    t, n = (found.double() - low) / (high - low), len(found)
    piece = 1 - 1e-6 ** (1 / n) + step
    return bool(
        (t.mean() - 1 / 2).abs() < 5 * (1 / 12 / n) ** 0.5 + step
        and (t.var() - 1 / 12).abs() < 5 * (1 / 180 / n) ** 0.5
        and -step <= t.min() < piece
        and 1 - piece < t.max() <= 1 + step
    )


def equal(a: Mapping[str, object], b: Mapping[str, object]) -> bool:
    """Tell whether two dicts hold the same, bit for bit: tensors, numbers, True, False or None."""
    return a.keys() == b.keys() and all(
        a[name].dtype == b[name].dtype and torch.equal(a[name], b[name])
        if isinstance(a[name], Tensor) and isinstance(b[name], Tensor)
        else type(a[name]) is type(b[name]) and a[name] == b[name]
        for name in a
    )


def diagnose(got: float, want: float, tolerance: float, mistakes: Mapping[str, float], else_: str):
    """Return None if `got` is `want`; else raise Wrong: the mistake that gives `got`, or `else_`.

    `mistakes` maps what a mistake means to the number it leads to. Where several lie within the
    tolerance, by chance, it is the nearest, and of those that only rounding parts the first.
    """
    if near(got, want, tolerance):
        return
    found = {m: distance(got, n) for m, n in mistakes.items() if near(got, n, tolerance)}
    least = min(found.values(), default=0.0) + tolerance / 10
    raise Wrong(next((meaning for meaning, d in found.items() if d <= least), else_))


def empty_grads(grads: Mapping[str, Tensor | None]) -> bool:
    """Tell whether there is no gradient at all: None or zero everywhere."""
    return all(g is None or not g.any() for g in grads.values())
