"""A denoiser of points: a diffusion model samples in many steps what G gives in one. Lesson 14.

Source: Karras et al. 2022 (arXiv 2206.00364), whose symbols are used: sigma is the noise's sd.
"""

import math
from collections.abc import Callable
from itertools import pairwise

import torch
from torch import Tensor, nn

from gancourse import machine
from gancourse.errors import at_least

SIGMA_MIN, SIGMA_MAX, RHO = 0.005, 4.0, 7.0  # of training and sampling; RHO: section 5, equation 5

FREQUENCIES = (3.0, 9.0)  # of sines that the net is given, as it cannot bend so fast itself


class Denoiser(nn.Module):
    """From noisy points x [N, dim] and their sigma [N] to the clean points expected there [N, dim].

    Layers of `widths` behind the scalings of table 1, for data of standard deviation `sd` in each
    coordinate: inputs and outputs have size 1 at every sigma.
    """

    def __init__(self, widths: tuple[int, ...] = (64, 64), dim: int = 2, sd: float = 0.7):
        super().__init__()
        self.dim, self.sd = dim, sd
        sizes = [1 + dim * (1 + 2 * len(FREQUENCIES)), *widths]
        layers = [layer for a, b in pairwise(sizes)
                  for layer in (nn.Linear(a, b), nn.SiLU())]  # fmt: skip
        self.body = nn.Sequential(*layers, nn.Linear(sizes[-1], dim))

    def forward(self, x: Tensor, sigma: Tensor) -> Tensor:
        sigma = sigma[:, None]
        size = (sigma**2 + self.sd**2).sqrt()  # of x, in each coordinate
        waves = [wave(f * x / size) for f in FREQUENCIES for wave in (torch.sin, torch.cos)]
        F = self.body(torch.cat([x / size, sigma.log() / 2, *waves], 1))  # [N, dim]
        return self.sd**2 / size**2 * x + sigma * self.sd / size * F


def denoising_loss(net: Denoiser, x: Tensor, rng: torch.Generator) -> Tensor:
    """Return the mean squared error of clean points x [N, dim], each at a sigma of its own.

    The logarithm of sigma is uniform; each error is weighed so that F's has weight 1 at every
    sigma.
    """
    low, high = math.log(SIGMA_MIN), math.log(SIGMA_MAX)
    sigma = (low + (high - low) * torch.rand(len(x), generator=rng)).exp()  # [N]
    noisy = x + sigma[:, None] * torch.randn(x.shape, generator=rng)
    weight = (sigma**2 + net.sd**2) / (sigma * net.sd) ** 2
    return (weight * (net(noisy, sigma) - x).square().mean(1)).mean()


def fit(
    net: Denoiser,
    sample_real: Callable[[int, torch.Generator], Tensor],
    steps: int,
    batch: int = 256,
    seed: int = 0,
) -> Denoiser:
    """Train the net in place by Adam, whose rate falls to 0 in a straight line; return it."""
    rng = machine.seed_generator(seed)
    optimiser = torch.optim.Adam(net.parameters(), 4e-3, fused=True)
    for step in range(at_least("steps", steps, 1)):
        optimiser.param_groups[0]["lr"] = 4e-3 * (1 - step / steps)
        loss = denoising_loss(net, sample_real(batch, rng), rng)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return net


def levels(steps: int) -> Tensor:
    """Return the sigmas of a sampler, [steps + 1], from SIGMA_MAX down to 0 (equation 5)."""
    share = torch.linspace(0, 1, at_least("steps", steps, 1))
    high, low = SIGMA_MAX ** (1 / RHO), SIGMA_MIN ** (1 / RHO)
    return torch.cat([(high + share * (low - high)) ** RHO, torch.zeros(1)])


@torch.no_grad()
def sample(net: Denoiser, n: int, steps: int, seed: int = 0) -> Tensor:
    """Return n points [n, dim] from noise by Euler steps, with one pass of the net in each.

    Each step goes along dx/dsigma = (x - net(x, sigma)) / sigma (equations 1 and 3), and the last
    one to where the net points.
    """
    rng, sigmas = machine.seed_generator(seed), levels(steps)
    x = SIGMA_MAX * torch.randn(at_least("n", n, 1), net.dim, generator=rng)
    for sigma, after in pairwise(sigmas):
        slope = (x - net(x, sigma.expand(n))) / sigma
        x = x + (after - sigma) * slope
    return x
