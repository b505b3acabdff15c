"""Sheet 07, the parts of a DCGAN: the matrix, the sizes, batch norm, the first weights."""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F

from gancourse.check import facts
from gancourse.check.bench import Bench, Handle
from gancourse.check.spec import Draw, Exercise, Part, Wrong

# 07.1: a convolution as a matrix


def _matrix(w: Tensor, n: int, s: int, p: int) -> Tensor:
    """Return C [out * out, n * n] in float64, by torch's own layer on pictures of one pixel."""
    units = torch.eye(n * n, dtype=torch.float64).view(-1, 1, n, n)
    return F.conv2d(units, w.double()[None, None], stride=s, padding=p).flatten(1).T


MATRIX_MISTAKES: dict[str, Callable[[Tensor, int, int, int], Tensor]] = {
    "This is the matrix turned over: that is the transposed convolution. C has a row for each "
    "output and a column for each input.": lambda w, n, s, p: _matrix(w, n, s, p).T,
    "The kernel lies on the picture turned round: layers do not flip it, w[0, 0] meets the upper "
    "left pixel.": lambda w, n, s, p: _matrix(w.flip(0, 1), n, s, p),
    "Rows and columns of the kernel have changed places: w[i, j] belongs to row i and column j.": (
        lambda w, n, s, p: _matrix(w.T, n, s, p)
    ),
    "The padding is forgotten: the kernel may hang over the border by p pixels, which are 0.": (
        lambda w, n, s, p: _matrix(w, n, s, 0)
    ),
    "The stride is forgotten: the kernel moves on by s pixels.": (
        lambda w, n, s, p: _matrix(w, n, 1, p)
    ),
    "The outputs stand in another order: row by row, as flatten() reads a picture.": (
        lambda w, n, s, p: _columns_first(_matrix(w, n, s, p), 0)
    ),
    "The inputs stand in another order: row by row, as flatten() reads a picture.": (
        lambda w, n, s, p: _columns_first(_matrix(w, n, s, p), 1)
    ),
}


def _columns_first(C: Tensor, dim: int) -> Tensor:
    """Return C with the pixels along `dim` read column by column."""
    side = round(C.shape[dim] ** 0.5)
    return C.index_select(dim, torch.arange(side * side).view(side, side).T.flatten())


def _judge_matrix(bench: Bench, fn: Handle, w: Tensor, n: int, s: int, p: int) -> None:
    got, want = bench.call(fn, [w, n, s, p]), _matrix(w, n, s, p)
    for meaning, mistake in MATRIX_MISTAKES.items():
        other = mistake(w, n, s, p)
        if _same(got, other) and not _same(got, want):
            raise Wrong(meaning)
    C = facts.tensor(got, want.shape, "C")
    if not facts.near(C, want, 1e-6 * max(1.0, w.abs().max().item())):
        raise Wrong(
            "C times the flattened picture is not the convolution: column j should be what the "
            "layer makes of a picture whose pixel j is 1 and all others 0."
        )


def _same(got: object, want: Tensor) -> bool:
    """Tell whether `got` is a tensor of that shape with those numbers."""
    return isinstance(got, Tensor) and got.shape == want.shape and facts.near(got, want, 1e-6)


def matrix_by_hand(bench: Bench, fn: Handle, draw: Draw) -> None:
    _judge_matrix(bench, fn, draw.normal(3, 3), 4, 1, 0)


def matrix_strided(bench: Bench, fn: Handle, draw: Draw) -> None:
    k, s, p = draw.choice([(3, 2, 1), (4, 2, 1), (2, 2, 1), (5, 2, 2)])
    _judge_matrix(bench, fn, draw.normal(k, k), draw.choice([5, 6]), s, p)


def matrix_transposed(bench: Bench, fn: Handle, draw: Draw) -> None:
    """With a remainder that the stride leaves at the border, which no output reads."""
    w, y = draw.normal(3, 3), draw.normal(3, 3)
    C = facts.tensor(bench.call(fn, [w, 8, 3, 1]), (9, 64), "C")
    layer = {"stride": 3, "padding": 1, "output_padding": 1}
    want = F.conv_transpose2d(y[None, None].double(), w[None, None].double(), **layer)[0, 0]
    if not facts.near((C.T @ y.double().flatten()).view(8, 8), want, 1e-5):
        raise Wrong("C turned over is not the transposed convolution: a column is misplaced.")


