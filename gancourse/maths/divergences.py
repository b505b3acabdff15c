"""The mathematics of lessons 01 to 03 on a line: V(D, G), the optimal D, divergences, pushes.

Everything is computed on a grid `x` [N] (float64, increasing) by the trapezoidal rule, which for
smooth densities that vanish at both ends is exact to rounding once the spacing is below half of the
narrowest width. Densities are given by their logarithms, `log_p` (real) and `log_q` (fake), [N] or
[..., N] for many at once: far from a bump a density is rounded to 0, its logarithm is not. -inf
means "no mass here". The logarithm is the natural one, so divergences are in nats.
"""

import math
from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid

from gancourse.errors import InputError, choose

LOG2, LOG4 = math.log(2), math.log(4)


def line(low: float = -10.0, high: float = 10.0, n: int = 4001) -> Tensor:
    """Return n equally spaced points from low to high, [n] float64; InputError for no interval."""
    if not low < high or n < 2:
        raise InputError(
            f"A line goes up from low to high in at least 2 points, and {low} to {high} with {n} "
            "was given: give such numbers."
        )
    return torch.linspace(low, high, n, dtype=torch.float64)


def log_normal(x: Tensor, mean: float | Tensor = 0.0, sd: float | Tensor = 1.0) -> Tensor:
    """Return the log density of N(mean, sd^2) at x; tensors [M, 1] of means or sds give [M, N]."""
    sd = torch.as_tensor(sd, dtype=x.dtype)
    return -(((x - mean) / sd).square() + math.log(2 * math.pi)) / 2 - sd.log()


def log_uniform(x: Tensor, low: float = 0.0, high: float = 1.0) -> Tensor:
    """Return the log density of the uniform distribution on [low, high]: -inf outside.

    Quadrature errs by up to half a spacing at each end: let both ends lie between two points.
    """
    inside = (x >= low) & (x <= high)
    return torch.where(inside, -math.log(high - low), -math.inf).to(x.dtype)


def integral(x: Tensor, y: Tensor) -> Tensor:
    """Return the integral of y [..., N] over the grid x [N] by the trapezoidal rule, [...]."""
    return torch.trapezoid(y, x)


def expectation(x: Tensor, log_p: Tensor, f: Tensor) -> Tensor:
    """Return E_{x~p} f(x); where p has no mass, f may be infinite or undefined."""
    p = log_p.exp()
    return integral(x, torch.where(p > 0, p * f, 0.0))


def value_density(log_p: Tensor, log_q: Tensor, logit: Tensor) -> Tensor:
    """Return p log D + q log(1 - D) at each point, [..., N]: what V(D, G) is the integral of."""
    p, q = log_p.exp(), log_q.exp()
    real = torch.where(p > 0, p * logsigmoid(logit), 0.0)
    return real + torch.where(q > 0, q * logsigmoid(-logit), 0.0)


def value(x: Tensor, log_p: Tensor, log_q: Tensor, logit: Tensor) -> Tensor:
    """Return V(D, G) = E_p log D(x) + E_q log(1 - D(x)), D = sigmoid(logit). Lesson 01.

    Source: Goodfellow et al. 2014, arXiv 1406.2661, eq. 1.
    """
    return integral(x, value_density(log_p, log_q, logit))


def through(x: Tensor, at: Sequence[float], probabilities: Sequence[float]) -> Tensor:
    """Return the logit, at x, of the D that takes these probabilities at the points `at`.

    The logit is the polynomial through the points (Lagrange's form): three make a parabola, which
    is the shape of the best logit between two bells.
    """
    total = torch.zeros_like(x)
    for i, logit in enumerate(torch.as_tensor(probabilities, dtype=x.dtype).logit()):
        others = [a for j, a in enumerate(at) if j != i]
        basis = math.prod((x - a) / (at[i] - a) for a in others)
        total = total + logit * basis
    return total


def optimal_logit(log_p: Tensor, log_q: Tensor) -> Tensor:
    """Return the logit of D* = p / (p + q), which is log p - log q. Lesson 02.

    Where neither has mass any D is optimal; 0 is returned (D = 1/2). Source: Goodfellow et al.
    2014, prop. 1.
    """
    nothing = (log_p == -math.inf) & (log_q == -math.inf)
    return torch.where(nothing, 0.0, log_p - log_q)


def best_value(x: Tensor, log_p: Tensor, log_q: Tensor) -> Tensor:
    """Return C(G) = max_D V(D, G), which is -log 4 + 2 JSD(p, q). Lesson 02.

    Source: Goodfellow et al. 2014, eq. 4 to 6.
    """
    return value(x, log_p, log_q, optimal_logit(log_p, log_q))


def kl(x: Tensor, log_p: Tensor, log_q: Tensor) -> Tensor:
    """Return KL(p || q) = E_p log(p / q): infinite where p has mass and q none. Lesson 02."""
    return expectation(x, log_p, log_p - log_q)


def jsd(x: Tensor, log_p: Tensor, log_q: Tensor) -> Tensor:
    """Return JSD(p, q) = (KL(p || m) + KL(q || m)) / 2, m = (p + q) / 2: 0 to log 2. Lesson 02."""
    log_m = torch.logaddexp(log_p, log_q) - LOG2
    return (kl(x, log_p, log_m) + kl(x, log_q, log_m)) / 2


def total_variation(x: Tensor, log_p: Tensor, log_q: Tensor) -> Tensor:
    """Return half of the integral of |p - q|, from 0 (equal) to 1 (nothing shared). Lesson 03."""
    return integral(x, (log_p.exp() - log_q.exp()).abs()) / 2


def cdf(x: Tensor, log_p: Tensor) -> Tensor:
    """Return P(X <= x) at each point, [..., N], by the cumulative trapezoidal rule."""
    rest = torch.cumulative_trapezoid(log_p.exp(), x)
    return torch.cat([torch.zeros_like(rest[..., :1]), rest], -1)


def wasserstein1(x: Tensor, log_p: Tensor, log_q: Tensor) -> Tensor:
    """Return the Wasserstein-1 distance on a line: the integral of |P - Q|, both CDFs. Lesson 02.

    In units of x. Source: Vallender 1974, Theory of Probability and its Applications 18 (4).
    """
    return integral(x, (cdf(x, log_p) - cdf(x, log_q)).abs())


G_LOSSES = ("saturating", "non-saturating")


def push(x: Tensor, logit: Tensor, loss: str = "saturating") -> Tensor:
    """Return the velocity that a fake sample at x gets from D, [N]: minus G's loss's slope in x.

    With l the logit, D its sigmoid: D l' for log(1 - D), (1 - D) l' for -log D. The derivative l'
    is a central difference, exact where l is a parabola. Lesson 02.
    """
    share = {"saturating": logit.sigmoid(), "non-saturating": (-logit).sigmoid()}
    slope = torch.gradient(logit, spacing=(x,), edge_order=2)[0]
    return share[choose("loss of G", loss, G_LOSSES)] * slope
