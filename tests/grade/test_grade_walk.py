"""What passes in the notebook passes in grading: cells run whole, once, in order, in time."""

import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from gancourse.check import spec
from gancourse.errors import InputError
from gancourse.grade.box import pool
from gancourse.grade.box.sandbox import Limits, require
from gancourse.grade.ipynb import read
from gancourse.grade.job import grade_task
from gancourse.grade.task import Task

sys.path.insert(0, str(Path(__file__).parents[1] / "grading"))

import toy_checks

from notebooks import SOLVED, answers, cell, notebook, sources

LIMITS = Limits(submission=60.0, cell=3.0, part=2.0, memory=700 << 20, scratch=8 << 20)
FIRST, ANSWER, LAST = answers(*sources(SOLVED))
STUB = cell("def answer(x):\n    raise NotImplementedError('your turn')", "exercise:90.2")


@pytest.fixture(scope="module", autouse=True)
def _sandboxes():
    try:
        require("bwrap", LIMITS)
    except InputError as error:
        pytest.skip(str(error))
    yield
    pool.close_idle()


def graded(*cells: dict, limits: Limits = LIMITS):
    data = notebook(list(cells))
    return grade_task(Task("ada", "90", "s", tuple(read(data)), "7", "toy_checks", limits=limits))


def tagged(source: str) -> dict:
    return cell(source, "exercise:90.2")


USES = "def answer(x):\n    return {name} * x"
PASSES = {
    "a helper built by a loop": [
        cell("table = []\nfor k in range(3):\n    table.append(k)"),
        tagged(USES.format(name="table[2]"))],
    "a helper built by a bare call": [
        cell("table = {}\ntable.update(two=2)"), tagged(USES.format(name="table['two']"))],
    "display in the answer": [tagged("def answer(x):\n    display(x)\n    return 2 * x")],
    "get_ipython in the answer": [
        tagged("def answer(x):\n    get_ipython().run_line_magic('who', '')\n    return 2 * x")],
    "a helper in a cell below": [
        tagged(USES.format(name="two()")), cell("def two():\n    return 2")],
    "a helper of a helper, below": [
        tagged(USES.format(name="two()")), cell("def two():\n    return one() + 1"),
        cell("def one():\n    return 1")],
    "the stub above, the answer below": [STUB, cell(SOLVED.format(name="answer"))],
    "the answer in a loop's last turn": [
        STUB, cell("for k in (1, 2):\n    def answer(x, k=k):\n        return k * x")],
    "the answer imported from a file that the notebook writes": [
        cell("%%writefile mine.py\n" + SOLVED.format(name="answer")),
        tagged("from mine import answer")],
    "a helper that a later cell uses for other things": [
        cell("two = 2"), tagged(USES.format(name="two")), cell("two = 'deux'")],
    "a name that is deleted below": [
        cell("two = 2"), tagged(USES.format(name="two")), cell("del two, answer")],
    "a timed assignment": [cell("%time two = 2"), tagged(USES.format(name="two"))],
    "a timed cell": [cell("%%time\ntwo = 2"), tagged(USES.format(name="two"))],
    "a captured cell": [cell("%%capture\ntwo = 2"), tagged(USES.format(name="two"))],
    "the last value": [cell("1 + 1"), cell("two = _"), tagged(USES.format(name="two"))],
    "await at the left edge": [
        cell("import asyncio\nawait asyncio.sleep(0)\ntwo = 2"), tagged(USES.format(name="two"))],
    "shell and help": [
        tagged("!ls\nf = !ls\nlen?\n%matplotlib inline\n" + SOLVED.format(name="answer"))],
    "another language": [cell("%%bash\nrm -rf /"), tagged(SOLVED.format(name="answer"))],
    "a check that a loop waits for": [
        tagged("from gancourse.check import check\n" + SOLVED.format(name="answer") +
               "\nwhile not check('90.2', answer).passed:\n    pass")],
    "blank lines on top": [tagged("\n\n" + SOLVED.format(name="answer"))],
    "a class of the notebook": [
        cell("class Two:\n    def __mul__(self, x):\n        return 2 * x"),
        tagged(USES.format(name="Two()"))],
}  # fmt: skip


@pytest.mark.parametrize("name", PASSES)
def test_what_passes_in_the_notebook_passes(name):
    assert [e.score for e in graded(FIRST, *PASSES[name], LAST).exercises] == [3, 3, 3]


def test_the_last_definition_counts():
    below = cell("answer = lambda x: 3 * x")
    row = graded(FIRST, ANSWER, LAST, below).exercises[1]
    assert row.score == 0
    assert "the last definition counts" in row.notes[0]


