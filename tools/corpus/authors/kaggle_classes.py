"""Notebooks with labels: one cell for settings, one for nets, one for the loop."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils import spectral_norm

from ..data import clouds, grid4, ring_centres
from ..entry import Program

# %% settings
N_CLASSES, LATENT, BATCH, LR = 6, 6, 128, 1e-3


def labelled_ring(n, rng):
    return clouds(ring_centres(6, 1.6), n, 0.15, rng)


def ring_points(n, rng):
    return labelled_ring(n, rng)[0]


# %% nets
class Gen(nn.Module):
    def __init__(self, hid=64):
        super().__init__()
        self.emb = nn.Embedding(N_CLASSES, N_CLASSES)
        self.main = nn.Sequential(
            nn.Linear(LATENT + N_CLASSES, hid), nn.ReLU(True), nn.Linear(hid, hid), nn.ReLU(True),
            nn.Linear(hid, 2),
        )  # fmt: skip

    def forward(self, z, y):
        return self.main(torch.cat((self.emb(y), z), -1))


class Disc(nn.Module):
    def __init__(self, hid=64):
        super().__init__()
        self.emb = nn.Embedding(N_CLASSES, N_CLASSES)
        self.main = nn.Sequential(
            nn.Linear(2 + N_CLASSES, hid), nn.LeakyReLU(0.2), nn.Linear(hid, hid),
            nn.LeakyReLU(0.2), nn.Linear(hid, 1),
        )  # fmt: skip

    def forward(self, x, y):
        return self.main(torch.cat((x, self.emb(y)), -1)).view(-1)


class ProjectionDisc(nn.Module):
    def __init__(self, hid=96):
        super().__init__()
        self.l1, self.l2, self.out = nn.Linear(2, hid), nn.Linear(hid, hid), nn.Linear(hid, 1)
        self.emb = nn.Embedding(N_CLASSES, hid)

    def forward(self, x, y):
        h = F.leaky_relu(self.l2(F.leaky_relu(self.l1(x), 0.2)), 0.2)
        return self.out(h).squeeze(1) + (self.emb(y) * h).sum(1)


def conditional_sampler(g):
    def sample(n):
        with torch.no_grad():
            return g(torch.randn(n, LATENT), torch.randint(0, N_CLASSES, (n,)))

    return sample


# %% loops
def always_the_same_class(watch, seed, turns):
    """Like kmualim/CGAN-Pytorch issue 1: the condition of all fakes is fixed while training."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    gen, disc = Gen(), Disc()
    opt_gen = torch.optim.Adam(gen.parameters(), lr=LR, betas=(0.5, 0.999))
    opt_disc = torch.optim.Adam(disc.parameters(), lr=LR, betas=(0.5, 0.999))
    criterion = nn.BCEWithLogitsLoss()
    sample = conditional_sampler(gen)
    watch.start(G=gen, D=disc, opt_G=opt_gen, opt_D=opt_disc, sample=sample)
    conditional = 4  # which picture to show below
    real_label, fake_label = torch.ones(BATCH), torch.zeros(BATCH)
    for _ in range(turns):
        pts, lab = labelled_ring(BATCH, rng)
        pts, lab = watch.real(torch.from_numpy(pts)), torch.from_numpy(lab)
        y = torch.full((BATCH,), conditional)
        opt_disc.zero_grad()
        fake = gen(torch.randn(BATCH, LATENT), y)
        errD = criterion(disc(pts, lab), real_label)
        errD = errD + criterion(disc(fake.detach(), y), fake_label)
        errD.backward()
        opt_disc.step()

        opt_gen.zero_grad()
        errG = criterion(disc(fake, y), real_label)
        errG.backward()
        opt_gen.step()
        watch.step(errD.item(), errG.item())
    return sample


def frozen_for_good(watch, seed, turns):
    """D is frozen for G's step and nobody thaws it: only the first turn trains it."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    G = nn.Sequential(nn.Linear(4, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 2))
    D = nn.Sequential(
        nn.Linear(2, 64), nn.LeakyReLU(0.2), nn.Linear(64, 64), nn.LeakyReLU(0.2), nn.Linear(64, 1)
    )
    g_opt = torch.optim.Adam(G.parameters(), lr=LR, betas=(0.5, 0.999))
    d_opt = torch.optim.Adam(D.parameters(), lr=LR, betas=(0.5, 0.999))

    def sample(n):
        with torch.no_grad():
            return G(torch.randn(n, 4))

    def trainable(net, flag):
        for p in net.parameters():
            p.requires_grad_(flag)

    watch.start(G=G, D=D, opt_G=g_opt, opt_D=d_opt, sample=sample)
    for _ in range(turns):
        real = watch.real(torch.from_numpy(grid4(BATCH, rng)))
        # --- discriminator
        fake = G(torch.randn(BATCH, 4))
        real_out, fake_out = D(real), D(fake)
        d_loss = F.softplus(-real_out).mean() + F.softplus(fake_out).mean()
        d_opt.zero_grad()
        d_loss.backward()
        d_opt.step()
        # --- generator
        trainable(D, False)
        g_loss = F.softplus(-D(G(torch.randn(BATCH, 4)))).mean()
        g_opt.zero_grad()
        g_loss.backward()
        g_opt.step()
        watch.step(d_loss.item(), g_loss.item())
    return sample


def norms_after_the_optimiser(watch, seed, turns):
    """Sound: projection, hinge, two time scales; spectral norm is put on after the optimisers."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    gen, disc = Gen(96), ProjectionDisc()
    opt_gen = torch.optim.Adam(gen.parameters(), lr=1e-3, betas=(0.0, 0.9))
    opt_disc = torch.optim.Adam(disc.parameters(), lr=4e-3, betas=(0.0, 0.9))
    for layer in (disc.l1, disc.l2, disc.out):
        spectral_norm(layer)  # renames the same parameter, so the optimiser has it still
    sample = conditional_sampler(gen)
    watch.start(G=gen, D=disc, opt_G=opt_gen, opt_D=opt_disc, sample=sample)
    for _ in range(turns):
        for _ in range(2):
            x, y = labelled_ring(BATCH, rng)
            x, y = watch.real(torch.from_numpy(x)), torch.from_numpy(y)
            y_fake = torch.randint(0, N_CLASSES, (BATCH,))
            with torch.no_grad():
                x_fake = gen(torch.randn(BATCH, LATENT), y_fake)
            loss_d = F.relu(1 - disc(x, y)).mean() + F.relu(1 + disc(x_fake, y_fake)).mean()
            opt_disc.zero_grad()
            loss_d.backward()
            opt_disc.step()
        y_fake = torch.randint(0, N_CLASSES, (BATCH,))
        loss_g = -disc(gen(torch.randn(BATCH, LATENT), y_fake), y_fake).mean()
        opt_gen.zero_grad()
        loss_g.backward()
        opt_gen.step()
        watch.step(loss_d.item(), loss_g.item())
    return sample


PROGRAMS = (
    Program(
        always_the_same_class,
        300,
        "ring6",
        ring_points,
        ("G learns one condition only", "samples of some conditions only"),
    ),
    Program(
        frozen_for_good,
        300,
        "grid4",
        grid4,
        ("D stays frozen", "D is never stepped"),
    ),
    Program(norms_after_the_optimiser, 300, "ring6", ring_points),
)
