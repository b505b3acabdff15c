"""Export the exercise sheets as an nbgrader course, for schools that run nbgrader on JupyterHub.

    python tools/nbgrader_export.py [--out nbgrader_course] [05 06 ...]

Writes source/NN_topic/NN_topic.ipynb for each sheet, and a configuration. An answer cell carries
its solution between nbgrader's markers; the check after it becomes a graded test that gives the
score of `gancourse.check`, so that nbgrader counts part points. Only the shown parts count: in
nbgrader the tests run in the student's own kernel, where nothing can be hidden from student code.
`gancourse grade` decides outside of it, and can.
"""

import argparse
import re
import sys
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook

from gancourse import check
from gancourse.store import write_whole

sys.path.insert(0, str(Path(__file__).parent))

from build.exercises import folded
from build.notebooks import NOTEBOOK_METADATA
from build.sources import read_cells, tags

ROOT = Path(__file__).resolve().parents[1]
CONFIG = """\
c = get_config()  # noqa: F821

c.CourseDirectory.course_id = "gancourse"
c.CourseDirectory.student_id = "*"  # of the teacher's commands, who is no student
c.ExecutePreprocessor.timeout = 300
c.ClearSolutions.code_stub = {"python": 'raise NotImplementedError("your turn")'}
"""
GRADED = """\
import sys
from contextlib import redirect_stderr

with redirect_stderr(sys.stdout):  # nbgrader gives 0 where a warning was written
    result = check("{id}", {names})
result.score"""
MARKERS = {"# BEGIN SOLUTION": "### BEGIN SOLUTION", "# END SOLUTION": "### END SOLUTION"}
LEFT_OUT = {"hidden", "solution"}


def exercise_of(cell: NotebookNode) -> str | None:
    """Return the exercise that this cell answers, or None."""
    found = (tag.removeprefix("exercise:") for tag in tags(cell) if ":" in tag)
    return next(found, None)


def checked(cell: NotebookNode) -> str | None:
    """Return the exercise that this cell checks, or None."""
    found = re.search(r"\bcheck\(\s*[\"']([\w.]+)[\"']", cell.source)
    return found[1] if found and cell.cell_type == "code" else None


def mark(cell: NotebookNode, grade_id: str, **flags) -> NotebookNode:
    """Give the cell nbgrader's metadata (schema 3)."""
    plain = {"grade": False, "solution": False, "locked": False, "task": False}
    cell.metadata["nbgrader"] = plain | flags | {"grade_id": grade_id, "schema_version": 3}
    return cell


def answer_cell(cell: NotebookNode, id: str) -> NotebookNode:
    for ours, theirs in MARKERS.items():
        cell.source = re.sub(rf"^(\s*){ours}$", rf"\1{theirs}", cell.source, flags=re.M)
    return mark(cell, f"answer-{id.replace('.', '-')}", solution=True)


def test_cell(id: str, cell_id: str) -> NotebookNode:
    """Return a graded cell whose value is the score; its points are those of the shown parts."""
    exercise = check.get_exercise(id)
    points = sum(part.points for part in exercise.chosen(hidden=False))
    source = GRADED.format(id=id, names=", ".join(exercise.names))
    cell = new_code_cell(source, id=cell_id)
    return mark(cell, f"test-{id.replace('.', '-')}", grade=True, locked=True, points=points)


def exported(source: Path) -> NotebookNode:
    """Return the nbgrader source notebook of a sheet."""
    cells = []
    for cell in read_cells(source, sheet=True):
        if LEFT_OUT & set(tags(cell)):
            continue
        if id := exercise_of(cell):
            cell = answer_cell(cell, id)
        elif id := checked(cell):
            cell = test_cell(id, cell.id)
        elif "hint" in tags(cell):
            cell.source = folded(cell.source)
        cells.append(cell)
    notebook = new_notebook(cells=cells)
    notebook.metadata = nbformat.from_dict(NOTEBOOK_METADATA)
    return notebook


def export(out: Path, sheets: list[Path]) -> list[Path]:
    """Write the course; return the paths of its notebooks."""
    write_whole(out / "nbgrader_config.py", CONFIG.encode())
    return [
        write_whole(
            out / "source" / source.stem / f"{source.stem}.ipynb",
            nbformat.writes(exported(source)).encode(),
        )
        for source in sheets
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sheets", nargs="*", help="numbers of sheets [all]")
    parser.add_argument("--out", type=Path, default=ROOT / "nbgrader_course")
    options = parser.parse_args()
    sources = sorted((ROOT / "solutions").glob("[0-9][0-9]_*.py"))
    chosen = [s for s in sources if not options.sheets or s.stem[:2] in options.sheets]
    for path in export(options.out, chosen):
        print(path)
    return 0 if chosen else 1


if __name__ == "__main__":
    sys.exit(main())
