"""Loops of a JAX user: a train state, keys that are split, pure steps, a scan over batches."""

from itertools import pairwise
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.func import functional_call, grad_and_value, vmap

from ..data import checker, grid, line, ring
from ..entry import Program


class Key:
    """A splittable seed, in place of the global random state."""

    def __init__(self, seed):
        self.seed = seed % (2**62)

    def split(self, n=2):
        return [Key(hash((self.seed, i)) % (2**62)) for i in range(n)]

    def normal(self, *shape):
        return torch.randn(*shape, generator=torch.Generator().manual_seed(self.seed))


class TrainState(NamedTuple):
    apply_fn: nn.Module
    params: dict
    tx: torch.optim.Optimizer

    @classmethod
    def create(cls, model, learning_rate, **adam):
        params = dict(model.named_parameters())
        return cls(model, params, torch.optim.Adam(params.values(), learning_rate, **adam))

    def __call__(self, *inputs, params=None):
        return functional_call(self.apply_fn, params or self.params, inputs)

    def frozen(self):
        return {name: value.detach() for name, value in self.params.items()}

    def apply_gradients(self, grads):
        for name, value in self.params.items():
            value.grad = grads[name]
        self.tx.step()
        return self


class Dense(nn.Sequential):
    def __init__(self, features, act=nn.SiLU):
        super().__init__()
        for i, (a, b) in enumerate(pairwise(features)):
            if i:
                self.append(act())
            self.append(nn.Linear(a, b))


def scan(f, carry, xs):
    ys = []
    for x in xs:
        carry, y = f(carry, x)
        ys.append(y)
    return carry, ys


def train_state(watch, seed, turns):
    """Both gradients are taken at the same weights, by torch.func, and then applied."""
    torch.manual_seed(seed)
    rng, latents = np.random.default_rng(seed), 3
    state_g = TrainState.create(Dense((latents, 96, 96, 2)), 1e-3, betas=(0.5, 0.95))
    state_d = TrainState.create(Dense((2, 96, 96, 1)), 1.5e-3, betas=(0.5, 0.95))

    def loss_fn_d(params, x, z):
        fake = state_g(z, params=state_g.frozen())
        logits = state_d(torch.cat([x, fake]), params=params).reshape(2, -1)
        return -nn.functional.logsigmoid(logits[0]).mean() + logits[1].exp().log1p().mean()

    def loss_fn_g(params, z):
        logits = state_d(state_g(z, params=params), params=state_d.frozen())
        return -nn.functional.logsigmoid(logits).mean()

    def train_step(carry, x):
        state_g, state_d, key = carry
        key, key_d, key_g = key.split(3)
        grads_d, loss_d = grad_and_value(loss_fn_d)(
            state_d.frozen(), x, key_d.normal(len(x), latents)
        )
        grads_g, loss_g = grad_and_value(loss_fn_g)(state_g.frozen(), key_g.normal(len(x), latents))
        state_d, state_g = state_d.apply_gradients(grads_d), state_g.apply_gradients(grads_g)
        watch.step(loss_d.item(), loss_g.item())
        return (state_g, state_d, key), (loss_d, loss_g)

    def generate(n):
        return state_g(torch.randn(n, latents), params=state_g.frozen())

    watch.start(
        G=state_g.apply_fn,
        D=state_d.apply_fn,
        opt_G=state_g.tx,
        opt_D=state_d.tx,
        sample=generate,
    )
    xs = (watch.real(torch.from_numpy(ring(128, rng, radius=1.8, sd=0.2))) for _ in range(turns))
    scan(train_step, (state_g, state_d, Key(seed)), xs)
    return generate


def variational_divergence(watch, seed, turns):
    """f-GAN for Pearson's chi-square: V is bounded below by -2, and f*(t) = t * t / 4 + t."""
    torch.manual_seed(seed)
    points = torch.from_numpy(line(20_000, np.random.default_rng(seed), (-1.0, 2.0), 0.35))
    q, v = Dense((1, 48, 48, 1), nn.Tanh), Dense((1, 48, 48, 1), nn.Tanh)
    tx = {"q": torch.optim.Adam(q.parameters(), 1e-3, betas=(0.0, 0.95))}
    tx["v"] = torch.optim.Adam(v.parameters(), 2e-3, betas=(0.0, 0.95))
    activation = torch.nn.functional.softplus
    conjugate = lambda t: t * t / 4 + t  # noqa: E731

    def bound(theta, omega, x, z):
        t_real = activation(vmap(lambda one: functional_call(v, omega, (one,)))(x)) - 2
        t_fake = activation(functional_call(v, omega, (functional_call(q, theta, (z,)),))) - 2
        return t_real.mean() - conjugate(t_fake).mean()

    def params(net):
        return {k: p.detach() for k, p in net.named_parameters()}

    def update(net, optimizer, grads, sign):
        for k, p in net.named_parameters():
            p.grad = sign * grads[k]
        optimizer.step()

    def simulate(n):
        return functional_call(q, params(q), (torch.rand(n, 1) * 6 - 3,))

    watch.start(G=q, D=v, opt_G=tx["q"], opt_D=tx["v"], sample=simulate)
    for step in range(turns):
        x = watch.real(points[step * 100 % len(points) :][:100])
        for who, argnum in (("v", 1), ("q", 0)):
            z = torch.rand(100, 1) * 6 - 3
            grads, value = grad_and_value(bound, argnums=argnum)(params(q), params(v), x, z)
            net, sign = (v, -1) if who == "v" else (q, 1)
            update(net, tx[who], grads, sign)
        watch.step(-value, value)
    return simulate


