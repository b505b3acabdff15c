"""Sheet 02, the optimal discriminator: D*, Jensen-Shannon, Wasserstein-1, the slope left for G."""

import math

import torch
from torch import Tensor

from gancourse import theory
from gancourse.check import facts
from gancourse.check.bench import Bench, Handle
from gancourse.check.spec import Draw, Exercise, Part, Wrong

# 02.1: the best D

D_MISTAKES = {
    "This is q / (p + q), the probability of being fake: D says how likely real is.": (
        lambda p, q: torch.sigmoid(q - p)
    ),
    "This is the logit, log p - log q: its sigmoid is D*.": lambda p, q: p - q,
    "This is p / q, a ratio that may be above 1: D* is p / (p + q).": lambda p, q: (p - q).exp(),
    "This divides the logarithms: D* is made of the densities themselves.": (
        lambda p, q: p / (p + q)
    ),
    "This says 0 or 1 only: where both densities are positive, the best D is not sure.": (
        lambda p, q: (p > q).double()
    ),
    "This is p - q: D* is the share of p in p + q.": lambda p, q: p.exp() - q.exp(),
}


def _judge_d(got: object, log_p: Tensor, log_q: Tensor) -> None:
    log_p, log_q = log_p.double(), log_q.double()
    got = facts.tensor(got, log_p.shape, "D*")
    # a float32 logarithm of size a is known to a EPS, and so is the logarithm of the ratio
    finite = log_p[log_p.isfinite()].abs()
    tolerance = 1e-5 + 2 * facts.EPS * finite.max().item()
    if facts.near(got, torch.sigmoid(log_p - log_q), tolerance):
        return
    for meaning, mistake in D_MISTAKES.items():
        wrong = mistake(log_p, log_q)
        if facts.near(got, wrong, tolerance * max(1.0, wrong.abs().max().item())):
            raise Wrong(meaning)
    raise Wrong("This is not p / (p + q), with p and q the exponentials of what was given.")


def _bells(draw: Draw, x: Tensor) -> tuple[Tensor, Tensor]:
    """Return the log densities of two random bells at x."""
    pair = []
    for _ in range(2):
        mean, sd = draw.uniform(-1, 1), draw.uniform(0.5, 1.5)
        pair.append(theory.log_normal(x, mean, sd))
    return tuple(pair)


def d_near(bench: Bench, fn: Handle, draw: Draw) -> None:
    log_p, log_q = _bells(draw, draw.normal(draw.integer(8, 40), sd=1.2))
    _judge_d(bench.call(fn, [log_p, log_q]), log_p, log_q)


def d_far(bench: Bench, fn: Handle, draw: Draw) -> None:
    base = torch.full((9,), -draw.uniform(500.0, 900.0)).round()
    log_p, log_q = base + torch.linspace(-4, 4, 9), base + draw.integer(-1, 1)
    got = bench.call(fn, [log_p, log_q])
    if isinstance(got, Tensor) and got.is_floating_point() and not got.isfinite().all():
        raise Wrong(
            "Far from both bells this is 0 / 0: both densities are rounded to 0, while their "
            "logarithms are exact; stay with the logarithms."
        )
    if isinstance(got, Tensor) and not got.any():
        raise Wrong(
            "Far from both bells this is 0: something added to p + q outweighs both densities; "
            "stay with the logarithms."
        )
    _judge_d(got, log_p, log_q)


def d_alone(bench: Bench, fn: Handle, draw: Draw) -> None:
    nothing = torch.tensor([-math.inf, 0.0])
    some = draw.normal(1, mean=-1.0).expand(2)
    log_p, log_q = some + nothing, some + nothing.flip(0)
    got = facts.tensor(bench.call(fn, [log_p, log_q]), [2], "D*")
    if not facts.near(got, [0.0, 1.0], 1e-6):
        raise Wrong("Where p has no mass, D* is 0; where q has none, it is 1: there D can be sure.")


def d_float64(bench: Bench, fn: Handle, draw: Draw) -> None:
    log_p, log_q = _bells(draw, draw.normal(4, 6, sd=2.0).double())
    _judge_d(bench.call(fn, [log_p, log_q]), log_p, log_q)


# 02.2: Jensen-Shannon


