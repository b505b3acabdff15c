"""The budget sheet of lesson 14: each control changes it, its numbers are those of the count."""

import pytest

from gancourse import live
from gancourse.errors import InputError
from gancourse.live.controls import Slider
from gancourse.live.drawings import packed
from gancourse.maths import cost

RATE = 1e11


def scene(**values):
    return packed(live.budget(RATE, **values).drawing())


def test_each_control_changes_what_is_seen():
    chart = live.budget(RATE)
    for key, control in chart.controls.items():
        other = control.high if isinstance(control, Slider) else control.options[-1]
        assert scene(**{key: other}) != scene(), key


def test_its_numbers_are_those_of_the_count():
    chart = live.budget(RATE, link=1e9, price=0.5, side="64", batch="256", hours=3, devices=8)
    step = cost.step_cost(64, 64, 256)
    now = cost.budget(step, RATE, 8, 3, 1e9)
    shown = chart.drawing().numbers
    assert shown["price"] == "12.00"
    assert shown["images a second"] == f"{now.rate:,.0f}"
    assert shown["memory"] == f"{step.bytes / 1e6:.3g} MB"
    assert chart.drawing().panels[0].title.startswith("Devices of 100 GFLOP/s")
    assert f"8 devices give {now.speedup:.3g} times" in chart.drawing().text


def test_the_dot_stands_on_the_line_and_moves_the_devices():
    drawing = live.budget(RATE, devices=5).drawing()
    (grip,) = drawing.grips
    line = drawing.panels[0].marks[1]
    assert (grip.x, grip.y) == ("devices", None)
    assert grip.at == (5, line.y[4])


def test_a_fast_device_with_a_slow_link_is_no_faster_by_eight():
    words = live.budget(1e14, devices=8).drawing().text
    assert float(words.split("give ")[1].split(" ")[0]) < 1.5
    assert live.budget(RATE, devices=1).drawing().text.startswith("One device gives 1 times")


def test_without_a_rate_this_machine_is_measured(monkeypatch):
    monkeypatch.setattr(cost, "measured_rate", lambda: 5e9)
    assert "of 5 GFLOP/s" in live.budget().drawing().panels[0].title


def test_an_unknown_side_is_named():
    with pytest.raises(InputError, match="side"):
        live.budget(RATE, side="30")
