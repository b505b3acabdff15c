"""The grader around the sandbox: collecting, finding answers, the batch, what it writes."""

import csv
import io
import json
import os
import sys
import time
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from gancourse.check.spec import Exercise, Part
from gancourse.errors import InputError
from gancourse.grade import grade
from gancourse.grade.box import pool
from gancourse.grade.box.remote import within_time
from gancourse.grade.box.sandbox import Limits, require
from gancourse.grade.collect import collect
from gancourse.grade.ipynb import MAX_BYTES, Unusable, read
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


def put(folder: Path, files: dict[str, bytes]) -> Path:
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


def zipped(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def run(source: Path, out: Path, **options):
    return list(grade(source, out, checks="toy_checks", limits=LIMITS, **options))


def rows(out: Path, name: str = "grades.csv") -> list[dict]:
    text = (out / name).read_text(encoding="utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


# Collecting

LAYOUTS = {
    "plain": ("ada/sheet.ipynb", "ada"),
    "deeper": ("ada/work/week 1/sheet.ipynb", "ada"),
    "moodle": ("Ada Lovelace_12345_assignsubmission_file_/sheet.ipynb", "Ada Lovelace_12345"),
    "moodle 4": ("Ada Lovelace_12345_assignsubmission_file/sheet.ipynb", "Ada Lovelace_12345"),
    "moodle flat": ("Ada Lovelace_12345_assignsubmission_file_sheet.ipynb", "Ada Lovelace_12345"),
    "canvas": ("lovelaceada_12345_67890_sheet.ipynb", "lovelaceada_12345"),
    "canvas late": ("lovelaceada_LATE_12345_67890_sheet.ipynb", "lovelaceada_12345"),
    "canvas again": ("lovelaceada_12345_67890_sheet-1.ipynb", "lovelaceada_12345"),
}


@pytest.mark.parametrize("name", LAYOUTS)
@pytest.mark.parametrize("kind", ["folder", "zip"])
def test_each_layout_gives_the_student(name, kind, tmp_path):
    path, student = LAYOUTS[name]
    files = {path: solved(), "__MACOSX/._x.ipynb": b"junk"}
    source = put(tmp_path, files) if kind == "folder" else zipped(tmp_path / "a.zip", files)
    (found,) = collect(source)
    assert (found.student, found.status, found.late) == (student, "", "LATE" in path)
    assert len(found.cells) == 5


def test_a_folder_around_all_students_is_passed_through(tmp_path):
    files = {"class/ada/s.ipynb": solved(), "class/bob/s.ipynb": solved()}
    assert [s.student for s in collect(put(tmp_path, files))] == ["ada", "bob"]


def statuses(source: Path) -> dict[str, str]:
    return {s.student: s.status for s in collect(source)}


def test_what_cannot_be_read_gets_a_status(tmp_path):
    files = {
        "garbage/s.ipynb": b"\x89PNG\r\n\xff",
        "list/s.ipynb": b"[1, 2]",
        "deep/s.ipynb": b"[" * 200_000,
        "huge/s.ipynb": b"",
        "pdf/answers.pdf": b"%PDF",
    }
    os.truncate(put(tmp_path, files) / "huge/s.ipynb", MAX_BYTES + 1)
    found = statuses(tmp_path)
    assert found.pop("huge") == "too large"
    assert found.pop("pdf") == "no notebook"
    assert set(found.values()) == {"not a notebook"}


def test_outputs_are_dropped(tmp_path):
    data = json.loads(solved())
    data["cells"][0]["outputs"] = [{"output_type": "stream", "text": "x" * 10**7}]
    (found,) = collect(put(tmp_path, {"ada/s.ipynb": json.dumps(data).encode()}))
    assert (found.status, len(found.cells)) == ("", 5)


def test_links_pipes_and_empty_folders_are_refused(tmp_path):
    secret = put(tmp_path / "elsewhere", {"s.ipynb": solved()}) / "s.ipynb"
    source = put(tmp_path / "in", {"ok/s.ipynb": solved()})
    for name in ("link", "folder", "pipe", "nothing"):
        (source / name).mkdir()
    (source / "link" / "s.ipynb").symlink_to(secret)
    (source / "folder" / "s.ipynb").symlink_to(secret.parent)
    os.mkfifo(source / "pipe" / "s.ipynb")
    found = statuses(source)
    assert found == {"folder": "a link", "link": "a link", "nothing": "no notebook", "ok": "",
                     "pipe": "not a file"}  # fmt: skip


def test_a_zip_with_a_bomb_a_link_and_a_path_outside(tmp_path):
    path = zipped(tmp_path / "a.zip", {"bomb/s.ipynb": b" " * 20_000_000, "ok/s.ipynb": solved()})
    with zipfile.ZipFile(path, "a") as archive:
        link = zipfile.ZipInfo("link/s.ipynb")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
        archive.writestr("up/../../../tmp/evil.ipynb", solved())
    found = statuses(path)
    assert found == {"bomb": "a zip bomb", "link": "a link", "ok": "", "up": "a path outside"}


def test_a_damaged_zip_entry_costs_one_student(tmp_path):
    path = zipped(tmp_path / "a.zip", {"ada/s.ipynb": solved(), "bob/s.ipynb": solved()})
    data = bytearray(path.read_bytes())
    data[60:90] = bytes(30)
    path.write_bytes(bytes(data))
    assert statuses(path) == {"ada": "not readable", "bob": ""}


@pytest.mark.parametrize("name", ["missing", "file.txt"])
def test_no_submissions_is_one_sentence(name, tmp_path):
    put(tmp_path, {"file.txt": b"hello"})
    with pytest.raises(InputError, match="neither a folder nor a zip"):
        list(collect(tmp_path / name))


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
