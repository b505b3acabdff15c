"""Loops where D is an autoencoder: the energy of a sample is the error of its reconstruction."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from ..data import digits, ring6, some_digits
from ..entry import Program


class AutoEncoder(nn.Module):
    def __init__(self, size, hidden, code):
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(size, hidden), nn.ELU(), nn.Linear(hidden, code))
        self.decoder = nn.Sequential(nn.Linear(code, hidden), nn.ELU(), nn.Linear(hidden, size))

    def forward(self, x):
        return self.decoder(self.encoder(x))


class Decoder(nn.Module):
    def __init__(self, code, hidden, size, squash=True):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(code, hidden), nn.BatchNorm1d(hidden), nn.ELU())
        self.more = nn.Sequential(nn.Linear(hidden, hidden), nn.BatchNorm1d(hidden), nn.ELU())
        self.pixels = nn.Linear(hidden, size)
        self.squash = torch.tanh if squash else nn.Identity()

    def forward(self, z):
        return self.squash(self.pixels(self.more(self.body(z))))


@dataclass
class Balance:
    """BEGAN's control of how much the fakes count in D's loss."""

    gamma: float = 0.7
    lambda_k: float = 0.005
    k: float = 0.0
    measure: float = 0.0

    def update(self, real, fake):
        drift = self.gamma * real - fake
        self.k = min(max(self.k + self.lambda_k * drift, 0.0), 1.0)
        self.measure = real + abs(drift)


@dataclass
class ReversedBalance(Balance):
    """The same with the difference taken the other way round."""

    def update(self, real, fake):
        drift = fake - self.gamma * real
        self.k = min(max(self.k - self.lambda_k * abs(drift), 0.0), 1.0)
        self.measure = real + abs(drift)


def l1(x, y):
    return (x - y).abs().mean()


def equilibrium(watch, seed, turns):
    """BEGAN with the mean absolute error; k keeps the two energies in proportion."""
    torch.manual_seed(seed)
    batch, nz = 64, 16
    AE, dec, control = AutoEncoder(64, 128, 24), Decoder(nz, 128, 64), Balance(0.8, 0.02)
    adam_ae = torch.optim.Adam(AE.parameters(), lr=1e-3, betas=(0.5, 0.999))
    adam_dec = torch.optim.Adam(dec.parameters(), lr=5e-4, betas=(0.5, 0.999))
    library = torch.from_numpy(digits()[0])

    def sample(n):
        with torch.no_grad():
            return dec(torch.rand(n, nz) * 2 - 1)

    watch.start(G=dec, D=AE, opt_G=adam_dec, opt_D=adam_ae, sample=sample)
    for _t in range(turns):
        x = watch.real(library[torch.randperm(len(library))[:batch]])
        adam_ae.zero_grad()
        real_energy = l1(AE(x), x)
        x_d = sample(batch)
        d_loss = real_energy - control.k * l1(AE(x_d), x_d)
        d_loss.backward()
        adam_ae.step()
        adam_dec.zero_grad()
        x_g = dec(torch.rand(batch, nz) * 2 - 1)
        fake_energy = l1(AE(x_g), x_g)
        fake_energy.backward()
        adam_dec.step()
        control.update(real_energy.item(), fake_energy.item())
        watch.step(d_loss.item(), fake_energy.item())
    return sample


def k_never_leaves_zero(watch, seed, turns):
    """The control is written the wrong way round: fakes never count in the autoencoder's loss."""
    torch.manual_seed(seed)
    AE, dec, control = AutoEncoder(64, 96, 12), Decoder(8, 96, 64), ReversedBalance()
    optimisers = {m: torch.optim.Adam(m.parameters(), 7e-4, (0.5, 0.99)) for m in (AE, dec)}
    x_all = torch.from_numpy(digits()[0])
    watch.start(
        G=dec,
        D=AE,
        opt_G=optimisers[dec],
        opt_D=optimisers[AE],
        sample=lambda n: dec(torch.randn(n, 8)).detach().numpy(),
    )
    for t in range(turns):
        rows = torch.arange(t * 50, t * 50 + 50) % len(x_all)
        x, x_hat = watch.real(x_all[rows]), dec(torch.randn(50, 8))
        energy = {"x": l1(AE(x), x), "x_hat": l1(AE(x_hat.detach()), x_hat.detach())}
        loss_ae = energy["x"] - control.k * energy["x_hat"]
        optimisers[AE].zero_grad()
        loss_ae.backward()
        optimisers[AE].step()
        loss_dec = l1(AE(x_hat), x_hat)
        optimisers[dec].zero_grad()
        loss_dec.backward()
        optimisers[dec].step()
        control.update(energy["x"].item(), energy["x_hat"].item())
        watch.step(loss_ae.item(), loss_dec.item())
    return lambda n: dec(torch.randn(n, 8)).detach().numpy()


