"""Loops that feed D more than samples: packs, noise, statistics of the batch, other views."""

import itertools

import numpy as np
import torch
from torch import nn, optim

from ..data import digits, grid, moons, pair, ring, some_digits
from ..entry import Program, flat


class Layered(nn.Module):
    """Linear layers in a Python list or a ModuleList, as `register` says."""

    def __init__(self, dims, slope=0.2, register=True):
        super().__init__()
        made = [nn.Linear(i, o) for i, o in itertools.pairwise(dims)]
        self.hidden = nn.ModuleList(made[:-1]) if register else made[:-1]
        self.last = made[-1]
        self.slope = slope

    def forward(self, t):
        for layer in self.hidden:
            t = nn.functional.leaky_relu(layer(t), self.slope)
        return self.last(t)


def pack(x, m):
    return x.reshape(len(x) // m, -1)


def pacgan2(watch, seed, turns):
    """D sees two samples at once: PacGAN. Its input is [N / 2, 4], G's output [N, 2]."""
    torch.manual_seed(seed)
    m, n = 2, 256
    random = np.random.default_rng(seed)
    generator, discriminator = Layered((2, 128, 128, 2)), Layered((2 * m, 128, 128, 1))
    d_opt = optim.Adam(discriminator.parameters(), lr=1e-3, betas=(0.5, 0.99))
    g_opt = optim.Adam(generator.parameters(), lr=1e-3, betas=(0.5, 0.99))
    bce = nn.BCEWithLogitsLoss()

    @torch.no_grad()
    def sample(k):
        return generator(torch.randn(k, 2))

    watch.start(G=generator, D=discriminator, opt_G=g_opt, opt_D=d_opt, sample=sample)
    ones, zeros = torch.ones(n // m, 1), torch.zeros(n // m, 1)
    for _ in range(turns):
        real = watch.real(torch.from_numpy(grid(n, random, side=3, gap=1.3, sd=0.08)))
        fake = generator(torch.randn(n, 2))
        d_loss = bce(discriminator(pack(real, m)), ones)
        d_loss = d_loss + bce(discriminator(pack(fake.detach(), m)), zeros)
        d_opt.zero_grad()
        d_loss.backward()
        d_opt.step()
        g_loss = bce(discriminator(pack(fake, m)), ones)
        g_opt.zero_grad()
        g_loss.backward()
        g_opt.step()
        watch.step(d_loss, g_loss)
    return sample


def instance_noise(watch, seed, turns):
    """Fakes first, then real ones, each with fresh noise that fades; D never sees a clean one."""
    torch.manual_seed(seed)
    bank = torch.from_numpy(ring(9000, np.random.default_rng(seed), radius=1.0, sd=0.05))
    D, G = Layered((2, 100, 100, 1), 0.1), Layered((4, 100, 100, 2), 0.1)
    opt = {
        "d": optim.Adam(D.parameters(), lr=1e-3, betas=(0.5, 0.9)),
        "g": optim.Adam(G.parameters(), lr=1e-3, betas=(0.5, 0.9)),
    }
    sigma = 0.3
    blur = lambda x, s: x + s * torch.randn_like(x)  # noqa: E731
    watch.start(
        G=G, D=D, opt_G=opt["g"], opt_D=opt["d"], sample=lambda k: G(torch.randn(k, 4)).detach()
    )
    for t in range(turns):
        s = sigma * max(0.0, 1 - t / (0.8 * turns)) + 0.02
        with torch.no_grad():
            y = G(torch.randn(150, 4))
        opt["d"].zero_grad()
        loss_fake = nn.functional.softplus(D(blur(y, s))).mean()
        loss_fake.backward()
        x = watch.real(bank[torch.randint(len(bank), (150,))])
        loss_real = nn.functional.softplus(-D(blur(x, s))).mean()
        loss_real.backward()
        opt["d"].step()
        opt["g"].zero_grad()
        loss_gen = nn.functional.softplus(-D(blur(G(torch.randn(150, 4)), s))).mean()
        loss_gen.backward()
        opt["g"].step()
        watch.step((loss_real + loss_fake).item(), loss_gen.item())
    return lambda k: G(torch.randn(k, 4)).detach()


class MinibatchStd(nn.Module):
    def forward(self, x):
        return torch.cat([x, x.std(0, unbiased=False).mean().expand(len(x), 1)], 1)


def rescaled_for_display(watch, seed, turns):
    """Batch statistics in D; the samples are (G(z) + 2) / 4, ready for imshow's axes."""
    torch.manual_seed(seed)
    rnd = np.random.default_rng(seed)
    G = Layered((3, 90, 90, 2))
    D = nn.Sequential(MinibatchStd(), Layered((3, 90, 90, 1)), nn.Flatten(0))
    opt_d = optim.Adam(D.parameters(), 1e-3, betas=(0.0, 0.99))
    opt_g = optim.Adam(G.parameters(), 1e-3, betas=(0.0, 0.99))

    def shown(k):
        return ((G(torch.randn(k, 3)) + 2) / 4).clamp(0, 1).detach()

    watch.start(G=G, D=D, opt_G=opt_g, opt_D=opt_d, sample=shown)
    for _ in range(turns):
        opt_g.zero_grad()
        fakes = G(torch.randn(128, 3))
        loss_g = (1 - D(fakes)).square().mean()
        loss_g.backward()
        opt_g.step()
        opt_d.zero_grad()
        reals = watch.real(torch.from_numpy(pair(128, rnd, half=1.0, sd=0.25)))
        loss_d = (1 - D(reals)).square().mean() + D(fakes.detach()).square().mean()
        loss_d.backward()
        opt_d.step()
        watch.step(loss_d, loss_g)
    return shown


def layers_in_a_list(watch, seed, turns):
    """self.hidden = [...]: a Python list, so that D.parameters() holds the last layer only."""
    torch.manual_seed(seed)
    cloud = torch.from_numpy(moons(4000, np.random.default_rng(seed), noise=0.1))
    D, G = Layered((2, 32, 32, 1), register=False), Layered((2, 64, 64, 2))
    opt_D = optim.Adam(D.parameters(), lr=3e-4, betas=(0.5, 0.9))
    opt_G = optim.Adam(G.parameters(), lr=3e-4, betas=(0.5, 0.9))
    watch.start(G=G, D=D, opt_G=opt_G, opt_D=opt_D, sample=lambda k: G(torch.randn(k, 2)).detach())
    order = itertools.cycle(torch.randperm(len(cloud)).split(80))
    for index in itertools.islice(order, turns):
        x = watch.real(cloud[index])
        y = G(torch.randn(len(x), 2))
        loss_D = (1 - D(x)).relu().mean() + (1 + D(y.detach())).relu().mean()
        opt_D.zero_grad()
        loss_D.backward()
        opt_D.step()
        loss_G = D(y).mean().neg()
        opt_G.zero_grad()
        loss_G.backward()
        opt_G.step()
        watch.step(loss_D, loss_G)
    return lambda k: G(torch.randn(k, 2)).detach()


def best_checkpoint_shown(watch, seed, turns):
    """The preview shows the checkpoint of the smallest g_loss, one of the first turns."""
    torch.manual_seed(seed)
    faces = torch.from_numpy(digits()[0])
    G = nn.Sequential(Layered((12, 96, 96, 64)), nn.Tanh())
    D = Layered((64, 96, 96, 1))
    shown = nn.Sequential(Layered((12, 96, 96, 64)), nn.Tanh())
    shown.load_state_dict(G.state_dict())
    og = optim.Adam(G.parameters(), lr=5e-4, betas=(0.5, 0.99))
    od = optim.Adam(D.parameters(), lr=5e-4, betas=(0.5, 0.99))
    best = float("inf")

    def preview(k):
        with torch.no_grad():
            return shown(torch.randn(k, 12))

    watch.start(G=G, D=D, opt_G=og, opt_D=od, sample=preview)
    for _ in range(turns):
        x = watch.real(faces[torch.randint(len(faces), (64,))])
        y = G(torch.randn(64, 12))
        d = nn.functional.softplus(-D(x)).mean() + nn.functional.softplus(D(y.detach())).mean()
        od.zero_grad()
        d.backward()
        od.step()
        g = nn.functional.softplus(-D(y)).mean()
        og.zero_grad()
        g.backward()
        og.step()
        if g.item() < best:
            best = g.item()
            shown.load_state_dict(G.state_dict())
        watch.step(d.item(), g.item())
    return preview


class Jury(nn.ModuleList):
    """Several discriminators; the answer is the mean of theirs."""

    def forward(self, x):
        return torch.stack([judge(x) for judge in self]).mean(0)


def two_discriminators(watch, seed, turns):
    """GMAN: each D has its own half of the batch, G wants the mean of their opinions."""
    torch.manual_seed(seed)
    every = torch.from_numpy(digits()[0])
    G = nn.Sequential(Layered((16, 128, 128, 64)), nn.Tanh())
    jury = Jury([Layered((64, 96, 1)), Layered((64, 48, 48, 1))])
    opt_jury = optim.Adam(itertools.chain(*(j.parameters() for j in jury)), 8e-4, (0.5, 0.99))
    opt_G = optim.Adam(G.parameters(), lr=5e-4, betas=(0.5, 0.99))
    hinge = nn.HingeEmbeddingLoss()
    watch.start(
        G=G, D=jury, opt_G=opt_G, opt_D=opt_jury, sample=lambda k: G(torch.randn(k, 16)).detach()
    )
    for _ in range(turns):
        x = watch.real(every[torch.randint(len(every), (128,))])
        y = G(torch.randn(128, 16)).detach()
        opt_jury.zero_grad()
        total = 0.0
        for judge, part_x, part_y in zip(jury, x.chunk(2), y.chunk(2), strict=True):
            loss = hinge(judge(part_x), -torch.ones(64, 1))
            loss = loss + hinge(-judge(part_y), -torch.ones(64, 1))
            loss.backward()
            total += loss.item()
        opt_jury.step()
        opt_G.zero_grad()
        opinion = jury(G(torch.randn(64, 16))).mean()
        (-opinion).backward()
        opt_G.step()
        watch.step(total, -opinion.item())
    return lambda k: G(torch.randn(k, 16)).detach()


PROGRAMS = (
    Program(pacgan2, 2500, "grid9", lambda n, rng: grid(n, rng, side=3, gap=1.3, sd=0.08)),
    Program(instance_noise, 2000, "ring", lambda n, rng: ring(n, rng, radius=1.0, sd=0.05)),
    Program(
        rescaled_for_display,
        1500,
        "pair",
        lambda n, rng: pair(n, rng, half=1.0, sd=0.25),
        back=lambda x: 4 * flat(x) - 2,
    ),
    Program(
        layers_in_a_list,
        1000,
        "moons",
        lambda n, rng: moons(n, rng, noise=0.1),
        ("weights in no optimiser",),
    ),
    Program(best_checkpoint_shown, 900, "digits", some_digits, ("another net draws the samples",)),
    Program(two_discriminators, 1500, "digits", some_digits),
)
