"""No dashed line of a widget is without a name: a reader takes it for something that it is not."""

import pytest

from gancourse import live
from gancourse.live.charts import Chart
from gancourse.live.run.history import Log

CHARTS = ("bend_D", "slide_q", "move_logits", "phase_plane", "feed_pixels", "spoil_digits",
          "two_clouds", "ask_for", "budget")  # fmt: skip


def nameless(panels) -> list[str]:
    """Return the titles of panels with a dashed line of which no legend says what it is."""
    named = {(m.kind, m.role) for panel in panels for m in panel.marks if m.label}
    return [panel.title for panel in panels for m in panel.marks
            if m.kind == "dashed" and not m.label and (m.kind, m.role) not in named]  # fmt: skip


@pytest.mark.parametrize("name", CHARTS)
def test_each_dashed_line_of_a_chart_has_a_name(name):
    chart = getattr(live, name)()
    assert isinstance(chart, Chart)
    assert nameless(chart.drawing().panels) == []


def test_each_dashed_line_of_a_run_has_a_name():
    assert nameless(Log(live.PointGan().state).panels()) == []
