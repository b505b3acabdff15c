"""Manual optimisation in the way of the big framework, with a small Trainer of the author's own."""

from collections import OrderedDict

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from ..data import digits, moons, pair, ring, some_digits
from ..entry import Program


class LitModule(nn.Module):
    """What of the framework's module the author uses."""

    automatic_optimization = False

    def optimizers(self):
        return self._optimizers

    def manual_backward(self, loss):
        loss.backward()

    def log_dict(self, values, **_):
        self.logged = values

    def toggle_optimizer(self, optimizer):
        mine = {id(p) for group in optimizer.param_groups for p in group["params"]}
        for p in self.parameters():
            p.requires_grad_(id(p) in mine)

    def untoggle_optimizer(self, optimizer):
        for p in self.parameters():
            p.requires_grad_(True)


class Trainer:
    def __init__(self, max_steps, watch):
        self.max_steps, self.watch = max_steps, watch

    def fit(self, model, loader):
        optimizers, self.schedulers = model.configure_optimizers()
        model._optimizers = optimizers
        self.watch.start(
            G=model.generator,
            D=model.discriminator,
            opt_G=optimizers[0],
            opt_D=optimizers[1],
            sample=model.predict,
        )
        self.global_step = 0
        while self.global_step < self.max_steps:
            for batch_idx, batch in enumerate(loader):
                batch = [self.watch.real(batch[0]), *batch[1:]]
                model.training_step(batch, batch_idx)
                self.watch.step(model.logged["d_loss"], model.logged["g_loss"])
                self.global_step += 1
                for scheduler in self.schedulers:
                    scheduler.step()
                if self.global_step == self.max_steps:
                    break
        return model.predict


def seed_everything(seed):
    torch.manual_seed(seed)
    return np.random.default_rng(seed)


class GAN(LitModule):
    def __init__(self, latent_dim=16, lr=5e-4):
        super().__init__()
        self.latent_dim, self.lr = latent_dim, lr
        self.generator = nn.Sequential(
            OrderedDict(
                fc=nn.Linear(latent_dim, 128),
                act=nn.LeakyReLU(0.2),
                bn=nn.BatchNorm1d(128),
                fc2=nn.Linear(128, 128),
                act2=nn.LeakyReLU(0.2),
                out=nn.Linear(128, 64),
                tanh=nn.Tanh(),
            )
        )
        self.discriminator = nn.Sequential(
            nn.Flatten(), nn.Linear(64, 128), nn.LeakyReLU(0.2), nn.Dropout(0.2), nn.Linear(128, 1)
        )

    def forward(self, z):
        return self.generator(z)

    @torch.no_grad()
    def predict(self, n):
        return self(torch.randn(n, self.latent_dim)).view(n, 1, 8, 8)

    def adversarial_loss(self, y_hat, y):
        return F.binary_cross_entropy_with_logits(y_hat, y)

    def configure_optimizers(self):
        opt_g = torch.optim.Adam(self.generator.parameters(), lr=self.lr, betas=(0.5, 0.999))
        opt_d = torch.optim.Adam(self.discriminator.parameters(), lr=self.lr, betas=(0.5, 0.999))
        return [opt_g, opt_d], []

    def training_step(self, batch, batch_idx):
        (imgs,) = batch
        optimizer_g, optimizer_d = self.optimizers()
        z = torch.randn(imgs.shape[0], self.latent_dim).type_as(imgs)
        self.toggle_optimizer(optimizer_g)
        valid = torch.ones(imgs.size(0), 1).type_as(imgs)
        g_loss = self.adversarial_loss(self.discriminator(self(z)), valid)
        self.manual_backward(g_loss)
        optimizer_g.step()
        optimizer_g.zero_grad()
        self.untoggle_optimizer(optimizer_g)
        self.toggle_optimizer(optimizer_d)
        real_loss = self.adversarial_loss(self.discriminator(imgs), valid)
        fake_loss = self.adversarial_loss(self.discriminator(self(z).detach()), 0 * valid)
        d_loss = (real_loss + fake_loss) / 2
        self.manual_backward(d_loss)
        optimizer_d.step()
        optimizer_d.zero_grad()
        self.untoggle_optimizer(optimizer_d)
        self.log_dict({"g_loss": g_loss.detach(), "d_loss": d_loss.detach()}, prog_bar=True)


def lit_gan(watch, seed, turns):
    seed_everything(seed)
    loader = DataLoader(TensorDataset(torch.from_numpy(digits()[0])), batch_size=64, shuffle=True)
    return Trainer(turns, watch).fit(GAN(), loader)


