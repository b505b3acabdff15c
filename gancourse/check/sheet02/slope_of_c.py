"""Exercise 02.4: the slope that is left for G."""

import torch
from torch import Tensor

from gancourse.check import facts
from gancourse.check.spec import Again, Draw, Exercise, Part, Wrong
from gancourse.check.student import Handle, Student
from gancourse.maths import divergences

X = divergences.line(-16, 16, 3201)
LOG_P = divergences.log_normal(X)


def _under(theta: Tensor, f) -> Tensor:
    """Return the integral of f(log p, log q) for each theta, [M]."""
    log_q = divergences.log_normal(X, theta.double()[:, None])  # [M, 3201]
    return divergences.integral(X, f(LOG_P.expand_as(log_q), log_q))


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
    "This is E_q (1 - D*): E_q D* times theta is the slope.": lambda t: 1 - _share(t),
    "This is twice the slope: D's own change does not count, for it sits on a maximum.": (
        lambda t: 2 * _slope(t)
    ),
    "This is the slope's size without its sign: C falls towards theta = 0 from both sides.": (
        lambda t: _slope(t).abs()
    ),
    "This is C itself: its slope by theta is asked for.": (
        lambda t: divergences.best_value(X, LOG_P, divergences.log_normal(X, t.double()[:, None]))
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


def slope_both_sides(student: Student, fn: Handle, draw: Draw) -> None:
    t = draw.uniform(0.5, 1.0)
    theta = torch.tensor([-3 * t, -t, 0.0, t, 3 * t], dtype=torch.float64)
    before = student.random_state()
    got = student.call(fn, [theta])
    if student.random_state() != before:
        raise Wrong(
            "This samples: its answer is another one each time, and too noisy where the slope is "
            "tiny; integrate on a grid."
        )
    _judge_slope(got, theta, 1e-3)


def slope_far(student: Student, fn: Handle, draw: Draw) -> None:
    """Up to 8 in size, on both sides."""
    far = torch.tensor([5.0, 6.0, 7.0], dtype=torch.float64) + draw.uniform(0.0, 0.5)
    theta = torch.cat([torch.tensor([-8.0]), -far.flip(0), far, torch.tensor([8.0])])
    got, want = student.call(fn, [theta]), _slope(theta)
    if isinstance(got, Tensor) and got.is_floating_point() and not got.isfinite().all():
        raise Wrong(
            "Far out this is not finite: densities are rounded to 0 there, their logarithms are "
            "exact; stay with the logarithms."
        )
    got = facts.tensor(got, [8], "The slope")
    if facts.near(got, want, 0.1) and not ((got - want).abs() < 0.1 * want.abs()).all():
        raise Wrong(
            "For theta beyond 5 this is off by more than a tenth: the slope is tiny there, and "
            "that is the point; integrate on a grid that reaches beyond theta, to 8 and to -8."
        )
    _judge_slope(got, theta, 1e-3)


def slope_many(student: Student, fn: Handle, draw: Draw) -> None:
    """One theta, and many."""
    for n in (1, draw.integer(6, 12)):
        theta = 1.5 * draw.normal(n).double()
        _judge_slope(student.call(fn, [theta]), theta, 1e-3)


EXERCISE = Exercise(
    "02.4",
    "the slope that is left for G",
    points=8,
    minutes=20,
    parts=(
        Part("on both sides of p", 3, slope_both_sides),
        Part("far out, where it dies", 3, slope_far),
        Part("one theta, and many", 1, slope_many),
        Part("other theta", 1, Again((slope_both_sides, slope_far, slope_many)), shown=False),
    ),
    names=("slope_of_C",),
    promises=(
        ("let D always be the best one", "on both sides of p"),
        ("for each $\\theta$ in `theta`", "one theta, and many"),
        ("(up to 8 in size)", "far out, where it dies"),
        ("within 0.001", "on both sides of p"),
        ("within a tenth of itself where it is tiny", "far out, where it dies"),
        ("Integrate, do not sample.", "on both sides of p"),
    ),
)