def _kl(p: Tensor, q: Tensor) -> Tensor:
    return torch.where(p > 0, p * (p / q).log(), 0.0).sum()


def _jsd(p: Tensor, q: Tensor) -> Tensor:
    m = (p + q) / 2
    return (_kl(p, m) + _kl(q, m)) / 2


JSD_MISTAKES = {
    "The half is missing: JSD is the mean of the two KL, not their sum.": (
        lambda p, q: 2 * _jsd(p, q)
    ),
    "This is the mean of KL(p || q) and KL(q || p), Jeffreys' divergence: JSD compares each with "
    "the mixture m.": lambda p, q: (_kl(p, q) + _kl(q, p)) / 2,
    "This is KL(p || q): JSD compares both with the mixture m.": _kl,
    "This is KL(q || p): JSD compares both with the mixture m.": lambda p, q: _kl(q, p),
    "Only p is compared with the mixture: JSD takes the mean over p and q.": (
        lambda p, q: _kl(p, (p + q) / 2)
    ),
    "Only q is compared with the mixture: JSD takes the mean over p and q.": (
        lambda p, q: _kl(q, (p + q) / 2)
    ),
    "m = p + q is no distribution, its sum is 2: the mixture is (p + q) / 2.": (
        lambda p, q: _jsd(p, q) - math.log(2)
    ),
    "This is the square root of JSD, the Jensen-Shannon distance.": lambda p, q: _jsd(p, q).sqrt(),
    "This is in bits: with the natural logarithm the largest JSD is log 2.": (
        lambda p, q: _jsd(p, q) / math.log(2)
    ),
    "The KL go the wrong way round: the expectation is over p and over q, not over m.": (
        lambda p, q: (_kl((p + q) / 2, p) + _kl((p + q) / 2, q)) / 2
    ),
    "This is max_D V = -log 4 + 2 JSD, not JSD itself.": (
        lambda p, q: 2 * _jsd(p, q) - math.log(4)
    ),
}


def _shares(draw: Draw, k: int) -> Tensor:
    """Return k probabilities that sum to 1, none of them tiny."""
    return (draw.normal(k, sd=1.0).clamp(-2, 2)).softmax(0)


def _judge_jsd(got: object, p: Tensor, q: Tensor) -> None:
    if isinstance(got, Tensor) and got.is_floating_point() and not got.isfinite().all():
        raise Wrong(
            "This is NaN or infinite where p or q is 0: 0 log 0 counts as 0, for such x never "
            "occur; leave those terms out."
        )
    p, q = p.double(), q.double()
    facts.diagnose(
        facts.number(got, "JSD"),
        _jsd(p, q),
        facts.rounding(len(p), 1.0),
        {meaning: mistake(p, q) for meaning, mistake in JSD_MISTAKES.items()},
        "This is not KL(p || m) / 2 + KL(q || m) / 2 with m = (p + q) / 2.",
    )


def jsd_value(bench: Bench, fn: Handle, draw: Draw) -> None:
    for _ in range(2):
        k = draw.integer(3, 12)
        p, q = _shares(draw, k), _shares(draw, k)
        _judge_jsd(bench.call(fn, [p, q]), p, q)


def jsd_ends(bench: Bench, fn: Handle, draw: Draw) -> None:
    k = draw.integer(3, 6)
    p, q = _shares(draw, k), _shares(draw, k)
    apart = torch.cat([p, torch.zeros(k)]), torch.cat([torch.zeros(k), q])
    _judge_jsd(bench.call(fn, list(apart)), *apart)
    _judge_jsd(bench.call(fn, [p, p]), p, p)


def jsd_zeros(bench: Bench, fn: Handle, draw: Draw) -> None:
    k = draw.integer(6, 12)
    p, q = torch.zeros(2, k, dtype=torch.float64)
    p[: k - 2], q[2:] = _shares(draw, k - 2).double(), _shares(draw, k - 2).double()
    p, q = p / p.sum(), q / q.sum()
    for dtype in (torch.float32, torch.float64):
        _judge_jsd(bench.call(fn, [p.to(dtype), q.to(dtype)]), p, q)


# 02.3: Wasserstein-1 from samples


def _w1(x: Tensor, y: Tensor) -> Tensor:
    return (x.sort().values - y.sort().values).abs().mean()


