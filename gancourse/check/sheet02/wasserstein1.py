"""Exercise 02.3: Wasserstein-1 from samples."""

import torch
from torch import Tensor

from gancourse.check import facts
from gancourse.check.spec import Again, Draw, Exercise, Part
from gancourse.check.student import Handle, Student


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
    "One sample is sorted and the other one is not: the best plan pairs both in sorted order.": (
        lambda x, y: (x.sort().values - y).abs().mean()
    ),
    "One sample is sorted and the other one is not: both are paired in sorted order.": (
        lambda x, y: (x - y.sort().values).abs().mean()
    ),
    "This is the median way: W1 is the mean way.": (
        lambda x, y: (x.sort().values - y.sort().values).abs().median()
    ),
    "This is half of the mean way: each sample carries the share 1 / N, and moves once.": (
        lambda x, y: _w1(x, y) / 2
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
    """Return two samples on different scales; the second one's mean lies a little higher."""
    x, y = draw.normal(n), draw.normal(n, sd=draw.uniform(2.0, 3.0))
    return x, y - y.mean() + x.mean() + draw.uniform(0.1, 0.4)


def w1_value(student: Student, fn: Handle, draw: Draw) -> None:
    for _ in range(2):
        x, y = _samples(draw, draw.integer(16, 40))
        _judge_w1(student.call(fn, [x, y]), x, y)


def w1_shift(student: Student, fn: Handle, draw: Draw) -> None:
    """Shifted by more and by less than the sample's width; and not at all."""
    x, n = draw.normal(draw.integer(8, 40)), draw.integer(2, 9)
    order = torch.randperm(len(x), generator=draw.generator())
    for shift in (n, -n, 0):
        _judge_w1(student.call(fn, [x, (x + shift)[order]]), x, (x + shift)[order])


def w1_sizes(student: Student, fn: Handle, draw: Draw) -> None:
    """One grain, grains that lie on each other, and many, in float64."""
    many = tuple(sample.double() for sample in _samples(draw, draw.integer(200, 300)))
    piled = tuple(sample.round() for sample in _samples(draw, draw.integer(8, 20)))
    for x, y in (_samples(draw, 1), piled, many, many[::-1]):
        _judge_w1(student.call(fn, [x, y]), x, y)


EXERCISE = Exercise(
    "02.3",
    "how far the sand travels",
    points=6,
    minutes=10,
    parts=(
        Part("the mean way of the best plan", 3, w1_value),
        Part("a shift costs its length", 1, w1_shift),
        Part("one grain, piles, many grains in float64", 1, w1_sizes),
        Part("other samples", 1, Again((w1_value, w1_shift, w1_sizes)), shown=False),
    ),
    names=("wasserstein1",),
    withheld=("gancourse.maths.divergences.wasserstein1",),
    promises=(
        ("samples of equal size on a line", "one grain, piles, many grains in float64"),
        ("Each point carries the mass $1/N$.", "the mean way of the best plan"),
        ("the mean way under the best plan", "the mean way of the best plan"),
        ("takes each point of `x` to one point of `y`", "a shift costs its length"),
    ),
)
