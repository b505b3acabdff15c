"""Sheet 03, losses: cross-entropy on logits, smoothed labels, least squares, KL from D's logits."""

import torch
from torch import Tensor
from torch.nn.functional import softplus

from gancourse.check import facts
from gancourse.check.bench import Bench, Handle
from gancourse.check.spec import Draw, Exercise, Part, Wrong
from gancourse.losses import cross_entropy_d

FAR = 1e4
CUT = (
    "No gradient comes back to the logits: .item(), .detach() or no_grad cuts the graph, and "
    "nothing can be learned from this loss."
)
NO_LOG = (
    "At logits of 10,000 this is not finite: the sigmoid is exactly 0 or 1 there, and a logarithm "
    "sees 0; stay with the logit (softplus, logsigmoid)."
)


def _finite(value: object) -> None:
    if isinstance(value, Tensor) and value.is_floating_point() and not value.isfinite().all():
        raise Wrong(NO_LOG)


def _gradient(found: object, n: int) -> Tensor:
    if found is None:
        raise Wrong(CUT)
    return facts.tensor(found, [n], "The gradient")


# 03.1: cross-entropy on a logit


def _entropy(logit: Tensor, y: Tensor) -> Tensor:
    return softplus(logit) - y * logit


def _entropy_mistakes(logit: Tensor, y: Tensor) -> dict[str, Tensor]:
    D = logit.sigmoid()
    return {
        "This is the logarithm of what D gave to the label: it is to be made large, and a loss is "
        "made small; put a minus before it.": -_entropy(logit, y).mean(),
        "The label has changed places: y is how far the sample is real, and D = sigmoid(logit) is "
        "the probability of real.": _entropy(-logit, y).mean(),
        "Only the term with log D is there: where the label is below 1, D would lose nothing by "
        "calling everything real.": (y * softplus(-logit)).mean(),
        "Only the term with log(1 - D) is there: D would lose nothing by calling everything "
        "fake.": ((1 - y) * softplus(logit)).mean(),
        "This is a sum over the batch: the step would grow with the batch; take the mean.": (
            _entropy(logit, y).sum()
        ),
        "The sigmoid is applied twice: the input is a logit, and a loss 'with logits' applies it "
        "itself.": _entropy(D, y).mean(),
        "This is the squared error of D: its gradient dies where D is sure and wrong, which is why "
        "the course takes the logarithm.": (D - y).square().mean(),
    }


def _judge_entropy(got: object, logit: Tensor, y: Tensor) -> None:
    logit, y = logit.double(), y.double()
    facts.diagnose(
        facts.number(got, "cross_entropy"),
        _entropy(logit, y).mean(),
        facts.rounding(len(logit), 5.0),  # softplus of these logits stays below 10
        _entropy_mistakes(logit, y),
        "This is not the mean of -y log D - (1 - y) log(1 - D) with D the sigmoid of the logit.",
    )


def _labelled(draw: Draw) -> tuple[Tensor, Tensor]:
    n = draw.integer(6, 40)
    return draw.normal(n, sd=2.0), draw.normal(n).sigmoid()


def entropy_value(bench: Bench, fn: Handle, draw: Draw) -> None:
    for _ in range(2):
        logit, y = _labelled(draw)
        _judge_entropy(bench.call(fn, [logit, y]), logit, y)


def entropy_gradient(bench: Bench, fn: Handle, draw: Draw) -> None:
    logit, y = _labelled(draw)
    (found,) = bench.call_with_grads(fn, [logit, y], [0])["grads"]
    want = (logit.double().sigmoid() - y.double()) / len(logit)
    if not facts.near(_gradient(found, len(logit)), want, facts.rounding(8, 1 / len(logit))):
        raise Wrong("The gradient by the logit is not (D - y) / N: D would be pushed elsewhere.")


def entropy_far(bench: Bench, fn: Handle, draw: Draw) -> None:
    logit = FAR * torch.tensor([1.0, -1.0, 1.0, -1.0]) * draw.uniform(0.9, 1.1)
    y = torch.tensor([1.0, 0.0, 0.0, 1.0])  # right, right, wrong, wrong
    found = bench.call_with_grads(fn, [logit, y], [0])
    _finite(found["value"])
    want = _entropy(logit.double(), y.double()).mean().item()
    hidden = (
        "At logits of 10,000 the loss is too small: a clamp or an epsilon inside of the logarithm "
        "hides how wrong D is, and its gradient; stay with the logit."
    )
    got = facts.number(found["value"], "cross_entropy")
    facts.diagnose(got, want, facts.rounding(8, want), {}, hidden)
    grads = _gradient(found["grads"][0], 4)
    if not facts.near(grads, [0.0, 0.0, 0.25, -0.25], 1e-5):
        raise Wrong("At logits of 10,000 the gradient is lost: D could never mend its worst error.")


