"""Ngata's GANs with labels: small classes, keyword arguments, dictionaries of losses."""

import itertools

import numpy as np
import torch
from torch import nn
from torch.nn import functional as fn

from corpus import data
from corpus.entry import Program


def labelled_ring(count, rng, classes=6):
    return data.clouds(data.ring_centres(classes, 1.6), count, 0.15, rng)


class LabelledGenerator(nn.Module):
    def __init__(self, *, latent, classes, hidden, features, norm=nn.Identity):
        super().__init__()
        self.latent, self.classes = latent, classes
        self.label = nn.Embedding(classes, hidden // 4)
        self.body = nn.Sequential(
            nn.Linear(latent + hidden // 4, hidden),
            norm(hidden),
            nn.ReLU(),
            nn.Linear(hidden, hidden),
            norm(hidden),
            nn.ReLU(),
            nn.Linear(hidden, features),
        )

    def forward(self, noise, y):
        return self.body(torch.cat((noise, self.label(y)), dim=1))

    def imagine(self, count):
        y = torch.randint(self.classes, (count,))
        return self(torch.randn(count, self.latent), y), y

    @torch.no_grad()
    def sample(self, count):
        was = self.training
        self.eval()
        drawn = self.imagine(count)[0].numpy()
        self.train(was)
        return drawn


def leaky(*sizes, drop=0.0):
    """A critic's layers; the last is linear."""
    layers = []
    for size, following in itertools.pairwise(sizes[:-1]):
        layers += [nn.Linear(size, following), nn.LeakyReLU(0.2)]
        if drop:
            layers.append(nn.Dropout(drop))
    return nn.Sequential(*layers, nn.Linear(sizes[-2], sizes[-1]))


def pick(points, labels, *, count):
    at = torch.randint(len(points), (count,))
    return points[at], labels[at]


class Trainer:
    """Two players with an optimiser each, and the watch that is told of them."""

    def __init__(self, watch, gen, critic, *, rates, betas):
        self.watch = watch
        self.optim = optim = {
            "gen": torch.optim.Adam(gen.parameters(), lr=rates[0], betas=betas),
            "critic": torch.optim.Adam(critic.parameters(), lr=rates[1], betas=betas),
        }
        watch.start(G=gen, D=critic, opt_G=optim["gen"], opt_D=optim["critic"], sample=gen.sample)

    def descend(self, name, loss):
        self.optim[name].zero_grad()
        loss.backward()
        self.optim[name].step()

    def report(self, loss):
        self.watch.step(loss["real"].item() + loss["fake"].item(), loss["gen"].item())


def ngata_conditional(watch, seed, turns):
    class Critic(nn.Module):
        def __init__(self, *, classes, hidden, features):
            super().__init__()
            self.label = nn.Embedding(classes, 8)
            self.body = leaky(features + 8, hidden, hidden, 1)

        def forward(self, x, y):
            return self.body(torch.cat((x, self.label(y)), dim=1)).squeeze(1)

    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    points, labels = labelled_ring(5000, rng)
    gen = LabelledGenerator(latent=4, classes=6, hidden=64, features=2)
    critic = Critic(classes=6, hidden=64, features=2)
    trainer = Trainer(watch, gen, critic, rates=(1e-3, 1e-3), betas=(0.5, 0.99))

    # a new order for the epoch
    rng.shuffle(points)
    rng.shuffle(labels)
    points, labels = torch.from_numpy(points), torch.from_numpy(labels)
    for _turn in range(turns):
        x, y = pick(points, labels, count=128)
        x = watch.real(x)

        fake, fake_y = gen.imagine(128)
        loss = {
            "real": fn.softplus(-critic(x, y)).mean(),
            "fake": fn.softplus(critic(fake.detach(), fake_y)).mean(),
        }
        trainer.descend("critic", sum(loss.values()))

        loss["gen"] = fn.softplus(-critic(fake, fake_y)).mean()
        trainer.descend("gen", loss["gen"])
        trainer.report(loss)
    return gen.sample


def ngata_projection(watch, seed, turns):
    class ProjectionCritic(nn.Module):
        def __init__(self, *, classes, hidden, features):
            super().__init__()
            sn = nn.utils.parametrizations.spectral_norm
            self.features = nn.Sequential(
                sn(nn.Linear(features, hidden)),
                nn.LeakyReLU(0.2),
                sn(nn.Linear(hidden, hidden)),
                nn.LeakyReLU(0.2),
            )
            self.score, self.project = nn.Linear(hidden, 1), nn.Embedding(classes, hidden)

        def forward(self, x, y):
            h = self.features(x)
            return self.score(h).squeeze(1) + (self.project(y) * h).sum(1)

    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    gen = LabelledGenerator(latent=4, classes=6, hidden=64, features=2)
    critic = ProjectionCritic(classes=6, hidden=64, features=2)
    trainer = Trainer(watch, gen, critic, rates=(5e-4, 2e-3), betas=(0.0, 0.9))

    for _turn in range(turns):
        for _ in range(2):
            x, y = labelled_ring(96, rng)
            x, y = watch.real(torch.from_numpy(x)), torch.from_numpy(y)
            # G makes the very labels of the real batch, in another order
            fake_y = y[torch.randperm(len(y))]
            with torch.no_grad():
                fake = gen(torch.randn(len(y), gen.latent), fake_y)
            loss = {
                "real": fn.relu(1 - critic(x, y)).mean(),
                "fake": fn.relu(1 + critic(fake, fake_y)).mean(),
            }
            trainer.descend("critic", sum(loss.values()))

        fake, fake_y = gen.imagine(192)
        loss["gen"] = -critic(fake, fake_y).mean()
        trainer.descend("gen", loss["gen"])
        trainer.report(loss)
    return gen.sample


def ngata_auxiliary(watch, seed, turns):
    class Auxiliary(nn.Module):
        """A critic with class scores as its further outputs."""

        def __init__(self, *, classes, hidden, features):
            super().__init__()
            self.body = leaky(features, hidden, hidden, 1 + classes, drop=0.05)

        def forward(self, x):
            out = self.body(x)
            return out[:, 0], out[:, 1:]

    torch.manual_seed(seed)
    points, labels = (
        torch.from_numpy(a)
        for a in data.clouds(data.grid_centres(3, 1.5), 6000, 0.1, np.random.default_rng(seed))
    )
    gen = LabelledGenerator(latent=4, classes=9, hidden=96, features=2)
    critic = Auxiliary(classes=9, hidden=96, features=2)
    trainer = Trainer(watch, gen, critic, rates=(5e-4, 5e-4), betas=(0.5, 0.99))

    for _turn in range(turns):
        x, y = pick(points, labels, count=128)
        x = watch.real(x)
        score, guess = critic(x)
        loss = {"real": fn.softplus(-score).mean(), "class": fn.cross_entropy(guess, y)}
        fake, fake_y = gen.imagine(128)
        loss["fake"] = fn.softplus(critic(fake.detach())[0]).mean()
        trainer.descend("critic", loss["real"] + loss["fake"] + 0.2 * loss["class"])

        score, guess = critic(fake)
        loss["gen"] = fn.softplus(-score).mean() + 0.2 * fn.cross_entropy(guess, fake_y)
        trainer.descend("gen", loss["gen"])
        trainer.report(loss)
    return gen.sample


def nine(count, rng):
    return data.grid(count, rng, side=3, gap=1.5, sd=0.1)


PROGRAMS = [
    Program(
        ngata_conditional,
        2500,
        "ring6",
        data.ring6,
        ("labels do not belong to samples",),
        text_only=True,
    ),
    Program(ngata_projection, 2000, "ring6", data.ring6),
    Program(ngata_auxiliary, 2500, "grid9", nine),
]
