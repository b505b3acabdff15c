"""The pictures of the theory lessons: what they show, and what their alternative text says."""

import numpy as np
import pytest
import torch

from gancourse import plots
from gancourse.errors import InputError
from gancourse.maths import dynamics
from gancourse.plots import Mark, Panel

LOGIT = torch.linspace(-2, 2, 5)


def shown_by(monkeypatch, name):
    """Return the list into which `plots.<name>` puts the panels that it is asked to draw."""
    seen = []
    draw = getattr(plots, name)
    monkeypatch.setattr(plots, name, lambda *a, **k: (seen.extend(a[0]), draw(*a, **k))[1])
    return seen


def test_lines_give_roles_their_colours_and_tell_the_others_apart(monkeypatch):
    seen = shown_by(monkeypatch, "panels")
    picture = plots.lines([0, 1], {"D fast": [1, 2], "a": [0, 1], "b": [2, 0]}, "weight", "modulus")
    assert [mark.role for mark in seen[0].marks] == ["D", "", ""]
    assert [mark.kind for mark in seen[0].marks] == ["line", "line", "dashed"]
    assert picture.alt == "modulus: D fast, a, b over weight from 0 to 1."


def test_lines_leave_out_what_is_not_finite(monkeypatch):
    seen = shown_by(monkeypatch, "panels")
    plots.lines([0, 1, 2], {"a": [0.0, np.inf, 2.0]}, "x", "y")
    assert seen[0].ylim == pytest.approx((-0.1, 2.1))


def test_losses_have_a_value_and_a_gradient_panel_each(monkeypatch):
    seen = shown_by(monkeypatch, "gallery")
    row = {"real": LOGIT, "fake": -LOGIT, "G": LOGIT}
    table = {"hinge": row, "minimax": row}
    picture = plots.losses(LOGIT, table, table)
    assert [panel.title for panel in seen] == ["hinge", "minimax", "", ""]
    assert [panel.ylabel for panel in seen] == ["loss", "loss", "gradient", "gradient"]
    assert "hinge, minimax" in picture.alt


def test_a_gallery_has_as_many_rows_as_it_needs():
    panel = Panel((Mark("line", [0, 1], [0, 1], "a"),), "x", "y", (0, 1), (0, 1))
    one, two = plots.gallery([panel] * 2, 2, "two"), plots.gallery([panel] * 3, 2, "three")
    assert one.alt == "two"
    assert two.height > 1.5 * one.height
    with pytest.raises(InputError, match="columns"):
        plots.gallery([panel], 0, "none")


def test_phase_planes_tell_where_each_path_ends(monkeypatch):
    seen = shown_by(monkeypatch, "panels")
    paths = {"in": np.array([[3.0, 4.0], [0.0, 1.0]]), "out": np.array([[3.0, 4.0], [6.0, 8.0]])}
    picture = plots.phase_planes(paths, dynamics.bilinear)
    assert [panel.title for panel in seen] == ["in", "out"]
    assert all(panel.equal and panel.xlim == seen[0].xlim for panel in seen)
    assert "distance 5 from 0: in ends at distance 1; out ends at distance 10" in picture.alt


def test_field_arrows_point_along_the_field_and_fit():
    arrows = plots.field_arrows(dynamics.bilinear, 2.0, side=5)
    lengths = np.hypot(arrows.x2, arrows.y2)
    assert len(arrows.x) == 25
    assert lengths.max() == pytest.approx(1.7 * 2.0 / 5)
    np.testing.assert_allclose(arrows.x2 * arrows.x + arrows.y2 * arrows.y, 0, atol=1e-12)


def test_eigenvalues_stand_in_the_plane_with_the_circle(monkeypatch):
    seen = shown_by(monkeypatch, "panels")
    picture = plots.eigenvalues({"game": [1.0, 1.0 + 1.0j]}, "A game")
    circle = seen[0].marks[0]
    np.testing.assert_allclose(np.hypot(circle.x, circle.y), 1)
    assert picture.alt == "A game around the circle of modulus 1: game to modulus 1.41."
