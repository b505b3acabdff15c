"""What a label changes in the game on a line: labels that do not belong, and AC-GAN's pull.

Lesson 13. On a grid `x` as in `divergences`; classes lie along the first axis, [K, N], and are
equally likely.
"""

import torch
from torch import Tensor

from gancourse.maths import divergences

BELLS = (-1.0, 1.0)  # where the two real classes of `narrowed` lie; their sd is 1


def unmatched(log_q: Tensor) -> Tensor:
    """Return the log density [K, N] of fakes [K, N] whose labels are drawn at random.

    A fake then has each label as often: it is q(x), the mean over classes, in each row.
    """
    mean = torch.logsumexp(log_q, 0, keepdim=True) - torch.tensor(float(len(log_q))).log()
    return mean.expand_as(log_q)


def narrowed(weight: float, x: Tensor, at: Tensor, sd: Tensor) -> tuple[float, float]:
    """Return the centre and the sd of AC-GAN's best fakes: two bells at -centre and centre.

    The real classes are bells at -1 and 1 with sd 1. G minimises 2 JSD of all x, which no label
    enters, plus `weight` times the cross-entropy of its fakes under the best classifier of real and
    fake samples. `at` [A] and `sd` [S] are the centres and sds that are tried on the grid x.
    """
    log_p = torch.stack([divergences.log_normal(x, m) for m in BELLS])  # [2, N]
    cost = torch.tensor([[_cost(weight, x, log_p, m, s) for s in sd.tolist()] for m in at.tolist()])
    best = int(cost.argmin())
    return at[best // len(sd)].item(), sd[best % len(sd)].item()


def _cost(weight: float, x: Tensor, log_p: Tensor, m: float, s: float) -> float:
    log_q = torch.stack([divergences.log_normal(x, sign * m, s) for sign in BELLS])
    p, q = (log.exp().mean(0) for log in (log_p, log_q))
    js = divergences.jsd(x, p.log(), q.log())
    joint = torch.logaddexp(log_p, log_q)  # [2, N]: of both kinds, with each label
    log_class = joint - joint.logsumexp(0)
    return 2 * js.item() - weight * divergences.expectation(x, log_q, log_class).mean().item()
