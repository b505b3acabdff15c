"""Exercise 01.3: what moves G."""

from collections.abc import Callable

import torch
from torch import Tensor

from gancourse.check import facts, twins
from gancourse.check.spec import Again, Draw, Exercise, Part, Wrong
from gancourse.check.student import Handle, Student

SURE = 8.0  # the largest logit of a common D: 1 - sigmoid still has digits there
NOT_FINITE = (
    "Where D is sure (logits up to 100) the slopes are NaN or inf: 1 - sigmoid(l) is exactly 0 in "
    "float32 from l = 17 on, and e^l infinite from 89 on; log(1 - D) is -softplus(l), with slope "
    "-D."
)
OTHERS = (
    "Where D is sure (logits up to 100) the slopes are others than those of log(1 - D), which is "
    "-softplus(l), with slope -D. A clamp or an epsilon has slope 0 there; other slips show at "
    "common logits, too."
)


def _sharper(D: torch.nn.Module, x: Tensor) -> None:
    """Make D decided at x [N, 1], but nowhere surer than a logit of SURE."""
    for weight in D.parameters():
        weight *= 2.5
    largest = D(x).abs().max()
    if largest > SURE:
        for weight in D.body[-1].parameters():
            weight *= SURE / largest


def _sure(draw: Draw, x: Tensor) -> Callable[[torch.nn.Module], None]:
    """Return a change that makes D sure at x [N, 1], of most samples that they are real.

    Half of its logits are 30 or more: from 17 on a sigmoid is exactly 1. The largest is 92 at
    least: e^l is infinite from 89 on.
    """
    largest = draw.uniform(92.0, 100.0)

    def change(D: torch.nn.Module) -> None:
        head = D.body[-1]
        head.bias -= D(x).median() if len(x) > 1 else 0
        sign = 1 if D(x).max() > -D(x).min() else -1
        head.weight *= sign
        head.bias *= sign
        scale = (largest - 30.0) / D(x).abs().max().clamp(min=1e-3)
        head.weight *= scale
        head.bias *= scale
        head.bias += 30.0

    return change


def _slopes(D: torch.nn.Module, m: Tensor, s: Tensor, z: Tensor, of=None) -> Tensor:
    """Return the slopes by m and s, [2], of the mean of `of` (log(1 - D) unless given)."""
    of = of or (lambda logit: -torch.nn.functional.softplus(logit))
    m, s = m.double().requires_grad_(), s.double().requires_grad_()
    return torch.stack(torch.autograd.grad(of(D(m + s * z.double())).mean(), (m, s)))


def _mean_share(D: torch.nn.Module, m: Tensor, s: Tensor, z: Tensor) -> Tensor:
    """Return the mean probability that D gives to G's samples."""
    return torch.sigmoid(D((m + s * z).double())).mean()


def _of_the_mean(*given) -> Tensor:
    """Return the slopes of log(1 - mean D)."""
    return _slopes(*given, torch.sigmoid) / (_mean_share(*given) - 1)


def _z_of_others(D: torch.nn.Module, m: Tensor, s: Tensor, z: Tensor) -> Tensor:
    """Return the slopes where each sample's meets the z of every sample: [N] times [N, 1]."""
    by_m = _slopes(D, m, s, z)[0]
    return torch.stack([by_m, by_m * z.double().mean()])


def _share_of_others(*given) -> Tensor:
    """Return the slopes where each logit's slope [N, 1] meets the D(x) of every sample, [N]."""
    return -_mean_share(*given) * _slopes(*given, lambda logit: logit)


G_MISTAKES = {
    "This is the way G walks, downhill: the slope of V itself has the other sign.": (
        lambda *given: -_slopes(*given)
    ),
    "This sums over the batch: V is an expectation, so its slope is a mean.": (
        lambda *given: len(given[3]) * _slopes(*given)
    ),
    "The factor D(G(z)) is missing: log(1 - D) has the slope -D times that of the logit.": (
        lambda *given: _slopes(*given, lambda logit: -logit)
    ),
    "This is the slope of -log D(G(z)), another loss: V contains log(1 - D(G(z))).": (
        lambda *given: _slopes(*given, lambda logit: torch.nn.functional.softplus(-logit))
    ),
    "This is the slope of log D(G(z)), another loss: V contains log(1 - D(G(z))).": (
        lambda *given: _slopes(*given, torch.nn.functional.logsigmoid)
    ),
    "This is the slope of the logit: V contains log(1 - D(G(z))), whose slope has the factor -D.": (
        lambda *given: _slopes(*given, lambda logit: logit)
    ),
    "This is the slope of 1 - D(G(z)): the logarithm in V is missing.": (
        lambda *given: _slopes(*given, lambda logit: 1 - logit.sigmoid())
    ),
    "The logarithm is taken of the mean: V averages logarithms, one for each sample.": _of_the_mean,
    "This is the slope of D(G(z)): the logarithm in V is missing.": (
        lambda *given: _slopes(*given, torch.sigmoid)
    ),
    "Each sample's slope meets the z of all samples: [N] times [N, 1] is [N, N]. A mean outside "
    "of the product does the same. Bring both to one shape, then average.": _z_of_others,
    "Each sample's D(G(z)) meets the slopes of all samples: [N] times [N, 1] is [N, N]. Bring both "
    "to one shape first.": _share_of_others,
    "The logit was taken for the probability: D(x) is its sigmoid.": (
        lambda *given: _slopes(*given, lambda logit: (1 - logit).abs().log())
    ),
}
NO_CHAIN = (
    "Both slopes are the same: s multiplies z, so the chain rule puts a z under the mean of the "
    "slope by s."
)


