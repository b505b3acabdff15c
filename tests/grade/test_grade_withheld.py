"""In grading, too, what an exercise asks the learner to write is not there."""

import re
import sys
from pathlib import Path

import pytest

from gancourse.check import student
from gancourse.errors import InputError
from gancourse.grade.box import pool, sandbox
from gancourse.grade.box.sandbox import Limits, require
from gancourse.grade.ipynb import read
from gancourse.grade.job import grade_task
from gancourse.grade.task import Task

sys.path.insert(0, str(Path(__file__).parents[1] / "grading"))

from notebooks import cell, notebook

LIMITS = Limits(cell=60.0, part=20.0)
NAME = "gancourse.losses.cross_entropy_d"
ALIAS = "from gancourse.losses import cross_entropy_d as d_loss"
OWN = """
from torch.nn.functional import softplus
def d_loss(logit_real, logit_fake):
    return softplus(-logit_real).mean() + softplus(logit_fake).mean()
"""


@pytest.fixture(scope="module", autouse=True)
def sandboxes():
    try:
        require("bwrap", LIMITS)
    except InputError as error:
        pytest.skip(str(error))
    yield
    pool.close_idle()


@pytest.mark.parametrize(("answer", "points"), [(ALIAS, 0), (OWN, 6)])
def test_another_name_for_the_courses_function_earns_nothing(answer, points):
    cells = tuple(read(notebook([cell(answer, "exercise:05.1", "05-1")])))
    task = Task("ada", "05", "x.ipynb", cells, "7", limits=LIMITS)
    graded = next(e for e in grade_task(task).exercises if e.id == "05.1")
    assert (graded.score, graded.status) == (points, "graded")
    assert all((NAME in part["message"]) is (points == 0) for part in graded.parts)


def test_the_sandbox_holds_each_part_of_the_checks_that_the_student_imports():
    """Without one of them nobody's work is graded."""
    source = Path(student.__file__).read_text(encoding="utf-8")
    parts = re.findall(r"^from gancourse\.check\.(\w+) import", source, re.MULTILINE)
    shown = sandbox._course_binds()
    assert len(parts) >= 2
    assert [
        part for part in parts if f"{sandbox.COURSE}/gancourse/check/{part}.py" not in shown
    ] == []


REFUSES = """
from torch.nn.functional import softplus
class Indivisible(ValueError):
    pass
def packed_d_loss(D, x_real, x_fake, m):
    for x in (x_real, x_fake):
        if len(x) % m:
            raise Indivisible(f"N = {len(x)} and m = {m}")
    real, fake = (D(x.unflatten(0, (-1, m)).flatten(1, 2)) for x in (x_real, x_fake))
    return softplus(-real).mean() + softplus(fake).mean()
"""


def test_an_error_is_of_the_kinds_that_its_class_derives_from_in_grading_too():
    cells = tuple(read(notebook([cell(REFUSES, "exercise:12.4", "12-4")])))
    task = Task("ada", "12", "x.ipynb", cells, "7", limits=LIMITS)
    graded = next(e for e in grade_task(task).exercises if e.id == "12.4")
    assert (graded.score, graded.status) == (6, "graded")
