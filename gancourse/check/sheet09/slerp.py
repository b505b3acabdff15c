"""Exercise 09.1: the arc between two points of a shell."""

from collections.abc import Callable
from math import pi

import torch
from torch import Tensor

from gancourse.check import facts
from gancourse.check.spec import Again, Draw, Exercise, Part, Wrong
from gancourse.check.student import Handle, Student

Path = Callable[[Tensor, Tensor, Tensor], Tensor]  # a, b [z_dim], t [T] -> [T, z_dim]


def _cosine(a: Tensor, b: Tensor) -> Tensor:
    return ((a / a.norm()) @ (b / b.norm())).clamp(-1, 1)


def _arc(a: Tensor, b: Tensor, t: Tensor, angle: Tensor | None = None) -> Tensor:
    angle = _cosine(a, b).acos() if angle is None else angle
    return _weighed(a, b, ((1 - t) * angle).sin() / angle.sin(), (t * angle).sin() / angle.sin())


def _weighed(a: Tensor, b: Tensor, of_a: Tensor, of_b: Tensor) -> Tensor:
    return of_a[:, None] * a + of_b[:, None] * b


def _line(a: Tensor, b: Tensor, t: Tensor) -> Tensor:
    return _weighed(a, b, 1 - t, t)


def _to_norm(z: Tensor, norm: Tensor | float) -> Tensor:
    return z / z.norm(dim=1, keepdim=True) * norm


def _undivided(a: Tensor, b: Tensor, t: Tensor) -> Tensor:
    return _arc(a, b, t) * _cosine(a, b).acos().sin()


def _quarter(a: Tensor, b: Tensor, t: Tensor) -> Tensor:
    return _weighed(a, b, (t * pi / 2).cos(), (t * pi / 2).sin())


ARC_MISTAKES: dict[str, Path] = {
    "This is the straight line: between the ends its points have a smaller norm, and leave the "
    "shell. (So is an arc whose angle comes out as nearly 0: the cosine is a's product with b, "
    "over both norms.)": _line,
    "The ends have changed places: t = 0 is a, and t = 1 is b.": lambda a, b, t: _arc(b, a, t),
    "The straight line is pushed out to the shell: the arc is right, the pace is not. It hurries "
    "through the middle, and equal steps of t should turn by equal angles.": (
        lambda a, b, t: _to_norm(_line(a, b, t), a.norm())
    ),
    "The rows come in the order of t's size: keep the order in which `t` comes.": (
        lambda a, b, t: _arc(a, b, t.sort().values)
    ),
    "The weights are not divided by sin(angle): at t = 0 they should give a itself.": _undivided,
    "The cosine is taken for the angle: the angle is its arc cosine.": (
        lambda a, b, t: _arc(a, b, t, _cosine(a, b))
    ),
    "The angle is in degrees, and sin expects radians.": (
        lambda a, b, t: _arc(a, b, t, torch.rad2deg(_cosine(a, b).acos()))
    ),
    "The weights are cos and sin of a quarter turn: they keep the norm only where a and b are at "
    "right angles.": _quarter,
    "This is the arc between the directions a/|a| and b/|b|: its points should have the norm of a "
    "and b.": lambda a, b, t: _to_norm(_arc(a, b, t), 1.0),
    "The points are brought to the norm sqrt(z_dim): keep the norm that a and b have.": (
        lambda a, b, t: _to_norm(_arc(a, b, t), len(a) ** 0.5)
    ),
    "Every point is a, as where the angle comes out as 0: t = 1 is b, however near it lies, and "
    "the cosine is a's product with b, over both norms.": lambda a, b, t: a.expand(len(t), -1),
    "An angle of more than 90 degrees comes out as what it lacks to 180: an arc sine cannot tell "
    "them apart, take the arc cosine.": (lambda a, b, t: _arc(a, b, t, pi - _cosine(a, b).acos())),
}


def _ends(draw: Draw, angle: float, z_dim: int) -> tuple[Tensor, Tensor]:
    """Return two points of one norm, neither 1 nor sqrt(z_dim), `angle` apart."""
    u, v = torch.linalg.qr(draw.normal(z_dim, 2).double()).Q.T
    norm = z_dim**0.5 * draw.choice([0.6, 1.5])
    a, b = (
        norm * u,
        norm * (torch.cos(torch.tensor(angle)) * u + torch.sin(torch.tensor(angle)) * v),
    )
    return a.float(), b.float()


NOT_ARC = "These are not the points sin((1 - t) angle)/sin(angle) a + sin(t angle)/sin(angle) b."
NEARLY_HALF = (
    "Where b lies nearly half a turn from a these are not the points of the arc: the angle is less "
    "than pi there, and a cosine is clamped to -1 and 1, no further in."
)


