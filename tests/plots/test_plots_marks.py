"""Panels and their marks: rows of a gallery, and what is no mark or no panel."""

import pytest

from gancourse import plots
from gancourse.errors import InputError
from gancourse.plots import Mark, Panel, marks


def test_a_gallery_has_as_many_rows_as_it_needs():
    panel = Panel((Mark("line", [0, 1], [0, 1], "a"),), "x", "y", (0, 1), (0, 1))
    one, two = plots.gallery([panel] * 2, 2, "two"), plots.gallery([panel] * 3, 2, "three")
    assert one.alt == "two"
    assert two.height > 1.5 * one.height
    with pytest.raises(InputError, match="columns"):
        plots.gallery([panel], 0, "none")


def test_a_picture_of_no_panels_is_an_error():
    with pytest.raises(InputError, match="at least one"):
        plots.panels([], alt="nothing")


@pytest.mark.parametrize(("log", "scale"), [(False, "linear"), (True, "log")])
def test_panels_have_a_logarithmic_axis_where_it_is_asked_for(monkeypatch, log, scale):
    figures, draw = [], marks.new_figure

    def watched(*given, **named):
        figures.append(draw(*given, **named))
        return figures[0]

    monkeypatch.setattr(marks, "new_figure", watched)
    plots.panels([Panel((Mark("line", [0, 1], [0.01, 10], "a"),), "x", "y")], "a rise", log=log)
    (axis,) = figures[0][1]
    assert (axis.get_xscale(), axis.get_yscale()) == ("linear", scale)
    assert axis.get_ylim()[0] < 0.01 < 10 < axis.get_ylim()[1] < 20
    assert not log or axis.get_ylim()[0] > 0.001


def test_names_stand_below_bars(monkeypatch):
    figures, draw = [], marks.new_figure

    def watched(*given, **named):
        figures.append(draw(*given, **named))
        return figures[0]

    monkeypatch.setattr(marks, "new_figure", watched)
    bars = plots.columns([0.5, 2.0, 1.0])
    plots.panels([Panel((bars,), "x", "y", names=("a", "b", "c"))], "three bars")
    (axis,) = figures[0][1]
    assert [(t.get_position()[0], t.get_text()) for t in axis.get_xticklabels()] == [
        (0, "a"), (1, "b"), (2, "c"),
    ]  # fmt: skip
    assert bars.y.reshape(3, 4)[:, 1].tolist() == [0.5, 2.0, 1.0]
    assert bars.x.reshape(3, 4)[1].tolist() == [0.55, 0.55, 1.45, 1.45]


def test_an_unknown_mark_is_an_error():
    with pytest.raises(InputError, match="kind of mark"):
        plots.Mark("zigzag", [0], [0])
