"""Second copies of a net: averages that draw the samples, and weights that are put back."""

import copy

import numpy as np
import torch
from torch import nn

from ..data import ring
from ..entry import Program


def tight_ring(n, rng):
    return ring(n, rng, radius=1.0, sd=0.05)


def pts(n, rng):
    return torch.from_numpy(tight_ring(n, rng))


def mlp(i, o, h=96):
    return nn.Sequential(
        nn.Linear(i, h), nn.LeakyReLU(0.2), nn.Linear(h, h), nn.LeakyReLU(0.2), nn.Linear(h, o)
    )


def never_loaded(watch, seed, turns):
    """The average's new values go into a state_dict that nobody loads."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    G, D = mlp(8, 2), mlp(2, 1)
    G_ema = copy.deepcopy(G).eval().requires_grad_(False)
    opt_G, opt_D = (torch.optim.Adam(m.parameters(), 1e-3, (0.0, 0.99)) for m in (G, D))

    def update_ema(decay=0.99):
        src, dst = G.state_dict(), G_ema.state_dict()
        for k in dst:
            dst[k] = dst[k] * decay + src[k] * (1 - decay)

    @torch.no_grad()
    def sample(n):
        return G_ema(torch.randn(n, 8))

    watch.start(G=G, D=D, opt_G=opt_G, opt_D=opt_D, sample=sample)
    for _ in range(turns):
        x = watch.real(pts(128, rng))
        fake = G(torch.randn(128, 8))
        d_loss = ((D(x) - 1) ** 2).mean() + (D(fake.detach()) ** 2).mean()
        opt_D.zero_grad(), d_loss.backward(), opt_D.step()
        g_loss = ((D(fake) - 1) ** 2).mean()
        opt_G.zero_grad(), g_loss.backward(), opt_G.step()
        update_ema()
        watch.step(d_loss, g_loss)
    return sample


def average_of_least_squares(watch, seed, turns):
    """Sound: batch norm in G, and an average in eval mode that takes G's buffers over."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    G = nn.Sequential(
        nn.Linear(8, 96),
        nn.BatchNorm1d(96),
        nn.ReLU(),
        nn.Linear(96, 96),
        nn.BatchNorm1d(96),
        nn.ReLU(),
        nn.Linear(96, 2),
    )
    D = mlp(2, 1, 128)
    ema = copy.deepcopy(G).eval()
    opt_G, opt_D = (
        torch.optim.Adam(m.parameters(), lr, (0.5, 0.99)) for m, lr in ((G, 1e-3), (D, 2e-3))
    )

    @torch.no_grad()
    def sample(n):
        return ema(torch.randn(n, 8))

    watch.start(G=G, D=D, opt_G=opt_G, opt_D=opt_D, sample=sample)
    for _ in range(turns):
        x = watch.real(pts(128, rng))
        fake = G(torch.randn(128, 8))
        d_loss = 0.5 * ((D(x) - 1) ** 2).mean() + 0.5 * (D(fake.detach()) ** 2).mean()
        opt_D.zero_grad(), d_loss.backward(), opt_D.step()
        g_loss = 0.5 * ((D(fake) - 1) ** 2).mean()
        opt_G.zero_grad(), g_loss.backward(), opt_G.step()
        with torch.no_grad():
            for p, q in zip(ema.parameters(), G.parameters(), strict=True):
                p.lerp_(q, 0.03)
            for p, q in zip(ema.buffers(), G.buffers(), strict=True):
                p.copy_(q)
        watch.step(d_loss, g_loss)
    return sample


def backup_before_the_loop(watch, seed, turns):
    """Unrolled: D's backup is taken once, so that each turn puts D back to its first weights."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    G, D = mlp(8, 2), mlp(2, 1)
    g_opt = torch.optim.Adam(G.parameters(), 1e-3, (0.5, 0.999))
    d_opt = torch.optim.Adam(D.parameters(), 1e-3, (0.5, 0.999))
    bce = nn.BCEWithLogitsLoss()

    def d_step(x):
        d_opt.zero_grad()
        with torch.no_grad():
            f = G(torch.randn(128, 8))
        loss = bce(D(x), torch.ones(128, 1)) + bce(D(f), torch.zeros(128, 1))
        loss.backward()
        d_opt.step()
        return loss.item()

    def sample(n):
        return G(torch.randn(n, 8))

    watch.start(G=G, D=D, opt_G=g_opt, opt_D=d_opt, sample=sample)
    backup = copy.deepcopy(D.state_dict())
    for _it in range(turns):
        x = watch.real(pts(128, rng))
        dl = d_step(x)
        for _ in range(3):
            d_step(x)
        g_opt.zero_grad()
        gl = bce(D(G(torch.randn(128, 8))), torch.ones(128, 1))
        gl.backward()
        g_opt.step()
        D.load_state_dict(backup)
        watch.step(dl, gl.item())
    return sample


PROGRAMS = (
    Program(
        never_loaded,
        600,
        "ring",
        tight_ring,
        ("average never moves", "another net draws the samples"),
    ),
    Program(average_of_least_squares, 800, "ring", tight_ring),
    Program(backup_before_the_loop, 500, "ring", tight_ring, ("D's steps are undone",)),
)
