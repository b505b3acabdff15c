"""Synthetic tables and series by a data team: transformers, columns, phases, fit and sample."""

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from ..data import clouds, grid_centres, pair
from ..entry import Program
from .vocoder_lab import tones


class StandardTransformer:
    def fit(self, columns):
        self.mean, self.std = columns.mean(0), columns.std(0)
        return self

    def transform(self, columns):
        return (columns - self.mean) / self.std

    def inverse_transform(self, columns):
        return columns * self.std + self.mean


class Residual(nn.Module):
    def __init__(self, i, o):
        super().__init__()
        self.fc = nn.Linear(i, o)

    def forward(self, x):
        return torch.cat([torch.relu(self.fc(x)), x], dim=1)


def generator_net(inp, out, width=48):
    return nn.Sequential(
        Residual(inp, width), Residual(inp + width, width), nn.Linear(inp + 2 * width, out)
    )


def discriminator_net(inp, width=64):
    return nn.Sequential(
        nn.Linear(inp, width), nn.LeakyReLU(0.2), nn.Linear(width, width), nn.LeakyReLU(0.2),
        nn.Linear(width, 1),
    )  # fmt: skip


def incomes(n, rng):
    """Two groups of customers: yearly income in thousands, and age."""
    return (pair(n, rng) * np.array([12, 20]) + np.array([45, 40])).astype(np.float32)


def scaler_fitted_again(watch, seed, turns):
    """The second cell fits the scaler on columns that are scaled, and samples keep that scale."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    table = incomes(3000, rng)
    table = StandardTransformer().fit(table).transform(table)
    transformer = StandardTransformer().fit(table)  # for later
    train_data = torch.from_numpy(transformer.transform(table).astype(np.float32))
    G, D = generator_net(4, 2), discriminator_net(2)
    optimizerG = torch.optim.Adam(G.parameters(), lr=1e-3, betas=(0.5, 0.9), weight_decay=1e-6)
    optimizerD = torch.optim.Adam(D.parameters(), lr=1e-3, betas=(0.5, 0.9), weight_decay=1e-6)

    def sample(n):
        with torch.no_grad():
            return transformer.inverse_transform(G(torch.randn(n, 4)).numpy())

    watch.start(G=G, D=D, opt_G=optimizerG, opt_D=optimizerD, sample=sample)
    bce = functional.binary_cross_entropy_with_logits
    for _ in range(turns):
        rows = watch.real(train_data[torch.randint(len(train_data), (128,))])
        fake = G(torch.randn(128, 4))
        y_real, y_fake = D(rows), D(fake.detach())
        loss_d = bce(y_real, torch.ones(128, 1)) + bce(y_fake, torch.zeros(128, 1))
        optimizerD.zero_grad()
        loss_d.backward()
        optimizerD.step()
        loss_g = bce(D(fake), torch.ones(128, 1))
        optimizerG.zero_grad()
        loss_g.backward()
        optimizerG.step()
        watch.step(loss_d.item(), loss_g.item())
    return sample


def mixed_rows(n, rng):
    """A category of four, as one-hot columns, and two numbers that go with it."""
    x, which = clouds(grid_centres(2, 2.0), n, 0.2, rng)
    return np.concatenate([np.eye(4, dtype=np.float32)[which], x], 1)


def conditional_table(watch, seed, turns):
    """Sound: rows are packed in pairs, categories drawn by Gumbel, conditions drawn evenly."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    table = torch.from_numpy(mixed_rows(4000, rng))
    rows_of = [torch.nonzero(table[:, k] > 0.5)[:, 0] for k in range(4)]
    pac, batch, z_dim = 2, 200, 4
    G, D = generator_net(z_dim + 4, 6), discriminator_net(pac * (6 + 4), 96)
    optimizerG = torch.optim.Adam(G.parameters(), lr=2e-3, betas=(0.5, 0.9), weight_decay=1e-6)
    optimizerD = torch.optim.Adam(D.parameters(), lr=2e-3, betas=(0.5, 0.9))

    def activate(out):
        hot = functional.gumbel_softmax(out[:, :4], tau=0.2)
        return torch.cat([hot, out[:, 4:]], 1)

    def fakes(kinds):
        condvec = functional.one_hot(kinds, 4).float()
        raw = G(torch.cat([torch.randn(len(kinds), z_dim), condvec], 1))
        cross_entropy = functional.cross_entropy(raw[:, :4], kinds)
        return activate(raw), condvec, cross_entropy

    def pack(rows, condvec):
        return torch.cat([rows, condvec], 1).view(-1, pac * 10)

    @torch.no_grad()
    def sample(n):
        rows = fakes(torch.randint(4, (n,)))[0]
        hard = functional.one_hot(rows[:, :4].argmax(1), 4).float()
        return torch.cat([hard, rows[:, 4:]], 1)

    watch.start(G=G, D=D, opt_G=optimizerG, opt_D=optimizerD, sample=sample)
    for _ in range(turns):
        for _ in range(2):
            kinds = torch.randint(4, (batch,))
            perm = torch.randperm(batch)  # real rows answer the same conditions in another order
            picks = [rows_of[k][torch.randint(len(rows_of[k]), ())] for k in kinds[perm].tolist()]
            real = watch.real(table[torch.stack(picks)])
            fake, condvec, _ = fakes(kinds)
            y_fake = D(pack(fake.detach(), condvec))
            y_real = D(pack(real, condvec[perm]))
            loss_d = functional.softplus(y_fake).mean() + functional.softplus(-y_real).mean()
            optimizerD.zero_grad(set_to_none=False)
            loss_d.backward()
            optimizerD.step()
        fake, condvec, cross_entropy = fakes(torch.randint(4, (batch,)))
        loss_g = functional.softplus(-D(pack(fake, condvec))).mean() + cross_entropy
        optimizerG.zero_grad(set_to_none=False)
        loss_g.backward()
        optimizerG.step()
        watch.step(loss_d.item(), loss_g.item())
    return sample


