"""Loops of somebody who comes from JAX: parameters as dictionaries, pure functions, closures."""

from functools import partial
from itertools import pairwise

import numpy as np
import torch
from torch import nn
from torch.func import functional_call, grad_and_value

from ..data import grid, line, moons, pair, ring
from ..entry import Program

softplus = nn.functional.softplus


def stack(*widths, act=nn.SiLU):
    cells = []
    for a, b in pairwise(widths):
        cells += [nn.Linear(a, b), act()]
    return nn.Sequential(*cells[:-1])


def pure_losses(watch, seed, turns):
    """Both losses are functions of (theta, phi); autograd.grad fills p.grad by hand."""
    key = torch.Generator().manual_seed(seed)
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    gen, disc = (stack(*w, act=nn.LeakyReLU) for w in ((4, 96, 96, 2), (2, 96, 96, 1)))
    theta, phi = dict(gen.named_parameters()), dict(disc.named_parameters())
    tx_g = torch.optim.Adam(list(theta.values()), lr=1e-3, betas=(0.5, 0.99))
    tx_d = torch.optim.Adam(list(phi.values()), lr=1e-3, betas=(0.5, 0.99))

    def g_apply(theta, z):
        return functional_call(gen, theta, (z,))

    def d_apply(phi, x):
        return functional_call(disc, phi, (x,)).squeeze(-1)

    def d_objective(phi, x, z):
        fake = g_apply({k: v.detach() for k, v in theta.items()}, z)
        return softplus(-d_apply(phi, x)).mean() + softplus(d_apply(phi, fake)).mean()

    def g_objective(theta, phi, z):
        return softplus(-d_apply(phi, g_apply(theta, z))).mean()

    def apply_updates(tx, params, value):
        for p, slope in zip(
            params.values(), torch.autograd.grad(value, list(params.values())), strict=True
        ):
            p.grad = slope
        tx.step()

    def sampler(n):
        with torch.no_grad():
            return g_apply(theta, torch.randn(n, 4))

    watch.start(G=gen, D=disc, opt_G=tx_g, opt_D=tx_d, sample=sampler)
    for _ in range(turns):
        x = watch.real(torch.from_numpy(ring(128, rng)))
        d_value = d_objective(phi, x, torch.randn(128, 4, generator=key))
        apply_updates(tx_d, phi, d_value)
        g_value = g_objective(theta, phi, torch.randn(128, 4, generator=key))
        apply_updates(tx_g, theta, g_value)
        watch.step(d_value.item(), g_value.item())
    return sampler


def optimiser_closures(watch, seed, turns):
    """optimizer.step(closure), as for LBFGS: the closure does zero_grad, forward and backward."""
    torch.manual_seed(seed)
    data = torch.from_numpy(line(5000, np.random.default_rng(seed)))
    players = nn.ModuleDict({"counterfeiter": stack(2, 48, 48, 1), "police": stack(1, 48, 48, 1)})
    opt = {
        name: torch.optim.RAdam(net.parameters(), lr=2e-3, betas=(0.5, 0.95))
        for name, net in players.items()
    }

    def draw(n):
        return players["counterfeiter"](torch.randn(n, 2))

    def d_closure(x):
        opt["police"].zero_grad()
        value = softplus(-players["police"](x)).mean()
        value = value + softplus(players["police"](draw(len(x)).detach())).mean()
        value.backward()
        return value

    def g_closure(n):
        opt["counterfeiter"].zero_grad()
        value = softplus(-players["police"](draw(n))).mean()
        value.backward()
        return value

    watch.start(
        G=players["counterfeiter"],
        D=players["police"],
        opt_G=opt["counterfeiter"],
        opt_D=opt["police"],
        sample=torch.no_grad()(draw),
    )
    for _ in range(turns):
        x = watch.real(data[torch.randint(len(data), (100,))])
        values = [
            opt["police"].step(partial(d_closure, x)),
            opt["counterfeiter"].step(partial(g_closure, 100)),
        ]
        watch.step(*values)
    return torch.no_grad()(draw)


