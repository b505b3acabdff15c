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
