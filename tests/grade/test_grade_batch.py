"""The batch says the truth: what is done, what is not, what was changed, and how to go on."""

import csv
import io
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from gancourse.errors import InputError
from gancourse.grade import batch, grade, report, terminal
from gancourse.grade.box.sandbox import Broken, Limits

HELPERS = Path(__file__).parents[1] / "grading"
sys.path.insert(0, str(HELPERS))

from notebooks import SOLVED, answers, cell, notebook, solved, sources, untouched  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore:Student code runs without a sandbox")
OPTIONS = {"checks": "toy_checks", "sandbox": "none"}


def a_class(root: Path, *students: str, data: bytes | None = None) -> Path:
    for student in students:
        (root / student).mkdir(parents=True, exist_ok=True)
        (root / student / "s.ipynb").write_bytes(data or solved())
    return root


def table(out: Path, name: str = "summary.csv") -> dict[str, dict]:
    text = (out / name).read_text(encoding="utf-8-sig")
    return {row["student"]: row for row in csv.DictReader(io.StringIO(text))}


def scores(out: Path) -> dict[str, tuple[str, str]]:
    return {student: (row["score"], row["status"]) for student, row in table(out).items()}


@pytest.fixture
def judged(monkeypatch):
    """Give each student full points at once; what stands in `fails` by name is raised."""
    fails: dict[str, Exception] = {}

    def quick(task):
        if task.student in fails:
            raise fails[task.student]
        result = batch.without_points(task, "graded")
        for row in result.exercises:
            row.score, row.status = row.maximum, "graded"
        return replace(result, version=task.version)

    monkeypatch.setattr(batch, "grade_task", quick)
    return fails


# What is not graded


def test_who_was_not_reached_is_not_graded_yet_and_has_no_0(tmp_path, judged):
    source, out = a_class(tmp_path / "in", "ada", "bob", "eve"), tmp_path / "out"
    judged["bob"] = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        list(grade(source, out, **OPTIONS))
    waiting = ("", "not graded yet")
    assert scores(out) == {"ada": ("9", "graded"), "bob": waiting, "eve": waiting}
    assert {r["maximum"] for r in table(out).values()} == {"9"}
    judged.clear()
    assert [s.fresh for s in grade(source, out, **OPTIONS)] == [False, True, True]
    assert set(scores(out).values()) == {("9", "graded")}


def test_the_tables_are_true_before_the_first_student_is_graded(tmp_path, judged, monkeypatch):
    source, out = a_class(tmp_path / "in", "ada"), tmp_path / "out"
    seen = []
    list(grade(source, out, **OPTIONS, starting=lambda student: seen.append(scores(out))))
    assert seen == [{"ada": ("", "not graded yet")}]


def test_what_the_grader_could_not_do_is_no_0(tmp_path, monkeypatch):
    def broken(*given):
        raise Broken("no memory \ud800")

    monkeypatch.setattr("gancourse.grade.walk.pool.take", broken)
    out = tmp_path / "out"
    (step,) = grade(a_class(tmp_path / "in", "ada"), out, **OPTIONS)
    assert scores(out) == {"ada": ("", "not graded")}
    assert not step.result.known
    page = (out / "feedback" / f"{report.slug('ada')}.html").read_text()
    assert "Not all of it is graded yet" in page
    assert "The sandbox failed (no memory \ufffd): grade again." in page
    assert " 0 of" not in page


def test_a_result_that_no_file_can_hold_costs_its_own_student(tmp_path, judged, monkeypatch):
    plain = batch.grade_task

    def odd(task):
        result = plain(task)
        if task.student == "ada":
            result.exercises[0].notes.append("\ud800")
        return result

    monkeypatch.setattr(batch, "grade_task", odd)
    list(grade(a_class(tmp_path / "in", "ada", "bob"), tmp_path / "out", **OPTIONS))
    assert scores(tmp_path / "out") == {"ada": ("", "not graded"), "bob": ("9", "graded")}


