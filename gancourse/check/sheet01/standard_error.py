"""Exercise 01.2: an error bar for V."""

import math

import torch
from torch import Tensor

from gancourse.check import facts
from gancourse.check.sheet01.shared import CUT_OFF, probabilities, with_mistaken
from gancourse.check.spec import Again, Draw, Exercise, Part
from gancourse.check.student import Handle, Student


def _errors(real: Tensor, fake: Tensor, unbiased: bool = True) -> tuple[Tensor, Tensor]:
    """Return the variances of the two means."""
    terms = real.log(), (1 - fake).log()
    return tuple(term.var(unbiased=unbiased) / len(term) for term in terms)


def _standard_error(real: Tensor, fake: Tensor) -> Tensor:
    return sum(_errors(real, fake)).sqrt()


def _paired(real: Tensor, fake: Tensor) -> Tensor:
    n = min(len(real), len(fake))
    return (real[:n].log() + (1 - fake[:n]).log()).std() / math.sqrt(n)


SE_MISTAKES = {
    "This is the scatter of single terms: the mean of N of them scatters less; divide each "
    "variance by its N.": (lambda real, fake: (real.log().var() + (1 - fake).log().var()).sqrt()),
    "Standard deviations do not add up; variances of independent means do. Add, then take the "
    "root.": (lambda real, fake: sum(v.sqrt() for v in _errors(real, fake))),
    "This is the variance of the estimate: its square root is the standard error.": (
        lambda real, fake: sum(_errors(real, fake))
    ),
    "N stands outside of the root: the error falls like 1 / sqrt(N), not like 1 / N.": (
        lambda real, fake: (
            real.log().var() / len(real) ** 2 + (1 - fake).log().var() / len(fake) ** 2
        ).sqrt()
    ),
    "This is the scatter of D's probabilities: V averages their logarithms, so the scatter of the "
    "logarithms counts.": (
        lambda real, fake: (real.var() / len(real) + fake.var() / len(fake)).sqrt()
    ),
    "Only the real samples' error is in it: the fakes' average is random, too.": (
        lambda real, fake: _errors(real, fake)[0].sqrt()
    ),
    "Only the fake samples' error is in it: the real samples' average is random, too.": (
        lambda real, fake: _errors(real, fake)[1].sqrt()
    ),
    "On fakes V averages log(1 - D), not log D: the scatter of another term is taken.": (
        lambda real, fake: (real.log().var() / len(real) + fake.log().var() / len(fake)).sqrt()
    ),
    "Real and fake have changed places: V averages log D over real samples, and log(1 - D) over "
    "fakes.": lambda real, fake: _standard_error(fake, real),
    "Both variances are divided by the size of the real batch: each has the size of its own.": (
        lambda real, fake: ((real.log().var() + (1 - fake).log().var()) / len(real)).sqrt()
    ),
    "Both variances are divided by the size of the fake batch: each has the size of its own.": (
        lambda real, fake: ((real.log().var() + (1 - fake).log().var()) / len(fake)).sqrt()
    ),
    "Real samples are paired with fakes, so their covariance is counted too: the two batches are "
    "independent, and only variances add.": lambda real, fake: _paired(real, fake),
    "The logarithm has another base: V uses the natural one.": (
        lambda real, fake: _standard_error(real, fake) / math.log(2)
    ),
    "The errors are halved: V is the sum of both means, not their average.": (
        lambda real, fake: _standard_error(real, fake) / 2
    ),
    "Real and fake terms are thrown into one pot: each average has its own mean and variance.": (
        lambda real, fake: (
            torch.cat([real.log(), (1 - fake).log()]).std() / math.sqrt(len(real) + len(fake))
        )
    ),
    "This divides by all samples together: each variance is divided by the size of its own "
    "batch.": (
        lambda real, fake: (
            (real.log().var() + (1 - fake).log().var()) / (len(real) + len(fake))
        ).sqrt()
    ),
}


MISSED = "This is not the root of Var(log D(x)) / N plus Var(log(1 - D(G(z)))) / M."


def _judge_error(got: object, real: Tensor, fake: Tensor, else_: str = MISSED) -> None:
    error = facts.number(got, "The standard error")
    tolerance = facts.rounding(len(real) + len(fake), 1.0)
    if facts.near(error, sum(_errors(real, fake, unbiased=False)).sqrt(), tolerance):
        return  # dividing by N, not by N - 1, is as good
    facts.diagnose(
        error,
        _standard_error(real, fake),
        tolerance,
        {meaning: e(real, fake) for meaning, e in SE_MISTAKES.items()},
        else_,
    )


def error_even(student: Student, fn: Handle, draw: Draw) -> None:
    """From a common D, and from one that is very wrong about two samples."""
    for drawn, else_ in ((probabilities, MISSED), (with_mistaken, CUT_OFF)):
        n = draw.integer(15, 40)
        real, fake = drawn(draw, n, n)
        _judge_error(student.call(fn, [real, fake]), real.double(), fake.double(), else_)


def error_uneven(student: Student, fn: Handle, draw: Draw) -> None:
    few, many = draw.integer(8, 12), draw.integer(30, 60)
    for n, m, dtype in ((few, many, torch.float32), (many, few, torch.float64)):
        real, fake = probabilities(draw, n, m)
        got = student.call(fn, [real.to(dtype), fake.to(dtype)])
        _judge_error(got, real.double(), fake.double())


EXERCISE = Exercise(
    "01.2",
    "an error bar for V",
    points=7,
    minutes=12,
    parts=(
        Part("as many real as fake samples", 3, error_even),
        Part("batches of two sizes", 3, error_uneven),
        Part("other batches", 1, Again((error_even, error_uneven)), shown=False),
    ),
    names=("standard_error",),
    promises=(
        ("the standard deviation of that scatter", "as many real as fake samples"),
        ("Real and fake samples are independent.", "as many real as fake samples"),
        ("from the samples themselves", "as many real as fake samples"),
        ("probabilities [N] and [M]", "batches of two sizes"),
    ),
)
