"""The learner's check says what holds and why, in words, and leaves everything as it was."""

import random

import pytest
import torch

from gancourse.check import (
    HELD,
    CheckResult,
    PartResult,
    Verdict,
    check,
    sheet,
    sheets,
)
from gancourse.errors import InputError
from gancourse.losses import cross_entropy_d

ALL = [exercise for number in sheets() for exercise in sheet(number)]


def not_yet(*args, **kwargs):
    raise NotImplementedError


def test_a_right_answer_passes_and_says_so(capsys):
    result = check("05.1", cross_entropy_d)
    assert (result.passed, result.score, result.maximum) == (True, 5, 5)
    assert repr(result) == "05.1 D's loss on logits: passed, 5 of 5 points (1 more in grading)"
    assert capsys.readouterr().out.count("holds") == 3


@pytest.mark.parametrize("exercise", ALL, ids=lambda exercise: exercise.id)
def test_what_is_shown_and_what_grading_adds_are_all_points(exercise):
    result = check(exercise.id, *[not_yet] * len(exercise.names))
    assert result.maximum + result.more == exercise.points


def test_where_grading_adds_nothing_nothing_is_said():
    report = Verdict("05.1", "D's loss", (PartResult("value", 2, 2, HELD),))
    assert repr(CheckResult(report)) == "05.1 D's loss: passed, 2 of 2 points"


def test_a_mistake_is_told_by_its_meaning(capsys):
    result = check("05.1", lambda real, fake: -cross_entropy_d(real, fake))
    assert not result.passed
    assert "V(D, G) itself" in capsys.readouterr().out


def test_an_error_that_stops_every_part_is_told_once(capsys):
    check("05.1", lambda real, fake: {}["gone"])
    shown = capsys.readouterr().out
    assert (shown.count("stopped:"), shown.count("KeyError")) == (3, 1)


def test_the_page_says_the_same_in_words():
    page = check("05.1", lambda real, fake: 0.0)._repr_html_()
    assert "not passed yet, 0 of 5 points (1 more in grading)" in page
    assert 'role="status"' in page


def test_the_learners_random_state_stays_as_it_is():
    torch.manual_seed(0)
    random.seed(0)
    states = torch.get_rng_state(), random.getstate()
    check("05.1", lambda real, fake: torch.rand(()) + random.random())
    assert torch.equal(torch.get_rng_state(), states[0])
    assert random.getstate() == states[1]


@pytest.mark.parametrize("id", ["05.9", "99.1", "d_loss", 5])
def test_an_unknown_exercise_is_named(id):
    with pytest.raises(InputError, match="Unknown exercise"):
        check(id, len)


def test_the_number_of_answers_is_checked():
    with pytest.raises(InputError, match=r"call check\('05.1', d_loss\)"):
        check("05.1")
