"""`gancourse score` before its table: what is refused, and what its picture is made of."""

import pytest
import torch

from gancourse import nets
from gancourse.data import load_images
from gancourse.errors import InputError
from gancourse.score import command


@pytest.fixture
def G():
    torch.manual_seed(0)
    made = nets.make_generator("dcgan", z_dim=4, width=8)
    made.card = {"data": "digits"}
    return made.eval()


def test_no_draws_are_refused_by_the_options_name(G, tmp_path):
    with pytest.raises(InputError, match="--draws must be a whole number"):
        command.score({"a": G}, None, 100, 0, 0, tmp_path / "s")
    assert not (tmp_path / "s").exists()


def test_generators_of_two_sets_are_named_with_their_sets(G, tmp_path):
    other = nets.make_generator("dcgan", z_dim=4, width=8)  # without a card: MNIST
    with pytest.raises(InputError, match=r"\(a for digits, b for mnist\): name one with --data"):
        command.score({"a": G, "b": other}, None, 100, 0, 1, tmp_path / "s")


def test_the_picture_shows_samples_above_their_nearest_training_images(G, tmp_path, monkeypatch):
    shown = []
    card = command.plots.score_card
    monkeypatch.setattr(command.plots, "score_card", lambda *a: shown.append(a) or card(*a))
    command.score({"a": G}, None, 100, 0, 1, tmp_path)
    x, nearest, shares, title = shown[0]
    train = {image.numpy().tobytes() for image in load_images("digits").images}
    assert all(image.numpy().tobytes() in train for image in nearest)
    assert not any(image.numpy().tobytes() in train for image in x)
    assert sum(shares.values()) == pytest.approx(1)
    assert title.startswith("FID ")
