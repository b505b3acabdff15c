"""One mark for each student, as a platform wants it: a share of its own maximum, or excused."""

import re
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from gancourse.errors import InputError
from gancourse.grade.job import Result

Class = Mapping[str, list[Result]]  # the results of each student


@dataclass(frozen=True)
class Mark:
    """A student's points; None where they are not known, or nothing could be graded."""

    points: float | None
    maximum: float
    excused: bool = False

    def of(self, maximum: float) -> float | None:
        """Return the points on a platform that gives at most `maximum`."""
        if self.points is None or not self.maximum:
            return None
        return max(self.points, 0) * (1 if maximum == self.maximum else maximum / self.maximum)


def mark(results: Collection[Result], sheets: Collection[str]) -> Mark:
    """Return the mark for some sheets."""
    mine = [r for r in results if r.sheet in sheets]
    maximum = sum(r.maximum for r in mine)
    known = bool(mine) and all(r.known for r in mine)
    rows = [e for r in mine for e in r.exercises]
    excused = bool(rows) and all(e.excused for e in rows)
    return Mark(sum(r.score for r in mine) if known else None, maximum, excused)


def sheets_of_all(by_student: Class, where: str, asked: Collection[str] = ()) -> set[str]:
    """Return the sheets that one column is for.

    Raises InputError where students handed in different ones: which of them count is not ours to
    guess.
    """
    if asked:
        return set(asked)
    sets = {frozenset(r.sheet for r in rs if r.sheet) for rs in by_student.values()} - {frozenset()}
    found = set().union(*sets)
    if len(sets) > 1:
        raise InputError(
            f"{where} has one grade for each student, and not all students handed in the same "
            f"sheets ({', '.join(sorted(found))}): say which ones it is for, as in --sheet "
            f"{min(found)}."
        )
    return found


def number_of(student: str) -> str:
    """Return the platform's number of a student, from the name of folder or file, or ""."""
    found = re.search(r"_(\d+)$", student)
    return found[1].lstrip("0") if found else ""


def by_number(students: Collection[str], where: str) -> dict[str, str]:
    """Return the student of each platform number; raise InputError where two have the same."""
    numbers = Counter(n for s in students if (n := number_of(s)))
    for number, count in numbers.items():
        if count > 1:
            same = " and ".join(sorted(s for s in students if number_of(s) == number))
            raise InputError(
                f"{same} have the same number {number}, and {where} has one row for it: give the "
                "download of one assignment, as it came."
            )
    return {number_of(s): s for s in students if number_of(s)}


def names(students: Collection[str], most: int = 5) -> str:
    """Return some names for a sentence, and how many more there are."""
    shown = sorted(students)[:most]
    more = len(students) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")
