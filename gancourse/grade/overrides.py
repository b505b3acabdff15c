"""overrides.csv: what a teacher decides about a mark, read on each run and never written."""

from collections.abc import Collection
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from gancourse.errors import InputError, choose
from gancourse.grade.platforms.cells import CSVFile, number, written

COLUMNS = ("student", "exercise", "points", "excused", "late", "reason")
HINT = (
    "give a name as it stands in summary.csv (who handed in nothing is known where --worksheet or "
    "--gradebook is given)."
)
YES, NO = ("yes", "y", "x", "1", "true"), ("", "no", "n", "0", "false")


@dataclass(frozen=True)
class Override:
    """One line: `exercise` is one's id, a sheet's number, or "" for all of the student's."""

    student: str
    exercise: str = ""
    points: float | None = None
    excused: bool = False
    late: int | None = None
    reason: str = ""
    line: int = 0

    def covers(self, sheet: str, exercise: str = "") -> bool:
        """Tell whether the line is about this sheet, or this exercise of it."""
        return self.exercise in ("", sheet, exercise)

    @property
    def said(self) -> str:
        return f": {self.reason}" if self.reason else ""


def read(path: Path) -> list[Override]:
    """Return the lines of a file; raise InputError that names the first line that is not clear."""
    file = CSVFile(path)
    header = [name.casefold() for name in file.header]
    for name in header:
        if name:
            choose(f"column of {path}", name, COLUMNS)
    if "student" not in header:
        raise InputError(f"{path} has no column 'student'; its columns are {', '.join(COLUMNS)}.")
    lines = []
    for n in file.body():
        cells = {name: file.value(n, c).strip() for c, name in enumerate(header) if name}
        lines.append(_override(cells, f"{path}, row {n + 1}", n + 1))
    return lines


def _override(cells: dict[str, str], where: str, line: int) -> Override:
    def get(name: str) -> str:
        return cells.get(name, "")

    student = get("student").removeprefix("'")  # as our own tables keep it from being a formula
    if not student:
        raise InputError(f"{where} names no student: give the name as it stands in summary.csv.")
    points = _points(get("points"), where)
    excused = _yes(get("excused"), where)
    late = _days(get("late"), where)
    if points is not None and not get("exercise"):
        raise InputError(f"{where} gives points and names no exercise: name one, such as 05.3.")
    if points is not None and excused:
        raise InputError(f"{where} gives points and excuses: do one of them.")
    if points is None and not excused and late is None:
        raise InputError(f"{where} changes nothing: give points, excused or late.")
    return Override(student, get("exercise"), points, excused, late, get("reason"), line)


def _points(text: str, where: str) -> float | None:
    value = number(text) if text else None
    if text and (value is None or value < 0):
        raise InputError(f"{where}: points must be a number of at least 0, and {text!r} was given.")
    return value


def _yes(text: str, where: str) -> bool:
    if text.casefold() not in (*YES, *NO):
        raise InputError(f"{where}: excused is yes or empty, and {text!r} was given.")
    return text.casefold() in YES


def _days(text: str, where: str) -> int | None:
    if text and not text.isdecimal():
        raise InputError(f"{where}: late is a whole number of days, and {text!r} was given.")
    return int(text) if text else None


def student_named(name: str, students: Collection[str], where: str) -> str:
    """Return the student with this name, whole or without the platform's number, or that number.

    Raises InputError where there is none, or more than one.
    """
    if name in students:
        return name
    plain = name.casefold()
    same = [s for s in students if plain in (s.casefold(), *_ends(s.casefold()))]
    if len(same) == 1:
        return same[0]
    if same:
        raise InputError(f"{where}: {name!r} may be {' or '.join(sorted(same))}: name one.")
    close = get_close_matches(name, sorted(students), n=1, cutoff=0.5)
    hint = f"did you mean {close[0]!r}?" if close else HINT
    raise InputError(f"{where}: no student is named {name!r}: {hint}")


def _ends(student: str) -> tuple[str, ...]:
    name, _, number = student.rpartition("_")
    return (name, number) if name and number.isdecimal() else ()


def points_set(override: Override, before: float | None, maximum: float) -> str:
    """Return the sentence for points that a teacher has set."""
    was = "they were not known" if before is None else f"the checks gave {written(before)}"
    points = written(override.points)
    return f"Set by the teacher to {points} of {written(maximum)} ({was}){override.said}"
