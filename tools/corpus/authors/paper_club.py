"""Loops of a reading group: each paper in a page, with penalties and parametrizations."""

import copy

import numpy as np
import torch
from torch import autograd, nn
from torch.func import functional_call
from torch.nn.functional import softplus
from torch.nn.utils import clip_grad_value_, parametrizations

from ..data import circles, grid4, pair, ring, ring6
from ..entry import Program


def two_layers(n_in, n_out, wide, act):
    a, b, c = nn.Linear(n_in, wide), nn.Linear(wide, wide), nn.Linear(wide, n_out)
    return nn.Sequential(a, act(), b, act(), c)


def some(kind, n, rng, **how):
    return torch.tensor(kind(n, rng, **how))


def draw(G, n, z=2):
    with torch.no_grad():
        return G(torch.randn(n, z))


def slope_norms(D, points):
    points = points.detach().requires_grad_()
    (slope,) = autograd.grad(D(points).sum(), points, create_graph=True)
    return slope.pow(2).sum(1)


def wgan_gp_clipped_by_value(watch, seed, turns):
    """WGAN-GP, three steps of D; gradients are cut at 0.1 by value before each step."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    G, D = two_layers(2, 2, 80, nn.SiLU), two_layers(2, 1, 80, nn.SiLU)
    og, od = (torch.optim.Adam(m.parameters(), 1e-3, betas=(0.0, 0.9)) for m in (G, D))
    watch.start(G=G, D=D, opt_G=og, opt_D=od, sample=lambda n: draw(G, n))
    for _ in range(turns):
        for _ in range(3):
            x = watch.real(some(ring6, 100, rng))
            y, t = draw(G, 100), torch.rand(100, 1)
            W = D(y).mean() - D(x).mean()
            gp = ((slope_norms(D, y + t * (x - y)) + 1e-12).sqrt() - 1).square().mean()
            od.zero_grad()
            (W + 2 * gp).backward()
            clip_grad_value_(D.parameters(), 0.1)
            od.step()
        og.zero_grad()
        cost = -D(G(torch.randn(100, 2))).mean()
        cost.backward()
        clip_grad_value_(G.parameters(), 0.1)
        og.step()
        watch.step(W.item() + 2 * gp.item(), cost.item())
    return lambda n: draw(G, n)


def tanh_critic(watch, seed, turns):
    """A critic's last line is still the tanh of the G that it was copied from."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    G = two_layers(2, 2, 80, nn.ReLU)
    D = nn.Sequential(two_layers(2, 1, 80, nn.ReLU), nn.Tanh())
    og, od = (torch.optim.RMSprop(m.parameters(), 1e-3) for m in (G, D))
    watch.start(G=G, D=D, opt_G=og, opt_D=od, sample=lambda n: draw(G, n))
    for _ in range(turns):
        for _ in range(3):
            x = watch.real(some(circles, 100, rng))
            critic_loss = D(draw(G, 100)).mean() - D(x).mean()
            od.zero_grad()
            critic_loss.backward()
            od.step()
        gen_loss = -D(G(torch.randn(100, 2))).mean()
        og.zero_grad()
        gen_loss.backward()
        og.step()
        watch.step(critic_loss, gen_loss)
    return lambda n: draw(G, n)


def norm_without_epsilon(watch, seed, turns):
    """The slope's norm is a root of a sum, and a critic of ReLUs is flat somewhere: 0 / 0."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    G, D = two_layers(2, 2, 64, nn.ReLU), two_layers(2, 1, 64, nn.ReLU)
    for m in D[2].parameters():
        m.data.abs_().neg_()  # dead units: wherever the first layer is on
    og, od = (torch.optim.Adam(m.parameters(), 5e-4, betas=(0.5, 0.9)) for m in (G, D))
    watch.start(G=G, D=D, opt_G=og, opt_D=od, sample=lambda n: draw(G, n))
    for _ in range(turns):
        x, z = watch.real(some(ring, 100, rng)), torch.randn(100, 2)
        t = torch.rand(100, 1)
        gp = (slope_norms(D, t * x + (1 - t) * G(z)).sqrt() - 1).pow(2).mean()
        loss = D(G(z).detach()).mean() - D(x).mean() + 10 * gp
        od.zero_grad()
        loss.backward()
        od.step()
        cost = -D(G(z)).mean()
        og.zero_grad()
        cost.backward()
        og.step()
        watch.step(loss, cost)
    return lambda n: draw(G, n)


def weight_normed_generator(watch, seed, turns):
    """Weight norm in G and spectral norm in D, both as parametrizations; R1 on real samples."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    G, D = two_layers(2, 2, 80, nn.LeakyReLU), two_layers(2, 1, 80, nn.LeakyReLU)
    for i in (0, 2):
        parametrizations.weight_norm(G[i])
        parametrizations.spectral_norm(D[i])
    og, od = (torch.optim.Adam(m.parameters(), lr, betas=(0.5, 0.99))
              for m, lr in ((G, 1e-3), (D, 2e-3)))  # fmt: skip
    watch.start(G=G, D=D, opt_G=og, opt_D=od, sample=lambda n: draw(G, n))
    for _ in range(turns):
        x = watch.real(some(grid4, 100, rng))
        loss = softplus(-D(x)).mean() + softplus(D(draw(G, 100))).mean()
        loss = loss + 0.02 * slope_norms(D, x).mean()
        od.zero_grad()
        loss.backward()
        od.step()
        cost = softplus(-D(G(torch.randn(100, 2)))).mean()
        og.zero_grad()
        cost.backward()
        og.step()
        watch.step(loss, cost)
    return lambda n: draw(G, n)


