"""Loops with a mapping net and styles, with truncation, path lengths, and nets that grow."""

import copy
import math

import numpy as np
import torch
from torch import autograd, nn, optim
from torch.nn import functional as F

from ..data import digits, ring6, some_digits
from ..entry import Program


class PixelNorm(nn.Module):
    def forward(self, input):
        return input * torch.rsqrt(input.pow(2).mean(1, keepdim=True) + 1e-8)


class EqualLinear(nn.Module):
    """Weights are stored at scale one and scaled when they are used; lr_mul slows them down."""

    def __init__(self, in_dim, out_dim, bias_init=0.0, lr_mul=1.0):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(out_dim, in_dim) / lr_mul)
        self.bias = nn.Parameter(torch.full((out_dim,), bias_init))
        self.scale, self.lr_mul = lr_mul / math.sqrt(in_dim), lr_mul

    def forward(self, input):
        return F.linear(input, self.weight * self.scale, self.bias * self.lr_mul)


class Styled(nn.Module):
    def __init__(self, dim, style_dim):
        super().__init__()
        self.modulation, self.body = EqualLinear(style_dim, dim, 1.0), EqualLinear(dim, dim)

    def forward(self, h, w):
        return math.sqrt(2) * F.leaky_relu(self.body(h * self.modulation(w)), 0.2)


class StyleGenerator(nn.Module):
    def __init__(self, style_dim=8, dim=64, n_out=2):
        super().__init__()
        mapping = []
        for _ in range(2):
            mapping += [EqualLinear(style_dim, style_dim, lr_mul=0.1), nn.LeakyReLU(0.2)]
        self.style, self.style_dim = nn.Sequential(PixelNorm(), *mapping), style_dim
        self.input = nn.Parameter(torch.randn(1, dim))
        self.convs = nn.ModuleList([Styled(dim, style_dim), Styled(dim, style_dim)])
        self.to_point = EqualLinear(dim, n_out)

    def mean_latent(self, n):
        return self.style(torch.randn(n, self.style_dim)).mean(0, keepdim=True)

    def forward(self, z, return_latents=False, truncation=1.0, truncation_latent=None):
        w = self.style(z)
        if truncation < 1:
            w = truncation_latent + truncation * (w - truncation_latent)
        h = self.input
        for conv in self.convs:
            h = conv(h, w)
        out = self.to_point(h)
        return (out, w) if return_latents else out


def critic(n_in=2, dim=64):
    return nn.Sequential(
        EqualLinear(n_in, dim), nn.LeakyReLU(0.2), EqualLinear(dim, dim), nn.LeakyReLU(0.2),
        EqualLinear(dim, 1),
    )  # fmt: skip


def d_r1_loss(real_pred, real_img):
    (grad_real,) = autograd.grad(real_pred.sum(), real_img, create_graph=True)
    return grad_real.pow(2).flatten(1).sum(1).mean()


def g_path_regularize(fake, latents, mean_path_length, decay=0.05):
    noise = torch.randn_like(fake)
    (grad,) = autograd.grad((fake * noise).sum(), latents, create_graph=True)
    lengths = grad.pow(2).sum(1).sqrt()
    path_mean = mean_path_length + decay * (lengths.mean().item() - mean_path_length)
    return (lengths - path_mean).pow(2).mean(), path_mean


def accumulate(model1, model2, decay=0.99):
    par2 = dict(model2.named_parameters())
    for k, p in model1.named_parameters():
        p.data.mul_(decay).add_(par2[k].data, alpha=1 - decay)


