"""What the explorer looks at: inversion, the nearest image, the lock, a still picture."""

import threading

import pytest
import torch
from explorers import a_generator, an_explorer, near, no_page  # noqa: F401
from torch import nn

from gancourse import live
from gancourse.errors import InputError
from gancourse.nets import make_generator


def test_an_image_of_G_is_inverted(explorer):
    x = explorer.images(torch.randn(1, 6, generator=torch.Generator().manual_seed(4)))[0]
    before = (explorer.images(explorer.z[None])[0] - x).square().mean()
    explorer.invert(x)
    after = (explorer.images(explorer.z[None])[0] - x).square().mean()
    assert after < 0.2 * before
    assert "squared error" in explorer.sentence()
    assert explorer.frame()["beside"]["caption"] == "image to invert"
    assert not explorer.set(u=1.0).frame()["beside"]


def test_the_nearest_training_image_is_itself_for_a_copy(explorer, monkeypatch):
    explorer = live.LatentExplorer(explorer.G, data="digits")
    mine = explorer.real.split("train")
    copy = mine.scaled([17])
    monkeypatch.setattr(explorer.pictures, "images", lambda z: copy.expand(len(z), -1, -1, -1))
    assert "distance of 0.00" in explorer.nearest().sentence()
    assert explorer.frame()["beside"]["pixels"] == mine.images[17].numpy().tobytes()


def test_a_test_image_of_the_chosen_class_is_inverted_each_press_another(explorer):
    explorer = live.LatentExplorer(explorer.G, data="digits").set(test_class="7")
    mine = explorer.real.split("test").of_class(7).scaled()
    assert near(explorer.real.next_test_image(), mine[0])
    assert near(explorer.real.next_test_image(), mine[1])


def test_G_is_read_under_its_lock_and_its_mode_is_kept(G):
    inner, held = threading.Lock(), []

    class Lock:
        def __enter__(self):
            inner.acquire()  # not reentrant: reading twice at once would hang
            held.append(1)

        def __exit__(self, *_):
            inner.release()

    explorer = live.LatentExplorer(G.train(), lock=Lock())
    n = len(held)
    explorer.set(u=1.0, across="class 2").frame()
    explorer.invert(torch.zeros(1, 28, 28))
    assert len(held) > n
    assert not inner.locked()
    assert G.training


@pytest.mark.parametrize(
    ("G", "says"),
    [
        (3, "int was given"),
        (nn.Linear(2, 2), "z_dim"),
        (make_generator("mlp", z_dim=2, shape=(2,), widths=(8,)), "shows images"),
    ],
)
def test_what_is_no_generator_of_images_is_told_so(G, says):
    with pytest.raises(InputError, match=says):
        live.LatentExplorer(G)


def test_without_a_page_it_is_a_still_picture(explorer):
    data, _ = explorer._repr_mimebundle_()
    assert "image/png" in data
    assert "along random 1" in explorer.picture().alt
    assert repr(explorer) == "<LatentExplorer: mnist, seed 0, at +0.00 random 1, +0.00 random 2>"
