"""Exercise 11.3: modes, samples of high quality, and reverse KL."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import torch
from torch import Tensor

from gancourse.check import facts
from gancourse.check.cases import each, telling
from gancourse.check.spec import Again, Draw, Exercise, Part, Wrong
from gancourse.check.student import Handle, Student

NAMES = ("the number of modes", "the share of high quality", "the reverse KL")
NOT_FINITE = (
    "The reverse KL is not finite: 0 log 0 is 0, so a mode without samples adds nothing. (KL the "
    "other way round would be infinite there.)"
)


@dataclass(frozen=True)
class Samples:
    """Samples of a mixture whose modes all have one standard deviation."""

    x: Tensor  # [N, d]
    centres: Tensor  # [K, d]
    sd: float

    def given(self) -> list:
        return [self.x, self.centres, self.sd]


def _kl(p: Tensor) -> Tensor:
    return torch.xlogy(p, len(p) * p).sum()


def _histogram(nearest: Tensor, K: int) -> Tensor:
    return torch.bincount(nearest, minlength=K).double() / max(len(nearest), 1)


def _report(
    s: Samples,
    reach: float = 3.0,
    p: float = 2.0,
    kl: Callable[[Tensor], Tensor] = _kl,
    of_all: bool = False,
) -> Tensor:
    """Return modes, share and reverse KL [3], by another radius, norm, or divergence.

    `of_all` takes the histogram of all samples.
    """
    between = s.x.double()[:, None] - s.centres.double()[None]  # [N, K, d]
    distance, nearest = between.norm(p=p, dim=2).min(1)
    good = distance <= reach * s.sd
    kept = nearest if of_all else nearest[good]
    modes = torch.tensor(float(len(nearest[good].unique())), dtype=torch.float64)
    return torch.stack([modes, good.double().mean(), kl(_histogram(kept, len(s.centres)))])


def right(samples: Samples) -> Tensor:
    return _report(samples)


def _replaced(s: Samples, place: int, value: Callable[[Tensor], float | Tensor]) -> Tensor:
    report = right(s)
    report[place] = value(report)
    return report


def _counts(s: Samples) -> Tensor:
    """Return how many samples of high quality each mode has, [K]."""
    distance, nearest = torch.cdist(s.x.double(), s.centres.double()).min(1)
    return torch.bincount(nearest[distance <= 3 * s.sd], minlength=len(s.centres)).double()


def _nearest_of_all(s: Samples) -> int:
    return len(torch.cdist(s.x.double(), s.centres.double()).argmin(1).unique())


def _scaled(s: Samples) -> Tensor:
    """Return the sum over modes where counts are divided by the number of all samples."""
    p = _counts(s) / len(s.x)
    return torch.xlogy(p, len(p) * p).sum()


MISTAKES: dict[str, Callable[[Samples], Tensor]] = {
    "The histogram counts all samples: take those of high quality alone, or noise fills the modes "
    "that were never reached.": lambda s: _report(s, of_all=True),
    "This is KL the other way round, from the uniform distribution to the histogram.": (
        lambda s: _report(s, kl=lambda p: -(len(p) * p).log().mean())
    ),
    "The KL has the wrong sign: it is never below 0.": lambda s: _replaced(s, 2, lambda r: -r[2]),
    "The logarithm is to base 2: take the natural one.": (
        lambda s: _replaced(s, 2, lambda r: r[2] / torch.log(torch.tensor(2.0)))
    ),
    "The KL lacks K: it is the logarithm of p_k over 1/K, so of K p_k.": (
        lambda s: _report(s, kl=lambda p: torch.xlogy(p, p).sum())
    ),
    "This is the entropy of the histogram: the KL to the uniform distribution is log K less it.": (
        lambda s: _report(s, kl=lambda p: -torch.xlogy(p, p).sum())
    ),
    "The KL is averaged over the modes: sum it.": (
        lambda s: _replaced(s, 2, lambda r: r[2] / len(s.centres))
    ),
    "The histogram is divided by the number of all samples: its shares must add up to 1.": (
        lambda s: _replaced(s, 2, lambda r: _scaled(s))
    ),
    "The modes are given as a share: count them.": (
        lambda s: _replaced(s, 0, lambda r: r[0] / len(s.centres))
    ),
    "These are the modes that are missing: count those that were reached.": (
        lambda s: _replaced(s, 0, lambda r: len(s.centres) - r[0])
    ),
    "Samples of high quality are counted: divide by the number of all samples.": (
        lambda s: _replaced(s, 1, lambda r: r[1] * len(s.x))
    ),
    "This is the share of samples that are not of high quality.": (
        lambda s: _replaced(s, 1, lambda r: 1 - r[1])
    ),
    "The distance is compared with 3 sd^2, a variance: it is 3 sd.": (
        lambda s: _report(s, reach=3.0 * s.sd)
    ),
    "A squared distance is compared with 3 sd: take its root.": (
        lambda s: _report(s, reach=(3.0 / s.sd) ** 0.5)
    ),
    "High quality ends at 1 sd: it reaches to 3 sd.": lambda s: _report(s, reach=1.0),
    "High quality ends at 2 sd: it reaches to 3 sd.": lambda s: _report(s, reach=2.0),
    "Each coordinate is held to 3 sd by itself, a box: the distance is Euclidean, a ball.": (
        lambda s: _report(s, p=torch.inf)
    ),
    "Distances are sums of absolute differences: they are Euclidean.": lambda s: _report(s, p=1.0),
}


def _of_all_balls(s: Samples) -> Tensor:
    """Return the report in which a sample counts for each centre that it lies within 3 sd of."""
    inside = torch.cdist(s.x.double(), s.centres.double()) <= 3 * s.sd
    found = inside.sum(0).double()
    share = inside.any(1).double().mean()
    return torch.stack([(found > 0).sum().double(), share, _kl(found / found.sum())])


def _of_another(s: Samples) -> Tensor:
    """Return the report in which absolute differences say which centre is nearest."""
    between = s.x.double()[:, None] - s.centres.double()[None]
    nearest = between.norm(p=1, dim=2).argmin(1)
    good = between.norm(dim=2).gather(1, nearest[:, None])[:, 0] <= 3 * s.sd
    found = _histogram(nearest[good], len(s.centres))
    return torch.stack([(found > 0).sum().double(), good.double().mean(), _kl(found)])


OF_CROWDED: dict[str, Callable[[Samples], Tensor]] = {  # where centres lie apart it is right
    "A sample counts for every centre that it lies within 3 sd of: it belongs to its nearest one "
    "alone.": _of_all_balls,
    "The nearest centre is found by absolute differences: the distance is Euclidean.": _of_another,
}
OF_MISSING: dict[str, Callable[[Samples], Tensor]] = {  # where all modes are reached it is right
    "K is the number of modes that were reached: it is that of all modes, or missing ones cost "
    "nothing.": lambda s: _report(s, kl=lambda p: _kl(p[p > 0])),
    "A mode counts as soon as any sample is nearest to it: it takes one of high quality.": (
        lambda s: _replaced(s, 0, lambda r: _nearest_of_all(s))
    ),
}


def _wrong(samples: Samples) -> dict[str, Tensor]:
    found = each(MISTAKES | OF_CROWDED | OF_MISSING)(samples)
    return {meaning: report for meaning, report in found.items() if report.isfinite().all()}


def _samples(draw: Draw, d: int, reached: float) -> Samples:
    """Return samples of a share of the modes: within 2.8 sd, or from 3.2 to 4.4 sd away.

    No distance is nearly 1, 2 or 3 sd. All that lie far away belong to modes that are reached but
    for one mode, which has no others.
    """
    K = draw.integer(6, 9)
    at = torch.randperm(5**d, generator=draw.generator())[:K]
    steps = torch.stack([at // 5**axis % 5 for axis in range(d)], 1) - 2.0
    centres, sd = 2.0 * steps + 0.1 * draw.normal(K, d), draw.uniform(0.08, 0.15)
    hit = max(2, round(reached * (K - 1)))
    hit += 2 * hit + 1 == K  # or as many would be missing as have any sample nearest to them
    rows = [(mode, 0.1, 2.8, draw.integer(2, 9)) for mode in range(hit)]
    rows += [(mode, 3.2, 4.4, draw.integer(1, 3)) for mode in (*range(hit), K - 1)]
    drawn = [_around(draw, centres[mode], sd, low, high, n) for mode, low, high, n in rows]
    mixed = torch.cat(drawn)
    return Samples(mixed[torch.randperm(len(mixed), generator=draw.generator())], centres, sd)


def _crowded(draw: Draw) -> Samples:
    """Return samples around centres whose balls of 3 sd overlap.

    None is nearly as near to a second centre, nor nearly 3 sd away.
    """
    sd, K = draw.uniform(0.08, 0.15), draw.integer(6, 8)
    at = torch.randperm(9, generator=draw.generator())[:K]
    centres = sd * (4.0 * torch.stack([at // 3, at % 3], 1) + 0.6 * draw.normal(K, 2))
    x = centres[torch.randint(K, (150,), generator=draw.generator())] + 1.8 * sd * draw.normal(
        150, 2
    )
    far = torch.cdist(x.double(), centres.double()).sort(1).values / sd
    clear = ((far[:, :2] - 3).abs() > 0.05).all(1) & (far[:, 1] - far[:, 0] > 0.1)
    return Samples(x[clear][:60], centres, sd)


def _around(draw: Draw, centre: Tensor, sd: float, low: float, high: float, n: int) -> Tensor:
    way = draw.normal(n, len(centre))
    radius = torch.tensor([_clear(draw.uniform(low, high)) for _ in range(n)])
    return centre + sd * radius[:, None] * way / way.norm(dim=1, keepdim=True)


def _clear(radius: float) -> float:
    """Return a radius that is not within 0.05 of 1 or 2."""
    return radius + 0.1 if min(abs(radius - 1), abs(radius - 2)) < 0.05 else radius


def _judge(student: Student, fn: Handle, samples: Samples) -> None:
    got = student.call(fn, samples.given())
    kl = got[2] if isinstance(got, list | Tensor) and len(got) == 3 else None
    if isinstance(kl, float | Tensor) and not -1e300 < float(kl) < 1e300:
        raise Wrong(NOT_FINITE)
    got = _numbers(got)
    facts.diagnose(
        got, right(samples), 1e-5, _wrong(samples), _else(got, right(samples)),
    )  # fmt: skip


def _numbers(got: object) -> Tensor:
    return torch.tensor(facts.numbers(got, *NAMES), dtype=torch.float64)


def _else(got: Tensor, want: Tensor) -> str:
    """Return a sentence about the first number that is off."""
    off = (got - want).abs() > 1e-5
    name = next((name for name, wrong in zip(NAMES, off, strict=True) if wrong), NAMES[0])
    return f"{name[0].upper()}{name[1:]} is not what the samples of high quality give."


def all_reached(student: Student, fn: Handle, draw: Draw) -> None:
    """Every mode but one, to which only samples of low quality are near; then crowded centres."""
    case = telling(partial(_full, draw), right, each(MISTAKES))
    _judge(student, fn, case)
    _judge(student, fn, telling(partial(_crowded, draw), right, each(OF_CROWDED)))
    s = _at_the_border(draw)
    facts.diagnose(
        _numbers(student.call(fn, s.given())), right(s), 1e-5, {STRICT: _report(s, reach=2.9)},
        "Where a sample lies 3 sd away, neither more nor less, the report is not right.",
    )  # fmt: skip


STRICT = "A sample at a distance of 3 sd is left out: within 3 sd means at most so far."


def _at_the_border(draw: Draw) -> Samples:
    """Return samples of which one is 3 sd from its centre, all in numbers that float32 holds."""
    centres = torch.tensor([[0.0, 0.0], [4.0, 0.0], [0.0, 4.0]])
    sd, axis = draw.choice([0.125, 0.25, 0.0625]), draw.integer(0, 1)
    x = centres[[0, 0, 1, 1, 2]]
    x[:, axis] += sd * torch.tensor([1.0, -3.0, 0.5, 4.0, 3.0])
    return Samples(x, centres, sd)


def _full(draw: Draw) -> Samples:
    """Return samples that reach all modes: KL is finite both ways.

    The last mode's is so near that it counts by a radius of 3 sd^2, too.
    """
    some = _samples(draw, 2, 1.0)
    last = _around(draw, some.centres[-1], some.sd, 0.1, 0.2, 1)
    return Samples(torch.cat([some.x, last]), some.centres, some.sd)


def some_missing(student: Student, fn: Handle, draw: Draw) -> None:
    case = telling(partial(_samples, draw, 2, 0.5), right, each(MISTAKES | OF_MISSING))
    _judge(student, fn, case)


def other_sizes(student: Student, fn: Handle, draw: Draw) -> None:
    """Three dimensions; equal samples; one in a crowd of others; and one sample alone."""
    case = telling(partial(_samples, draw, 3, 0.7), right, each(MISTAKES | OF_MISSING))
    _judge(student, fn, case)
    first = torch.cdist(case.x, case.centres[:1])[:, 0] < 3 * case.sd  # other shares, if doubled
    doubled = replace(case, x=torch.cat([case.x, case.x[first]]))
    if facts.near(_numbers(student.call(fn, doubled.given())), right(case), 1e-5):
        raise Wrong("Equal samples count once: each of them counts.")
    _judge(student, fn, doubled)
    crowd = _around(draw, case.centres[0], case.sd, 0.1, 2.8, 400)
    few = _around(draw, case.centres[1], case.sd, 0.1, 2.8, 1)
    _judge(student, fn, replace(case, x=torch.cat([few, crowd])))
    alone = _around(draw, case.centres[0], case.sd, 0.1, 2.8, 1)
    _judge(student, fn, Samples(alone, case.centres, case.sd))


ALL, MISSING, SIZES = "all modes reached", "modes that are missing", "other sizes, one sample"
EXERCISE = Exercise(
    "11.3",
    "modes, quality, reverse KL",
    points=6,
    minutes=15,
    parts=(
        Part(ALL, 2, all_reached),
        Part(MISSING, 2, some_missing),
        Part(SIZES, 1, other_sizes),
        Part("other samples", 1, Again((all_reached, some_missing, other_sizes)), shown=False),
    ),
    names=("modes",),
    withheld=("gancourse.score.modes.mode_report",),
    promises=(
        ("A sample belongs to its nearest centre (Euclidean)", ALL),
        ("is of high quality at 3 `sd` from it at most", ALL),
        ("how many centres have a sample of high quality", MISSING),
        ("the share of such samples", ALL),
        (r"$\sum_k p_k \log(K p_k)$", ALL),
        ("the share of centre $k$, of all $K$", MISSING),
        ("among the samples of high quality alone", ALL),
        ("of x [N, d]", SIZES),
    ),
)
