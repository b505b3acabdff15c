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


def adam(net, rate, b1, b2=0.99):
    return torch.optim.Adam(net.parameters(), rate, betas=(b1, b2))


def begin(watch, G, D, oG, oD, noise):
    sample = lambda n: G(noise(n)).detach()  # noqa: E731
    watch.start(G=G, D=D, opt_G=oG, opt_D=oD, sample=sample)
    return sample


def down(o, loss):
    o.zero_grad()
    loss.backward()
    o.step()


def normal(Z):
    return lambda n: torch.randn(n, Z)


def brandt_wgan_gp(watch, seed, turns):
    B, LAMBDA, CRITICS = 96, 2.0, 3
    torch.manual_seed(seed)
    rng, z = np.random.default_rng(seed), normal(4)
    G, C = perceptron([4, 64, 64, 2], nn.ReLU), perceptron([2, 64, 64, 1], nn.ReLU)
    oG, oC = adam(G, 1e-3, 0.0, 0.9), adam(C, 1e-3, 0.0, 0.9)
    sample = begin(watch, G, C, oG, oC, z)

    def penalty(x, y):
        eps = torch.rand(len(x), 1)
        mix = (eps * x + (1 - eps) * y).requires_grad_(True)
        slope = autograd.grad(C(mix).sum(), mix)[0]
        return ((slope.norm(2, dim=1) - 1) ** 2).mean()

    for _ in range(turns):
        for _ in range(CRITICS):
            x = watch.real(t(data.ring6(B, rng)))
            y = sample(B)
            lC = C(y).mean() - C(x).mean()
            down(oC, lC + LAMBDA * penalty(x, y))
        lG = -C(G(z(B))).mean()
        down(oG, lG)
        watch.step(lC.item(), lG.item())
    return sample


def brandt_began(watch, seed, turns):
    B, GAMMA, RATE = 64, 0.7, 0.01
    torch.manual_seed(seed)
    rng, z = np.random.default_rng(seed), normal(16)
    G = nn.Sequential(perceptron([16, 128, 128, 64], nn.ELU), nn.Tanh())
    AE = perceptron([64, 128, 24, 128, 64], nn.ELU)
    oG, oA = adam(G, 5e-4, 0.5), adam(AE, 5e-4, 0.5)
    sample = begin(watch, G, AE, oG, oA, z)

    def energy(v):
        return (AE(v) - v).abs().mean()

    k = 0.0
    for _ in range(turns):
        x = watch.real(t(data.some_digits(B, rng)))
        y = G(z(B))
        ex, ey = energy(x), energy(y.detach())
        lA = ex - k * ey
        down(oA, lA)
        lG = energy(y)
        down(oG, lG)
        k = k - RATE * (GAMMA * ex.item() - lG.item())
        k = min(max(k, 0.0), 1.0)
        watch.step(lA.item(), lG.item())
    return sample


def brandt_spread(watch, seed, turns):
    B, SPREAD = 128, 0.05
    torch.manual_seed(seed)
    rng, z = np.random.default_rng(seed), normal(4)
    G, D = perceptron([4, 64, 64, 2], nn.ReLU), perceptron([2, 64, 64, 1], nn.LeakyReLU)
    oG, oD = adam(G, 1e-3, 0.5), adam(D, 1e-3, 0.5)
    sample = begin(watch, G, D, oG, oD, z)

    def spread(y):
        gaps = ((y[:, None] - y[None]) ** 2).sum(-1).sqrt()
        return torch.exp(-gaps).mean()

    bce = nn.BCEWithLogitsLoss()
    for _ in range(turns):
        x = watch.real(t(data.grid4(B, rng)))
        y = G(z(B))
        lD = bce(D(x), torch.ones(B, 1)) + bce(D(y.detach()), torch.zeros(B, 1))
        down(oD, lD)
        lG = bce(D(y), torch.ones(B, 1)) + SPREAD * spread(y)
        down(oG, lG)
        watch.step(lD.item(), lG.item())
    return sample


def brandt_energy(watch, seed, turns):
    """EBGAN: D is an autoencoder, real is low; margin and pulling-away term as in the paper."""
    B, MARGIN, PULL = 64, 0.5, 0.1
    torch.manual_seed(seed)
    rng, z = np.random.default_rng(seed), normal(16)
    G = nn.Sequential(perceptron([16, 128, 128, 64], nn.ReLU), nn.Tanh())
    enc, dec = perceptron([64, 128, 20], nn.ReLU), perceptron([20, 128, 64], nn.ReLU)
    AE = nn.Sequential(enc, nn.ReLU(), dec)
    oG, oA = adam(G, 5e-4, 0.5), adam(AE, 1e-3, 0.5)
    sample = begin(watch, G, AE, oG, oA, z)

    def energy(v):
        return ((AE(v) - v) ** 2).mean(1)

    def pull(code):
        s = nn.functional.normalize(code, dim=1)
        return ((s @ s.T) ** 2).sum().sub(len(s)) / (len(s) * (len(s) - 1))

    for _ in range(turns):
        x = watch.real(t(data.some_digits(B, rng)))
        y = G(z(B))
        lA = energy(x).mean() + relu(MARGIN - energy(y.detach())).mean()
        down(oA, lA)
        lG = energy(y).mean() + PULL * pull(enc(y))
        down(oG, lG)
        watch.step(lA.item(), lG.item())
    return sample


def brandt_slow_critic(watch, seed, turns):
    """Hinge on wide data as they come; D has the lower rate by design, and three steps instead."""
    B = 128
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    G, C = perceptron([2, 64, 64, 2], nn.ReLU), perceptron([2, 64, 64, 1], nn.ReLU)
    oG, oC = adam(G, 8e-4, 0.0), adam(C, 5e-4, 0.0)
    z = lambda n: math.sqrt(3) * (2 * torch.rand(n, 2) - 1)  # noqa: E731
    sample = begin(watch, G, C, oG, oC, z)
    for _turn in range(turns):
        for _ in range(3):
            x = watch.real(t(wide(B, rng)))
            y = sample(B)
            lC = relu(1 - C(x)).mean() + relu(1 + C(y)).mean()
            down(oC, lC)
        lG = -C(G(z(B))).mean()
        down(oG, lG)
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
