"""Exercise 03.3: the best score under least squares."""

import torch
from torch import Tensor

from gancourse.check import facts
from gancourse.check.spec import Draw, Exercise, Part, Wrong
from gancourse.check.student import Handle, Student


def _best(p: Tensor, q: Tensor, a: float, b: float) -> Tensor:
    return (b * p + a * q) / (p + q)


def _best_mistakes(p: Tensor, q: Tensor, a: float, b: float) -> dict[str, Tensor]:
    return {
        "Real and fake have changed places: b is the target of real samples, whose density is "
        "p.": _best(q, p, a, b),
        "This is p / (p + q), right for the targets 0 and 1 only; here they are a and b.": (
            p / (p + q)
        ),
        "This is the middle of the targets: each counts as much as there are samples, p and q.": (
            torch.full_like(p, (a + b) / 2)
        ),
        "This is not divided by p + q: setting the derivative 2 p (D - b) + 2 q (D - a) to 0 gives "
        "D (p + q) on one side.": b * p + a * q,
        "This picks a target, as the hinge does; squares are minimised by a weighted mean.": (
            torch.where(p > q, b, a).to(p)
        ),
        "A sign is wrong: both targets pull D towards themselves, so both terms are added.": (
            (b * p - a * q) / (p + q)
        ),
        "This is clipped to [0, 1]: a raw score is no probability, and it lies between the "
        "targets.": _best(p, q, a, b).clamp(0, 1),
    }


def _judge_best(got: object, p: Tensor, q: Tensor, a: float, b: float) -> None:
    p, q = p.double(), q.double()
    facts.diagnose(
        facts.tensor(got, [len(p)], "best_score"),
        _best(p, q, a, b),
        facts.rounding(8, abs(a) + abs(b)),
        _best_mistakes(p, q, a, b),
        "This score does not minimise p (D - b)^2 + q (D - a)^2 at each point.",
    )


def _targets(draw: Draw) -> tuple[float, float]:
    a = draw.uniform(-2.0, -0.5)
    return a, draw.uniform(1.2, 2.5)


def best_value(student: Student, fn: Handle, draw: Draw) -> None:
    n, (a, b) = draw.integer(6, 20), _targets(draw)
    p, q = draw.normal(n).exp(), draw.normal(n).exp()
    _judge_best(student.call(fn, [p, q, a, b]), p, q, a, b)


def best_equal(student: Student, fn: Handle, draw: Draw) -> None:
    (a, b), p = _targets(draw), draw.normal(5).exp()
    got = facts.tensor(student.call(fn, [p, p, a, b]), [5], "best_score")
    if not facts.near(got, (a + b) / 2, facts.rounding(8, abs(a) + abs(b))):
        raise Wrong(
            "Where p = q the best score is the middle of both targets, and it is not: that is what "
            "D says when it cannot tell them apart."
        )


def best_alone(student: Student, fn: Handle, draw: Draw) -> None:
    a, b = _targets(draw)
    p, q = torch.tensor([0.0, 0.3, 1e-20]), torch.tensor([0.7, 0.0, 3e-20])
    _judge_best(student.call(fn, [p, q, a, b]), p, q, a, b)
    _judge_best(student.call(fn, [p.double(), q.double(), b, a]), p, q, b, a)


EXERCISE = Exercise(
    "03.3",
    "the best score under least squares",
    points=6,
    minutes=15,
    parts=(
        Part("the weighted mean of the targets", 3, best_value),
        Part("the middle where p = q", 1, best_equal),
        Part("where one density is 0, or both are tiny", 2, best_alone, shown=False),
    ),
    names=("best_score",),
)