def lit_two_critic_steps(watch, seed, turns):
    """Two critic steps on one batch, cosine schedules, images flattened by nobody."""
    rng = seed_everything(seed)

    class LitRing(LitModule):
        def __init__(self):
            super().__init__()
            self.generator = nn.Sequential(
                nn.Linear(6, 80), nn.ReLU(), nn.Linear(80, 80), nn.ReLU(), nn.Linear(80, 2)
            )
            self.discriminator = nn.Sequential(
                nn.Linear(2, 96), nn.PReLU(), nn.Linear(96, 96), nn.PReLU(), nn.Linear(96, 1)
            )

        @torch.no_grad()
        def predict(self, n):
            return self.generator(torch.randn(n, 6))

        def configure_optimizers(self):
            opts = [
                torch.optim.NAdam(self.generator.parameters(), lr=1e-3, betas=(0.3, 0.99)),
                torch.optim.NAdam(self.discriminator.parameters(), lr=1e-3, betas=(0.3, 0.99)),
            ]
            cosine = torch.optim.lr_scheduler.CosineAnnealingLR
            return opts, [cosine(o, T_max=turns, eta_min=1e-5) for o in opts]

        def training_step(self, batch, batch_idx):
            (x,) = batch
            g_opt, d_opt = self.optimizers()
            for _ in range(2):
                g_x = self.generator(torch.randn(len(x), 6)).detach()
                err_d = F.softplus(-self.discriminator(x)) + F.softplus(self.discriminator(g_x))
                d_opt.zero_grad()
                self.manual_backward(err_d.mean())
                d_opt.step()
            err_g = F.softplus(-self.discriminator(self.generator(torch.randn(len(x), 6)))).mean()
            g_opt.zero_grad()
            self.manual_backward(err_g)
            g_opt.step()
            self.log_dict({"d_loss": err_d.mean().item(), "g_loss": err_g.item()})

    x = torch.from_numpy(ring(10240, rng, radius=2.0, sd=0.1))
    return Trainer(turns, watch).fit(LitRing(), DataLoader(TensorDataset(x), 128, shuffle=True))


class SwappedOptimizers(LitModule):
    """`optimizers()` returns [d, g] here, and the step unpacks it as g, d in one place."""

    def __init__(self):
        super().__init__()
        self.discriminator = nn.Sequential(nn.Linear(2, 64), nn.GELU(), nn.Linear(64, 1))
        self.generator = nn.Sequential(nn.Linear(2, 64), nn.GELU(), nn.Linear(64, 2))

    def predict(self, n):
        return self.generator(torch.randn(n, 2)).detach()

    def configure_optimizers(self):
        return [torch.optim.Adam(m.parameters(), 1e-3) for m in self.children()][::-1], ()

    def training_step(self, batch, batch_idx):
        real, fake = batch[0], self.generator(torch.randn(len(batch[0]), 2))
        opt_d, opt_g = self.optimizers()[0], self.optimizers()[0]
        loss_d = F.mse_loss(self.discriminator(real), torch.ones(len(real), 1))
        loss_d = loss_d + self.discriminator(fake.detach()).square().mean()
        opt_d.zero_grad()
        self.manual_backward(loss_d)
        opt_d.step()
        loss_g = F.mse_loss(self.discriminator(fake), torch.ones(len(real), 1))
        opt_g.zero_grad()
        self.manual_backward(loss_g)
        opt_g.step()
        self.log_dict({"d_loss": loss_d.item(), "g_loss": loss_g.item()})


def lit_swapped_optimizers(watch, seed, turns):
    rng = seed_everything(seed)
    x = torch.from_numpy(pair(3000, rng))
    loader = DataLoader(TensorDataset(x), batch_size=60, shuffle=True)
    return Trainer(turns, watch).fit(SwappedOptimizers(), loader)


def lit_reset_after_configure(watch, seed, turns):
    """`on_fit_start` builds G again for the data's size: its optimiser holds the first one."""
    rng = seed_everything(seed)
    points = torch.from_numpy(moons(5000, rng))

    class LateBuilt(LitModule):
        def __init__(self):
            super().__init__()
            self.build(dim=2)

        def build(self, dim):
            self.generator = nn.Sequential(
                nn.Linear(4, 50), nn.Tanh(), nn.Linear(50, 50), nn.Tanh(), nn.Linear(50, dim)
            )
            if not hasattr(self, "discriminator"):
                self.discriminator = nn.Sequential(
                    nn.Linear(dim, 50), nn.Tanh(), nn.Linear(50, 50), nn.Tanh(), nn.Linear(50, 1)
                )

        def predict(self, n):
            with torch.no_grad():
                return self.generator(torch.randn(n, 4))

        def configure_optimizers(self):
            opt = [
                torch.optim.Adam(p.parameters(), lr=1e-3, betas=(0.5, 0.99))
                for p in (self.generator, self.discriminator)
            ]
            self.on_fit_start()
            return opt, []

        def on_fit_start(self):
            self.build(dim=points.shape[1])

        def training_step(self, batch, batch_idx):
            x_true, (og, od) = batch[0], self.optimizers()
            x_gen = self.generator(torch.randn(len(x_true), 4))
            od.zero_grad()
            d = F.logsigmoid(self.discriminator(x_true)).mean()
            d = d + F.logsigmoid(-self.discriminator(x_gen.detach())).mean()
            self.manual_backward(-d)
            od.step()
            og.zero_grad()
            g = F.logsigmoid(self.discriminator(x_gen)).mean()
            self.manual_backward(-g)
            og.step()
            self.log_dict({"d_loss": -d.item(), "g_loss": -g.item()})

    loader = DataLoader(TensorDataset(points), batch_size=128, shuffle=True, drop_last=True)
    return Trainer(turns, watch).fit(LateBuilt(), loader)


PROGRAMS = (
    Program(lit_gan, 2000, "digits", some_digits),
    Program(lit_two_critic_steps, 1800, "ring", lambda n, rng: ring(n, rng, sd=0.1)),
    Program(
        lit_swapped_optimizers,
        1500,
        "pair",
        pair,
        ("wrong optimiser stepped", "D is never stepped"),
    ),
    Program(
        lit_reset_after_configure,
        1500,
        "moons",
        moons,
        ("optimiser of an older copy", "G is never stepped", "weights in no optimiser"),
    ),
)