def test_an_unexpected_error_in_grading_costs_its_own_student(tmp_path, monkeypatch):
    def odd(task):
        raise RuntimeError("\ud800") if task.student == "ada" else MemoryError

    monkeypatch.setattr("gancourse.grade.job._graded", odd)
    list(grade(a_class(tmp_path / "in", "ada", "bob"), tmp_path / "out", **OPTIONS))
    assert scores(tmp_path / "out") == dict.fromkeys(("ada", "bob"), ("", "not graded"))


def test_a_killed_process_of_the_grader_costs_one_student(tmp_path, judged, monkeypatch):
    """As when the machine has no memory left: joblib then gives up on all that is left."""

    def parallel(tasks, jobs):
        for task in tasks:
            if task.student == "bob":
                raise RuntimeError("a worker process was terminated")
            yield batch.grade_task(task)

    monkeypatch.setattr(batch, "_parallel", parallel)
    source, out = a_class(tmp_path / "in", "ada", "bob", "eve"), tmp_path / "out"
    steps = list(grade(source, out, **OPTIONS, jobs=2))
    assert [s.result.student for s in steps] == ["ada", "bob", "eve"]
    assert scores(out) == {
        "ada": ("9", "graded"), "bob": ("", "not graded"), "eve": ("9", "graded"),
    }  # fmt: skip


# Where it is written


@pytest.mark.parametrize("out", ["in", "in/grades", "in/../in/ada", "link/grades"])
def test_grades_among_the_submissions_are_refused(out, tmp_path):
    a_class(tmp_path / "in", "ada")
    (tmp_path / "link").symlink_to(tmp_path / "in")
    with pytest.raises(InputError, match="lies inside"):
        grade(tmp_path / "in", tmp_path / out, **OPTIONS)
    assert [p.name for p in (tmp_path / "in").rglob("*")] == ["ada", "s.ipynb"]


def test_a_mark_that_a_teacher_typed_is_kept_beside(tmp_path, judged):
    source, out = a_class(tmp_path / "in", "ada"), tmp_path / "out"
    list(grade(source, out, **OPTIONS))
    list(grade(source, out, **OPTIONS))
    assert not list(out.glob("*by hand*"))
    typed = (out / "grades.csv").read_text().replace("90.1,3,", "90.1,2,")
    (out / "grades.csv").write_text(typed)
    with pytest.warns(UserWarning, match="grades changed by hand 1.csv holds a table"):
        list(grade(source, out, **OPTIONS))
    assert (out / "grades changed by hand 1.csv").read_text() == typed
    assert "90.1,3," in (out / "grades.csv").read_text()
    list(grade(source, out, **OPTIONS))
    assert len(list(out.glob("*by hand*"))) == 1


def test_a_table_that_was_there_before_the_first_run_is_kept_beside(tmp_path, judged):
    out = tmp_path / "out"
    out.mkdir()
    (out / "summary.csv").write_text("mine")
    with pytest.warns(UserWarning, match="summary changed by hand 1.csv"):
        list(grade(a_class(tmp_path / "in", "ada"), out, **OPTIONS))
    assert (out / "summary changed by hand 1.csv").read_text() == "mine"


def test_another_saved_verdict_stands_in_both_tables_and_on_the_page(tmp_path):
    check = cell("check('90.1', first)")
    check["outputs"] = [{"output_type": "stream", "text": "90.1 twice: passed, 2 of 2 points"}]
    wrong = cell("def first(x):\n    return x", "exercise:90.1")
    out = tmp_path / "out"
    list(grade(a_class(tmp_path / "in", "ada", data=notebook([wrong, check])), out, **OPTIONS))
    remark = "saved check says 2 of 2 points; for the same parts grading found 0."
    rows = list(csv.DictReader(io.StringIO((out / "grades.csv").read_text("utf-8-sig"))))
    assert remark in rows[0]["note"]
    assert table(out)["ada"]["note"] == "The notebook's saved check gives other points: 90.1."
    assert remark in (out / "feedback" / f"{report.slug('ada')}.html").read_text()


# Limits


@pytest.mark.parametrize(("options", "limits"), [
    ({}, Limits()),
    ({"budget": 40.0}, Limits(submission=40.0)),
    ({"time_limit": 7.0}, Limits(exercise=7.0, cell=7.0)),
    ({"time_limit": 500.0, "budget": 900.0}, Limits(exercise=500.0, submission=900.0)),
])  # fmt: skip
def test_the_options_set_the_limits(options, limits):
    assert batch.Options(**options).limits == limits


