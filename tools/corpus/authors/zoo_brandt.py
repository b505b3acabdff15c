"""Brandt's zoo: every loss a few lines, one loop per animal, numbers at the top."""

import math

import numpy as np
import torch
from torch import autograd, nn
from torch.nn.functional import relu

from corpus import data
from corpus.entry import Program

t = torch.from_numpy


def perceptron(sizes, act):
    out = []
    for k in range(len(sizes) - 1):
        out.append(nn.Linear(sizes[k], sizes[k + 1]))
        if k < len(sizes) - 2:
            out.append(act())
    return nn.Sequential(*out)


def brandt_wgan_gp(watch, seed, turns):
    B, Z, LAMBDA, CRITICS = 96, 4, 2.0, 3
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    G, C = perceptron([Z, 64, 64, 2], nn.ReLU), perceptron([2, 64, 64, 1], nn.ReLU)
    oG = torch.optim.Adam(G.parameters(), 1e-3, betas=(0.0, 0.9))
    oC = torch.optim.Adam(C.parameters(), 1e-3, betas=(0.0, 0.9))
    sample = lambda n: G(torch.randn(n, Z)).detach()  # noqa: E731
    watch.start(G=G, D=C, opt_G=oG, opt_D=oC, sample=sample)

    def penalty(x, y):
        eps = torch.rand(len(x), 1)
        mix = (eps * x + (1 - eps) * y).requires_grad_(True)
        slope = autograd.grad(C(mix).sum(), mix)[0]
        return ((slope.norm(2, dim=1) - 1) ** 2).mean()

    for _ in range(turns):
        for _ in range(CRITICS):
            x = watch.real(t(data.ring6(B, rng)))
            y = G(torch.randn(B, Z)).detach()
            lC = C(y).mean() - C(x).mean()
            oC.zero_grad()
            (lC + LAMBDA * penalty(x, y)).backward()
            oC.step()
        lG = -C(G(torch.randn(B, Z))).mean()
        oG.zero_grad()
        lG.backward()
        oG.step()
        watch.step(lC.item(), lG.item())
    return sample


def brandt_began(watch, seed, turns):
    B, Z, GAMMA, RATE = 64, 16, 0.7, 0.01
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    G = nn.Sequential(perceptron([Z, 128, 128, 64], nn.ELU), nn.Tanh())
    AE = perceptron([64, 128, 24, 128, 64], nn.ELU)
    oG = torch.optim.Adam(G.parameters(), 5e-4, betas=(0.5, 0.99))
    oA = torch.optim.Adam(AE.parameters(), 5e-4, betas=(0.5, 0.99))
    sample = lambda n: G(torch.randn(n, Z)).detach()  # noqa: E731
    watch.start(G=G, D=AE, opt_G=oG, opt_D=oA, sample=sample)

    def energy(v):
        return (AE(v) - v).abs().mean()

    k = 0.0
    for _ in range(turns):
        x = watch.real(t(data.some_digits(B, rng)))
        y = G(torch.randn(B, Z))
        ex, ey = energy(x), energy(y.detach())
        lA = ex - k * ey
        oA.zero_grad()
        lA.backward()
        oA.step()
        lG = energy(y)
        oG.zero_grad()
        lG.backward()
        oG.step()
        k = k - RATE * (GAMMA * ex.item() - lG.item())
        k = min(max(k, 0.0), 1.0)
        watch.step(lA.item(), lG.item())
    return sample


def brandt_spread(watch, seed, turns):
    B, Z, SPREAD = 128, 4, 0.05
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    G, D = perceptron([Z, 64, 64, 2], nn.ReLU), perceptron([2, 64, 64, 1], nn.LeakyReLU)
    oG = torch.optim.Adam(G.parameters(), 1e-3, betas=(0.5, 0.99))
    oD = torch.optim.Adam(D.parameters(), 1e-3, betas=(0.5, 0.99))
    sample = lambda n: G(torch.randn(n, Z)).detach()  # noqa: E731
    watch.start(G=G, D=D, opt_G=oG, opt_D=oD, sample=sample)

    def spread(y):
        gaps = ((y[:, None] - y[None]) ** 2).sum(-1).sqrt()
        return torch.exp(-gaps).mean()

    bce = nn.BCEWithLogitsLoss()
    for _ in range(turns):
        x = watch.real(t(data.grid4(B, rng)))
        y = G(torch.randn(B, Z))
        lD = bce(D(x), torch.ones(B, 1)) + bce(D(y.detach()), torch.zeros(B, 1))
        oD.zero_grad()
        lD.backward()
        oD.step()
        lG = bce(D(y), torch.ones(B, 1)) + SPREAD * spread(y)
        oG.zero_grad()
        lG.backward()
        oG.step()
        watch.step(lD.item(), lG.item())
    return sample


