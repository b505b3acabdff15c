"""What D is shown: packs of two, hinges, and pools of older fakes."""

import random

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.parametrizations import spectral_norm

from ..data import ring
from ..entry import Program


def tight_ring(n, rng):
    return ring(n, rng, radius=1.0, sd=0.05)


def pts(n, rng):
    return torch.from_numpy(tight_ring(n, rng))


def mlp(i, o, h=96, norm=lambda layer: layer):
    return nn.Sequential(
        norm(nn.Linear(i, h)),
        nn.LeakyReLU(0.2),
        norm(nn.Linear(h, h)),
        nn.LeakyReLU(0.2),
        norm(nn.Linear(h, o)),
    )


def hinge_signs_exchanged(watch, seed, turns):
    """D's hinge pushes real samples to -1 and fakes to 1, and G still raises D's score."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    G, D = mlp(16, 2), mlp(2, 1, norm=spectral_norm)
    g_opt = torch.optim.Adam(G.parameters(), 1e-3, (0.0, 0.9))
    d_opt = torch.optim.Adam(D.parameters(), 2e-3, (0.0, 0.9))

    def sample(n):
        return G(torch.randn(n, 16))

    watch.start(G=G, D=D, opt_G=g_opt, opt_D=d_opt, sample=sample)
    for _it in range(turns):
        x = watch.real(pts(128, rng))
        fake = G(torch.randn(128, 16)).detach()
        d_loss = F.relu(1.0 + D(x)).mean() + F.relu(1.0 - D(fake)).mean()
        d_opt.zero_grad(set_to_none=True)
        d_loss.backward()
        d_opt.step()
        g_loss = -D(G(torch.randn(128, 16))).mean()
        g_opt.zero_grad(set_to_none=True)
        g_loss.backward()
        g_opt.step()
        watch.step(d_loss, g_loss)
    return sample


def the_same_one_twice(watch, seed, turns):
    """Real packs hold one sample twice, while packs of fakes hold two."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    G, D = mlp(8, 2), mlp(4, 1)
    opt_G, opt_D = (torch.optim.Adam(m.parameters(), 1e-3, (0.5, 0.999)) for m in (G, D))

    def sample(n):
        return G(torch.randn(n, 8))

    watch.start(G=G, D=D, opt_G=opt_G, opt_D=opt_D, sample=sample)
    for _ in range(turns):
        x = watch.real(pts(128, rng))
        packed_real = torch.cat([x, x], dim=1)
        packed_fake = G(torch.randn(256, 8)).view(128, 4)
        ld = F.softplus(-D(packed_real)).mean() + F.softplus(D(packed_fake.detach())).mean()
        opt_D.zero_grad(), ld.backward(), opt_D.step()
        lg = F.softplus(-D(packed_fake)).mean()
        opt_G.zero_grad(), lg.backward(), opt_G.step()
        watch.step(ld, lg)
    return sample