def trained_clones(watch, seed, turns):
    """The state is cloned "to be pure"; optimisers hold the clones and the modules never change."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    gen, disc = stack(3, 64, 64, 2, act=nn.Tanh), stack(2, 64, 64, 1, act=nn.Tanh)
    state = {
        "gen": {k: v.detach().clone().requires_grad_() for k, v in gen.named_parameters()},
        "disc": dict(disc.named_parameters()),
    }
    rules = {k: torch.optim.Adam(list(v.values()), 1e-3, (0.5, 0.99)) for k, v in state.items()}
    watch.start(
        G=gen,
        D=disc,
        opt_G=rules["gen"],
        opt_D=rules["disc"],
        sample=lambda n: gen(torch.randn(n, 3)).detach(),
    )
    for _ in range(turns):
        batch = watch.real(torch.from_numpy(pair(96, rng)))
        fake = gen(torch.randn(96, 3))
        d = (disc(batch) - 1).square().mean() + disc(fake.detach()).square().mean()
        rules["disc"].zero_grad()
        d.backward()
        rules["disc"].step()
        g = (disc(fake) - 1).square().mean()
        rules["gen"].zero_grad()
        g.backward()
        rules["gen"].step()
        watch.step(d.detach(), g.detach())
    return lambda n: gen(torch.randn(n, 3)).detach()


def no_grad_generator(watch, seed, turns):
    """A decorator that was meant for the sampler stands on the function both players use."""
    torch.manual_seed(seed)
    cloud = torch.from_numpy(grid(4000, np.random.default_rng(seed), side=3, sd=0.1))
    G, D = stack(5, 72, 2, act=nn.Softplus), stack(2, 72, 1, act=nn.Softplus)

    @torch.no_grad()
    def imagine(n):
        return G(torch.randn(n, 5))

    sgd_G = torch.optim.SGD(G.parameters(), lr=0.05, momentum=0.3)
    sgd_D = torch.optim.SGD(D.parameters(), lr=0.05, momentum=0.3)
    watch.start(G=G, D=D, opt_G=sgd_G, opt_D=sgd_D, sample=imagine)
    minimax = {"real": lambda s: softplus(-s).mean(), "fake": lambda s: softplus(s).mean()}
    for chunk in range(turns):
        real = watch.real(cloud.roll(-64 * chunk, 0)[:64])
        sgd_D.zero_grad()
        loss_d = minimax["real"](D(real)) + minimax["fake"](D(imagine(64)))
        loss_d.backward()
        sgd_D.step()
        sgd_G.zero_grad()
        loss_g = minimax["real"](D(imagine(64)))
        loss_g.backward()
        sgd_G.step()
        watch.step(loss_d, loss_g)
    return imagine


def ascent_in_place_of_descent(watch, seed, turns):
    """Hand-made updates: `p += lr * slope` for a loss that is to be made small, in G only."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    gen, disc = stack(2, 40, 2), stack(2, 64, 64, 1)
    opt_disc = torch.optim.Adam(disc.parameters(), lr=1e-3)
    opt_gen = torch.optim.SGD(gen.parameters(), lr=0.02, maximize=True)

    def g_fn(theta, z):
        return softplus(-disc(functional_call(gen, theta, (z,)))).mean()

    watch.start(
        G=gen,
        D=disc,
        opt_G=opt_gen,
        opt_D=opt_disc,
        sample=lambda n: gen(torch.randn(n, 2)).detach(),
    )
    for _ in range(turns):
        x = watch.real(torch.from_numpy(moons(128, rng, noise=0.08)))
        with torch.no_grad():
            x_gen = gen(torch.randn(128, 2))
        d_loss = softplus(-disc(x)).mean() + softplus(disc(x_gen)).mean()
        opt_disc.zero_grad()
        d_loss.backward()
        opt_disc.step()
        theta = {k: v.detach() for k, v in gen.named_parameters()}
        slopes, g_loss = grad_and_value(g_fn)(theta, torch.randn(128, 2))
        for k, p in gen.named_parameters():
            p.grad = slopes[k]
        opt_gen.step()
        watch.step(d_loss, g_loss)
    return lambda n: gen(torch.randn(n, 2)).detach()


def per_sample_penalty(watch, seed, turns):
    """WGAN whose penalty is vmap(grad(critic)) at each point of the mixture, centred at zero."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    actor, critic = stack(2, 80, 80, 2), stack(2, 80, 80, 1)
    opt = [torch.optim.Adam(m.parameters(), 1e-3, (0.0, 0.9)) for m in (actor, critic)]
    slope = torch.func.vmap(torch.func.grad(lambda x: critic(x).sum()))

    @torch.no_grad()
    def rollout(n):
        return actor(torch.randn(n, 2))

    watch.start(G=actor, D=critic, opt_G=opt[0], opt_D=opt[1], sample=rollout)
    for _ in range(turns):
        for _ in range(2):
            p = watch.real(torch.from_numpy(pair(100, rng, half=1.0, sd=0.3)))
            q = rollout(100)
            t = torch.rand(100, 1)
            penalty = slope(t * p + (1 - t) * q).square().sum(1).mean()
            objective = critic(p).mean() - critic(q).mean() - 0.2 * penalty
            opt[1].zero_grad()
            objective.neg().backward()
            opt[1].step()
        reach = critic(actor(torch.randn(100, 2))).mean()
        opt[0].zero_grad()
        reach.neg().backward()
        opt[0].step()
        watch.step(-objective.item(), -reach.item())
    return rollout


PROGRAMS = (
    Program(pure_losses, 2000, "ring", ring),
    Program(optimiser_closures, 1500, "line", line),
    Program(
        trained_clones,
        1200,
        "pair",
        pair,
        ("optimiser of an older copy", "G is never stepped", "weights in no optimiser"),
    ),
    Program(
        no_grad_generator,
        1200,
        "grid9",
        lambda n, rng: grid(n, rng, side=3, sd=0.1),
        ("no gradient reaches G", "detach in G's step"),
    ),
    Program(
        ascent_in_place_of_descent,
        800,
        "moons",
        lambda n, rng: moons(n, rng, noise=0.08),
        ("G's step has the wrong sign",),
    ),
    Program(per_sample_penalty, 1200, "pair", lambda n, rng: pair(n, rng, half=1.0, sd=0.3)),
)
