"""Okafor writes everything as if it were a LightningModule, with manual optimisation."""

import copy

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from corpus import data as sets
from corpus.entry import Program


class Module(nn.Module):
    """A G of noise and a D; a subclass gives its training_step, and what else it has of its own."""

    def __init__(self, latent=4, hidden=64, rates=(1e-3, 1e-3), betas=(0.0, 0.99)):
        super().__init__()
        self.latent, self.rates, self.betas = latent, rates, betas
        self.generator, self.discriminator = mlp(latent, 2, hidden), mlp(2, 1, hidden)

    def forward(self, n):
        return self.generator(torch.randn(n, self.latent))

    def configure_optimizers(self, **kwargs):
        return tuple(
            torch.optim.Adam(net.parameters(), rate, self.betas, **kwargs)
            for net, rate in zip((self.generator, self.discriminator), self.rates, strict=True)
        )

    def optimizers(self):
        return self._opts

    def attach(self):
        self._opts = self.configure_optimizers()
        return self

    @torch.no_grad()
    def sample(self, n):
        return self(n)


def update(opt, loss):
    opt.zero_grad()
    loss.backward()
    opt.step()


class Trainer:
    def __init__(self, max_steps, watch):
        self.max_steps, self.watch = max_steps, watch

    def fit(self, module, batches):
        module.attach()
        opt_g, opt_d = module.optimizers()
        self.watch.start(
            G=module.generator,
            D=module.discriminator,
            opt_G=opt_g,
            opt_D=opt_d,
            sample=module.sample,
        )
        for step in range(self.max_steps):
            logs = module.training_step(self.watch.real(next(batches)), step)
            self.watch.step(logs["d_loss"], logs["g_loss"])


def forever(points, size, rng):
    while True:
        yield torch.from_numpy(points[rng.integers(len(points), size=size)])


def mlp(i, o, h=64):
    return nn.Sequential(
        nn.Linear(i, h), nn.LeakyReLU(0.2), nn.Linear(h, h), nn.LeakyReLU(0.2), nn.Linear(h, o)
    )


def set_requires_grad(net, flag):
    for p in net.parameters():
        p.requires_grad_(flag)


def lit_lsgan(watch, seed, turns):
    class LSGAN(Module):
        def training_step(self, real, step):
            opt_g, opt_d = self.optimizers()

            # generator
            set_requires_grad(self.discriminator, False)
            fake = self(len(real))
            g_loss = (self.discriminator(fake) - 1).square().mean()
            update(opt_g, g_loss)

            # discriminator
            fake = self(len(real))
            d_loss = 0.5 * (
                (self.discriminator(real) - 1).square().mean()
                + self.discriminator(fake).square().mean()
            )
            update(opt_d, d_loss)
            return {"g_loss": g_loss.detach(), "d_loss": d_loss.detach()}

    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    module = LSGAN(betas=(0.5, 0.99))
    Trainer(turns, watch).fit(module, forever(sets.moons(5000, rng), 128, rng))
    return module.sample


def lit_ema(watch, seed, turns):
    class AveragedGAN(Module):
        def __init__(self, decay=0.99):
            super().__init__(rates=(5e-4, 1e-3))
            self.decay = decay
            self.averaged = copy.deepcopy(self.generator).requires_grad_(False)

        def on_train_batch_end(self):
            with torch.no_grad():
                for slow, fast in zip(
                    self.averaged.parameters(), self.generator.parameters(), strict=True
                ):
                    slow = self.decay * slow + (1 - self.decay) * fast

        def training_step(self, real, step):
            opt_g, opt_d = self.optimizers()
            z = torch.randn(len(real), self.latent)

            real = real.requires_grad_(True)
            score = self.discriminator(real)
            slope = torch.autograd.grad(score.sum(), real, create_graph=True)[0]
            d_loss = (
                F.softplus(-score).mean()
                + F.softplus(self.discriminator(self.generator(z).detach())).mean()
            )
            update(opt_d, d_loss + 0.1 * slope.square().sum(1).mean())

            g_loss = F.softplus(-self.discriminator(self.generator(z))).mean()
            update(opt_g, g_loss)

            self.on_train_batch_end()
            return {"g_loss": g_loss.detach(), "d_loss": d_loss.detach()}

        @torch.no_grad()
        def sample(self, n):
            return self.averaged(torch.randn(n, self.latent))

    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    module = AveragedGAN()
    Trainer(turns, watch).fit(module, forever(sets.ring6(5000, rng), 128, rng))
    return module.sample


def lit_maximize(watch, seed, turns):
    class Minimax(Module):
        """Both play for the same value V; D climbs it, G comes first in the step."""

        def configure_optimizers(self):
            return super().configure_optimizers(maximize=True)

        def training_step(self, real, step):
            opt_g, opt_d = self.optimizers()

            set_requires_grad(self.discriminator, False)
            fake = self(len(real))
            g_gain = F.logsigmoid(self.discriminator(fake)).mean()
            update(opt_g, g_gain)
            set_requires_grad(self.discriminator, True)

            fake = fake.detach().clone()
            value = (
                F.logsigmoid(self.discriminator(real)).mean()
                + F.logsigmoid(-self.discriminator(fake)).mean()
            )
            update(opt_d, value)
            return {"g_loss": -g_gain.detach(), "d_loss": -value.detach()}

    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    module = Minimax(latent=3, hidden=96, rates=(5e-4, 1e-3))
    Trainer(turns, watch).fit(module, forever(sets.circles(6000, rng), 192, rng))
    return module.sample


PROGRAMS = [
    Program(lit_lsgan, 3000, "moons", sets.moons, ("D stays frozen",)),
    Program(lit_ema, 2500, "ring6", sets.ring6, ("average never moves",)),
    Program(lit_maximize, 3500, "circles", sets.circles),
]