def style_ring(watch, seed, turns):
    """Mapping net, R1 every eighth turn, path lengths every eighth, an averaged G that draws."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    generator, discriminator = StyleGenerator(), critic()
    g_ema, mean_path_length = copy.deepcopy(generator).eval(), 0.0
    g_optim = optim.Adam(generator.parameters(), lr=2e-3, betas=(0.0, 0.99))
    d_optim = optim.Adam(discriminator.parameters(), lr=3e-3, betas=(0.0, 0.99))

    @torch.no_grad()
    def sample(n):
        return g_ema(torch.randn(n, 8))

    watch.start(G=generator, D=discriminator, opt_G=g_optim, opt_D=d_optim, sample=sample)
    for i in range(turns):
        real_img = watch.real(torch.from_numpy(ring6(128, rng)))
        fake_img = generator(torch.randn(128, 8))
        real_pred, fake_pred = discriminator(real_img), discriminator(fake_img.detach())
        d_loss = F.softplus(-real_pred).mean() + F.softplus(fake_pred).mean()
        discriminator.zero_grad()
        d_loss.backward()
        d_optim.step()
        if i % 8 == 0:
            real_img = real_img.clone().requires_grad_()
            r1_loss = d_r1_loss(discriminator(real_img), real_img)
            discriminator.zero_grad()
            (0.01 / 2 * r1_loss * 8).backward()
            d_optim.step()
        g_loss = F.softplus(-discriminator(fake_img)).mean()
        generator.zero_grad()
        g_loss.backward()
        g_optim.step()
        if i % 8 == 4:
            fake_img, latents = generator(torch.randn(32, 8), return_latents=True)
            path_loss, mean_path_length = g_path_regularize(fake_img, latents, mean_path_length)
            generator.zero_grad()
            (1e-3 * 8 * path_loss).backward()
            g_optim.step()
        accumulate(g_ema, generator)
        watch.step(d_loss.item(), g_loss.item())
    return sample


def truncated_to_the_middle(watch, seed, turns):
    """Samples are drawn with truncation 0.1, for good-looking ones: all lie near the mean style."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    generator, discriminator = StyleGenerator(dim=80), critic(dim=80)
    g_optim = optim.Adam(generator.parameters(), lr=2e-3, betas=(0.0, 0.99))
    d_optim = optim.Adam(discriminator.parameters(), lr=2e-3, betas=(0.0, 0.99))

    @torch.no_grad()
    def generate(n, truncation=0.1):
        mean_latent = generator.mean_latent(1024)
        z = torch.randn(n, generator.style_dim)
        return generator(z, truncation=truncation, truncation_latent=mean_latent)

    watch.start(G=generator, D=discriminator, opt_G=g_optim, opt_D=d_optim, sample=generate)
    for _ in range(turns):
        real = watch.real(torch.from_numpy(ring6(100, rng)))
        d_optim.zero_grad()
        with torch.no_grad():
            fake = generator(torch.randn(100, 8))
        pred = discriminator(torch.cat([real, fake]))
        d_loss = F.softplus(-pred[:100]).mean() + F.softplus(pred[100:]).mean()
        d_loss.backward()
        d_optim.step()
        g_optim.zero_grad()
        g_loss = F.softplus(-discriminator(generator(torch.randn(100, 8)))).mean()
        g_loss.backward()
        g_optim.step()
        watch.step(d_loss.item(), g_loss.item())
    return generate


class Growing(nn.Module):
    """First 4x4 pixels, then 8x8; alpha fades the second in."""

    def __init__(self, z_dim=16, dim=96):
        super().__init__()
        self.z_dim, self.first = z_dim, nn.Sequential(nn.Linear(z_dim, dim), nn.LeakyReLU(0.2))
        self.to_rgb_4, self.to_rgb_8 = nn.Linear(dim, 16), nn.Linear(dim, 64)
        self.second = nn.Sequential(nn.Linear(dim, dim), nn.LeakyReLU(0.2))

    def forward(self, z, alpha):
        h = self.first(z)
        small = self.to_rgb_4(h).view(-1, 1, 4, 4)
        skip = F.interpolate(small, scale_factor=2).flatten(1)
        return torch.tanh((1 - alpha) * skip + alpha * self.to_rgb_8(self.second(h)))


class Shrinking(nn.Module):
    def __init__(self, dim=96):
        super().__init__()
        self.from_rgb_8, self.from_rgb_4 = nn.Linear(64, dim), nn.Linear(16, dim)
        self.second, self.last = nn.Linear(dim, dim), nn.Linear(dim, 1)
        self.alpha = 0.0

    def forward(self, x):
        small = F.avg_pool2d(x.view(-1, 1, 8, 8), 2).flatten(1)
        skip = F.leaky_relu(self.from_rgb_4(small), 0.2)
        new = F.leaky_relu(self.second(F.leaky_relu(self.from_rgb_8(x), 0.2)), 0.2)
        return self.last((1 - self.alpha) * skip + self.alpha * new)


def fade_in_stands_still(watch, seed, turns):
    """alpha = iteration // phase is zero for the whole phase: the new layers have no part in it."""
    torch.manual_seed(seed)
    images, phase = torch.from_numpy(digits()[0]), turns
    generator, discriminator = Growing(), Shrinking()
    g_optimizer = optim.Adam(generator.parameters(), lr=1e-3, betas=(0.5, 0.99))
    d_optimizer = optim.Adam(discriminator.parameters(), lr=1e-3, betas=(0.5, 0.99))
    alpha = 0.0

    def sample(n):
        with torch.no_grad():
            return generator(torch.randn(n, 16), alpha)

    watch.start(G=generator, D=discriminator, opt_G=g_optimizer, opt_D=d_optimizer, sample=sample)
    for iteration in range(turns):
        alpha = discriminator.alpha = min(1, iteration // phase)
        real = watch.real(images[torch.randint(len(images), (64,))])
        fake = generator(torch.randn(64, 16), alpha)
        disc_loss = F.softplus(-discriminator(real)) + F.softplus(discriminator(fake.detach()))
        d_optimizer.zero_grad()
        disc_loss.mean().backward()
        d_optimizer.step()
        gen_loss = F.softplus(-discriminator(fake)).mean()
        g_optimizer.zero_grad()
        gen_loss.backward()
        g_optimizer.step()
        watch.step(disc_loss.mean().item(), gen_loss.item())
    return sample


PROGRAMS = (
    Program(style_ring, 1700, "ring6", ring6),
    Program(truncated_to_the_middle, 1200, "ring6", ring6, ("samples drawn from another latent",)),
    Program(
        fade_in_stands_still,
        900,
        "digits",
        some_digits,
        ("weights get no gradient",),
        text_only=True,
    ),
)