def entropy_hard(bench: Bench, fn: Handle, draw: Draw) -> None:
    for dtype in (torch.float32, torch.float64):
        logit, y = _labelled(draw)
        y = (y > 0.5).float()
        _judge_entropy(bench.call(fn, [logit.to(dtype), y.to(dtype)]), logit, y)


# 03.2: one-sided label smoothing


def _smoothed(real: Tensor, fake: Tensor, alpha: float) -> Tensor:
    return _entropy(real, torch.full_like(real, alpha)).mean() + softplus(fake).mean()


def _smooth_mistakes(real: Tensor, fake: Tensor, alpha: float) -> dict[str, Tensor]:
    fake_term = softplus(fake).mean()
    smooth_fake = _entropy(fake, torch.full_like(fake, 1 - alpha)).mean()
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
            _entropy(real, torch.full_like(real, alpha)).sum() + softplus(fake).sum()
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


def smoothed_value(bench: Bench, fn: Handle, draw: Draw) -> None:
    n, alpha = draw.integer(6, 30), draw.uniform(0.6, 0.9)
    real, fake = draw.normal(n, mean=1.0, sd=2.0), draw.normal(n, mean=-1.0, sd=2.0)
    _judge_smoothed(bench.call(fn, [real, fake, alpha]), real, fake, alpha)


def smoothed_rest(bench: Bench, fn: Handle, draw: Draw) -> None:
    """On real samples D is at rest where it says alpha, not where it says 1."""
    n, alpha = draw.integer(4, 12), draw.uniform(0.6, 0.9)
    at_rest = torch.full((n,), alpha).logit()
    found = bench.call_with_grads(fn, [at_rest, draw.normal(n), alpha], [0])["grads"][0]
    if not facts.near(_gradient(found, n), 0.0, 4 * facts.EPS):
        raise Wrong(
            "Where D says alpha on a real sample the gradient should vanish, and it does not: with "
            "the label alpha, that is D's best answer where no fakes are."
        )


def smoothed_edges(bench: Bench, fn: Handle, draw: Draw) -> None:
    real, fake = draw.normal(draw.integer(2, 9)), draw.normal(draw.integer(20, 40))
    for alpha in (1.0, draw.uniform(0.6, 0.9)):
        _judge_smoothed(bench.call(fn, [real, fake, alpha]), real, fake, alpha)
    far = FAR * torch.tensor([1.0, -1.0])
    _finite(bench.call(fn, [far, far, 0.9]))


# 03.3: the best score under least squares


def _best(p: Tensor, q: Tensor, a: float, b: float) -> Tensor:
    return (b * p + a * q) / (p + q)


def _best_mistakes(p: Tensor, q: Tensor, a: float, b: float) -> dict[str, Tensor]:
    return {
        "Real and fake have changed places: b is the target of real samples, whose density is "
        "p.": _best(q, p, a, b),
        "This is p / (p + q), right for the targets 0 and 1 only; here they are a and b.": (
            p / (p + q)
        ),
        "This is the middle of the targets: each counts as much as there are samples, p and q.": (
            torch.full_like(p, (a + b) / 2)
        ),
        "This is not divided by p + q: setting the derivative 2 p (D - b) + 2 q (D - a) to 0 gives "
        "D (p + q) on one side.": b * p + a * q,
        "This picks a target, as the hinge does; squares are minimised by a weighted mean.": (
            torch.where(p > q, b, a).to(p)
        ),
        "A sign is wrong: both targets pull D towards themselves, so both terms are added.": (
            (b * p - a * q) / (p + q)
        ),
        "This is clipped to [0, 1]: a raw score is no probability, and it lies between the "
        "targets.": _best(p, q, a, b).clamp(0, 1),
    }


def _judge_best(got: object, p: Tensor, q: Tensor, a: float, b: float) -> None:
    p, q = p.double(), q.double()
    facts.diagnose(
        facts.tensor(got, [len(p)], "best_score"),
        _best(p, q, a, b),
        facts.rounding(8, abs(a) + abs(b)),
        _best_mistakes(p, q, a, b),
        "This score does not minimise p (D - b)^2 + q (D - a)^2 at each point.",
    )


