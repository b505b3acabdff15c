"""What D's loss says of the distance between real images and samples."""

from math import log

import pytest
import torch
from torch import nn

from gancourse import train
from gancourse.data import load_images
from gancourse.score import image_tables

TABLE = image_tables.IMAGE_TABLES["estimate"]


class Brightness(nn.Module):
    """Judge an image by its mean pixel, `times` over."""

    def __init__(self, times):
        super().__init__()
        self.times = times

    def forward(self, x):
        return self.times * x.flatten(1).mean(1)


@pytest.fixture(scope="module")
def digits():
    return load_images("digits")


def estimate(row, D, digits):
    state = TABLE.start(row, 0)
    state.D = D
    return state, TABLE.measure(state, digits)["estimate"]


def test_a_critic_estimates_the_difference_of_its_means(digits):
    state, found = estimate("WGAN-GP", Brightness(1.0), digits)
    real = digits.images.float().mean().item() / 127.5 - 1
    fake = train.sample(train.averaged_generator(state), 2_000, 7).mean().item()
    assert found == pytest.approx(real - fake, abs=0.01)


@pytest.mark.parametrize(("times", "divergence"), [(0.0, 0.0), (-1e4, log(2))])
def test_cross_entropy_estimates_the_jensen_shannon_divergence(times, divergence, digits):
    """A blind D says that there is no distance, and one that is sure and right the largest."""
    _, found = estimate("cross-entropy", Brightness(times), digits)
    assert found == pytest.approx(divergence, abs=1e-3)


def test_to_ask_d_changes_nothing(digits):
    state = TABLE.start("cross-entropy", 0)
    state.D.eval()
    before = {name: value.clone() for name, value in state.D.state_dict().items()}
    TABLE.measure(state, digits)
    assert all(torch.equal(value, before[name]) for name, value in state.D.state_dict().items())
    assert not state.D.training


def test_all_rows_but_one_want_a_distance():
    wanted = {row: recipe.loss for row, recipe in TABLE.rows.items()}
    assert list(wanted.values()) == ["wasserstein", "wasserstein", "non-saturating"]
