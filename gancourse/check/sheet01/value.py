"""Exercise 01.1: V from what D says."""

import math

import torch
from torch import Tensor

from gancourse.check import facts
from gancourse.check.sheet01.shared import CUT_OFF, probabilities, with_mistaken
from gancourse.check.spec import Again, Draw, Exercise, Part, Wrong
from gancourse.check.student import Handle, Student


def _value(real: Tensor, fake: Tensor) -> Tensor:
    return real.log().mean() + (1 - fake).log().mean()


V_MISTAKES = {
    "This is -V, D's loss: V is what D makes large, a sum of logarithms below 0.": (
        lambda real, fake: -_value(real, fake)
    ),
    "Real and fake have changed places: D is paid for calling real samples real.": (
        lambda real, fake: _value(fake, real)
    ),
    "On fakes D is paid for log(1 - D), not for log D: it should say 'not real' there.": (
        lambda real, fake: real.log().mean() + fake.log().mean()
    ),
    "The fakes' term is subtracted: V is the sum of two expectations.": (
        lambda real, fake: real.log().mean() - (1 - fake).log().mean()
    ),
    "This is the logarithm of a mean; V is the mean of logarithms (one logarithm a sample).": (
        lambda real, fake: real.mean().log() + (1 - fake).mean().log()
    ),
    "This sums over the batch: an expectation is estimated by the mean.": (
        lambda real, fake: real.log().sum() + (1 - fake).log().sum()
    ),
    "This is half of V: each term is an expectation of its own; add the two means, do not average "
    "them.": (lambda real, fake: _value(real, fake) / 2),
    "Only the real samples count: the second expectation, over fakes, is missing.": (
        lambda real, fake: real.log().mean()
    ),
    "Only the fake samples count: the first expectation, over real samples, is missing.": (
        lambda real, fake: (1 - fake).log().mean()
    ),
    "The logarithm has another base: V uses the natural one (that is why a coin scores -log 4).": (
        lambda real, fake: _value(real, fake) / math.log(2)
    ),
}


MISSED = (
    "This is not the mean of log D(x) over real plus the mean of log(1 - D(x)) over fake samples."
)


def _judge_value(got: object, real: Tensor, fake: Tensor, else_: str = MISSED) -> None:
    facts.diagnose(
        facts.number(got, "V"),
        _value(real, fake),
        facts.rounding(len(real) + len(fake), 5.0),
        {meaning: v(real, fake) for meaning, v in V_MISTAKES.items()},
        else_,
    )


def value_of_batch(student: Student, fn: Handle, draw: Draw) -> None:
    """Twice from a common D, and from one that is very wrong about two samples."""
    for drawn, else_ in (
        (probabilities, MISSED),
        (probabilities, MISSED),
        (with_mistaken, CUT_OFF),
    ):
        n = draw.integer(5, 40)
        real, fake = drawn(draw, n, n)
        _judge_value(student.call(fn, [real, fake]), real.double(), fake.double(), else_)


def value_of_coin(student: Student, fn: Handle, draw: Draw) -> None:
    coin = torch.full((draw.integer(2, 30),), 0.5)
    got = facts.number(student.call(fn, [coin, coin]), "V")
    if not facts.near(got, -math.log(4), 1e-5):
        raise Wrong("A D that says 1/2 to everything scores -log 4 = -1.386, whatever the samples.")


def value_uneven(student: Student, fn: Handle, draw: Draw) -> None:
    few, many = draw.integer(2, 9), draw.integer(20, 40)
    for n, m, dtype in (
        (few, many, torch.float32),
        (many, few, torch.float64),
        (1, few, torch.float64),
    ):
        real, fake = probabilities(draw, n, m)
        got = student.call(fn, [real.to(dtype), fake.to(dtype)])
        _judge_value(got, real.double(), fake.double())


EXERCISE = Exercise(
    "01.1",
    "V from what D says",
    points=6,
    minutes=8,
    parts=(
        Part("both terms, as means", 2, value_of_batch),
        Part("a coin scores -log 4", 1, value_of_coin),
        Part("batches of two sizes, in float32 and float64", 2, value_uneven),
        Part("other batches", 1, Again((value_of_batch, value_of_coin, value_uneven)), shown=False),
    ),
    names=("value",),
    withheld=("gancourse.losses.cross_entropy_d",),
    promises=(
        ("the estimate of V", "both terms, as means"),
        ("the probability of being real", "a coin scores -log 4"),
        ("The batches may differ in size.", "batches of two sizes, in float32 and float64"),
        ("a scalar", "both terms, as means"),
    ),
)
