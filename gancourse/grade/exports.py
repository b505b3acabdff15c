"""Which files for other programs a run writes, beside the tables of its own."""

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Protocol

from gancourse.errors import InputError
from gancourse.grade.platforms.canvas import Gradebook
from gancourse.grade.platforms.marks import Class
from gancourse.grade.platforms.moodle import Worksheet
from gancourse.grade.platforms.wide import Wide


class Export(Protocol):
    """A file that a class's marks go into."""

    def check(self, by_student: Class) -> None:
        """Raise InputError, before anything is graded, where the marks cannot go there."""

    def absent(self, students: Collection[str]) -> set[str]:
        """Return who is in the file and handed in nothing."""

    def write(self, out: Path, by_student: Class) -> list[str]:
        """Write it, and return what the teacher has to know."""


def exports(
    worksheet: Path | None = None,
    gradebook: Path | None = None,
    csv: Path | None = None,
    *,
    sheets: Sequence[str] = (),
    assignments: Sequence[str] = (),
) -> list[Export]:
    """Return the files that were asked for; raise InputError for what cannot be used."""
    if assignments and not gradebook:
        raise InputError("--assignment says which column of a --gradebook is filled: give one.")
    found: list[Export] = []
    if worksheet:
        found.append(Worksheet(worksheet, sheets))
    if gradebook:
        found.append(Gradebook(gradebook, sheets, dict(_assignment(a) for a in assignments)))
    if csv:
        found.append(Wide(csv))
    return found


def _assignment(text: str) -> tuple[str, str]:
    """Return (sheet or "", number of the assignment) of "05=1234" or "1234"."""
    sheet, _, number = text.rpartition("=")
    if not number.strip().isdecimal():
        raise InputError(f"--assignment {text!r} is not understood: write it as 1234 or 05=1234.")
    return sheet.strip(), number.strip()
