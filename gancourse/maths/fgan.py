"""f-GAN's bound: which f-divergence a loss of D measures at its best, found by search. Lesson 03.

With r = q/p and f*(t) = max over r of r t - f(r), E_p f(r) >= E_q T - E_p f*(T) for any function T
(Nguyen et al. 2010; Nowozin et al. 2016, arXiv 1606.00709, eq. 4, whose P and Q are our q and p).
A loss of `gancourse.losses` is such a bound: T is what D saves on a fake by its logit, F what it
pays for that on a real sample, and f(r) = max over l of r T(l) - F(l). Everything is float64.
"""

import math

import torch
from torch import Tensor

from gancourse.errors import InputError
from gancourse.losses import Loss

LOGITS = torch.linspace(-20, 20, 16001, dtype=torch.float64)
RATIOS = torch.logspace(-6, 6, 12001, dtype=torch.float64)


def terms(pair: Loss, logit: Tensor) -> tuple[Tensor, Tensor]:
    """Return T [N] and F [N] of logits [N]: how much less a fake costs there than at D's rest,
    and how much more a real sample does. Both are 0 at rest, where p = q.

    Raises InputError for a loss that compares real with fake samples: it has no such terms.
    """
    if pair.pairs_real:
        raise InputError(
            "This loss compares real with fake logits in pairs, so that it is no sum of a term of "
            "each: f-GAN's bound takes one of the others."
        )
    rest = torch.tensor(pair.rest, dtype=torch.float64)
    at_rest = pair.d_loss(rest, rest)
    fake = torch.vmap(lambda one: pair.d_loss(rest, one))(logit)
    real = torch.vmap(lambda one: pair.d_loss(one, rest))(logit)
    return at_rest - fake, real - at_rest


def best(pair: Loss, r: Tensor) -> tuple[Tensor, Tensor]:
    """Return the best logit [N] where q/p is r [N], and f(r) [N], by search from -20 to 20.

    Where larger logits are better without end, f is infinite. f(1) is 0, and f is nowhere below.
    """
    T, F = terms(pair, LOGITS)
    gain = r[:, None] * T - F  # [N, logits]
    f = gain.max(1).values
    good = gain >= f[:, None] - 1e-12 * (1 + r[:, None])
    logit = (good * LOGITS).sum(1) / good.sum(1)  # the hinge has many equally good ones at r = 1
    climb = torch.stack([gain[:, 0] - gain[:, 1], gain[:, -1] - gain[:, -2]]).max(0).values
    endless = climb > 1e-6 * (1 + r) * (LOGITS[1] - LOGITS[0])  # it still rises at an end
    # at rest there is nothing to gain: f is nowhere below 0, and no -0 is shown
    return logit.round(decimals=9) + 0.0, torch.where(endless, math.inf, f.clamp(min=0))


def conjugate(f, t: Tensor) -> Tensor:
    """Return f*(t) = max over r > 0 of r t - f(r), [N], by search over r from 1e-6 to 1e6."""
    return (RATIOS * t[:, None] - f(RATIOS)).max(1).values
