"""Exercise 05.1: D's loss on logits."""

import torch
from torch import Tensor

from gancourse.check import facts
from gancourse.check.sheet05.shared import D_MISTAKES
from gancourse.check.spec import Draw, Exercise, Part, Wrong
from gancourse.check.student import Handle, Student
from gancourse.losses import cross_entropy_d

NO_LOG = (
    "At logits of 10,000 the loss is not finite: a sigmoid is exactly 0 there before its log, or "
    "an exp has overflowed; stay with logits (softplus, logsigmoid or a loss 'with logits')."
)
CLAMPED = (
    "At logits of 10,000 the loss is too small: a clamp or an epsilon inside the log hides how "
    "wrong D is, and its gradient; stay with logits."
)


def _logits(draw: Draw, n: int, m: int) -> tuple[Tensor, Tensor]:
    return draw.normal(n, mean=1.0, sd=2.0), draw.normal(m, mean=-1.0, sd=2.0)


def _judge_d_loss(got: object, real: Tensor, fake: Tensor) -> None:
    mistakes = {meaning: loss(real, fake) for meaning, loss in D_MISTAKES.items()}
    facts.diagnose(
        facts.number(got, "d_loss"),
        cross_entropy_d(real, fake),
        facts.rounding(len(real) + len(fake), 5.0),  # softplus of these logits stays below 10
        mistakes,
        "This is not the mean of -log D(x) plus the mean of -log(1 - D(G(z))), with D the sigmoid "
        "of the logit.",
    )


def d_loss_value(student: Student, fn: Handle, draw: Draw) -> None:
    for _ in range(2):
        n = draw.integer(4, 40)
        real, fake = _logits(draw, n, n)
        _judge_d_loss(student.call(fn, [real, fake]), real.double(), fake.double())


def d_loss_gradient(student: Student, fn: Handle, draw: Draw) -> None:
    n = draw.integer(4, 40)
    real, fake = _logits(draw, n, n)
    result = student.call_with_grads(fn, [real, fake], [0, 1])
    facts.number(result["value"], "d_loss")
    found = result["grads"]
    if None in [g if g is None else 0 for g in found]:
        raise Wrong(
            "No gradient comes back to the logits: .item(), float(), .detach() or no_grad cuts the "
            "graph, and D cannot learn."
        )
    wanted = [-(1 - real.double().sigmoid()) / n, fake.double().sigmoid() / n]
    for got, want in zip(found, wanted, strict=True):
        if not facts.near(facts.tensor(got, [n], "The gradient"), want, facts.rounding(8, 1 / n)):
            raise Wrong(
                "The gradient by the logits is not (D(x) - 1) / N for real and D(G(z)) / N for "
                "fake samples: D would be pushed elsewhere."
            )


def d_loss_far(student: Student, fn: Handle, draw: Draw) -> None:
    far = 1e4 * torch.tensor([1.0, -1.0]) * draw.uniform(0.9, 1.1)  # one right, one wrong
    found = student.call_with_grads(fn, [far, far], [0, 1])
    value = found["value"]
    if isinstance(value, Tensor) and not value.isfinite().all():
        raise Wrong(NO_LOG)
    value, pair = facts.number(value, "d_loss"), (far.double(), far.double())
    wanted = cross_entropy_d(*pair).item()
    mistakes = {meaning: loss(*pair) for meaning, loss in D_MISTAKES.items()}
    other = CLAMPED if 0 <= value < wanted else "At logits of 10,000 the loss is another one."
    facts.diagnose(value, wanted, facts.rounding(8, wanted), mistakes, other)
    _judge_far_gradient([g for g in found["grads"] if isinstance(g, Tensor)])


def _judge_far_gradient(grads: list[Tensor]) -> None:
    if len(grads) < 2 or not any(g.any() for g in grads):
        raise Wrong(
            "At logits of 10,000 the gradient is lost: D could never correct its worst error."
        )
    if not facts.near(torch.stack(grads).sum(1), [-0.5, 0.5], 1e-5):
        raise Wrong("At logits of 10,000 the gradient is lost in part, or has the wrong sign.")


def d_loss_uneven(student: Student, fn: Handle, draw: Draw) -> None:
    real, fake = _logits(draw, draw.integer(2, 9), draw.integer(20, 40))
    for dtype in (torch.float32, torch.float64):
        got = student.call(fn, [real.to(dtype), fake.to(dtype)])
        _judge_d_loss(got, real.double(), fake.double())


EXERCISE = Exercise(
    "05.1",
    "D's loss on logits",
    points=6,
    minutes=10,
    parts=(
        Part("both terms, as means, to be minimised", 2, d_loss_value),
        Part("the gradient reaches the logits", 1, d_loss_gradient),
        Part("exact at logits of 10,000", 2, d_loss_far),
        Part("batches of two sizes, in float32 and float64", 1, d_loss_uneven, shown=False),
    ),
    names=("d_loss",),
    withheld=("gancourse.losses.cross_entropy_d",),
)
