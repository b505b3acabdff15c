"""Exercise 04.1: an alternating step of min over x, max over y of x y."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from gancourse.check import facts
from gancourse.check.spec import Again, Draw, Exercise, Part, Wrong
from gancourse.check.student import Handle, Student


def _alternating(x, y, h: float) -> tuple:
    x = x - h * y
    return x, y + h * x


STEP_MISTAKES: dict[str, Callable] = {
    "y answers the old x: this is the simultaneous step, and it spirals out.": (
        lambda x, y, h: (x - h * y, y + h * x)
    ),
    "y moved first and x answered: here x is the first to move.": (
        lambda x, y, h: (x - h * (y + h * x), y + h * x)
    ),
    "y walks downhill: it wants x y large, so it adds h times its gradient.": (
        lambda x, y, h: (x - h * y, y - h * (x - h * y))
    ),
    "x walks uphill: it wants x y small, so it subtracts h times its gradient.": (
        lambda x, y, h: (x + h * y, y + h * (x + h * y))
    ),
    "Both players have the other one's aim: x is to make x y small, y large.": (
        lambda x, y, h: (x + h * y, y - h * (x + h * y))
    ),
    "Each player follows its own number: the slope of x y by x is y, and by y it is x.": (
        lambda x, y, h: (x - h * x, y + h * y)
    ),
    "x has not moved: both players take a step, x first.": lambda x, y, h: (x, y + h * x),
    "y has not moved: both players take a step, x first.": lambda x, y, h: (x - h * y, y),
    "The players have changed places in the answer: return x first.": (
        lambda x, y, h: _alternating(x, y, h)[::-1]
    ),
}


def _pair(value: object, shape: Sequence[int]) -> Tensor:
    """Return x and y [2, *shape], given as two things or as one stacked tensor."""
    if isinstance(value, Tensor) and value.dim() == len(shape) + 1:
        value = list(value)
    if not isinstance(value, list) or len(value) != 2:
        raise Wrong(f"The step should return x and y, and gave {facts.describe(value)}.")
    if not shape:
        return torch.tensor([facts.number(v, n) for v, n in zip(value, "xy", strict=True)]).double()
    return torch.stack([facts.tensor(v, shape, n) for v, n in zip(value, "xy", strict=True)])


def _stacked(pair: Sequence) -> Tensor:
    return torch.stack([torch.as_tensor(v, dtype=torch.float64) for v in pair])


def step_value(student: Student, fn: Handle, draw: Draw) -> None:
    for _ in range(2):
        x, y, h = draw.uniform(0.5, 2), -draw.uniform(0.5, 2), draw.uniform(0.1, 0.9)
        got = _pair(student.call(fn, [x, y, h]), [])
        mistakes = {m: _stacked(f(x, y, h)) for m, f in STEP_MISTAKES.items()}
        facts.diagnose(
            got, _stacked(_alternating(x, y, h)), 1e-6, mistakes,
            "This is not: x takes a step of h against its gradient, then y one along its own.",
        )  # fmt: skip


def step_orbit(student: Student, fn: Handle, draw: Draw) -> None:
    h, x, y = draw.uniform(0.2, 1.8), 1.0, draw.uniform(-1, 1)
    start = x * x + y * y - h * x * y
    for _ in range(60):
        x, y = _pair(student.call(fn, [x, y, h]), []).tolist()
        if not facts.near(x * x + y * y - h * x * y, start, 1e-3):
            raise Wrong(
                "Alternating steps keep x^2 + y^2 - h x y, and yours do not: they should stay on "
                "one ellipse."
            )


def step_tensors(student: Student, fn: Handle, draw: Draw) -> None:
    for shape in ([5], [2, 3], []):
        x, y, h = draw.normal(*shape), draw.normal(*shape), draw.uniform(0.1, 0.9)
        want = _stacked(_alternating(x.double(), y.double(), h))
        if not facts.near(_pair(student.call(fn, [x, y, h]), shape), want, 1e-5):
            raise Wrong(
                f"Many games at once, x and y of shape {shape}, do not take the same step as one."
            )


EXERCISE = Exercise(
    "04.1",
    "an alternating step",
    points=6,
    minutes=10,
    parts=(
        Part("x moves, then y answers", 3, step_value),
        Part("sixty steps stay on one ellipse", 1, step_orbit),
        Part("many games at once", 1, step_tensors),
        Part("other games", 1, Again((step_value, step_orbit, step_tensors)), shown=False),
    ),
    names=("alternating_step",),
    withheld=("gancourse.maths.dynamics.step", "gancourse.maths.dynamics.path"),
    promises=(
        ("a gradient step of size $h$", "x moves, then y answers"),
        ("$x$ first, downhill", "x moves, then y answers"),
        ("then $y$, uphill, in answer to the new $x$", "x moves, then y answers"),
        ("Return both numbers, $x$ first.", "x moves, then y answers"),
        ("Sixty such steps should stay on one ellipse.", "sixty steps stay on one ellipse"),
        ("numbers, or tensors of equal shape", "many games at once"),
    ),
)
