"""Sheet 04, dynamics: alternating steps, the modulus, the largest step, D's step under R1."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from gancourse.check import facts
from gancourse.check.bench import Bench, Handle
from gancourse.check.spec import Draw, Exercise, Part, Wrong

NEAR = 1e-4  # eigenvalues of float32 matrices of size 1, some hundred eps apart


# 04.1: an alternating step of min over x, max over y of x y


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
    if not isinstance(value, list) or len(value) != 2:
        raise Wrong(f"The step should return x and y, and gave {facts.describe(value)}.")
    if not shape:
        return torch.tensor([facts.number(v, n) for v, n in zip(value, "xy", strict=True)]).double()
    return torch.stack([facts.tensor(v, shape, n) for v, n in zip(value, "xy", strict=True)])


def _stacked(pair: Sequence) -> Tensor:
    return torch.stack([torch.as_tensor(v, dtype=torch.float64) for v in pair])


def step_value(bench: Bench, fn: Handle, draw: Draw) -> None:
    for _ in range(2):
        x, y, h = draw.uniform(0.5, 2), -draw.uniform(0.5, 2), draw.uniform(0.1, 0.9)
        got = _pair(bench.call(fn, [x, y, h]), [])
        mistakes = {m: _stacked(f(x, y, h)) for m, f in STEP_MISTAKES.items()}
        facts.diagnose(
            got, _stacked(_alternating(x, y, h)), 1e-6, mistakes,
            "This is not: x takes a step of h against its gradient, then y one along its own.",
        )  # fmt: skip


def step_orbit(bench: Bench, fn: Handle, draw: Draw) -> None:
    h, x, y = draw.uniform(0.2, 1.8), 1.0, draw.uniform(-1, 1)
    start = x * x + y * y - h * x * y
    for _ in range(60):
        x, y = _pair(bench.call(fn, [x, y, h]), []).tolist()
        if not facts.near(x * x + y * y - h * x * y, start, 1e-3):
            raise Wrong(
                "Alternating steps keep x^2 + y^2 - h x y, and yours do not: they should stay on "
                "one ellipse."
            )


def step_tensors(bench: Bench, fn: Handle, draw: Draw) -> None:
    x, y, h = draw.normal(5), draw.normal(5), draw.uniform(0.1, 0.9)
    want = _stacked(_alternating(x.double(), y.double(), h))
    if not facts.near(_pair(bench.call(fn, [x, y, h]), [5]), want, 1e-5):
        raise Wrong("Five games at once, x and y of shape [5], do not take the same step as one.")


# 04.2: how a step multiplies a deviation


def _spectrum(J: Tensor) -> Tensor:
    return torch.linalg.eigvals(J.double())


def _growth(J: Tensor, h: float) -> Tensor:
    return (1 + h * _spectrum(J)).abs().max()


def _growth_mistakes(J: Tensor, h: float) -> dict[str, Tensor]:
    values, step = _spectrum(J), torch.eye(len(J)).double() + h * J.double()
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
        "This is |det|: it mixes all eigenvalues, and a contracting one hides a growing one.": (
            torch.linalg.det(step).abs()
        ),
    }


def _judge_growth(bench: Bench, fn: Handle, J: Tensor, h: float) -> None:
    want = _growth(J, h)
    facts.diagnose(
        facts.number(bench.call(fn, [J, h]), "growth"),
        want,
        NEAR * max(1.0, want.item()),
        _growth_mistakes(J, h),
        "This is not the largest modulus of an eigenvalue of I + h J.",
    )


def growth_game(bench: Bench, fn: Handle, draw: Draw) -> None:
    """Games: complex eigenvalues, away from a rotation alone."""
    turn, friction = draw.uniform(0.8, 2.0), draw.uniform(0.2, 0.6)
    J = torch.tensor([[0.0, turn], [-turn - 1.0, -friction]])
    _judge_growth(bench, fn, J, draw.uniform(0.3, 0.6))


def growth_descent(bench: Bench, fn: Handle, draw: Draw) -> None:
    """Real eigenvalues, one slow, one fast, and no symmetric matrix."""
    slow, fast = -draw.uniform(0.1, 0.3), -draw.uniform(1.0, 1.5)
    J = torch.tensor([[slow, draw.uniform(2.0, 3.0)], [0.0, fast]])
    _judge_growth(bench, fn, J, draw.uniform(0.3, 0.6))


def growth_larger(bench: Bench, fn: Handle, draw: Draw) -> None:
    J = draw.normal(5, 5)
    for dtype in (torch.float32, torch.float64):
        _judge_growth(bench, fn, J.to(dtype), draw.uniform(0.3, 0.6))


# 04.3: the largest step


def _largest(J: Tensor) -> Tensor:
    values = _spectrum(J)
    return (-2 * values.real / values.abs().square()).min().clamp(min=0)


def _largest_mistakes(J: Tensor) -> dict[str, Tensor]:
    values = _spectrum(J)
    real, size = -values.real, values.abs()
    return {
        "This serves the most patient eigenvalue alone: all must converge, so take the smallest "
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
        "This is the mean of the bounds: all eigenvalues must converge, so take the smallest.": (
            (2 * real / size.square()).mean()
        ),
    }


def _judge_largest(bench: Bench, fn: Handle, J: Tensor) -> None:
    want = _largest(J)
    facts.diagnose(
        facts.number(bench.call(fn, [J]), "largest_step"),
        want,
        5e-4 * max(1.0, want.item()),
        _largest_mistakes(J),
        "At this step size the largest modulus of I + h J is not 1.",
    )


def _stable(draw: Draw) -> Tensor:
    """Return a J with a spiral and a slow real eigenvalue, in a basis that is not orthogonal."""
    a, b, c = draw.uniform(0.3, 0.6), draw.uniform(0.8, 1.6), draw.uniform(0.1, 0.2)
    J = torch.tensor([[-a, b, 0.0], [-b, -a, 0.0], [0.0, 0.0, -c]])
    basis = torch.tensor([[1.0, 0.5, 0.0], [0.0, 1.0, 0.5], [0.0, 0.0, 1.0]])
    return basis @ J @ torch.linalg.inv(basis)


def largest_value(bench: Bench, fn: Handle, draw: Draw) -> None:
    for _ in range(2):
        _judge_largest(bench, fn, _stable(draw))


def largest_none(bench: Bench, fn: Handle, draw: Draw) -> None:
    turn = draw.uniform(0.5, 1.5)
    games = {
        "a rotation without friction": [[0.0, turn], [-turn, 0.0]],
        "a saddle, which one direction leaves": [[-1.0, 0.5], [0.0, turn]],
        "a spiral that grows": [[0.2, turn], [-turn, 0.2]],
    }
    for what, J in games.items():
        got = facts.number(bench.call(fn, [torch.tensor(J)]), "largest_step")
        if not facts.near(got, 0.0, 1e-4):
            raise Wrong(f"For {what} no step converges: the answer is 0, and yours is {got:.3g}.")


def largest_r1(bench: Bench, fn: Handle, draw: Draw) -> None:
    weight = draw.uniform(0.2, 0.8)  # complex: Re = -weight / 2, |lambda|^2 = 1/4, so h = 4 weight
    _judge_largest(bench, fn, torch.tensor([[0.0, 0.5], [-0.5, -weight]]))
    _judge_largest(bench, fn, -torch.eye(4) * draw.uniform(0.5, 2.0))


# 04.4: D's step under R1 in the Dirac-GAN


def _d_step(theta, psi, h: float, gamma: float, push: float = 1.0):
    return psi - h * (theta * torch.sigmoid(psi * theta) + push * gamma * psi)


def _push(theta, psi) -> Tensor:
    return theta * torch.sigmoid(psi * theta)


D_MISTAKES: dict[str, Callable] = {
    "D walks uphill on its loss: subtract h times the gradient.": (
        lambda theta, psi, h, gamma: psi + h * (_push(theta, psi) + gamma * psi)
    ),
    "The fake sample has the label of a real one: its cost is softplus(psi theta), whose slope is "
    "+sigmoid.": lambda theta, psi, h, gamma: (
        psi - h * (-theta * torch.sigmoid(-psi * theta) + gamma * psi)
    ),
    "The chain rule is missing: the logit is psi theta, so its slope by psi is theta.": (
        lambda theta, psi, h, gamma: psi - h * (torch.sigmoid(psi * theta) + gamma * psi)
    ),
    "This is the slope by theta: D moves psi, and the slope of psi theta by psi is theta.": (
        lambda theta, psi, h, gamma: psi - h * (psi * torch.sigmoid(psi * theta) + gamma * psi)
    ),
    "The penalty has lost its half: R1 is gamma/2 psi^2, with the slope gamma psi.": (
        lambda theta, psi, h, gamma: _d_step(theta, psi, h, gamma, 2.0)
    ),
    "The half is there twice: the slope of gamma/2 psi^2 is gamma psi.": (
        lambda theta, psi, h, gamma: _d_step(theta, psi, h, gamma, 0.5)
    ),
    "The penalty pushes psi away from 0: it belongs to D's loss, and D walks down.": (
        lambda theta, psi, h, gamma: _d_step(theta, psi, h, gamma, -1.0)
    ),
    "The penalty is missing: this is the step without R1.": (
        lambda theta, psi, h, gamma: _d_step(theta, psi, h, gamma, 0.0)
    ),
    "The penalty is on theta: R1 is the squared slope of D by its input, and that is psi.": (
        lambda theta, psi, h, gamma: psi - h * (_push(theta, psi) + gamma * theta)
    ),
    "The penalty lacks the step size: all of the gradient is multiplied by h.": (
        lambda theta, psi, h, gamma: psi - h * _push(theta, psi) - gamma * psi
    ),
    "The penalty itself is subtracted, not its slope: the slope of gamma/2 psi^2 is gamma psi.": (
        lambda theta, psi, h, gamma: psi - h * (_push(theta, psi) + gamma * psi**2 / 2)
    ),
}


def _d_state(draw: Draw, n: int = 6) -> tuple[Tensor, Tensor]:
    return draw.normal(n, mean=0.5), draw.normal(n, mean=0.5)


def _judge_d_step(bench: Bench, fn: Handle, state: tuple, h: float, gamma: float) -> None:
    theta, psi = (v.double() for v in state)
    facts.diagnose(
        facts.tensor(bench.call(fn, [*state, h, gamma]), list(psi.shape), "The new psi"),
        _d_step(theta, psi, h, gamma),
        facts.rounding(8, 1 + theta.abs().max().item() + psi.abs().max().item()),
        {meaning: f(theta, psi, h, gamma) for meaning, f in D_MISTAKES.items()},
        "This is not one step of h down softplus(psi theta) + gamma/2 psi^2 by psi.",
    )


def d_step_plain(bench: Bench, fn: Handle, draw: Draw) -> None:
    _judge_d_step(bench, fn, _d_state(draw), draw.uniform(0.1, 0.5), 0.0)


def d_step_penalty(bench: Bench, fn: Handle, draw: Draw) -> None:
    for _ in range(2):
        h, gamma = draw.uniform(0.1, 0.5), draw.uniform(0.5, 3.0)
        _judge_d_step(bench, fn, _d_state(draw), h, gamma)


def d_step_far(bench: Bench, fn: Handle, draw: Draw) -> None:
    """Where D is sure, wrong or right, the sigmoid is 1 or 0, and no exponential may overflow."""
    theta = torch.tensor([100.0, -100.0, 100.0, -100.0]) * draw.uniform(0.9, 1.1)
    psi = torch.tensor([100.0, -100.0, -100.0, 100.0])
    value = bench.call(fn, [theta, psi, 0.1, 0.5])
    if isinstance(value, Tensor) and not value.isfinite().all():
        raise Wrong(
            "At a logit of 10,000 the new psi is not finite: e^10000 overflows; use a sigmoid that "
            "is exact there."
        )
    _judge_d_step(bench, fn, (theta, psi), 0.1, 0.5)


EXERCISES = (
    Exercise(
        "04.1",
        "an alternating step",
        points=6,
        minutes=10,
        parts=(
            Part("x moves, then y answers", 3, step_value),
            Part("sixty steps stay on one ellipse", 2, step_orbit),
            Part("five games at once", 1, step_tensors, shown=False),
        ),
        names=("alternating_step",),
    ),
    Exercise(
        "04.2",
        "how a deviation grows",
        points=6,
        minutes=10,
        parts=(
            Part("a game that turns", 2, growth_game),
            Part("a descent with a slow direction", 2, growth_descent),
            Part("five players, in float32 and float64", 2, growth_larger, shown=False),
        ),
        names=("growth",),
    ),
    Exercise(
        "04.3",
        "the largest step",
        points=6,
        minutes=15,
        parts=(
            Part("a spiral and a slow direction", 3, largest_value),
            Part("0 where no step converges", 2, largest_none),
            Part("the Dirac-GAN with R1, and a descent", 1, largest_r1, shown=False),
        ),
        names=("largest_step",),
    ),
    Exercise(
        "04.4",
        "D's step under R1",
        points=6,
        minutes=15,
        parts=(
            Part("D's own loss, without penalty", 2, d_step_plain),
            Part("with the penalty", 3, d_step_penalty),
            Part("at logits of 10,000", 1, d_step_far, shown=False),
        ),
        names=("d_step_r1",),
    ),
)
