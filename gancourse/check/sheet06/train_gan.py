"""Sheet 06, an MLP GAN on images: the generator, the curves, the average of G, real digits."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
from torch import Tensor

from gancourse.check import facts, maps, twins
from gancourse.check.bench import Bench, Handle
from gancourse.check.spec import Draw, Exercise, Part, Wrong, timed
from gancourse.data import load_images

IMAGE = (1, 28, 28)

# 06.1: a generator of images


def _made(bench: Bench, cls: Handle, draw: Draw) -> tuple[Handle, int]:
    """Return a new generator of the learner's class, and its z_dim."""
    z_dim = draw.choice([8, 16, 24, 32])
    G = bench.call(cls, [z_dim], seed=draw.seed())
    if not isinstance(G, Handle) or G.kind != "module":
        raise Wrong(f"Generator(z_dim) should be a torch.nn.Module, and is {facts.describe(G)}.")
    return G, z_dim


def _images(bench: Bench, G: Handle, z: Tensor, train: bool = False) -> Tensor:
    return facts.tensor(bench.apply(G, z, train), (len(z), *IMAGE), "G(z)")


def generator_range(bench: Bench, cls: Handle, draw: Draw) -> None:
    G, z_dim = _made(bench, cls, draw)
    x = _images(bench, G, draw.normal(draw.integer(3, 9), z_dim), train=True)
    far = _images(bench, G, 30 * draw.normal(16, z_dim))  # drives the last layer to both ends
    x = torch.cat([x, far])
    if x.abs().max() > 1 + facts.EPS:
        raise Wrong(
            "G leaves [-1, 1], where no real pixel is: D would know it by that; end in tanh."
        )
    if x.min() > -0.1:
        raise Wrong(
            "No pixel gets below 0, but the background of the real images is -1: a sigmoid ends in "
            "[0, 1]; take tanh."
        )
    if x.max() < 0.1:
        raise Wrong("No pixel gets above 0, but the strokes of the real images are near +1.")


def generator_learns(bench: Bench, cls: Handle, draw: Draw) -> None:
    G, z_dim = _made(bench, cls, draw)
    z = draw.normal(32, z_dim)
    x = _images(bench, G, z)  # in evaluation mode: a bias before batch norm has an effect
    (grads,) = bench.call_with_grads(G, [z], [G], along=draw.normal(32, *IMAGE))["grads"]
    idle = [name for name, g in grads.items() if g is None or not g.any()]
    if not grads or idle:
        named = ", ".join(idle[:3]) or "there are none"
        raise Wrong(
            f"No gradient reaches some of G's weights ({named}): a layer that forward leaves out, "
            "or that is cut off, never learns."
        )
    other, state = bench.call(cls, [z_dim], seed=draw.seed()), bench.snapshot(G)
    bench.load(other, {**state["weights"], **state["buffers"]})
    if not facts.near(_images(bench, other, z), x, 1e-4):  # pixels are at most 1; sums of hundreds
        raise Wrong(
            "Two generators with the same parameters give different images: some layers are not "
            "registered (a Python list hides them from the optimiser) or draw noise of their own."
        )


def generator_norm(bench: Bench, cls: Handle, draw: Draw) -> None:
    G, z_dim = _made(bench, cls, draw)
    z, others = draw.normal(8, z_dim), draw.normal(8, z_dim)
    mixed = torch.cat([z[:1], others[1:]])
    before = bench.snapshot(G)["buffers"]
    first = [_images(bench, G, batch, train=True)[0] for batch in (z, z, mixed)]
    if not facts.near(first[0], first[1], 1e-4):
        raise Wrong("The same batch gave other images: all randomness of a generator is in z.")
    if facts.near(first[0], first[2], 1e-4):
        raise Wrong(
            "In training mode an image does not depend on its batch: there is no batch norm, or it "
            "is switched off."
        )
    if not facts.near(_images(bench, G, z)[0], _images(bench, G, mixed)[0], 1e-4):
        raise Wrong(
            "In evaluation mode an image still depends on its neighbours in the batch: batch norm "
            "should use its running mean and variance there."
        )
    if facts.all_near(bench.snapshot(G)["buffers"], before, 0.0):
        raise Wrong("Batch norm keeps no running mean and variance, which evaluation mode needs.")


