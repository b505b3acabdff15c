"""Exercise 07.3: batch norm, in both modes."""

from collections.abc import Callable

import torch
from torch import Tensor

from gancourse.check import facts
from gancourse.check.spec import Again, Draw, Exercise, Part, Wrong
from gancourse.check.student import Handle, Student

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


def _normed(
    student: Student, fn: Handle, x: Tensor, mean: Tensor, var: Tensor, training: bool
) -> list:
    got = student.call(fn, [x, mean, var, training])
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


def norm_trains(student: Student, fn: Handle, draw: Draw) -> None:
    """A batch, and one picture alone, whose pixels are a batch still."""
    x, mean, var = _batch(draw)
    _judge_training(student, fn, (x, mean, var))
    y = facts.tensor(_normed(student, fn, x[:1], mean, var, True)[0], x[:1].shape, "The output")
    if facts.near(y, _norm(*_as_double(x[:1], mean, var)), _tolerance(x)):
        raise Wrong(
            "In training mode one picture is normalised by the running averages: its pixels are a "
            "batch too, with a mean and a variance of their own."
        )
    _judge_training(student, fn, (x[:1], mean, var))


def _judge_training(student: Student, fn: Handle, state: tuple) -> None:
    y = facts.tensor(_normed(student, fn, *state, True)[0], state[0].shape, "The output")
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


def norm_averages(student: Student, fn: Handle, draw: Draw) -> None:
    x, mean, var = _batch(draw)
    _judge_averages(student, fn, (x, mean, var))
    _judge_averages(student, fn, (x[:1], mean, var))


def _judge_averages(student: Student, fn: Handle, state: tuple) -> None:
    got = _normed(student, fn, *state, True)
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


def norm_evaluates(student: Student, fn: Handle, draw: Draw) -> None:
    state = _batch(draw)
    got = _normed(student, fn, *state, False)
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


def norm_alone(student: Student, fn: Handle, draw: Draw) -> None:
    """One picture of one pixel in evaluation mode: its own variance, which is 0, is no matter."""
    _, mean, var = _batch(draw)
    one = draw.normal(1, len(mean), 1, 1)
    y = facts.tensor(_normed(student, fn, one, mean, var, False)[0], one.shape, "The output")
    if not facts.near(y, _norm(*_as_double(one, mean, var)), 1e-4):
        raise Wrong("One picture of one pixel, in evaluation mode, is not normalised as others.")


def norm_far(student: Student, fn: Handle, draw: Draw) -> None:
    """Means in the thousands, in float32; the cause is named where common means go well."""
    x, mean, var = _batch(draw, shift=5000.0)
    if _is_normed(student, fn, x, mean, var):
        return
    if not _is_normed(student, fn, x - x.mean((0, 2, 3), keepdim=True), mean, var):
        raise Wrong("Around a mean of thousands the output is as wrong as around any other.")
    raise Wrong(
        "Around a mean of thousands the output is wrong: E[x^2] - E[x]^2 takes two huge numbers "
        "apart, and float32 keeps seven digits; average (x - mean)^2."
    )


def _is_normed(student: Student, fn: Handle, x: Tensor, mean: Tensor, var: Tensor) -> bool:
    """Tell whether the output in training mode is right, to the digits that huge means leave."""
    y = _normed(student, fn, x, mean, var, True)[0]
    want = _norm(x.double(), *_moments(x.double())[:2])
    return isinstance(y, Tensor) and y.shape == x.shape and facts.near(y, want, 0.05)


def norm_constant(student: Student, fn: Handle, draw: Draw) -> None:
    """A channel that is the same everywhere, and one that hardly differs: eps decides."""
    x = torch.full((3, 2, 2, 2), 0.5)
    x[:, 1] += 1e-3 * draw.normal(3, 2, 2)
    y = _normed(student, fn, x, torch.zeros(2), torch.ones(2), True)[0]
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


def norm_small(student: Student, fn: Handle, draw: Draw) -> None:
    """Evaluation with running variances of 0, of eps, and below: eps decides there, too."""
    var = torch.tensor([0.0, 1e-5, 1e-6, 1e-7]) * draw.uniform(0.9, 1.1)
    mean, x = draw.normal(4), draw.normal(2, 4, 2, 3)
    x = mean.view(-1, 1, 1) + 3e-3 * x
    y = _normed(student, fn, x, mean, var, False)[0]
    if isinstance(y, Tensor) and not y.isfinite().all():
        raise Wrong(
            "Evaluation with a running variance of 0 gives NaN or inf: add eps below the root."
        )
    x, mean, var = _as_double(x, mean, var)
    facts.diagnose(
        facts.tensor(y, x.shape, "The output"),
        _norm(x, mean, var),
        5e-3,
        {
            "In evaluation mode eps stands outside of the root: sqrt(running variance + eps).": (
                (x - mean.view(-1, 1, 1)) / (var.view(-1, 1, 1).sqrt() + EPS)
            )
        },
        "Where the running variance is about eps, the output in evaluation mode is not "
        "(x - running mean) / sqrt(running variance + 1e-5).",
    )


def norm_hardly(student: Student, fn: Handle, draw: Draw) -> None:
    norm_constant(student, fn, draw)
    norm_small(student, fn, draw)


def norm_in_evaluation(student: Student, fn: Handle, draw: Draw) -> None:
    norm_evaluates(student, fn, draw)
    norm_alone(student, fn, draw)


OUT, AVERAGES = "training: the output", "training: the running averages"
EVALUATION = "evaluation"
HARDLY, FAR = "a channel that hardly varies", "means in the thousands"
EXERCISE = Exercise(
    "07.3",
    "batch norm in both modes",
    points=9,
    minutes=20,
    parts=(
        Part(OUT, 2, norm_trains),
        Part(AVERAGES, 2, norm_averages),
        Part(EVALUATION, 2, norm_in_evaluation),
        Part(HARDLY, 1, norm_hardly),
        Part(FAR, 1, norm_far),
        Part(
            "other batches",
            1,
            Again((norm_trains, norm_averages, norm_in_evaluation, norm_hardly, norm_far)),
            shown=False,
        ),
    ),
    names=("batch_norm",),
    withheld=(
        "torch.nn.functional.batch_norm",
        "torch.batch_norm",
        "torch.native_batch_norm",
    ),
    promises=(
        ("Normalise `x [N, C, H, W]`", OUT),
        ("whose means may be in the thousands", FAR),
        ("with `eps = 1e-5` below the root", HARDLY),
        ("the output and both running averages, each `[C]`", AVERAGES),
        ("Training: use the batch's own moments", OUT),
        ("move the averages a tenth of the way", AVERAGES),
        ("the variance to the unbiased one", AVERAGES),
        ("Evaluation: use the averages, leave them alone", EVALUATION),
    ),
)
