"""Loops of the one-file reimplementations: exists, default, cycle, a GAN that holds its own EMA."""

from copy import deepcopy

import numpy as np
import torch
import torch.nn.functional as F
from torch import einsum, nn
from torch.autograd import grad as torch_grad

from ..data import digits, grid, moons, some_digits, swiss
from ..entry import Program


def exists(val):
    return val is not None


def default(val, d):
    return val if exists(val) else d


def cycle(dl):
    while True:
        yield from dl


def hinge_loss(real, fake):
    return (F.relu(1 + real) + F.relu(1 - fake)).mean()


def gen_hinge_loss(fake):
    return fake.mean()


def gradient_penalty(images, output, weight=1):
    gradients = torch_grad(output.sum(), images, create_graph=True)[0].flatten(1)
    return weight * (gradients.norm(2, dim=1) ** 2).mean()


class EMA:
    def __init__(self, beta):
        self.beta = beta

    def update_average(self, old, new):
        if not exists(old):
            return new
        return old * self.beta + (1 - self.beta) * new

    def update_model(self, ma_model, current_model):
        both = zip(ma_model.parameters(), current_model.parameters(), strict=True)
        for ma_params, current_params in both:
            ma_params.data = self.update_average(ma_params.data, current_params.data)
        for old, new in zip(ma_model.buffers(), current_model.buffers(), strict=True):
            old.copy_(new)


class Residual(nn.Module):
    def __init__(self, dim, mult=2):
        super().__init__()
        self.net = nn.Sequential(
            nn.GELU(), nn.Linear(dim, dim * mult), nn.GELU(), nn.Linear(dim * mult, dim)
        )

    def forward(self, x):
        return x + self.net(x)


class LightweightGAN(nn.Module):
    def __init__(self, *, latent_dim, dim, out_dim, depth=2, ttur_mult=1.0, lr=1e-3, beta=0.99):
        super().__init__()
        self.latent_dim = latent_dim
        self.G = nn.Sequential(nn.Linear(latent_dim, dim), *(Residual(dim) for _ in range(depth)))
        self.G.append(nn.Linear(dim, out_dim))
        self.D = nn.Sequential(nn.Linear(out_dim, dim), nn.LeakyReLU(0.1), nn.Linear(dim, dim))
        self.D.append(nn.LeakyReLU(0.1)).append(nn.Linear(dim, 1))
        self.ema_updater = EMA(beta)
        self.GE = deepcopy(self.G)
        self.GE.requires_grad_(False)
        self.G_opt = torch.optim.Adam(self.G.parameters(), lr=lr, betas=(0.5, 0.9))
        self.D_opt = torch.optim.Adam(self.D.parameters(), lr=lr * ttur_mult, betas=(0.5, 0.9))

    def EMA(self):
        self.ema_updater.update_model(self.GE, self.G)

    @torch.no_grad()
    def generate_(self, num_images, net=None):
        return default(net, self.GE)(torch.randn(num_images, self.latent_dim))

    def parts(self):
        return {"G": self.G, "D": self.D, "opt_G": self.G_opt, "opt_D": self.D_opt}


def swiss_roll_with_ema(watch, seed, turns):
    """Hinge with the signs the other way (D says little for real), a penalty every fourth turn."""
    torch.manual_seed(seed)
    ds = torch.from_numpy(swiss(10_000, np.random.default_rng(seed)))
    GAN = LightweightGAN(latent_dim=2, dim=64, out_dim=2, ttur_mult=1.5)
    loader = cycle(torch.utils.data.DataLoader(ds, batch_size=128, shuffle=True, drop_last=True))
    watch.start(**GAN.parts(), sample=GAN.generate_)
    last_gp_loss = None
    for steps in range(turns):
        apply_gradient_penalty = steps % 4 == 0
        GAN.D_opt.zero_grad()
        image_batch = watch.real(next(loader)).requires_grad_(apply_gradient_penalty)
        with torch.no_grad():
            generated_images = GAN.G(torch.randn(128, GAN.latent_dim))
        fake_output, real_output = GAN.D(generated_images), GAN.D(image_batch)
        disc_loss = hinge_loss(real_output, fake_output)
        if apply_gradient_penalty:
            gp = gradient_penalty(image_batch, real_output, weight=0.2)
            last_gp_loss = gp.item()
            disc_loss = disc_loss + gp
        disc_loss.backward()
        GAN.D_opt.step()
        GAN.G_opt.zero_grad()
        gen_loss = gen_hinge_loss(GAN.D(GAN.G(torch.randn(128, GAN.latent_dim))))
        gen_loss.backward()
        GAN.G_opt.step()
        if steps < 100 and steps % 10 == 0:
            GAN.GE.load_state_dict(GAN.G.state_dict())
        else:
            GAN.EMA()
        watch.step(disc_loss.item() - default(last_gp_loss, 0.0), gen_loss.item())
    return GAN.generate_


