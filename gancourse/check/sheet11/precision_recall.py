"""Exercise 11.2: precision and recall by nearest neighbours."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import torch
from torch import Tensor

from gancourse.check import facts
from gancourse.check.cases import each, telling
from gancourse.check.sheet11.shared import judge_again
from gancourse.check.spec import Again, Draw, Exercise, Part
from gancourse.check.student import Handle, Student

CLEAR = 3e-4  # no squared distance is so near to a squared radius: rounding decides nothing


@dataclass(frozen=True)
class Clouds:
    """Fakes and real samples, and which neighbour says how far a sample reaches."""

    fake: Tensor  # [N, d]
    real: Tensor  # [M, d]
    k: int

    def given(self) -> list:
        return [self.fake, self.real, self.k]


Among = Callable[[Tensor, Tensor, int], Tensor]  # x [N, d], others [M, d], k -> inside, [N]


def _distances(x: Tensor, y: Tensor, p: float = 2.0) -> Tensor:
    return (x[:, None] - y[None]).abs().pow(p).sum(2).pow(1 / p)  # [N, M]


def _reach(x: Tensor, k: int, p: float = 2.0) -> Tensor:
    """Return how far it is from each sample to its k-th neighbour, itself not counted: [N]."""
    return _distances(x, x, p).sort(1).values[:, k]


def _among(x: Tensor, others: Tensor, k: int) -> Tensor:
    return (_distances(x, others) <= _reach(others, k)).any(1).double()


def _shares(clouds: Clouds, among: Among, recall: Among | None = None) -> Tensor:
    fake, real, k = clouds.fake.double(), clouds.real.double(), clouds.k
    inside = among(fake, real, k), (recall or among)(real, fake, k)
    return torch.stack([i.mean() for i in inside])


def right(clouds: Clouds) -> Tensor:
    """Return precision and recall [2]."""
    return _shares(clouds, _among)


def _own_radius(x: Tensor, others: Tensor, k: int) -> Tensor:
    return (_distances(x, others) <= _reach(x, k)[:, None]).any(1).double()


def _radius_between(x: Tensor, others: Tensor, k: int) -> Tensor:
    """The reach of a reference point, counted among the other kind."""
    distance = _distances(x, others)
    return (distance <= distance.sort(0).values[k - 1]).any(1).double()


def _nearest_only(x: Tensor, others: Tensor, k: int) -> Tensor:
    distance, nearest = _distances(x, others).min(1)
    return (distance <= _reach(others, k)[nearest]).double()


def _average_reach(x: Tensor, others: Tensor, k: int) -> Tensor:
    return (_distances(x, others) <= _reach(others, k).mean()).any(1).double()


def _mean_of_neighbours(x: Tensor, others: Tensor, k: int) -> Tensor:
    reach = _distances(others, others).sort(1).values[:, 1 : k + 1].mean(1)
    return (_distances(x, others) <= reach).any(1).double()


def _counted(x: Tensor, others: Tensor, k: int) -> Tensor:
    return (_distances(x, others) <= _reach(others, k)).double().sum(1) / k


def _in_all(x: Tensor, others: Tensor, k: int) -> Tensor:
    return (_distances(x, others) <= _reach(others, k)).all(1).double()


def _absolute(x: Tensor, others: Tensor, k: int) -> Tensor:
    return (_distances(x, others, 1.0) <= _reach(others, k, 1.0)).any(1).double()


def _absolute_reach(x: Tensor, others: Tensor, k: int) -> Tensor:
    return (_distances(x, others) <= _reach(others, k, 1.0)).any(1).double()


def _squared_reach(x: Tensor, others: Tensor, k: int) -> Tensor:
    return (_distances(x, others) <= _reach(others, k).square()).any(1).double()


def _past_copies(x: Tensor, others: Tensor, k: int) -> Tensor:
    """By reaches that leave out all distances of 0, and not the sample's own alone."""
    among = _distances(others, others)
    reach = among.masked_fill(among == 0, torch.inf).sort(1).values[:, k - 1]
    return (_distances(x, others) <= reach).any(1).double()


def _strictly(x: Tensor, others: Tensor, k: int) -> Tensor:
    return (_distances(x, others) < _reach(others, k)).any(1).double()