@pytest.mark.parametrize("name", ["budget", "time_limit"])
@pytest.mark.parametrize("seconds", [0.0, -1.0, float("nan"), float("inf")])
def test_a_time_that_is_none_is_refused(name, seconds, tmp_path):
    with pytest.raises(InputError, match=name):
        grade(a_class(tmp_path / "in", "ada"), tmp_path / "out", **OPTIONS, **{name: seconds})


# In front of a teacher


def test_the_bar_names_the_student_whose_turn_it_is(tmp_path, judged, capsys):
    judged["bob"] = KeyboardInterrupt()
    code = terminal.show(a_class(tmp_path / "in", "ada", "bob"), tmp_path / "out", **OPTIONS)
    said = capsys.readouterr()
    assert code == terminal.INTERRUPTED
    assert said.err.rstrip().endswith("bob]")
    assert "1 of 2 students are graded" in said.out
    assert "Give the same command again" in said.out


def test_notes_come_once_and_lines_for_each_student(tmp_path, judged, capsys):
    source = a_class(tmp_path / "in", "ada")
    a_class(source, "bob", data=untouched())
    assert terminal.show(source, tmp_path / "out", **OPTIONS) == 0
    said = capsys.readouterr().out
    assert said.count("Note: Student code runs without a sandbox") == 1
    assert "ada: 9 of 9, graded" in said


INTERRUPTED_AT_START = """import os, signal, sys
if any("popen_loky" in word for word in sys.orig_argv):
    os.kill(os.getpid(), signal.SIGINT)
"""


def test_a_ctrl_c_while_a_process_of_the_grader_starts_does_not_reach_it(tmp_path):
    source = a_class(tmp_path / "in", "ada", "bob")
    (tmp_path / "sitecustomize.py").write_text(INTERRUPTED_AT_START)
    code = (
        "from pathlib import Path; from gancourse.grade.terminal import show;"
        f"show(Path({str(source)!r}), Path({str(tmp_path / 'out')!r}), checks='toy_checks',"
        "sandbox='none', jobs=2, sheets=('90',))"
    )
    paths = ":".join([str(tmp_path), str(HELPERS), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [sys.executable, "-c", code], env=os.environ | {"PYTHONPATH": paths}, timeout=120,
        capture_output=True, text=True,
    )  # fmt: skip
    assert "Traceback" not in done.stderr
    assert scores(tmp_path / "out") == {"ada": ("9", "graded"), "bob": ("9", "graded")}


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_ctrl_c_says_what_is_done_and_how_to_go_on(jobs, tmp_path):
    source, out = a_class(tmp_path / "in", "ada"), tmp_path / "out"
    slow = [cell("import time\ntime.sleep(600)"), *answers(*sources(SOLVED))]
    a_class(source, "zoe", data=notebook(slow))
    code = (
        "import signal, sys; from pathlib import Path; from gancourse.grade.terminal import show;"
        "signal.signal(signal.SIGINT, signal.default_int_handler);"  # a shell's background has none
        f"sys.exit(show(Path({str(source)!r}), Path({str(out)!r}), checks='toy_checks',"
        f"sandbox='none', jobs={jobs}, sheets=('90',)))"
    )
    environment = os.environ | {"PYTHONPATH": f"{HELPERS}:{os.environ.get('PYTHONPATH', '')}"}
    grader = subprocess.Popen(
        [sys.executable, "-c", code], env=environment, start_new_session=True, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    until = time.monotonic() + 120
    while not list(out.glob("private/results/ada*")) and time.monotonic() < until:
        time.sleep(0.1)
    os.killpg(grader.pid, signal.SIGINT)  # as a terminal sends it: to all of the command
    said, errors = grader.communicate(timeout=120)
    assert (grader.returncode, "Traceback" in errors) == (130, False), errors
    assert said.startswith("Stopped: 1 of 2 students are graded")
    assert "cancelled" not in said
    assert scores(out) == {"ada": ("9", "graded"), "zoe": ("", "not graded yet")}
