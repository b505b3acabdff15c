"""Mira's coursework notebook, cells pasted one after another."""

from itertools import islice

import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

from corpus import data as toy
from corpus.entry import Program


# --- utils.py of the course
def make_loader(X, batch_size):
    return DataLoader(TensorDataset(X), batch_size=batch_size, shuffle=True, drop_last=True)


def forever(loader):
    while True:
        for (x,) in loader:
            yield x


def make_G(nz, hidden):
    return nn.Sequential(
        nn.Linear(nz, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU(), nn.Linear(hidden, 2)
    )


def get_ready(watch, netG, netD, noise, lr):
    optimizerG = torch.optim.Adam(netG.parameters(), lr=lr, betas=(0.5, 0.999))
    optimizerD = torch.optim.Adam(netD.parameters(), lr=lr, betas=(0.5, 0.999))

    def sample(n):
        netG.eval()
        with torch.no_grad():
            out = netG(noise(n))
        netG.train()
        return out.numpy()

    watch.start(G=netG, D=netD, opt_G=optimizerG, opt_D=optimizerD, sample=sample)
    return optimizerG, optimizerD, sample


def update(optimizer, err):
    optimizer.zero_grad()
    err.backward()
    optimizer.step()
    return err.item()


def mira_first_gan(watch, seed, turns):
    # --- cell 1: set-up
    torch.manual_seed(seed)
    nz, batch_size = 32, 64
    loader = make_loader(torch.from_numpy(toy.grid4(4096, np.random.default_rng(seed))), batch_size)

    # --- cell 2: the two nets
    netG = make_G(nz, 64)
    netD = nn.Sequential(
        nn.Linear(2, 64),
        nn.LeakyReLU(0.2),
        nn.Linear(64, 64),
        nn.LeakyReLU(0.2),
        nn.Linear(64, 1),
        nn.Sigmoid(),
    )
    criterion = nn.BCELoss()
    noise = lambda n: torch.randn(n, nz)  # noqa: E731
    optimizerG, optimizerD, sample = get_ready(watch, netG, netD, noise, lr=1e-3)
    # noise to follow the progress of G
    fixed_noise = noise(batch_size)

    # --- cell 3: training
    ones, zeros = torch.ones(batch_size, 1), torch.zeros(batch_size, 1)
    for x in islice(forever(loader), turns):
        x = watch.real(x)
        # (1) D
        fake = netG(fixed_noise)
        errD = criterion(netD(x), ones) + criterion(netD(fake.detach()), zeros)
        errD = update(optimizerD, errD)
        # (2) G
        watch.step(errD, update(optimizerG, criterion(netD(fake), ones)))
    return sample


def mira_digits(watch, seed, turns):
    # --- cell 1: the digits of sklearn, 8x8
    from sklearn.datasets import load_digits

    torch.manual_seed(seed)
    nz, batch_size = 16, 64
    loader = make_loader(torch.tensor(load_digits().data, dtype=torch.float32), batch_size)

    # --- cell 2: nets (tanh at the end, as in the lecture)
    netG = nn.Sequential(
        nn.Linear(nz, 128),
        nn.BatchNorm1d(128),
        nn.ReLU(),
        nn.Linear(128, 128),
        nn.BatchNorm1d(128),
        nn.ReLU(),
        nn.Linear(128, 64),
        nn.Tanh(),
    )
    netD = nn.Sequential(
        nn.Linear(64, 128),
        nn.LeakyReLU(0.2),
        nn.Dropout(0.3),
        nn.Linear(128, 64),
        nn.LeakyReLU(0.2),
        nn.Dropout(0.3),
        nn.Linear(64, 1),
        nn.Sigmoid(),
    )
    criterion = nn.BCELoss()
    noise = lambda n: torch.randn(n, nz)  # noqa: E731
    optimizerG, optimizerD, sample = get_ready(watch, netG, netD, noise, lr=5e-4)

    # --- cell 3: training
    ones, zeros = torch.ones(batch_size, 1), torch.zeros(batch_size, 1)
    for x in islice(forever(loader), turns):
        x = watch.real(x)
        # (1) D
        fake = netG(noise(batch_size))
        errD = criterion(netD(x), 0.9 * ones) + criterion(netD(fake.detach()), zeros)
        errD = update(optimizerD, errD)
        # (2) G
        errG = update(optimizerG, criterion(netD(fake), ones))
        watch.step(errD, errG)
    return sample


def mira_second_try(watch, seed, turns):
    """Uniform noise, labels drawn from ranges, D's accuracy looked at in eval mode."""
    # --- cell 1
    torch.manual_seed(seed)
    nz, batch_size = 6, 128
    X = torch.from_numpy(toy.ring6(6000, np.random.default_rng(seed)))
    held_out, X = X[:500], X[500:]

    # --- cell 2
    def noise(n):
        return 2 * torch.rand(n, nz) - 1

    netG = make_G(nz, 96)
    netD = nn.Sequential(
        nn.Linear(2, 96),
        nn.LeakyReLU(0.2),
        nn.Dropout(0.1),
        nn.Linear(96, 96),
        nn.LeakyReLU(0.2),
        nn.Linear(96, 1),
        nn.Sigmoid(),
    )
    criterion = nn.BCELoss()
    optimizerG, optimizerD, sample = get_ready(watch, netG, netD, noise, lr=1e-3)

    # --- cell 3
    accuracy = []
    for done, x in enumerate(islice(forever(make_loader(X, batch_size)), turns)):
        x = watch.real(x)
        # (1) D: real around 0.9, fake around 0.1
        with torch.no_grad():
            fake = netG(noise(batch_size))
        real_label = 0.8 + 0.2 * torch.rand(batch_size, 1)
        fake_label = 0.2 * torch.rand(batch_size, 1)
        errD = (criterion(netD(x), real_label) + criterion(netD(fake.detach()), fake_label)) / 2
        errD = update(optimizerD, errD)
        # (2) G
        errG = criterion(netD(netG(noise(batch_size))), torch.ones(batch_size, 1))
        errG = update(optimizerG, errG)
        # (3) how good is D?
        if done % 50 == 0:
            netD.eval()
            with torch.no_grad():
                right = (netD(held_out) > 0.5).float().mean() + (netD(fake) < 0.5).float().mean()
            accuracy.append(right.item() / 2)
            netD.train()
        watch.step(errD, errG)
    return sample


def raw_digits(n, rng):
    return 8 * (toy.some_digits(n, rng) + 1)


PROGRAMS = [
    Program(mira_first_gan, 3000, "grid4", toy.grid4, ("same noise for ever",)),
    Program(mira_digits, 2500, "digits", raw_digits, ("data not scaled",)),
    Program(mira_second_try, 4000, "ring6", toy.ring6),
]
