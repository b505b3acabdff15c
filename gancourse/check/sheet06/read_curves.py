"""Exercise 06.2: reading the curves."""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from gancourse.check import facts, logits
from gancourse.check.spec import Again, Draw, Exercise, Part, Wrong
from gancourse.check.student import Handle, Student

CURVES = ("The first number, the mean D(x),", "The second number, the mean D(G(z)),")
CURVE_MISTAKES: dict[str, Callable[[Tensor, Tensor], float]] = {
    "is the sigmoid of the mean logit: the mean of D(x) is over probabilities, so the sigmoid "
    "comes first.": lambda own, other: own.mean().sigmoid().item(),
    "is a mean logit: D(x) is a probability, sigmoid(logit).": lambda own, other: own.mean().item(),
    "is that of the other samples: real and fake have changed places.": (
        lambda own, other: other.sigmoid().mean().item()
    ),
    "is 1 minus the mean: D is the probability of being real, for the fakes too.": (
        lambda own, other: 1 - own.sigmoid().mean().item()
    ),
    "applies the sigmoid twice.": lambda own, other: own.sigmoid().sigmoid().mean().item(),
}


def _curves(student: Student, fn: Handle, real: Tensor, fake: Tensor) -> list:
    got = student.call(fn, [real, fake])
    if isinstance(got, Tensor) and got.shape == (3,):
        got = list(got)
    if not isinstance(got, list) or len(got) != 3:
        raise Wrong(f"read_curves should return three numbers, and gave {facts.describe(got)}.")
    return got


def _curve_logits(draw: Draw) -> tuple[Tensor, Tensor]:
    n, shift = draw.integer(20, 60), draw.uniform(0.5, 1.5)
    return draw.normal(n, mean=shift, sd=2.0), draw.normal(n, mean=-shift / 2, sd=2.0)


def _far_logits(draw: Draw) -> tuple[Tensor, Tensor]:
    """Return logits of which some are about 100 in size, of either sign."""
    both = _curve_logits(draw)
    for some in both:
        some[:3] = torch.tensor([1.0, 1.0, -1.0]) * draw.uniform(95.0, 105.0)
    return both


def _both(draw: Draw) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield logits of common size, and where D is sure."""
    yield _curve_logits(draw)
    yield _far_logits(draw)


def _judge_mean(got: object, which: int, own: Tensor, other: Tensor) -> None:
    own, other, what = own.double(), other.double(), CURVES[which]
    logits.judge_overflow(got, own, what[0].lower() + what[1:].rstrip(","), "torch.sigmoid")
    facts.diagnose(
        facts.number(got, what),
        own.sigmoid().mean().item(),
        facts.rounding(len(own)),
        {f"{what} {mistake}": wrong(own, other) for mistake, wrong in CURVE_MISTAKES.items()},
        f"{what} is not the mean of the probabilities sigmoid(logit).",
    )


def curve_real(student: Student, fn: Handle, draw: Draw) -> None:
    for real, fake in _both(draw):
        _judge_mean(_curves(student, fn, real, fake)[0], 0, real, fake)


def curve_fake(student: Student, fn: Handle, draw: Draw) -> None:
    for real, fake in _both(draw):
        _judge_mean(_curves(student, fn, real, fake)[1], 1, fake, real)


def _share(condition: Tensor) -> float:
    return condition.double().mean().item()


def _signs(draw: Draw, n: int, positive: int) -> Tensor:
    """Return n logits, `positive` of them above 0, none of them near 0."""
    size = 1 + draw.normal(n).abs()
    return torch.where(torch.arange(n) < positive, size, -size)


def _told_apart(draw: Draw) -> tuple[Tensor, Tensor]:
    """Return logits for which no two of the answers below agree."""
    while True:
        n = draw.integer(20, 60)
        real = _signs(draw, n, n - draw.integer(1, n // 4))
        fake = _signs(draw, n, n // 2 - draw.integer(1, n // 8))
        real[:2], fake[0] = 0.3, 0.3  # above 0, and below 1/2
        real[-1], fake[-1] = -0.3, -0.3
        right = (_share(real > 0) + _share(fake < 0)) / 2
        answers = torch.tensor([right, *_accuracy_mistakes(real, fake, right).values()])
        if answers.sort().values.diff().min() > 1e-3:
            return real, fake


def curve_accuracy(student: Student, fn: Handle, draw: Draw) -> None:
    real, fake = _told_apart(draw)
    n, right = len(real), (_share(real > 0) + _share(fake < 0)) / 2
    facts.diagnose(
        facts.number(_curves(student, fn, real, fake)[2], "The third number, D's accuracy,"),
        right,
        facts.rounding(2 * n),
        _accuracy_mistakes(real, fake, right),
        "The third number is not the share of all samples, real and fake, that D puts on the right "
        "side of 1/2.",
    )


def _accuracy_mistakes(real: Tensor, fake: Tensor, right: float) -> dict[str, float]:
    both = torch.cat([real, fake])
    return {
        "The accuracy takes logits of more than 1/2 for real: D(x) = 1/2 is the logit 0.": (
            (_share(real > 0.5) + _share(fake < 0.5)) / 2
        ),
        "The accuracy looks at the real samples alone: a D that calls everything real would have "
        "100 %.": _share(real > 0),
        "The accuracy looks at the fake samples alone: a D that calls everything fake would have "
        "100 %.": _share(fake < 0),
        "This is the share that D calls real, not the share it gets right: for fakes, right means "
        "D(G(z)) < 1/2.": _share(both > 0),
        "Real and fake samples are compared in pairs: the accuracy compares each with 1/2.": (
            _share(real > fake)
        ),
        "This is D's share of errors, not of right answers.": 1 - right,
        "This counts right answers: divide by the number of samples.": right * len(both),
    }


REAL, FAKE, ACCURACY = "the mean of D(x)", "the mean of D(G(z))", "D's accuracy"
EXERCISE = Exercise(
    "06.2",
    "reading the curves",
    points=6,
    minutes=10,
    parts=(
        Part(REAL, 2, curve_real),
        Part(FAKE, 1, curve_fake),
        Part(ACCURACY, 2, curve_accuracy),
        Part("other logits", 1, Again((curve_real, curve_fake, curve_accuracy)), shown=False),
    ),
    names=("read_curves",),
    promises=(
        ("From the logits of N real and N fake samples, return three numbers", REAL),
        ("the mean of $D(x)$", REAL),
        ("Logits of 100 occur.", REAL),
        ("the mean of $D(G(z))$, both as probabilities", FAKE),
        ("the share of all 2N samples that D puts on the right side of 1/2", ACCURACY),
    ),
)
