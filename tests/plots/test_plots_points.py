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


@pytest.fixture
def drawn(monkeypatch):
    """The figures of this test, as matplotlib holds them."""
    seen, module = [], import_module("gancourse.plots.points")
    keep = module.as_picture
    monkeypatch.setattr(module, "as_picture", lambda f, alt: (seen.append(f), keep(f, alt))[1])
    return seen


def test_no_legend_hides_a_point(drawn):
    plots.points(POINTS, POINTS + 0.1, D)
    figure = drawn[0]
    (axis,), (legend,) = figure.axes, figure.legends
    figure.canvas.draw()
    assert axis.get_legend() is None
    assert not legend.get_window_extent().overlaps(axis.get_window_extent())
    assert [text.get_text() for text in legend.get_texts()] == ["real", "fake"]


def test_eigenvalues_stand_in_the_plane_with_the_circle(drawn):
    walks = {"game": [1.0, 1.0 + 1.0j], "descent": [1.0, 0.5]}
    picture = plots.eigenvalues(walks, "Games")
    assert picture.alt == (
        "Games around the circle of modulus 1: game to modulus 1.41, descent to modulus 0.5."
    )
    (axis,) = drawn[0].axes
    assert axis.patches[0].get_radius() == 1
    named = [text.get_text() for text in axis.get_legend().get_texts()]
    assert named == ["steps converge", "game", "descent"]
    colours = {line.get_color() for line in axis.lines}
    assert colours == {plots.INK}  # the four colours mean something else
    looks = [(line.get_linestyle(), line.get_marker()) for line in axis.get_legend().get_lines()]
    assert len(set(looks)) == 2


def test_more_eigenvalues_than_looks_are_an_error():
    with pytest.raises(InputError, match="1 to 6 lists"):
        plots.eigenvalues({str(i): [1.0] for i in range(7)})


def test_the_path_of_both_players_has_no_ones_colour(monkeypatch):
    seen = shown_by(monkeypatch, "points", "panels")
    plots.phase_planes({"path": np.array([[1.0, 0.0], [0.5, 0.5]])}, dynamics.bilinear)
    assert {mark.role for mark in seen[0].marks} == {""}


def test_transport_draws_a_line_for_each_way_of_the_plan(drawn):
    plan = torch.tensor([[0.5, 0.0, 0.0], [0.0, 0.25, 0.25]])
    picture = plots.transport(POINTS[:3], POINTS[3:5], plan, lambda x: x[:, 0])
    assert picture.alt == (
        "2 fake points, moved to 3 real ones along 3 lines, over the level lines of D."
    )
    left, right, _ = drawn[0].axes
    widths = [line.get_linewidth() for line in left.lines]
    assert widths[0] > widths[1] == widths[2]
    np.testing.assert_allclose(left.lines[0].get_xydata(), torch.stack([POINTS[3], POINTS[0]]))
    assert len(right.lines) == 3
    alone = plots.transport(POINTS[:3], POINTS[3:5], plan)
    assert alone.alt.endswith("along 3 lines.")


def test_levels_shows_each_D_at_its_place(drawn):
    picture = plots.levels({"steep": D, "flat": lambda x: x[:, 1]}, POINTS[:9], POINTS[9:])
    assert picture.alt == "Level lines of D around both kinds of points: steep, flat."
    assert [axis.get_title() for axis in drawn[0].axes] == ["steep", "flat"]
    scales = [axis.collections[0].levels for axis in drawn[0].axes]  # each D's own
    assert scales[0][-1] == pytest.approx(10 * scales[1][-1], rel=1e-4)


def test_the_map_of_slopes_has_one_scale_for_every_d(drawn):
    """D, 10 x_1, is dark everywhere, and a D that is flat is white."""
    ends = []
    for times in (1.0, 1e-4):
        picture = plots.over_slopes(POINTS, POINTS, lambda x, k=times: k * D(x), limit=1.0)
        image = drawn[-1].axes[0].images[0]
        ends.append((image.norm.vmin, image.norm.vmax, float(image.norm(image.get_array()).mean())))
        assert f"from {10 * times:.2g} to {10 * times:.2g} logits per unit" in picture.alt
    assert ends[0] == pytest.approx((0.01, 10, 1))
    assert ends[1] == pytest.approx((0.01, 10, -1 / 3), abs=1e-3)
    assert drawn[0].axes[1].get_ylabel() == "D's slope (logits per unit of length)"
