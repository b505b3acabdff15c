"""After StyleGAN: a mapping net, modulated layers, lazy R1, an average of G and truncation."""

import copy
import math

import numpy as np
import torch
from torch import autograd, nn
from torch.nn import functional as F

from ..data import grid, ring, ring6, swiss
from ..entry import Program


def grid9(n, rng):
    return grid(n, rng, side=3, sd=0.1)


class EqualLinear(nn.Module):
    def __init__(self, i, o, lr_mul=1.0, bias=0.0):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(o, i) / lr_mul)
        self.bias = nn.Parameter(torch.full((o,), float(bias)))
        self.scale, self.lr_mul = lr_mul / math.sqrt(i), lr_mul

    def forward(self, x):
        return F.linear(x, self.weight * self.scale, self.bias * self.lr_mul)


class Styled(nn.Module):
    """A layer whose inputs are scaled by the style, and whose outputs have unit length."""

    def __init__(self, i, o, w):
        super().__init__()
        self.style = EqualLinear(w, i, bias=1.0)
        self.fc = EqualLinear(i, o)

    def forward(self, x, w):
        return F.leaky_relu(self.fc(x * self.style(w)), 0.2) * math.sqrt(2)


class StyleGenerator(nn.Module):
    def __init__(self, z_dim=8, w_dim=32, width=64):
        super().__init__()
        self.z_dim = z_dim
        self.mapping = nn.Sequential(
            EqualLinear(z_dim, w_dim, 0.3), nn.LeakyReLU(0.2), EqualLinear(w_dim, w_dim, 0.3),
            nn.LeakyReLU(0.2),
        )  # fmt: skip
        self.const = nn.Parameter(torch.randn(1, width))
        self.layers = nn.ModuleList([Styled(width, width, w_dim) for _ in range(2)])
        self.to_point = EqualLinear(width, 2)
        self.register_buffer("w_avg", torch.zeros(w_dim))

    def style(self, z):
        return self.mapping(z * torch.rsqrt(z.square().mean(1, keepdim=True) + 1e-8))

    def synthesis(self, w):
        x = self.const.expand(len(w), -1)
        for layer in self.layers:
            x = layer(x, w)
        return self.to_point(x)

    def forward(self, z):
        return self.synthesis(self.style(z))


def critic(width=96):
    return nn.Sequential(
        EqualLinear(2, width), nn.LeakyReLU(0.2), EqualLinear(width, width), nn.LeakyReLU(0.2),
        EqualLinear(width, width), nn.LeakyReLU(0.2), EqualLinear(width, 1),
    )  # fmt: skip


def accumulate(model1, model2, decay=0.998):
    """model1 becomes decay * model1 + (1 - decay) * model2."""
    par1, par2 = dict(model1.named_parameters()), dict(model2.named_parameters())
    for k in par1:
        par1[k].data.mul_(decay).add_(par2[k].data, alpha=1 - decay)


def lazy_adam(net, lr, every):
    ratio = every / (every + 1)
    return torch.optim.Adam(net.parameters(), lr=lr * ratio, betas=(0.0, 0.99**ratio))


def lazy_r1_and_average(watch, seed, turns):
    """R1 in every eighth turn, eight times as strong; samples come from the average of G."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    every, r1, batch = 8, 0.05, 128
    generator, discriminator = StyleGenerator(), critic()
    g_ema = copy.deepcopy(generator).eval().requires_grad_(False)
    g_optim = torch.optim.Adam(generator.parameters(), lr=2e-3, betas=(0.0, 0.99))
    d_optim = lazy_adam(discriminator, 3e-3, every)

    def sample(n):
        return g_ema(torch.randn(n, generator.z_dim))

    watch.start(G=generator, D=discriminator, opt_G=g_optim, opt_D=d_optim, sample=sample)
    for i in range(turns):
        real = watch.real(torch.from_numpy(ring6(batch, rng)))
        with torch.no_grad():
            fake = generator(torch.randn(batch, generator.z_dim))
        d_loss = F.softplus(-discriminator(real)).mean()
        d_loss = d_loss + F.softplus(discriminator(fake)).mean()
        d_optim.zero_grad()
        d_loss.backward()
        d_optim.step()
        if i % every == 0:
            points = real.clone().requires_grad_()
            (slope,) = autograd.grad(discriminator(points).sum(), points, create_graph=True)
            d_optim.zero_grad()
            (r1 / 2 * slope.square().sum(1).mean() * every).backward()
            d_optim.step()
        g_loss = F.softplus(-discriminator(generator(torch.randn(batch, generator.z_dim)))).mean()
        g_optim.zero_grad()
        g_loss.backward()
        g_optim.step()
        accumulate(g_ema, generator)
        watch.step(d_loss.item(), g_loss.item())
    return sample


def average_into_the_net(watch, seed, turns):
    """accumulate's arguments are swapped: the untrained copy goes into G, and is drawn from."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed + 3)
    args = {"batch": 100, "lr": 2e-3, "r1": 0.1, "accum": 0.5 ** (32 / 10_000)}
    netG = StyleGenerator(z_dim=6)
    netD = critic(80)
    ema = copy.deepcopy(netG)
    optG = torch.optim.Adam(netG.parameters(), args["lr"], (0.0, 0.99))
    optD = torch.optim.Adam(netD.parameters(), args["lr"], (0.0, 0.99))

    @torch.no_grad()
    def evaluate(n):
        return ema(torch.randn(n, 6)).numpy()

    watch.start(G=netG, D=netD, opt_G=optG, opt_D=optD, sample=evaluate)
    for _ in range(turns):
        x = watch.real(torch.from_numpy(grid9(args["batch"], rng))).requires_grad_()
        out = netD(x)
        slope = autograd.grad(out.sum(), x, create_graph=True)[0]
        fooled = netD(netG(torch.randn(len(x), 6)).detach())
        loss_D = F.softplus(-out).mean() + F.softplus(fooled).mean()
        optD.zero_grad(set_to_none=True)
        (loss_D + args["r1"] / 2 * slope.pow(2).sum(1).mean()).backward()
        optD.step()
        loss_G = F.softplus(-netD(netG(torch.randn(len(x), 6)))).mean()
        optG.zero_grad(set_to_none=True)
        loss_G.backward()
        optG.step()
        accumulate(netG, ema, args["accum"])
        watch.step(loss_D, loss_G)
    return evaluate


