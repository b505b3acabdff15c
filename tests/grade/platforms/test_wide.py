"""The table for everybody else: a row for each student, a column for each exercise."""

import csv
import io
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from gancourse.errors import InputError
from gancourse.grade.job import EXCUSED
from gancourse.grade.platforms.wide import Wide, wide

sys.path.insert(0, str(Path(__file__).parents[2] / "grading"))

from marked import result, unreadable


def test_points_totals_and_what_the_teacher_did():
    one = result("ada", 3, 2, 0, off=0.5, late="Late by 1 day")
    one.exercises[1] = replace(one.exercises[1], by_teacher="Set by the teacher to 2 of 3")
    two = result("bob", 0, 1, 1)
    two.exercises[0] = replace(two.exercises[0], status=EXCUSED, maximum=0, score=0)
    rows, columns = wide({"ada": [one], "bob": [two], "eve": [unreadable("eve")], "joe": []})
    table = {row[0]: dict(zip(columns, row, strict=True)) for row in rows}
    assert list(table) == ["ada", "bob", "eve", "joe"]
    ada = table["ada"]
    assert (ada["90.1"], ada["late"], ada["points"], ada["maximum"]) == (3, -0.5, 4.5, 9)
    assert ada["percent"] == 50
    assert ada["by the teacher"] == "90.2: Set by the teacher to 2 of 3. Late by 1 day."
    assert (table["bob"]["90.1"], table["bob"]["maximum"]) == ("excused", 6)
    assert table["eve"]["status"] == "not a notebook"
    assert table["eve"]["90.1"] is None


def test_names_are_no_formulas_and_accents_stay(tmp_path):
    marks = {name: [result(name, 3, 3, 3)] for name in ("=cmd()", "Émilie", "+1", "@x", "-1")}
    path = tmp_path / "elsewhere" / "all.csv"
    Wide(path).write(tmp_path / "out", marks)
    data = path.read_bytes()
    assert data.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))
    assert [r["student"] for r in rows] == ["'=cmd()", "Émilie", "'+1", "'@x", "'-1"]
    assert {r["points"] for r in rows} == {"9"}


def test_a_mark_typed_into_it_is_kept_beside(tmp_path):
    path = tmp_path / "all.csv"
    marks = {"ada": [result("ada", 3, 3, 3)]}
    Wide(path).write(tmp_path / "out", marks)
    path.write_bytes(path.read_bytes() + b"mine\n")
    said = Wide(path).write(tmp_path / "out", marks)
    assert str(tmp_path / "out" / "overrides.csv") in said[1]
    assert (tmp_path / "all changed by hand 1.csv").read_bytes().endswith(b"mine\n")


def test_a_folder_is_no_table(tmp_path):
    with pytest.raises(InputError, match="name the CSV file"):
        Wide(tmp_path)