class SND(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = mlp(4, 1, 128, spectral_norm)
        self.gain = 4.0

    def forward(self, x):
        return self.gain * self.net(x)


def pack(t):
    return t.reshape(-1, 4)


def two_in_a_pack(watch, seed, turns):
    """Sound: packs of two, a hinge, spectral norm with a gain, two time scales."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    G, D = mlp(8, 2, 128), SND()
    g_opt = torch.optim.Adam(G.parameters(), 5e-4, (0.0, 0.9))
    d_opt = torch.optim.Adam(D.parameters(), 2e-3, (0.0, 0.9))

    def sample(n):
        return G(torch.randn(n, 8))

    watch.start(G=G, D=D, opt_G=g_opt, opt_D=d_opt, sample=sample)
    for _ in range(turns):
        x = watch.real(pts(256, rng))
        fake = G(torch.randn(256, 8))
        d_loss = F.relu(1 - D(pack(x))).mean() + F.relu(1 + D(pack(fake.detach()))).mean()
        d_opt.zero_grad(), d_loss.backward(), d_opt.step()
        g_loss = -D(pack(fake)).mean()
        g_opt.zero_grad(), g_loss.backward(), g_opt.step()
        watch.step(d_loss, g_loss)
    return sample


class FrozenPool:
    """CycleGAN's ImagePool, without the line that replaces an old image."""

    def __init__(self, size=512):
        self.size, self.items = size, []

    def query(self, fakes):
        out = []
        for f in fakes:
            if len(self.items) < self.size:
                self.items.append(f)
                out.append(f)
            else:
                out.append(random.choice(self.items))
        return torch.stack(out)


def first_turns_for_ever(watch, seed, turns):
    """The pool is filled by the first turns and never renewed: D is shown stale fakes."""
    torch.manual_seed(seed)
    random.seed(seed)
    rng = np.random.default_rng(seed)
    G, D = mlp(8, 2), mlp(2, 1)
    opt_G, opt_D = (torch.optim.Adam(m.parameters(), 1e-3, (0.5, 0.999)) for m in (G, D))
    pool = FrozenPool()

    def sample(n):
        return G(torch.randn(n, 8))

    watch.start(G=G, D=D, opt_G=opt_G, opt_D=opt_D, sample=sample)
    for _ in range(turns):
        real = watch.real(pts(64, rng))
        fake = G(torch.randn(64, 8))
        opt_G.zero_grad()
        loss_G = F.mse_loss(D(fake), torch.ones(64, 1))
        loss_G.backward()
        opt_G.step()
        opt_D.zero_grad()
        old = pool.query(fake.detach())
        loss_D = F.mse_loss(D(real), torch.ones(64, 1)) + F.mse_loss(D(old), torch.zeros(64, 1))
        loss_D = 0.5 * loss_D
        loss_D.backward()
        opt_D.step()
        watch.step(loss_D, loss_G)
    return sample


class Pool(FrozenPool):
    def query(self, fakes):
        out = []
        for f in fakes:
            if len(self.items) < self.size:
                self.items.append(f)
                out.append(f)
            elif random.random() > 0.5:
                i = random.randrange(self.size)
                out.append(self.items[i])
                self.items[i] = f
            else:
                out.append(f)
        return torch.stack(out)


class MultiD(nn.Module):
    def __init__(self):
        super().__init__()
        self.ds = nn.ModuleList([mlp(2, 1, 96), mlp(2, 1, 48)])

    def forward(self, x):
        return [d(x) for d in self.ds]


def gan_loss(outs, t):
    losses = [F.binary_cross_entropy_with_logits(o, torch.full_like(o, t)) for o in outs]
    return sum(losses) / len(outs)


def two_judges_and_a_pool(watch, seed, turns):
    """Sound: G first, two discriminators in one, and a pool that is half renewed."""
    torch.manual_seed(seed)
    random.seed(seed)
    rng = np.random.default_rng(seed)
    G, D = mlp(8, 2), MultiD()
    opt_G = torch.optim.Adam(G.parameters(), 5e-4, (0.0, 0.99))
    opt_D = torch.optim.Adam(D.parameters(), 2e-3, (0.0, 0.99))
    pool = Pool(256)

    def sample(n):
        return G(torch.randn(n, 8))

    watch.start(G=G, D=D, opt_G=opt_G, opt_D=opt_D, sample=sample)
    for _ in range(turns):
        x = watch.real(pts(96, rng))
        fake = G(torch.randn(96, 8))
        D.requires_grad_(False)
        g_loss = gan_loss(D(fake), 1.0)
        opt_G.zero_grad(), g_loss.backward(), opt_G.step()
        D.requires_grad_(True)
        d_loss = 0.5 * (gan_loss(D(x), 1.0) + gan_loss(D(pool.query(fake.detach())), 0.0))
        opt_D.zero_grad(), d_loss.backward(), opt_D.step()
        watch.step(d_loss, g_loss)
    return sample


PROGRAMS = (
    Program(hinge_signs_exchanged, 600, "ring", tight_ring, ("labels swapped",)),
    Program(
        the_same_one_twice,
        600,
        "ring",
        tight_ring,
        ("real packs hold one sample twice", "real and fake samples prepared differently"),
    ),
    Program(two_in_a_pack, 800, "ring", tight_ring),
    Program(first_turns_for_ever, 600, "ring", tight_ring, ("D sees old fakes only",)),
    Program(two_judges_and_a_pool, 1500, "ring", tight_ring),
)
