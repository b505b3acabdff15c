"""Whether the weights of a diagnosis are the shares that are right, and weights that are.

Used by `tools/corpus_quality.py`. A statement is one cause that a diagnosis names in one run; it is
right where the run's author would say the same.
"""

from collections import defaultdict
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from gancourse.clinic import FAULTS, diagnose, load_signals
from gancourse.clinic.causes import Diagnosis

EDGES = (0.0, 0.3, 0.6, 0.8, 0.9, 1.01)  # of bins
PRIOR = 4  # statements of the same kind that a cause's own are added to
# Right, and made, by the rules before these on the half of the corpus that they had not seen.
UNSEEN = {"seen": (13, 19), "suspected": (0, 2), "follows": (0, 0)}


@dataclass(frozen=True)
class Statement:
    """A cause that was named, its weight, its kind (seen, suspected, follows), and if it is so."""

    cause: str
    weight: float
    kind: str
    right: bool


def statements(found: Diagnosis, right: set[str]) -> list[Statement]:
    """Return what a diagnosis states; `right` are the causes that the run's author would name."""
    return [
        Statement(s.cause, s.weight, "follows" if s.follows else "seen" if s.seen else "suspected",
                  s.cause in right)
        for s in found.suspicions
    ]  # fmt: skip


def of_clinic(runs: Path) -> list[Statement]:
    """Return what is stated of the clinic's own runs, of which signals lie in a folder."""
    stated, faults = [], {name.replace(" ", "-"): name for name in FAULTS}
    for path in sorted(runs.glob("*.json")):
        name = faults.get(path.stem.rsplit("-", 1)[0])
        stated += statements(diagnose(load_signals(path)), {name} if name else set())
    return stated


def interval(right: int, n: int) -> tuple[float, float]:
    """Return Wilson's 95 % interval of a share."""
    z, share = 1.96, right / n
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * (share * (1 - share) / n + z * z / (4 * n * n)) ** 0.5
    return max(0.0, middle - half), min(1.0, middle + half)


def by_weight(stated: list[Statement]) -> list[dict[str, float]]:
    """Return for each bin of weights: their mean, how many, and the share that was right."""
    bins = []
    for low, high in pairwise(EDGES):
        mine = [s for s in stated if low <= s.weight < high]
        if mine:
            right = sum(s.right for s in mine)
            ends = interval(right, len(mine))
            bins.append({"weight": round(sum(s.weight for s in mine) / len(mine), 3),
                         "n": len(mine), "share": round(right / len(mine), 3),
                         "low": round(ends[0], 3), "high": round(ends[1], 3)})  # fmt: skip
    return bins


def by_cause(stated: list[Statement]) -> dict[str, list[int]]:
    """Return for each cause how often it was right and how often named, as a root."""
    counts = defaultdict(lambda: [0, 0])
    for s in stated:
        if s.kind != "follows":
            counts[s.cause][0] += s.right
            counts[s.cause][1] += 1
    return dict(sorted(counts.items()))


def measured(stated: list[Statement]) -> tuple[dict[str, float], dict[str, float]]:
    """Return the weight of each kind, and of each cause, drawn towards its kind.

    What was tuned on says little about other programs: the kind's share counts UNSEEN too.
    """
    kinds = {}
    for kind in ("seen", "suspected", "follows"):
        mine = [s.right for s in stated if s.kind == kind]
        right, made = UNSEEN[kind]
        kinds[kind] = (sum(mine) + right + 1) / (len(mine) + made + 2)
    kind_of = {s.cause: s.kind for s in stated if s.kind != "follows"}
    weights = {
        cause: round((right + PRIOR * kinds[kind_of[cause]]) / (n + PRIOR), 2)
        for cause, (right, n) in by_cause(stated).items()
    }
    return {kind: round(share, 2) for kind, share in kinds.items()}, weights


def write_weights(path: Path, stated: list[Statement]) -> None:
    """Write `gancourse/clinic/weights.py` again, with what was measured."""
    kinds, weights = measured(stated)
    head = path.read_text(encoding="utf-8").split("SEEN, SUSPECTED")[0]
    numbers = ", ".join(f"{kinds[kind]:.2f}" for kind in ("seen", "suspected", "follows"))
    rows = "".join(f'    "{cause}": {weight},\n' for cause, weight in weights.items())
    text = (
        f"{head}SEEN, SUSPECTED, FOLLOWING = {numbers}\nWEIGHTS: dict[str, float] = {{\n{rows}}}\n"
    )
    path.write_text(text, encoding="utf-8")
