"""The denoiser: exact where the best one is known, its sampler's levels, steps and seeds."""

import pytest
import torch
from torch import nn

from gancourse import load_points, machine
from gancourse.errors import InputError
from gancourse.maths import diffusion
from gancourse.score import mode_report


class Gaussian(nn.Module):
    """The best denoiser of data N(0, sd^2): x is drawn towards 0 by sd^2 / (sd^2 + sigma^2)."""

    dim, sd = 2, 0.5

    def forward(self, x, sigma):
        return self.sd**2 / (self.sd**2 + sigma[:, None] ** 2) * x


def test_many_steps_of_the_best_denoiser_give_its_distribution():
    """Along the path x / sqrt(sd^2 + sigma^2) is constant: the start decides the end."""
    x = diffusion.sample(Gaussian(), 4000, 400)
    start = diffusion.SIGMA_MAX * torch.randn(4000, 2, generator=machine.seed_generator(0))
    end = start * (0.25 / (0.25 + diffusion.SIGMA_MAX**2)) ** 0.5
    torch.testing.assert_close(x, end, atol=0.05, rtol=0.0)
    assert x.std().item() == pytest.approx(0.5, rel=0.03)


def test_one_step_goes_where_the_net_points():
    x = diffusion.sample(Gaussian(), 5, 1, seed=3)
    start = diffusion.SIGMA_MAX * torch.randn(5, 2, generator=machine.seed_generator(3))
    torch.testing.assert_close(x, start * 0.25 / (0.25 + diffusion.SIGMA_MAX**2))


@pytest.mark.parametrize("steps", [1, 2, 16])
def test_a_sampler_passes_the_net_once_for_each_step(steps):
    class Counted(Gaussian):
        passes = 0

        def forward(self, x, sigma):
            self.passes += 1
            assert sigma.shape == (3,)
            return super().forward(x, sigma)

    net = Counted()
    assert diffusion.sample(net, 3, steps).shape == (3, 2)
    assert net.passes == steps


def test_levels_fall_from_the_largest_to_the_smallest_and_then_to_0():
    sigmas = diffusion.levels(16)
    assert len(sigmas) == 17
    assert (sigmas.diff() < 0).all()
    ends = torch.tensor([diffusion.SIGMA_MAX, diffusion.SIGMA_MIN, 0.0])
    torch.testing.assert_close(sigmas[[0, -2, -1]], ends)


def test_a_denoiser_leaves_what_is_hardly_noisy_as_it_is():
    x = torch.randn(6, 2)
    torch.testing.assert_close(
        diffusion.Denoiser()(x, torch.full((6,), 1e-5)), x, atol=1e-4, rtol=0
    )


def test_the_loss_of_a_net_that_says_0_is_one_at_every_sigma():
    """F = 0 leaves c_skip x: the weighed error of data N(0, sd^2) is 1 in the mean."""
    net = diffusion.Denoiser(sd=0.5)
    for p in net.body[-1].parameters():
        nn.init.zeros_(p)
    rng = machine.seed_generator(0)
    x = 0.5 * torch.randn(100_000, 2, generator=rng)
    assert diffusion.denoising_loss(net, x, rng).item() == pytest.approx(1.0, abs=0.02)


def test_the_loss_draws_from_the_generator_that_it_is_given_alone():
    net, x = diffusion.Denoiser((8,)), torch.randn(50, 2)
    once, again = (diffusion.denoising_loss(net, x, machine.seed_generator(3)) for _ in range(2))
    assert torch.equal(once, again)


def test_a_short_training_finds_the_modes_in_several_steps_and_none_in_one():
    ring = load_points("ring", sd=0.05)
    torch.manual_seed(0)
    net = diffusion.fit(diffusion.Denoiser((32, 32)), ring.sample, 300)
    one, many = (mode_report(diffusion.sample(net, 500, k), ring) for k in (1, 16))
    assert one.modes < 8
    assert many.modes == 8
    assert many.share_high_quality > one.share_high_quality + 0.2


def test_a_training_and_a_sample_are_those_of_their_seeds():
    ring = load_points("ring", sd=0.05)
    nets = []
    for _ in range(2):
        torch.manual_seed(0)
        nets.append(diffusion.fit(diffusion.Denoiser((8,)), ring.sample, 3, batch=16, seed=1))
    a, b = (diffusion.sample(net, 4, 2, seed=5) for net in nets)
    assert torch.equal(a, b)
    assert not torch.equal(a, diffusion.sample(nets[0], 4, 2, seed=6))


@pytest.mark.parametrize("call", [lambda net: diffusion.sample(net, 0, 1),
                                  lambda net: diffusion.sample(net, 1, 0)])  # fmt: skip
def test_no_samples_and_no_steps_are_refused(call):
    with pytest.raises(InputError):
        call(Gaussian())