def _judge_arc(
    student: Student, fn: Handle, a: Tensor, b: Tensor, t: Tensor, else_: str = NOT_ARC
) -> None:
    """Nearly half a turn apart, the rounding of a float32 cosine is divided by sin(angle)^2."""
    near = 5e-3 if else_ == NEARLY_HALF else 1e-4
    got = student.call(fn, [a, b, t])
    if isinstance(got, Tensor) and got.shape == (len(t), len(a)) and got.isnan().any():
        raise Wrong(
            "The arc is NaN: the cosine must lie within -1 and 1, so divide a's product with b by "
            "both norms before you take the arc cosine."
        )
    got = facts.tensor(got, (len(t), len(a)), "The arc")
    a, b, t = a.double(), b.double(), t.double()
    mistakes = {meaning: path(a, b, t) for meaning, path in ARC_MISTAKES.items()}
    try:
        facts.diagnose(got, _arc(a, b, t), near * a.norm().item(), mistakes, else_)
    except Wrong as wrong:
        angle = _cosine(a, b).acos().item()
        if 0.1 < angle < 3.0 or str(wrong) == NEARLY_HALF:
            raise
        said = str(wrong)
        raise Wrong(f"At an angle of {angle:.3g}: {said[0].lower()}{said[1:]}") from None


def _angles(draw: Draw) -> tuple[float, float]:
    """Return a narrow and a wide angle, far from 1 radian, a right angle and half a turn.

    In degrees, the sine of the narrow one is far from 0: whoever forgets to convert gets numbers
    of moderate size, which can be recognised.
    """
    narrow = pi / 180 * pi * (draw.choice([11, 12, 13]) + 0.5)
    return narrow + draw.uniform(-0.01, 0.01), draw.uniform(2.0, 2.4)


def arc_middle(student: Student, fn: Handle, draw: Draw) -> None:
    for angle in _angles(draw):
        _judge_arc(student, fn, *_ends(draw, angle, draw.integer(6, 16)), torch.tensor([0.5]))


def arc_pace(student: Student, fn: Handle, draw: Draw) -> None:
    """Both ends are among the points; at last right angles, nearly half a turn, small cases.

    Small angles are those below which shortcuts set in, and far above what rounding hides.
    """
    for angle in _angles(draw):
        t = torch.linspace(0, 1, draw.choice([5, 8, 12]))
        _judge_arc(student, fn, *_ends(draw, angle, draw.integer(13, 16)), t)
    t, small = torch.tensor([0.3, 1.0, 0.0, 0.5]), (0.06, draw.uniform(0.012, 0.018), 0.002)
    for angle, z_dim in ((draw.uniform(2.9, 3.0), 8), (pi / 2, 16), (1.0, 2)):
        _judge_arc(student, fn, *_ends(draw, angle, z_dim), t)
    for less in (draw.uniform(0.05, 0.08), draw.uniform(0.02, 0.03)):
        _judge_arc(student, fn, *_ends(draw, pi - less, 8), t, NEARLY_HALF)
    for angle in small:
        _judge_arc(student, fn, *_ends(draw, angle, 9), t)


def arc_still(student: Student, fn: Handle, draw: Draw) -> None:
    """From a point to itself or nearly: the cosine may round to more than 1, sin(angle) is 0."""
    t, drawn = torch.linspace(0, 1, 6), (draw.normal(64), draw.normal(512))
    for a in (2 * torch.eye(3)[draw.integer(0, 2)], *drawn, *_beyond_one(draw)):
        for b in (a.clone(), a * (1 + 2e-7 * draw.normal(len(a)).sign())):
            _judge_still(student.call(fn, [a, b, t]), a)


COSINES: tuple[Callable[[Tensor], Tensor], ...] = (
    lambda a: a @ a / (a.norm() * a.norm()),
    lambda a: a @ a / a.norm() / a.norm(),
    lambda a: (a / a.norm()) @ (a / a.norm()),
    lambda a: (a * a).sum() / a.norm() ** 2,
)


def _beyond_one(draw: Draw) -> list[Tensor]:
    """Return for each way to write a cosine a vector [16] whose cosine with itself rounds above 1.

    About one in six does; a way for which 200 draws hold none is left out.
    """
    tried = [draw.normal(16) for _ in range(200)]
    found = [next((a for a in tried if cosine(a) > 1), None) for cosine in COSINES]
    return [a for a in found if a is not None]


def _judge_still(got: object, a: Tensor) -> None:
    if not (isinstance(got, Tensor) and got.shape == (6, len(a)) and got.isfinite().all()):
        raise Wrong(
            "From a point to itself, or to one that is nearly itself, the arc is NaN, inf, or of "
            "another shape: the cosine rounds to 1 or more, or what is divided by (an angle, its "
            "sine) is 0, so take the straight line there."
        )
    if not facts.near(got, a.expand(6, -1), 1e-3 * a.norm().item()):
        raise Wrong(
            "From a point to itself, or nearly, every point of the arc should be that point."
        )


HALF, PACE, HOME = "halfway", "an even pace", "from a point to itself"
EXERCISE = Exercise(
    "09.1",
    "the arc",
    points=6,
    minutes=15,
    parts=(
        Part(HALF, 2, arc_middle),
        Part(PACE, 2, arc_pace),
        Part(HOME, 1, arc_still),
        Part("other arcs", 1, Again((arc_middle, arc_pace, arc_still)), shown=False),
    ),
    names=("slerp",),
    withheld=("gancourse.maths.latent.slerp",),
    promises=(
        ("less than half a turn", PACE),
        ("the points `t` of the shorter arc from `a` (t = 0) to `b` (t = 1)", PACE),
        ("one in each row", PACE),
        ("all of that norm", HALF),
        ("equal steps of `t` turn by equal angles", PACE),
        ("Think of `a = b` too", HOME),
    ),
)
