"""What becomes of points: attempts, a teacher's marks, weights, lateness."""

import sys
from pathlib import Path

import pytest

from gancourse.errors import InputError
from gancourse.grade.overrides import Override
from gancourse.grade.report import grade_rows, page, summary
from gancourse.grade.rules import Late, Rules

sys.path.insert(0, str(Path(__file__).parents[1] / "grading"))

from marked import KNOWN, result, unreadable


def rules(*overrides: Override, late=None, attempt="last", weights=None) -> Rules:
    policy = Late.of(late) if late else None
    return Rules(attempt, policy, weights or {}, overrides, KNOWN, frozenset({"90"}))


def of(tmp_path, text: str = "", **options) -> Rules:
    if text:
        (tmp_path / "overrides.csv").write_text(text)
    return Rules.of(KNOWN, tmp_path, **options)


def points(results) -> tuple[float, float]:
    return sum(r.score for r in results), sum(r.maximum for r in results)


def test_a_teachers_mark_counts_and_says_what_it_is():
    given = result("ada", 3, 1, 0)
    (done,) = rules(Override("ada", "90.2", 2.5, reason="oral exam")).apply("ada", [given])
    assert (done.score, given.score) == (5.5, 4)
    said = "Set by the teacher to 2.5 of 3 (the checks gave 1): oral exam"
    assert [r.note for r in grade_rows([done])] == ["", said, ""]
    assert f"90.2: {said}." in summary("ada", [done])[-1]
    assert said in page("ada", [done])
    assert rules(Override("bob", "90.2", 2)).apply("ada", [given]) == [given]


def test_a_mark_for_what_was_not_graded_or_not_handed_in():
    lines = [Override("ada", f"90.{k}", 2, reason="<b>") for k in (1, 2, 3)]
    (done,) = rules(*lines).apply("ada", [result("ada", None, None, None, status="not graded")])
    assert (done.known, done.score) == (True, 6)
    assert "they were not known" in done.exercises[0].by_teacher
    assert "<b></b>" not in page("ada", [done])
    (oral,) = rules(lines[0]).apply("ada", [])
    assert (oral.score, oral.maximum, oral.status) == (2, 9, "not handed in")
    kept, oral = rules(lines[0]).apply("ada", [unreadable("ada")])
    assert (kept.status, oral.score) == ("not a notebook", 2)


@pytest.mark.parametrize(("exercise", "left"), [("90.2", (3, 6)), ("90", (0, 0)), ("", (0, 0))])
def test_what_is_excused_does_not_count(exercise, left):
    (done,) = rules(Override("ada", exercise, excused=True)).apply("ada", [result("ada", 3, 1, 0)])
    assert points([done]) == left
    assert done.known
    assert "excused" in summary("ada", [done])[3]
    (away,) = rules(Override("eve", exercise, excused=True)).apply("eve", [])
    assert away.maximum == left[1]


@pytest.mark.parametrize(("days", "off"), [(0, 0), (1, 0.8), (2, 1.6), (5, 4), (9, 4)])
def test_lateness_takes_its_share_and_stops(days, off):
    policy = rules(Override("ada", late=days, reason="train"), late="10% a day, at most 50%")
    (done,) = policy.apply("ada", [result("ada", 3, 3, 2)])
    assert done.score == pytest.approx(8 - off)
    assert done.late.startswith(f"Late by {days} day")
    assert done.late in page("ada", [done])
    assert [r.score for r in grade_rows([done])] == [3, 3, 2, -off]


def test_without_a_policy_lateness_is_told_and_takes_nothing():
    (done,) = rules(Override("ada", "90", late=3)).apply("ada", [result("ada", 3, 3, 2)])
    assert (done.score, done.late) == (8, "Late by 3 days: no points taken off")


@pytest.mark.parametrize(("text", "late"), [
    ("10% a day, at most 50%", Late(10, 50)), ("12,5 % per day", Late(12.5, 100)),
    ("5% A DAY at most 20%", Late(5, 20)),
])  # fmt: skip
def test_a_policy_is_read(text, late):
    assert Late.of(text) == late


@pytest.mark.parametrize(
    "text", ["", "10%", "a lot", "110% a day", "10% a day, at most 500%", "-1% a day"]
)
def test_a_policy_that_is_not_clear_is_refused(text):
    with pytest.raises(InputError, match="10% a day, at most 50%"):
        Late.of(text)


def test_weights_scale_points_and_maximum():
    (done,) = rules(weights={"90.1": 2, "90": 0.5}).apply("ada", [result("ada", 3, 1, 0)])
    assert points([done]) == (6.5, 9)
    assert "Weight 2: 3 of 3 points count as 6 of 6." in done.exercises[0].notes


def test_the_best_attempt_counts_and_the_others_are_told():
    one, two = result("ada", 3, 3, 0, attempt=1), result("ada", 1, 1, 1, attempt=0)
    one.file, two.file = "first.ipynb", "second.ipynb"
    (best,) = rules(attempt="best").apply("ada", [two, one])
    assert best.score == 6
    assert "2 attempts were graded: the best counts (the others: second.ipynb: 3)." in best.notes


def test_equal_attempts_the_last_counts_and_unknown_ones_wait():
    one, two = result("ada", 1, 1, 1, attempt=1), result("ada", 1, 1, 1, attempt=0)
    assert rules().apply("ada", [one, two])[0].attempt == 0
    waiting = result("ada", None, None, None, attempt=1)
    assert not rules().apply("ada", [waiting, two])[0].known


def test_the_file_is_read_from_out_and_only_where_it_is(tmp_path):
    assert of(tmp_path).overrides == ()
    (line,) = of(tmp_path, "student,exercise,points\nada,90.1,2\n").overrides
    assert (line.student, line.points) == ("ada", 2)
    with pytest.raises(InputError, match="is not a file"):
        of(tmp_path, overrides=tmp_path / "no.csv")


@pytest.mark.parametrize(("text", "said"), [
    ("student,exercise,points\nada,90.9,1\n", "row 2: Unknown exercise '90.9'"),
    ("student,exercise,points\nada,90,1\n", "row 2: Unknown exercise '90'"),
    ("student,exercise,points\nada,90.1,4\n", "row 2: 90.1 has 3 points, and 4 were given"),
    ("student,exercise,excused\nada,91,yes\n", "row 2: Unknown exercise '91'"),
])  # fmt: skip
def test_a_line_about_nothing_there_is_refused(text, said, tmp_path):
    with pytest.raises(InputError, match=said):
        of(tmp_path, text)


def test_nobody_and_two_lines_for_one_thing_are_refused(tmp_path):
    given = of(tmp_path, "student,exercise,points\nada,90.1,1\nADA,90.1,2\n")
    with pytest.raises(InputError, match=r"row 3: there is a row before it for ada 90\.1"):
        given.named(["ada"], ["90"])
    with pytest.raises(InputError, match="row 2: no student is named 'ada'"):
        given.named(["bob"], ["90"])


@pytest.mark.parametrize("weight", ["90.1", "90.1=x", "90.1=-1", "=2", "99=1"])
def test_a_weight_that_is_not_clear_is_refused(weight, tmp_path):
    with pytest.raises(InputError):
        of(tmp_path, weights=[weight])


def test_an_attempt_is_last_or_best(tmp_path):
    with pytest.raises(InputError, match="best, last"):
        of(tmp_path, attempt="first")