def key_is_not_split(watch, seed, turns):
    """The carry hands on the old key: every step draws the same normal numbers."""
    torch.manual_seed(seed)
    rng, latents = np.random.default_rng(seed), 2
    gen = TrainState.create(Dense((latents, 64, 64, 2)), 1e-3, betas=(0.5, 0.99))
    disc = TrainState.create(Dense((2, 64, 64, 1)), 1e-3, betas=(0.5, 0.99))

    def train_step(key: Key, x: Tensor):
        _key, subkey = key.split()
        z = subkey.normal(len(x), latents)
        fake = gen(z, params=gen.frozen())

        def loss_fn_d(params):
            return (disc(x, params=params) - 1).square().mean() + disc(
                fake, params=params
            ).square().mean()

        def loss_fn_g(params):
            return (disc(gen(z, params=params), params=disc.frozen()) - 1).square().mean()

        grads, loss_d = grad_and_value(loss_fn_d)(disc.frozen())
        disc.apply_gradients(grads)
        grads, loss_g = grad_and_value(loss_fn_g)(gen.frozen())
        gen.apply_gradients(grads)
        watch.step(loss_d, loss_g)
        return key, loss_g

    @torch.no_grad()
    def sample(n):
        return gen(torch.randn(n, latents))

    watch.start(G=gen.apply_fn, D=disc.apply_fn, opt_G=gen.tx, opt_D=disc.tx, sample=sample)
    data = (watch.real(torch.from_numpy(checker(12, rng, 0.75))) for _ in range(turns))
    scan(train_step, Key(seed), data)
    return sample


def grads_of_the_other_argument(watch, seed, turns):
    """The game is zero-sum and G descends on it as D does: one sign for both updates."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    players = {"gen": Dense((2, 64, 64, 2), nn.ReLU), "disc": Dense((2, 64, 64, 1), nn.ReLU)}
    states = {k: TrainState.create(m, 5e-4, betas=(0.5, 0.9)) for k, m in players.items()}

    def payoff(trees, x, z):
        fake = functional_call(players["gen"], trees["gen"], (z,))
        d_fake = functional_call(players["disc"], trees["disc"], (fake,))
        d_real = functional_call(players["disc"], trees["disc"], (x,))
        return nn.functional.softplus(-d_real).mean() + nn.functional.softplus(d_fake).mean()

    step = grad_and_value(payoff)

    def prior_samples(n):
        with torch.no_grad():
            return players["gen"](torch.randn(n, 2))

    watch.start(
        G=players["gen"],
        D=players["disc"],
        opt_G=states["gen"].tx,
        opt_D=states["disc"].tx,
        sample=prior_samples,
    )
    for _ in range(turns):
        trees = {k: s.frozen() for k, s in states.items()}
        x = watch.real(torch.from_numpy(grid(100, rng, side=2, gap=1.5, sd=0.15)))
        grads, value = step(trees, x, torch.randn(100, 2))
        for k, s in states.items():
            s.apply_gradients(grads[k])
        watch.step(value.item(), value.item())
    return prior_samples


PROGRAMS = (
    Program(train_state, 1500, "ring", lambda n, rng: ring(n, rng, radius=1.8, sd=0.2)),
    Program(variational_divergence, 2000, "line", lambda n, rng: line(n, rng, (-1.0, 2.0), 0.35)),
    Program(
        key_is_not_split,
        1200,
        "checker",
        lambda n, rng: checker(n, rng, 0.75),
        ("same noise for ever",),
        text_only=True,
    ),
    Program(
        grads_of_the_other_argument,
        800,
        "grid4",
        lambda n, rng: grid(n, rng, side=2, gap=1.5, sd=0.15),
        ("G's step has the wrong sign", "D's loss in G's step"),
    ),
)