def ema_of_one(watch, seed, turns):
    """beta = 1 - 1 // half_life: an integer division, so that the average never moves."""
    torch.manual_seed(seed)
    images, half_life = torch.from_numpy(digits()[0]), 100
    gan = LightweightGAN(latent_dim=16, dim=96, out_dim=64, lr=5e-4, beta=1 - 1 // half_life)
    watch.start(**gan.parts(), sample=lambda n: gan.generate_(n).clamp(-1, 1).view(n, 8, 8))
    for _ in range(turns):
        real = watch.real(images[torch.randperm(len(images))[:64]])
        fake = gan.G(torch.randn(64, 16))
        d_loss = F.softplus(gan.D(real)) + F.softplus(-gan.D(fake.detach()))
        gan.D_opt.zero_grad()
        d_loss.mean().backward()
        gan.D_opt.step()
        g_loss = F.softplus(gan.D(fake)).mean()
        gan.G_opt.zero_grad()
        g_loss.backward()
        gan.G_opt.step()
        gan.EMA()
        watch.step(d_loss.mean(), g_loss)
    return lambda n: gan.generate_(n).clamp(-1, 1).view(n, 8, 8)


def ema_the_other_way(watch, seed, turns):
    """lerp's weight belongs to the new weights: the "average" is G itself, a thousandth behind."""
    torch.manual_seed(seed)
    ds, decay = torch.from_numpy(moons(8000, np.random.default_rng(seed))), 0.995
    net = LightweightGAN(latent_dim=4, dim=64, out_dim=2)

    def update_moving_average():
        for ma, cur in zip(net.GE.parameters(), net.G.parameters(), strict=True):
            ma.data.lerp_(cur.data, decay)

    data_iter = cycle(torch.utils.data.DataLoader(ds, batch_size=128, shuffle=True))
    watch.start(**net.parts(), sample=net.generate_)
    for _ in range(turns):
        x = watch.real(next(data_iter))
        net.D_opt.zero_grad()
        images = torch.cat((x, net.generate_(len(x), net.G))).requires_grad_()
        logits = net.D(images)
        logits_diff = logits[: len(x)] - logits[len(x) :]
        loss_d = F.softplus(logits_diff).mean() + gradient_penalty(images, logits, weight=0.1)
        loss_d.backward()
        net.D_opt.step()
        net.G_opt.zero_grad()
        logits_diff = net.D(net.G(torch.randn(len(x), 4))) - net.D(x)
        loss_g = F.softplus(logits_diff).mean()
        loss_g.backward()
        net.G_opt.step()
        update_moving_average()
        watch.step(loss_d.item(), loss_g.item())
    return net.generate_


def root_of_zero(watch, seed, turns):
    """D's head starts at zero, so that the penalty takes the root of a zero gradient: NaN."""
    torch.manual_seed(seed)
    ds = torch.from_numpy(grid(5000, np.random.default_rng(seed), side=2, gap=2.0, sd=0.2))
    gan = LightweightGAN(latent_dim=2, dim=64, out_dim=2)
    nn.init.zeros_(gan.D[-1].weight)
    batches = cycle(torch.utils.data.DataLoader(ds, batch_size=100, shuffle=True))
    watch.start(**gan.parts(), sample=lambda n: gan.generate_(n, gan.G))
    for _ in range(turns):
        x = watch.real(next(batches))
        eps, fake = torch.rand(len(x), 1), gan.generate_(len(x), gan.G)
        between = torch.lerp(fake, x, eps).requires_grad_()
        (slope,) = torch_grad(gan.D(between).sum(), between, create_graph=True)
        norms = einsum("b d, b d -> b", slope, slope).sqrt()
        loss_d = gan.D(x).mean() - gan.D(fake).mean() + 5 * ((norms - 1) ** 2).mean()
        gan.D_opt.zero_grad()
        loss_d.backward()
        gan.D_opt.step()
        loss_g = gan.D(gan.G(torch.randn(len(x), 2))).mean()
        gan.G_opt.zero_grad()
        loss_g.backward()
        gan.G_opt.step()
        watch.step(loss_d, loss_g)
    return lambda n: gan.generate_(n, gan.G)


PROGRAMS = (
    Program(swiss_roll_with_ema, 2200, "swiss", swiss),
    Program(
        ema_of_one,
        800,
        "digits",
        some_digits,
        ("average never moves", "another net draws the samples"),
    ),
    Program(ema_the_other_way, 1500, "moons", moons, ("average is no average",), text_only=True),
    Program(
        root_of_zero,
        300,
        "grid4",
        lambda n, rng: grid(n, rng, side=2, gap=2.0, sd=0.2),
        ("square root of zero", "diverged"),
    ),
)
