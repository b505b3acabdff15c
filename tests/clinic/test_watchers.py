"""The spread of real samples early and late in a run."""

import math

import pytest
import scipy.stats
import torch

from gancourse.clinic import supplies
from gancourse.clinic.watchers import drift_of, order_of
from gancourse.data import load_points

RING = load_points("ring")


def batches(seed, n=24, size=32):
    """Return batches of a small circle in a large one, half of the samples on each."""
    rng = torch.Generator().manual_seed(seed)
    angle = 2 * math.pi * torch.rand(n, size, generator=rng)
    radius = 1.0 + (torch.rand(n, size, generator=rng) < 0.5)
    return [*(radius[..., None] * torch.stack([angle.cos(), angle.sin()], -1))]


def test_two_circles_spread_the_same_early_and_late():
    assert max(drift_of(batches(seed, n=12)) for seed in range(200)) < 1.05


def test_a_heap_and_a_few_samples_far_from_it_spread_the_same():
    def heap(seed):
        rng = torch.Generator().manual_seed(seed)
        far = (torch.rand(12, 32, 1, generator=rng) < 0.2).float()
        return [*(0.05 * torch.randn(12, 32, 2, generator=rng) + 4 * far)]

    assert max(drift_of(heap(seed)) for seed in range(200)) < 1.2


def test_one_sample_far_away_has_no_say():
    early, late = batches(0), batches(0)
    early[0][0], late[-1][0] = 1e6, 1e6
    assert drift_of(early) == pytest.approx(0.9, abs=0.1)
    assert drift_of(late) == pytest.approx(0.9, abs=0.1)


def test_few_samples_say_nothing():
    assert math.isnan(drift_of(batches(0, size=1)))
    assert math.isnan(drift_of(batches(0, n=9)))
    assert math.isfinite(drift_of(batches(0, n=384, size=1)))


def test_noise_that_adds_up_in_the_data_is_seen():
    rng, ring = torch.Generator().manual_seed(0), load_points("ring")
    kept = [ring.sample(32, rng) * (1 + 0.1 * i) for i in range(24)]
    assert drift_of(kept) > 1.5


def test_a_few_means_vary_by_chance_and_a_run_of_six_looks_is_no_unshuffled_one():
    draws = torch.Generator().manual_seed(0)
    found = []
    for _ in range(2000):
        batches = [RING.sample(64, draws) for _ in range(6)]
        found.append(order_of([(x.double().mean(0), 64) for x in batches], batches))
    assert max(found) > 3
    assert max(found) < supplies.by_chance(6)
    quantile = scipy.stats.chi2.ppf(1 - 1e-4, [5, 20, 63]) / [5, 20, 63]
    assert [supplies.by_chance(k) for k in (6, 21, 64)] == pytest.approx(quantile, rel=0.03)
