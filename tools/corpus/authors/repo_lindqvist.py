"""A research repository squeezed into one file: configs, builders, a train loop each."""

import itertools
from copy import deepcopy
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.nn.utils.parametrizations import spectral_norm

from corpus import data
from corpus.entry import Program


@dataclass
class NetCfg:
    z_dim: int = 8
    width: int = 64
    depth: int = 2
    out: int = 2
    sn: bool = False


def build_generator(cfg):
    dims = [cfg.z_dim] + [cfg.width] * cfg.depth
    body = []
    for a, b in itertools.pairwise(dims):
        body += [nn.Linear(a, b), nn.ReLU(inplace=True)]
    return nn.Sequential(*body, nn.Linear(dims[-1], cfg.out))


def build_critic(cfg):
    wrap = spectral_norm if cfg.sn else (lambda m: m)
    dims = [cfg.out] + [cfg.width] * cfg.depth
    body = []
    for a, b in itertools.pairwise(dims):
        body += [wrap(nn.Linear(a, b)), nn.LeakyReLU(0.1)]
    return nn.Sequential(*body, wrap(nn.Linear(dims[-1], 1)))


class Sampler:
    def __init__(self, net, z_dim):
        self.net, self.z_dim = net, z_dim

    @torch.inference_mode()
    def __call__(self, n):
        return self.net(torch.randn(n, self.z_dim)).numpy()


def lindqvist_decay(watch, seed, turns):
    @dataclass
    class Cfg:
        net: NetCfg
        batch: int = 128
        n_train: int = 6400
        lr: float = 1e-3
        betas: tuple = (0.5, 0.999)
        gamma: float = 0.97  # per epoch

    cfg = Cfg(NetCfg())
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    train_set = torch.from_numpy(data.checker(cfg.n_train, rng))
    G, D = build_generator(cfg.net), build_critic(cfg.net)
    optim_g = torch.optim.Adam(G.parameters(), lr=cfg.lr, betas=cfg.betas)
    optim_d = torch.optim.Adam(D.parameters(), lr=cfg.lr, betas=cfg.betas)
    sched_g = torch.optim.lr_scheduler.ExponentialLR(optim_g, cfg.gamma)
    sched_d = torch.optim.lr_scheduler.ExponentialLR(optim_d, cfg.gamma)
    sample = Sampler(G, cfg.net.z_dim)
    watch.start(G=G, D=D, opt_G=optim_g, opt_D=optim_d, sample=sample)

    it = 0
    while it < turns:
        for idx in torch.randperm(cfg.n_train).split(cfg.batch):
            x = watch.real(train_set[idx])
            z = torch.randn(len(x), cfg.net.z_dim)
            fake = G(z)

            loss_d = F.softplus(-D(x)).mean() + F.softplus(D(fake.detach())).mean()
            optim_d.zero_grad(set_to_none=True)
            loss_d.backward()
            optim_d.step()

            loss_g = F.softplus(-D(fake)).mean()
            optim_g.zero_grad(set_to_none=True)
            loss_g.backward()
            optim_g.step()

            sched_g.step()
            sched_d.step()
            watch.step(loss_d.item(), loss_g.item())
            it += 1
            if it == turns:
                break
    return sample


def lindqvist_r1(watch, seed, turns):
    @dataclass
    class Cfg:
        net: NetCfg
        batch: int = 96
        lr_g: float = 1e-3
        lr_d: float = 1e-3
        betas: tuple = (0.99, 0.0)
        r1: float = 0.2

    cfg = Cfg(NetCfg(width=80))
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    G, D = build_generator(cfg.net), build_critic(cfg.net)
    optim_g = torch.optim.Adam(G.parameters(), lr=cfg.lr_g, betas=cfg.betas)
    optim_d = torch.optim.Adam(D.parameters(), lr=cfg.lr_d, betas=cfg.betas)
    sample = Sampler(G, cfg.net.z_dim)
    watch.start(G=G, D=D, opt_G=optim_g, opt_D=optim_d, sample=sample)

    for _ in range(turns):
        x = watch.real(torch.from_numpy(data.swiss(cfg.batch, rng))).requires_grad_()
        fake = G(torch.randn(cfg.batch, cfg.net.z_dim))

        out = D(x)
        (dx,) = torch.autograd.grad(out.sum(), x, create_graph=True)
        r1 = dx.pow(2).sum(1).mean()
        loss_d = F.softplus(-out).mean() + F.softplus(D(fake.detach())).mean() + 0.5 * cfg.r1 * r1
        optim_d.zero_grad(set_to_none=True)
        loss_d.backward()
        optim_d.step()

        loss_g = F.softplus(-D(fake)).mean()
        optim_g.zero_grad(set_to_none=True)
        loss_g.backward()
        optim_g.step()
        watch.step(loss_d.item(), loss_g.item())
    return sample


