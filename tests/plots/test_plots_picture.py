"""What every picture has: the look, an alternative text, bytes that repeat, a file."""

import html
import io
from base64 import b64decode
from importlib import import_module

import matplotlib.pyplot as plt
import pytest
import torch
from PIL import Image, ImageChops

from gancourse import plots

RUN = {name: [0.1, 0.2, 0.3] for name in ("d_loss", "g_loss", "D(x)", "D(G(z))")}
POINTS = torch.rand(20, 2) - 0.5


def D(x):
    return 10 * x[:, 0]  # the right half looks real


def pixels(picture):
    return Image.open(io.BytesIO(picture.png))


@pytest.mark.parametrize(
    "make",
    [
        lambda: plots.image_grid(torch.zeros(3, 1, 8, 8)),
        lambda: plots.points(POINTS, POINTS, D, title="now"),
        lambda: plots.point_film([("step 1", POINTS)], POINTS),
        lambda: plots.curves(RUN),
        lambda: plots.densities(torch.linspace(0, 1, 5), {"p": torch.ones(5)}),
    ],
)
def test_every_picture_has_a_text_and_repeats_byte_for_byte(make):
    picture = make()
    assert len(picture.alt) > 10
    assert picture.png == make().png
    bundle, metadata = picture._repr_mimebundle_()
    assert b64decode(bundle["image/png"]) == picture.png
    assert f'alt="{picture.alt}"' in html.unescape(bundle["text/html"])
    assert metadata["image/png"]["alt"] == picture.alt


def test_alternative_text_is_escaped():
    picture = plots.image_grid(torch.zeros(1, 1, 8, 8), alt='a "quoted" <text>')
    assert "&quot;quoted&quot; &lt;text&gt;" in picture._repr_mimebundle_()[0]["text/html"]


def test_the_look_is_applied_while_drawing(monkeypatch):
    drawn = []
    curves = import_module("gancourse.plots.curves")  # plots.curves is the function
    monkeypatch.setattr(curves, "as_picture", lambda figure, alt: drawn.append(figure))
    plots.curves(RUN)
    (axis, _) = drawn[0].axes
    assert axis.title.get_fontsize() == plots.STYLE["axes.titlesize"]
    assert axis.get_lines()[-1].get_linewidth() == plots.STYLE["lines.linewidth"]
    assert not axis.get_legend().get_frame_on()


def test_nothing_goes_through_pyplot():
    before = plt.get_fignums()
    plots.curves(RUN)
    assert plt.get_fignums() == before


def test_picture_saves_whole(tmp_path):
    picture = plots.curves(RUN)
    assert picture.save(tmp_path / "deep" / "a.png").read_bytes() == picture.png


def test_the_four_colours_are_told_apart_without_red_and_green():
    """Deuteranopia by Viénot et al. 1999, on linear RGB: pairwise distances stay large."""
    matrix = torch.tensor([[0.29275, 0.70725, 0], [0.29275, 0.70725, 0], [-0.02234, 0.02234, 1]])
    names = (plots.REAL, plots.FAKE, plots.D_COLOUR, plots.G_COLOUR)
    rgb = torch.tensor([[int(c[i : i + 2], 16) / 255 for i in (1, 3, 5)] for c in names])
    seen = (rgb**2.2 @ matrix.T).clamp(0, 1) ** (1 / 2.2)
    assert torch.pdist(seen).min() > 0.15


def test_pictures_beside_each_other_are_as_high_as_the_higher_one():
    low, high = (plots.image_grid(torch.zeros(n, 1, 8, 8), 1, 1, alt=f"{n}") for n in (2, 4))
    both = plots.beside([low, high], "Two:")
    assert (both.width, both.height) == (low.width + 12 + high.width, high.height)
    assert both.alt == "Two: 2 4"
    assert pixels(both).convert("RGB").getpixel((0, 0)) == (
        255,
        255,
        255,
    )  # the lower one stands in the middle


@pytest.mark.parametrize("name", plots.__all__)
def test_no_public_name_is_hidden_by_a_module_of_that_name(name):
    assert getattr(plots, name).__class__.__name__ != "module"


def test_a_captioned_picture_is_smaller_and_keeps_its_colours():
    picture = plots.points(POINTS, POINTS, D)
    few = plots.captioned(picture, "a still")
    assert len(few.png) < 0.8 * len(picture.png)
    a, b = (
        pixels(p).convert("RGB").crop((0, 0, picture.width, picture.height)) for p in (picture, few)
    )
    apart = ImageChops.difference(a, b).convert("L").histogram()
    assert sum(apart[12:]) < 0.001 * picture.width * picture.height


def test_a_picture_of_few_colours_keeps_each_of_them_in_less_room():
    arrows = plots.Mark("arrows", range(9), range(9), x2=[1] * 9, y2=[0.5] * 9)
    picture = plots.panels([plots.Panel((arrows,), "x", "y")], "arrows")
    image = Image.open(io.BytesIO(picture.png))
    assert image.mode == "P"
    whole = io.BytesIO()
    image.convert("RGB").save(whole, "PNG", optimize=True)
    assert len(picture.png) < 0.7 * len(whole.getvalue())


def test_a_picture_of_many_colours_keeps_them_all():
    row = plots.beside([plots.points(D=lambda x: x[:, 0], limit=4.0)])
    image = Image.open(io.BytesIO(row.png))
    assert image.mode == "RGB"
    assert len(image.getcolors(1 << 20)) > 256
