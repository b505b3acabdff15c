"""The page `progress.ipynb` of a working copy: every exercise, and the day on which it passed."""

import html
from dataclasses import dataclass
from pathlib import Path

from gancourse import syllabus
from gancourse.check import sheet, sheets
from gancourse.check.progress import home, passed
from gancourse.check.spec import Exercise

NO_COPY = "There is no working copy of the course here: `gancourse lab` makes one and opens it."


@dataclass(frozen=True)
class Progress:
    """A table of all exercises, the passed ones with their day; a cell shows it."""

    sheets: dict[syllabus.Lesson, list[Exercise]]
    passed: dict[str, str]
    copy: Path | None

    def __repr__(self) -> str:
        if self.copy is None:
            return NO_COPY
        return "\n".join(self._line(lesson, given) for lesson, given in self.sheets.items())

    def _line(self, lesson: syllabus.Lesson, exercises: list[Exercise]) -> str:
        done = sum(e.id in self.passed for e in exercises)
        return f"{lesson.number} {lesson.title}: {done} of {len(exercises)} passed"

    def _repr_html_(self) -> str:
        if self.copy is None:
            return f"<p>{html.escape(NO_COPY)}</p>"
        rows = "".join(self._row(lesson, given) for lesson, given in self.sheets.items())
        every = [e.id for given in self.sheets.values() for e in given]
        done = sum(name in self.passed for name in every)
        return (
            f"<p><b>{done} of {len(every)} exercises have passed.</b></p><table><thead><tr>"
            f"<th>sheet</th><th>exercises</th></tr></thead><tbody>{rows}</tbody></table>"
        )

    def _row(self, lesson: syllabus.Lesson, exercises: list[Exercise]) -> str:
        link = f'<a href="exercises/{lesson.name}.ipynb">{lesson.number} {lesson.title}</a>'
        cells = "<br>".join(
            f"✓ {e.id} {html.escape(e.title)}, passed on {self.passed[e.id]}"
            if e.id in self.passed
            else f"○ {e.id} {html.escape(e.title)}"
            for e in exercises
        )
        return f'<tr><td>{link}</td><td style="text-align:left">{cells}</td></tr>'


def progress(copy: str | Path | None = None) -> Progress:
    """Return the table of all exercises for the working copy `copy` (default: the one here)."""
    found = home(Path(copy) if copy else None)
    lessons = [lesson for lesson in syllabus.LESSONS if lesson.number in sheets()]
    given = {lesson: sheet(lesson.number) for lesson in lessons}
    return Progress(given, passed(found) if found else {}, found)