W1_MISTAKES = {
    "The samples are paired as they come: the best plan pairs them in sorted order.": (
        lambda x, y: (x - y).abs().mean()
    ),
    "This is the distance between the means: two samples with equal means may still lie far "
    "apart.": lambda x, y: (x.mean() - y.mean()).abs(),
    "One sample is sorted upwards and the other one downwards: that is the worst plan, not the "
    "best.": lambda x, y: (x.sort().values - y.sort().values.flip(0)).abs().mean(),
    "This is Wasserstein-2, the root of the mean square: W1 is the mean way.": (
        lambda x, y: (x.sort().values - y.sort().values).square().mean().sqrt()
    ),
    "This is the mean square of the way: W1 is the mean of its length.": (
        lambda x, y: (x.sort().values - y.sort().values).square().mean()
    ),
    "This is the longest way: W1 is the mean way.": (
        lambda x, y: (x.sort().values - y.sort().values).abs().max()
    ),
    "This sums the ways: each sample carries the share 1 / N of the mass.": (
        lambda x, y: (x.sort().values - y.sort().values).abs().sum()
    ),
    "This is the mean over all pairs: a plan sends each sample to one place, the best plan to the "
    "nearest possible.": lambda x, y: (x[:, None] - y).abs().mean(),
    "Ways to the left and to the right cancel here: take the absolute value before the mean.": (
        lambda x, y: (x - y).mean()
    ),
    "This is the mean way to the nearest sample: a plan must fill all places, each once.": (
        lambda x, y: (x[:, None] - y).abs().amin(1).mean()
    ),
}


def _judge_w1(got: object, x: Tensor, y: Tensor) -> None:
    x, y = x.double(), y.double()
    facts.diagnose(
        facts.number(got, "W1"),
        _w1(x, y),
        facts.rounding(len(x), max(x.abs().max().item(), y.abs().max().item())),
        {meaning: mistake(x, y) for meaning, mistake in W1_MISTAKES.items()},
        "This is not the mean distance between the samples, paired in sorted order.",
    )


def _samples(draw: Draw, n: int) -> tuple[Tensor, Tensor]:
    """Return two samples on different scales whose centres lie close together."""
    return draw.normal(n), draw.normal(n, mean=draw.uniform(0.1, 0.4), sd=draw.uniform(2.0, 3.0))


def w1_value(bench: Bench, fn: Handle, draw: Draw) -> None:
    for _ in range(2):
        x, y = _samples(draw, draw.integer(8, 40))
        _judge_w1(bench.call(fn, [x, y]), x, y)


def w1_shift(bench: Bench, fn: Handle, draw: Draw) -> None:
    x, n = draw.normal(draw.integer(8, 40)), draw.integer(2, 9)
    order = torch.randperm(len(x), generator=draw.generator())
    for shift in (n, -n):
        _judge_w1(bench.call(fn, [x, (x + shift)[order]]), x, (x + shift)[order])


def w1_float64(bench: Bench, fn: Handle, draw: Draw) -> None:
    x, y = (sample.double() for sample in _samples(draw, draw.integer(200, 300)))
    _judge_w1(bench.call(fn, [x, y]), x, y)
    _judge_w1(bench.call(fn, [y, x]), y, x)


# 02.4: the slope that is left for G

X = theory.line(-16, 16, 3201)
LOG_P = theory.log_normal(X)


def _under(theta: Tensor, f) -> Tensor:
    """Return the integral of f(log p, log q) for each theta, [M]."""
    log_q = theory.log_normal(X, theta.double()[:, None])  # [M, 3201]
    return theory.integral(X, f(LOG_P.expand_as(log_q), log_q))


def _share(theta: Tensor) -> Tensor:
    """Return E_q D*, [M]."""
    return _under(theta, lambda p, q: q.exp() * torch.sigmoid(p - q))


def _slope(theta: Tensor) -> Tensor:
    return theta * _share(theta)


