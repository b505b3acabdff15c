"""One table for any platform: a row for each student, a column for each exercise, the totals."""

from pathlib import Path

from gancourse.errors import InputError
from gancourse.grade.job import EXCUSED, Graded, whole
from gancourse.grade.platforms.marks import Class
from gancourse.grade.report import summary, table, write_table

TOTALS = ("late", "points", "maximum", "percent", "status", "by the teacher")


class Wide:
    """The table at `path`, written afresh by each run."""

    def __init__(self, path: Path):
        self.path = Path(path)
        if self.path.is_dir():
            raise InputError(f"{path} is a folder: name the CSV file to be written.")

    def check(self, by_student: Class) -> None:
        """Nothing can be wrong with the class."""

    def absent(self, students) -> set[str]:
        return set()

    def write(self, out: Path, by_student: Class) -> list[str]:
        """Write the table; return what a teacher has to know."""
        rows, columns = wide(by_student)
        name = str(self.path.resolve())  # an absolute path stays what it is below `out`
        path, said = write_table(out, name, table(rows, columns))
        return [f"{path} has a row for each student and a column for each exercise.", *said]


def wide(by_student: Class) -> tuple[list[tuple], tuple[str, ...]]:
    """Return (rows, names of the columns)."""
    ids = sorted({e.id for rs in by_student.values() for r in rs for e in r.exercises})
    rows = []
    for student, results in by_student.items():
        mine = {e.id: e for r in results for e in r.exercises}
        _, score, maximum, status, *_ = summary(student, results)
        percent = whole(100 * score / maximum) if score is not None and maximum else None
        off = whole(-sum(r.off for r in results))
        said = " ".join(f"{e.id}: {e.by_teacher}." for e in mine.values() if e.by_teacher)
        late = " ".join(f"{r.late}." for r in results if r.late)
        cells = [_cell(mine.get(id)) for id in ids]
        said = " ".join(filter(None, (said, late)))
        rows.append((student, *cells, off, score, maximum, percent, status, said))
    return rows, ("student", *ids, *TOTALS)


def _cell(row: Graded | None) -> float | str | None:
    """Return the points, a word where they do not count, or nothing where there are none."""
    if row is None:
        return None
    return EXCUSED if row.excused else row.score
