"""Discriminators that are autoencoders: energies, margins, and a balance between the players."""

import numpy as np
import torch
from torch import nn

from ..data import moons, ring
from ..entry import Program


class Autoencoder(nn.Module):
    def __init__(self, n_hidden=64, n_code=8, noise=0.0):
        super().__init__()
        self.enc = nn.Sequential(
            nn.Linear(2, n_hidden), nn.ELU(), nn.Linear(n_hidden, n_code), nn.Tanh()
        )
        self.dec = nn.Sequential(nn.Linear(n_code, n_hidden), nn.ELU(), nn.Linear(n_hidden, 2))
        self.noise = noise

    def forward(self, x):
        code = self.enc(x + self.noise * torch.randn_like(x))
        return self.dec(code), code


class Generator(nn.Module):
    def __init__(self, z_num=4, n_hidden=64):
        super().__init__()
        self.z_num = z_num
        self.body = nn.Sequential(
            nn.Linear(z_num, n_hidden), nn.ELU(), nn.Linear(n_hidden, n_hidden), nn.ELU(),
            nn.Linear(n_hidden, 2),
        )  # fmt: skip

    def forward(self, n):
        return self.body(2 * torch.rand(n, self.z_num) - 1)


def norm_img(image):
    return image / 4.0


def denorm_img(norm):
    return norm * 4.0


def boundary_equilibrium(watch, seed, turns):
    """Like carpedm20/BEGAN-tensorflow issue 39: AE_x is brought back to pixels, x is not."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    g, d = Generator(), Autoencoder(n_code=2)
    g_optim = torch.optim.Adam(g.parameters(), lr=1e-3)
    d_optim = torch.optim.Adam(d.parameters(), lr=1e-3)
    gamma, lambda_k, k_t = 0.7, 0.01, 0.0

    def sample(n):
        with torch.no_grad():
            return denorm_img(g(n))

    watch.start(G=g, D=d, opt_G=g_optim, opt_D=d_optim, sample=sample)
    for _step in range(turns):
        x = norm_img(watch.real(torch.from_numpy(ring(128, rng))))
        G = g(len(x))
        AE_x = denorm_img(d(x)[0])
        AE_G = d(G.detach())[0]
        d_loss_real = (AE_x - x).abs().mean()
        d_loss_fake = (AE_G - G.detach()).abs().mean()
        d_loss = d_loss_real - k_t * d_loss_fake
        d_optim.zero_grad()
        d_loss.backward()
        d_optim.step()

        g_loss = (d(G)[0] - G).abs().mean()
        g_optim.zero_grad()
        g_loss.backward()
        g_optim.step()
        balance = gamma * d_loss_real.item() - g_loss.item()
        k_t = min(max(k_t + lambda_k * balance, 0.0), 1.0)
        watch.step(d_loss.item(), g_loss.item())
    return sample


def pulling_away(code):
    """How much the codes of a batch point the same way."""
    unit = code / (code.norm(dim=1, keepdim=True) + 1e-8)
    n = len(unit)
    return ((unit @ unit.T).square().sum() - n) / (n * (n - 1))


def energy_with_a_margin(watch, seed, turns):
    """Sound: low energy on data, a margin on fakes, and codes that are to point apart."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    netG, netD = Generator(z_num=2, n_hidden=96), Autoencoder(96, n_code=24, noise=0.05)
    optG = torch.optim.Adam(netG.parameters(), lr=1e-3, betas=(0.5, 0.9))
    optD = torch.optim.Adam(netD.parameters(), lr=2e-3, betas=(0.5, 0.9))
    margin, pt = 0.5, 0.02

    def energy(x):
        out, code = netD(x)
        return (out - x).square().sum(1), code

    @torch.no_grad()
    def sample(n):
        return netG(n)

    watch.start(G=netG, D=netD, opt_G=optG, opt_D=optD, sample=sample)
    for _ in range(turns):
        for _ in range(3):
            x = watch.real(torch.from_numpy(moons(128, rng)))
            with torch.no_grad():
                fake = netG(len(x))
            e_real, e_fake = energy(x)[0], energy(fake)[0]
            lossD = e_real.mean() + (margin - e_fake).clamp(min=0).mean()
            optD.zero_grad(set_to_none=True)
            lossD.backward()
            optD.step()
        e, code = energy(netG(256))
        lossG = e.mean() + pt * pulling_away(code)
        optG.zero_grad(set_to_none=True)
        lossG.backward()
        optG.step()
        watch.step(lossD.item(), lossG.item())
    return sample


PROGRAMS = (
    Program(
        boundary_equilibrium,
        300,
        "ring",
        ring,
        ("D compares samples on two scales", "real and fake samples prepared differently"),
    ),
    Program(energy_with_a_margin, 300, "moons", moons),
)