class Recurrent(nn.Module):
    def __init__(self, inp, out, hidden=24, squash=True):
        super().__init__()
        self.rnn = nn.GRU(inp, hidden, batch_first=True)
        self.linear, self.squash = nn.Linear(hidden, out), squash

    def forward(self, x):
        y = self.linear(self.rnn(x)[0])
        return torch.sigmoid(y) if self.squash else y


def series_in_latent_space(watch, seed, turns):
    """Like birdx0810/timegan-pytorch issue 3: D's fakes are made from embedded real series."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    hid, z_dim, steps = 8, 4, 8
    embedder, recovery = Recurrent(2, hid), Recurrent(hid, 2, squash=False)
    generator, supervisor = Recurrent(z_dim, hid), Recurrent(hid, hid)
    discriminator = Recurrent(hid, 1, squash=False)
    e_opt = torch.optim.Adam([*embedder.parameters(), *recovery.parameters()], lr=5e-3)
    g_opt = torch.optim.Adam([*generator.parameters(), *supervisor.parameters()], lr=2e-3)
    d_opt = torch.optim.Adam(discriminator.parameters(), lr=2e-3)
    mse, bce = functional.mse_loss, functional.binary_cross_entropy_with_logits

    def windows(n):
        return torch.from_numpy(tones(n, rng)).view(n, steps, 2)

    def noise(n):
        return torch.rand(n, steps, z_dim)

    def sample(n):
        with torch.no_grad():
            return recovery(supervisor(generator(noise(n)))).reshape(n, 16)

    # phase one: embedding and recovery
    for _ in range(turns):
        X = windows(64)
        e_loss = 10 * mse(recovery(embedder(X)), X).sqrt()
        e_opt.zero_grad()
        e_loss.backward()
        e_opt.step()
    # phase two: jointly
    watch.start(
        G=nn.ModuleDict({"generator": generator, "supervisor": supervisor}),
        D=discriminator,
        opt_G=g_opt,
        opt_D=d_opt,
        sample=sample,
    )
    for _ in range(turns):
        X = watch.real(windows(64))
        with torch.no_grad():
            H = embedder(X)
        H_hat = supervisor(generator(noise(64)))
        Y_fake = discriminator(H_hat)
        G_loss_S = mse(supervisor(H)[:, :-1], H[:, 1:])
        G_loss_U = bce(Y_fake, torch.ones_like(Y_fake))
        G_loss = G_loss_U + 10 * torch.sqrt(G_loss_S)
        g_opt.zero_grad()
        G_loss.backward()
        g_opt.step()

        H_hat = supervisor(H).detach()
        Y_real, Y_fake = discriminator(H), discriminator(H_hat)
        D_loss = bce(Y_real, torch.ones_like(Y_real)) + bce(Y_fake, torch.zeros_like(Y_fake))
        if D_loss > 0.15:
            d_opt.zero_grad()
            D_loss.backward()
            d_opt.step()
        watch.step(D_loss.item(), G_loss.item())
    return sample


PROGRAMS = (
    Program(scaler_fitted_again, 300, "pair", incomes, ("samples converted wrongly",)),
    Program(conditional_table, 300, "grid4", mixed_rows),
    Program(
        series_in_latent_space,
        200,
        "circles",
        tones,
        ("D's fakes do not come from G",),
    ),
)
