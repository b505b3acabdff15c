"""Exercise 09.2: a direction that raises one score and keeps another."""

from collections.abc import Callable
from dataclasses import dataclass
from math import pi

import torch
from torch import Tensor

from gancourse.check import facts
from gancourse.check.spec import Again, Draw, Exercise, Part, Wrong
from gancourse.check.student import Handle, Student


def _unit(w: Tensor) -> Tensor:
    return w / w.norm().clamp(min=1e-30)


def _slopes(z: Tensor, y: Tensor, offset: bool = True) -> Tensor:
    """Return the slopes [z_dim] of the plane that fits y [N] best, in float64."""
    if offset:
        z, y = z - z.mean(0), y - y.mean()
    return torch.linalg.lstsq(z, y[:, None]).solution[:, 0]


def _without(w: Tensor, k: Tensor) -> Tensor:
    return w - (w @ k) / (k @ k) * k


def _steered(z: Tensor, y: Tensor, other: Tensor) -> Tensor:
    return _without(_slopes(z, y), _slopes(z, other))


def _from_means(z: Tensor, y: Tensor) -> Tensor:
    high = y > y.mean()
    return z[high].mean(0) - z[~high].mean(0)


def _correlated(z: Tensor, y: Tensor) -> Tensor:
    return (z - z.mean(0)).T @ (y - y.mean())


Direction = Callable[[Tensor, Tensor, Tensor], Tensor]  # z [N, z_dim], y, other [N] -> [z_dim]


def _both(make: Callable[[Tensor, Tensor], Tensor]) -> Direction:
    """Return the direction that comes of another way to find slopes."""
    return lambda z, y, other: _without(make(z, y), make(z, other))


DIRECTION_MISTAKES: dict[str, Direction] = {
    "The direction is turned round: along it y falls.": lambda z, y, o: -_steered(z, y, o),
    "The other score moves along it: take away the part of y's slopes along the other's.": (
        lambda z, y, o: _slopes(z, y)
    ),
    "This raises the other score and keeps y: the two have changed places.": (
        lambda z, y, o: _steered(z, o, y)
    ),
    "This is the other score's direction: the part along it should be taken away.": (
        lambda z, y, o: _slopes(z, o)
    ),
    "The part along the other score's slopes k is (w.k) k / (k.k): without that division it is of "
    "the wrong size, unless k has length 1.": (
        lambda z, y, o: _slopes(z, y) - (_slopes(z, y) @ _slopes(z, o)) * _slopes(z, o)
    ),
    "The one direction is subtracted from the other: take away only the part that lies along it.": (
        lambda z, y, o: _unit(_slopes(z, y)) - _unit(_slopes(z, o))
    ),
    "The slopes are subtracted: that raises y minus the other score, and the other one falls.": (
        lambda z, y, o: _slopes(z, y - o)
    ),
    "The fit has no offset: scores and z whose mean is not 0 tilt it. Add a column of ones, or "
    "take the means off first.": _both(lambda z, y: _slopes(z, y, offset=False)),
    "This sums z times y and does not solve for the slopes: the numbers of z are correlated, and "
    "each takes credit for the others.": _both(_correlated),
    "This is the way from the mean of low scores to that of high ones, not the slopes of a fit.": (
        _both(_from_means)
    ),
}


@dataclass(frozen=True)
class Scored:
    """Some z with two scores of each."""

    z: Tensor  # [N, z_dim]
    y: Tensor  # [N]
    other: Tensor  # [N]

    def given(self) -> list[Tensor]:
        return [self.z, self.y, self.other]


def _scored(draw: Draw, angle: float, noise: float = 0.0, far: float = 0.0, z_dim=5) -> Scored:
    """Return z and scores whose true slopes are `angle` apart, and whose means are about `far`."""
    N = draw.integer(40, 60)
    u, v = torch.linalg.qr(draw.normal(z_dim, 2)).Q.T
    mixed = torch.eye(z_dim) + 0.5 * draw.normal(z_dim, z_dim) / z_dim**0.5
    z = draw.normal(N, z_dim) @ mixed + 0.3 * far
    along = torch.cos(torch.tensor(angle)) * u + torch.sin(torch.tensor(angle)) * v
    y, other = 2.0 * z @ u + far, draw.uniform(2.0, 3.0) * z @ along - far
    return Scored(z, y + noise * draw.normal(N), other + noise * draw.normal(N))


def _judge_direction(student: Student, fn: Handle, scored: Scored) -> None:
    got = student.call(fn, scored.given())
    got = facts.tensor(got, (scored.z.shape[1],), "The direction")
    data = [t.double() for t in scored.given()]
    want = _unit(_steered(*data))
    if not facts.near(_unit(got), want, 2e-3):  # of two numbers, some lie so near by chance
        facts.diagnose(
            _unit(got), want, 1e-4,
            {meaning: _unit(wrong(*data)) for meaning, wrong in DIRECTION_MISTAKES.items()},
            "This is not the direction along which the fitted y rises most while the other fitted "
            "score stays.",
        )  # fmt: skip
    if not facts.near(got.norm(), 1.0, 2e-3):
        raise Wrong(
            f"The direction is right, and its length is {got.norm().item():.3g}: make it 1, after "
            "the part along the other score is gone."
        )


def direction_alone(student: Student, fn: Handle, draw: Draw) -> None:
    _judge_direction(student, fn, _scored(draw, pi / 2))


def direction_keeps(student: Student, fn: Handle, draw: Draw) -> None:
    _judge_direction(student, fn, _scored(draw, draw.uniform(0.5, 1.0)))


def direction_noisy(student: Student, fn: Handle, draw: Draw) -> None:
    _judge_direction(student, fn, _scored(draw, draw.uniform(0.5, 1.0), noise=1.0, far=4.0))


def direction_opposed(student: Student, fn: Handle, draw: Draw) -> None:
    """Two numbers z leave only two directions; then scores that go nearly against each other."""
    _judge_direction(student, fn, _scored(draw, draw.uniform(0.8, 1.2), z_dim=2))
    _judge_direction(
        student, fn, _scored(draw, draw.uniform(2.2, 2.6), noise=0.5, far=2.0, z_dim=8)
    )


ALONE, TOGETHER = "scores that do not meet", "scores that go together"
NOISY, OPPOSED = "noise and offsets", "scores that go against each other"
EXERCISE = Exercise(
    "09.2",
    "one score up, another kept",
    points=9,
    minutes=20,
    parts=(
        Part(ALONE, 2, direction_alone),
        Part(TOGETHER, 3, direction_keeps),
        Part(NOISY, 2, direction_noisy),
        Part(OPPOSED, 1, direction_opposed),
        Part(
            "other scores",
            1,
            Again((direction_alone, direction_keeps, direction_noisy, direction_opposed)),
            shown=False,
        ),
    ),
    names=("direction",),
    promises=(
        ("by least squares with a plane: slopes times z, plus an offset", NOISY),
        ("the direction of length 1", ALONE),
        ("along which the fitted `y` rises fastest", ALONE),
        ("of all those along which the fitted `other` stays as it is", TOGETHER),
        ("that raises y [N] and keeps other [N]", OPPOSED),
    ),
)
