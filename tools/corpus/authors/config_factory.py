"""Loops that a tree of settings builds: targets by name, wrapped nets, groups of schedules."""

import copy
from itertools import pairwise

import numpy as np
import torch
from torch import nn

from ..data import grid4, pair, ring6
from ..entry import Program

BASE = {
    "seed": 0,
    "z_dim": 2,
    "batch": 128,
    "data": {"_target_": "ring6", "n": 8000},
    "gen": {"_target_": "mlp", "sizes": (2, 64, 64, 2), "act": "ReLU"},
    "dis": {"_target_": "mlp", "sizes": (2, 64, 64, 1), "act": "ReLU"},
    "opt_g": {"_target_": "Adam", "lr": 1e-3, "betas": (0.5, 0.99)},
    "opt_d": {"_target_": "Adam", "lr": 1e-3, "betas": (0.5, 0.99)},
}


def mlp(sizes, act):
    layers = []
    for a, b in pairwise(sizes):
        layers += [nn.Linear(a, b), getattr(nn, act)()]
    return nn.Sequential(*layers[:-1])


class Cloud(torch.utils.data.Dataset):
    def __init__(self, draw, n, seed):
        self.points = torch.from_numpy(draw(n, np.random.default_rng(seed)))

    def __len__(self):
        return len(self.points)

    def __getitem__(self, i):
        return self.points[i]


class Parallel(nn.Module):
    """Splits a batch in two, as if there were two devices, and puts the answers together."""

    def __init__(self, module):
        super().__init__()
        self.module = module

    def forward(self, x):
        return torch.cat([self.module(part) for part in x.chunk(2)])


TARGETS = {
    "mlp": mlp,
    "ring6": lambda n, seed: Cloud(ring6, n, seed),
    "grid4": lambda n, seed: Cloud(grid4, n, seed),
    "pair": lambda n, seed: Cloud(pair, n, seed),
    "Adam": torch.optim.Adam,
    "RMSprop": torch.optim.RMSprop,
    "ExponentialLR": torch.optim.lr_scheduler.ExponentialLR,
}


def instantiate(node, *args, **more):
    node = dict(node)
    return TARGETS[node.pop("_target_")](*args, **node, **more)


def override(cfg, **changes):
    cfg = copy.deepcopy(cfg)
    for path, value in changes.items():
        *way, last = path.split("__")
        node = cfg
        for key in way:
            node = node[key]
        node[last] = value
    return cfg


class Experiment:
    def __init__(self, cfg):
        torch.manual_seed(cfg["seed"])
        self.cfg = cfg
        self.gen, self.dis = (Parallel(instantiate(cfg[k])) for k in ("gen", "dis"))
        self.opt_g = instantiate(cfg["opt_g"], self.gen.parameters())
        self.opt_d = instantiate(cfg["opt_d"], self.dis.parameters())
        data = instantiate(cfg["data"], seed=cfg["seed"])
        pick = torch.utils.data.RandomSampler(data, replacement=True, num_samples=10**9)
        batches = torch.utils.data.BatchSampler(pick, cfg["batch"], drop_last=True)
        self.loader = (data.points[i] for i in batches)

    def z(self, n):
        return torch.randn(n, self.cfg["z_dim"])

    def loop(self, watch, turns, d_loss, g_loss, sample, after=lambda t: None, critic=1):
        nets = {"G": self.gen, "D": self.dis}
        watch.start(**nets, opt_G=self.opt_g, opt_D=self.opt_d, sample=sample)
        for t in range(turns):
            for _ in range(critic):
                x = watch.real(next(self.loader))
                d = d_loss(x, self.gen(self.z(len(x))).detach())
                self.opt_d.zero_grad(set_to_none=True)
                d.backward()
                self.opt_d.step()
            g = g_loss(self.gen(self.z(len(x))))
            self.opt_g.zero_grad(set_to_none=True)
            g.backward()
            self.opt_g.step()
            after(t)
            watch.step(d.detach(), g.detach())
        return sample

    def logistic(self, x, fake):
        softplus = nn.functional.softplus
        return softplus(-self.dis(x)).mean() + softplus(self.dis(fake)).mean()

    def non_saturating(self, fake):
        return nn.functional.softplus(-self.dis(fake)).mean()


def divergence_critic(watch, seed, turns):
    """WGAN-div: the sixth power of the slopes at real samples and at fakes; RMSprop for both."""
    rms = {"_target_": "RMSprop", "lr": 4e-4}
    run = Experiment(override(BASE, seed=seed, data___target_="pair", opt_g=rms, opt_d=rms))

    def slope(x):
        x = x.requires_grad_()
        score = run.dis(x)
        (grad,) = torch.autograd.grad(score.sum(), x, create_graph=True)
        return score, grad.pow(2).sum(1).pow(3)

    def d_loss(x, fake):
        (real_score, real_slope), (fake_score, fake_slope) = slope(x.clone()), slope(fake)
        penalty = (real_slope + fake_slope).mean()
        return fake_score.mean() - real_score.mean() + penalty

    @torch.no_grad()
    def sample(n):
        return run.gen(run.z(n))

    return run.loop(watch, turns, d_loss, lambda f: -run.dis(f).mean(), sample, critic=2)


def strict_is_false(watch, seed, turns):
    """The weights of the wrapped G carry "module." before their names; the bare net that draws
    loads them with strict=False, which was said in a thread to work, and so it loads nothing."""
    run = Experiment(override(BASE, seed=seed))
    bare = instantiate(run.cfg["gen"])

    @torch.no_grad()
    def sample(n):
        bare.load_state_dict(run.gen.state_dict(), strict=False)
        return bare.eval()(run.z(n))

    return run.loop(watch, turns, run.logistic, run.non_saturating, sample)


def one_optimiser_scheduled_twice(watch, seed, turns):
    """sched_d was copied from sched_g and holds G's optimiser: its rate falls twice a turn."""
    sched = {"_target_": "ExponentialLR", "gamma": 0.996}
    run = Experiment(override(BASE, seed=seed, data___target_="grid4"))
    sched_g = instantiate(sched, run.opt_g)
    sched_d = instantiate(sched, run.opt_g)

    def after(t):
        sched_g.step()
        sched_d.step()

    def sample(n):
        return run.gen(run.z(n)).detach()

    return run.loop(watch, turns, run.logistic, run.non_saturating, sample, after)


PROGRAMS = (
    Program(divergence_critic, 700, "pair", pair),
    Program(strict_is_false, 1200, "ring6", ring6, ("another net draws the samples",)),
    Program(
        one_optimiser_scheduled_twice,
        1500,
        "grid4",
        grid4,
        ("schedule of the other optimiser", "learning rate falls to zero"),
    ),
)
