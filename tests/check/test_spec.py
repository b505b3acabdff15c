"""Answers are judged part by part, on fresh draws; what cannot be judged scores nothing."""

import pytest
import torch

from gancourse.check import (
    Draw,
    Exercise,
    Odd,
    Part,
    Student,
    Wrong,
    evaluate,
    get_exercise,
    sheet,
    sheets,
)
from gancourse.check.spec import Again, timed


def right(logit_real, logit_fake):
    softplus = torch.nn.functional.softplus
    return softplus(-logit_real).mean() + softplus(logit_fake).mean()


ALL = [exercise for number in sheets() for exercise in sheet(number)]


def test_draws_repeat_with_their_seed_only():
    a, b, c = (Draw(seed).normal(5).tolist() for seed in (1, 1, 2))
    assert a == b != c


def test_a_training_that_several_parts_look_at_runs_once():
    runs = []

    def part(student, answer, draw):
        draw.once("training", lambda d: runs.append(d.seed()))

    parts = (Part("a", 1, part), Part("b", 1, part))
    exercise = Exercise("00.1", "t", 2, 1, parts, ("f",))
    student = Student()
    assert evaluate(exercise, student, {"f": student.admit(len)}, 0).passed
    assert len(runs) == 1


class Clock:
    """A student whose processor time advances by `step` seconds whenever it is asked."""

    def __init__(self, step):
        self.step, self.now = step, 0.0

    def cpu_seconds(self):
        self.now += self.step
        return self.now


def test_a_training_is_too_slow_only_by_both_clocks():
    with pytest.raises(Wrong, match="more than 0 seconds"):
        timed(Clock(1.0), 0, "It", lambda: 1)
    assert timed(Clock(0.0), 0, "It", lambda: 1) == 1  # a busy machine: no processor time
    assert timed(Clock(1.0), 60, "It", lambda: 1) == 1


def test_data_that_a_spec_cannot_read_is_an_error_and_not_a_crash():
    exercise = Exercise("00.1", "t", 1, 1, (Part("a", 1, lambda b, a, d: {}["x"]),), ("f",))
    student = Student()
    (result,) = evaluate(exercise, student, {"f": student.admit(len)}, 0).results
    assert (result.status, result.points) == ("error", 0)


@pytest.mark.parametrize("answers", [{}, {"d_loss": Odd("an int")}])
def test_a_missing_answer_scores_nothing(answers):
    report = evaluate(get_exercise("05.1"), Student(), answers, 0, hidden=True)
    assert (report.score, report.maximum, report.passed) == (0, 6, False)


def test_hidden_parts_run_only_when_asked():
    student = Student()
    answers = {"d_loss": student.admit(right)}
    shown, hidden = (evaluate(get_exercise("05.1"), student, answers, 0, h) for h in (False, True))
    assert (shown.score, hidden.score) == (5, 6)
    assert shown.results == hidden.results[:3]


def test_every_exercise_is_whole():
    for exercise in ALL:
        assert exercise.chosen(hidden=False)
        assert any(not part.shown for part in exercise.parts)
        assert all(part.seconds > 0 and part.points > 0 for part in exercise.parts)


def test_a_hidden_part_may_run_shown_parts_again():
    ran, draw = [], Draw(0)
    shared = lambda s, a, d: ran.append(d.once("training", lambda d: d.seed()))  # noqa: E731
    shared(None, None, draw)
    Again((shared, shared))(None, None, draw)
    assert ran[0] != ran[1] == ran[2]