# 07.2: from a side to a larger one


def _layer(value: object) -> tuple[int, int, int]:
    """Return kernel, stride and padding; Wrong unless they are three whole numbers."""
    if isinstance(value, Tensor) and value.shape == (3,):
        value = list(value)
    if not isinstance(value, list) or len(value) != 3:
        raise Wrong(f"The answer should be three numbers k, s, p, and is {facts.describe(value)}.")
    found = [facts.number(v, name) for v, name in zip(value, "ksp", strict=True)]
    if any(v != round(v) for v in found):
        raise Wrong(
            "k, s and p are whole numbers; k - s must be even, for half of it is cut off at either "
            "end."
        )
    k, s, p = map(round, found)
    if k < 1 or s < 1 or p < 0:
        raise Wrong("A kernel and a stride are at least 1, and a padding is not below 0.")
    return k, s, p


def _upsampler(bench: Bench, fn: Handle, n: int, m: int) -> tuple[int, int, int]:
    return _layer(bench.call(fn, [n, m]))


def _judge_size(k: int, s: int, p: int, n: int, m: int) -> None:
    """Raise Wrong unless torch's own layer makes m of n."""
    side = (n - 1) * s - 2 * p + k
    if side == m:
        return
    if (m + 2 * p - k) // s + 1 == n and side < m:
        raise Wrong(
            f"A convolution takes {m} to {n} with these, but the way back stops at {side}: the "
            "stride rounds down, so solve (n - 1) s - 2p + k = m."
        )
    if (n + 2 * p - k) // s + 1 == m:
        raise Wrong(
            f"A convolution takes {n} to {m} with these. The layer here is a transposed one, and "
            f"makes {side}: (n - 1) s - 2p + k."
        )
    raise Wrong(
        f"A transposed convolution with k = {k}, s = {s}, p = {p} makes {side} of {n}, not {m}: "
        "its side is (n - 1) s - 2p + k."
    )


def sizes_double(bench: Bench, fn: Handle, draw: Draw) -> None:
    for n in (7, 14, draw.integer(3, 30)):
        _judge_size(*_upsampler(bench, fn, n, 2 * n), n, 2 * n)


def sizes_larger(bench: Bench, fn: Handle, draw: Draw) -> None:
    for s in (3, 4, 5):
        n = draw.integer(4, 12)
        _judge_size(*_upsampler(bench, fn, n, s * n), n, s * n)


