"""Exercise 03.1: cross-entropy on a logit."""

import torch
from torch import Tensor
from torch.nn.functional import softplus

from gancourse.check import facts
from gancourse.check.sheet03.shared import FAR, entropy, finite, gradient
from gancourse.check.spec import Draw, Exercise, Part, Wrong
from gancourse.check.student import Handle, Student


def _entropy_mistakes(logit: Tensor, y: Tensor) -> dict[str, Tensor]:
    D = logit.sigmoid()
    return {
        "This is the logarithm of what D gave to the label: it is to be made large, and a loss is "
        "made small; put a minus before it.": -entropy(logit, y).mean(),
        "The label has changed places: y is how far the sample is real, and D = sigmoid(logit) is "
        "the probability of real.": entropy(-logit, y).mean(),
        "Only the term with log D is there: where the label is below 1, D would lose nothing by "
        "calling everything real.": (y * softplus(-logit)).mean(),
        "Only the term with log(1 - D) is there: D would lose nothing by calling everything "
        "fake.": ((1 - y) * softplus(logit)).mean(),
        "This is a sum over the batch: the step would grow with the batch; take the mean.": (
            entropy(logit, y).sum()
        ),
        "The sigmoid is applied twice: the input is a logit, and a loss 'with logits' applies it "
        "itself.": entropy(D, y).mean(),
        "This is the squared error of D: its gradient dies where D is sure and wrong, which is why "
        "the course takes the logarithm.": (D - y).square().mean(),
    }


def _judge_entropy(got: object, logit: Tensor, y: Tensor) -> None:
    logit, y = logit.double(), y.double()
    facts.diagnose(
        facts.number(got, "cross_entropy"),
        entropy(logit, y).mean(),
        facts.rounding(len(logit), 5.0),  # softplus of these logits stays below 10
        _entropy_mistakes(logit, y),
        "This is not the mean of -y log D - (1 - y) log(1 - D) with D the sigmoid of the logit.",
    )


def _labelled(draw: Draw) -> tuple[Tensor, Tensor]:
    n = draw.integer(6, 40)
    return draw.normal(n, sd=2.0), draw.normal(n).sigmoid()


def entropy_value(student: Student, fn: Handle, draw: Draw) -> None:
    for _ in range(2):
        logit, y = _labelled(draw)
        _judge_entropy(student.call(fn, [logit, y]), logit, y)


def entropy_gradient(student: Student, fn: Handle, draw: Draw) -> None:
    logit, y = _labelled(draw)
    (found,) = student.call_with_grads(fn, [logit, y], [0])["grads"]
    want = (logit.double().sigmoid() - y.double()) / len(logit)
    if not facts.near(gradient(found, len(logit)), want, facts.rounding(8, 1 / len(logit))):
        raise Wrong("The gradient by the logit is not (D - y) / N: D would be pushed elsewhere.")


def entropy_far(student: Student, fn: Handle, draw: Draw) -> None:
    logit = FAR * torch.tensor([1.0, -1.0, 1.0, -1.0]) * draw.uniform(0.9, 1.1)
    y = torch.tensor([1.0, 0.0, 0.0, 1.0])  # right, right, wrong, wrong
    found = student.call_with_grads(fn, [logit, y], [0])
    finite(found["value"])
    want = entropy(logit.double(), y.double()).mean().item()
    hidden = (
        "At logits of 10,000 the loss is too small: a clamp or an epsilon inside of the logarithm "
        "hides how wrong D is, and its gradient; stay with the logit."
    )
    got = facts.number(found["value"], "cross_entropy")
    facts.diagnose(got, want, facts.rounding(8, want), {}, hidden)
    grads = gradient(found["grads"][0], 4)
    if not facts.near(grads, [0.0, 0.0, 0.25, -0.25], 1e-5):
        raise Wrong("At logits of 10,000 the gradient is lost: D could never mend its worst error.")


def entropy_hard(student: Student, fn: Handle, draw: Draw) -> None:
    for dtype in (torch.float32, torch.float64):
        logit, y = _labelled(draw)
        y = (y > 0.5).float()
        _judge_entropy(student.call(fn, [logit.to(dtype), y.to(dtype)]), logit, y)


EXERCISE = Exercise(
    "03.1",
    "cross-entropy on a logit",
    points=6,
    minutes=10,
    parts=(
        Part("both terms, averaged", 2, entropy_value),
        Part("the gradient is (D - y) / N", 1, entropy_gradient),
        Part("exact at logits of 10,000", 2, entropy_far),
        Part("labels 0 and 1, in float32 and float64", 1, entropy_hard, shown=False),
    ),
    names=("cross_entropy",),
)
