"""Canvas: a gradebook export, filled, to be imported again.

The rules are those of its importer (lib/gradebook_importer.rb): columns of assignments end with
their number in brackets, the row "Points Possible" says what they give, an empty cell erases a
grade, and the two cells EX and N/A mean excused and not assigned.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

from gancourse.errors import InputError
from gancourse.grade.platforms.cells import CSVFile, number, written
from gancourse.grade.platforms.marks import Class, Mark, mark, names, number_of, sheets_of_all
from gancourse.grade.report import write_table

ASSIGNMENT = re.compile(r"(.*)\s\((\d+)\)", re.S)
SCORES = re.compile(
    "(Current|Final|Override) (Score|Points|Grade|Status)"
)  # columns that Canvas computes
AGAIN = "export the gradebook again, in Canvas, and give it unchanged."
EXCUSED, NOT_ASSIGNED = "EX", "N/A"


class Gradebook:
    """A gradebook export; `columns` may name the assignment's number for a sheet, or for "" (all).

    Raises InputError where Canvas could not import it either.
    """

    def __init__(
        self, path: Path, sheets: Iterable[str] = (), columns: Mapping[str, str] | None = None
    ):
        self.path, self.sheets, self.chosen = Path(path), set(sheets), dict(columns or {})
        self.file = CSVFile(self.path)
        self._find_columns()
        self._find_rows()

    def _find_columns(self) -> None:
        header = self.file.header
        first = 2 if header[:2] == ["LastName", "FirstName"] else 1
        named = first == 2 or header[0] == "Student"
        if len(header) < 4 or not named or header[first] != "ID" or "Section" not in header:
            raise InputError(
                f"{self.path} has no columns Student, ID and Section at its start: {AGAIN}"
            )
        self.id, self.section = first, header.index("Section")
        self.assignments = {}
        for c in range(self.section + 1, len(header)):
            found = ASSIGNMENT.fullmatch(header[c])
            if found and not SCORES.search(header[c]):
                self.assignments[found[2]] = c

    def _find_rows(self) -> None:
        self.rows: dict[str, int] = {}
        self.possible = None
        for n in self.file.body():
            if "Points Possible" in self.file.value(n, 0):
                self.possible = n
            elif identity := self.file.value(n, self.id).strip():
                if identity in self.rows:
                    raise InputError(f"{self.path} has two rows for student {identity}: {AGAIN}")
                self.rows[identity] = n
        if self.possible is None:
            raise InputError(f"{self.path} has no row 'Points Possible': {AGAIN}")
        self.assignments = {
            k: c for k, c in self.assignments.items()
            if "read only" not in self.file.value(self.possible, c)
        }  # fmt: skip
        if not self.assignments:
            raise InputError(f"{self.path} has no column of an assignment, as 'Sheet 05 (1234)'.")

    def absent(self, students: Collection[str]) -> set[str]:
        """Return who is in the gradebook and not among these students."""
        found = set(self._rows_of(students).values())
        return {f"{self._name(n)}_{k}" for k, n in self.rows.items() if n not in found}

    def _name(self, n: int) -> str:
        cells = [self.file.value(n, c).strip() for c in range(self.id)]
        return " ".join(reversed(cells)) if len(cells) > 1 else cells[0]

    def _rows_of(self, students: Iterable[str]) -> dict[str, int]:
        """Return the row of each student: by Canvas's number, else by login, SIS number or name."""
        others: dict[str, list[int]] = {}
        for n in self.rows.values():
            for c in {*range(self.id), *range(self.id + 1, self.section)}:
                if text := self.file.value(n, c).strip().casefold():
                    others.setdefault(text, []).append(n)
        found = {}
        for student in students:
            n = self.rows.get(number_of(student))
            same = others.get(student.casefold(), []) if n is None else [n]
            if len(same) == 1:
                found[student] = same[0]
        return found

    def check(self, by_student: Class) -> None:
        """Raise InputError where this is another course's, or no column is clearly the sheet's."""
        rows = self._rows_of(by_student)
        if not rows:
            raise InputError(
                f"{self.path} is the gradebook of another course: none of its students is in the "
                f"submissions, by number, login or name; {AGAIN}"
            )
        for row in set(rows.values()):
            same = sorted(s for s, n in rows.items() if n == row)
            if len(same) > 1:
                raise InputError(
                    f"{' and '.join(same)} are one student in {self.path}: give the submissions as "
                    "Canvas made them."
                )
        self._columns(by_student)

    def _columns(self, by_student: Class) -> dict[int, set[str]]:
        """Return the sheets that go into each column."""
        sheets = self.sheets or {r.sheet for rs in by_student.values() for r in rs if r.sheet}
        if "" in self.chosen or (len(self.assignments) == 1 and not self.chosen):
            c = self._numbered(self.chosen.get("", next(iter(self.assignments))))
            return {c: sheets_of_all(by_student, self.file.header[c], self.sheets)}
        found: dict[int, set[str]] = {}
        for sheet in sorted(sheets):
            found.setdefault(self._for(sheet), set()).add(sheet)
        return found

    def _for(self, sheet: str) -> int:
        if sheet in self.chosen:
            return self._numbered(self.chosen[sheet])
        header = self.file.header
        titles = {c: ASSIGNMENT.fullmatch(header[c])[1] for c in self.assignments.values()}
        plain = re.escape(sheet.lstrip("0") or "0")
        named = [c for c, t in titles.items() if re.search(rf"(?<![\d.])0*{plain}(?!\d)", t)]
        if len(named) != 1:
            raise InputError(
                f"{self.path} has {len(named)} assignments with {sheet} in their title: name the "
                f"one for sheet {sheet} by its number, as in --assignment {sheet}=NUMBER. There "
                f"are {self._listed()}."
            )
        return named[0]

    def _numbered(self, assignment: str) -> int:
        if assignment not in self.assignments:
            raise InputError(
                f"{self.path} has no assignment {assignment} that can be written to; there are "
                f"{self._listed()}."
            )
        return self.assignments[assignment]

    def _listed(self) -> str:
        return ", ".join(self.file.header[c] for c in self.assignments.values())

    def write(self, out: Path, by_student: Class) -> list[str]:
        """Write the filled gradebook into `out`; return what the teacher has to know."""
        columns, rows = self._columns(by_student), self._rows_of(by_student)
        apart: dict[str, set[str]] = {}
        for student, n in rows.items():
            for c, sheets in columns.items():
                if why := self._fill(n, c, mark(by_student[student], sheets)):
                    apart.setdefault(why, set()).add(student)
        outside = set(by_student) - set(rows)
        apart["nothing was handed in, so the row stays as it was"] = self.absent(by_student)
        apart["not in the gradebook, so the mark is in grades.csv alone"] = outside
        path, said = write_table(out, f"{self.path.stem} to upload.csv", self.file.content())
        where = ", ".join(self.file.header[c] for c in columns)
        return [
            f"{path} is for Canvas (import the gradebook); the marks are under {where}.",
            *(f"{names(some)}: {why}." for why, some in apart.items() if some),
            *said,
        ]

    def _fill(self, n: int, c: int, mine: Mark) -> str:
        """Fill a cell, or return why it stays as it was."""
        if self.file.value(n, c).strip() == NOT_ASSIGNED:
            return "not assigned in Canvas, so the cell stays as it was"
        if mine.excused:
            self.file.put(n, c, EXCUSED)
            return ""
        possible = self.file.value(self.possible, c)
        maximum = number(possible)
        points = mine.of(maximum if maximum else mine.maximum)
        if points is None:
            return "no points are known, so the cell stays as it was"
        self.file.put(n, c, written(points, "," in possible))
        return ""