STRICT = {
    "A sample that lies just as far as another one reaches is left out: it is within reach (<=).": (
        lambda c: _shares(c, _strictly)
    )
}
COPY_MISTAKES: dict[str, Callable[["Clouds"], Tensor]] = {
    "A copy of a sample is passed over, as if it were the sample itself: leave out the sample by "
    "its place, and not whatever lies at distance 0.": lambda c: _shares(c, _past_copies),
}
MISTAKES: dict[str, Callable[[Clouds], Tensor]] = {
    "Precision and recall have changed places: precision is of the fakes, recall of the real "
    "samples.": lambda c: right(c).flip(0),
    "A sample counts as its own nearest neighbour, so each reaches to neighbour k - 1: leave out "
    "the distance 0 to itself.": lambda c: _shares(c, lambda x, y, k: _among(x, y, k - 1)),
    "Each sample reaches to neighbour k + 1: the first in the sorted distances is itself, and the "
    "k-th neighbour stands at index k.": lambda c: _shares(c, lambda x, y, k: _among(x, y, k + 1)),
    "The radius is that of the sample which is tested: it belongs to the other kind's samples, "
    "each with its own.": lambda c: _shares(c, _own_radius),
    "Recall counts the real samples whose own neighbourhood holds a fake: that is coverage. For "
    "recall the neighbourhoods are those of the fakes.": lambda c: _shares(c, _among, _own_radius),
    "The neighbours are looked for in the other set: a sample's radius comes from its own kind.": (
        lambda c: _shares(c, _radius_between)
    ),
    "Only the nearest sample of the other kind is asked: any of them may reach as far.": (
        lambda c: _shares(c, _nearest_only)
    ),
    "One radius, the mean, serves all: each sample has its own.": (
        lambda c: _shares(c, _average_reach)
    ),
    "The radius is the mean over k neighbours: it is the distance to the k-th.": (
        lambda c: _shares(c, _mean_of_neighbours)
    ),
    "This counts how many neighbourhoods hold a sample, over k: that is density. One is enough "
    "here, and more count no more.": lambda c: _shares(c, _counted),
    "A sample has to lie within every neighbourhood: one is enough.": lambda c: _shares(c, _in_all),
    "The distances are sums of absolute differences: they are Euclidean.": (
        lambda c: _shares(c, _absolute)
    ),
    "How far a sample reaches is a sum of absolute differences, and what it reaches is measured by "
    "Euclidean distance: take the Euclidean one for both.": lambda c: _shares(c, _absolute_reach),
    "A distance is compared with a squared radius: square both, or neither.": (
        lambda c: _shares(c, _squared_reach)
    ),
    "These are the shares that lie outside: count those inside.": lambda c: 1 - right(c),
    "These are counts: divide each by the number of its own kind.": (
        lambda c: right(c) * torch.tensor([len(c.fake), len(c.real)])
    ),
    "Both are divided by the number of the other kind.": (
        lambda c: right(c) * torch.tensor([len(c.fake) / len(c.real), len(c.real) / len(c.fake)])
    ),
    "Every sample lies within: is each counted among its own kind? Fakes are looked for among the "
    "real samples, and real ones among the fakes.": lambda c: torch.ones(2),
}  # fmt: skip


def _clear(x: Tensor, others: Tensor, k: int) -> bool:
    """Tell whether no distance lies so near to a radius that rounding could decide."""
    reach, distance = _reach(others.double(), k), _distances(x.double(), others.double())
    return bool(((distance.square() - reach.square()).abs() > CLEAR).all())


def _drawn(draw: Draw, spread: float, k: int, d: int, more_fakes: bool = False) -> Clouds:
    """Return clouds of different sizes, of which no distance is nearly a radius.

    The real ones are crowded on one side and sparse on the other, so that radii differ; a `spread`
    below 1 makes the fakes huddle within, one above 1 makes some stray.
    """
    while True:
        sizes = [draw.integer(30, 39), draw.integer(43, 50)]
        N, M = sizes[::-1] if more_fakes else sizes
        real = draw.normal(M, d) * 1.5
        real = real * real[:, :1].exp().clamp(0.3, 2.0)
        fake = spread * draw.normal(N, d) * 1.5 + 0.6
        if _clear(fake, real, k) and _clear(real, fake, k):
            return Clouds(fake, real, k)


def _doubled(draw: Draw) -> Clouds:
    """Return clouds in which many samples have a copy of their own kind."""
    while True:
        clouds = _drawn(draw, 1.0, 3, 3)
        for x in (clouds.fake, clouds.real):
            x[1:20:2] = x[:20:2]
        fake, real = clouds.fake, clouds.real
        if _clear(fake, real, 3) and _clear(real, fake, 3):
            return clouds


