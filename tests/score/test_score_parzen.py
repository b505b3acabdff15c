"""Parzen windows: the density is that of the mixture, and the width is chosen on its own images."""

import math

import pytest
import torch

from gancourse.data.toys import mixture
from gancourse.score import parzen


def uniform(n, d, seed):
    return torch.rand(n, d, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("width", [0.1, 0.7])
def test_the_density_is_that_of_a_mixture_of_bells(width):
    x, samples = uniform(30, 3, 1), uniform(20, 3, 2)
    want = mixture(samples, width).log_density(x.double())
    found = parzen.log_likelihoods(x, samples, torch.tensor([width]))
    assert found.shape == (1, 30)
    assert torch.allclose(found[0].double(), want, atol=1e-3)


def test_more_images_than_one_part_holds_change_nothing(monkeypatch):
    x, samples, widths = uniform(25, 4, 1), uniform(9, 4, 2), torch.tensor([0.2, 0.5])
    whole = parzen.log_likelihoods(x, samples, widths)
    monkeypatch.setattr(parzen, "CHUNK", 10)
    assert torch.allclose(parzen.log_likelihoods(x, samples, widths), whole, atol=1e-4)


def test_one_sample_on_the_image_has_the_density_of_a_bells_middle():
    x = torch.full((1, 784), 0.5)
    found = parzen.log_likelihoods(x, x, torch.tensor([0.2])).item()
    assert found == pytest.approx(-784 * math.log(0.2 * math.sqrt(2 * math.pi)), rel=1e-5)


def test_the_widths_are_goodfellows():
    assert len(parzen.WIDTHS) == 10
    assert parzen.WIDTHS[[0, -1]].tolist() == pytest.approx([0.1, 1.0])


def test_the_width_is_chosen_on_the_validation_images_and_not_on_the_test_images():
    def bell(n, seed, sd):
        return sd * torch.randn(n, 2, generator=torch.Generator().manual_seed(seed))

    samples, test = bell(50, 1, 0.01), bell(40, 3, 0.01)
    mean, error, narrow = parzen.score(samples, bell(30, 2, 0.01), test)
    _, _, wide = parzen.score(samples, bell(30, 2, 1.0), test)
    assert (narrow, wide) == pytest.approx((0.1, 1.0), rel=0.3)
    found = parzen.log_likelihoods(test, samples, torch.tensor([narrow]))[0]
    assert mean == pytest.approx(found.mean().item(), rel=1e-4)
    assert error == pytest.approx(found.std().item() / 40**0.5, rel=1e-4)


def test_centres_of_separate_groups_are_their_means():
    groups = torch.tensor([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    x = groups.repeat_interleave(40, 0) + 0.01 * uniform(120, 2, 1)
    found = parzen.centroids(x, 3, seed=1)
    nearest = torch.cdist(groups + 0.005, found).min(1).values
    assert found.shape == (3, 2)
    assert (nearest < 0.01).sum() >= 2  # a start may put two of them into one group
    assert torch.equal(found, parzen.centroids(x, 3, seed=1))
