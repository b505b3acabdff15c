"""Exercise 02.2: Jensen-Shannon."""

import math

import torch
from torch import Tensor

from gancourse.check import facts
from gancourse.check.spec import Again, Draw, Exercise, Part, Wrong
from gancourse.check.student import Handle, Student


def _kl(p: Tensor, q: Tensor) -> Tensor:
    return torch.where(p > 0, p * (p / q).log(), 0.0).sum()


def _jsd(p: Tensor, q: Tensor) -> Tensor:
    m = (p + q) / 2
    return (_kl(p, m) + _kl(q, m)) / 2


def _masked(p: Tensor, q: Tensor) -> Tensor:
    both = (p > 0) & (q > 0)
    return _jsd(p[both], q[both])


JSD_MISTAKES = {
    "Only values that both p and q can take are counted: where q is 0 and p is not, p still adds "
    "p log(p / m); leave out only the terms whose own probability is 0.": _masked,
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
    "This is divided by the number of values: a sum over them is the expectation already, since p "
    "and q are its weights (kl_div wants reduction='sum').": lambda p, q: _jsd(p, q) / len(p),
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
            "This is NaN or infinite where p or q is 0, or both are: 0 log 0 counts as 0, for such "
            "x never occur; leave those terms out."
        )
    p, q = p.double(), q.double()
    facts.diagnose(
        facts.number(got, "JSD", "sum over the K values"),
        _jsd(p, q),
        facts.rounding(len(p), 1.0),
        {meaning: mistake(p, q) for meaning, mistake in JSD_MISTAKES.items()},
        "This is not KL(p || m) / 2 + KL(q || m) / 2 with m = (p + q) / 2.",
    )


def jsd_value(student: Student, fn: Handle, draw: Draw) -> None:
    for _ in range(2):
        k = draw.integer(3, 12)
        p, q = _shares(draw, k), _shares(draw, k)
        _judge_jsd(student.call(fn, [p, q]), p, q)


def jsd_ends(student: Student, fn: Handle, draw: Draw) -> None:
    k = draw.integer(3, 6)
    p, q = _shares(draw, k), _shares(draw, k)
    sure = torch.eye(k)
    apart = torch.cat([p, torch.zeros(k)]), torch.cat([torch.zeros(k), q])
    for a, b in (apart, (p, p), (sure[0], sure[-1]), (sure[0], sure[0])):
        _judge_jsd(student.call(fn, [a, b]), a, b)


def jsd_zeros(student: Student, fn: Handle, draw: Draw) -> None:
    """Zeros in p, in q, and in both at once."""
    k = draw.integer(6, 12)
    p, q = torch.zeros(2, k + 1, dtype=torch.float64)
    p[: k - 2], q[2:k] = _shares(draw, k - 2).double(), _shares(draw, k - 2).double()
    order = torch.randperm(k + 1, generator=draw.generator())
    p, q = (p / p.sum())[order], (q / q.sum())[order]
    for dtype in (torch.float32, torch.float64):
        _judge_jsd(student.call(fn, [p.to(dtype), q.to(dtype)]), p, q)


EXERCISE = Exercise(
    "02.2",
    "Jensen and Shannon",
    points=7,
    minutes=12,
    parts=(
        Part("the mean of two KL", 3, jsd_value),
        Part("0 for equals, log 2 for strangers", 2, jsd_ends),
        Part("zeros in one, and in both", 1, jsd_zeros),
        Part("other probabilities", 1, Again((jsd_value, jsd_ends, jsd_zeros)), shown=False),
    ),
    names=("jsd",),
    withheld=("gancourse.maths.divergences.jsd", "gancourse.maths.divergences.kl"),
    promises=(
        (r"Return $\mathrm{JSD}(p, q)$", "the mean of two KL"),
        ("zeros are allowed", "zeros in one, and in both"),
        ("in natural units", "the mean of two KL"),
        ("0 for equals", "0 for equals, log 2 for strangers"),
        (r"$\log 2$ where they share nothing", "0 for equals, log 2 for strangers"),
    ),
)
