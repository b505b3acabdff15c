"""Several draws of samples from each generator: ranges, and generators side by side. Lesson 11.

A range here is over draws alone. Another seed of the training moves the scores further.
"""

import json
import re
import warnings
from dataclasses import asdict, dataclass, fields
from statistics import median

from torch import nn

from gancourse import machine
from gancourse.errors import at_least
from gancourse.score import images, measures

SURE = 0.01  # the chance at which two generators of equal scores are said to differ


@dataclass(frozen=True)
class Draws:
    """The reports on several draws from one generator, whose seeds follow each other."""

    name: str
    reports: tuple[images.ImageReport, ...]

    def of(self, score: str) -> list[float]:
        """Return a score of each draw."""
        return [report.of(score) for report in self.reports]

    def facts(self) -> dict:
        """Return the first draw's report as its JSON has it, with the scores of all `draws`."""
        names = [field.name for field in fields(measures.Scores)] + ["seed", "copies"]
        draws = [{name: asdict(report)[name] for name in names} for report in self.reports]
        if self.reports[0].labels:
            draws = [each | {"labels": asdict(report.labels)}
                     for each, report in zip(draws, self.reports, strict=True)]  # fmt: skip
        return self.reports[0].facts() | {"generator": self.name, "draws": draws}


def score_draws(name: str, G: nn.Module, data="mnist", n: int = 10_000, seed=0, draws=3) -> Draws:
    """Return the scores of `draws` times n samples of G, drawn from the seeds `seed`, seed + 1, ...

    Raises InputError for fewer than one draw, and as `score_generator` does.
    """
    at_least("draws", draws, 1)
    seeds = range(seed, seed + draws)
    machine.seed_generator(seeds[-1])  # refused before the first draw
    return Draws(name, tuple(images.score_generator(G, data, n, each) for each in seeds))


def table(generators: list[Draws]) -> str:
    """Return the scores with their ranges: a column for each generator, then real ones.

    Of two generators, the last column names the one that is better beyond the chance of the draws.
    """
    first = generators[0].reports[0]
    compared = len(generators) == 2 and len(generators[0].reports) > 1
    names = [_short(each.name) for each in generators]
    rows = [["", *names, "real", "perfect"] + ["better"] * compared]
    for row in min((each.reports[0].rows for each in generators), key=len):
        cells = [_cell(each.of(row.score), row.form) for each in generators]
        cells += [format(first.of_real(row.score), row.form), row.perfect]
        if compared:
            cells.append(_short(better(*generators, row.score)) or "-")
        rows.append([row.title(first.n), *cells])
    verdicts = [
        f"{name}: {each.reports[0].verdict}" for name, each in zip(names, generators, strict=True)
    ]
    return "\n".join([_headline(generators), *_aligned(rows), images.ABOUT_REAL, *verdicts])


def _aligned(rows: list[list[str]]) -> list[str]:
    """Return one line for each row, the columns right-aligned but for the first."""
    first, *widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        f"{row[0]:{first}}"
        + "".join(f"  {cell:>{w}}" for cell, w in zip(row[1:], widths, strict=True))
        for row in rows
    ]


def better(one: Draws, other: Draws, score: str) -> str:
    """Return the name of the generator whose score is nearer to the perfect one, or "".

    It is "" where Welch's t-test on how far the draws are from perfect finds a p of 0.01 or more.
    """
    from scipy.stats import ttest_ind  # slow to import

    perfect = float(next(row.perfect for row in one.reports[0].rows if row.score == score))
    a, b = ([abs(x - perfect) for x in each.of(score)] for each in (one, other))
    if len(set(a)) == len(set(b)) == 1:  # no spread: the test would divide by 0
        told_apart = a[0] != b[0]
    else:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # one of them may have no spread
            told_apart = ttest_ind(a, b, equal_var=False).pvalue < SURE
    nearer = one if sum(a) / len(a) < sum(b) / len(b) else other
    return nearer.name if told_apart else ""


def to_json(generators: list[Draws]) -> str:
    """Return the facts of one generator, or {"generators": [...]}, as JSON."""
    facts = [each.facts() for each in generators]
    whole = facts[0] if len(facts) == 1 else {"generators": facts}
    return json.dumps(whole, indent=2, sort_keys=True) + "\n"


def _headline(generators: list[Draws]) -> str:
    """Return what was compared with what, and what the ranges are."""
    first, count = generators[0].reports[0], len(generators[0].reports)
    of = f"{first.n:,} images against {first.n_real:,} test images of {first.data}"
    if count == 1:
        return f"{of}, seed {first.seed}"
    seeds = f"seeds {first.seed} to {first.seed + count - 1}"
    return f"{of}, the median of {count} draws and their range, {seeds}"


def _cell(values: list[float], form: str) -> str:
    low, middle, high = (format(f(values), form) for f in (min, median, max))
    return middle if low == high else f"{middle} ({low} to {high})"


def _short(name: str) -> str:
    """Return a name that fits into a column: a path's last parts."""
    name = re.sub(r"[/\\]generator\.safetensors$", "", name)
    return name if len(name) <= 24 else "..." + name[-21:]
