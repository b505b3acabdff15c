"""The losses against closed forms (REFERENCES.md), torch's own functions and float64 autograd."""

import math

import pytest
import torch
from torch.autograd.functional import jacobian
from torch.nn.functional import binary_cross_entropy_with_logits as bce

from gancourse.errors import InputError
from gancourse.losses import LOSSES, get_loss, r1_penalty, r2_penalty, wgan_gp_penalty

LN2 = math.log(2)
AT_ZERO = {  # d_loss and g_loss with all logits 0
    "minimax": (2 * LN2, -LN2),
    "non-saturating": (2 * LN2, LN2),
    "least-squares": (1.0, 1.0),
    "hinge": (2.0, 0.0),
    "wasserstein": (0.0, 0.0),
    "relativistic": (LN2, LN2),
}


@pytest.mark.parametrize("name", LOSSES)
def test_values_at_logit_zero(name):
    zeros = torch.zeros(5, dtype=torch.float64)
    loss = get_loss(name)
    found = (loss.d_loss(zeros, zeros).item(), loss.g_loss(zeros, zeros).item())
    assert found == pytest.approx(AT_ZERO[name], abs=1e-12)


def test_every_loss_has_a_known_value():
    assert AT_ZERO.keys() == LOSSES.keys()


def test_cross_entropy_equals_torchs():
    real, fake = torch.randn(2, 50, dtype=torch.float64)
    ours = get_loss("non-saturating").d_loss(real, fake)
    torch.testing.assert_close(
        ours, bce(real, torch.ones_like(real)) + bce(fake, torch.zeros_like(fake))
    )


def test_non_saturating_equals_torchs():
    fake = torch.randn(50, dtype=torch.float64)
    torch.testing.assert_close(
        get_loss("non-saturating").g_loss(None, fake), bce(fake, torch.ones_like(fake))
    )


@pytest.mark.parametrize("scale", [-1e4, 1e4])
@pytest.mark.parametrize("name", LOSSES)
def test_finite_at_huge_logits(name, scale):
    real = torch.full((4,), scale, requires_grad=True)
    fake = torch.full((4,), -scale, requires_grad=True)
    loss = get_loss(name)
    total = loss.d_loss(real, fake) + loss.g_loss(real, fake)
    total.backward()
    assert torch.isfinite(total)
    assert torch.isfinite(real.grad).all()
    assert torch.isfinite(fake.grad).all()


def test_saturating_gradient_is_minus_sigmoid():
    logit = torch.linspace(-8, 8, 33, dtype=torch.float64)
    slope = jacobian(lambda t: get_loss("minimax").g_loss(None, t) * len(logit), logit)
    torch.testing.assert_close(slope, -torch.sigmoid(logit))


def test_non_saturating_gradient_is_sigmoid_minus_one():
    logit = torch.linspace(-8, 8, 33, dtype=torch.float64)
    slope = jacobian(lambda t: get_loss("non-saturating").g_loss(None, t) * len(logit), logit)
    torch.testing.assert_close(slope, torch.sigmoid(logit) - 1)


def test_both_generator_losses_together_are_minus_the_logit():
    logit = torch.randn(64, dtype=torch.float64)
    both = sum(get_loss(name).g_loss(None, logit) for name in ("minimax", "non-saturating"))
    torch.testing.assert_close(both, -logit.mean())


def test_hinge_ignores_what_is_beyond_the_margin():
    real = torch.tensor([1.5, 0.0], requires_grad=True)
    get_loss("hinge").d_loss(real, torch.tensor([-2.0, -3.0])).backward()
    assert real.grad.tolist() == [0.0, -0.5]


def test_relativistic_depends_on_differences_alone():
    real, fake = torch.randn(2, 20, dtype=torch.float64)
    loss = get_loss("relativistic")
    torch.testing.assert_close(loss.d_loss(real, fake), loss.d_loss(real + 7, fake + 7))


@pytest.mark.parametrize("player", ["d_loss", "g_loss"])
def test_relativistic_refuses_logits_that_would_broadcast(player):
    with pytest.raises(InputError, match=r"\[5\] and \[5, 1\]"):
        getattr(get_loss("relativistic"), player)(torch.zeros(5), torch.zeros(5, 1))


def test_relativistic_g_loss_needs_the_real_logits():
    with pytest.raises(InputError, match="None"):
        get_loss("relativistic").g_loss(None, torch.zeros(5))


def test_unknown_loss_is_named_with_a_suggestion():
    with pytest.raises(InputError, match="did you mean 'hinge'"):
        get_loss("hing")


def linear(weight):
    return lambda x: x.flatten(1) @ weight


@pytest.fixture
def weight():
    return torch.tensor([3.0, 4.0, 0.0], dtype=torch.float64)  # norm 5


def test_penalty_of_a_linear_critic_is_norm_minus_one_squared(weight):
    x_real, x_fake = torch.randn(2, 6, 3, dtype=torch.float64)
    assert wgan_gp_penalty(linear(weight), x_real, x_fake).item() == pytest.approx(16)


def test_r1_and_r2_of_a_linear_critic_are_half_the_squared_norm(weight):
    x = torch.randn(6, 3, dtype=torch.float64)
    assert r1_penalty(linear(weight), x).item() == pytest.approx(12.5)
    assert r2_penalty(linear(weight), x).item() == pytest.approx(12.5)


def test_penalty_trains_the_critic(weight):
    weight.requires_grad_(True)
    x = torch.randn(4, 3, dtype=torch.float64)
    wgan_gp_penalty(linear(weight), x, x).backward()
    torch.testing.assert_close(weight.grad, 2 * (5 - 1) * weight.detach() / 5)


def test_penalty_does_not_reach_the_generator(weight):
    x_fake = torch.randn(4, 3, dtype=torch.float64, requires_grad=True)
    wgan_gp_penalty(linear(weight.requires_grad_(True)), x_fake.detach(), x_fake).backward()
    assert x_fake.grad is None


def test_wgan_gp_takes_its_mixing_weights_from_the_generator():
    x_real, x_fake = torch.randn(2, 6, 3)
    curved = lambda x: x.square().sum(1)  # noqa: E731
    a, b, c = (
        wgan_gp_penalty(curved, x_real, x_fake, torch.Generator().manual_seed(seed)).item()
        for seed in (1, 1, 2)
    )
    assert a == b != c


def test_wgan_gp_refuses_batches_of_different_shape(weight):
    with pytest.raises(InputError, match=r"\[6, 3\] and \[5, 3\]"):
        wgan_gp_penalty(linear(weight), torch.zeros(6, 3), torch.zeros(5, 3))
