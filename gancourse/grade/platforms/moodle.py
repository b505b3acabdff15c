"""Moodle: the grading worksheet of an assignment, filled, and the zip of feedback files.

The rules are those of its importers (mod/assign/feedback/offline and .../file): the header's words
stay in the teacher's language, rows are matched by participant number, an empty grade changes
nothing, a grade above the maximum is skipped, and comments are HTML.
"""

import html
import io
import re
import unicodedata
import zipfile
from collections.abc import Collection, Iterable
from pathlib import Path

from gancourse.errors import InputError
from gancourse.grade.job import Graded, Result
from gancourse.grade.platforms.cells import CSVFile, column, number, written
from gancourse.grade.platforms.marks import (
    Class,
    by_number,
    mark,
    names,
    number_of,
    sheets_of_all,
)
from gancourse.grade.report import page, slug, write_table
from gancourse.store import write_whole

IDENTIFIER, NAME, GRADE, MAXIMUM = "Identifier", "Full name", "Grade", "Maximum grade"
MODIFIED, COMMENTS, CHANGEABLE = (
    "Last modified (grade)",
    "Feedback comments",
    "Grade can be changed",
)
NUMBER = re.compile(r"\D+?0*(\d+)")  # "Participant 123", whatever the language
SIGNED = "Graded by gancourse: "  # what is behind it is ours, and written again by each run
ZIP = "moodle feedback.zip"
AGAIN = "download the grading worksheet of this assignment again, in Moodle, and give it unchanged."


class Worksheet:
    """A grading worksheet; raises InputError where Moodle could not import it either."""

    def __init__(self, path: Path, sheets: Iterable[str] = ()):
        self.path, self.sheets = Path(path), set(sheets)
        self.file = CSVFile(self.path)
        self._find_columns()
        self.rows = self._numbered()
        self.comma = any("," in self.file.value(n, self.maximum) for n in self.rows.values())

    def _find_columns(self) -> None:
        """Find the columns by their English names, in another language by where they stand."""
        self.identifier = column(self.file, IDENTIFIER)
        self.english = bool({IDENTIFIER, MAXIMUM, MODIFIED} & set(self.file.header))
        at = {name: column(self.file, name) for name in (GRADE, MAXIMUM, MODIFIED, COMMENTS)}
        if not self.english:
            at = self._columns_by_place()
        self.grade, self.maximum = at[GRADE], at[MAXIMUM]
        self.comments = at[COMMENTS]
        self.name = column(self.file, NAME) if self.english else self.identifier + 1
        at[IDENTIFIER] = self.identifier
        for name in (IDENTIFIER, GRADE, MAXIMUM, MODIFIED):
            if at[name] is None:
                hint = " (an assignment with a scale has none)" if name == MAXIMUM else ""
                raise InputError(f"{self.path} has no column {name!r}{hint}: {AGAIN}")

    def _columns_by_place(self) -> dict[str, int | None]:
        body, header = list(self.file.body()), self.file.header
        columns = range(len(header))

        def values(c: int) -> list[str]:
            return [self.file.value(n, c).strip() for n in body]

        tagged = [c for c in columns if body and all(map(NUMBER.fullmatch, values(c)))]
        numeric = [c for c in columns if body and all((number(v) or 0) > 0 for v in values(c))]
        most = [
            c for c in numeric
            if c > 1 and len(set(values(c))) == 1
            and all(not v or number(v) is not None for v in values(c - 1))
        ]  # fmt: skip
        if not tagged or len(most) != 1:
            raise InputError(f"{self.path} has no column {IDENTIFIER!r} with numbers: {AGAIN}")
        self.identifier = tagged[0]
        changed = [c for c in columns if header[c].endswith(")") and c > most[0]]
        last = changed[-1] if changed else None
        comments = last + 1 if last is not None and last + 1 < len(header) else None
        return {GRADE: most[0] - 1, MAXIMUM: most[0], MODIFIED: last, COMMENTS: comments}

    def _numbered(self) -> dict[str, int]:
        rows: dict[str, int] = {}
        for n in self.file.body():
            text = self.file.value(n, self.identifier)
            found = NUMBER.fullmatch(text.strip())
            if not found:
                raise InputError(
                    f"{self.path}: {text!r} in row {n + 1} names no participant: {AGAIN}"
                )
            if found[1] in rows:
                raise InputError(f"{self.path} has two rows for participant {found[1]}: {AGAIN}")
            if not number(self.file.value(n, self.maximum)):
                raise InputError(f"{self.path} has no maximum grade in row {n + 1}: {AGAIN}")
            rows[found[1]] = n
        return rows

    def absent(self, students: Collection[str]) -> set[str]:
        """Return who is in the worksheet and not among these students, as folders are named."""
        there = {number_of(s) for s in students}
        return {f"{self._name(n)}_{k}" for k, n in self.rows.items() if k not in there}

    def _name(self, n: int) -> str:
        """Return the name in a row, or where marking is blind what stands before the number."""
        if self.name is None:
            return re.sub(r"\W*\d+$", "", self.file.value(n, self.identifier).strip())
        return self.file.value(n, self.name).strip()

    def check(self, by_student: Class) -> None:
        """Raise InputError where it is another assignment's worksheet, or cannot hold the marks."""
        ours = by_number(by_student, str(self.path))
        both = [k for k in ours if k in self.rows]
        strange = [n for n in both if not self._alike(ours[n], n)]
        if not both or len(strange) > len(both) / 2:
            raise InputError(
                f"{self.path} is the worksheet of another assignment: none of its participants is "
                f"in the submissions. The folders have the same numbers as the worksheet; {AGAIN}"
            )
        sheets_of_all(by_student, str(self.path), self.sheets)

    def _alike(self, student: str, number: str) -> bool:
        """Tell whether folder and row may be the same person's; marking may be blind."""
        n = self.rows[number]
        mine, theirs = _words(student.rpartition("_")[0]), _words(self._name(n))
        tag = _words(re.sub(r"\d+$", "", self.file.value(n, self.identifier)))
        return not mine or not theirs or bool(mine & theirs) or mine <= tag

    def write(self, out: Path, by_student: Class) -> list[str]:
        """Write the filled worksheet and the zip into `out`; return what a teacher has to know."""
        sheets = sheets_of_all(by_student, str(self.path), self.sheets)
        ours = by_number(by_student, str(self.path))
        locked, unknown = [], []
        rows = {ours[k]: n for k, n in self.rows.items() if k in ours}
        for student, n in rows.items():
            if self._locked(n):
                locked.append(student)
            elif not self._fill(n, by_student[student], sheets):
                unknown.append(student)
        path, said = write_table(out, f"{self.path.stem} to upload.csv", self.file.content())
        zipped = write_whole(out / ZIP, feedback_zip({s: by_student[s] for s in rows}))
        groups = (
            (locked, "the grade is locked in Moodle, so the row stays as it was"),
            (unknown, "no points are known, so the grade stays as it was"),
            (self.absent(by_student), "nothing was handed in, so the row stays as it was"),
            (set(by_student) - set(rows), "not in the worksheet; the mark is in grades.csv alone"),
        )
        return [
            f"{path} and {zipped} are for Moodle: upload grading worksheet, upload feedback zip.",
            *(f"{names(some)}: {why}." for some, why in groups if some),
            *said,
        ]

    def _locked(self, n: int) -> bool:
        where = column(self.file, CHANGEABLE)
        return self.english and where is not None and self.file.value(n, where).strip() == "No"

    def _fill(self, n: int, results: list[Result], sheets: set[str]) -> bool:
        """Fill a row; tell whether it has a grade, or is to have none."""
        mine = mark(results, sheets)
        points = mine.of(number(self.file.value(n, self.maximum)))
        if points is not None:
            self.file.put(n, self.grade, written(points, self.comma))
        if self.comments is not None:
            before = self.file.value(n, self.comments).partition(SIGNED)[0].rstrip()
            before = re.sub(r"(<br>)+$", "", before)
            text = comment(results)
            self.file.put(n, self.comments, f"{before}<br>{text}" if before else text)
        return points is not None or mine.excused