def test_a_cell_that_stops_says_its_own_line():
    row = graded(FIRST, tagged("\n\nx = 1\n1 / 0\n"), LAST).exercises[1]
    assert (row.score, row.status) == (0, "error")
    assert any("ZeroDivisionError in line 4" in note for note in row.notes)


def test_an_answer_cell_that_is_markdown_now_is_named():
    gone = ANSWER | {"cell_type": "markdown"}
    row = graded(FIRST, gone, LAST).exercises[1]
    assert (row.score, row.status) == (0, "Markdown cell")
    assert "is a Markdown cell now" in row.notes[0]


def test_a_conflict_in_a_cell_is_named():
    source = "<<<<<<< mine\nx = 1\n=======\nx = 2\n>>>>>>> theirs\n"
    row = graded(FIRST, tagged(source + SOLVED.format(name="answer")), LAST).exercises[1]
    assert row.status == "syntax error"
    assert "merge conflict" in row.notes[0]


def test_each_cell_runs_once_however_many_exercises():
    path = "os.environ['HOME'] + '/count'"
    count = cell(f"import os\nwith open({path}, 'a') as file:\n    file.write('x')")
    body = f"(x):\n    return (len(open({path}).read()) + 1) * x"
    once, three = tagged("def answer" + body), cell("def last" + body, "exercise:90.3")
    assert [e.score for e in graded(count, FIRST, once, three).exercises] == [3, 3, 3]


# What the notebook's saved output says


def checked(id: str, *texts: str) -> dict:
    made = cell(f"result = check('{id}', answer)\nresult")
    outputs = [{"output_type": "stream", "name": "stdout", "text": [t]} for t in texts[:-1]]
    outputs.append({"output_type": "execute_result", "data": {"text/plain": [texts[-1]]}})
    return made | {"outputs": outputs}


@pytest.mark.parametrize(("texts", "remark"), [
    (["  holds: four (2 of 2 points)\n", "90.2 twice, answer: passed, 2 of 2 points"], True),
    (["  holds: four numbers (2 of 2 points)\n", "Nothing"], True),
    (["  holds: four 0.90 numbers\n", "90.2 twice: not passed yet, 0 of 2 points (1 more)"], False),
    (["", "90.2 twice, answer: not yet done"], False),
])  # fmt: skip
def test_another_saved_verdict_is_told(texts, remark):
    wrong = tagged("def answer(x):\n    return 3 * x")
    row = graded(FIRST, wrong, checked("90.2", *texts), LAST).exercises[1]
    assert (row.score, bool(row.remark)) == (0, remark)
    if remark:
        assert "saved check says 2 of 2 points; for the same parts grading found 0." in row.remark


def test_the_same_saved_verdict_is_not_told():
    saved = checked("90.2", "90.2 twice, answer: passed, 2 of 2 points (1 more in grading)")
    assert [e.remark for e in graded(FIRST, ANSWER, saved, LAST).exercises] == ["", "", ""]


# Time


def test_a_submission_ends_with_its_budget_and_says_so():
    slow = [cell("import time\ntime.sleep(1.5)")] * 6
    result = graded(FIRST, *slow, ANSWER, LAST, limits=replace(LIMITS, submission=4.0))
    assert [(e.score, e.status) for e in result.exercises] == [
        (3, "graded"), (0, "time limit"), (0, "time limit"),
    ]  # fmt: skip
    assert "4 seconds of a submission were over" in " ".join(result.exercises[2].notes)


def test_the_same_cells_fit_into_a_budget_that_counts_them_once():
    slow = [cell("import time\ntime.sleep(1)")] * 4
    result = graded(FIRST, *slow, ANSWER, LAST, limits=replace(LIMITS, submission=30.0))
    assert result.score == 9


def _trains(seconds: float):
    """Return the toy sheet, with a second exercise whose call may take so long."""

    def run(student, answer, draw):
        spec.timed(student, seconds, "The training", lambda: student.call(answer, [1.0]))

    first, answer, last = toy_checks.EXERCISES
    part = spec.Part("a training", 3, run, seconds=60.0)
    return [first, replace(answer, parts=(part,)), last]


LOOP = "\n    until = clock() + 1.0\n    while clock() < until: pass\n    return x"


@pytest.mark.parametrize("head", [
    "import time\nclock = time.process_time\ntime.process_time = lambda: 0.0\n",
    "import time, os\nclock = time.process_time\nos.times = time.thread_time = lambda: None\n",
])  # fmt: skip
def test_the_limit_of_a_training_is_not_on_the_students_clock(head, monkeypatch):
    monkeypatch.setattr(toy_checks, "EXERCISES", _trains(0.5))
    row = graded(FIRST, tagged(head + "def answer(x):" + LOOP), LAST,
                 limits=replace(LIMITS, part=60.0)).exercises[1]  # fmt: skip
    assert row.score == 0
    assert "The training took more than 0.5 seconds" in row.parts[0]["message"]