def _on_the_edge(draw: Draw) -> Clouds:
    """Return clouds on a line whose distances are whole numbers: many are a radius, exactly."""
    line = torch.tensor([1.0, 0.0])
    real, fake = ((20 * draw.normal(n, 1)).round() * line for n in (24, 20))
    return Clouds(fake, real, 2)


def _judge(
    student: Student,
    fn: Handle,
    draw: Draw,
    make: Callable[[Draw], Clouds],
    telling_from: dict[str, Callable[[Clouds], Tensor]] = MISTAKES,
    more: dict[str, Callable[[Clouds], Tensor]] | None = None,
) -> None:
    """With clouds that tell mistakes apart, `telling_from`; `more` may be named besides."""

    def found(clouds: Clouds) -> Tensor:
        got = facts.numbers(student.call(fn, clouds.given()), "precision", "recall")
        return torch.tensor(got, dtype=torch.float64)

    def case() -> Clouds:
        return telling(partial(make, draw), right, each(telling_from))

    judge_again(
        found, case(), case, right, (more or {}) | MISTAKES | COPY_MISTAKES,
        "These are not the share of fakes within reach of a real sample and the share of real "
        "samples within reach of a fake.",
    )  # fmt: skip


def _with_few(c: Clouds) -> Tensor:
    """Return precision of all fakes, and recall by as many as there are real samples."""
    few = replace(c, fake=c.fake[: len(c.real)])
    return torch.stack([right(c)[0], right(few)[1]])


CUT: dict[str, Callable[[Clouds], Tensor]] = {  # of clouds with more fakes
    "Fakes beyond the number of the other kind are left out: take all of them.": _with_few,
    "Both kinds are cut to the number of the smaller one: take all samples.": (
        lambda c: right(replace(c, fake=c.fake[: len(c.real)]))
    ),
}


def _judged(
    spread: float, k: int, d: int, more_fakes: bool
) -> Callable[[Student, Handle, Draw], None]:
    def run(student: Student, fn: Handle, draw: Draw) -> None:
        cut = CUT if more_fakes else {}
        make = partial(_drawn, spread=spread, k=k, d=d, more_fakes=more_fakes)
        _judge(student, fn, draw, make, MISTAKES | cut, cut)

    return run


huddled, strayed = _judged(0.6, 3, 2, False), _judged(1.3, 2, 4, True)


def any_k(student: Student, fn: Handle, draw: Draw) -> None:
    """Copies among the samples of a kind; the nearest neighbour alone, and eight; clouds apart."""
    _judge(student, fn, draw, _doubled, MISTAKES | COPY_MISTAKES)
    for k in (1, 8):
        _judge(student, fn, draw, lambda draw, k=k: _drawn(draw, 1.3, k, 3), OTHER_K)
        _judge(student, fn, draw, lambda draw, k=k: _far(_drawn(draw, 1.0, k, 3)), {})
    _judge(student, fn, draw, _on_the_edge, STRICT | MISTAKES, STRICT)


def _far(clouds: Clouds) -> Clouds:
    return replace(clouds, fake=clouds.fake + 40.0)


OTHER_K: dict[str, Callable[[Clouds], Tensor]] = {
    "one less": lambda c: right(replace(c, k=max(1, c.k - 1) + (c.k == 1))),
    "three less": lambda c: right(replace(c, k=max(2, c.k - 3))),
    "half": lambda c: right(replace(c, k=max(2, c.k // 2))),
}


HUDDLE, STRAY, ANY_K = "fakes that huddle", "fakes that stray", "any k, and clouds far apart"
EXERCISE = Exercise(
    "11.2",
    "precision and recall",
    points=6,
    minutes=20,
    parts=(
        Part(HUDDLE, 2, huddled),
        Part(STRAY, 2, strayed),
        Part(ANY_K, 1, any_k),
        Part("other clouds", 1, Again((huddled, strayed, any_k)), shown=False),
    ),
    names=("precision_recall",),
    withheld=("gancourse.score.measures.precision_recall",),
    promises=(
        ("reaches as far as its `k`-th nearest neighbour (Euclidean) of its own kind", HUDDLE),
        ("itself not counted", ANY_K),
        ("what lies just as far is within reach", ANY_K),
        ("precision, the share of fakes within reach of any real sample", STRAY),
        ("recall, the share of real samples within reach of any fake", HUDDLE),
        ("from fake [N, d], real [M, d] and k", ANY_K),
    ),
)
