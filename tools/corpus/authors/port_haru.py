"""Haru's ports of JAX code: pure-looking functions, a state passed along, `step` after `step`."""

import itertools
from functools import partial
from typing import NamedTuple

import numpy as np
import torch
from torch import nn
from torch.autograd import grad

from corpus.data import grid4, line3, moons
from corpus.entry import Program


class State(NamedTuple):
    gen: nn.Module
    dis: nn.Module
    tx_gen: torch.optim.Optimizer
    tx_dis: torch.optim.Optimizer


def dense(*sizes, act=nn.SiLU):
    layers = []
    for fan_in, fan_out in itertools.pairwise(sizes):
        layers += [nn.Linear(fan_in, fan_out), act()]
    return nn.Sequential(*layers[:-1])


def key_to_noise(key, n, dim):
    return torch.randn(n, dim, generator=key)


def draw(gen, noise, n):
    with torch.no_grad():
        return gen(noise(n)).numpy()


def haru_clip(watch, seed, turns):
    """WGAN, first version of the paper."""
    torch.manual_seed(seed)
    key, rng = torch.Generator().manual_seed(seed), np.random.default_rng(seed)
    gen, dis = dense(4, 64, 64, 2, act=nn.ReLU), dense(2, 64, 64, 1, act=nn.ReLU)
    state = State(
        gen,
        dis,
        torch.optim.RMSprop(gen.parameters(), 5e-4),
        torch.optim.RMSprop(dis.parameters(), 5e-4),
    )
    noise = lambda n: key_to_noise(key, n, 4)  # noqa: E731
    sample = partial(draw, gen, noise)
    watch.start(G=state.gen, D=state.dis, opt_G=state.tx_gen, opt_D=state.tx_dis, sample=sample)

    def critic_step(state, x, clip=0.1):
        gap = state.dis(x).mean() - state.dis(state.gen(noise(len(x))).detach()).mean()
        state.tx_dis.zero_grad()
        (-gap).backward()
        state.tx_dis.step()
        for w in state.dis.parameters():
            w.data.clamp(-clip, clip)
        return -gap.item()

    def gen_step(state, n):
        loss = -state.dis(state.gen(noise(n))).mean()
        state.tx_gen.zero_grad()
        loss.backward()
        state.tx_gen.step()
        return loss.item()

    for _ in range(turns):
        for _ in range(3):
            d = critic_step(state, watch.real(torch.from_numpy(grid4(128, rng))))
        watch.step(d, gen_step(state, 128))
    return sample


def haru_uniform(watch, seed, turns):
    """Non-saturating, from the flax example."""
    torch.manual_seed(seed)
    key, rng = torch.Generator().manual_seed(seed), np.random.default_rng(seed)
    gen, dis = dense(5, 64, 64, 2, act=nn.ReLU), dense(2, 64, 64, 1, act=nn.ReLU)
    state = State(
        gen,
        dis,
        torch.optim.Adam(gen.parameters(), 5e-4, (0.0, 0.99)),
        torch.optim.Adam(dis.parameters(), 1e-3, (0.0, 0.99)),
    )
    latent = lambda n: torch.rand(n, 5, generator=key)  # noqa: E731
    sample = partial(draw, gen, lambda n: key_to_noise(key, n, 5))
    watch.start(G=state.gen, D=state.dis, opt_G=state.tx_gen, opt_D=state.tx_dis, sample=sample)
    softplus = nn.functional.softplus

    def update(state, x):
        fake = state.gen(latent(len(x)))
        d = softplus(-state.dis(x)).mean() + softplus(state.dis(fake.detach())).mean()
        state.tx_dis.zero_grad()
        d.backward()
        state.tx_dis.step()
        g = softplus(-state.dis(fake)).mean()
        state.tx_gen.zero_grad()
        g.backward()
        state.tx_gen.step()
        return d.item(), g.item()

    for _ in range(turns):
        x = watch.real(torch.from_numpy(moons(128, rng)))
        watch.step(*update(state, x))
    return sample


def haru_value_and_grad(watch, seed, turns):
    """Both players by value_and_grad at the same point, then both updates: no backward."""
    torch.manual_seed(seed)
    key, rng = torch.Generator().manual_seed(seed), np.random.default_rng(seed)
    gen, dis = dense(2, 64, 64, 1, act=nn.ReLU), dense(1, 64, 64, 1, act=nn.ReLU)
    state = State(
        gen,
        dis,
        torch.optim.Adam(gen.parameters(), 1e-3, (0.5, 0.9)),
        torch.optim.Adam(dis.parameters(), 1e-3, (0.5, 0.9)),
    )
    noise = lambda n: key_to_noise(key, n, 2)  # noqa: E731
    sample = partial(draw, gen, noise)
    watch.start(G=state.gen, D=state.dis, opt_G=state.tx_gen, opt_D=state.tx_dis, sample=sample)
    softplus = nn.functional.softplus

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