SLOPE_MISTAKES = {
    "This is the way G walks, downhill: the slope of C itself has the other sign.": (
        lambda t: -_slope(t)
    ),
    "This is the slope of JSD: C = -log 4 + 2 JSD has twice that.": lambda t: _slope(t) / 2,
    "This is E_q D*: the slope of the logit, -theta, is a factor of it.": _share,
    "This is theta E_q (1 - D*), the slope of the non-saturating loss -log D: V contains "
    "log(1 - D), and G's samples come from q.": lambda t: t * (1 - _share(t)),
    "This is the slope with D held at 1/2: the best D is p / (p + q).": lambda t: t / 2,
    "This is the slope of KL: at the best D, V contains both terms, 2 JSD.": lambda t: t,
    "This is C itself: its slope by theta is asked for.": (
        lambda t: theory.best_value(X, LOG_P, theory.log_normal(X, t.double()[:, None]))
    ),
}


def _judge_slope(got: object, theta: Tensor, tolerance: float) -> None:
    got, want = facts.tensor(got, theta.shape, "The slope"), _slope(theta.double())
    if facts.near(got, want, tolerance):
        return
    for meaning, mistake in SLOPE_MISTAKES.items():
        if facts.near(got, mistake(theta.double()), tolerance):
            raise Wrong(meaning)
    if facts.near(got, want, 0.1):
        raise Wrong(
            "Close, but not within 0.001: estimates from samples are too noisy here, and a coarse "
            "grid or a large difference step errs as much; integrate on a fine grid."
        )
    raise Wrong("This is not the slope of C(theta) = max_D V(D, G) for q = N(theta, 1).")


def slope_both_sides(bench: Bench, fn: Handle, draw: Draw) -> None:
    t = draw.uniform(0.5, 1.0)
    theta = torch.tensor([-3 * t, -t, 0.0, t, 3 * t], dtype=torch.float64)
    _judge_slope(bench.call(fn, [theta]), theta, 1e-3)


def slope_far(bench: Bench, fn: Handle, draw: Draw) -> None:
    theta = torch.tensor([5.0, 6.0, 7.0], dtype=torch.float64) + draw.uniform(0.0, 0.5)
    got, want = bench.call(fn, [theta]), _slope(theta)
    if isinstance(got, Tensor) and got.is_floating_point() and not got.isfinite().all():
        raise Wrong(
            "Far out this is not finite: densities are rounded to 0 there, their logarithms are "
            "exact; stay with the logarithms."
        )
    got = facts.tensor(got, [3], "The slope")
    if facts.near(got, want, 0.1) and not ((got - want).abs() < 0.1 * want).all():
        raise Wrong(
            "For theta above 5 this is off by more than a tenth: the slope is tiny there, and that "
            "is the point; integrate on a grid that reaches beyond theta."
        )
    _judge_slope(got, theta, 1e-3)


def slope_many(bench: Bench, fn: Handle, draw: Draw) -> None:
    theta = 1.5 * draw.normal(draw.integer(6, 12)).double()
    _judge_slope(bench.call(fn, [theta]), theta, 1e-3)


EXERCISES = (
    Exercise(
        "02.1",
        "the best D",
        points=7,
        minutes=10,
        parts=(
            Part("p / (p + q)", 3, d_near),
            Part("far from both bells", 2, d_far),
            Part("where one side has no mass", 1, d_alone),
            Part("in float64, in any shape", 1, d_float64, shown=False),
        ),
        names=("optimal_D",),
    ),
    Exercise(
        "02.2",
        "Jensen and Shannon",
        points=7,
        minutes=12,
        parts=(
            Part("the mean of two KL", 3, jsd_value),
            Part("0 for equals, log 2 for strangers", 2, jsd_ends),
            Part("zeros here and there", 2, jsd_zeros, shown=False),
        ),
        names=("jsd",),
    ),
    Exercise(
        "02.3",
        "how far the sand travels",
        points=6,
        minutes=10,
        parts=(
            Part("the mean way of the best plan", 3, w1_value),
            Part("a shift costs its length", 1, w1_shift),
            Part("larger samples, in float64", 2, w1_float64, shown=False),
        ),
        names=("wasserstein1",),
    ),
    Exercise(
        "02.4",
        "the slope that is left for G",
        points=8,
        minutes=20,
        parts=(
            Part("on both sides of p", 3, slope_both_sides),
            Part("far out, where it dies", 3, slope_far),
            Part("many theta", 2, slope_many, shown=False),
        ),
        names=("slope_of_C",),
    ),
)