def averaged_critic_by_functional_call(watch, seed, turns):
    """G learns from D with averaged weights, put in place by functional_call."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    G, D = (two_layers(2, n_out, 80, nn.SiLU) for n_out in (2, 1))
    slow = dict(copy.deepcopy(D).requires_grad_(False).named_parameters())
    og, od = (torch.optim.Adam(m.parameters(), 1e-3, betas=(0.5, 0.99)) for m in (G, D))

    def turn_of_D(x, y):
        told = softplus(torch.stack([-D(x), D(y)])).mean((1, 2)).sum()
        told.backward()
        od.step()
        od.zero_grad()
        for name, w in D.state_dict().items():
            slow[name].lerp_(w, 0.2)
        return told.detach()

    def turn_of_G(z):
        (told := softplus(-functional_call(D, slow, (G(z),))).mean()).backward()
        og.step()
        og.zero_grad()
        return told.detach()

    watch.start(G=G, D=D, opt_G=og, opt_D=od, sample=lambda n: draw(G, n))
    for _ in range(turns):
        told = turn_of_D(watch.real(some(pair, 100, rng)), draw(G, 100))
        watch.step(told, turn_of_G(torch.randn(100, 2)))
    return lambda n: draw(G, n)


class Panel(nn.Module):
    """Durugkar et al. 2017: several critics, and their mean is the answer."""

    def __init__(self, n):
        super().__init__()
        self.members = nn.ModuleList(two_layers(2, 1, 48, nn.LeakyReLU) for _ in range(n))

    def forward(self, x):
        return torch.stack([member(x) for member in self.members]).mean(0)


def panel_of_critics(watch, seed, turns):
    """Each member learns by itself, and G from the mean of all."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    G, D = two_layers(2, 2, 80, nn.LeakyReLU), Panel(3)
    og = torch.optim.Adam(G.parameters(), 5e-4, betas=(0.5, 0.99))
    od = torch.optim.Adam(D.parameters(), 1e-3, betas=(0.5, 0.99))
    watch.start(G=G, D=D, opt_G=og, opt_D=od, sample=lambda n: draw(G, n))
    for _ in range(turns):
        x, y = watch.real(some(grid4, 120, rng)), draw(G, 120)
        each = [softplus(-m(x)).mean() + softplus(m(y)).mean() for m in D.members]
        od.zero_grad()
        sum(each).backward()
        od.step()
        cost = softplus(-D(G(torch.randn(120, 2)))).mean()
        og.zero_grad()
        cost.backward()
        og.step()
        watch.step(sum(each).item() / 3, cost.item())
    return lambda n: draw(G, n)


def critic_put_back(watch, seed, turns):
    """D looks three steps ahead for G and is put back; the state to go back to is the first one."""
    torch.manual_seed(seed)
    rng, size = np.random.default_rng(seed), 100
    nets = {"G": two_layers(2, 2, 80, nn.SiLU), "D": two_layers(2, 1, 80, nn.SiLU)}
    opts = {
        k: torch.optim.Adam(net.parameters(), 1e-3, betas=(0.5, 0.99)) for k, net in nets.items()
    }
    judge, forger = nets["D"], nets["G"]
    first = copy.deepcopy(judge.state_dict())

    def down(who, value):
        opts[who].zero_grad()
        value.backward()
        opts[who].step()
        return float(value.detach())

    def lost(real):
        return softplus(-judge(real)).mean() + softplus(judge(draw(forger, size))).mean()

    watch.start(
        opt_G=opts["G"], opt_D=opts["D"], sample=lambda n: draw(forger, n), G=forger, D=judge
    )
    for _ in range(turns):
        ahead = [down("D", lost(watch.real(some(pair, size, rng)))) for _ in range(3)]
        won = down("G", softplus(-judge(forger(torch.randn(size, 2)))).mean())
        judge.load_state_dict(first)
        watch.step(ahead[-1], won)
    return lambda n: draw(forger, n)


PROGRAMS = (
    Program(wgan_gp_clipped_by_value, 1200, "ring6", ring6),
    Program(tanh_critic, 700, "circles", circles, ("tanh before a linear loss", "D too strong")),
    Program(norm_without_epsilon, 400, "ring", ring, ("square root of zero", "diverged")),
    Program(weight_normed_generator, 2000, "grid4", grid4),
    Program(averaged_critic_by_functional_call, 2000, "pair", pair),
    Program(panel_of_critics, 2000, "grid4", grid4),
    Program(critic_put_back, 600, "pair", pair, ("D's steps are undone",)),
)
