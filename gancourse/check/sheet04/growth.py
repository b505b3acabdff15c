"""Exercise 04.2: how a step multiplies a deviation."""

import torch
from torch import Tensor

from gancourse.check import facts
from gancourse.check.spec import Again, Draw, Exercise, Part
from gancourse.check.student import Handle, Student

NEAR = 1e-4  # eigenvalues of float32 matrices of size 1, some hundred eps apart


def _growth(J: Tensor, h: float) -> Tensor:
    return (1 + h * torch.linalg.eigvals(J.double())).abs().max()


def _growth_mistakes(J: Tensor, h: float) -> dict[str, Tensor]:
    values, step = torch.linalg.eigvals(J.double()), torch.eye(len(J)).double() + h * J.double()
    return {
        "The 1 is missing: a step keeps where it was and adds h J to it, so the matrix is "
        "I + h J.": (h * values).abs().max(),
        "The step size is missing: the matrix of a step is I + h J.": (1 + values).abs().max(),
        "Only the real parts count here: rotation lengthens a step too, so take the modulus.": (
            (1 + h * values.real).abs().max()
        ),
        "The modulus is taken too early: 1 + h |lambda| turns each rotation into growth; add "
        "first.": (1 + h * values.abs()).max(),
        "This is the smallest modulus: in the end the largest one wins.": (
            (1 + h * values).abs().min()
        ),
        "This is the mean of the moduli: in the end the largest one wins.": (
            (1 + h * values).abs().mean()
        ),
        "This is the largest singular value: one step may stretch that much, a hundred steps grow "
        "by the modulus of eigenvalues.": torch.linalg.matrix_norm(step, 2),
        "This is the continuous flow, e^(h Re lambda): it does not know that steps overshoot.": (
            (h * values.real).exp().max()
        ),
        "This is the modulus squared: take the root.": (1 + h * values).abs().max().square(),
        "This is the largest real part of the eigenvalues: a step that turns lengthens, too; take "
        "the modulus.": (1 + h * values.real).max(),
        "This is I - h J: a step goes along J.": (1 - h * values).abs().max(),
        "This is the modulus of J's own eigenvalues: the matrix of a step is I + h J.": (
            values.abs().max()
        ),
        "This asks one eigenvalue alone, the one with the largest real part: a step may overshoot "
        "along another one, or turn more; take the modulus of each.": (
            (1 + h * values[values.real.argmax()]).abs()
        ),
        "This asks one eigenvalue alone, the one with the largest modulus in J: the step's matrix "
        "may have its largest modulus at another one.": (
            (1 + h * values[values.abs().argmax()]).abs()
        ),
        "This is |det|: it mixes all eigenvalues, and a contracting one hides a growing one.": (
            torch.linalg.det(step).abs()
        ),
    }


def _judge_growth(student: Student, fn: Handle, J: Tensor, h: float) -> None:
    want = _growth(J, h)
    facts.diagnose(
        facts.number(student.call(fn, [J, h]), "growth", "take the largest modulus"),
        want,
        NEAR * max(1.0, want.item()),
        _growth_mistakes(J, h),
        "This is not the largest modulus of an eigenvalue of I + h J.",
    )


def growth_game(student: Student, fn: Handle, draw: Draw) -> None:
    """Games: complex eigenvalues, with friction and without."""
    for friction in (draw.uniform(0.2, 0.6), 0.0):
        turn = draw.uniform(0.8, 2.0)
        J = torch.tensor([[0.0, turn], [-turn - 1.0, -friction]])
        _judge_growth(student, fn, J, draw.uniform(0.3, 0.6))


def growth_descent(student: Student, fn: Handle, draw: Draw) -> None:
    """Real eigenvalues, one slow, one fast, in either order, and no symmetric matrix."""
    slow, fast = -draw.uniform(0.1, 0.3), -draw.uniform(1.0, 1.5)
    for first, second in ((slow, fast), (fast, slow)):
        J = torch.tensor([[first, draw.uniform(2.0, 3.0)], [0.0, second]])
        _judge_growth(student, fn, J, draw.uniform(0.3, 0.6))


def growth_overshoots(student: Student, fn: Handle, draw: Draw) -> None:
    """The largest modulus is not where the largest real part is, and no descent, in any order.

    Once a fast descent overshoots, and once a spiral with friction turns more than it shrinks; a
    spiral that slowly grows and a direction that a step almost ends are beside it.
    """
    h, slow = draw.uniform(0.5, 1.0), draw.uniform(0.05, 0.15)
    overshoots, turns = [[-draw.uniform(2.5, 3.5)]], _spiral(-0.5, draw.uniform(1.5, 2.0))
    for fast in (overshoots, turns):
        blocks = (_spiral(h * slow, draw.uniform(0.2, 0.4)), [[-0.9]], fast)
        J = torch.block_diag(*(torch.tensor(block) for block in blocks)) / h
        J[:2, 2:] = draw.normal(2, len(J) - 2)
        order = torch.randperm(len(J), generator=draw.generator())
        _judge_growth(student, fn, J[order][:, order], h)


def _spiral(real: float, turn: float) -> list[list[float]]:
    return [[real, turn], [-turn, real]]


def growth_slow(student: Student, fn: Handle, draw: Draw) -> None:
    growth_descent(student, fn, draw)
    growth_overshoots(student, fn, draw)


def growth_larger(student: Student, fn: Handle, draw: Draw) -> None:
    """One player, and five; a J without complex eigenvalues, and any."""
    for n, dtype in ((1, torch.float32), (5, torch.float32), (5, torch.float64)):
        _judge_growth(student, fn, draw.normal(n, n).to(dtype), draw.uniform(0.3, 0.6))


EXERCISE = Exercise(
    "04.2",
    "how a deviation grows",
    points=6,
    minutes=10,
    parts=(
        Part("a game that turns", 2, growth_game),
        Part("a descent with a slow direction", 2, growth_slow),
        Part("one player, and five", 1, growth_larger),
        Part("other games", 1, Again((growth_game, growth_slow, growth_larger)), shown=False),
    ),
    names=("growth",),
    withheld=("gancourse.maths.dynamics.modulus", "gancourse.maths.dynamics.step_matrix"),
    promises=(
        ("simultaneous steps of size $h$", "a game that turns"),
        ("after many of them", "a descent with a slow direction"),
        ("the largest modulus among the eigenvalues", "a descent with a slow direction"),
        ("J is [n, n]", "one player, and five"),
        ("one number", "a game that turns"),
    ),
)
