"""The export goes through the real nbgrader: generate, autograde a solution, full marks."""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

import nbgrader_export  # noqa: E402

from gancourse import check  # noqa: E402

SHEET = ROOT / "solutions" / "05_minimal_gan.py"
TOY = """# %%
from gancourse.check import check


# %% tags=["exercise:05.1"]
def d_loss(logit_real, logit_fake):
    # BEGIN SOLUTION
    from torch.nn.functional import softplus

    return softplus(-logit_real).mean() + softplus(logit_fake).mean()
    # END SOLUTION


# %%
result = check("05.1", d_loss)
result

# %% tags=["hidden"]
assert result.passed
"""


@pytest.fixture
def course(tmp_path):
    source = tmp_path / "05_toy.py"
    source.write_text(TOY)
    nbgrader_export.export(tmp_path / "course", [source])
    return tmp_path / "course"


def shown_points(id: str) -> int:
    return sum(part.points for part in check.get_exercise(id).chosen(hidden=False))


def test_answers_and_tests_are_marked(course):
    notebook = nbformat.read(course / "source" / "05_toy" / "05_toy.ipynb", as_version=4)
    _, answer, test = notebook.cells
    assert answer.metadata.nbgrader.solution
    assert "    ### BEGIN SOLUTION\n" in answer.source
    assert 'result = check("05.1", d_loss)\nresult.score' in test.source
    assert (test.metadata.nbgrader.grade, test.metadata.nbgrader.points) == (
        True,
        shown_points("05.1"),
    )


def test_nothing_hidden_is_exported(course):
    text = (course / "source" / "05_toy" / "05_toy.ipynb").read_text()
    assert "result.passed" not in text


def test_every_exercise_of_a_real_sheet_has_an_answer_and_a_test():
    cells = nbgrader_export.exported(SHEET).cells
    graded = [c.metadata.nbgrader for c in cells if "nbgrader" in c.metadata]
    ids = {e.id.replace(".", "-") for e in check.sheet("05")}
    assert {g.grade_id for g in graded} == {f"{k}-{i}" for k in ("answer", "test") for i in ids}


def nbgrader(course: Path, *arguments: str) -> str:
    """Run the real nbgrader; NBGRADER_PYTHON names a Python that has it, if this one has not."""
    python = os.environ.get("NBGRADER_PYTHON", sys.executable)
    path = f"{Path(python).parent}{os.pathsep}{os.environ['PATH']}"  # it calls alembic
    done = subprocess.run(
        [python, "-m", "nbgrader", *arguments], cwd=course, capture_output=True, text=True,
        env=os.environ | {"PATH": path, "JUPYTER_PREFER_ENV_PATH": "1"}, check=False)  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout + done.stderr


def hand_in(course: Path, student: str, source: Path, change=lambda cell: None) -> None:
    notebook = nbformat.read(source, as_version=4)
    for cell in notebook.cells:
        change(cell)
    path = course / "submitted" / student / "05_toy" / "05_toy.ipynb"
    path.parent.mkdir(parents=True)
    nbformat.write(notebook, path)


def without_logits(cell) -> None:
    """Put an answer in place that overflows far out and warns, and earns a part of the points."""
    if "def d_loss" in cell.source:
        cell.source += """

def d_loss(real, fake):
    import warnings

    warnings.warn("nbgrader gives 0 for what is on stderr", stacklevel=2)
    return -real.sigmoid().log().mean() - (1 - fake.sigmoid()).log().mean()
"""


@pytest.mark.skipif(
    not (importlib.util.find_spec("nbgrader") or "NBGRADER_PYTHON" in os.environ),
    reason="nbgrader is not installed: it is in the extra 'nbgrader'",
)
def test_the_real_nbgrader_gives_a_solution_full_marks(course):
    nbgrader(course, "generate_assignment", "05_toy")
    solution, released = (course / f / "05_toy" / "05_toy.ipynb" for f in ("source", "release"))
    assert "NotImplementedError" in released.read_text()
    hand_in(course, "ada", solution)
    hand_in(course, "bob", released)
    hand_in(course, "eve", solution, without_logits)
    nbgrader(course, "autograde", "05_toy")
    nbgrader(course, "export")
    lines = (course / "grades.csv").read_text().splitlines()
    column = lines[0].split(",").index("raw_score")
    student = lines[0].split(",").index("student_id")
    scores = {line.split(",")[student]: float(line.split(",")[column]) for line in lines[1:]}
    assert (scores["ada"], scores["bob"]) == (shown_points("05.1"), 0)
    assert 0 < scores["eve"] < scores["ada"]


def test_the_export_is_valid_json_with_schema_3(course):
    data = json.loads((course / "source" / "05_toy" / "05_toy.ipynb").read_text())
    marks = [c["metadata"]["nbgrader"] for c in data["cells"] if "nbgrader" in c["metadata"]]
    assert {m["schema_version"] for m in marks} == {3}