def generator_uses_z(bench: Bench, cls: Handle, draw: Draw) -> None:
    G, z_dim = _made(bench, cls, draw)
    maps.check_map(bench, G, draw, z_dim, IMAGE)
    _images(bench, G, draw.normal(1, z_dim))


# 06.2: reading the curves

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


def _curves(bench: Bench, fn: Handle, real: Tensor, fake: Tensor) -> list:
    got = bench.call(fn, [real, fake])
    if isinstance(got, Tensor) and got.shape == (3,):
        got = list(got)
    if not isinstance(got, list) or len(got) != 3:
        raise Wrong(f"read_curves should return three numbers, and gave {facts.describe(got)}.")
    return got


def _curve_logits(draw: Draw) -> tuple[Tensor, Tensor]:
    n, shift = draw.integer(20, 60), draw.uniform(0.5, 1.5)
    return draw.normal(n, mean=shift, sd=2.0), draw.normal(n, mean=-shift / 2, sd=2.0)


def _judge_mean(got: object, which: int, own: Tensor, other: Tensor) -> None:
    own, other, what = own.double(), other.double(), CURVES[which]
    facts.diagnose(
        facts.number(got, what),
        own.sigmoid().mean().item(),
        facts.rounding(len(own)),
        {f"{what} {told}": wrong(own, other) for told, wrong in CURVE_MISTAKES.items()},
        f"{what} is not the mean of the probabilities sigmoid(logit).",
    )


def curve_real(bench: Bench, fn: Handle, draw: Draw) -> None:
    real, fake = _curve_logits(draw)
    _judge_mean(_curves(bench, fn, real, fake)[0], 0, real, fake)


def curve_fake(bench: Bench, fn: Handle, draw: Draw) -> None:
    real, fake = _curve_logits(draw)
    _judge_mean(_curves(bench, fn, real, fake)[1], 1, fake, real)


def _share(condition: Tensor) -> float:
    return condition.double().mean().item()


def _signs(draw: Draw, n: int, positive: int) -> Tensor:
    """Return n logits, `positive` of them above 0, none of them near 0."""
    size = 1 + draw.normal(n).abs()
    return torch.where(torch.arange(n) < positive, size, -size)


