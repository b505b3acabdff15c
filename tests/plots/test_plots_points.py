"""Points in the plane: fields, films, paths, arrows, eigenvalues, and what is refused."""

import io
from importlib import import_module

import numpy as np
import pytest
import torch
from PIL import Image

from gancourse import plots
from gancourse.errors import InputError
from gancourse.maths import dynamics

POINTS = torch.rand(20, 2) - 0.5


def D(x):
    return 10 * x[:, 0]  # the right half looks real


def pixels(picture):
    return Image.open(io.BytesIO(picture.png))


def shown_by(monkeypatch, module, name):
    """Return the list into which a module's `name` puts the panels that it is asked to draw."""
    seen, module = [], import_module(f"gancourse.plots.{module}")
    draw = getattr(module, name)
    monkeypatch.setattr(module, name, lambda *a, **k: (seen.extend(a[0]), draw(*a, **k))[1])
    return seen


def test_field_is_blue_where_d_says_real_and_orange_where_fake():
    image = pixels(plots.points(x_fake=POINTS[:1], D=D, limit=1.0)).convert("RGB")
    middle = image.height // 2
    left, right = image.getpixel((120, middle)), image.getpixel((image.width - 30, middle))
    assert left[0] > left[2] + 50
    assert right[2] > right[0] + 50


def test_diverged_points_are_named():
    with pytest.raises(InputError, match="diverged"):
        plots.points(torch.full((3, 2), float("nan")))


def test_bad_points_and_films_are_named():
    with pytest.raises(InputError, match="x_real must be points"):
        plots.points(torch.zeros(3, 3))
    with pytest.raises(InputError, match="at least one frame"):
        plots.point_film([], POINTS)


def test_phase_planes_tell_where_each_path_ends(monkeypatch):
    seen = shown_by(monkeypatch, "points", "panels")
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
    seen = shown_by(monkeypatch, "points", "panels")
    picture = plots.eigenvalues({"game": [1.0, 1.0 + 1.0j]}, "A game")
    circle = seen[0].marks[0]
    np.testing.assert_allclose(np.hypot(circle.x, circle.y), 1)
    assert picture.alt == "A game around the circle of modulus 1: game to modulus 1.41."