def brandt_energy(watch, seed, turns):
    """EBGAN: D is an autoencoder, real is low; margin and pulling-away term as in the paper."""
    B, Z, MARGIN, PULL = 64, 16, 0.5, 0.1
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    G = nn.Sequential(perceptron([Z, 128, 128, 64], nn.ReLU), nn.Tanh())
    enc, dec = perceptron([64, 128, 20], nn.ReLU), perceptron([20, 128, 64], nn.ReLU)
    AE = nn.Sequential(enc, nn.ReLU(), dec)
    oG = torch.optim.Adam(G.parameters(), 5e-4, betas=(0.5, 0.99))
    oA = torch.optim.Adam(AE.parameters(), 1e-3, betas=(0.5, 0.99))
    sample = lambda n: G(torch.randn(n, Z)).detach()  # noqa: E731
    watch.start(G=G, D=AE, opt_G=oG, opt_D=oA, sample=sample)

    def energy(v):
        return ((AE(v) - v) ** 2).mean(1)

    def pull(code):
        s = nn.functional.normalize(code, dim=1)
        return ((s @ s.T) ** 2).sum().sub(len(s)) / (len(s) * (len(s) - 1))

    for _ in range(turns):
        x = watch.real(t(data.some_digits(B, rng)))
        y = G(torch.randn(B, Z))
        lA = energy(x).mean() + relu(MARGIN - energy(y.detach())).mean()
        oA.zero_grad()
        lA.backward()
        oA.step()
        lG = energy(y).mean() + PULL * pull(enc(y))
        oG.zero_grad()
        lG.backward()
        oG.step()
        watch.step(lA.item(), lG.item())
    return sample


def brandt_slow_critic(watch, seed, turns):
    """Hinge on wide data as they come; D has the lower rate by design, and three steps instead."""
    B, Z = 128, 2
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    G, C = perceptron([Z, 64, 64, 2], nn.ReLU), perceptron([2, 64, 64, 1], nn.ReLU)
    oG = torch.optim.Adam(G.parameters(), 8e-4, betas=(0.0, 0.99))
    oC = torch.optim.Adam(C.parameters(), 5e-4, betas=(0.0, 0.99))
    sample = lambda n: G(math.sqrt(3) * (2 * torch.rand(n, Z) - 1)).detach()  # noqa: E731
    watch.start(G=G, D=C, opt_G=oG, opt_D=oC, sample=sample)
    for _turn in range(turns):
        for _ in range(3):
            x = watch.real(t(wide(B, rng)))
            y = sample(B)
            lC = relu(1 - C(x)).mean() + relu(1 + C(y)).mean()
            oC.zero_grad()
            lC.backward()
            oC.step()
        lG = -C(G(math.sqrt(3) * (2 * torch.rand(B, Z) - 1))).mean()
        oG.zero_grad()
        lG.backward()
        oG.step()
        watch.step(lC.item(), lG.item())
    return sample


def wide(n, rng):
    return 4 * data.grid4(n, rng)


PROGRAMS = [
    Program(
        brandt_wgan_gp, 2500, "ring6", data.ring6, ("penalty without create_graph",), text_only=True
    ),
    Program(brandt_began, 3000, "digits", data.some_digits, ("balance runs the wrong way",)),
    Program(brandt_spread, 2000, "grid4", data.grid4, ("square root of zero",)),
    Program(brandt_energy, 3000, "digits", data.some_digits),
    Program(brandt_slow_critic, 2000, "grid4", wide),
]
