"""Exercise 03.2: one-sided label smoothing."""

import torch
from torch import Tensor
from torch.nn.functional import softplus

from gancourse.check import facts
from gancourse.check.sheet03.shared import FAR, entropy, finite, gradient
from gancourse.check.spec import Draw, Exercise, Part, Wrong
from gancourse.check.student import Handle, Student
from gancourse.losses import cross_entropy_d


def _smoothed(real: Tensor, fake: Tensor, alpha: float) -> Tensor:
    return entropy(real, torch.full_like(real, alpha)).mean() + softplus(fake).mean()


def _smooth_mistakes(real: Tensor, fake: Tensor, alpha: float) -> dict[str, Tensor]:
    fake_term = softplus(fake).mean()
    smooth_fake = entropy(fake, torch.full_like(fake, 1 - alpha)).mean()
    right = _smoothed(real, fake, alpha)
    return {
        "The labels are not smoothed at all: this is the plain loss.": cross_entropy_d(real, fake),
        "Both sides are smoothed: then D's best answer carries a share of q where there is no real "
        "sample, and fakes there are rewarded; smooth the real label only.": (
            right - fake_term + smooth_fake
        ),
        "The fakes are smoothed and the real samples are not: it is the other way round.": (
            softplus(-real).mean() + smooth_fake
        ),
        "The real samples lack the term (1 - alpha) log(1 - D): this scales their loss down, and "
        "D's best logit stays infinite.": alpha * softplus(-real).mean() + fake_term,
        "alpha multiplies the logit: it is the label that is smoothed, not D's answer.": (
            softplus(-alpha * real).mean() + fake_term
        ),
        "The label of real samples is 1 - alpha here: D would learn to call them fake.": (
            _smoothed(real, fake, 1 - alpha)
        ),
        "This is what D wants large; a loss is made small: put a minus before it.": -right,
        "This is half of the loss: each kind of sample has its own mean, and they are added.": (
            right / 2
        ),
        "This is a sum over the batch: take the mean of each term.": (
            entropy(real, torch.full_like(real, alpha)).sum() + softplus(fake).sum()
        ),
    }


def _judge_smoothed(got: object, real: Tensor, fake: Tensor, alpha: float) -> None:
    real, fake = real.double(), fake.double()
    facts.diagnose(
        facts.number(got, "smoothed_d_loss"),
        _smoothed(real, fake, alpha),
        facts.rounding(len(real) + len(fake), 5.0),
        _smooth_mistakes(real, fake, alpha),
        "This is not cross-entropy with the label alpha for real and 0 for fake samples.",
    )


def smoothed_value(student: Student, fn: Handle, draw: Draw) -> None:
    n, alpha = draw.integer(6, 30), draw.uniform(0.6, 0.9)
    real, fake = draw.normal(n, mean=1.0, sd=2.0), draw.normal(n, mean=-1.0, sd=2.0)
    _judge_smoothed(student.call(fn, [real, fake, alpha]), real, fake, alpha)


def smoothed_rest(student: Student, fn: Handle, draw: Draw) -> None:
    """On real samples D is at rest where it says alpha, not where it says 1."""
    n, alpha = draw.integer(4, 12), draw.uniform(0.6, 0.9)
    at_rest = torch.full((n,), alpha).logit()
    found = student.call_with_grads(fn, [at_rest, draw.normal(n), alpha], [0])["grads"][0]
    if not facts.near(gradient(found, n), 0.0, 4 * facts.EPS):
        raise Wrong(
            "Where D says alpha on a real sample the gradient should vanish, and it does not: with "
            "the label alpha, that is D's best answer where no fakes are."
        )


def smoothed_edges(student: Student, fn: Handle, draw: Draw) -> None:
    real, fake = draw.normal(draw.integer(2, 9)), draw.normal(draw.integer(20, 40))
    for alpha in (1.0, draw.uniform(0.6, 0.9)):
        _judge_smoothed(student.call(fn, [real, fake, alpha]), real, fake, alpha)
    far = FAR * torch.tensor([1.0, -1.0])
    finite(student.call(fn, [far, far, 0.9]))


EXERCISE = Exercise(
    "03.2",
    "one-sided label smoothing",
    points=6,
    minutes=10,
    parts=(
        Part("the real label alone is smoothed", 3, smoothed_value),
        Part("D rests where it says alpha", 2, smoothed_rest),
        Part("alpha of 1, two sizes, far logits", 1, smoothed_edges, shown=False),
    ),
    names=("smoothed_d_loss",),
)
