"""Curves: roles and their colours, limits, alternative texts, and what is refused."""

from importlib import import_module

import numpy as np
import pytest
import torch

from gancourse import plots
from gancourse.errors import InputError

RUN = {name: [0.1, 0.2, 0.3] for name in ("d_loss", "g_loss", "D(x)", "D(G(z))")}
LOGIT = torch.linspace(-2, 2, 5)


def shown_by(monkeypatch, module, name):
    """Return the list into which a module's `name` puts the panels that it is asked to draw."""
    seen, module = [], import_module(f"gancourse.plots.{module}")
    draw = getattr(module, name)
    monkeypatch.setattr(module, name, lambda *a, **k: (seen.extend(a[0]), draw(*a, **k))[1])
    return seen


def test_lines_give_roles_their_colours_and_tell_the_others_apart(monkeypatch):
    seen = shown_by(monkeypatch, "curves", "panels")
    picture = plots.lines([0, 1], {"D fast": [1, 2], "a": [0, 1], "b": [2, 0]}, "weight", "modulus")
    assert [mark.role for mark in seen[0].marks] == ["D", "", ""]
    assert [mark.kind for mark in seen[0].marks] == ["line", "line", "dashed"]
    assert picture.alt == "modulus: D fast, a, b over weight from 0 to 1."


def test_lines_leave_out_what_is_not_finite(monkeypatch):
    seen = shown_by(monkeypatch, "curves", "panels")
    plots.lines([0, 1, 2], {"a": [0.0, np.inf, 2.0]}, "x", "y")
    assert seen[0].ylim == pytest.approx((-0.1, 2.1))


def test_losses_have_a_value_and_a_gradient_panel_each(monkeypatch):
    seen = shown_by(monkeypatch, "curves", "gallery")
    row = {"real": LOGIT, "fake": -LOGIT, "G": LOGIT}
    table = {"hinge": row, "minimax": row}
    picture = plots.losses(LOGIT, table, table)
    assert [panel.title for panel in seen] == ["hinge", "minimax", "", ""]
    assert [panel.ylabel for panel in seen] == ["loss", "loss", "gradient", "gradient"]
    assert "hinge, minimax" in picture.alt


def test_a_history_that_lacks_a_column_is_an_error():
    with pytest.raises(InputError, match="lacks g_loss"):
        plots.curves({**RUN, "g_loss": []})


def test_sizes_by_layer_are_told_from_the_largest_end():
    picture = plots.by_layer({"small": [1.0, 1e-5], "large": [1, 2000.0]}, "root mean square")
    assert picture.alt == "root mean square by layer; after the last one: large 2e+03, small 1e-05."


@pytest.mark.parametrize("bad", [0.0, float("inf"), -1.0])
def test_a_size_that_has_no_logarithm_is_an_error(bad):
    with pytest.raises(InputError, match="positive, finite"):
        plots.by_layer({"a": [1.0, bad]})


def curves_drawn(monkeypatch, history, **options):
    """Return the axes that `plots.curves` draws."""
    drawn, module = [], import_module("gancourse.plots.curves")
    monkeypatch.setattr(module, "as_picture", lambda figure, alt: drawn.append(figure))
    plots.curves(history, **options)
    return drawn[0].axes


def test_a_single_spike_does_not_set_the_scale_of_the_losses(monkeypatch):
    noise = np.random.default_rng(0).normal(1.0, 0.1, 1000)
    spiky = noise.copy()
    spiky[500] = 30.0
    left, _ = curves_drawn(monkeypatch, dict.fromkeys(RUN, spiky))
    assert left.get_ylim()[1] < 3


def test_the_thin_lines_hold_eight_in_ten_steps_and_nothing_is_drawn_step_by_step(monkeypatch):
    y = np.tile(np.arange(10.0), 30)  # in each window of 20: 0 to 9 twice
    left, _ = curves_drawn(monkeypatch, dict.fromkeys(RUN, y), window=20)
    low, high, mean = left.get_lines()[:3]
    assert low.get_ydata() == pytest.approx(np.full(len(low.get_ydata()), 0.9), abs=0.1)
    assert high.get_ydata() == pytest.approx(np.full(len(high.get_ydata()), 8.1), abs=0.1)
    assert mean.get_ydata() == pytest.approx(np.full(281, 4.5))
    assert (low.get_xdata()[0], low.get_xdata()[-1]) == (20, 300)


def test_a_short_run_shows_each_step(monkeypatch):
    left, _ = curves_drawn(monkeypatch, RUN)
    assert left.get_lines()[0].get_ydata().tolist() == RUN["d_loss"]


def test_more_extrapolated_values_than_colours_are_refused():
    drawn = dict.fromkeys("abcd", ((1.0, 2.0), (1.0, 2.0)))
    with pytest.raises(InputError, match="4 names were given"):
        plots.extrapolated([10, 20], drawn, dict.fromkeys("abcd", (1.0, 0.0)))


def test_extrapolated_values_stand_over_1_over_n_with_their_line_from_0():
    drawn = {"G": torch.tensor([[5.0, 7.0], [4.0, 3.0]]), "C": torch.tensor([[1.0, 1.0]] * 2)}
    panel = plots.extrapolated([10, 20], drawn, {"G": (2.0, 40.0), "C": (1.0, 0.0)}, "two")
    dots, bars, line, *others = panel.marks
    assert (dots.x.tolist(), dots.y.tolist()) == ([0.1, 0.05], [6, 3.5])
    assert bars.y[[0, 1, 3, 4]] == pytest.approx(
        [6 - 2**0.5, 6 + 2**0.5, 3.5 - 0.5**0.5, 3.5 + 0.5**0.5]
    )
    assert bars.x[[0, 1, 3, 4]].tolist() == [0.1, 0.1, 0.05, 0.05]
    assert (line.x.tolist(), line.y.tolist()) == ([0, 0.1], [2, 6])
    assert (line.label, others[2].label) == ("G: 2.0 + 40 / N", "C: 1.0 + 0 / N")
    assert {m.role for m in others} != {dots.role}
    assert panel.title == "two"
