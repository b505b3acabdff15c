"""Exercise 05.1: D's loss on logits."""

import torch
from torch import Tensor

from gancourse.check import facts, logits
from gancourse.check.sheet05.shared import D_MISTAKES
from gancourse.check.spec import Again, Draw, Exercise, Part
from gancourse.check.student import Handle, Student
from gancourse.losses import cross_entropy_d

PUSHED = (
    "The gradient by the logits is not (D(x) - 1) / N for real and D(G(z)) / N for fake samples: D "
    "would be pushed elsewhere."
)


def _drawn(draw: Draw, n: int, m: int) -> tuple[Tensor, Tensor]:
    return draw.normal(n, mean=1.0, sd=2.0), draw.normal(m, mean=-1.0, sd=2.0)


def _judge(got: object, real: Tensor, fake: Tensor) -> None:
    real, fake = real.double(), fake.double()
    facts.diagnose(
        facts.number(got, "d_loss"),
        cross_entropy_d(real, fake),
        facts.rounding(len(real) + len(fake), 5.0),  # softplus of these logits stays below 10
        {meaning: loss(real, fake) for meaning, loss in D_MISTAKES.items()},
        "This is not the mean of -log D(x) plus the mean of -log(1 - D(G(z))), with D the sigmoid "
        "of the logit.",
    )


def d_loss_value(student: Student, fn: Handle, draw: Draw) -> None:
    for _ in range(2):
        n = draw.integer(4, 40)
        real, fake = _drawn(draw, n, n)
        _judge(student.call(fn, [real, fake]), real, fake)
    wanted = [(real.double().sigmoid() - 1) / n, fake.double().sigmoid() / n]
    logits.judge_gradients(student, fn, [real, fake], wanted, facts.rounding(8, 1 / n), PUSHED)


def d_loss_uneven(student: Student, fn: Handle, draw: Draw) -> None:
    few, many = draw.integer(2, 9), draw.integer(20, 40)
    for n, m, dtype in (
        (few, many, torch.float32),
        (many, few, torch.float64),
        (1, few, torch.float32),
    ):
        real, fake = _drawn(draw, n, m)
        _judge(student.call(fn, [real.to(dtype), fake.to(dtype)]), real, fake)


def d_loss_far(student: Student, fn: Handle, draw: Draw) -> None:
    for at in logits.sure(draw):
        real, fake = logits.one(*at)
        got = logits.value(student, fn, [real, fake], "d_loss")
        exact = real.double(), fake.double()
        want = cross_entropy_d(*exact).item()
        mistakes = {meaning: loss(*exact) for meaning, loss in D_MISTAKES.items()}
        logits.judge_sure(got, want, 2 * logits.tolerance(real, fake), at[0], mistakes)
    far = logits.FAR * torch.tensor([1.0, -1.0])  # one right, one wrong
    wanted = [torch.tensor([0.0, -0.5]), torch.tensor([0.5, 0.0])]
    logits.judge_far_gradients(student, fn, [far, far], wanted)


EXERCISE = Exercise(
    "05.1",
    "D's loss on logits",
    points=6,
    minutes=10,
    parts=(
        Part("both terms, as means, to be minimised", 2, d_loss_value),
        Part("batches of two sizes, in float32 and float64", 1, d_loss_uneven),
        Part("exact at logits of 10,000", 2, d_loss_far),
        Part("other logits", 1, Again((d_loss_value, d_loss_uneven, d_loss_far)), shown=False),
    ),
    names=("d_loss",),
    withheld=("gancourse.losses.cross_entropy_d",),
    promises=(
        ("$D(x)$ is its sigmoid", "both terms, as means, to be minimised"),
        ("the loss that D makes small", "both terms, as means, to be minimised"),
        ("a scalar", "both terms, as means, to be minimised"),
        ("logits [N] of real and [M] of fake", "batches of two sizes, in float32 and float64"),
        ("stay exact at logits of 10,000", "exact at logits of 10,000"),
    ),
)
