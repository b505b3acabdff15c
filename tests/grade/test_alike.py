"""Who looks alike: only what is rare in the class counts, and layout does not."""

import sys
from pathlib import Path

import pytest

from gancourse.grade.alike import alike, answers, plain
from gancourse.grade.collect import Submission
from gancourse.grade.ipynb import read

sys.path.insert(0, str(Path(__file__).parents[1] / "grading"))

from marked import KNOWN

from notebooks import answers as cells
from notebooks import notebook, solved, untouched


def a_class(n: int) -> dict[str, dict[str, str]]:
    """Return n students who all answered three exercises in their own way."""
    return {f"s{k:02}": {f"90.{e}": f"x = {k * 10 + e}" for e in (1, 2, 3)} for k in range(n)}


def test_two_who_share_what_nobody_else_has_are_found():
    given = a_class(40)
    given["s07"] = dict(given["s31"])
    (pair,) = alike(given)
    assert pair.students == ("s07", "s31")
    assert list(pair.shared) == ["90.1", "90.2", "90.3"]
    assert pair.expected == pytest.approx(40 * 39 / 2 * (1 / 39) ** 3)


def test_what_many_wrote_is_no_hint():
    given = a_class(40)
    for k in range(30):
        given[f"s{k:02}"] = dict.fromkeys(("90.1", "90.2", "90.3"), "return 2 * x")
    assert alike(given) == []
    assert alike(a_class(40)) == []


def test_one_rare_answer_or_a_small_class_is_no_hint():
    given = a_class(40)
    given["s07"]["90.1"] = given["s31"]["90.1"]
    assert alike(given) == []
    assert alike({"a": {"90.1": "x"}, "b": {"90.1": "x"}}) == []
    assert alike({}) == []


def test_comments_and_layout_do_not_count():
    one = "def f(x):  # mine\n    return  2*x\n"
    other = "# theirs\n\ndef f( x ):\n\n  return 2 * x"
    assert plain(one) == plain(other) != plain("def f(x):\n    return 3 * x")


def test_answers_come_from_the_last_notebook_and_stubs_are_none():
    half = notebook(cells("def first(x): return 7", "def answer(x): raise NotImplementedError", ""))
    given = [
        Submission("ada", "b", (1,), cells=read(half)),
        Submission("ada", "a", (0,), cells=read(solved())),
        Submission("bob", "s", cells=read(untouched())),
        Submission("eve", "", status="no notebook"),
    ]
    found = answers(given, KNOWN, {})
    assert set(found) == {"ada"}
    assert found["ada"]["90.1"] == "def first(x): return 7"
