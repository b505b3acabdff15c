"""Exercise 03.2: one-sided label smoothing."""

import torch
from torch import Tensor
from torch.nn.functional import softplus

from gancourse.check import facts, logits
from gancourse.check.cases import telling
from gancourse.check.sheet03.shared import entropy
from gancourse.check.spec import Again, Draw, Exercise, Part, Wrong
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
        "The fakes are missing: only real samples count.": right - fake_term,
        "The real samples are missing: only fakes count.": fake_term,
        "Real and fake have changed places.": _smoothed(fake, real, alpha),
        "This is what D wants large; a loss is made small: put a minus before all of it.": -right,
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
    """As many real as fake samples, then fewer, then more."""
    few, many = draw.integer(2, 9), draw.integer(20, 40)
    for n, m in ((many, many), (few, many), (many, few)):
        alpha = draw.uniform(0.6, 0.95)
        real, fake = telling(
            lambda n=n, m=m: (draw.normal(n, mean=1.0, sd=2.0), draw.normal(m, mean=-1.0, sd=2.0)),
            lambda pair, alpha=alpha: _smoothed(*pair, alpha),
            lambda pair, alpha=alpha: _smooth_mistakes(*pair, alpha),
            gap=1e-3,
        )
        _judge_smoothed(student.call(fn, [real, fake, alpha]), real, fake, alpha)
    wanted = [(real.double().sigmoid() - alpha) / n, fake.double().sigmoid() / m]
    else_ = (
        "The gradient by the logits is not (D - alpha) / N for real and D / M for fake samples: D "
        "would be pushed elsewhere."
    )
    logits.judge_gradients(student, fn, [real, fake, alpha], wanted, facts.rounding(8, 1), else_)


def smoothed_rest(student: Student, fn: Handle, draw: Draw) -> None:
    """On real samples D is at rest where it says alpha: to both sides the loss rises."""
    n, alpha = draw.integer(4, 12), draw.uniform(0.6, 0.95)
    at_rest, fake = torch.full((n,), alpha, dtype=torch.float64).logit(), draw.normal(n).double()
    losses = [
        facts.number(student.call(fn, [at_rest + step, fake, alpha]), "smoothed_d_loss")
        for step in (-1.0, 0.0, 1.0)
    ]
    if min(losses) != losses[1]:
        raise Wrong(
            "A real sample should cost least where D says alpha, and it does not: with the label "
            "alpha, that is D's best answer where no fakes are."
        )


def smoothed_far(student: Student, fn: Handle, draw: Draw) -> None:
    for at in logits.sure(draw):
        alpha = draw.uniform(0.6, 0.95)
        real, fake = logits.one(*at)
        got = logits.value(student, fn, [real, fake, alpha], "smoothed_d_loss")
        exact = real.double(), fake.double(), alpha
        want, mistakes = _smoothed(*exact).item(), _smooth_mistakes(*exact)
        logits.judge_sure(got, want, 2 * logits.tolerance(real, fake), at[0], mistakes)


EXERCISE = Exercise(
    "03.2",
    "one-sided label smoothing",
    points=6,
    minutes=10,
    parts=(
        Part("the real label alone is smoothed", 2, smoothed_value),
        Part("D rests where it says alpha", 1, smoothed_rest),
        Part("exact at logits of 10,000", 2, smoothed_far),
        Part("other logits", 1, Again((smoothed_value, smoothed_rest, smoothed_far)), shown=False),
    ),
    names=("smoothed_d_loss",),
    promises=(
        (r"Give real samples the label $\alpha$", "the real label alone is smoothed"),
        ("leave fakes at 0", "the real label alone is smoothed"),
        ("the sum of two means", "the real label alone is smoothed"),
        ("Where does D's best logit on a real sample lie now", "D rests where it says alpha"),
        ("exact at logits of 10,000", "exact at logits of 10,000"),
        ("real logits [N] with label alpha and fake ones [M]", "the real label alone is smoothed"),
    ),
)
