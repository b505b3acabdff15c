"""Who looks alike: answers that are the same text, weighed by how common they are in the class.

Comments and layout do not count. Where c of n students gave an answer, another student than the one
at hand gave it with probability (c - 1) / (n - 1); the product over the answers that two students
share, times the number of pairs in the class, is how many pairs so alike are to be expected by
chance. That takes exercises for independent, which they are not quite: a hint and no verdict.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import comb, prod

from gancourse.check.spec import Exercise
from gancourse.grade.collect import Submission
from gancourse.grade.notebook import find_answers, sheets_of

EXPECTED = 0.05  # pairs by chance; at most this many makes a pair worth a look
MAX_SHOWN = 30
STUB = "NotImplementedError"


@dataclass(frozen=True)
class Pair:
    """Two students, the exercises they answered with the same text, and the pairs by chance."""

    students: tuple[str, str]
    shared: dict[str, str]
    answered: int
    expected: float


def plain(source: str) -> str:
    """Return code without what an editor changes: comments, blank lines, spaces."""
    lines = (re.sub(r"(^|\s)#.*", "", line) for line in source.splitlines())
    return "\n".join(re.sub(r"\s+", "", line) for line in lines if line.strip())


def answers(
    found: Sequence[Submission], known: Mapping[str, Sequence[Exercise]], ids: Mapping[str, str]
) -> dict[str, dict[str, str]]:
    """Return each student's answers by exercise, from the last notebook of each sheet.

    An answer that is still the stub is none.
    """
    by_student: dict[str, dict[str, str]] = {}
    for item in sorted(found, key=lambda s: s.attempt):
        sheets = [] if item.status else sheets_of(item.cells, known)
        for sheet in sheets[:1]:
            for answer in find_answers(item.cells, known[sheet], ids):
                source = "\n".join(c.source for c in answer.cells)
                if source and STUB not in source:
                    by_student.setdefault(item.student, {})[answer.exercise.id] = source
    return by_student


def alike(by_student: Mapping[str, Mapping[str, str]]) -> list[Pair]:
    """Return the pairs that are alike beyond chance, the least likely first."""
    texts = {s: {e: plain(a) for e, a in mine.items()} for s, mine in by_student.items()}
    pairs = comb(len(texts), 2)
    counts: dict[str, Counter] = {}
    for mine in texts.values():
        for exercise, text in mine.items():
            counts.setdefault(exercise, Counter())[text] += 1
    shares = {
        e: {t: (c - 1) / max(n.total() - 1, 1) for t, c in n.items()} for e, n in counts.items()
    }
    found = []
    for one, other in combinations(sorted(texts), 2):
        both = texts[one].keys() & texts[other].keys()
        same = sorted(e for e in both if texts[one][e] == texts[other][e])
        expected = pairs * prod(shares[e][texts[one][e]] for e in same)
        if same and expected <= EXPECTED:
            shared = {e: by_student[one][e] for e in same}
            found.append(Pair((one, other), shared, len(both), expected))
    return sorted(found, key=lambda p: p.expected)
