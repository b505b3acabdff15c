"""Exercise 03.1: cross-entropy on a logit."""

import torch
from torch import Tensor
from torch.nn.functional import softplus

from gancourse.check import facts, logits
from gancourse.check.sheet03.shared import entropy
from gancourse.check.spec import Again, Draw, Exercise, Part
from gancourse.check.student import Handle, Student


def _entropy_mistakes(logit: Tensor, y: Tensor) -> dict[str, Tensor]:
    D = logit.sigmoid()
    return {
        "This is the logarithm of what D gave to the label: it is to be made large, and a loss is "
        "made small; put a minus before all of it.": -entropy(logit, y).mean(),
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
        "This is half of the loss: both terms belong to each sample, and are added.": (
            entropy(logit, y).mean() / 2
        ),
        "This is in bits: the course takes the natural logarithm.": (
            entropy(logit, y).mean() / torch.tensor(2.0, dtype=torch.float64).log()
        ),
        "The logarithm is taken of a mean: average the logarithms, one for each sample.": (
            -(y * D + (1 - y) * (1 - D)).mean().log()
        ),
        "The labels are rounded: y may lie anywhere between 0 and 1, and counts as it is.": (
            entropy(logit, y.round()).mean()
        ),
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
    want = (logit.double().sigmoid() - y.double()) / len(logit)
    else_ = "The gradient by the logit is not (D - y) / N: D would be pushed elsewhere."
    near = facts.rounding(8, 1 / len(logit))
    logits.judge_gradients(student, fn, [logit, y], [want], near, else_)


def entropy_far(student: Student, fn: Handle, draw: Draw) -> None:
    """At each size of a logit, wrong and right, with labels at both ends and between."""
    for right, wrong in logits.sure(draw):
        for at, label in ((right, 1.0), (wrong, 0.0), (wrong, draw.uniform(0.2, 0.8))):
            logit, y = logits.one(at, label)
            got = logits.value(student, fn, [logit, y], "cross_entropy")
            exact = logit.double(), y.double()
            want, mistakes = entropy(*exact).item(), _entropy_mistakes(*exact)
            logits.judge_sure(got, want, logits.tolerance(logit), at, mistakes)
    logit = logits.FAR * torch.tensor([1.0, -1.0, 1.0, -1.0])
    y = torch.tensor([1.0, 0.0, 0.0, 1.0])  # right, right, wrong, wrong
    wanted = [torch.tensor([0.0, 0.0, 0.25, -0.25])]
    logits.judge_far_gradients(student, fn, [logit, y], wanted)


def entropy_hard(student: Student, fn: Handle, draw: Draw) -> None:
    """Labels of real and fake samples, and a batch of one."""
    for dtype in (torch.float32, torch.float64):
        logit, y = _labelled(draw)
        y = (y > 0.5).float()
        _judge_entropy(student.call(fn, [logit.to(dtype), y.to(dtype)]), logit, y)
    logit, y = draw.normal(1), draw.normal(1).sigmoid()
    _judge_entropy(student.call(fn, [logit, y]), logit, y)


EXERCISE = Exercise(
    "03.1",
    "cross-entropy on a logit",
    points=6,
    minutes=10,
    parts=(
        Part("both terms, averaged", 2, entropy_value),
        Part("labels 0 and 1, in float32 and float64", 1, entropy_hard),
        Part("exact at logits of 10,000", 2, entropy_far),
        Part("other logits", 1, Again((entropy_value, entropy_hard, entropy_far)), shown=False),
    ),
    names=("cross_entropy",),
    promises=(
        ("a label $y$ between 0 (fake) and 1 (real)", "labels 0 and 1, in float32 and float64"),
        (r"mean of $-y \log D - (1-y) \log(1-D)$", "both terms, averaged"),
        (r"$D = \sigma(l)$, the sigmoid of the logit", "both terms, averaged"),
        ("stay exact at logits of 10,000", "exact at logits of 10,000"),
        ("a scalar", "both terms, averaged"),
    ),
)
