"""What labels change in the game: unmatched ones, and AC-GAN's pull on classes that overlap."""

import math

import pytest
import torch

from gancourse.maths import divergences, labels

X = divergences.line(-8, 8, 321)
BELLS = torch.stack([divergences.log_normal(X, m, 0.4) for m in (-3.0, 0.0, 3.0)])


def test_fakes_with_any_label_are_their_mean_with_each():
    any_label = labels.unmatched(BELLS)
    assert torch.allclose(any_label.exp(), BELLS.exp().mean(0).expand(3, -1))
    assert divergences.integral(X, any_label.exp()).tolist() == pytest.approx([1.0] * 3)


def test_with_any_label_a_perfect_g_leaves_d_the_advantage_of_pairs_that_do_not_belong():
    """K classes far apart: D is K / (K + 1) where labels agree, and 0 elsewhere."""
    assert divergences.best_value(X, BELLS, BELLS).tolist() == pytest.approx([-math.log(4)] * 3)
    value = divergences.best_value(X, BELLS, labels.unmatched(BELLS)).mean().item()
    assert value == pytest.approx(math.log(3 / 4) + math.log(1 / 4) / 3, abs=1e-3)


@pytest.mark.parametrize(("weight", "wider"), [(0.0, False), (0.5, True)])
def test_paying_for_easy_classes_moves_them_apart_and_narrows_them(weight, wider):
    at, sd = torch.tensor([0.8, 1.0, 1.3]), torch.tensor([0.7, 1.0, 1.2])
    found = labels.narrowed(weight, X, at, sd)
    assert found == pytest.approx((1.3, 0.7) if wider else (1.0, 1.0))
