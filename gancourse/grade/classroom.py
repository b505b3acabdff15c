"""A class while it is graded: the results so far, what they count as, and what is written."""

import time
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from gancourse.check.spec import Exercise
from gancourse.grade import overview, report
from gancourse.grade.alike import alike, answers
from gancourse.grade.box.wire import clean
from gancourse.grade.collect import Submission
from gancourse.grade.exports import Export
from gancourse.grade.job import NOT_GRADED, Graded, Result
from gancourse.grade.plan import LATE, original_ids
from gancourse.grade.platforms.marks import names
from gancourse.grade.rules import Rules

SECONDS_BETWEEN_TABLES = 2.0


class Notice(UserWarning):
    """Something that a teacher has to know, and that stops nothing."""


class Classroom:
    """The results so far, by student; writes pages at once and the tables now and then."""

    def __init__(
        self, out: Path, students: list[str], away: list[str], rules: Rules, files: list[Export]
    ):
        self.out, self.away, self.rules, self.files = out, away, rules, files
        self.by_student: dict[str, list[Result]] = {s: [] for s in students}
        self.written = time.monotonic()
        decided = {o.student for o in rules.overrides}
        self.by_student |= {s: [] for s in away if s in decided and rules.apply(s, [])}

    def marks_of(self, student: str) -> list[Result]:
        """Return a student's results so far, as they count."""
        return self.rules.apply(student, self.by_student[student])

    def finish(self, found: list[Submission], known: Mapping[str, Sequence[Exercise]]) -> list[str]:
        """Write the teacher's page and the files for other programs; return what to say."""
        marks = {student: self.marks_of(student) for student in self.by_student}
        for student in set(self.away) & set(marks):
            report.write_page(self.out, student, marks[student])
        pairs = alike(answers(found, known, original_ids()))
        away = [student for student in self.away if student not in marks]
        page = overview.write(self.out, marks, pairs, away)
        said = [sentence for file in self.files for sentence in file.write(self.out, marks)]
        late = [s for s, rs in marks.items() if any(LATE in r.notes and not r.late for r in rs)]
        if late and self.rules.late:
            said.append(
                f"{names(late)}: late, says the platform, and not by how much: give the days in "
                f"{self.out / report.OVERRIDES}."
            )
        return [*said, f"{page} shows how the class did; it is for the teacher alone."]

    def await_(self, result: Result) -> None:
        """Take a result that says what is still to be graded."""
        self.by_student[result.student].append(result)

    def add(self, result: Result, fresh: bool) -> None:
        """Take a result in the place of what was awaited; nothing in it can stop the batch."""
        self._place(result)
        try:
            self._write(result, fresh)
        except OSError:  # the disk is full, or not ours: that is nobody's answer
            raise
        except Exception as error:
            note = clean(f"Its page could not be written ({type(error).__name__}).")
            rows = [Graded(e.id, e.title, None, e.maximum, NOT_GRADED) for e in result.exercises]
            result = replace(result, status=NOT_GRADED, notes=[note], exercises=rows)
            self._place(result)
            self._write(result, False)
        if time.monotonic() - self.written > SECONDS_BETWEEN_TABLES:
            self.write()

    def _place(self, result: Result) -> None:
        results = self.by_student[result.student]
        same = (result.sheet, result.file)
        kept = [r for r in results if (r.sheet, r.file) != same]
        results[:] = sorted([*kept, result], key=lambda r: (r.sheet, r.file))

    def _write(self, result: Result, fresh: bool) -> None:
        if fresh and result.status != NOT_GRADED:
            report.remember(self.out, result)
        report.write_page(self.out, result.student, self.marks_of(result.student))

    def write(self) -> None:
        marks = {student: self.marks_of(student) for student in self.by_student}
        for sentence in report.write_tables(self.out, marks):
            warnings.warn(sentence, Notice, stacklevel=2)
        self.written = time.monotonic()
