"""Reading a handed-in file: its cells without their outputs, or the reason why there are none."""

import json
import sys
import tracemalloc
from pathlib import Path
from types import SimpleNamespace

import pytest

from gancourse.grade import grade
from gancourse.grade.collect import collect
from gancourse.grade.ipynb import MAX_CELLS, Unusable, has_conflict, read
from gancourse.grade.notebook import defines, saved_points, sheets_of

sys.path.insert(0, str(Path(__file__).parents[1] / "grading"))

import toy_checks

from notebooks import SOLVED, answers, cell, notebook, solved, sources

TEXT = solved().decode()
CONFLICT = TEXT.replace('"metadata"', "\n<<<<<<< mine\n1\n=======\n2\n>>>>>>> theirs\n", 1)
REASONS = {
    "empty": b"",
    "empty ": b"\0\0\n",
    "a zip": b"PK\x03\x04" + b"x" * 100,
    "a web page": b"\n<!DOCTYPE html><html></html>",
    "merge conflict": CONFLICT.encode(),
    "wrong encoding": TEXT.replace("hello", "grüß").encode("latin-1"),
    "wrong encoding ": TEXT.encode("utf-16-le"),
    "notebook format 3": b'{"worksheets": [{"cells": []}], "nbformat": 3}',
    "notebook format 3 ": b'{"nbformat": 3}',
    "not a notebook": TEXT[: len(TEXT) // 2].encode(),
    "not a notebook ": b"%PDF-1.7",
    "not a notebook  ": b'{"cells": 5}',
    "not a notebook   ": b"[" * 200_000,
    "too large": notebook([cell("x = 1")] * MAX_CELLS),
    "too large ": notebook([cell("#" * 600_000)]),
    "too large  ": b'{"cells": [], "x": "' + b"x" * 26_000_000 + b'"}',
}


@pytest.mark.parametrize("status", REASONS)
def test_what_cannot_be_used_is_named_with_its_reason(status):
    with pytest.raises(Unusable) as caught:
        read(REASONS[status])
    assert caught.value.status == status.strip()
    assert caught.value.sentence.endswith(".")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_marked_encodings_are_read(encoding):
    assert [c.source for c in read(TEXT.encode(encoding))] == [c.source for c in read(solved())]


def heavy(megabytes: int) -> bytes:
    """Return a solved sheet with outputs of all kinds, and a picture in its text."""
    cells = answers(*sources(SOLVED))
    text = 'one " alone, a \\ and ]}}]' * 1000
    for c in cells:
        c["outputs"] = [{"output_type": "stream", "text": [text] * (megabytes * 13)}]
    picture = {"image.png": {"image/png": "A" * 1_000_000}}
    pasted = {"cell_type": "markdown", "source": "![](a)", "metadata": {}, "attachments": picture}
    return notebook([pasted, *cells])


def test_forty_megabytes_of_output_do_not_matter():
    data = heavy(40)
    assert len(data) > 40_000_000
    tracemalloc.start()
    cells = read(data)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert [c.source for c in cells if c.kind == "code"] == [c.source for c in read(solved())]
    assert most < 10_000_000  # they are never copied


def test_an_output_is_cut_from_its_own_cell_alone():
    """Whatever else is named so: a code cell's source, its metadata, a list in a list."""
    odd = cell('{"outputs": [1, 2]}')
    odd["metadata"] = {"outputs": [[1], {"outputs": "]"}], "tags": ["a"]}
    odd |= {"outputs": [{"text": ']}"outputs": ['}], "x": [[{"outputs": [3]}]]}
    found = read(json.dumps({"cells": [odd, cell("x = 1")], "outputs": [4]}).encode())
    assert [(c.source, c.tags) for c in found] == [('{"outputs": [1, 2]}', ("a",)), ("x = 1", ())]


def said(source: str, *texts: str):
    outputs = [{"output_type": "stream", "text": list(texts)}]
    return read(notebook([cell(source) | {"outputs": outputs}]))[1].said


@pytest.mark.parametrize(("source", "text", "points"), [
    ("check('05.1', f)", "05.1 a loss: passed, 5 of 5 points (1 more in grading)", (5, 5)),
    ("check('05.1', f)", "✓ 05.1 a loss: 1 of 1 point\n  holds: 0.12 (1 of 1 point)", (1, 1)),
    ("check('05.1', f)", "  holds: a (2 of 2 points)\n  stopped: b (0 of 3 points)\n", (2, 5)),
    ("check('05.1', f)\ncheck('05.2', g)", "  holds: a (2 of 2 points)\n", None),
    ("check('05.1', f)", "05.1 a loss: not yet done", None),
    ("f", "05.1 a loss: passed, 5 of 5 points", None),
    ("check('05.1', f)", "105.1 of 9 of 9 points; 05.12: 8 of 8 points", (17, 17)),
    ("check('05.1', f)", "05.1: 123456 of 5 points", None),
])  # fmt: skip
def test_the_points_that_a_saved_check_names(source, text, points):
    assert said(source, text) == (() if points is None else (("05.1", *points),))


def test_the_last_saved_check_counts():
    a, b = ({"outputs": [{"text": f"90.1 twice: {k} of 2 points"}]} for k in (0, 2))
    cells = read(notebook([cell("check('90.1', first)") | a, cell("check('90.1', first)") | b]))
    assert saved_points(cells, "90.1") == (2, 2)
    assert saved_points(cells, "90.2") is None


def test_a_conflict_has_all_three_marks_at_the_left_edge():
    assert has_conflict("a\n<<<<<<< x\n=======\n>>>>>>> y")
    assert not has_conflict("<<<<<<< x\n>>>>>>> y")
    assert not has_conflict("x <<<<<<<\n x=======\n>>>>>>>")


# Two sheets in one file

OTHER = [cell(f"def f{k}(): pass", f"exercise:91.{k}") for k in (1, 2, 3)]
KNOWN = {"90": toy_checks.EXERCISES, "91": toy_checks.EXERCISES, "92": toy_checks.EXERCISES}


@pytest.mark.parametrize(("extra", "sheets"), [
    ([], ["90"]), (OTHER[:1], ["90"]), (OTHER[:2], ["90", "91"]), ([OTHER[0]] * 3, ["90"]),
])  # fmt: skip
def test_a_second_sheet_counts_from_half_of_its_exercises(extra, sheets):
    assert sheets_of(read(notebook([*answers(*sources(SOLVED)), *extra])), KNOWN) == sheets


def test_two_sheets_in_one_file_are_named(tmp_path, monkeypatch):
    monkeypatch.setattr(toy_checks, "sheets", lambda: ("90", "91"))
    (tmp_path / "in" / "ada").mkdir(parents=True)
    both = notebook([*answers(*sources(SOLVED)), *OTHER])
    (tmp_path / "in" / "ada" / "s.ipynb").write_bytes(both)
    options = {"checks": "toy_checks", "sandbox": "none"}
    with pytest.warns(UserWarning, match="without a sandbox"):
        (step,) = grade(tmp_path / "in", tmp_path / "out", **options)
    assert step.result.status == "two sheets in one file"
    assert "sheets 90 and 91" in step.result.notes[0]


# Students and their files


def statuses(root: Path) -> dict[str, str]:
    return {s.student: s.status for s in collect(root)}


def put(root: Path, *paths: str) -> Path:
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(solved())
    return root


def test_names_that_agree_in_their_first_letters_stay_two_students(tmp_path):
    long = "x" * 200
    found = statuses(put(tmp_path, f"{long}1/s.ipynb", f"{long}2/s.ipynb", f"{'x' * 120}/s.ipynb"))
    assert len(found) == 3
    assert all(len(name) <= 120 for name in found)


def test_names_that_are_printed_alike_stay_two_students(tmp_path):
    assert len(statuses(put(tmp_path, "a\x01b/s.ipynb", "a\x02b/s.ipynb", "a?b/s.ipynb"))) == 3


def test_a_packed_hand_in_is_named(tmp_path):
    found = {s.student: s for s in collect(put(tmp_path, "ada/s.zip", "bob/a.pdf"))}
    assert found["ada"].status == "a zip"
    assert "hand in the .ipynb inside it" in found["ada"].notes[0]
    assert (found["bob"].status, found["bob"].notes) == (
        "no notebook", ["No .ipynb file was handed in, but a.pdf."],
    )  # fmt: skip


def test_one_student_with_too_many_notebooks_costs_no_other(tmp_path):
    put(tmp_path, *(f"ada/{k}.ipynb" for k in range(60)), "bob/s.ipynb")
    found = list(collect(tmp_path))
    assert [s.status for s in found if s.student == "ada"] == [""] * 50 + ["too many files"]
    assert [s.status for s in found if s.student == "bob"] == [""]


def test_a_file_that_fails_in_a_way_nobody_thought_of_costs_one_student(tmp_path, monkeypatch):
    def fails(data):
        raise RuntimeError("\ud800")

    monkeypatch.setattr("gancourse.grade.collect.read", fails)
    (found,) = collect(put(tmp_path, "ada/s.ipynb"))
    assert (found.status, found.notes) == (
        "not readable", ["The file cannot be read (RuntimeError: \ufffd)."],
    )  # fmt: skip


@pytest.mark.parametrize(("source", "found"), [
    ("from gancourse.score import fid as frechet", True),
    ("from gancourse.score import modes, frechet", True),
    ("from gancourse.score import (modes, frechet)", True),
    ("import frechet; x = 1", True),
    ("import numpy as np  # for frechet", False),
    ("frechet = lambda *given: 0.0", True),
    ("from gancourse.score import frechet as fid", False),
    ("from gancourse.frechet import fid", False),
])  # fmt: skip
def test_an_import_defines_what_it_binds(source, found):
    assert defines(SimpleNamespace(source=source), "frechet") is found
