"""Exercise 12.4: packing."""

import re
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import softplus

from gancourse.check import facts, twins
from gancourse.check.players import uneven
from gancourse.check.sheet12.shared import discriminator, judge_gradient
from gancourse.check.spec import Again, Draw, Exercise, Part, Wrong
from gancourse.check.student import Handle, Student, StudentError
from gancourse.check.withheld import Withheld

REFUSES = "ValueError"  # or a class of that kind
MISFITS = (
    "D was given a batch that it does not take: m samples [N, C, ...] make a pack [m C, ...], "
    "joined along axis 1, so N of them make a batch [N / m, m C, ...]."
)
CUT = "No gradient of the loss reaches D's weights: return a tensor with its graph, not a number."


@dataclass(frozen=True)
class Round:
    """A D of packs of m samples, and a batch of single ones of each kind."""

    D: twins.Twin
    x_real: Tensor  # [N, C, ...]
    x_fake: Tensor
    m: int

    def given(self) -> list:
        return [self.D.there, self.x_real, self.x_fake, self.m]


Packing = Callable[[Tensor, int], Tensor]  # x [N, C, ...], m -> [N / m, m C, ...]


def _pack(x: Tensor, m: int) -> Tensor:
    return x.reshape(len(x) // m, m * x.shape[1], *x.shape[2:])


def _far_apart(x: Tensor, m: int) -> Tensor:
    return torch.cat(x.chunk(m), 1)


def _same(x: Tensor, m: int) -> Tensor:
    return torch.cat([x] * m, 1)


def _first_of_each(x: Tensor, m: int) -> Tensor:
    return torch.cat([x[::m]] * m, 1)


def _interleaved(x: Tensor, m: int) -> Tensor:
    """Return packs in which the samples' features alternate."""
    packed = x.reshape(len(x) // m, m, *x.shape[1:])
    return packed.transpose(1, 2).reshape(len(x) // m, -1, *x.shape[2:])


def _along_the_batch(x: Tensor, m: int) -> Tensor:
    """Return what a view gives whose axes stand the wrong way round."""
    return x.reshape(x.shape[1] * m, len(x) // m, *x.shape[2:]).transpose(0, 1)


def _overlapping(x: Tensor, m: int) -> Tensor:
    return torch.cat([x.roll(-i, 0) for i in range(m)], 1)


def _turned(x: Tensor, m: int) -> Tensor:
    return _pack(x.flip(0), m).flip(0)


def _loss(r: Round, pack: Packing = _pack) -> Tensor:
    real, fake = (r.D.here(pack(x.double(), r.m)) for x in (r.x_real, r.x_fake))
    return softplus(-real).mean() + softplus(fake).mean()


def _mixed(r: Round, label: float) -> Tensor:
    """Return the loss of packs that hold samples of both kinds, all with one label, or halves."""
    N = min(len(r.x_real), len(r.x_fake))
    both = torch.stack([r.x_real[:N], r.x_fake[:N]], 1).flatten(0, 1).double()
    logits = r.D.here(_pack(both, r.m))
    return (softplus(logits) - label * logits).mean()


def _by_packs(r: Round, of: Callable[[Tensor, Tensor], Tensor]) -> Tensor:
    return of(*(r.D.here(_pack(x.double(), r.m)) for x in (r.x_real, r.x_fake)))


PACKINGS: dict[str, Packing] = {
    "Samples that are N / m apart share a pack: take m that follow each other.": _far_apart,
    "A pack holds one sample m times: D sees no more than without packing. Take m samples.": _same,
    "A pack holds the first of its m samples m times: take all of them.": _first_of_each,
    "The samples' features alternate in a pack: the first sample comes whole, then the second.": (
        _interleaved
    ),
    "The view cuts along the wrong axis: a pack's numbers come from samples all over the batch.": (
        _along_the_batch
    ),
    "Packs overlap, and each sample is in m of them: N samples make N / m packs.": _overlapping,
    "The samples of a pack stand in the opposite order.": _turned,
}
LOSSES: dict[str, Callable[[Round], Tensor]] = {
    "The labels have changed places: packs of real samples are 1, packs of fakes 0.": (
        lambda r: _by_packs(r, lambda a, b: softplus(a).mean() + softplus(-b).mean())
    ),
    "All packs count as real.": (
        lambda r: _by_packs(r, lambda a, b: softplus(-a).mean() + softplus(-b).mean())
    ),
    "A pack counts m times: it has one logit and one label.": (
        lambda r: _by_packs(r, lambda a, b: r.m * (softplus(-a).mean() + softplus(b).mean()))
    ),
    "The loss is divided by the number of samples: average over packs.": (
        lambda r: _by_packs(r, lambda a, b: (softplus(-a).mean() + softplus(b).mean()) / r.m)
    ),
    "The losses of the packs are summed: average over each kind.": (
        lambda r: _by_packs(r, lambda a, b: softplus(-a).sum() + softplus(b).sum())
    ),
    "Both kinds are averaged together, which halves the loss: add the two means.": (
        lambda r: _by_packs(r, lambda a, b: (softplus(-a).mean() + softplus(b).mean()) / 2)
    ),
    "Both kinds are averaged together, and doubled: each has a mean of its own, over its own "
    "number; add the two.": (
        lambda r: _by_packs(r, lambda a, b: 2 * softplus(torch.cat([-a, b])).mean())
    ),
    "Only the real packs count: add the mean over packs of fakes.": (
        lambda r: _by_packs(r, lambda a, b: softplus(-a).mean())
    ),
    "Only the packs of fakes count: add the mean over real ones.": (
        lambda r: _by_packs(r, lambda a, b: softplus(b).mean())
    ),
    "Real and fake samples share a pack: a pack is of one kind, or its label means nothing.": (
        lambda r: _mixed(r, 1.0)
    ),
    "Real and fake samples share a pack, and count as fake: a pack is of one kind.": (
        lambda r: _mixed(r, 0.0)
    ),
    "Real and fake samples share a pack, with a label between: a pack is of one kind.": (
        lambda r: _mixed(r, 0.5)
    ),
}


def _round(
    student: Student,
    draw: Draw,
    m: int,
    kind: int,
    packs: int | None = None,
    grow: float = 1.8,
    more: int = 0,
) -> Round:
    """Return a round of points (0), of pictures with two channels (1), or of sequences (2).

    So many `more` packs than those of fakes are real.
    """
    shape = ((3,), (2, 3, 3), (2, 5))[kind]
    D = discriminator(student, draw, (m * shape[0], *shape[1:]), grow)
    N = m * (packs or draw.choice([n for n in (3, 4, 5) if n != m]))  # or a sum is m means
    return Round(D, draw.normal(N + m * more, *shape), 0.5 + draw.normal(N, *shape), m)


def _value(student: Student, fn: Handle, r: Round, not_finite: str | None = None) -> float:
    try:
        got = student.call(fn, r.given())
    except StudentError as error:
        alike = len(r.x_real) == len(r.x_fake)
        if alike and error.kind in ("InputError", "RuntimeError") and "shape" in error.message:
            raise Wrong(MISFITS) from None
        raise
    if not_finite and isinstance(got, Tensor | float) and not torch.as_tensor(got).isfinite().all():
        raise Wrong(not_finite)
    return facts.number(got, "The loss")


def _judge(student: Student, fn: Handle, r: Round) -> None:
    mistakes = {meaning: loss(r).item() for meaning, loss in LOSSES.items()}
    mistakes |= {meaning: _loss(r, pack).item() for meaning, pack in PACKINGS.items()}
    facts.diagnose(
        _value(student, fn, r), _loss(r).item(), 2e-5 * max(1.0, _loss(r).item()), mistakes,
        "This is not the mean of softplus(-D) over packs of real samples plus the mean of "
        "softplus(D) over packs of fakes.",
    )  # fmt: skip


def packs_of_points(student: Student, fn: Handle, draw: Draw) -> None:
    """Of as many of each kind or not; then with a D that is very sure, and wrong about some."""
    for m in (3, 2):
        _judge(student, fn, _round(student, draw, m, 0))
    with uneven():
        _judge(student, fn, _round(student, draw, 2, 0, more=draw.integer(2, 4)))
    r = _round(student, draw, 2, 0, grow=SURE)
    while (want := _loss(r).item()) < WRONG:  # D is right, and a sigmoid does no harm
        r = _round(student, draw, 2, 0, grow=SURE)
    got = _value(student, fn, r, SIGMOIDS)
    if not facts.near(got, want, 2e-5 * max(want, _largest(r))):
        raise Wrong(BOUNDED.format(got=got, want=want))


def _largest(r: Round) -> float:
    """Return the largest |logit|: a float32 loss errs by 3.2e-7 of it at most, measured."""
    return max(_by_packs(r, lambda a, b: torch.stack([a.abs().max(), b.abs().max()])).tolist())


SURE = 20.0  # each of three layers grows by this: logits of some thousands
WRONG = 400.0  # above it some logit is wrong by 200; PyTorch's loss of probabilities stops at 100
SIGMOIDS = (
    "Where D is very sure the loss is not finite: a sigmoid is exactly 0 or 1 there before its "
    "logarithm, or an exponential has overflowed. Stay with the logits (softplus, a loss 'with "
    "logits')."
)
BOUNDED = (
    "Where D is very sure, and wrong about some packs, the loss is {got:.1f} and not {want:.1f}. "
    "Has a bound come in: a sigmoid before its logarithm, an epsilon, a clamp? Take the logits as "
    "they are (softplus, a loss 'with logits')."
)


def packs_of_pictures(student: Student, fn: Handle, draw: Draw) -> None:
    """The loss, its gradient, a pack of one sample, one pack alone; sequences."""
    for m, packs, kind, more in (
        (2, None, 1, 0), (4, 2, 1, 0), (1, None, 1, 2), (3, 1, 1, 0), (2, None, 2, 0),
    ):  # fmt: skip
        r = _round(student, draw, m, kind, packs, more=more)
        before = student.snapshot(r.D.there)
        with uneven() if more else nullcontext():
            _judge(student, fn, r)
        twins.judge_untouched(before, student.snapshot(r.D.there), "D")
        judge_gradient(student, fn, r.given(), r.D, _loss(r), CUT)


def packs_refused(student: Student, fn: Handle, draw: Draw) -> None:
    """One, or all but one, too many: of both kinds, of the fakes alone, of the real ones alone."""
    for kind, of in ((0, "samples"), (1, "samples"), (0, "fakes"), (1, "real samples")):
        m, extra = draw.integer(3, 4), draw.choice([1, 2])
        r = _round(student, draw, m, kind)
        N = len(r.x_real) + extra
        x_real, x_fake = (torch.cat([x, x[:extra]]) for x in (r.x_real, r.x_fake))
        x_real = r.x_real if of == "fakes" else x_real
        x_fake = r.x_fake if of == "real samples" else x_fake
        _judge_refused(student, fn, Round(r.D, x_real, x_fake, m), f"{N} {of}", N)
        few = draw.integer(2, m - 1)  # too few for one pack
        x_real = r.x_real if of == "fakes" else r.x_real[:few]
        x_fake = r.x_fake if of == "real samples" else r.x_fake[:few]
        _judge_refused(student, fn, Round(r.D, x_real, x_fake, m), f"{few} {of}", few)


def _judge_refused(student: Student, fn: Handle, r: Round, batch: str, N: int) -> None:
    asks = "raise a ValueError whose sentence names N, the number of that kind, and m."
    try:
        student.call(fn, r.given())
    except StudentError as error:
        if error.kind == Withheld.__name__:
            raise
        if REFUSES not in error.kinds:
            raise Wrong(
                f"A batch of {batch} with m = {r.m} ends in {error.kind}, which does not say what "
                f"to do: {asks}"
            ) from None
        if not {str(N), str(r.m)} <= {*re.findall(r"\d+", error.message)}:
            raise Wrong(
                f"The refusal of a batch of {batch} with m = {r.m} says {error.message!r}: {asks}"
            ) from None
        return
    raise Wrong(
        f"A batch of {batch} makes no whole packs of {r.m}, and nothing is said: samples are "
        f"dropped or made up, or packs are mixed. Instead {asks}"
    )


POINTS, PICTURES, REFUSED = "packs of points", "packs of pictures", "a batch that does not divide"
EXERCISE = Exercise(
    "12.4",
    "packing",
    points=6,
    minutes=15,
    parts=(
        Part(POINTS, 2, packs_of_points),
        Part(PICTURES, 2, packs_of_pictures),
        Part(REFUSED, 1, packs_refused),
        Part(
            "other packs",
            1,
            Again((packs_of_points, packs_of_pictures, packs_refused)),
            shown=False,
        ),
    ),
    names=("packed_d_loss",),
    withheld=("gancourse.nets.packing.packed",),
    promises=(
        ("packs of `m` samples of one kind that follow each other", POINTS),
        ("joined along axis 1", PICTURES),
        ("cross-entropy on logits", POINTS),
        ("exact where D is sure", POINTS),
        ("one label for each pack, real 1, fake 0", POINTS),
        ("the mean over each kind, added", POINTS),
        ("There may be more real samples than fakes", POINTS),
        (
            "Where `m` does not divide a kind's N, raise a `ValueError` whose sentence names both",
            REFUSED,
        ),
    ),
)
