"""The Wasserstein-1 distance between hundreds of points in any dimension. Lesson 05."""

import torch
from torch import Tensor

from gancourse.errors import InputError


def matched_distance(x: Tensor, y: Tensor) -> float:
    """Return W_1 of two clouds of equally many points, [N, d] both, in units of x, exactly.

    The mean distance within pairs, one of x with one of y, in the pairing where it is smallest
    (Villani 2009, Optimal Transport, introduction). Two clouds of one distribution are not at 0:
    their points differ. Raises InputError for other shapes and for numbers that are not finite.
    """
    if x.dim() != 2 or x.shape != y.shape or not x.numel():
        raise InputError(
            "The distance is between two clouds [N, d] of equally many points, and the shapes "
            f"{list(x.shape)} and {list(y.shape)} were given: draw as many of each."
        )
    if not (x.isfinite().all() and y.isfinite().all()):
        raise InputError("Some of the points are not finite: the generator may have diverged.")
    from scipy.optimize import linear_sum_assignment  # a third of a second, only where needed

    apart = torch.cdist(x.detach().double(), y.detach().double()).cpu()  # [N, N]
    i, j = linear_sum_assignment(apart.numpy())
    return apart[i, j].mean().item()