def lindqvist_large_lr(watch, seed, turns):
    @dataclass
    class Cfg:
        net: NetCfg
        batch: int = 128
        lr: float = 2e-1
        beta1: float = 0.5

    cfg = Cfg(NetCfg(z_dim=4))
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    G, D = build_generator(cfg.net), build_critic(cfg.net)
    optim_g = torch.optim.Adam(G.parameters(), lr=cfg.lr, betas=(cfg.beta1, 0.999))
    optim_d = torch.optim.Adam(D.parameters(), lr=cfg.lr, betas=(cfg.beta1, 0.999))
    sample = Sampler(G, cfg.net.z_dim)
    watch.start(G=G, D=D, opt_G=optim_g, opt_D=optim_d, sample=sample)

    for _ in range(turns):
        x = watch.real(torch.from_numpy(data.pair(cfg.batch, rng)))
        fake = G(torch.randn(cfg.batch, cfg.net.z_dim))

        loss_d = 0.5 * (D(x) - 1).pow(2).mean() + 0.5 * D(fake.detach()).pow(2).mean()
        optim_d.zero_grad(set_to_none=True)
        loss_d.backward()
        optim_d.step()

        loss_g = 0.5 * (D(fake) - 1).pow(2).mean()
        optim_g.zero_grad(set_to_none=True)
        loss_g.backward()
        optim_g.step()
        watch.step(loss_d.item(), loss_g.item())
    return sample


def lindqvist_sn_hinge(watch, seed, turns):
    @dataclass
    class Cfg:
        net: NetCfg
        batch: int = 64
        n_dis: int = 5
        lr_g: float = 1e-3
        lr_d: float = 6e-3
        betas: tuple = (0.0, 0.9)

    cfg = Cfg(NetCfg(sn=True, width=96))
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    G, D = build_generator(cfg.net), build_critic(cfg.net)
    optim_g = torch.optim.Adam(G.parameters(), lr=cfg.lr_g, betas=cfg.betas)
    optim_d = torch.optim.Adam(D.parameters(), lr=cfg.lr_d, betas=cfg.betas)
    sample = Sampler(G, cfg.net.z_dim)
    watch.start(G=G, D=D, opt_G=optim_g, opt_D=optim_d, sample=sample)

    gain = 4.0  # the critic's Lipschitz constant
    for _ in range(turns):
        for _ in range(cfg.n_dis):
            x = watch.real(torch.from_numpy(data.grid(cfg.batch, rng, side=3, gap=1.5, sd=0.08)))
            with torch.no_grad():
                fake = G(torch.randn(cfg.batch, cfg.net.z_dim))
            loss_d = F.relu(1 - gain * D(x)).mean() + F.relu(1 + gain * D(fake)).mean()
            optim_d.zero_grad(set_to_none=True)
            loss_d.backward()
            optim_d.step()

        loss_g = -gain * D(G(torch.randn(2 * cfg.batch, cfg.net.z_dim))).mean()
        optim_g.zero_grad(set_to_none=True)
        loss_g.backward()
        optim_g.step()
        watch.step(loss_d.item(), loss_g.item())
    return sample


def lindqvist_accumulate(watch, seed, turns):
    @dataclass
    class Cfg:
        net: NetCfg
        micro: int = 32  # real points in a micro-batch
        n_fake: int = 64  # fake points in a micro-batch
        accumulate: int = 4
        lr: float = 1e-3
        ema: float = 0.98

    cfg = Cfg(NetCfg())
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    G, D = build_generator(cfg.net), build_critic(cfg.net)
    shadow = deepcopy(G).eval()
    optim_g = torch.optim.AdamW(G.parameters(), lr=cfg.lr, betas=(0.5, 0.99), weight_decay=1e-4)
    optim_d = torch.optim.AdamW(D.parameters(), lr=cfg.lr, betas=(0.5, 0.99), weight_decay=1e-2)
    linear = lambda it: min(1.0, 2 * (1 - it / turns) + 0.02)  # noqa: E731
    scheds = [torch.optim.lr_scheduler.LambdaLR(o, linear) for o in (optim_g, optim_d)]
    sample = Sampler(shadow, cfg.net.z_dim)
    watch.start(G=G, D=D, opt_G=optim_g, opt_D=optim_d, sample=sample)

    for _ in range(turns):
        total_d = total_g = 0.0
        optim_d.zero_grad(set_to_none=True)
        for _ in range(cfg.accumulate):
            x = watch.real(torch.from_numpy(data.grid4(cfg.micro, rng)))
            fake = G(torch.randn(cfg.n_fake, cfg.net.z_dim)).detach()
            loss_d = (F.softplus(-D(x)).mean() + F.softplus(D(fake)).mean()) / cfg.accumulate
            loss_d.backward()
            total_d += loss_d.item()
        optim_d.step()

        optim_g.zero_grad(set_to_none=True)
        for _ in range(cfg.accumulate):
            loss_g = (
                F.softplus(-D(G(torch.randn(cfg.n_fake, cfg.net.z_dim)))).mean() / cfg.accumulate
            )
            loss_g.backward()
            total_g += loss_g.item()
        optim_g.step()
        for s in scheds:
            s.step()
        with torch.no_grad():
            for p, q in zip(shadow.parameters(), G.parameters(), strict=True):
                p.lerp_(q, 1 - cfg.ema)
        watch.step(total_d, total_g)
    return sample


PROGRAMS = [
    Program(lindqvist_decay, 4000, "checker", data.checker, ("learning rate falls to zero",)),
    Program(lindqvist_r1, 3000, "swiss", data.swiss, ("Adam's betas swapped",)),
    Program(lindqvist_large_lr, 2500, "pair", data.pair, ("learning rate too high",)),
    Program(
        lindqvist_sn_hinge,
        2500,
        "grid9",
        lambda n, rng: data.grid(n, rng, side=3, gap=1.5, sd=0.08),
    ),
    Program(lindqvist_accumulate, 2500, "grid4", data.grid4),
]
