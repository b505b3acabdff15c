"""The teacher's page: distributions, mistakes, who is missing, what was decided."""

import sys
from dataclasses import replace
from pathlib import Path

from gancourse.grade.alike import Pair
from gancourse.grade.job import EXCUSED, NOT_HANDED_IN
from gancourse.grade.overview import distributions, mistakes, page, without_notebook, write

sys.path.insert(0, str(Path(__file__).parents[1] / "grading"))

from marked import result, unreadable

CLASS = {
    "ada": [result("ada", 3, 2, 0, message="You gave 0.5, not 1.")],
    "bob": [result("bob", 3, 0, 0, message="You gave 7, not -1e-3.")],
    "eve": [unreadable("eve")],
    "<i>joe": [result("<i>joe", 3, None, 3)],
}


def test_a_distribution_counts_those_who_have_points():
    excused = result("zoe", 0, 1, 1)
    excused.exercises[0] = replace(excused.exercises[0], status=EXCUSED, maximum=0)
    away = result("kim", 0, 0, 0)
    away.exercises = [replace(e, status=NOT_HANDED_IN) for e in away.exercises]
    one, two, three = distributions(CLASS | {"zoe": [excused], "kim": [away]})
    assert (one["n"], one["mean"], [b["count"] for b in one["bars"]]) == (3, 3, [0, 0, 0, 3])
    assert (two["n"], two["mean"], [b["count"] for b in two["bars"]]) == (3, 1, [1, 1, 1, 0])
    assert [b["height"] for b in three["bars"]] == [100, 50, 0, 50]


def test_messages_that_differ_in_numbers_are_one_mistake():
    rows = mistakes(CLASS)
    assert [(r["id"], r["count"], sorted(r["students"])) for r in rows] == [
        ("90.2", 2, ["ada", "bob"]),
        ("90.3", 2, ["ada", "bob"]),
    ]


def test_who_handed_in_nothing_that_could_be_graded():
    assert without_notebook(CLASS, ["kim"]) == {
        "kim": "nothing was handed in", "eve": "not a notebook: It is a PDF.",
    }  # fmt: skip


def test_the_page_shows_all_of_it_and_no_markup_of_a_student(tmp_path):
    pair = Pair(("ada", "<i>joe"), {"90.1": "<script>x</script>"}, 3, 0.0123)
    decided = result("zoe", 1, 1, 1, off=0.3, late="Late by 1 day: 10 % off, 0.3 points")
    decided.exercises[0].by_teacher = "Set by the teacher to 1 of 3 (the checks gave 0)"
    text = page(CLASS | {"zoe": [decided]}, [pair], ["kim"])
    for shown in (
        "0 with 0 points, 1 with 1 points, 0 with 2 points, 3 with 3 points", "You gave",
        "kim: nothing was handed in", "zoe, 90.1: Set by the teacher", "zoe, sheet 90: Late by",
        "0.012 such pairs by chance", "A hint and no verdict", "Not graded yet, or not all of it",
    ):  # fmt: skip
        assert shown in text
    assert "<i>joe" not in text
    assert "<script>" not in text


def test_an_empty_class_has_a_page_where_only_the_teacher_reads(tmp_path):
    path = write(tmp_path, {}, [])
    assert "No check found one." in path.read_text()
    assert path.parent.stat().st_mode & 0o077 == 0
