"""In which order numbers stand: in a sample that was shifted or turned, in a batch whose rows are
no samples any more, and along which axis a penalty takes the norm of D's slope. Lesson 10.
"""

import torch
from torch import Tensor

ROWS = 64  # of a batch that are looked at
NEW = 0.9  # of a batch's numbers that are there once: else nobody knows whose they are
OWNERS = 3  # samples of which a row has a part, at least: a mixture of two is an augmentation
PARALLEL = 1 - 1e-4  # a cosine


def moved(before: Tensor, after: Tensor) -> bool:
    """Tell whether rows of `after` [N, dim] hold the numbers of `before` in other places.

    As where pictures are shifted, turned or mirrored: nine in ten rows keep their numbers, and more
    than half of all rows have them elsewhere.
    """
    if before.shape != after.shape or len(before) < 16 or before.shape[1] < 2:
        return False
    kept = (before.sort(1).values == after.sort(1).values).all(1)
    apart = (before != after).any(1)
    return bool(kept.double().mean() > 0.9 and (kept & apart).double().mean() > 0.5)


def torn(x: Tensor, batch: Tensor) -> bool:
    """Tell whether x [N, ...] holds a batch's numbers [M, ...], and in no row a whole sample.

    As after a reshape in place of a transposition. False where a number may be that of several
    samples, or where rows are parts of one or two.
    """
    known, which = batch.detach().float().flatten().sort()
    rows = x.detach().float().flatten(1)[:ROWS]
    like = batch[0].numel()
    if (
        like < 2
        or not len(rows)
        or rows.shape[1] < 2
        or (known.diff() == 0).double().mean() > 1 - NEW
    ):
        return False
    place = torch.searchsorted(known, rows.contiguous()).clamp(max=len(known) - 1)
    if not torch.equal(known[place], rows):
        return False
    owners = (which[place] // like).tolist()
    whole = any(row.count(owner) >= like for row in owners for owner in {*row})
    return not whole and all(len({*row}) >= min(OWNERS, rows.shape[1]) for row in owners)


def axis_of(slope: Tensor, asked: Tensor) -> int | None:
    """Return along which axis a penalty takes the norm of D's slope; -1: of a sample's whole slope.

    Both are [N, ...]: the slope, and the loss's slope at it, which points along what has the norm.
    None where it points along nothing of that kind.
    """
    if slope.shape != asked.shape or slope.dim() < 2 or not asked.any():
        return None
    if aligned(slope.flatten(1), asked.flatten(1), 1):
        return -1
    if slope.flatten(1).shape[1] == 1:
        return None
    for axis in range(slope.dim()):
        if slope.shape[axis] > 1 and aligned(slope, asked, axis):
            return axis
    return 1 if slope.shape[1] == 1 and slope.dim() > 2 and by_number(slope, asked) else None


def aligned(a: Tensor, b: Tensor, axis: int) -> bool:
    """Tell whether b points along a, or against it, in all lines along an axis."""
    size = a.norm(dim=axis) * b.norm(dim=axis)
    clear = size > 1e-6 * size.max()
    cosine = ((a * b).sum(axis) / size.clamp(min=1e-30))[clear]
    return bool(clear.any() and (cosine.abs() > PARALLEL).all())


def by_number(slope: Tensor, asked: Tensor) -> bool:
    """Tell whether what is asked of each number depends on its own size alone, along a line."""
    size, along = slope.abs().flatten().double(), (asked * slope.sign()).flatten().double()
    clear = size > 0
    size, along = size[clear] - size[clear].mean(), along[clear] - along[clear].mean()
    scale = size.norm() * along.norm()
    return bool(scale > 0 and (size @ along) / scale > PARALLEL)