def _targets(draw: Draw) -> tuple[float, float]:
    a = draw.uniform(-2.0, -0.5)
    return a, draw.uniform(1.2, 2.5)


def best_value(bench: Bench, fn: Handle, draw: Draw) -> None:
    n, (a, b) = draw.integer(6, 20), _targets(draw)
    p, q = draw.normal(n).exp(), draw.normal(n).exp()
    _judge_best(bench.call(fn, [p, q, a, b]), p, q, a, b)


def best_equal(bench: Bench, fn: Handle, draw: Draw) -> None:
    (a, b), p = _targets(draw), draw.normal(5).exp()
    got = facts.tensor(bench.call(fn, [p, p, a, b]), [5], "best_score")
    if not facts.near(got, (a + b) / 2, facts.rounding(8, abs(a) + abs(b))):
        raise Wrong(
            "Where p = q the best score is the middle of both targets, and it is not: that is what "
            "D says when it cannot tell them apart."
        )


def best_alone(bench: Bench, fn: Handle, draw: Draw) -> None:
    a, b = _targets(draw)
    p, q = torch.tensor([0.0, 0.3, 1e-20]), torch.tensor([0.7, 0.0, 3e-20])
    _judge_best(bench.call(fn, [p, q, a, b]), p, q, a, b)
    _judge_best(bench.call(fn, [p.double(), q.double(), b, a]), p, q, b, a)


# 03.4: KL(q || p) from the logits of the best D


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
    }


def _best_logits(draw: Draw, n: int, m: int) -> tuple[Tensor, Tensor, float]:
    """Return D*'s logits on p = N(0, 1) and q = N(mean, sd^2), and KL(q || p)."""
    mean, sd = draw.uniform(0.5, 1.5), draw.uniform(0.6, 0.9)
    q = torch.distributions.Normal(mean, sd)
    p = torch.distributions.Normal(0.0, 1.0)
    kl = torch.distributions.kl_divergence(q, p).item()
    real, fake = draw.normal(n), draw.normal(m, mean=mean, sd=sd)
    return p.log_prob(real) - q.log_prob(real), p.log_prob(fake) - q.log_prob(fake), kl


def _judge_kl(got: object, real: Tensor, fake: Tensor) -> None:
    real, fake = real.double(), fake.double()
    facts.diagnose(
        facts.number(got, "kl_fake_real"),
        -fake.mean(),
        facts.rounding(len(fake), fake.abs().max().item()),
        _kl_mistakes(real, fake),
        "This is not the mean over the fakes of log(q / p), which the best D's logits tell.",
    )


def kl_value(bench: Bench, fn: Handle, draw: Draw) -> None:
    for _ in range(2):
        real, fake, _ = _best_logits(draw, draw.integer(20, 40), draw.integer(41, 80))
        _judge_kl(bench.call(fn, [real, fake]), real, fake)


def kl_far(bench: Bench, fn: Handle, draw: Draw) -> None:
    far = FAR * torch.tensor([1.0, -1.0, -1.0]) * draw.uniform(0.9, 1.1)
    value = bench.call(fn, [far, far])
    _finite(value)
    _judge_kl(value, far, far)


def kl_closed_form(bench: Bench, fn: Handle, draw: Draw) -> None:
    real, fake, kl = _best_logits(draw, 20_000, 20_000)
    got = facts.number(bench.call(fn, [real, fake]), "kl_fake_real")
    error = 6 * fake.double().std().item() / 20_000**0.5  # one false alarm in 10^9
    if not facts.near(got, kl, error):
        raise Wrong(
            "On 20,000 samples of two Gaussians this is not their KL(q||p) within its statistical "
            "error: it estimates something else."
        )


EXERCISES = (
    Exercise(
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
    ),
    Exercise(
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
    ),
    Exercise(
        "03.3",
        "the best score under least squares",
        points=6,
        minutes=15,
        parts=(
            Part("the weighted mean of the targets", 3, best_value),
            Part("the middle where p = q", 1, best_equal),
            Part("where one density is 0, or both are tiny", 2, best_alone, shown=False),
        ),
        names=("best_score",),
    ),
    Exercise(
        "03.4",
        "KL from D's logits",
        points=6,
        minutes=15,
        parts=(
            Part("the right average of the logits", 3, kl_value),
            Part("finite at logits of 10,000", 1, kl_far),
            Part("two Gaussians, 20,000 samples", 2, kl_closed_form, shown=False),
        ),
        names=("kl_fake_real",),
    ),
)
