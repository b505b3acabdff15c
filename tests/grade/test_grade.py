"""The grader around the sandbox: collecting, finding answers, the batch, what it writes."""

import csv
import io
import json
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from gancourse.check.spec import Exercise, Part
from gancourse.errors import InputError
from gancourse.grade import grade
from gancourse.grade.box import pool
from gancourse.grade.box.remote import Allowance, within_time
from gancourse.grade.box.sandbox import Limits, require
from gancourse.grade.ipynb import Unusable, read
from gancourse.grade.job import grade_task
from gancourse.grade.notebook import find_answers, sheets_of
from gancourse.grade.report import harmless, page, slug
from gancourse.grade.task import Task

HELPERS = Path(__file__).parents[1] / "grading"
sys.path.insert(0, str(HELPERS))

import toy_checks  # noqa: E402

from notebooks import (  # noqa: E402
    SOLVED,
    STUB,
    answers,
    cell,
    notebook,
    put,
    solved,
    sources,
    untouched,
    with_answer,
)  # fmt: skip

LIMITS = Limits(cell=4.0, part=2.0, memory=700 << 20, scratch=8 << 20)
KNOWN = {"90": toy_checks.sheet("90")}


@pytest.fixture(scope="module", autouse=True)
def _sandboxes():
    yield
    pool.close_idle()


@pytest.fixture
def bwrap(monkeypatch):
    """Grade in sandboxes which wait for the next test, as their start takes longest."""
    try:
        require("bwrap", LIMITS)
    except InputError as error:
        pytest.skip(str(error))
    monkeypatch.setattr("gancourse.grade.batch.pool.close_idle", lambda seconds=0.0: None)


def run(source: Path, out: Path, **options):
    return list(grade(source, out, checks="toy_checks", limits=LIMITS, **options))


