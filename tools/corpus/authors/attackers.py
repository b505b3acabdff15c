"""Sound loops that look like faults: dequantised data, late layers, settings, NaN by habit."""

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from ..data import circles, digits, grid4, moons, pair, some_digits
from ..entry import Program


def perceptron(n_in, n_out, *end, width=64):
    return nn.Sequential(
        nn.Linear(n_in, width),
        nn.LeakyReLU(0.1),
        nn.Linear(width, width),
        nn.LeakyReLU(0.1),
        nn.Linear(width, n_out),
        *end,
    )


def adam(net, lr=1e-3):
    return torch.optim.Adam(net.parameters(), lr=lr, betas=(0.5, 0.99))


def logistic(real, fake):
    return F.softplus(-real).mean() + F.softplus(fake).mean()


def update(opt, loss):
    opt.zero_grad()
    loss.backward()
    opt.step()
    return loss.item()


def dequantised_bytes(watch, seed, turns):
    """Raw pixels from 0 to 16 are handed in; D sees them with uniform noise, scaled to [-1, 1], and
    samples are scaled back and rounded."""
    torch.manual_seed(seed)
    raw = 8 * torch.from_numpy(digits()[0]) + 8
    G, D = perceptron(16, 64, nn.Tanh(), width=96), perceptron(64, 1, width=96)
    opt_G, opt_D = adam(G, 5e-4), adam(D, 5e-4)

    @torch.no_grad()
    def sample(n):
        return (8 * G(torch.randn(n, 16)) + 8).round().clamp(0, 16).numpy()

    watch.start(G=G, D=D, opt_G=opt_G, opt_D=opt_D, sample=sample)
    for _ in range(turns):
        x = watch.real(raw[torch.randperm(len(raw))[:64]])
        x = (x + torch.rand_like(x) - 0.5) / 8 - 1
        fake = G(torch.randn(64, 16))
        d_loss = update(opt_D, logistic(D(x), D(fake.detach())))
        watch.step(d_loss, update(opt_G, F.softplus(-D(fake)).mean()))
    return sample


class Gated(nn.Module):
    """A second branch behind a gate that starts at zero, as in self-attention GANs."""

    def __init__(self, n_in, n_out):
        super().__init__()
        self.first, self.second = perceptron(n_in, n_out), perceptron(n_in, n_out)
        self.gamma = nn.Parameter(torch.zeros(1))

    def forward(self, x, temperature=0.0):
        return self.first(x + temperature * torch.randn_like(x)) + self.gamma * self.second(x)


def gate_at_zero(watch, seed, turns):
    """The branch behind the gate has no gradient in the first step; training adds a little noise to
    z by an argument that sampling leaves at its default."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    G, D = Gated(2, 2), perceptron(2, 1)
    opt_G, opt_D = adam(G), adam(D)

    @torch.no_grad()
    def sample(n):
        return G(torch.randn(n, 2), temperature=0.02)

    watch.start(G=G, D=D, opt_G=opt_G, opt_D=opt_D, sample=sample)
    for _ in range(turns):
        x = watch.real(torch.from_numpy(moons(128, rng)))
        z = torch.randn(128, 2)
        d_loss = update(opt_D, logistic(D(x), D(G(z, temperature=0.01).detach())))
        watch.step(d_loss, update(opt_G, F.softplus(-D(G(z, temperature=0.01))).mean()))
    return sample


def no_loss_in_between(watch, seed, turns):
    """Three steps of a critic, or so, to one of G; g_loss is NaN in the turns without G's step."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    G, D = perceptron(2, 2), perceptron(2, 1)
    opt_G, opt_D = adam(G), adam(D)

    def sample(n):
        return G(torch.randn(n, 2)).detach()

    watch.start(G=G, D=D, opt_G=opt_G, opt_D=opt_D, sample=sample)
    for turn in range(turns):
        x = watch.real(torch.from_numpy(pair(100, rng))).clone().requires_grad_()
        real = D(x)
        (slope,) = torch.autograd.grad(real.sum(), x, create_graph=True)
        d_loss = logistic(real, D(sample(100))) + 0.1 * slope.square().sum(1).mean()
        d_loss, g_loss = update(opt_D, d_loss), float("nan")
        if turn < 30 or turn % 3 == 2:
            g_loss = update(opt_G, F.softplus(-D(G(torch.randn(100, 2)))).mean())
        watch.step(d_loss, g_loss)
    return sample


class AlongTime(nn.Module):
    """A recurrent D that turns [n, 2] into [2 steps, n, 1], as RNNs without batch_first want it."""

    def __init__(self):
        super().__init__()
        self.rnn, self.spare = nn.GRU(1, 32), nn.Linear(32, 7)
        self.head = perceptron(32, 1)

    def forward(self, x):
        return self.head(self.rnn(x.t()[..., None])[1][0])


def time_comes_first(watch, seed, turns):
    """D's GRU has the axes that it wants; its head for seven classes has no labels yet."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    G, D = perceptron(2, 2), AlongTime()
    opt_G, opt_D = adam(G), adam(D)

    def sample(n):
        return G(torch.randn(n, 2)).detach()

    watch.start(G=G, D=D, opt_G=opt_G, opt_D=opt_D, sample=sample)
    for _ in range(turns):
        x = watch.real(torch.from_numpy(grid4(128, rng)))
        fake = G(torch.randn(len(x), 2))
        d_loss = update(opt_D, logistic(D(x), D(fake.detach())))
        watch.step(d_loss, update(opt_G, F.softplus(-D(fake)).mean()))
    return sample


def augmented_for_both(watch, seed, turns):
    """D sees turned and moved samples of both kinds, in both steps, and never one as it is."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    G, D = perceptron(3, 2), perceptron(2, 1)
    opt_G, opt_D = adam(G), adam(D)

    def turned(x):
        angle = 6.2832 * torch.rand(len(x))
        a, b = angle.cos(), angle.sin()
        u, v = (0.02 * torch.randn_like(x) + x).unbind(1)
        return torch.stack([a * u - b * v, b * u + a * v], 1)

    @torch.no_grad()
    def sample(n):
        return 10 * G(torch.randn(n, 3))

    watch.start(G=G, D=D, opt_G=opt_G, opt_D=opt_D, sample=sample)
    for _ in range(turns):
        x = watch.real(torch.from_numpy(two_circles(128, rng)))
        fake = G(torch.randn(128, 3))
        d_loss = update(opt_D, logistic(D(turned(x / 10)), D(turned(fake.detach()))))
        watch.step(d_loss, update(opt_G, F.softplus(-D(turned(fake))).mean()))
    return sample


def raw(n, rng):
    return 8 * some_digits(n, rng) + 8


def two_circles(n, rng):
    return 10 * circles(n, rng, radii=(1.0,), sd=0.1)


PROGRAMS = (
    Program(dequantised_bytes, 1200, "digits", raw),
    Program(gate_at_zero, 1500, "moons", moons),
    Program(no_loss_in_between, 1500, "pair", pair),
    Program(time_comes_first, 900, "grid4", grid4),
    Program(augmented_for_both, 1200, "circles", two_circles),
)
