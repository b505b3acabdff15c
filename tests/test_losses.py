"""The losses against closed forms (REFERENCES.md), torch's own functions and float64 autograd."""

import math
from typing import NamedTuple

import numpy as np
import pytest
import torch
from torch.autograd.functional import jacobian
from torch.nn.functional import binary_cross_entropy_with_logits as bce

from gancourse.errors import InputError
from gancourse.losses import (
    LOSSES,
    WRITEUP_LOSSES,
    Loss,
    get_loss,
    r1_penalty,
    r2_penalty,
    wgan_gp_penalty,
)

REAL, FAKE = (0.6, -0.9, 2.3), (-1.7, 0.4, -0.2)  # generic, on both sides of each kink


class Form(NamedTuple):
    """A loss of one pair (r, f) of logits, real and fake, and its slopes by r and by f."""

    value: object
    by_r: object
    by_f: object


def s(t):
    return 1 / (1 + math.exp(-t))


def none(r, f):
    return 0.0


# The papers' formulas in plain floats, D = s(logit). The slopes are derived by hand.
CROSS_ENTROPY = Form(
    lambda r, f: -math.log(s(r)) - math.log(1 - s(f)), lambda r, f: s(r) - 1, lambda r, f: s(f)
)
MINUS_F = Form(lambda r, f: -f, none, lambda r, f: -1.0)
SQUARED_G = Form(lambda r, f: (1 - s(f)) ** 2, none, lambda r, f: -2 * s(f) * (1 - s(f)) ** 2)
TABLE = {  # name: D's loss, G's loss
    "minimax": (CROSS_ENTROPY, Form(lambda r, f: math.log(1 - s(f)), none, lambda r, f: -s(f))),
    "non-saturating": (
        CROSS_ENTROPY,
        Form(lambda r, f: -math.log(s(f)), none, lambda r, f: s(f) - 1),
    ),
    "least-squares": (
        Form(lambda r, f: (r - 1) ** 2 + f**2, lambda r, f: 2 * (r - 1), lambda r, f: 2 * f),
        Form(lambda r, f: (f - 1) ** 2, none, lambda r, f: 2 * (f - 1)),
    ),
    "hinge": (
        Form(
            lambda r, f: max(0.0, 1 - r) + max(0.0, 1 + f),
            lambda r, f: -1.0 if r < 1 else 0.0,
            lambda r, f: 1.0 if f > -1 else 0.0,
        ),
        MINUS_F,
    ),
    "wasserstein": (
        Form(lambda r, f: f - r, lambda r, f: -1.0, lambda r, f: 1.0),
        MINUS_F,
    ),
    "relativistic": (
        Form(lambda r, f: -math.log(s(r - f)), lambda r, f: -s(f - r), lambda r, f: s(f - r)),
        Form(lambda r, f: -math.log(s(f - r)), lambda r, f: s(r - f), lambda r, f: -s(r - f)),
    ),
    "squared-probability": (
        Form(
            lambda r, f: (1 - s(r)) ** 2 + s(f) ** 2,
            lambda r, f: -2 * s(r) * (1 - s(r)) ** 2,
            lambda r, f: 2 * s(f) ** 2 * (1 - s(f)),
        ),
        SQUARED_G,
    ),
    "squared-generator": (CROSS_ENTROPY, SQUARED_G),
}
EVERY_LOSS = {**LOSSES, **WRITEUP_LOSSES}
PLAYERS = ("d_loss", "g_loss")


def expected(form):
    """Return the mean over the pairs and its slopes by each logit: value, by r, by f."""
    pairs = list(zip(REAL, FAKE, strict=True))
    value = sum(form.value(r, f) for r, f in pairs) / 3
    return value, [form.by_r(r, f) / 3 for r, f in pairs], [form.by_f(r, f) / 3 for r, f in pairs]


def found(loss):
    real, fake = (torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in (REAL, FAKE))
    value = loss(real, fake)
    value.backward()
    by_real = [0.0] * 3 if real.grad is None else real.grad.tolist()
    return value.item(), by_real, fake.grad.tolist()


@pytest.mark.parametrize("name", EVERY_LOSS)
@pytest.mark.parametrize("player", PLAYERS)
def test_value_and_gradient_are_those_of_the_closed_form(name, player):
    value, by_real, by_fake = found(getattr(get_loss(name), player))
    wanted = expected(TABLE[name][PLAYERS.index(player)])
    assert value == pytest.approx(wanted[0], rel=1e-12)
    assert by_real == pytest.approx(wanted[1], rel=1e-12)
    assert by_fake == pytest.approx(wanted[2], rel=1e-12)


@pytest.mark.parametrize("name", EVERY_LOSS)
def test_only_a_loss_that_says_so_looks_at_the_real_logits_for_g(name):
    looks = any(found(get_loss(name).g_loss)[1])
    assert get_loss(name).pairs_real is looks


