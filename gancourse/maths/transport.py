"""Optimal transport between two clouds of points, by linear programming. Lesson 03.

The cheapest way to move the fakes onto the real points, and the best 1-Lipschitz D, are two linear
programmes with the same value: the Wasserstein-1 distance (Kantorovich and Rubinstein 1958;
Villani 2009, Optimal Transport, thm. 5.10 and remark 6.5). Points are [N, d] tensors, each with the
same mass; everything is computed in float64. Meant for some dozens of points: the second programme
has a condition for each pair.
"""

import numpy as np
import torch
from torch import Tensor

from gancourse.errors import InputError


def check_clouds(x_real: Tensor, x_fake: Tensor) -> None:
    """Raise InputError unless both are points of the same space, [N, d] and [M, d], all finite."""
    shapes = [list(x.shape) for x in (x_real, x_fake)]
    if any(len(s) != 2 or 0 in s for s in shapes) or shapes[0][1] != shapes[1][1]:
        raise InputError(
            f"Two clouds of points are [N, d] and [M, d], and the shapes {shapes[0]} and "
            f"{shapes[1]} were given: give points of the same space."
        )
    if not all(x.isfinite().all() for x in (x_real, x_fake)):
        raise InputError("Some of the points are not finite: look where they come from.")


def cheapest_plan(x_real: Tensor, x_fake: Tensor) -> tuple[Tensor, float]:
    """Return the plan [M, N] that moves the fakes onto the real points, and its cost W_1.

    Row i says how much of fake i's mass 1/M goes to each real point; a column adds up to 1/N. The
    cost is the sum of mass times distance, the least there is.
    """
    check_clouds(x_real, x_fake)
    m, n = len(x_fake), len(x_real)
    rows, columns = np.kron(np.eye(m), np.ones(n)), np.kron(np.ones(m), np.eye(n))
    masses = np.concatenate([np.full(m, 1 / m), np.full(n, 1 / n)])
    cost = torch.cdist(x_fake.double(), x_real.double()).numpy()
    found = _solved(cost.ravel(), A_eq=np.vstack([rows, columns]), b_eq=masses, bounds=(0, None))
    return torch.from_numpy(found.x.reshape(m, n)), float(found.fun)


def best_scores(x_real: Tensor, x_fake: Tensor) -> tuple[Tensor, Tensor, float]:
    """Return the best 1-Lipschitz D's scores of real [N] and fake points [M], and its value W_1.

    It maximises mean D(x_real) - mean D(x_fake) while no two points, of either kind, have scores
    further apart than they are themselves. The first real point has the score 0.
    """
    check_clouds(x_real, x_fake)
    n, m = len(x_real), len(x_fake)
    x = torch.cat([x_real, x_fake]).double()
    first, second = np.nonzero(~np.eye(n + m, dtype=bool))  # all ordered pairs
    pairs = np.zeros((len(first), n + m))
    pairs[np.arange(len(first)), first], pairs[np.arange(len(first)), second] = 1, -1
    gain = np.concatenate([np.full(n, 1 / n), np.full(m, -1 / m)])
    bounds = [(0, 0)] + [(None, None)] * (n + m - 1)
    apart = torch.cdist(x, x).numpy()[first, second]
    found = _solved(-gain, A_ub=pairs, b_ub=apart, bounds=bounds)
    scores = torch.from_numpy(found.x)
    return scores[:n], scores[n:], -float(found.fun)


def _solved(objective, **conditions):
    from scipy.optimize import linprog  # half a second, only where it is needed

    found = linprog(objective, method="highs", **conditions)
    if not found.success:
        raise InputError(f"The linear programme has no solution: {found.message}")
    return found


def extended(points: Tensor, scores: Tensor, x: Tensor) -> Tensor:
    """Return a 1-Lipschitz function's values at x [..., d] that has these scores [K] at K points.

    The largest one: the least of score + distance over all points (McShane 1934).
    """
    apart = torch.cdist(x.double().reshape(-1, x.shape[-1]), points.double())  # [L, K]
    return (scores + apart).min(1).values.reshape(x.shape[:-1])
