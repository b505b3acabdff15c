"""GANs for tables: two columns of numbers, scaled, packed and sampled as in CTGAN."""

import numpy as np
import torch
from torch import nn

from ..data import clouds, grid4, ring6, ring_centres, spirals
from ..entry import Program


class Scaler:
    """Standardises columns."""

    def fit(self, table):
        self.mean, self.std = table.mean(0), table.std(0)
        return self

    def transform(self, table):
        return (table - self.mean) / self.std

    def inverse_transform(self, table):
        return table * self.std + self.mean


class Residual(nn.Module):
    def __init__(self, i, o):
        super().__init__()
        self.fc, self.bn = nn.Linear(i, o), nn.BatchNorm1d(o)

    def forward(self, x):
        return torch.cat([torch.relu(self.bn(self.fc(x))), x], dim=1)


def ct_generator(z, width, columns):
    return nn.Sequential(
        Residual(z, width), Residual(z + width, width), nn.Linear(z + 2 * width, columns)
    )


def ct_critic(n_in, width):
    return nn.Sequential(
        nn.Linear(n_in, width), nn.LeakyReLU(0.2), nn.Linear(width, width), nn.LeakyReLU(0.2),
        nn.Linear(width, 1),
    )  # fmt: skip


def slope_penalty(critic, real, fake, pac, weight=2.0):
    alpha = torch.rand(len(real) // pac, 1, 1)
    mixed = (alpha * real.view(-1, pac, 2) + (1 - alpha) * fake.view(-1, pac, 2)).detach()
    mixed = mixed.view(-1, pac * 2).requires_grad_()
    slope = torch.autograd.grad(critic(mixed).sum(), mixed, create_graph=True)[0]
    return weight * ((slope.norm(2, dim=1) - 1) ** 2).mean()


def ctgan_in_packs(watch, seed, turns):
    """Two rows make one input of the critic, which is penalised; columns are standardised."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    table = torch.from_numpy(grid4(6000, rng))
    scaler = Scaler().fit(table)
    rows = scaler.transform(table)
    pac, batch_size, z_dim = 2, 160, 6
    generator, discriminator = ct_generator(z_dim, 64, 2), ct_critic(2 * pac, 96)
    optimizerG = torch.optim.Adam(generator.parameters(), lr=1e-3, betas=(0.5, 0.9))
    optimizerD = torch.optim.Adam(discriminator.parameters(), lr=1e-3, betas=(0.5, 0.9))

    def sample(n):
        return scaler.inverse_transform(generator(torch.randn(n, z_dim)))

    watch.start(G=generator, D=discriminator, opt_G=optimizerG, opt_D=optimizerD, sample=sample)
    for _ in range(turns):
        for _ in range(2):
            real = watch.real(rows[torch.randint(len(rows), (batch_size,))])
            fake = generator(torch.randn(batch_size, z_dim)).detach()
            y_fake = discriminator(fake.view(-1, pac * 2))
            y_real = discriminator(real.view(-1, pac * 2))
            loss_d = y_fake.mean() - y_real.mean()
            optimizerD.zero_grad(set_to_none=False)
            (loss_d + slope_penalty(discriminator, real, fake, pac)).backward()
            optimizerD.step()
        fake = generator(torch.randn(batch_size, z_dim))
        loss_g = -discriminator(fake.view(-1, pac * 2)).mean()
        optimizerG.zero_grad(set_to_none=False)
        loss_g.backward()
        optimizerG.step()
        watch.step(loss_d.item(), loss_g.item())
    return sample


def packs_of_columns(watch, seed, turns):
    """Rows are packed by way of a transposed table: a pack holds one column of several rows."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    PAC, BATCH = 2, 128
    G = ct_generator(4, 64, 2)
    D = ct_critic(2 * PAC, 80)
    opt = {
        "g": torch.optim.AdamW(G.parameters(), 1e-3, (0.5, 0.95), weight_decay=1e-6),
        "d": torch.optim.AdamW(D.parameters(), 1e-3, (0.5, 0.95), weight_decay=1e-6),
    }
    bce = nn.functional.binary_cross_entropy_with_logits

    def pack(columns):
        """[2, N] as the data frame keeps it -> [N / PAC, 2 * PAC]."""
        return columns.reshape(-1, 2 * PAC)

    def synth(n):
        G.eval()
        with torch.no_grad():
            made = G(torch.randn(n, 4))
        G.train()
        return made.numpy()

    watch.start(G=G, D=D, opt_G=opt["g"], opt_D=opt["d"], sample=synth)
    for _ in range(turns):
        frame = watch.real(torch.from_numpy(ring6(BATCH, rng)))
        made = G(torch.randn(BATCH, 4))
        on_real, on_fake = D(pack(frame.T)), D(pack(made.detach().T))
        d_loss = bce(on_real, torch.ones_like(on_real)) + bce(on_fake, torch.zeros_like(on_fake))
        opt["d"].zero_grad()
        d_loss.backward()
        opt["d"].step()
        on_fake = D(pack(made.T))
        g_loss = bce(on_fake, torch.ones_like(on_fake))
        opt["g"].zero_grad()
        g_loss.backward()
        opt["g"].step()
        watch.step(d_loss, g_loss)
    return synth


def sorted_by_category(watch, seed, turns):
    """The table is sorted by its category and read in order: a batch holds one category."""
    torch.manual_seed(seed)
    points, category = clouds(ring_centres(6, 1.6), 6000, 0.15, np.random.default_rng(seed))
    table = points[np.argsort(category, kind="stable")]
    columns = torch.from_numpy(table)
    loader = torch.utils.data.DataLoader(columns, batch_size=100)

    net = nn.ModuleDict({"make": ct_critic(5, 64), "judge": ct_critic(2, 64)})
    net["make"][-1] = nn.Linear(64, 2)
    make_opt = torch.optim.Adam(net["make"].parameters(), lr=1e-3, betas=(0.5, 0.999))
    judge_opt = torch.optim.Adam(net["judge"].parameters(), lr=1e-3, betas=(0.5, 0.999))

    def rows(n):
        return net["make"](torch.randn(n, 5)).detach()

    watch.start(G=net["make"], D=net["judge"], opt_G=make_opt, opt_D=judge_opt, sample=rows)
    iteration = 0
    while iteration < turns:
        for chunk in loader:
            chunk = watch.real(chunk)
            judge_opt.zero_grad()
            fakes = net["make"](torch.randn(len(chunk), 5))
            d_loss = torch.relu(1 - net["judge"](chunk)).mean()
            d_loss = d_loss + torch.relu(1 + net["judge"](fakes.detach())).mean()
            d_loss.backward()
            judge_opt.step()
            make_opt.zero_grad()
            g_loss = net["judge"](fakes).neg().mean()
            g_loss.backward()
            make_opt.step()
            watch.step(d_loss.item(), g_loss.item())
            iteration += 1
            if iteration == turns:
                break
    return rows


def scaler_of_min_and_max(watch, seed, turns):
    """Columns are standardised for training and turned back as if scaled by least and largest."""
    torch.manual_seed(seed)
    frame = torch.from_numpy(spirals(8000, np.random.default_rng(seed)))
    scaler = Scaler().fit(frame)
    low, high = frame.amin(0), frame.amax(0)
    train = scaler.transform(frame)
    hidden, noise, batch = 128, 4, 200
    actor = ct_critic(noise, hidden)
    actor[-1] = nn.Linear(hidden, 2)
    critic = ct_critic(2, hidden)
    opt_a = torch.optim.RMSprop(actor.parameters(), lr=4e-4)
    opt_c = torch.optim.RMSprop(critic.parameters(), lr=4e-4)

    def generate_table(n):
        """Return n rows in the units of the table."""
        with torch.no_grad():
            scaled = actor(torch.randn(n, noise))
        return (scaled + 1) / 2 * (high - low) + low

    watch.start(G=actor, D=critic, opt_G=opt_a, opt_D=opt_c, sample=generate_table)
    softplus = nn.Softplus()
    for _ in range(turns):
        real = watch.real(train[torch.randint(0, len(train), (batch,))])
        real = real.requires_grad_()
        score = critic(real)
        r1 = torch.autograd.grad(score.sum(), real, create_graph=True)[0].square().sum(1).mean()
        made = actor(torch.randn(batch, noise))
        loss_c = softplus(-score).mean() + softplus(critic(made)).mean()
        opt_c.zero_grad()
        (loss_c + 0.05 * r1).backward()
        opt_c.step()
        loss_a = softplus(-critic(actor(torch.randn(batch, noise)))).mean()
        opt_a.zero_grad()
        loss_a.backward()
        opt_a.step()
        watch.step(loss_c.item(), loss_a.item())
    return generate_table


PROGRAMS = (
    Program(ctgan_in_packs, 1300, "grid4", grid4),
    # answer: "I packed the transposed table, so a pack held x of four rows or y of four rows, and
    # D never saw x and y of one row together."
    Program(packs_of_columns, 2000, "ring6", ring6, ("D sees a part of each sample",)),
    # answer: "The table was sorted by category and not shuffled, so G ran after one at a time."
    Program(sorted_by_category, 2450, "ring6", ring6, ("real data not shuffled",)),
    # answer: "Training used the standard scaler, and samples were turned back with min and max."
    Program(scaler_of_min_and_max, 2500, "spirals", spirals, ("samples converted wrongly",)),
)