def curve_accuracy(bench: Bench, fn: Handle, draw: Draw) -> None:
    n = draw.integer(20, 60)
    real = _signs(draw, n, n - draw.integer(1, n // 4))
    fake = _signs(draw, n, n // 2 - draw.integer(1, n // 8))  # so that no two answers below agree
    real[0] = 0.3  # right, and below 1/2
    right = (_share(real > 0) + _share(fake < 0)) / 2
    facts.diagnose(
        facts.number(_curves(bench, fn, real, fake)[2], "The third number, D's accuracy,"),
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
        "This is D's share of errors, not of right answers.": 1 - right,
        "This counts right answers: divide by the number of samples.": right * len(both),
    }


def curve_far(bench: Bench, fn: Handle, draw: Draw) -> None:
    for size, dtype in ((1e4, torch.float32), (2.0, torch.float64)):
        real, fake = (size * x.to(dtype) for x in _curve_logits(draw))
        got = _curves(bench, fn, real, fake)
        _judge_mean(got[0], 0, real, fake)
        _judge_mean(got[1], 1, fake, real)


# 06.3: the moving average of G


@dataclass(frozen=True)
class Pair:
    """An average and its G, both in the bench, and the decay to use."""

    avg: twins.Twin
    G: twins.Twin
    decay: float

    def update(self, bench: Bench, fn: Handle) -> None:
        bench.call(fn, [self.avg.there, self.G.there, self.decay])

    def mixed(self, share: float, avg: dict | None = None) -> dict[str, Tensor]:
        """Return share * average + (1 - share) * G, by name."""
        ours, theirs = avg or self.avg.weights(), self.G.weights()
        return {name: share * ours[name] + (1 - share) * theirs[name] for name in ours}


def _state(draw: Draw, net: torch.nn.Module) -> dict[str, Tensor]:
    """Return random weights and buffers that fit the net: positive, for a variance is."""
    return {
        name: torch.tensor(draw.integer(3, 900)) if t.dim() == 0 else draw.normal(*t.shape).abs()
        for name, t in net.state_dict().items()
    }


def _pair(bench: Bench, draw: Draw) -> Pair:
    options = {"z_dim": 3, "widths": [6], "shape": [2], "norm": True}

    def settle(net: torch.nn.Module) -> None:
        net.load_state_dict(_state(draw, net))

    avg, G = (twins.twin(bench, draw, "generator/mlp", options, settle) for _ in range(2))
    return Pair(avg, G, draw.uniform(0.55, 0.95))


def _ema_moved(bench: Bench, pair: Pair) -> None:
    if twins.same_weights(bench, pair.avg):
        raise Wrong(
            "The average did not change: write into its parameters in place (mul_, add_, lerp_, "
            "copy_); a new tensor under an old name changes nothing in G_avg."
        )


# weights are of size 1: two products and a sum in float32 err by at most 2 eps
EMA_ROUNDING = 8 * facts.EPS


def ema_mixes(bench: Bench, fn: Handle, draw: Draw) -> None:
    pair = _pair(bench, draw)
    pair.update(bench, fn)
    _ema_moved(bench, pair)
    twins.judge_weights(
        bench.snapshot(pair.avg.there)["weights"],
        pair.mixed(pair.decay),
        EMA_ROUNDING,
        _ema_mistakes(pair),
        "The average is not decay * average + (1 - decay) * G in each of its parameters.",
    )


def _ema_mistakes(pair: Pair) -> dict[str, dict[str, Tensor]]:
    ours, theirs = pair.avg.weights(), pair.G.weights()
    return {
        "decay and 1 - decay have changed places: the average should remember, and move only by "
        "1 - decay towards G.": pair.mixed(1 - pair.decay),
        "This copies G: nothing of the past is left in the average.": theirs,
        "The two shares do not add up to 1: decay * average + (1 - decay) * G.": {
            name: ours[name] + (1 - pair.decay) * theirs[name] for name in ours
        },
        "This is the plain mean of the two, whatever the decay.": pair.mixed(0.5),
    }


def ema_leaves_g(bench: Bench, fn: Handle, draw: Draw) -> None:
    pair = _pair(bench, draw)
    pair.update(bench, fn)
    _ema_moved(bench, pair)
    now = bench.snapshot(pair.G.there)["buffers"]
    buffers_kept = facts.all_near(now, dict(pair.G.here.named_buffers()), 0.0)
    if not (twins.same_weights(bench, pair.G) and buffers_kept):
        raise Wrong("G itself changed: the average watches the training, it does not steer it.")


def ema_buffers(bench: Bench, fn: Handle, draw: Draw) -> None:
    pair = _pair(bench, draw)
    pair.update(bench, fn)
    _ema_moved(bench, pair)
    got = bench.snapshot(pair.avg.there)["buffers"]
    old, new = (dict(net.here.named_buffers()) for net in (pair.avg, pair.G))
    twins.judge_weights(
        got,
        new,
        0.0,  # a copy is exact
        {
            "The buffers stayed behind: batch norm's running mean and variance are no parameters, "
            "and the averaged G would normalise with old ones; copy them.": old
        },
        "The buffers are not G's: batch norm's running mean and variance are averages already, and "
        "its batch count is a whole number; copy all of them as they are.",
    )
    bench.load(pair.G.there, _state(draw, pair.G.here))
    if not facts.all_near(bench.snapshot(pair.avg.there)["buffers"], got, 0.0):
        raise Wrong("The average shares its buffers with G and changes with it: copy the numbers.")


def ema_twice(bench: Bench, fn: Handle, draw: Draw) -> None:
    pair = _pair(bench, draw)
    pair.update(bench, fn)
    first, state = pair.mixed(pair.decay), _state(draw, pair.G.here)
    bench.load(pair.G.there, state)
    if not facts.all_near(bench.snapshot(pair.avg.there)["weights"], first, EMA_ROUNDING):
        raise Wrong("The average shares its weights with G and changes with it: copy the numbers.")
    pair.G.here.load_state_dict(state)
    pair.update(bench, fn)
    want = pair.mixed(pair.decay, first)
    got = bench.snapshot(pair.avg.there)["weights"]
    twins.judge_weights(
        got, want, 2 * EMA_ROUNDING, {}, "After two updates the average is not the one expected."
    )


# 06.4: a whole GAN on real digits

Z_DIM, LIMIT = 32, 30.0
SMALL = (1, 14, 14)  # MNIST's size halved: a third of the time, and the digits stay readable
SURE = 0.9  # a digit counts as readable where the classifier gives its class at least this
# The bands. Measured with the three correct solutions of tests/quality/ex06_4.py, 10 runs each over
# all views, the worst of all 30: readable 0.42, 9 classes, spread 0.12 (the worked solution: 0.50,
# 9 and 0.09). Real digits of the test split have 0.78, 10 and 0.03; a Gaussian with the digits' own
# mean and covariance 0.28, 7 and 0.05; noise 0.04, 0 and 0.68.
READABLE, CLASSES, CLASS_SHARE, SPREAD = 0.35, 8, 0.01, 0.2
VIEWS: dict[str, Callable[[Tensor], Tensor]] = {
    "as they are": lambda x: x,
    "mirrored": lambda x: x.flip(3),
    "upside down": lambda x: x.flip(2),
    "transposed": lambda x: x.transpose(2, 3),
    "negative": lambda x: -x,
}


@dataclass(frozen=True)
class DigitReport:
    """How generated digits do: readable share, classes covered, distance of the statistics."""

    readable: float
    classes: int
    spread: float


def _features(x: Tensor) -> np.ndarray:
    return x.double().flatten(1).numpy()  # [N, 196]


def _real(view: str) -> tuple[Tensor, np.ndarray]:
    """Return the real digits [N, 1, 14, 14] in this view, and their classes."""
    found = load_images("digits")
    small = torch.nn.functional.avg_pool2d(found.scaled(), 2)
    return VIEWS[view](small).contiguous(), found.labels.numpy()


@cache
def _judges(view: str) -> tuple:
    """Return a classifier and a PCA of the real digits in this view, both fitted here."""
    from sklearn.decomposition import PCA
    from sklearn.linear_model import LogisticRegression

    x_real, labels = _real(view)
    x = _features(x_real)
    return LogisticRegression(max_iter=1000).fit(x, labels), PCA(16).fit(x), x


def _frechet(a: np.ndarray, b: np.ndarray) -> float:
    """Return the Frechet distance of two Gaussians, over the total variance of the first."""
    from scipy.linalg import sqrtm

    cov_a, cov_b = np.cov(a.T), np.cov(b.T)
    shift = np.square(a.mean(0) - b.mean(0)).sum()
    shape = np.trace(cov_a + cov_b - 2 * sqrtm(cov_a @ cov_b).real)
    return float((shift + shape) / np.trace(cov_a))


def digit_report(x: Tensor, view: str) -> DigitReport:
    """Return how images [N, 1, 14, 14] do against the real digits in this view."""
    classifier, pca, real = _judges(view)
    made = _features(x)
    chance = classifier.predict_proba(made)  # [N, 10]
    sure = chance.max(1) >= SURE
    share = np.bincount(chance.argmax(1)[sure], minlength=10) / len(x)
    distance = _frechet(pca.transform(real), pca.transform(made))
    return DigitReport(float(sure.mean()), int((share >= CLASS_SHARE).sum()), distance)


def _trained(bench: Bench, fn: Handle, draw: Draw, view: str) -> tuple[Handle, DigitReport]:
    seed = draw.seed()
    x_real, _ = _real(view)
    made = timed(bench, LIMIT, "train_gan", lambda: bench.call(fn, [x_real, seed], seed=seed))
    G = facts.net(made, "What train_gan returns")
    x = maps.samples(bench, G, draw.normal(1000, Z_DIM), SMALL)
    return G, digit_report(x, view)


def _first(bench: Bench, fn: Handle, draw: Draw) -> tuple[Handle, DigitReport]:
    return draw.once("training 1", lambda d: _trained(bench, fn, d, "as they are"))


def _check_readable(report: DigitReport) -> None:
    if report.readable < READABLE:
        raise Wrong(
            "Too few of your images can be read: a classifier of the real digits is sure (90 %) of "
            "fewer than 35 in 100. Do D and G step in turn, on fresh z, for enough steps?"
        )


def _check_classes(report: DigitReport) -> None:
    if report.classes < CLASSES:
        raise Wrong(
            "Mode collapse: fewer than 8 of the 10 digits appear (a digit counts with 1 readable "
            "image in 100)."
        )


def _check_spread(report: DigitReport) -> None:
    if report.spread > SPREAD:
        raise Wrong(
            "Your images do not vary as the real ones do: mean and covariance (of 16 principal "
            "components) are too far from the data's."
        )


def digits_readable(bench: Bench, fn: Handle, draw: Draw) -> None:
    _check_readable(_first(bench, fn, draw)[1])


def digits_classes(bench: Bench, fn: Handle, draw: Draw) -> None:
    _check_classes(_first(bench, fn, draw)[1])


def digits_spread(bench: Bench, fn: Handle, draw: Draw) -> None:
    _check_spread(_first(bench, fn, draw)[1])


def digits_map(bench: Bench, fn: Handle, draw: Draw) -> None:
    maps.check_map(bench, _first(bench, fn, draw)[0], draw, Z_DIM, SMALL)


def digits_again(bench: Bench, fn: Handle, draw: Draw) -> None:
    view = draw.choice([name for name in VIEWS if name != "as they are"])
    G, report = _trained(bench, fn, draw, view)
    for judge in (_check_readable, _check_classes, _check_spread):
        judge(report)
    maps.check_map(bench, G, draw, Z_DIM, SMALL)


EXERCISES = (
    Exercise(
        "06.1",
        "a generator of images",
        points=8,
        minutes=15,
        parts=(
            Part("images of the right shape and range", 2, generator_range),
            Part("every weight learns", 2, generator_learns),
            Part("batch norm, in training mode only", 2, generator_norm),
            Part("a map from z, for one image too", 2, generator_uses_z, shown=False),
        ),
        names=("Generator",),
    ),
    Exercise(
        "06.2",
        "reading the curves",
        points=6,
        minutes=10,
        parts=(
            Part("the mean of D(x)", 2, curve_real),
            Part("the mean of D(G(z))", 1, curve_fake),
            Part("D's accuracy", 2, curve_accuracy),
            Part("logits of 10,000, and float64", 1, curve_far, shown=False),
        ),
        names=("read_curves",),
    ),
    Exercise(
        "06.3",
        "the moving average of G",
        points=6,
        minutes=15,
        parts=(
            Part("the average moves a little towards G", 2, ema_mixes),
            Part("G is left alone", 1, ema_leaves_g),
            Part("the buffers follow G", 2, ema_buffers),
            Part("two updates, with G moving in between", 1, ema_twice, shown=False),
        ),
        names=("ema_update",),
    ),
    Exercise(
        "06.4",
        "a whole GAN on digits",
        points=12,
        minutes=40,
        parts=(
            Part("the digits can be read", 3, digits_readable, seconds=90.0),
            Part("the classes are covered", 2, digits_classes),
            Part("the images vary as the real ones", 2, digits_spread),
            Part("G is a map from z", 1, digits_map),
            Part("another training", 2, digits_again, shown=False, seconds=90.0),
            Part("a third training", 2, digits_again, shown=False, seconds=90.0),
        ),
        names=("train_gan",),
    ),
)
