"""The widgets of lessons 01 and 02: each control changes what is seen, the numbers are right."""

import pytest

from gancourse import live
from gancourse.live.controls import Slider
from gancourse.live.drawings import packed


@pytest.mark.parametrize("name", ["bend_D", "slide_q"])
def test_each_control_of_a_lesson_changes_what_is_seen(name):
    chart = getattr(live, name)()
    before = packed(chart.drawing())
    for key, control in chart.controls.items():
        other = control.low if isinstance(control, Slider) else control.options[-1]
        after = packed(getattr(live, name)(**{key: other}).drawing())
        assert after["panels"] != before["panels"], key


def test_bend_D_knows_the_best_D():
    numbers = live.bend_D(left=0.02, middle=0.5, right=0.98).drawing().numbers
    assert float(numbers["gap"]) < 0.005


def test_slide_q_at_p_has_nothing_left_to_gain():
    numbers = live.slide_q(mean=0.0, width=0.7).drawing().numbers
    assert numbers["C(G)"] == "-1.386"
    assert {float(numbers[k]) for k in ("JSD", "W1", "mean push on G")} == {0.0}


def arrows_of(**values):
    """Return where the arrows of slide_q start, and how far they go."""
    marks = live.slide_q(**values).drawing().panels[1].marks
    (mark,) = (m for m in marks if m.kind == "arrows")
    return mark.x, mark.x2


@pytest.mark.parametrize("loss", ["saturating", "non-saturating"])
@pytest.mark.parametrize("mean", [-2.0, 2.0])
def test_slide_q_draws_a_push_that_can_be_seen_and_leads_to_p(loss, mean):
    _, length = arrows_of(mean=mean, loss=loss)
    assert (length * mean < 0).all()
    assert length.abs().max() > 16 / 10  # a tenth of the axis
    assert length.abs().max() < 3


def test_slide_q_draws_no_push_where_there_is_none():
    assert arrows_of(mean=0.0)[1].abs().max() < 1e-6
    assert arrows_of(mean=5.0)[1][2].abs() < 0.01  # in the middle of q, far away


def test_slide_q_draws_only_fakes_that_are_in_sight():
    at, _ = arrows_of(mean=5.0, width=2.0)
    assert at.tolist() == [1.0, 3.0, 5.0, 7.0]
