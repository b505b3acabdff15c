"""What a program does to samples after G made them, and whether they survive it. Lesson 10.

A sound conversion scales and rounds numbers, and puts the axes of a sample in another order. Here
are the ways that spoil one: numbers of several samples in one, numbers kept in the order of other
axes, values cut off, values that run round like those of a byte.
"""

from collections.abc import Iterator
from itertools import permutations
from math import prod

import torch
from torch import Tensor

FIT = 0.01  # of a variance: what rounding to a byte may leave
ROOM = 0.02  # of the range: as far a number may lie from its own
BYTE = 1 / 200  # of the range: as far as rounding to a byte moves a number
LEVELS = 64  # values of numbers that were rounded
MOST = 200_000  # numbers that are looked at, in whole samples
CUT, WIDE = 0.3, 0.2  # numbers at an end of the range; their spread before, over that of all
BINS, SURE, BACK = 40, 0.2, 0.3  # of numbers in order: how far their images may differ, or fall


def spoilt(made: Tensor, shown: Tensor, real: Tensor | None = None) -> str:
    """Return what spoils samples `made` [N, ...] on their way to those shown; "" if nothing does.

    Numbers may be cut off where many of the `real` samples [M, dim] lie, as at 0 in counts.
    Nothing is said of samples that are drawn over, filtered or of another number.
    """
    if len(made) != len(shown) or made.numel() != shown.numel() or len(made) < 16:
        return ""
    n = max(16, min(len(made), MOST // made[0].numel()))
    made, shown = (x[:n].detach().double().cpu() for x in (made, shown))
    if made[0].numel() < 2 or not (made.isfinite().all() and shown.isfinite().all()):
        return ""
    fitting = list(arranged(made, tuple(n for n in shown.shape[1:] if n > 1)))
    flat, plain = shown.flatten(1), made.flatten(1)
    if any(unlike(x, flat) < FIT for x in fitting):
        return ""
    if all(unlike(x, flat) > 10 * FIT for x in fitting) and unlike(plain, flat) < FIT:
        return (
            f"G gives {list(made.shape[1:])} and the samples are shown as {list(shown.shape[1:])}, "
            "with the numbers in the order that they had before: reshape in place of permute"
        )
    found = round_again(fitting, flat) or mixed(plain, flat)
    return found or cut(fitting, flat, flat[:0] if real is None else real)


def arranged(made: Tensor, shape: tuple[int, ...]) -> Iterator[Tensor]:
    """Yield samples [N, dim] with their axes in each order that fits a shape without ones."""
    own = [n for n in made.shape[1:] if n > 1]
    made = made.reshape(len(made), *own)
    if sorted(own) != sorted(shape) or prod(own) != prod(shape):
        yield made.flatten(1)
        return
    for order in permutations(range(len(own))):
        if tuple(own[i] for i in order) == shape:
            yield made.permute(0, *(i + 1 for i in order)).flatten(1)


def line(x: Tensor, y: Tensor) -> tuple[float, float]:
    """Return rise and height of the line that brings the numbers of x nearest to those of y."""
    off = x - x.mean()
    rise = ((off * (y - y.mean())).sum() / off.square().sum().clamp(min=1e-12)).item()
    return rise, (y.mean() - rise * x.mean()).item()


def unlike(x: Tensor, y: Tensor) -> float:
    """Return the share of y's variance that a scale and a shift of x leave."""
    rise, height = line(x, y)
    left = (y - rise * x - height).square().sum() / (y - y.mean()).square().sum().clamp(min=1e-12)
    return left.item()


def mixed(made: Tensor, shown: Tensor) -> str:
    """Say where the numbers are those that G made, and those of a sample come from several."""
    b, theirs, kept = shown.flatten().sort().values, shown.sort(1).values, []
    room = ROOM * (b[-1] - b[0]).item() * made.shape[1] ** 0.5
    for given in (made, -made):  # a picture may be shown as its negative
        a = given.flatten().sort().values
        rise, height = line(a, b)
        off = (rise * a + height - b).abs().max()
        if made.shape[1] >= 4 and off <= BYTE * (b[-1] - b[0]):  # the same numbers, and no others
            mine = (rise * given + height).sort(1).values
            kept.append((torch.cdist(theirs, mine).min(1).values <= room).sum().item())
    if not kept or max(kept) > 0.2 * len(shown):
        return ""
    return (
        "the samples that you draw hold the numbers that G made, and in "
        f"{len(shown) - max(kept)} of {len(shown)} they come from several of its samples: a "
        "reshape across the batch, say"
    )


def cut(fitting: list[Tensor], shown: Tensor, real: Tensor) -> str:
    """Say where many numbers that G tells apart end at one value."""
    if len(shown.unique()) <= LEVELS:
        return ""  # rounded
    for end in (shown.min(), shown.max()):
        there = shown == end
        share = there.double().mean().item()
        if len(real) and (real == end).double().mean() > share / 2:
            continue
        if share >= CUT and all(x[there].std() > WIDE * x.std() for x in fitting):
            return (
                f"{100 * share:.0f} % of the numbers shown are {end.item():g}, and among what G "
                "made they differ: they were cut off, as tanh's negative ones by a clamp at 0"
            )
    return ""


def round_again(fitting: list[Tensor], shown: Tensor) -> str:
    """Say where shown numbers follow from G's, and not in their order, as bytes that overflow."""
    y = shown.flatten()
    if len(y.unique()) > 256:
        return ""  # no bytes
    for x in fitting:
        parts = y[x.flatten().argsort()].tensor_split(BINS)
        means = torch.stack([part.mean() for part in parts])
        inside = torch.stack([part.std() for part in parts]).median()
        ways = [(sign * means.diff()).clamp(min=0).sum() for sign in (1, -1)]
        if inside < SURE * y.std() and min(ways) > BACK * (means.max() - means.min()):
            return (
                "the numbers shown follow from those that G made, and a larger one is not always "
                "shown as larger: bytes that overflow, say"
            )
    return ""