def _words(name: str) -> set[str]:
    plain = unicodedata.normalize("NFKD", name).casefold()
    plain = "".join(c for c in plain if not unicodedata.combining(c))
    return set(re.findall(r"\w+", plain.replace("_", " ")))


def comment(results: list[Result]) -> str:
    """Return a student's comment: HTML on one line, with nothing of theirs that is markup."""
    known = all(r.known for r in results)
    points = written(sum(r.score for r in results)) if known else "some"
    lines = [f"{SIGNED}{points} of {written(sum(r.maximum for r in results))} points."]
    for r in results:
        lines += r.notes if r.exercises else [f"{r.status}: {' '.join(r.notes)}"]
        lines += [_line(e) for e in r.exercises]
    text = "<br>".join(html.escape(" ".join(line.split()), quote=False) for line in lines)
    return re.sub(r'\\(?=["<]|$)', "&#92;", text)  # PHP takes \" for a quote inside


def _line(e: Graded) -> str:
    said = e.by_teacher or ("" if e.status == "graded" else e.status)
    points = "not graded" if e.score is None else f"{written(e.score)} of {written(e.maximum)}"
    return f"{e.id} {e.title}: {points}" + (f" ({said})" if said else "")


def feedback_zip(by_student: Class) -> bytes:
    """Return the zip with each student's page, in the folders that Moodle's own download has."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for student in sorted(by_student):
            name = student.rpartition("_")[0].replace("_", " ")
            folder = f"{name}_{number_of(student)}_assignsubmission_file_"
            entry = zipfile.ZipInfo(f"{folder}/feedback {slug(student)[-8:]}.html")
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, page(student, by_student[student]))
    return content.getvalue()
