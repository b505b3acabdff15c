"""The explorer of a generator in colour, trained on a folder of pictures."""

import numpy as np
import pytest
import torch
from PIL import Image

from gancourse import live, nets
from gancourse.data import folders, load_images
from gancourse.live.explorer.engine import runs_in_page
from gancourse.live.explorer.pictures import laid_out
from gancourse.pixels import to_pixels


@pytest.fixture
def data(tmp_path, monkeypatch):
    monkeypatch.setattr(folders, "cache_folder", lambda: tmp_path / "cache")
    for kind, colour in (("blue", (30, 40, 200)), ("yellow", (220, 210, 40))):
        (tmp_path / "two" / kind).mkdir(parents=True)
        for i in range(20):
            Image.new("RGB", (40, 40), tuple(c + i for c in colour)).save(
                tmp_path / "two" / kind / f"{i:02}.png"
            )
    return f"{tmp_path / 'two'}@32-colour"


@pytest.fixture
def explorer(data):
    torch.manual_seed(0)
    G = nets.make_generator("dcgan", z_dim=4, width=8, side=32, channels=3)
    torch.nn.init.normal_(G.body[-2].weight, std=2.0)  # pictures of many colours
    return live.LatentExplorer(G, data)


def test_a_page_gets_three_bytes_for_a_pixel(explorer):
    frame = explorer.frame()
    assert (frame["side"], frame["channels"]) == (32, 3)
    shown = np.frombuffer(frame["pixels"], np.uint8).reshape(frame["count"], 32, 32, 3)
    true = to_pixels(explorer.images(explorer.steering.neighbours()))
    assert (shown.transpose(0, 3, 1, 2) == true.numpy()).all()
    assert (true[:, 0] != true[:, 1]).any()
    assert len(explorer.page.map()["pixels"]) == 49 * 32 * 32 * 3
    assert not runs_in_page(explorer.G)  # the page's engine draws grey ones of 28 pixels


def test_real_images_lie_beside_in_colour(explorer, data):
    explorer.nearest()
    beside = explorer.frame()["beside"]
    assert (beside["side"], beside["channels"]) == (32, 3)
    train = load_images(data).images
    assert beside["pixels"] in [laid_out(x).contiguous().numpy().tobytes() for x in train]
    explorer.invert(load_images(data, "test").scaled(0))
    assert explorer.frame()["beside"]["caption"] == "image to invert"


def test_directions_of_the_folders_classes_are_offered(explorer):
    assert {"class blue", "class yellow"} <= set(explorer.steering.directions.names)
    explorer.set(across="class blue", u=1.0)


def test_film_and_page_keep_the_colours(explorer, tmp_path):
    for _ in range(2):
        explorer.pin()
        explorer.new_seed()
    film = Image.open(explorer.film(tmp_path / "film.gif")).convert("RGB")
    red, green, _ = np.asarray(film).transpose(2, 0, 1)
    assert (red != green).any()
    page = explorer.export_html(tmp_path / "page.html").read_text()
    assert '"channels": 3' in page
    assert "image/webp" in page


@pytest.mark.parametrize("shape", [(1, 28, 28), (3, 32, 32)])
def test_a_net_of_another_shape_is_told_from_the_data(explorer, data, shape):
    G = nets.make_generator("mlp", z_dim=4, widths=[8], shape=list(shape))
    other = live.LatentExplorer(G, data)
    if shape == (3, 32, 32):
        assert "of 36 training images" in other.nearest().said
    else:
        with pytest.raises(ValueError, match="32 pixels wide and in colour, and this G's are 28"):
            other.nearest()
