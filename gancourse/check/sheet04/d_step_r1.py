"""Exercise 04.4: D's step under R1 in the Dirac-GAN."""

from collections.abc import Callable

import torch
from torch import Tensor

from gancourse.check import facts, logits
from gancourse.check.spec import Again, Draw, Exercise, Part
from gancourse.check.student import Handle, Student


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
    "The step size is missing: subtract h times the gradient.": (
        lambda theta, psi, h, gamma: psi - (_push(theta, psi) + gamma * psi)
    ),
    "This is the gradient: return psi after the step.": (
        lambda theta, psi, h, gamma: _push(theta, psi) + gamma * psi
    ),
    "This adds the push of both kinds of sample: the real one lies at 0, where the logit does not "
    "depend on psi.": lambda theta, psi, h, gamma: (
        psi - h * (theta * (torch.sigmoid(psi * theta) - torch.sigmoid(-psi * theta)) + gamma * psi)
    ),
    "The sigmoid's own slope is taken: softplus has the slope sigmoid, not D (1 - D).": (
        lambda theta, psi, h, gamma: (
            psi
            - h * (theta * torch.sigmoid(psi * theta) * torch.sigmoid(-psi * theta) + gamma * psi)
        )
    ),
    "The penalty itself is subtracted, not its slope: the slope of gamma/2 psi^2 is gamma psi.": (
        lambda theta, psi, h, gamma: psi - h * (_push(theta, psi) + gamma * psi**2 / 2)
    ),
}


def _d_state(draw: Draw, n: int = 6) -> tuple[Tensor, Tensor]:
    return draw.normal(n, mean=0.5), draw.normal(n, mean=0.5)


def _judge_d_step(student: Student, fn: Handle, state: tuple, h: float, gamma: float) -> None:
    theta, psi = (v.double() for v in state)
    got = student.call(fn, [*state, h, gamma])
    logits.judge_overflow(got, theta * psi, "the new psi", "torch.sigmoid, or 1 / (1 + e^-l)")
    facts.diagnose(
        facts.tensor(got, list(psi.shape), "The new psi"),
        _d_step(theta, psi, h, gamma),
        facts.rounding(8, 1 + theta.abs().max().item() + psi.abs().max().item()),
        {meaning: f(theta, psi, h, gamma) for meaning, f in D_MISTAKES.items()},
        "This is not one step of h down softplus(psi theta) + gamma/2 psi^2 by psi.",
    )


def d_step_plain(student: Student, fn: Handle, draw: Draw) -> None:
    _judge_d_step(student, fn, _d_state(draw), draw.uniform(0.1, 0.5), 0.0)


def d_step_penalty(student: Student, fn: Handle, draw: Draw) -> None:
    for _ in range(2):
        h, gamma = draw.uniform(0.1, 0.5), draw.uniform(0.5, 3.0)
        _judge_d_step(student, fn, _d_state(draw), h, gamma)


def d_step_each(student: Student, fn: Handle, draw: Draw) -> None:
    """One game; and many, some of them where D or G is at 0, others where D is fairly sure."""
    h, gamma = draw.uniform(0.1, 0.5), draw.uniform(0.5, 3.0)
    theta, psi = _d_state(draw, 8)
    theta[:2], psi[1:3] = 0.0, 0.0
    theta[3:5] = torch.tensor([4.0, -4.0]) * draw.uniform(0.9, 1.1)
    for state in (_d_state(draw, 1), (theta, psi)):
        _judge_d_step(student, fn, state, h, gamma)


def d_step_where_sure(student: Student, fn: Handle, draw: Draw) -> None:
    """Logits of -130 to 130, beside common ones."""
    theta, psi = _d_state(draw)
    psi[:2] = torch.tensor([10.0, -10.0]) * draw.uniform(0.95, 1.05)
    theta[:2] = torch.tensor([10.0, 10.0]) * draw.uniform(0.99, 1.2)
    _judge_d_step(student, fn, (theta, psi), draw.uniform(0.1, 0.5), draw.uniform(0.5, 3.0))


def d_step_games(student: Student, fn: Handle, draw: Draw) -> None:
    d_step_each(student, fn, draw)
    d_step_where_sure(student, fn, draw)


EXERCISE = Exercise(
    "04.4",
    "D's step under R1",
    points=6,
    minutes=15,
    parts=(
        Part("D's own loss, without penalty", 2, d_step_plain),
        Part("with the penalty", 2, d_step_penalty),
        Part("one game, and many", 1, d_step_games),
        Part("other games", 1, Again((d_step_plain, d_step_penalty, d_step_games)), shown=False),
    ),
    names=("d_step_r1",),
    withheld=("gancourse.maths.dynamics.dirac",),
    promises=(
        (r"its loss $\log 2 + \mathrm{softplus}(\psi\theta)$", "D's own loss, without penalty"),
        (r"Add R1 with weight $\gamma$", "with the penalty"),
        (r"return $\psi$ after one gradient step of size $h$", "with the penalty"),
        ("also where D is sure, with logits of 100", "one game, and many"),
        ("N separate games", "one game, and many"),
    ),
)
