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


@dataclass
class Cfg:
    net: NetCfg
    batch: int = 128
    lr_g: float = 1e-3
    lr_d: float = 1e-3
    betas: tuple = (0.5, 0.999)


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


def build(cfg, seed):
    torch.manual_seed(seed)
    G, D = build_generator(cfg.net), build_critic(cfg.net)
    optim_g = torch.optim.Adam(G.parameters(), lr=cfg.lr_g, betas=cfg.betas)
    optim_d = torch.optim.Adam(D.parameters(), lr=cfg.lr_d, betas=cfg.betas)
    return G, D, optim_g, optim_d


def start(watch, G, D, optim_g, optim_d, cfg, shadow=None):
    sample = Sampler(shadow or G, cfg.net.z_dim)
    watch.start(G=G, D=D, opt_G=optim_g, opt_D=optim_d, sample=sample)
    return sample


def update(optim, loss):
    optim.zero_grad(set_to_none=True)
    loss.backward()
    optim.step()
    return loss.item()


def lindqvist_decay(watch, seed, turns):
    cfg, gamma = Cfg(NetCfg()), 0.97  # per epoch
    train_set = torch.from_numpy(data.checker(6400, np.random.default_rng(seed)))
    G, D, *optims = build(cfg, seed)
    optim_g, optim_d = optims
    sched_g, sched_d = (torch.optim.lr_scheduler.ExponentialLR(o, gamma) for o in optims)
    sample = start(watch, G, D, optim_g, optim_d, cfg)

    it = 0
    while it < turns:
        for idx in torch.randperm(len(train_set)).split(cfg.batch):
            x = watch.real(train_set[idx])
            z = torch.randn(len(x), cfg.net.z_dim)
            fake = G(z)
            loss_d = update(optim_d, F.softplus(-D(x)).mean() + F.softplus(D(fake.detach())).mean())
            loss_g = update(optim_g, F.softplus(-D(fake)).mean())
            sched_g.step()
            sched_d.step()
            watch.step(loss_d, loss_g)
            it += 1
            if it == turns:
                break
    return sample


def lindqvist_r1(watch, seed, turns):
    cfg, gamma = Cfg(NetCfg(width=80), batch=96, betas=(0.99, 0.0)), 0.2
    rng = np.random.default_rng(seed)
    G, D, optim_g, optim_d = build(cfg, seed)
    sample = start(watch, G, D, optim_g, optim_d, cfg)

    for _ in range(turns):
        x = watch.real(torch.from_numpy(data.swiss(cfg.batch, rng))).requires_grad_()
        fake = G(torch.randn(cfg.batch, cfg.net.z_dim))

        out = D(x)
        (dx,) = torch.autograd.grad(out.sum(), x, create_graph=True)
        r1 = dx.pow(2).sum(1).mean()
        loss_d = F.softplus(-out).mean() + F.softplus(D(fake.detach())).mean() + 0.5 * gamma * r1
        loss_d = update(optim_d, loss_d)
        watch.step(loss_d, update(optim_g, F.softplus(-D(fake)).mean()))
    return sample


def lindqvist_large_lr(watch, seed, turns):
    cfg = Cfg(NetCfg(z_dim=4), lr_g=2e-1, lr_d=2e-1)
    rng = np.random.default_rng(seed)
    G, D, optim_g, optim_d = build(cfg, seed)
    sample = start(watch, G, D, optim_g, optim_d, cfg)

    for _ in range(turns):
        x = watch.real(torch.from_numpy(data.pair(cfg.batch, rng)))
        fake = G(torch.randn(cfg.batch, cfg.net.z_dim))
        loss_d = 0.5 * (D(x) - 1).pow(2).mean() + 0.5 * D(fake.detach()).pow(2).mean()
        loss_d = update(optim_d, loss_d)
        loss_g = update(optim_g, 0.5 * (D(fake) - 1).pow(2).mean())
        watch.step(loss_d, loss_g)
    return sample


def lindqvist_sn_hinge(watch, seed, turns):
    cfg = Cfg(NetCfg(sn=True, width=96), batch=64, lr_d=6e-3, betas=(0.0, 0.9))
    n_dis, gain = 5, 4.0  # gain: the critic's Lipschitz constant
    rng = np.random.default_rng(seed)
    G, D, optim_g, optim_d = build(cfg, seed)
    sample = start(watch, G, D, optim_g, optim_d, cfg)

    for _ in range(turns):
        for _ in range(n_dis):
            x = watch.real(torch.from_numpy(data.grid(cfg.batch, rng, side=3, gap=1.5, sd=0.08)))
            with torch.no_grad():
                fake = G(torch.randn(cfg.batch, cfg.net.z_dim))
            hinge = F.relu(1 - gain * D(x)).mean() + F.relu(1 + gain * D(fake)).mean()
            loss_d = update(optim_d, hinge)

        fake = G(torch.randn(2 * cfg.batch, cfg.net.z_dim))
        watch.step(loss_d, update(optim_g, -gain * D(fake).mean()))
    return sample


def lindqvist_accumulate(watch, seed, turns):
    @dataclass
    class AccCfg(Cfg):
        batch: int = 32  # real points in a micro-batch
        n_fake: int = 64  # fake points in a micro-batch
        accumulate: int = 4
        betas: tuple = (0.5, 0.99)
        ema: float = 0.98

    cfg = AccCfg(NetCfg())
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    G, D = build_generator(cfg.net), build_critic(cfg.net)
    shadow = deepcopy(G).eval()
    optim_g = torch.optim.AdamW(G.parameters(), lr=cfg.lr_g, betas=cfg.betas, weight_decay=1e-4)
    optim_d = torch.optim.AdamW(D.parameters(), lr=cfg.lr_d, betas=cfg.betas, weight_decay=1e-2)
    linear = lambda it: min(1.0, 2 * (1 - it / turns) + 0.02)  # noqa: E731
    scheds = [torch.optim.lr_scheduler.LambdaLR(o, linear) for o in (optim_g, optim_d)]
    sample = start(watch, G, D, optim_g, optim_d, cfg, shadow)

    for _ in range(turns):
        total_d = total_g = 0.0
        optim_d.zero_grad(set_to_none=True)
        for _ in range(cfg.accumulate):
            x = watch.real(torch.from_numpy(data.grid4(cfg.batch, rng)))
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
