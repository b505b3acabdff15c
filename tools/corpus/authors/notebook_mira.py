"""Mira's coursework notebook, cells pasted one after another."""

import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

from corpus import data as toy
from corpus.entry import Program


def mira_first_gan(watch, seed, turns):
    # --- cell 1: set-up
    torch.manual_seed(seed)
    nz, batch_size = 32, 64
    X = torch.from_numpy(toy.grid4(4096, np.random.default_rng(seed)))
    loader = DataLoader(TensorDataset(X), batch_size=batch_size, shuffle=True, drop_last=True)

    # --- cell 2: the two nets
    netG = nn.Sequential(
        nn.Linear(nz, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 2)
    )
    netD = nn.Sequential(
        nn.Linear(2, 64),
        nn.LeakyReLU(0.2),
        nn.Linear(64, 64),
        nn.LeakyReLU(0.2),
        nn.Linear(64, 1),
        nn.Sigmoid(),
    )
    criterion = nn.BCELoss()
    optimizerG = torch.optim.Adam(netG.parameters(), lr=1e-3, betas=(0.5, 0.999))
    optimizerD = torch.optim.Adam(netD.parameters(), lr=1e-3, betas=(0.5, 0.999))

    # noise to follow the progress of G
    fixed_noise = torch.randn(batch_size, nz)

    def sample(n):
        with torch.no_grad():
            return netG(torch.randn(n, nz)).numpy()

    watch.start(G=netG, D=netD, opt_G=optimizerG, opt_D=optimizerD, sample=sample)

    # --- cell 3: training
    ones, zeros = torch.ones(batch_size, 1), torch.zeros(batch_size, 1)
    done = 0
    while done < turns:
        for (x,) in loader:
            x = watch.real(x)
            # (1) D
            optimizerD.zero_grad()
            fake = netG(fixed_noise)
            errD = criterion(netD(x), ones) + criterion(netD(fake.detach()), zeros)
            errD.backward()
            optimizerD.step()
            # (2) G
            optimizerG.zero_grad()
            errG = criterion(netD(fake), ones)
            errG.backward()
            optimizerG.step()
            watch.step(errD.item(), errG.item())
            done += 1
            if done >= turns:
                break
    return sample


def mira_digits(watch, seed, turns):
    # --- cell 1: the digits of sklearn, 8x8
    from sklearn.datasets import load_digits

    torch.manual_seed(seed)
    nz, batch_size = 16, 64
    X = torch.tensor(load_digits().data, dtype=torch.float32)
    loader = DataLoader(TensorDataset(X), batch_size=batch_size, shuffle=True, drop_last=True)

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
    optimizerG = torch.optim.Adam(netG.parameters(), lr=5e-4, betas=(0.5, 0.999))
    optimizerD = torch.optim.Adam(netD.parameters(), lr=5e-4, betas=(0.5, 0.999))

    def sample(n):
        netG.eval()
        with torch.no_grad():
            out = netG(torch.randn(n, nz))
        netG.train()
        return out.numpy()

    watch.start(G=netG, D=netD, opt_G=optimizerG, opt_D=optimizerD, sample=sample)

    # --- cell 3: training
    ones, zeros = torch.ones(batch_size, 1), torch.zeros(batch_size, 1)
    done = 0
    while done < turns:
        for (x,) in loader:
            x = watch.real(x)
            # (1) D
            optimizerD.zero_grad()
            fake = netG(torch.randn(batch_size, nz))
            errD = criterion(netD(x), 0.9 * ones) + criterion(netD(fake.detach()), zeros)
            errD.backward()
            optimizerD.step()
            # (2) G
            optimizerG.zero_grad()
            errG = criterion(netD(fake), ones)
            errG.backward()
            optimizerG.step()
            watch.step(errD.item(), errG.item())
            done += 1
            if done >= turns:
                break
    return sample


def mira_second_try(watch, seed, turns):
    """Uniform noise, labels drawn from ranges, D's accuracy looked at in eval mode."""
    # --- cell 1
    torch.manual_seed(seed)
    nz, batch_size = 6, 128
    X = torch.from_numpy(toy.ring6(6000, np.random.default_rng(seed)))
    held_out, X = X[:500], X[500:]
    loader = DataLoader(TensorDataset(X), batch_size=batch_size, shuffle=True, drop_last=True)

    # --- cell 2
    def noise(n):
        return 2 * torch.rand(n, nz) - 1

    netG = nn.Sequential(
        nn.Linear(nz, 96), nn.ReLU(), nn.Linear(96, 96), nn.ReLU(), nn.Linear(96, 2)
    )
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
    optimizerG = torch.optim.Adam(netG.parameters(), lr=1e-3, betas=(0.5, 0.999))
    optimizerD = torch.optim.Adam(netD.parameters(), lr=1e-3, betas=(0.5, 0.999))

    def sample(n):
        with torch.no_grad():
            return netG(noise(n)).numpy()

    watch.start(G=netG, D=netD, opt_G=optimizerG, opt_D=optimizerD, sample=sample)

    # --- cell 3
    accuracy = []
    done = 0
    while done < turns:
        for (x,) in loader:
            x = watch.real(x)
            # (1) D: real around 0.9, fake around 0.1
            optimizerD.zero_grad()
            with torch.no_grad():
                fake = netG(noise(batch_size))
            real_label = 0.8 + 0.2 * torch.rand(batch_size, 1)
            fake_label = 0.2 * torch.rand(batch_size, 1)
            errD = (criterion(netD(x), real_label) + criterion(netD(fake.detach()), fake_label)) / 2
            errD.backward()
            optimizerD.step()
            # (2) G
            optimizerG.zero_grad()
            errG = criterion(netD(netG(noise(batch_size))), torch.ones(batch_size, 1))
            errG.backward()
            optimizerG.step()
            # (3) how good is D?
            if done % 50 == 0:
                netD.eval()
                with torch.no_grad():
                    right = (netD(held_out) > 0.5).float().mean() + (
                        netD(fake) < 0.5
                    ).float().mean()
                accuracy.append(right.item() / 2)
                netD.train()
            watch.step(errD.item(), errG.item())
            done += 1
            if done >= turns:
                break
    return sample


def raw_digits(n, rng):
    return 8 * (toy.some_digits(n, rng) + 1)


PROGRAMS = [
    Program(mira_first_gan, 3000, "grid4", toy.grid4, ("same noise for ever",)),
    Program(mira_digits, 2500, "digits", raw_digits, ("data not scaled",)),
    Program(mira_second_try, 4000, "ring6", toy.ring6),
]
