"""Exercise 02.1: the best D."""

import math

import torch
from torch import Tensor

from gancourse.check import facts
from gancourse.check.spec import Again, Draw, Exercise, Part, Wrong
from gancourse.check.student import Handle, Student
from gancourse.maths import divergences

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
        pair.append(divergences.log_normal(x, mean, sd))
    return tuple(pair)


def d_near(student: Student, fn: Handle, draw: Draw) -> None:
    n = draw.integer(8, 40)
    for x in (draw.normal(n, sd=1.2), draw.normal(4, 6, sd=1.2).double(), draw.normal(1)):
        log_p, log_q = _bells(draw, x)
        _judge_d(student.call(fn, [log_p, log_q]), log_p, log_q)


def _judge_far(got: object, log_p: Tensor, log_q: Tensor) -> None:
    if isinstance(got, Tensor) and got.is_floating_point() and got.shape == log_p.shape:
        if not got.isfinite().all():
            raise Wrong(
                "Far from both bells this is 0 / 0: both densities are rounded to 0 there (one "
                "factor for all points does not save them), while their logarithms are exact; "
                "stay with the logarithms."
            )
        if (got[torch.sigmoid(log_p - log_q) > 0.01].abs() < 1e-6).any():
            raise Wrong(
                "Far from both bells this is 0: something is added to p + q that outweighs both, "
                "or put in place of 0 / 0; stay with the logarithms."
            )
        if facts.near(got[torch.sigmoid(log_p - log_q) > 0.9], 0.5, 1e-6):
            raise Wrong(
                "Far from both bells this says 1/2 where D* is nearly 1: it is put in place of "
                "0 / 0, or both logarithms are cut off at one number; stay with them, as they are."
            )
    _judge_d(got, log_p, log_q)


def d_far(student: Student, fn: Handle, draw: Draw) -> None:
    """Far points alone, then together with near ones, as on a grid, and where float64 is 0 too.

    Down to -705 the exponential in float64 has all its digits, and at -3500 none.
    """
    base = torch.full((9,), -draw.uniform(500.0, 700.0)).round()
    mixed = base * torch.linspace(0, 1, 9).round(decimals=1)
    for height in (base, mixed, mixed.flip(0).double(), base.double() - 3000):
        log_p, log_q = height + torch.linspace(-4, 4, 9), height + draw.integer(-1, 1)
        _judge_far(student.call(fn, [log_p, log_q]), log_p, log_q)


def d_alone(student: Student, fn: Handle, draw: Draw) -> None:
    """One density is 0 and the other one is large, middling, or rounded to 0 itself."""
    some = torch.tensor([0.5, -1.0, -700.0, -5000.0]) * draw.uniform(0.9, 1.1)
    nothing = torch.full_like(some, -math.inf)
    log_p, log_q = torch.cat([nothing, some]), torch.cat([some, nothing])
    got = facts.tensor(student.call(fn, [log_p, log_q]), [8], "D*")
    if not facts.near(got, [0.0] * 4 + [1.0] * 4, 1e-6):
        raise Wrong("Where p has no mass, D* is 0; where q has none, it is 1: there D can be sure.")


EXERCISE = Exercise(
    "02.1",
    "the best D",
    points=7,
    minutes=10,
    parts=(
        Part("p / (p + q)", 3, d_near),
        Part("far from both bells", 2, d_far),
        Part("where one side has no mass", 1, d_alone),
        Part("other bells", 1, Again((d_near, d_far, d_alone)), shown=False),
    ),
    names=("optimal_D",),
    withheld=("gancourse.maths.divergences.optimal_logit",),
    promises=(
        ("as probabilities", "p / (p + q)"),
        ("from the *logarithms* of both densities", "p / (p + q)"),
        ("where both densities are rounded to 0", "far from both bells"),
        ("where one of them is 0", "where one side has no mass"),
        ("in the shape of log_p and log_q", "p / (p + q)"),
    ),
)
