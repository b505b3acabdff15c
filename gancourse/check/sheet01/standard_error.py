"""Exercise 01.2: an error bar for V."""

import math

import torch
from torch import Tensor

from gancourse.check import facts
from gancourse.check.sheet01.shared import probabilities
from gancourse.check.spec import Draw, Exercise, Part
from gancourse.check.student import Handle, Student


def _errors(real: Tensor, fake: Tensor, unbiased: bool = True) -> tuple[Tensor, Tensor]:
    """Return the variances of the two means."""
    terms = real.log(), (1 - fake).log()
    return tuple(term.var(unbiased=unbiased) / len(term) for term in terms)


def _standard_error(real: Tensor, fake: Tensor) -> Tensor:
    return sum(_errors(real, fake)).sqrt()


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


def _judge_error(got: object, real: Tensor, fake: Tensor) -> None:
    error = facts.number(got, "The standard error")
    tolerance = facts.rounding(len(real) + len(fake), 1.0)
    if facts.near(error, sum(_errors(real, fake, unbiased=False)).sqrt(), tolerance):
        return  # dividing by N, not by N - 1, is as good
    facts.diagnose(
        error,
        _standard_error(real, fake),
        tolerance,
        {meaning: e(real, fake) for meaning, e in SE_MISTAKES.items()},
        "This is not the root of Var(log D(x)) / N plus Var(log(1 - D(G(z)))) / M.",
    )


def error_even(student: Student, fn: Handle, draw: Draw) -> None:
    n = draw.integer(15, 40)
    real, fake = probabilities(draw, n, n)
    _judge_error(student.call(fn, [real, fake]), real.double(), fake.double())


def error_uneven(student: Student, fn: Handle, draw: Draw) -> None:
    real, fake = probabilities(draw, draw.integer(8, 12), draw.integer(30, 60))
    _judge_error(student.call(fn, [real, fake]), real.double(), fake.double())


def error_float64(student: Student, fn: Handle, draw: Draw) -> None:
    real, fake = probabilities(draw, draw.integer(40, 60), draw.integer(8, 12))
    _judge_error(student.call(fn, [real.double(), fake.double()]), real.double(), fake.double())


EXERCISE = Exercise(
    "01.2",
    "an error bar for V",
    points=7,
    minutes=12,
    parts=(
        Part("as many real as fake samples", 3, error_even),
        Part("batches of two sizes", 3, error_uneven),
        Part("in float64, more real than fake", 1, error_float64, shown=False),
    ),
    names=("standard_error",),
)
