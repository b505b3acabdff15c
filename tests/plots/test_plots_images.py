"""Images side by side: each in its place, as torchvision lays them out, and what is refused."""

import io
from importlib import import_module

import pytest
import torch
from PIL import Image
from torchvision.utils import make_grid

from gancourse import plots
from gancourse.errors import InputError


def pixels(picture):
    return Image.open(io.BytesIO(picture.png))


def test_grid_shows_each_image_in_its_place():
    x = torch.stack([torch.full((1, 4, 4), -1.0), torch.full((1, 4, 4), 1.0)])
    grid = pixels(plots.image_grid(x, columns=2, scale=1))
    assert grid.size == (14, 8)  # padding of 2 around and between
    assert (grid.getpixel((4, 4)), grid.getpixel((10, 4))) == (0, 255)


@pytest.mark.parametrize("n", [1, 2, 5, 6, 8])
@pytest.mark.parametrize("shape", [(1, 4, 4), (3, 4, 4), (1, 3, 7), (3, 28, 28)])
@pytest.mark.parametrize("columns", [1, 3, 8])
def test_a_grid_is_torchvisions_bit_for_bit(n, shape, columns):
    x = torch.randint(0, 256, (n, *shape), dtype=torch.uint8)
    wanted = make_grid(x, nrow=columns, padding=2, pad_value=96)
    assert torch.equal(plots.grid(x, columns), wanted)


@pytest.mark.parametrize(("channels", "mode"), [(1, "L"), (3, "RGB")])
def test_grey_images_make_a_grey_file(channels, mode):
    assert pixels(plots.image_grid(torch.zeros(2, channels, 4, 4))).mode == mode


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


def test_rows_of_no_column_are_an_error():
    with pytest.raises(InputError, match="columns"):
        plots.image_grid(torch.zeros(1, 1, 8, 8), columns=0)


def test_a_film_of_images_names_each_row(monkeypatch):
    drawn = []
    images = import_module("gancourse.plots.images")
    monkeypatch.setattr(images, "as_picture", lambda figure, alt: drawn.extend([figure, alt]))
    monkeypatch.setattr(images, "of_colours", lambda most, picture: picture)
    plots.image_film([(f"step {n}", torch.zeros(4, 1, 6, 6)) for n in (1, 30, 100)], "Samples")
    (axis,) = drawn[0].axes
    assert [label.get_text() for label in axis.get_yticklabels()] == [
        "step 1",
        "step 30",
        "step 100",
    ]
    assert axis.get_yticks().tolist() == [5, 13, 21]  # the rows' middles: 8 apart, after a border
    assert drawn[1] == "Samples, a row each at step 1, step 30, step 100."


@pytest.mark.parametrize("sizes", [[], [(4, 1, 6, 6), (3, 1, 6, 6)], [(4, 1, 6, 6), (4, 1, 6, 7)]])
def test_a_film_of_frames_that_differ_is_an_error(sizes):
    with pytest.raises(InputError, match="as many images of one size"):
        plots.image_film([("now", torch.zeros(size)) for size in sizes])


@pytest.mark.parametrize("title", ["step 1,000", "in its average", "a title of some length"])
@pytest.mark.parametrize("shape", [(6, 16), (5, 12), (3, 8)])
def test_no_title_of_a_film_is_cut(shape, title):
    rows, columns = shape
    film = pixels(plots.image_film([(title, torch.zeros(columns, 1, 28, 28))] * rows))
    assert film.convert("L").crop((0, 0, 2, film.height)).getextrema() == (255, 255)
