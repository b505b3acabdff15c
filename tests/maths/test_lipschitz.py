"""D's steepness: against finite differences, closed forms, and nets whose answer is known."""

import pytest
import torch
from torch import nn

from gancourse import losses
from gancourse.maths import lipschitz


def critic():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(2, 5), nn.LeakyReLU(0.2), nn.Linear(5, 1), nn.Flatten(0))


def test_gradients_by_layer_are_those_of_the_outputs():
    D, x = critic(), torch.randn(8, 2)
    found = lipschitz.gradients_by_layer(D, x[:4], x[4:], losses.wasserstein_d)
    last = torch.tensor([-0.25] * 4 + [0.25] * 4)
    torch.testing.assert_close(found[1], last.norm())
    on = torch.where(D[0](x) > 0, 1.0, 0.2)
    torch.testing.assert_close(found[0], (last[:, None] * D[2].weight * on).norm())
    assert not D[0]._forward_hooks


def test_the_product_of_norms_bounds_the_slope_and_a_linear_d_meets_it():
    D = nn.Sequential(nn.Linear(2, 1, bias=False), nn.Flatten(0))
    D[0].weight.data = torch.tensor([[3.0, 4.0]])
    assert lipschitz.layer_norms(D).tolist() == pytest.approx([5.0])
    assert lipschitz.steepest(D, torch.randn(3, 2)) == pytest.approx(5.0)
    assert (
        lipschitz.steepest(critic(), torch.randn(500, 2)) < lipschitz.layer_norms(critic()).prod()
    )


def test_batch_norm_makes_samples_see_each_other():
    x = torch.randn(4, 2)
    alone = lipschitz.who_sees_whom(critic(), x)
    assert torch.equal(alone, torch.diag(alone.diag()))
    assert alone.diag().tolist() == pytest.approx(losses.slope(critic(), x).norm(dim=1).tolist())
    D = nn.Sequential(nn.Linear(2, 5), nn.BatchNorm1d(5), nn.ReLU(), nn.Linear(5, 1), nn.Flatten(0))
    seen = lipschitz.who_sees_whom(D, x)
    assert (seen - torch.diag(seen.diag())).max() > 0.01


def test_a_lazy_penalty_is_the_same_step_for_one_and_overshoots_for_many():
    one = torch.eye(2, dtype=torch.float64)

    def brake(times):
        return torch.diag(torch.tensor([1.0, 1 - 0.3 * times], dtype=torch.float64))

    turning = torch.tensor([[1.0, -0.1], [0.1, 0.99]], dtype=torch.float64)
    direct = torch.linalg.eigvals(brake(1.0) @ turning).abs().max().item()
    assert lipschitz.lazily(turning, brake, 1) == pytest.approx(direct)
    assert lipschitz.lazily(one, brake, 8) == pytest.approx(abs(1 - 0.3 * 8) ** (1 / 8))
    assert lipschitz.lazily(one, brake, 8) > 1
