"""Exercise 03.4: KL(q || p) from the logits of the best D."""

import torch
from torch import Tensor
from torch.nn.functional import softplus

from gancourse.check import facts, logits
from gancourse.check.spec import Again, Draw, Exercise, Part, Wrong
from gancourse.check.student import Handle, Student
from gancourse.losses import cross_entropy_d


def _kl_mistakes(real: Tensor, fake: Tensor) -> dict[str, Tensor]:
    return {
        "The sign is wrong: D's best logit is log p - log q, and KL(q||p) averages log q - log "
        "p.": fake.mean(),
        "This averages over real samples: it estimates KL(p||q), and the order matters.": (
            real.mean()
        ),
        "Real samples and a wrong sign: KL(q||p) is an average over the fakes, of log q - log "
        "p.": -real.mean(),
        "This adds KL(p||q): the difference of both means is the symmetric divergence.": (
            real.mean() - fake.mean()
        ),
        "This is the non-saturating loss: at the best D it is KL(q||p) minus a divergence from the "
        "middle, plus log 2, and not KL alone.": softplus(-fake).mean(),
        "This is the saturating loss: at the best D it belongs to JSD, not to KL.": (
            -softplus(fake).mean()
        ),
        "This is 2 JSD, which V gives at the best D; the logits alone give KL.": (
            2 * torch.tensor(2.0, dtype=torch.float64).log() - cross_entropy_d(real, fake)
        ),
        "This is a sum over the batch: an expectation is estimated by the mean.": -fake.sum(),
        "The sizes are averaged: a fake whose logit is above 0 counts with its sign.": (
            fake.abs().mean()
        ),
        "This weighs each fake with D: the average over fakes is a plain mean.": (
            -(fake.sigmoid() * fake).mean()
        ),
        "This is E_q q/p, without the logarithm.": (-fake).exp().mean(),
        "Real and fake samples are averaged together: KL(q||p) averages over fakes.": (
            -torch.cat([real, fake]).mean()
        ),
    }


def _lost_signs(fake: Tensor) -> dict[str, Tensor]:
    """Return what a negative estimate, which few samples may give, is turned into."""
    return {
        "The estimate has lost its sign: KL is never below 0, and yet an estimate of it from few "
        "samples may be.": fake.mean().abs(),
        "The estimate is cut off at 0: KL is never below it, and yet an estimate from few samples "
        "may be; cut off, it would be too large on average.": (-fake.mean()).clamp(min=0),
    }


def _best_logits(draw: Draw, n: int, m: int) -> tuple[Tensor, Tensor, float]:
    """Return D*'s logits on p = N(0, 1) and q = N(mean, sd^2), and KL(q || p)."""
    mean, sd = draw.uniform(0.5, 1.5), draw.uniform(0.6, 0.9)
    q = torch.distributions.Normal(mean, sd)
    p = torch.distributions.Normal(0.0, 1.0)
    kl = torch.distributions.kl_divergence(q, p).item()
    real, fake = draw.normal(n), draw.normal(m, mean=mean, sd=sd)
    return p.log_prob(real) - q.log_prob(real), p.log_prob(fake) - q.log_prob(fake), kl


def _judge_kl(got: object, real: Tensor, fake: Tensor, mistakes: dict | None = None) -> None:
    real, fake = real.double(), fake.double()
    facts.diagnose(
        facts.number(got, "kl_fake_real"),
        -fake.mean(),
        facts.rounding(len(fake), fake.abs().max().item()),
        _kl_mistakes(real, fake) if mistakes is None else mistakes,
        "This is not the mean over the fakes of log(q / p), which the best D's logits tell.",
    )


def kl_value(student: Student, fn: Handle, draw: Draw) -> None:
    """More fakes, more real samples, and few fakes that D takes for real: a negative estimate."""
    few, many = draw.integer(20, 40), draw.integer(41, 80)
    for n, m in ((few, many), (many, few)):
        real, fake, _ = _best_logits(draw, n, m)
        _judge_kl(student.call(fn, [real, fake]), real, fake)
    fooled = draw.normal(draw.integer(2, 5), mean=1.0, sd=0.3).abs()
    _judge_kl(student.call(fn, [real, fooled]), real, fooled, _lost_signs(fooled.double()))


def kl_far(student: Student, fn: Handle, draw: Draw) -> None:
    real, fake = torch.tensor([1.0, 1.0, -1.0]), torch.tensor([1.0, -1.0, -1.0, -1.0])
    real, fake = (logits.FAR * t * draw.uniform(0.9, 1.1) for t in (real, fake))
    got, want = logits.value(student, fn, [real, fake], "kl_fake_real"), -fake.mean().item()
    if got * want > 0 and abs(got) < 0.9 * abs(want) and not _known(got, real, fake):
        raise Wrong(
            "At logits of 10,000 this is too small: a clamp, or a number put in place of infinity, "
            "hides how sure D is. The logit itself is all that is needed."
        )
    _judge_kl(got, real, fake)


def _known(got: float, real: Tensor, fake: Tensor) -> bool:
    """Tell whether a mistake that has a sentence of its own leads to this number."""
    found = _kl_mistakes(real.double(), fake.double()).values()
    return any(facts.near(got, wrong, 1e-3 * abs(got)) for wrong in found)


def kl_closed_form(student: Student, fn: Handle, draw: Draw) -> None:
    real, fake, kl = _best_logits(draw, 20_000, 20_000)
    got = facts.number(student.call(fn, [real, fake]), "kl_fake_real")
    error = 6 * fake.double().std().item() / 20_000**0.5  # one false alarm in 10^9
    if not facts.near(got, kl, error):
        raise Wrong(
            "On 20,000 samples of two Gaussians this is not their KL(q||p) within its statistical "
            "error: it estimates something else."
        )


EXERCISE = Exercise(
    "03.4",
    "KL from D's logits",
    points=6,
    minutes=15,
    parts=(
        Part("the right average of the logits", 3, kl_value),
        Part("finite at logits of 10,000", 1, kl_far),
        Part("two Gaussians, 20,000 samples", 1, kl_closed_form),
        Part("other logits", 1, Again((kl_value, kl_far, kl_closed_form)), shown=False),
    ),
    names=("kl_fake_real",),
    withheld=("gancourse.losses.linear_g",),
    promises=(
        (r"Estimate $\mathrm{KL}(q\Vert p) = E_q \log(q/p)$", "two Gaussians, 20,000 samples"),
        ("may come out negative", "the right average of the logits"),
        ("finite at logits of 10,000", "finite at logits of 10,000"),
        ("the best D's logits [N] and [M]", "the right average of the logits"),
    ),
)
