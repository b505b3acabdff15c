"""Haru's ports of JAX code: pure-looking functions, a state passed along, `step` after `step`."""

import itertools
from functools import partial
from typing import NamedTuple

import numpy as np
import torch
from torch import nn
from torch.autograd import grad
from torch.nn.functional import softplus

from corpus.data import grid4, line3, moons
from corpus.entry import Program


class State(NamedTuple):
    gen: nn.Module
    dis: nn.Module
    tx_gen: torch.optim.Optimizer
    tx_dis: torch.optim.Optimizer

    @classmethod
    def create(cls, gen, dis, tx, lr_gen, lr_dis):
        return cls(gen, dis, tx(gen.parameters(), lr_gen), tx(dis.parameters(), lr_dis))


def init(seed):
    torch.manual_seed(seed)
    return torch.Generator().manual_seed(seed), np.random.default_rng(seed)


def dense(*sizes):
    layers = []
    for fan_in, fan_out in itertools.pairwise(sizes):
        layers += [nn.Linear(fan_in, fan_out), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def mlps(dim, data_dim):
    return dense(dim, 64, 64, data_dim), dense(data_dim, 64, 64, 1)


def key_to_noise(key, dim, n):
    return torch.randn(n, dim, generator=key)


def sampler(watch, state, noise):
    def draw(n):
        with torch.no_grad():
            return state.gen(noise(n)).numpy()

    watch.start(G=state.gen, D=state.dis, opt_G=state.tx_gen, opt_D=state.tx_dis, sample=draw)
    return draw


def update(tx, loss):
    tx.zero_grad()
    loss.backward()
    tx.step()
    return loss.item()


def haru_clip(watch, seed, turns):
    """WGAN, first version of the paper."""
    key, rng = init(seed)
    state = State.create(*mlps(4, 2), torch.optim.RMSprop, 5e-4, 5e-4)
    noise = partial(key_to_noise, key, 4)
    sample = sampler(watch, state, noise)

    def critic_step(state, x, clip=0.1):
        gap = state.dis(x).mean() - state.dis(state.gen(noise(len(x))).detach()).mean()
        loss = update(state.tx_dis, -gap)
        for w in state.dis.parameters():
            w.data.clamp(-clip, clip)
        return loss

    def gen_step(state, n):
        return update(state.tx_gen, -state.dis(state.gen(noise(n))).mean())

    for _ in range(turns):
        for _ in range(3):
            d = critic_step(state, watch.real(torch.from_numpy(grid4(128, rng))))
        watch.step(d, gen_step(state, 128))
    return sample


def haru_uniform(watch, seed, turns):
    """Non-saturating, from the flax example."""
    key, rng = init(seed)
    state = State.create(*mlps(5, 2), partial(torch.optim.Adam, betas=(0.0, 0.99)), 5e-4, 1e-3)
    latent = lambda n: torch.rand(n, 5, generator=key)  # noqa: E731
    sample = sampler(watch, state, partial(key_to_noise, key, 5))

    def step(state, x):
        fake = state.gen(latent(len(x)))
        d = softplus(-state.dis(x)).mean() + softplus(state.dis(fake.detach())).mean()
        d = update(state.tx_dis, d)
        return d, update(state.tx_gen, softplus(-state.dis(fake)).mean())

    for _ in range(turns):
        x = watch.real(torch.from_numpy(moons(128, rng)))
        watch.step(*step(state, x))
    return sample


def haru_value_and_grad(watch, seed, turns):
    """Both players by value_and_grad at the same point, then both updates: no backward."""
    key, rng = init(seed)
    state = State.create(*mlps(2, 1), partial(torch.optim.Adam, betas=(0.5, 0.9)), 1e-3, 1e-3)
    noise = partial(key_to_noise, key, 2)
    sample = sampler(watch, state, noise)

    def losses(state, x, z):
        on_real, on_fake = state.dis(x), state.dis(state.gen(z))
        return softplus(-on_real).mean() + softplus(on_fake).mean(), softplus(-on_fake).mean()

    def apply(tx, params, grads):
        for p, g in zip(params, grads, strict=True):
            p.grad = g
        tx.step()

    for _ in range(turns):
        x = watch.real(torch.from_numpy(line3(256, rng)))
        d, g = losses(state, x, noise(256))
        dis_params, gen_params = list(state.dis.parameters()), list(state.gen.parameters())
        dis_grads = grad(d, dis_params, retain_graph=True)
        gen_grads = grad(g, gen_params)
        apply(state.tx_dis, dis_params, dis_grads)
        apply(state.tx_gen, gen_params, gen_grads)
        watch.step(d.item(), g.item())
    return sample


PROGRAMS = [
    Program(haru_clip, 2500, "grid4", grid4, ("no constraint on the critic",)),
    Program(haru_uniform, 3000, "moons", moons, ("samples drawn from another latent",)),
    Program(haru_value_and_grad, 2500, "line3", line3),
]