def _judge_overlap(k: int, s: int, p: int, n: int, wanted: int) -> None:
    if s != wanted:
        raise Wrong(f"For {wanted} times the side the stride should be {wanted}, and yours is {s}.")
    if k % s:
        raise Wrong(
            f"Checkerboard: with k = {k} and s = {s} some pixels are fed {-(-k // s)} times, "
            f"others {k // s} (along a row): the stride must divide the kernel."
        )
    if k < 2 * s:
        raise Wrong(
            f"With k = s = {k} the stamps only touch: no pixel is fed by two inputs, and each "
            "input paints a tile of its own. Take a larger multiple of s."
        )
    counts = F.conv_transpose1d(torch.ones(1, 1, n), torch.ones(1, 1, k), stride=s, padding=p)[0, 0]
    half = counts[len(counts) // 4 : -(len(counts) // 4)]
    if half.min() < half.max():
        raise Wrong(
            f"k = {k} is so large for {n} inputs that the border, where some are missing, reaches "
            "the middle half: take a smaller multiple of s."
        )


def sizes_overlap(bench: Bench, fn: Handle, draw: Draw) -> None:
    for wanted in (2, 3, 4, 5):
        n = draw.integer(8, 12)
        k, s, p = _upsampler(bench, fn, n, wanted * n)
        _judge_size(k, s, p, n, wanted * n)
        _judge_overlap(k, s, p, n, wanted)


def sizes_six(bench: Bench, fn: Handle, draw: Draw) -> None:
    for wanted in (6, 7):
        n = draw.integer(8, 12)
        k, s, p = _upsampler(bench, fn, n, wanted * n)
        _judge_size(k, s, p, n, wanted * n)
        _judge_overlap(k, s, p, n, wanted)


# 07.3: batch norm, in both modes

EPS = 1e-5
Normed = tuple[Tensor, Tensor, Tensor]  # y, the running mean, the running variance
SHARE = 0.1


def _norm(x: Tensor, mean: Tensor, var: Tensor, eps: float = EPS) -> Tensor:
    return (x - mean.view(-1, 1, 1)) / (var.view(-1, 1, 1) + eps).sqrt()


def _moments(x: Tensor, dims=(0, 2, 3)) -> tuple[Tensor, Tensor, Tensor]:
    return x.mean(dims), x.var(dims, correction=0), x.var(dims, correction=1)


def _averaged(x: Tensor, mean: Tensor, var: Tensor, share: float = SHARE) -> tuple:
    new, _, unbiased = _moments(x)
    return (1 - share) * mean + share * new, (1 - share) * var + share * unbiased


OUTPUT_MISTAKES: dict[str, Callable[[Tensor, Tensor, Tensor], Tensor]] = {
    "In training mode batch norm uses the batch's own mean and variance, and this uses the running "
    "ones.": lambda x, mean, var: _norm(x, mean, var),
    "This divides by the unbiased variance: the normalised batch should have variance 1 as it is, "
    "so divide by N H W.": lambda x, mean, var: _norm(x, _moments(x)[0], _moments(x)[2]),
    "The root is missing: divide by the standard deviation, not by the variance.": (
        lambda x, mean, var: (
            (x - _moments(x)[0].view(-1, 1, 1)) / (_moments(x)[1].view(-1, 1, 1) + EPS)
        )
    ),
    "One mean and one variance for all channels: each channel has its own.": (
        lambda x, mean, var: (x - x.mean()) / (x.var(correction=0) + EPS).sqrt()
    ),
    "Each picture is normalised by itself: that is instance norm; batch norm averages over the "
    "batch too.": lambda x, mean, var: (
        (x - x.mean((2, 3), keepdim=True)) / (_spread(x, (2, 3)) + EPS).sqrt()
    ),
    "Each picture is normalised over its channels and pixels: that is layer norm.": (
        lambda x, mean, var: (
            (x - x.mean((1, 2, 3), keepdim=True)) / (_spread(x, (1, 2, 3)) + EPS).sqrt()
        )
    ),
    "Each pixel has a mean of its own here: a channel shares one, over the batch and all pixels.": (
        lambda x, mean, var: (x - x.mean(0)) / (_spread(x, (0,)) + EPS).sqrt()
    ),
    "The running averages are moved first and then used: in training mode use the batch's own "
    "mean and variance.": lambda x, mean, var: _norm(x, *_averaged(x, mean, var)),
    "The mean is not taken off.": lambda x, mean, var: _norm(x, 0 * mean, _moments(x)[1]),
    "The variance is not divided out.": lambda x, mean, var: x - _moments(x)[0].view(-1, 1, 1),
}


def _spread(x: Tensor, dims: tuple[int, ...]) -> Tensor:
    return x.var(dims, correction=0, keepdim=True)


def _normed(bench: Bench, fn: Handle, x: Tensor, mean: Tensor, var: Tensor, training: bool) -> list:
    got = bench.call(fn, [x, mean, var, training])
    if not isinstance(got, list) or len(got) != 3:
        raise Wrong(
            "batch_norm should return three tensors, the output, the running mean and the running "
            f"variance, and gave {facts.describe(got)}."
        )
    return got


def _tolerance(x: Tensor) -> float:
    """Rounding of a sum over all of x, in units of a number of size 1 after the division."""
    return facts.rounding(x.numel() // x.shape[1], 1 + x.abs().max().item())


def _batch(draw: Draw, shift: float = 1.0) -> tuple[Tensor, Tensor, Tensor]:
    """Return a small batch [N, C, H, W] whose channels differ, and running averages."""
    N, C = draw.integer(2, 4), draw.integer(2, 4)
    x = draw.normal(N, C, 2, 3) + draw.normal(N, 1, 1, 1)
    x = x * (0.5 + draw.normal(C, 1, 1).abs()) + shift * (1 + draw.normal(C, 1, 1).abs())
    return x, draw.normal(C), 0.5 + draw.normal(C).abs()


def _as_double(*tensors: Tensor) -> list[Tensor]:
    return [t.double() for t in tensors]


def norm_trains(bench: Bench, fn: Handle, draw: Draw) -> None:
    state = _batch(draw)
    y = facts.tensor(_normed(bench, fn, *state, True)[0], state[0].shape, "The output")
    x, mean, var = _as_double(*state)
    facts.diagnose(
        y,
        _norm(x, *_moments(x)[:2]),
        _tolerance(x),
        {meaning: f(x, mean, var) for meaning, f in OUTPUT_MISTAKES.items()},
        "The output in training mode is not (x - mean) / sqrt(var + eps), with each channel's own "
        "mean and variance over the batch and its pixels.",
    )


MEAN_MISTAKES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "The running mean has not moved: in training mode it goes a tenth of the way.": (
        lambda old, new: old
    ),
    "The running mean is the last batch's: it keeps nine tenths of what it was.": (
        lambda old, new: new
    ),
    "The shares of the running mean have changed places: nine tenths stay, a tenth is new.": (
        lambda old, new: SHARE * old + (1 - SHARE) * new
    ),
    "The shares of the running mean do not add up to 1.": lambda old, new: old + SHARE * new,
}
VAR_MISTAKES: dict[str, Callable[[Tensor, Tensor, Tensor], Tensor]] = {
    "The running variance has not moved: in training mode it goes a tenth of the way.": (
        lambda old, biased, unbiased: old
    ),
    "The running variance averages the biased variance, which is too small by 1 - 1/(N H W): it "
    "stands for other data, so it takes the unbiased one.": (
        lambda old, biased, unbiased: (1 - SHARE) * old + SHARE * biased
    ),
    "The running variance averages standard deviations: take the variance itself.": (
        lambda old, biased, unbiased: (1 - SHARE) * old + SHARE * unbiased.sqrt()
    ),
    "The running variance is the last batch's: it keeps nine tenths of what it was.": (
        lambda old, biased, unbiased: unbiased
    ),
    "The shares of the running variance have changed places: nine tenths stay, a tenth is new.": (
        lambda old, biased, unbiased: SHARE * old + (1 - SHARE) * unbiased
    ),
    "The shares of the running variance do not add up to 1.": (
        lambda old, biased, unbiased: old + SHARE * unbiased
    ),
}


def norm_averages(bench: Bench, fn: Handle, draw: Draw) -> None:
    state = _batch(draw)
    got = _normed(bench, fn, *state, True)
    x, mean, var = _as_double(*state)
    new, biased, unbiased = _moments(x)
    want = _averaged(x, mean, var)
    facts.diagnose(
        facts.tensor(got[1], mean.shape, "The running mean"), want[0], _tolerance(x),
        {meaning: f(mean, new) for meaning, f in MEAN_MISTAKES.items()},
        "The running mean is not nine tenths of the old one and a tenth of the batch's.",
    )  # fmt: skip
    facts.diagnose(
        facts.tensor(got[2], var.shape, "The running variance"), want[1],
        _tolerance(x.square()),
        {meaning: f(var, biased, unbiased) for meaning, f in VAR_MISTAKES.items()},
        "The running variance is not nine tenths of the old one and a tenth of the batch's "
        "(the unbiased one).",
    )  # fmt: skip


def norm_evaluates(bench: Bench, fn: Handle, draw: Draw) -> None:
    state = _batch(draw)
    got = _normed(bench, fn, *state, False)
    x, mean, var = _as_double(*state)
    facts.diagnose(
        facts.tensor(got[0], x.shape, "The output"),
        _norm(x, mean, var),
        _tolerance(x),
        {
            "In evaluation mode the batch still takes part: use the running mean and variance, so "
            "that a sample depends on itself alone.": _norm(x, *_moments(x)[:2]),
            "Evaluation mode uses running averages that have moved: this batch takes part in "
            "them.": _norm(x, *_averaged(x, mean, var)),
        },
        "The output in evaluation mode is not (x - running mean) / sqrt(running variance + eps).",
    )
    for value, old, name in ((got[1], mean, "mean"), (got[2], var, "variance")):
        if not facts.near(facts.tensor(value, old.shape, f"The running {name}"), old, 1e-6):
            raise Wrong(
                f"The running {name} moved in evaluation mode: test data must leave no trace."
            )


def norm_far(bench: Bench, fn: Handle, draw: Draw) -> None:
    """Far from 0, in float32, and one picture in evaluation mode, whose variance is no matter."""
    x, mean, var = _batch(draw, shift=3000.0)
    y = _normed(bench, fn, x, mean, var, True)[0]
    want = _norm(x.double(), *_moments(x.double())[:2])
    if not (isinstance(y, Tensor) and y.shape == x.shape and facts.near(y, want, 0.05)):
        raise Wrong(
            "Around a mean of thousands the output is wrong: E[x^2] - E[x]^2 takes two huge "
            "numbers apart, and float32 keeps seven digits; average (x - mean)^2."
        )
    one = draw.normal(1, len(mean), 1, 1)
    y = facts.tensor(_normed(bench, fn, one, mean, var, False)[0], one.shape, "The output")
    if not facts.near(y, _norm(*_as_double(one, mean, var)), 1e-4):
        raise Wrong("One picture of one pixel, in evaluation mode, is not normalised as others.")


def norm_constant(bench: Bench, fn: Handle, draw: Draw) -> None:
    """A channel that is the same everywhere, and one that hardly differs: eps decides."""
    x = torch.full((3, 2, 2, 2), 0.5)
    x[:, 1] += 1e-3 * draw.normal(3, 2, 2)
    y = _normed(bench, fn, x, torch.zeros(2), torch.ones(2), True)[0]
    if isinstance(y, Tensor) and not y.isfinite().all():
        raise Wrong(
            "A channel that is the same everywhere gives NaN or inf, 0 / 0: add eps below the root."
        )
    d = x.double()
    mean, var, _ = (m.view(-1, 1, 1) for m in _moments(d))
    mistakes = {
        "eps stands outside of the root: sqrt(var + eps), not sqrt(var) + eps.": (
            (d - mean) / (var.sqrt() + EPS)
        ),
        "eps is squared, or another one: add 1e-5 to the variance.": _norm(
            d, *_moments(d)[:2], eps=EPS**2
        ),
    }
    facts.diagnose(
        facts.tensor(y, x.shape, "The output"), _norm(d, *_moments(d)[:2]), 2e-3, mistakes,
        "Where the variance is about eps, the output is not (x - mean) / sqrt(var + 1e-5).",
    )  # fmt: skip


# 07.4: the first weights of a transposed convolution


def _sd(c_in: int, c_out: int, k: int, s: int, a: float) -> float:
    return (2 * s * s / ((1 + a * a) * c_in * k * k)) ** 0.5


SD_MISTAKES: dict[str, Callable[[int, int, int, int, float], float]] = {
    "The stride is forgotten: the k^2 weights of a stamp go to different outputs, and each output "
    "gets k^2 / s^2 of them from a channel.": lambda i, o, k, s, a: _sd(i, o, k, 1, a),
    "The stride counts in both directions: an output gets k^2 / s^2 products from a channel, not "
    "k^2 / s.": lambda i, o, k, s, a: _sd(i, o, k, 1, a) * s**0.5,
    "This counts the output's channels, as a gradient's way back would: an output adds up over the "
    "input's channels.": lambda i, o, k, s, a: _sd(o, i, k, s, a),
    "This counts the output's channels and forgets the stride, as PyTorch's own initialisers do "
    "here: an output adds up c_in k^2 / s^2 products.": lambda i, o, k, s, a: _sd(o, i, k, 1, a),
    "The slope is forgotten: LeakyReLU keeps (1 + a^2) / 2 of the mean square, more than ReLU's "
    "half.": lambda i, o, k, s, a: _sd(i, o, k, s, 0.0),
    "The 2 is missing: the kinked function lets only (1 + a^2) / 2 of the mean square through.": (
        lambda i, o, k, s, a: _sd(i, o, k, s, a) / 2**0.5
    ),
    "The kinked function is forgotten: LeakyReLU keeps (1 + a^2) / 2 of the mean square.": (
        lambda i, o, k, s, a: _sd(i, o, k, s, 1.0)
    ),
    "This is the variance of the weights: take the root.": lambda i, o, k, s, a: (
        _sd(i, o, k, s, a) ** 2
    ),
    "The slope counts squared in a mean square: (1 + a^2) / 2, not (1 + a) / 2.": (
        lambda i, o, k, s, a: _sd(i, o, k, s, a**0.5)
    ),
    "A kernel has k^2 weights for each channel, not k.": (
        lambda i, o, k, s, a: _sd(i, o, k, s, a) * k**0.5
    ),
    "This keeps the mean square of the gradients on their way back, or counts both ways: here it "
    "is that of the outputs.": lambda i, o, k, s, a: (
        (4 * s * s / ((1 + a * a) * (i + o) * k * k)) ** 0.5
    ),
}


def _judge_sd(bench: Bench, fn: Handle, layer: tuple[int, int, int, int, float]) -> None:
    want = _sd(*layer)
    facts.diagnose(
        facts.number(bench.call(fn, list(layer)), "The sd"),
        want,
        1e-4 * want,
        {meaning: f(*layer) for meaning, f in SD_MISTAKES.items()},
        "With weights of this sd the mean square after LeakyReLU is not that of the input.",
    )


def _channels(draw: Draw) -> tuple[int, int]:
    """Return two numbers of channels that differ by other factors than strides and kernels."""
    return draw.choice([96, 128, 160]), draw.choice([7, 11, 13, 17])


def sd_leaky(bench: Bench, fn: Handle, draw: Draw) -> None:
    for k, s in ((6, 3), (4, 2)):
        _judge_sd(bench, fn, (*_channels(draw), k, s, draw.uniform(0.3, 0.6)))


def sd_relu(bench: Bench, fn: Handle, draw: Draw) -> None:
    k, s = draw.choice([(6, 3), (9, 3), (8, 4)])
    _judge_sd(bench, fn, (*_channels(draw), k, s, 0.0))


def sd_other(bench: Bench, fn: Handle, draw: Draw) -> None:
    """No kink at all; a stride of 1; stamps that only touch."""
    for k, s, a in ((4, 2, 1.0), (3, 1, 0.2), (3, 3, 0.2)):
        _judge_sd(bench, fn, (*_channels(draw), k, s, a))


EXERCISES = (
    Exercise(
        "07.1",
        "a convolution as a matrix",
        points=6,
        minutes=15,
        parts=(
            Part("a 3 x 3 kernel on a 4 x 4 picture", 2, matrix_by_hand),
            Part("with stride and padding", 3, matrix_strided),
            Part("its transpose", 1, matrix_transposed, shown=False),
        ),
        names=("conv_matrix",),
    ),
    Exercise(
        "07.2",
        "choosing kernel, stride, padding",
        points=6,
        minutes=15,
        parts=(
            Part("twice the side", 2, sizes_double),
            Part("three, four and five times the side", 1, sizes_larger),
            Part("even overlaps", 2, sizes_overlap),
            Part("six and seven times the side", 1, sizes_six, shown=False),
        ),
        names=("upsampler",),
    ),
    Exercise(
        "07.3",
        "batch norm in both modes",
        points=9,
        minutes=20,
        parts=(
            Part("training: the output", 2, norm_trains),
            Part("training: the running averages", 2, norm_averages),
            Part("evaluation", 2, norm_evaluates),
            Part("a channel that hardly varies", 1, norm_constant),
            Part("far from 0, and a batch of one", 2, norm_far, shown=False),
        ),
        names=("batch_norm",),
    ),
    Exercise(
        "07.4",
        "the first weights of G",
        points=6,
        minutes=15,
        parts=(
            Part("with LeakyReLU", 3, sd_leaky),
            Part("with ReLU", 2, sd_relu),
            Part("no kink, stride 1, no overlap", 1, sd_other, shown=False),
        ),
        names=("weight_sd",),
    ),
)
