"""Pictures: what they hold, what they say to those who cannot see them, what they refuse."""

import html
import io
from base64 import b64decode

import matplotlib.pyplot as plt
import pytest
import torch
from PIL import Image

from gancourse import plots
from gancourse.errors import InputError

RUN = {name: [0.1, 0.2, 0.3] for name in ("d_loss", "g_loss", "D(x)", "D(G(z))")}
POINTS = torch.rand(20, 2) - 0.5


def D(x):
    return 10 * x[:, 0]  # the right half looks real


def pixels(picture):
    return Image.open(io.BytesIO(picture.png))


def test_grid_shows_each_image_in_its_place():
    x = torch.stack([torch.full((1, 4, 4), -1.0), torch.full((1, 4, 4), 1.0)])
    grid = pixels(plots.image_grid(x, columns=2, scale=1))
    assert grid.size == (14, 8)  # padding of 2 around and between
    assert (grid.getpixel((4, 4)), grid.getpixel((10, 4))) == (0, 255)


def test_pixels_of_floats_and_bytes_agree():
    u = torch.arange(256, dtype=torch.uint8).view(1, 1, 16, 16)
    assert torch.equal(plots.to_pixels(u.float() / 127.5 - 1), u)
    assert torch.equal(plots.to_pixels(u), u)


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


def test_field_is_blue_where_d_says_real_and_orange_where_fake():
    image = pixels(plots.points(x_fake=POINTS[:1], D=D, limit=1.0)).convert("RGB")
    middle = image.height // 2
    left, right = image.getpixel((120, middle)), image.getpixel((image.width - 30, middle))
    assert left[0] > left[2] + 50
    assert right[2] > right[0] + 50


def test_the_look_is_applied_while_drawing(monkeypatch):
    drawn = []
    monkeypatch.setattr(plots, "_picture", lambda figure, alt: drawn.append(figure))
    plots.curves(RUN)
    (axis, _) = drawn[0].axes
    assert axis.title.get_fontsize() == plots.STYLE["axes.titlesize"]
    assert axis.get_lines()[-1].get_linewidth() == plots.STYLE["lines.linewidth"]
    assert not axis.get_legend().get_frame_on()


def test_diverged_points_are_named():
    with pytest.raises(InputError, match="diverged"):
        plots.points(torch.full((3, 2), float("nan")))


def test_nothing_goes_through_pyplot():
    before = plt.get_fignums()
    plots.curves(RUN)
    assert plt.get_fignums() == before


def test_picture_saves_whole(tmp_path):
    picture = plots.curves(RUN)
    assert picture.save(tmp_path / "deep" / "a.png").read_bytes() == picture.png


@pytest.mark.parametrize(
    ("x", "word"),
    [
        (torch.zeros(3, 28, 28), "shape"),
        (torch.zeros(0, 1, 28, 28), "shape"),
        (torch.full((1, 1, 8, 8), 1.5), r"from 1\.5 to 1\.5"),
        (torch.full((1, 1, 8, 8), float("nan")), "nan"),
    ],
)
def test_bad_images_are_named(x, word):
    with pytest.raises(InputError, match=word):
        plots.image_grid(x)


def test_bad_points_histories_and_sizes_are_named():
    with pytest.raises(InputError, match="x_real must be points"):
        plots.points(torch.zeros(3, 3))
    with pytest.raises(InputError, match="lacks g_loss"):
        plots.curves({**RUN, "g_loss": []})
    with pytest.raises(InputError, match="columns"):
        plots.image_grid(torch.zeros(1, 1, 8, 8), columns=0)
    with pytest.raises(InputError, match="at least one frame"):
        plots.point_film([], POINTS)


def test_the_four_colours_are_told_apart_without_red_and_green():
    """Deuteranopia by Viénot et al. 1999, on linear RGB: pairwise distances stay large."""
    matrix = torch.tensor([[0.29275, 0.70725, 0], [0.29275, 0.70725, 0], [-0.02234, 0.02234, 1]])
    names = (plots.REAL, plots.FAKE, plots.D_COLOUR, plots.G_COLOUR)
    rgb = torch.tensor([[int(c[i : i + 2], 16) / 255 for i in (1, 3, 5)] for c in names])
    seen = (rgb**2.2 @ matrix.T).clamp(0, 1) ** (1 / 2.2)
    assert torch.pdist(seen).min() > 0.15
