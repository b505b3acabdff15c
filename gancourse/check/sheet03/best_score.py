"""Exercise 03.3: the best score under least squares."""

import torch
from torch import Tensor

from gancourse.check import facts
from gancourse.check.spec import Again, Draw, Exercise, Part, Wrong
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


MISSED = "This score does not minimise p (D - b)^2 + q (D - a)^2 at each point."


def _judge_best(got: object, p: Tensor, q: Tensor, a: float, b: float, else_: str = MISSED) -> None:
    p, q = p.double(), q.double()
    facts.diagnose(
        facts.tensor(got, [len(p)], "best_score"),
        _best(p, q, a, b),
        facts.rounding(8, abs(a) + abs(b)),
        _best_mistakes(p, q, a, b),
        else_,
    )


def _targets(draw: Draw) -> tuple[float, float]:
    return draw.uniform(-2.0, -0.5), draw.uniform(1.2, 2.5)


def best_value(student: Student, fn: Handle, draw: Draw) -> None:
    """Any targets: the real one above, then below; and a single point."""
    low, high = _targets(draw)
    many = draw.integer(6, 20)
    for n, a, b in ((many, low, high), (many, high, low), (1, low, high)):
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
    """Where one density is 0, one is tiny, or both are: an error there alone is an epsilon's."""
    (low, high), u = _targets(draw), draw.uniform(0.3, 3.0)
    p, q = draw.normal(5).exp(), draw.normal(5).exp()
    common, want = student.call(fn, [p, q, low, high]), _best(p.double(), q.double(), low, high)
    right = isinstance(common, Tensor) and facts.all_near({"": common}, {"": want}, 1e-5)
    few = torch.tensor([0.0, 0.3, 1e-20, 1e-20, 0.0])
    more = torch.tensor([0.7, 0.0, 3e-20, 0.5, 1e-20])
    for p, q, a, b in ((u * few, more, low, high), (few.double(), u * more.double(), high, low)):
        got = student.call(fn, [p, q, a, b])
        if isinstance(got, Tensor) and got.is_floating_point() and not got.isfinite().all():
            raise Wrong(
                "Where one density is 0, or both are as small as 1e-20, this is not finite: divide "
                "by p + q alone, which is positive."
            )
        _judge_best(got, p, q, a, b, TOO_LARGE if right else MISSED)


TOO_LARGE = (
    "Where one density is 0, or both are as small as 1e-20, this score is not the best: something "
    "is added to p + q or put below it (an epsilon, a clamp), and outweighs both. p + q is "
    "positive: divide by it as it is."
)
EXERCISE = Exercise(
    "03.3",
    "the best score under least squares",
    points=6,
    minutes=15,
    parts=(
        Part("the weighted mean of the targets", 2, best_value),
        Part("the middle where p = q", 1, best_equal),
        Part("where one density is 0, or both are tiny", 2, best_alone),
        Part("other densities", 1, Again((best_value, best_equal, best_alone)), shown=False),
    ),
    names=("best_score",),
    promises=(
        (r"minimises $E_p(D - b)^2 + E_q(D - a)^2$", "the weighted mean of the targets"),
        (
            "with any targets: $b$ for real samples, $a$ for fakes",
            "the weighted mean of the targets",
        ),
        ("Return it for each point", "the middle where p = q"),
        (
            "one may be 0, and both as small as $10^{-20}$",
            "where one density is 0, or both are tiny",
        ),
    ),
)