@pytest.mark.parametrize("by_grad", [False, True])
@pytest.mark.parametrize("name", EVERY_LOSS)
def test_slopes_by_the_logits_are_those_of_the_closed_form(name, by_grad):
    slopes = get_loss(name)._replace(closed=None).slopes if by_grad else get_loss(name).slopes
    d, g = TABLE[name]
    for found, wanted in zip(slopes, (d.by_r, d.by_f, g.by_f), strict=True):
        values = found(np.array(REAL)[:, None], np.array(FAKE))  # every real with every fake
        rows = [[wanted(r, f) for f in FAKE] for r in REAL]
        np.testing.assert_allclose(np.broadcast_to(values, (3, 3)), rows, rtol=1e-12)


def test_a_loss_is_asked_for_slopes_with_logits_in_a_row():
    seen = []
    loss = Loss(lambda r, f: seen.append((r.shape, f.shape)) or (r * f).mean(), None)
    assert loss.slopes.d_real(np.ones((2, 1)), np.ones(3)).shape == (2, 3)
    assert seen == [((6,), (6,))]


@pytest.mark.parametrize("name", LOSSES)
def test_slopes_in_closed_form_are_finite_far_out_and_at_0(name):
    far = np.array([-1e4, 0.0, 1e4])
    with np.errstate(over="raise", divide="raise", invalid="raise"):
        assert all(np.isfinite(slope(far, -far)).all() for slope in get_loss(name).slopes)


def weighed(real, fake):
    """Cross-entropy with weights: where both kinds are as frequent, D is best at real / both."""
    return Loss(lambda r, f: real * bce(r, torch.ones(1)) + fake * bce(f, torch.zeros(1)), None)


def test_rest_is_the_logit_at_which_d_is_best():
    assert {name: loss.rest for name, loss in LOSSES.items()} == pytest.approx(
        {**dict.fromkeys(LOSSES, 0.0), "least-squares": 0.5}
    )
    assert weighed(1, 3).rest == pytest.approx(-math.log(3), rel=1e-12)
    assert weighed(3, 1).rest == pytest.approx(math.log(3), rel=1e-12)
    assert Loss(lambda r, f: (2 * f - r).mean(), None).rest == 0  # no logit is best


def test_every_loss_has_a_row_in_the_table():
    assert TABLE.keys() == EVERY_LOSS.keys()


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
@pytest.mark.parametrize("name", EVERY_LOSS)
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


def test_r1_and_r2_of_a_curved_critic_are_the_closed_form():
    x = torch.tensor([[[0.6, -1.7]], [[0.2, 0.9]], [[-1.1, 0.4]]], dtype=torch.float64)  # [3, 1, 2]
    cubic = lambda x: (x**3).sum((1, 2)) / 3  # noqa: E731  # its slope is x^2
    wanted = sum(a**4 + b**4 for ((a, b),) in x.tolist()) / 3 / 2
    assert r1_penalty(cubic, x).item() == pytest.approx(wanted, rel=1e-12)
    assert r2_penalty(cubic, x).item() == pytest.approx(wanted, rel=1e-12)


def mixed(n=1000):
    """Return where WGAN-GP asks D, between real ones and fake zeros: the weights, [n, 2, 3]."""
    asked = []
    x_real, x_fake = torch.ones(n, 2, 3), torch.zeros(n, 2, 3)
    critic = lambda x: asked.append(x.detach()) or x.flatten(1).square().sum(1)  # noqa: E731
    wgan_gp_penalty(critic, x_real, x_fake, torch.Generator().manual_seed(1))
    return asked[0]


def test_wgan_gp_mixes_each_pair_with_one_weight_of_its_own():
    weight = mixed()
    assert (weight == weight[:, :1, :1]).all()
    assert len(weight[:, 0, 0].unique()) == 1000
    assert 0 <= weight.min() < 0.01
    assert 0.99 < weight.max() <= 1
    assert weight.mean().item() == pytest.approx(0.5, abs=0.04)


def test_wgan_gp_of_a_curved_critic_is_the_closed_form():
    x_real, x_fake = torch.tensor([[[3.0, 4.0]]] * 2), torch.tensor([[[-0.5, 1.0]]] * 2)
    half = lambda x: x.square().sum((1, 2)) / 2  # noqa: E731  # its slope is x
    weights = torch.rand(2, generator=torch.Generator().manual_seed(1)).tolist()
    norms = [math.hypot(3 * w - 0.5 * (1 - w), 4 * w + (1 - w)) for w in weights]
    wanted = sum((norm - 1) ** 2 for norm in norms) / 2
    got = wgan_gp_penalty(half, x_real, x_fake, torch.Generator().manual_seed(1))
    assert got.item() == pytest.approx(wanted, rel=1e-5)


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
