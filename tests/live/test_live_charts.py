"""Charts without a page: state, still pictures, what is sent, and the core-widget fallback."""

import base64
import struct

import pytest

from gancourse.errors import InputError
from gancourse.live.charts import Chart
from gancourse.live.controls import Choice, Slider
from gancourse.live.drawings import Drawing, Grip, packed
from gancourse.live.frontend import STILL
from gancourse.plots import Mark, Panel

VIEW = "application/vnd.jupyter.widget-view+json"


def draw(height, kind):
    panel = Panel((Mark("line", [0, 1], [0, height], "line", "D"),), "x", "y", (0, 1), (0, 2))
    grip = Grip("end", (1, height), y="height")
    return Drawing((panel,), f"A {kind} line up to {height:g}.", {"height": f"{height:g}"}, (grip,))


def make_chart() -> Chart:
    return Chart("Line", draw, {"height": Slider("height", 0, 2, 0.25, 1.0),
                                "kind": Choice("kind", ("thin", "thick"), "thin")})  # fmt: skip


@pytest.fixture
def environment(monkeypatch):
    for name in ("GANCOURSE_FRONTEND", "JPY_SESSION_NAME"):
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


def test_values_are_put_on_steps_and_into_range():
    assert make_chart().set(height=1.3).values["height"] == 1.25
    assert make_chart().set(height=7).values["height"] == 2


def test_an_unknown_control_or_option_is_an_error():
    with pytest.raises(InputError, match="did you mean 'height'"):
        make_chart().set(heigth=1)
    with pytest.raises(InputError, match="kind"):
        make_chart().set(kind="bold")


def test_an_error_leaves_the_state_as_it_was():
    chart = make_chart()
    with pytest.raises(InputError):
        chart.set(height=2, kind="bold")
    assert chart.values == {"height": 1.0, "kind": "thin"}


def test_at_most_four_controls_are_shown():
    sliders = {str(i): Slider(str(i), 0, 1, 0.1, 0) for i in range(5)}
    with pytest.raises(InputError, match="at most 4"):
        Chart("Too much", draw, sliders)


def test_without_a_frontend_it_is_a_picture_and_nothing_else(environment):
    data, metadata = make_chart()._repr_mimebundle_()
    assert set(data) == {"image/png", "text/html", "text/plain"}
    assert base64.b64decode(data["image/png"]).startswith(b"\x89PNG")
    assert metadata["image/png"]["alt"] == f"A thin line up to 1. ({STILL})"


def test_the_repr_is_stable():
    assert repr(make_chart()) == repr(make_chart()) == "<Line: height 1.00, kind thin>"
    assert repr(make_chart().widget()) == "<Line: height 1.00, kind thin>"


def test_in_lab_the_bundle_has_the_view(environment):
    environment.setenv("JPY_SESSION_NAME", "lesson.ipynb")
    data = make_chart()._repr_mimebundle_()
    assert VIEW in data
    assert data["text/plain"] == "<Line: height 1.00, kind thin>"


def test_curves_are_sent_as_float32_bytes():
    mark = packed(make_chart().drawing())["panels"][0]["marks"][0]
    assert struct.unpack("<2f", mark["y"]) == (0, 1)


def test_a_message_of_the_page_moves_the_chart_and_is_answered():
    chart = make_chart()
    view = chart.widget()
    view._asked(view, {"serial": 7, "values": {"height": 2}}, [])
    assert chart.values["height"] == 2
    assert view.values["height"] == 2
    assert view.scene["serial"] == 7
    assert view.scene["text"] == "A thin line up to 2."


def test_two_views_show_the_same_state():
    chart = make_chart()
    a, b = chart.widget(), chart.widget()
    a._asked(a, {"serial": 1, "values": {"kind": "thick"}}, [])
    assert a.scene["text"] == b.scene["text"] == "A thick line up to 1."


def test_core_widgets_redraw_the_image():
    chart = make_chart()
    slider, choice, image, words = chart.core_widget().children
    before = image.value
    slider.value = 2
    assert image.value != before
    assert "A thin line up to 2." in words.value
    choice.value = "thick"
    assert chart.values == {"height": 2, "kind": "thick"}


def test_core_widgets_follow_python():
    chart = make_chart()
    slider, *_ = chart.core_widget().children
    chart.set(height=0.5)
    assert slider.value == 0.5