def truncated_the_other_way(watch, seed, turns):
    """Truncation psi 0.95 is the weight of the average style: samples are drawn to the mean."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    PSI, N = 0.95, 128
    G, D = StyleGenerator(z_dim=5, w_dim=24), critic()
    opt_G = torch.optim.Adam(G.parameters(), lr=1.5e-3, betas=(0.0, 0.99))
    opt_D = torch.optim.Adam(D.parameters(), lr=2.5e-3, betas=(0.0, 0.99))

    def track(w, beta=0.99):
        G.w_avg.copy_(w.detach().mean(0).lerp(G.w_avg, beta))

    def truncated(n):
        with torch.no_grad():
            w = G.style(torch.randn(n, G.z_dim))
            return G.synthesis(torch.lerp(w, G.w_avg.expand_as(w), PSI))

    watch.start(G=G, D=D, opt_G=opt_G, opt_D=opt_D, sample=truncated)
    for _ in range(turns):
        x = watch.real(torch.from_numpy(ring(N, rng)))
        w = G.style(torch.randn(N, G.z_dim))
        track(w)
        fake = G.synthesis(w)
        d_loss = F.relu(1 - D(x)).mean() + F.relu(1 + D(fake.detach())).mean()
        opt_D.zero_grad()
        d_loss.backward()
        opt_D.step()
        g_loss = -D(fake).mean()
        opt_G.zero_grad()
        g_loss.backward()
        opt_G.step()
        watch.step(d_loss.item(), g_loss.item())
    return truncated


def r1_over_the_batch(watch, seed, turns):
    """The penalty adds up over 256 samples where it is to be their mean, weight 10, lazily."""
    torch.manual_seed(seed)
    generator = np.random.default_rng(seed)
    G, D = StyleGenerator(), critic(64)
    reg_interval, gamma, minibatch = 4, 10.0, 256
    G_opt = torch.optim.Adam(G.parameters(), lr=2e-3, betas=(0.0, 0.99))
    D_opt = lazy_adam(D, 2e-3, reg_interval)

    def run_D_reg(images):
        images = images.detach().requires_grad_(True)
        grads = autograd.grad(outputs=D(images).sum(), inputs=images, create_graph=True)[0]
        return grads.square().sum() * (gamma / 2) * reg_interval

    def snapshot(n):
        return G(torch.randn(n, 8)).detach()

    watch.start(G=G, D=D, opt_G=G_opt, opt_D=D_opt, sample=snapshot)
    for cur in range(turns):
        images = watch.real(torch.from_numpy(swiss(minibatch, generator)))
        # Gmain
        Gmain = F.softplus(-D(G(torch.randn(minibatch, 8)))).mean()
        G_opt.zero_grad()
        Gmain.backward()
        G_opt.step()
        # Dmain
        Dmain = F.softplus(D(snapshot(minibatch))).mean() + F.softplus(-D(images)).mean()
        D_opt.zero_grad()
        Dmain.backward()
        D_opt.step()
        # Dreg
        if cur % reg_interval == 0:
            D_opt.zero_grad()
            run_D_reg(images).backward()
            D_opt.step()
        watch.step(Dmain.item(), Gmain.item())
    return snapshot


PROGRAMS = (
    Program(lazy_r1_and_average, 1800, "ring6", ring6),
    # answer: "accumulate(netG, ema) should be accumulate(ema, netG): the average never moved."
    Program(average_into_the_net, 1500, "grid9", grid9, ("average never moves",)),
    # answer: "I swapped the ends of lerp: psi 0.95 left a twentieth of the variation."
    Program(truncated_the_other_way, 1800, "ring", ring, ("truncation the wrong way",)),
    # answer: "R1 was the sum over the batch, not the mean, so it was 256 times too strong."
    Program(r1_over_the_batch, 1500, "swiss", swiss, ("penalty too strong",)),
)