def test_time_that_others_take_does_not_count_for_a_training(monkeypatch):
    monkeypatch.setattr(toy_checks, "EXERCISES", _trains(0.5))
    sleeps = tagged("import time\ndef answer(x):\n    time.sleep(1)\n    return x")
    assert graded(FIRST, sleeps, LAST, limits=replace(LIMITS, part=60.0)).exercises[1].score == 3


@pytest.mark.parametrize(("seconds", "score"), [(2.0, 1), (30.0, 3)])
def test_the_limit_of_an_exercise_is_for_all_its_parts(seconds, score, monkeypatch):
    """More than a part asks for, where the teacher says so; less, where all parts take too long."""
    parts = [replace(p, seconds=1.0) for p in toy_checks.EXERCISES[1].parts]
    parts = [replace(parts[1], name="a", shown=True), replace(parts[0], name="b")]
    first, answer, last = toy_checks.EXERCISES
    monkeypatch.setattr(toy_checks, "EXERCISES", [first, replace(answer, parts=tuple(parts)), last])
    computes = tagged(
        "import time\ndef answer(x):\n    end = time.process_time() + 1.2\n"
        "    while time.process_time() < end:\n        pass\n    return 2 * x"
    )
    limits = replace(LIMITS, exercise=seconds)
    assert graded(FIRST, computes, LAST, limits=limits).exercises[1].score == score


# Between two students


LEAVE = """
import os, signal, socket, subprocess, sys, tempfile, torch, gancourse
def tried(work):
    try:
        work()
    except (OSError, ValueError, AttributeError):
        pass
HOME = os.environ["HOME"]
for folder in (HOME, "/dev/shm", "/", "/course", "/proc/1"):
    tried(lambda: open(folder + "/left", "w").write("answer"))
    tried(lambda: os.setxattr(folder, "user.left", b"answer"))
    tried(lambda: os.utime(folder, (5, 5)))
tried(lambda: os.setpriority(os.PRIO_PROCESS, 1, 19))
tried(lambda: os.sched_setscheduler(1, os.SCHED_IDLE, os.sched_param(0)))
tried(lambda: os.kill(1, signal.SIGINT))
tried(lambda: subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"]))
torch.left = gancourse.left = "answer"
tried(lambda: os.chmod(HOME, 0))
"""
LOOK = """
import glob, os, stat, torch, gancourse
HOME, found = os.environ["HOME"], []
for folder in (HOME, "/dev/shm", "/", "/course"):
    if folder in (HOME, "/dev/shm"):
        found += os.listdir(folder) + os.listxattr(folder)
        if stat.S_IMODE(os.stat(folder).st_mode) != 0o1777 or os.stat(folder).st_mtime == 5:
            found.append(folder)
    found += [folder] * os.path.exists(folder + "/left")
found += [n for n in glob.glob("/proc/[0-9]*") if int(n[6:]) not in (1, os.getpid(), os.getppid())]
found += [os.getpriority(os.PRIO_PROCESS, 1)] if os.getpriority(os.PRIO_PROCESS, 0) > 10 else []
found += [os.sched_getscheduler(0)] * (os.sched_getscheduler(0) == os.SCHED_IDLE)
found += [m for m in (torch, gancourse) if "left" in vars(m)]
def answer(x):
    return 0 if found else 2 * x
"""


@pytest.mark.parametrize("root", [True, False])
def test_nothing_of_one_student_is_left_for_the_next(root, monkeypatch):
    """In the same sandbox, whose server both have been forked from."""
    if not root:
        monkeypatch.setattr("os.geteuid", lambda: 1000)
    pool.close_idle()
    assert graded(FIRST, tagged(LEAVE + SOLVED.format(name="answer")), LAST).score == 9
    (before,) = pool.idle()
    assert graded(FIRST, tagged(LOOK), LAST).score == 9
    assert pool.idle() == [before]
    pool.close_idle()


def test_a_sandbox_that_ended_while_it_waited_is_replaced():
    pool.close_idle()
    graded(FIRST, ANSWER, LAST)
    (before,) = pool.idle()
    before.process.kill()
    before.process.wait()
    assert graded(FIRST, ANSWER, LAST).score == 9


def test_sandboxes_that_nobody_asks_for_end(monkeypatch):
    monkeypatch.setattr(pool, "IDLE_SECONDS", 0.0)
    graded(FIRST, ANSWER, LAST)
    until = time.monotonic() + 60
    while pool.idle() and time.monotonic() < until:
        time.sleep(0.05)
    assert pool.idle() == []