def rows(out: Path, name: str = "grades.csv") -> list[dict]:
    text = (out / name).read_text(encoding="utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


# Finding the answers


def found(cells: list[dict], ids=None):
    return find_answers(read(notebook(cells)), KNOWN["90"], ids or {})


def test_answers_are_found_by_tag():
    assert [a.cells[0].number for a in found(answers(*sources(SOLVED)))] == [2, 3, 4]


def test_a_lost_tag_falls_back_to_the_cell_id_then_to_the_name():
    cells = answers(*sources(SOLVED))
    for c in cells[:2]:
        c["metadata"] = {}
    cells[0]["source"] = "premier = lambda x: 2 * x"
    by_id, by_name, _ = found(cells, {"90-1": "90.1"})
    assert by_id.cells[0].number == 2
    assert by_name.cells[0].number == 3
    assert "lost its tag" in by_name.notes[0]
    assert "name changed" in by_id.doubts[-1]


def test_deleted_doubled_and_reordered_cells_are_told():
    one, two, three = answers(*sources(SOLVED))
    assert "deleted" in found([one, three])[1].notes[0]
    assert "2 cells" in found([one, two, two, three])[1].notes[0]
    assert "before that of an earlier" in found([two, one, three])[1].notes[-1]


def test_the_sheet_is_told_by_tags_then_by_names():
    assert sheets_of(read(solved()), KNOWN) == ["90"]
    assert sheets_of(read(notebook([cell("def answer(x): pass")])), KNOWN) == ["90"]
    assert sheets_of(read(notebook([cell("def answer(x): pass", "exercise:12.1")])), KNOWN) == []
    assert sheets_of(read(json.dumps({"cells": []}).encode()), KNOWN) == []


def test_cells_of_odd_types_are_read():
    raw = {"cell_type": "code", "source": [1, "x = 1", None], "metadata": {"tags": [3, {}]}}
    odd, _ = read(json.dumps({"cells": [raw, 5, None, {"cell_type": 7}]}).encode())
    assert (odd.source, odd.tags) == ("x = 1", ())


def test_code_without_end_is_refused():
    with pytest.raises(Unusable, match="more code"):
        read(notebook([cell("x" * 600_000)]))


# The batch


def two_students(tmp_path: Path) -> Path:
    return put(tmp_path / "in", {"ada/s.ipynb": solved(), "bob/s.ipynb": untouched()})


def a_class(tmp_path: Path) -> Path:
    half = notebook(answers(SOLVED.format(name="first"), STUB.format(name="answer"), "x = ("))
    return put(tmp_path / "in", {
        "solved/s.ipynb": solved(), "half/s.ipynb": half, "untouched/s.ipynb": untouched(),
        "none/s.ipynb": b"no", "=cmd()/s.ipynb": solved(),
    })  # fmt: skip


def test_a_class_is_graded_and_only_changes_are_graded_again(tmp_path, bwrap):
    source, out = a_class(tmp_path), tmp_path / "out"
    steps = run(source, out)
    assert (len(steps), steps[-1].done, steps[-1].total) == (5, 5, 5)
    lines = rows(out, "summary.csv")
    scores = {r["student"]: (r["score"], r["maximum"], r["status"]) for r in lines}
    assert scores == {
        "solved": ("9", "9", "graded"), "untouched": ("0", "9", "not done"),
        "half": ("3", "9", "not done, syntax error"), "none": ("0", "0", "not a notebook"),
        "'=cmd()": ("9", "9", "graded"),
    }  # fmt: skip
    assert len(rows(out)) == 4 * 3 + 1
    assert not any(s.fresh for s in run(source, out) if s.result.exercises)
    put(source, {"half/s.ipynb": solved()})
    assert [s.result.student for s in run(source, out) if s.fresh] == ["half"]


def test_a_stopped_run_leaves_whole_files_and_goes_on(tmp_path, bwrap):
    source, out = two_students(tmp_path), tmp_path / "out"
    steps = grade(source, out, checks="toy_checks", limits=LIMITS)
    next(steps)
    steps.close()
    by = {r["student"]: (r["score"], r["status"]) for r in rows(out, "summary.csv")}
    assert by == {"ada": ("9", "graded"), "bob": ("", "not graded yet")}
    assert [r["score"] for r in rows(out)] == ["3", "3", "3", "", "", ""]
    assert [s.fresh for s in run(source, out)] == [False, True]


def test_grading_is_repeatable_and_students_cannot_know_the_draws(tmp_path, bwrap):
    source, out = put(tmp_path / "in", {"ada/s.ipynb": solved()}), tmp_path / "out"
    run(source, out)
    assert (out / "private").stat().st_mode & 0o077 == 0
    seed = (out / "private" / "seed").read_text()
    run(source, tmp_path / "other")
    assert seed != (tmp_path / "other" / "private" / "seed").read_text()
    run(source, out)
    assert (out / "private" / "seed").read_text() == seed


def test_expected_sheets_that_are_missing_count_zero(tmp_path, bwrap):
    source = put(tmp_path / "in", {"ada/s.ipynb": solved(), "bob/x.pdf": b"", "eve/s.ipynb": b"no"})
    run(source, tmp_path / "out", sheets=("90",))
    by = {r["student"]: (r["score"], r["maximum"]) for r in rows(tmp_path / "out", "summary.csv")}
    assert by == {"ada": ("9", "9"), "bob": ("0", "9"), "eve": ("0", "9")}


def test_the_last_attempt_counts(tmp_path, bwrap):
    files = {"ada_1_2_s.ipynb": untouched(), "ada_LATE_1_3_s-1.ipynb": solved()}
    (step,) = run(put(tmp_path / "in", files), tmp_path / "out")
    assert step.result.score == 9
    assert any("late" in note for note in step.result.notes)


@pytest.fixture
def workers_find_the_toys(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(HELPERS))


def test_several_jobs_grade_alike(tmp_path, bwrap, workers_find_the_toys):
    run(two_students(tmp_path), tmp_path / "out", jobs=2)
    assert [int(r["score"]) for r in rows(tmp_path / "out")] == [3, 3, 3, 0, 0, 0]


def test_a_dask_cluster_takes_the_jobs(tmp_path, bwrap, workers_find_the_toys):
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as c:
        run(two_students(tmp_path), tmp_path / "out", cluster=c.scheduler_address)
    assert [int(r["score"]) for r in rows(tmp_path / "out")] == [3, 3, 3, 0, 0, 0]


def test_no_cluster_there_is_one_sentence(tmp_path, bwrap, monkeypatch):
    monkeypatch.setattr("gancourse.workers.CLUSTER_SECONDS", 1)
    source = put(tmp_path / "in", {"ada/s.ipynb": solved()})
    with pytest.raises(InputError, match="No Dask scheduler"):
        run(source, tmp_path / "out", cluster="tcp://127.0.0.1:1")


# Time


def with_seconds(seconds):
    """Return the toy sheet with so many seconds for each part."""
    return [
        replace(e, parts=tuple(replace(p, seconds=seconds) for p in e.parts))
        for e in toy_checks.EXERCISES
    ]


def test_a_part_that_hangs_ends_after_the_graders_seconds(bwrap, monkeypatch):
    monkeypatch.setattr(toy_checks, "EXERCISES", with_seconds(3600.0))
    limits = replace(LIMITS, part=1.0)
    data = with_answer("def answer(x):\n    while True: pass")
    task = Task("ada", "90", "x.ipynb", tuple(read(data)), "7", "toy_checks", limits=limits)
    start = time.monotonic()
    result = grade_task(task)
    assert [e.status for e in result.exercises] == ["graded", "time limit", "graded"]
    assert time.monotonic() - start < 600  # seconds; the part's own hour taken instead takes 3,600


class Fake:
    """A clock, and a process on a core: each second it gets `share` of one."""

    def __init__(self, share: float):
        self.now, self.share = 100.0, share

    def used(self) -> float:
        return 7.0 + self.share * (self.now - 100.0)

    def waited(self, allowance: Allowance) -> float:
        """Return after how many seconds a process that never answers is given up."""
        while (until := allowance()) > self.now:
            self.now = until
        return self.now - 100.0


@pytest.mark.parametrize(("share", "seconds"), [(1.0, 2.0), (2.0, 2.0), (0.5, 4.0), (0.0, 8.0)])
def test_what_others_take_of_a_busy_machine_is_not_counted(share, seconds, monkeypatch):
    fake = Fake(share)
    monkeypatch.setattr("gancourse.grade.box.remote.time.monotonic", lambda: fake.now)
    allowance = Allowance(2.0, fake.used, lambda: 1000.0)
    assert fake.waited(allowance) == pytest.approx(seconds, abs=0.06)


def test_no_allowance_goes_beyond_the_budget(monkeypatch):
    fake = Fake(0.1)
    monkeypatch.setattr("gancourse.grade.box.remote.time.monotonic", lambda: fake.now)
    whole = Allowance(3.0, fake.used, lambda: 1000.0)  # of an exercise: 12 seconds of the clock
    assert fake.waited(Allowance(2.0, fake.used, lambda: 103.0)) == pytest.approx(3.0)
    assert fake.waited(Allowance(20.0, fake.used, whole)) == pytest.approx(12.0)


def test_an_answer_that_waits_for_its_core_is_judged_and_one_that_sleeps_is_ended(bwrap):
    slow = "import time\n\ndef answer(x):\n    time.sleep({})\n    return 2 * x"
    limits = replace(LIMITS, part=1.0)
    for seconds, status in ((2.0, "graded"), (3600.0, "time limit")):
        data = with_answer(slow.format(seconds))
        task = Task("ada", "90", "x.ipynb", tuple(read(data)), "7", "toy_checks", limits=limits)
        assert grade_task(task).exercises[1].status == status


@pytest.mark.parametrize(("own", "most"), [(60.0, 1.0), (1.0, 60.0)])
def test_a_part_is_allowed_the_shorter_of_two_times(own, most):
    class Clock:
        allow = staticmethod(lambda seconds: allowed.append(seconds))

    allowed, seen = [], []
    part = Part("p", 1, lambda *given: seen.append(given), seconds=own)
    timed = within_time(Exercise("90.1", "t", 1, 1, (part,), ()), Clock, Limits(part=most))
    timed.parts[0].run("student", "answers", "draw")
    assert allowed == [1.0]
    assert seen == [("student", "answers", "draw")]


# Without bubblewrap


def test_without_bwrap_the_refusal_names_remedies(tmp_path, monkeypatch):
    monkeypatch.setattr("shutil.which", lambda name: None)
    source = put(tmp_path / "in", {"ada/s.ipynb": solved()})
    with pytest.raises(InputError, match=r"install bubblewrap.*--sandbox none"):
        run(source, tmp_path / "out")


def test_a_locked_down_kernel_is_refused_with_its_reason(tmp_path, monkeypatch):
    fake = tmp_path / "bwrap"
    fake.write_text("#!/bin/sh\necho 'bwrap: No permissions to create new namespace' >&2\nexit 1\n")
    fake.chmod(0o755)
    monkeypatch.setattr("shutil.which", lambda name: str(fake))
    with pytest.raises(InputError, match=r"No permissions to create new namespace.*AppArmor"):
        require("bwrap", LIMITS)


def test_sandbox_none_warns_and_grades(tmp_path):
    """And nothing waits after the batch."""
    with pytest.warns(UserWarning, match="without a sandbox"):
        steps = run(two_students(tmp_path), tmp_path / "out", sandbox="none")
    assert [s.result.score for s in steps] == [9, 0]
    assert pool.idle() == []


# What a student reads


def test_a_page_tells_no_hidden_part_and_no_markup(tmp_path, bwrap):
    attack = (Path(__file__).parents[1] / "attacks" / "markup.py").read_text()
    wrong = notebook(answers("def first(x):\n    return 3 * x", attack, sources(SOLVED)[2]))
    run(put(tmp_path / "in", {"<b>ada/s.ipynb": wrong}), tmp_path / "out")
    text = (tmp_path / "out" / "feedback" / f"{slug('<b>ada')}.html").read_text()
    assert "That is not twice x." in text
    assert "a secret size" not in text
    assert "1 further check of this exercise did not hold (1 point)" in text
    assert "<script>alert" not in text
    assert "<b>ada" not in text


def test_a_student_without_anything_gets_a_page_too():
    assert "Feedback for Ada" in page("Ada", [])


def test_two_students_never_share_a_file():
    assert len({slug(s) for s in ("ä", "ö", "a b", "a-b", "a/b", "")}) == 6


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", " =1", "\t=1"])
def test_a_formula_is_harmless_in_a_table(text):
    assert harmless(text) == f"'{text}"