def _pair(got: object) -> Tensor:
    """Return the two slopes, [2]: from a tensor of shape [2], or from two numbers."""
    if isinstance(got, list) and len(got) == 2:
        return torch.tensor([facts.number(g, "Each slope") for g in got], dtype=torch.float64)
    return facts.tensor(got, [2], "What g_slopes returns")


def _generator(draw: Draw) -> tuple[Tensor, Tensor, Tensor]:
    """Return m, s and z [N, 1]."""
    m, s = draw.normal(), torch.tensor(draw.uniform(0.5, 1.5) * draw.choice([-1, 1]))
    return m, s, draw.normal(draw.integer(8, 40), 1)


def _discriminator(student: Student, draw: Draw, change: Callable) -> twins.Twin:
    return twins.twin(student, draw, "discriminator/mlp", {"widths": [8], "shape": [1]}, change)


def _judge_slopes(student: Student, fn: Handle, draw: Draw, which: tuple[int, ...]) -> None:
    m, s, z = _generator(draw)
    D = _discriminator(student, draw, lambda net: _sharper(net, m + s * z))
    got = _pair(student.call(fn, [D.there, m, s, z]))
    given = (D.here, m, s, z)
    want, at = _slopes(*given), list(which)
    tolerance = facts.rounding(8 * len(z), max(want.abs().max().item(), 0.1))
    if facts.near(got[at], want[at], tolerance):
        return
    if not got.any():
        raise Wrong(
            "Both slopes are 0: the way from m and s through G(z) and D to V was cut, by detach, "
            "no_grad or .item()."
        )
    if facts.near(got, want.flip(0), tolerance):
        raise Wrong("The slopes have changed places: first the one by m, then the one by s.")
    for meaning, mistake in G_MISTAKES.items():
        wrong = mistake(*given)
        if facts.near(got[at], wrong[at], tolerance * max(1.0, wrong.abs().max().item())):
            raise Wrong(meaning)
    if facts.near(got[1], got[0], tolerance):
        raise Wrong(NO_CHAIN)
    name = "m" if which == (0,) else "s"
    raise Wrong(f"This is not the slope by {name} of the mean of log(1 - D(m + s z)).")


def slope_by_m(student: Student, fn: Handle, draw: Draw) -> None:
    _judge_slopes(student, fn, draw, (0,))


def slope_by_s(student: Student, fn: Handle, draw: Draw) -> None:
    _judge_slopes(student, fn, draw, (1,))


def slopes_where_sure(student: Student, fn: Handle, draw: Draw) -> None:
    """The only part in which how log(1 - D) is written decides."""
    m, s, z = _generator(draw)
    D = _discriminator(student, draw, _sure(draw, m + s * z))
    got = student.call(fn, [D.there, m, s, z])
    if isinstance(got, Tensor) and got.is_floating_point() and not got.isfinite().all():
        raise Wrong(NOT_FINITE)
    got, want = _pair(got), _slopes(D.here, m, s, z)
    scale = max(1.0, *(w.abs().max().item() for w in D.here.parameters()))
    if not facts.near(got, want, facts.rounding(8 * len(z), scale)):
        raise Wrong(OTHERS)


EXERCISE = Exercise(
    "01.3",
    "what moves G",
    points=8,
    minutes=15,
    parts=(
        Part("the slope by m", 3, slope_by_m),
        Part("the slope by s", 2, slope_by_s),
        Part("where D is sure", 1, slopes_where_sure),
        Part(
            "other D and other batches",
            2,
            Again((slope_by_m, slope_by_s, slopes_where_sure)),
            shown=False,
        ),
    ),
    names=("g_slopes",),
    promises=(
        ("the slopes of $V$ by $m$", "the slope by m"),
        ("and by $s$", "the slope by s"),
        ("estimated on the noise `z`", "the slope by m"),
        ("Autograd and the formula of lesson 01 are both welcome.", "the slope by m"),
        ("Be exact where D is sure (logits of 100).", "where D is sure"),
        ("shape [2]", "the slope by m"),
    ),
)