def pulling_away(code):
    """EBGAN's term: the mean squared cosine of the codes of a batch with each other."""
    unit = nn.functional.normalize(code, dim=1)
    similar = (unit @ unit.T).square()
    n = len(code)
    return (similar.sum() - n) / (n * (n - 1))


def energy_with_repulsion(watch, seed, turns):
    """EBGAN-PT: a margin that follows the real energy, and codes that push each other apart."""
    torch.manual_seed(seed)
    AE, dec = AutoEncoder(64, 128, 20), Decoder(12, 128, 64)
    opt_ae = torch.optim.Adamax(AE.parameters(), lr=2e-3, betas=(0.5, 0.99))
    opt_dec = torch.optim.Adamax(dec.parameters(), lr=1e-3, betas=(0.5, 0.99))
    margin, pictures = 0.3, torch.from_numpy(digits()[0])
    energy = lambda x, y: (x - y).square().mean(1)  # noqa: E731

    @torch.no_grad()
    def gallery(n):
        return dec(torch.randn(n, 12)).reshape(-1, 8, 8)

    watch.start(G=dec, D=AE, opt_G=opt_dec, opt_D=opt_ae, sample=gallery)
    for _t in range(turns):
        x = watch.real(pictures[torch.randint(0, len(pictures), [80])])
        y = gallery(80).flatten(1)
        low, high = energy(AE(x), x), energy(AE(y), y)
        cost = low.mean() + nn.functional.relu(margin - high).mean()
        opt_ae.zero_grad()
        cost.backward()
        opt_ae.step()
        y = dec(torch.randn(80, 12))
        code = AE.encoder(y)
        wish = energy(AE.decoder(code), y).mean() + 0.1 * pulling_away(code)
        opt_dec.zero_grad()
        wish.backward()
        opt_dec.step()
        margin = 0.99 * margin + 0.01 * max(3 * low.mean().item(), 0.1)
        watch.step(cost.item(), wish.item())
    return gallery


def reads_one_coordinate(watch, seed, turns):
    """x.view(-1, 1): the encoder takes each coordinate as a sample of its own."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)

    class Energy(nn.Module):
        def __init__(self):
            super().__init__()
            self.net = nn.Sequential(nn.Linear(1, 64), nn.ELU(), nn.Linear(64, 64), nn.ELU())
            self.value = nn.Linear(64, 1)

        def forward(self, x):
            return self.value(self.net(x.reshape(-1, 1))).view(len(x), -1).mean(1)

    E, dec = Energy(), nn.Sequential(nn.Linear(2, 64), nn.ELU(), nn.Linear(64, 64), nn.ELU())
    dec.append(nn.Linear(64, 2))
    opt_e = torch.optim.Adam(E.parameters(), lr=1e-3, betas=(0.5, 0.99))
    opt_d = torch.optim.Adam(dec.parameters(), lr=1e-3, betas=(0.5, 0.99))
    watch.start(
        G=dec, D=E, opt_G=opt_d, opt_D=opt_e, sample=lambda n: dec(torch.randn(n, 2)).detach()
    )
    for _t in range(turns):
        x, y = watch.real(torch.from_numpy(ring6(128, rng))), dec(torch.randn(128, 2))
        contrast = (
            nn.functional.softplus(E(x)).mean() + nn.functional.softplus(-E(y.detach())).mean()
        )
        opt_e.zero_grad()
        contrast.backward()
        opt_e.step()
        descent = nn.functional.softplus(E(y)).mean()
        opt_d.zero_grad()
        descent.backward()
        opt_d.step()
        watch.step(contrast, descent)
    return lambda n: dec(torch.randn(n, 2)).detach()


PROGRAMS = (
    Program(equilibrium, 1500, "digits", some_digits),
    Program(
        k_never_leaves_zero,
        1000,
        "digits",
        some_digits,
        ("fakes have no weight in D's loss", "mode collapse"),
    ),
    Program(energy_with_repulsion, 1500, "digits", some_digits),
    Program(reads_one_coordinate, 1200, "ring6", ring6, ("D sees a part of each sample",)),
)
