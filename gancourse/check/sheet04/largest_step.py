"""Exercise 04.3: the largest step."""

import torch
from torch import Tensor

from gancourse.check import facts
from gancourse.check.spec import Again, Draw, Exercise, Part, Wrong
from gancourse.check.student import Handle, Student


def _largest(J: Tensor) -> Tensor:
    values = torch.linalg.eigvals(J.double())
    return (-2 * values.real / values.abs().square()).min().clamp(min=0)


def _largest_mistakes(J: Tensor) -> dict[str, Tensor]:
    values = torch.linalg.eigvals(J.double())
    real, size = -values.real, values.abs()
    return {
        "This is the bound of the eigenvalue whose modulus is largest: another one, with little "
        "friction, may ask for smaller steps.": (2 * real / size.square())[size.argmax()],
        "This serves the slowest eigenvalue alone: all must converge, so take the smallest "
        "bound.": (2 * real / size.square()).max(),
        "The factor 2 is missing: |1 + h lambda|^2 = 1 + 2 h Re lambda + h^2 |lambda|^2.": (
            (real / size.square()).min()
        ),
        "The modulus is to be squared: |1 + h lambda|^2 = 1 + 2 h Re lambda + h^2 |lambda|^2.": (
            (2 * real / size).min()
        ),
        "This is the bound of a minimisation, 2 / |lambda|: it holds for real eigenvalues, and "
        "rotation makes it smaller.": (2 / size).min(),
        "The imaginary part is forgotten: divide by |lambda|^2, not by (Re lambda)^2.": (
            (2 / real).min()
        ),
        "This is the bound squared: solve 2 Re lambda + h |lambda|^2 = 0 for h itself.": (
            (2 * real / size.square()).min().square()
        ),
        "This is twice the bound: |1 + h lambda| is 1 at -2 Re lambda / |lambda|^2.": (
            (4 * real / size.square()).min()
        ),
        "This is the mean of the bounds: all eigenvalues must converge, so take the smallest.": (
            (2 * real / size.square()).mean()
        ),
    }


def _step(student: Student, fn: Handle, J: Tensor) -> float:
    return facts.number(
        student.call(fn, [J]), "largest_step", "all eigenvalues must stay within it"
    )


def _judge_largest(student: Student, fn: Handle, J: Tensor, slow: bool = False) -> None:
    """Raise Wrong unless this is J's bound; `slow`: a smaller number may be a limit of its own."""
    got, want = _step(student, fn, J), _largest(J)
    if facts.near(got, 0.0, 1e-6):
        raise Wrong(
            f"Where all eigenvalues have a real part below 0, however little, steps up to "
            f"{want:.3g} converge, and yours is 0: only a real part of 0 or more forbids all."
        )
    else_ = "At this step size the largest modulus of I + h J is not 1."
    if slow and 0 < got < 0.99 * want:
        else_ = (
            f"Where all eigenvalues are small the bound is {want:.3g}, and yours stops at "
            f"{got:.3g}: no fixed number limits it."
        )
    facts.diagnose(got, want, 5e-4 * max(1.0, want.item()), _largest_mistakes(J), else_)


def _stable(draw: Draw, faint: bool) -> Tensor:
    """Return a J with a spiral and a slow real eigenvalue, in a basis that is not orthogonal.

    `faint`: the spiral has little friction, and the real eigenvalue is a large one.
    """
    a, b, c = draw.uniform(0.3, 0.6), draw.uniform(0.8, 1.6), draw.uniform(0.1, 0.2)
    a, c = (a / 15, 15 * c + 1) if faint else (a, c)
    J = torch.tensor([[-a, b, 0.0], [-b, -a, 0.0], [0.0, 0.0, -c]])
    basis = torch.tensor([[1.0, 0.5, 0.0], [0.0, 1.0, 0.5], [0.0, 0.0, 1.0]])
    return basis @ J @ torch.linalg.inv(basis)


def largest_value(student: Student, fn: Handle, draw: Draw) -> None:
    """The spiral sets the bound: as the faster of the two, and with little friction."""
    for faint in (False, False, True):
        _judge_largest(student, fn, _stable(draw, faint))


def largest_sizes(student: Student, fn: Handle, draw: Draw) -> None:
    """One player, two with little friction, four that descend; in float32 and float64."""
    weight = draw.uniform(0.2, 0.8)  # complex: Re = -weight / 2, |lambda|^2 = 1/4, so h = 4 weight
    _judge_largest(student, fn, torch.tensor([[0.0, 0.5], [-0.5, -weight]]))
    _judge_largest(student, fn, -torch.eye(1) * draw.uniform(0.5, 2.0))
    _judge_largest(student, fn, -torch.eye(4).double() * draw.uniform(0.5, 2.0))


def largest_slow(student: Student, fn: Handle, draw: Draw) -> None:
    """Small eigenvalues: steps of tens to hundreds converge, and what cuts them off is wrong."""
    J = _stable(draw, faint=False)
    for slower in (draw.uniform(0.001, 0.002), draw.uniform(0.01, 0.02)):
        _judge_largest(student, fn, slower * J, slow=True)
    _judge_largest(student, fn, -torch.eye(1) * draw.uniform(0.004, 0.008), slow=True)


def largest_all_sizes(student: Student, fn: Handle, draw: Draw) -> None:
    largest_slow(student, fn, draw)
    largest_sizes(student, fn, draw)


def largest_none(student: Student, fn: Handle, draw: Draw) -> None:
    turn = draw.uniform(0.5, 1.5)
    games = {
        "a rotation without friction": [[0.0, turn], [-turn, 0.0]],
        "a saddle, which one direction leaves": [[-1.0, 0.5], [0.0, turn]],
        "a spiral that grows": [[0.2, turn], [-turn, 0.2]],
        "a single player that climbs": [[turn]],
    }
    for what, J in games.items():
        got = _step(student, fn, torch.tensor(J))
        if not facts.near(got, 0.0, 1e-4):
            raise Wrong(f"For {what} no step converges: the answer is 0, and yours is {got:.3g}.")


EXERCISE = Exercise(
    "04.3",
    "the largest step",
    points=6,
    minutes=15,
    parts=(
        Part("a spiral and a slow direction", 3, largest_value),
        Part("0 where no step converges", 1, largest_none),
        Part("one player, two and four", 1, largest_all_sizes),
        Part(
            "other games",
            1,
            Again((largest_value, largest_none, largest_all_sizes)),
            shown=False,
        ),
    ),
    names=("largest_step",),
    promises=(
        ("the bound on the step size", "a spiral and a slow direction"),
        (
            "with a smaller $h$ converge, with a larger one they do not",
            "a spiral and a slow direction",
        ),
        ("the bound on the step size", "one player, two and four"),
        ("Return 0 where no positive step converges.", "0 where no step converges"),
        ("the Jacobian J [n, n]", "one player, two and four"),
    ),
)
