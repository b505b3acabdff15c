"""Loops of a tinkerer: streams from generators, one optimiser with masks, wrappers by hand."""

from itertools import pairwise

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.utils import clip_grad_norm_

from ..data import checker, grid, line3, moons, pair
from ..entry import Program


def grid9(n, rng, sd=0.1):
    return grid(n, rng, side=3, sd=sd)


class Mlp(nn.Module):
    """A dense net whose layers are drawn with a gain of its own."""

    def __init__(self, n_in, n_out, width=72, depth=2, gain=1.4, norm=False):
        super().__init__()
        sizes = [n_in] + [width] * depth
        self.body = nn.ModuleList(nn.Linear(a, b) for a, b in pairwise(sizes))
        self.norms = nn.ModuleList(nn.BatchNorm1d(width) if norm else nn.Identity()
                                   for _ in range(depth))  # fmt: skip
        self.head = nn.Linear(width, n_out)
        for layer in self.body:
            nn.init.orthogonal_(layer.weight, gain)

    def forward(self, h):
        for layer, norm in zip(self.body, self.norms, strict=True):
            h = F.leaky_relu(norm(layer(h)), 0.15)
        return self.head(h)


def supply(kind, n, seed, watch, **how):
    """Yield real batches and z side by side, as one stream."""
    rng = np.random.default_rng(seed)
    while True:
        yield watch.real(torch.from_numpy(kind(n, rng, **how))), torch.randn(n, 3)


def masked(opt, keep):
    """Step only the groups of one player: the others' gradients are taken away for the while."""
    for group in opt.param_groups:
        for w in group["params"]:
            if group["who"] != keep:
                w.grad = None
    opt.step()
    opt.zero_grad()


def one_adam(g, d):
    groups = [{"params": list(g.parameters()), "who": "g", "lr": 5e-4},
              {"params": list(d.parameters()), "who": "d", "lr": 1e-3}]  # fmt: skip
    return torch.optim.Adam(groups, betas=(0.5, 0.95))


def one_adam_two_groups(watch, seed, turns):
    """One Adam holds both players in two groups; what is not to move loses its gradients."""
    torch.manual_seed(seed)
    g, d = Mlp(3, 2), Mlp(2, 1)
    opt = one_adam(g, d)
    watch.start(G=g, D=d, opt_G=opt, opt_D=opt, sample=lambda n: g(torch.randn(n, 3)).detach())
    stream = supply(grid9, 128, seed, watch)
    for _ in range(turns):
        x, z = next(stream)
        d_loss = F.softplus(d(g(z)).squeeze(1)).mean() + F.softplus(-d(x).squeeze(1)).mean()
        d_loss.backward()
        masked(opt, "d")
        g_loss = F.softplus(-d(g(z)).squeeze(1)).mean()
        g_loss.backward()
        masked(opt, "g")
        watch.step(d_loss, g_loss)
    return lambda n: g(torch.randn(n, 3)).detach()


def mask_taken_for_its_complement(watch, seed, turns):
    """The names of the masks are exchanged: D's loss moves G, and G's loss moves D."""
    torch.manual_seed(seed)
    g, d = Mlp(3, 1), Mlp(1, 1)
    opt = one_adam(g, d)
    watch.start(G=g, D=d, opt_G=opt, opt_D=opt, sample=lambda n: g(torch.randn(n, 3)).detach())
    for _, (x, z) in zip(range(turns), supply(line3, 128, seed, watch), strict=False):
        y = g(z)
        d_loss = F.softplus(d(y)).mean() + F.softplus(-d(x)).mean()
        d_loss.backward()
        masked(opt, keep="g")
        g_loss = F.softplus(-d(g(z))).mean()
        g_loss.backward()
        masked(opt, keep="d")
        watch.step(d_loss.item(), g_loss.item())
    return lambda n: g(torch.randn(n, 3)).detach()


def noisy_labels_least_squares(watch, seed, turns):
    """LSGAN; targets are 0.9 and 0.1 with noise, and one in thirty stands the other way round."""
    torch.manual_seed(seed)
    g, d = Mlp(3, 2), Mlp(2, 1)
    opts = [torch.optim.RMSprop(net.parameters(), lr) for net, lr in ((g, 3e-4), (d, 6e-4))]

    def targets(n, base):
        t = base + 0.05 * torch.randn(n)
        return torch.where(torch.rand(n) < 1 / 30, 1 - t, t)

    watch.start(
        G=g, D=d, opt_G=opts[0], opt_D=opts[1], sample=lambda n: g(torch.randn(n, 3)).detach()
    )
    stream = supply(moons, 128, seed, watch, noise=0.08)
    for x, z in (next(stream) for _ in range(turns)):
        opts[1].zero_grad()
        both = d(torch.cat([x, g(z).detach()])).flatten()
        d_loss = F.mse_loss(both, torch.cat([targets(len(x), 0.9), targets(len(z), 0.1)]))
        d_loss.backward()
        opts[1].step()
        opts[0].zero_grad()
        g_loss = (d(g(z)) - 0.9).square().mean()
        g_loss.backward()
        opts[0].step()
        watch.step(d_loss, g_loss)
    return lambda n: g(torch.randn(n, 3)).detach()


def column_against_row(watch, seed, turns):
    """D gives [2n, 1], the targets are [2n]: the difference is a square of all pairs."""
    torch.manual_seed(seed)
    g, d = Mlp(3, 2), Mlp(2, 1)
    g_opt, d_opt = (torch.optim.Adam(net.parameters(), 5e-4, (0.5, 0.9)) for net in (g, d))
    watch.start(G=g, D=d, opt_G=g_opt, opt_D=d_opt, sample=lambda n: g(torch.randn(n, 3)).detach())
    wanted = torch.arange(256).lt(128).float()
    for _, (x, z) in zip(range(turns), supply(checker, 128, seed, watch), strict=False):
        error = d(torch.cat([x, g(z).detach()])) - wanted
        d_loss = (error**2).mean()
        d_opt.zero_grad()
        d_loss.backward()
        d_opt.step()
        g_loss = ((d(g(z)) - 1) ** 2).mean()
        g_opt.zero_grad()
        g_loss.backward()
        g_opt.step()
        watch.step(d_loss, g_loss)
    return lambda n: g(torch.randn(n, 3)).detach()


class Lookahead:
    """Zhang et al. 2019: slow weights follow the fast ones, which go back to them every k steps."""

    def __init__(self, inner, k=5, share=0.5):
        self.inner, self.k, self.share, self.count = inner, k, share, 0
        self.fast = [w for group in inner.param_groups for w in group["params"]]
        self.slow = [w.detach().clone() for w in self.fast]

    def __call__(self, loss):
        self.inner.zero_grad()
        loss.backward()
        self.inner.step()
        self.count += 1
        if self.count % self.k == 0:
            with torch.no_grad():
                for fast, slow in zip(self.fast, self.slow, strict=True):
                    fast.copy_(slow.lerp_(fast, self.share))
        return loss.item()


def lookahead_minimax(watch, seed, turns):
    """Chavdarova et al. 2021: lookahead on both players."""
    torch.manual_seed(seed)
    g, d = Mlp(3, 2), Mlp(2, 1)
    inner = [torch.optim.Adam(n.parameters(), 1e-3, betas=(0.3, 0.99)) for n in (g, d)]
    step_g, step_d = map(Lookahead, inner)
    watch.start(
        G=g, D=d, opt_G=inner[0], opt_D=inner[1], sample=lambda n: g(torch.randn(n, 3)).detach()
    )
    stream = supply(pair, 128, seed, watch)
    for _ in range(turns):
        x, z = next(stream)
        with torch.no_grad():
            y = g(z)
        told = step_d(F.softplus(d(y)).mean() + F.softplus(-d(x)).mean())
        watch.step(told, step_g(F.softplus(-d(g(torch.randn_like(z)))).mean()))
    return lambda n: g(torch.randn(n, 3)).detach()


def preview_leaves_eval(watch, seed, turns):
    """The preview calls g.eval(), nobody calls g.train(): its batch norm keeps the first turns'."""
    torch.manual_seed(seed)
    g, d = Mlp(3, 2, norm=True), Mlp(2, 1)
    g_opt, d_opt = (torch.optim.Adam(net.parameters(), 1e-3, (0.5, 0.99)) for net in (g, d))

    def preview(n):
        g.eval()
        with torch.no_grad():
            return g(torch.randn(n, 3))

    stream = supply(grid9, 96, seed, watch)
    watch.start(G=g, D=d, opt_G=g_opt, opt_D=d_opt, sample=preview)
    for turn in range(turns):
        if turn % 50 == 2:
            preview(8)
        x, z = next(stream)
        d_opt.zero_grad()
        d_loss = F.softplus(-d(x)).mean() + F.softplus(d(g(z).detach())).mean()
        d_loss.backward()
        d_opt.step()
        g_opt.zero_grad()
        g_loss = F.softplus(-d(g(z))).mean()
        g_loss.backward()
        g_opt.step()
        watch.step(d_loss, g_loss)
    return preview


def clipped_at_a_millionth(watch, seed, turns):
    """clip_grad_norm_(1e-6), before SGD's step: a slip of the exponent."""
    torch.manual_seed(seed)
    g, d = Mlp(3, 2), Mlp(2, 1)
    sgd = {net: torch.optim.SGD(net.parameters(), 0.1, momentum=0.5) for net in (g, d)}

    def down(net, loss):
        sgd[net].zero_grad()
        loss.backward()
        clip_grad_norm_(net.parameters(), 1e-6)
        sgd[net].step()
        return loss.detach()

    watch.start(
        G=g, D=d, opt_G=sgd[g], opt_D=sgd[d], sample=lambda n: g(torch.randn(n, 3)).detach()
    )
    for _, (x, z) in zip(range(turns), supply(pair, 128, seed, watch), strict=False):
        d_loss = down(d, F.softplus(-d(x)).mean() + F.softplus(d(g(z).detach())).mean())
        watch.step(d_loss, down(g, F.softplus(-d(g(z))).mean()))
    return lambda n: g(torch.randn(n, 3)).detach()


PROGRAMS = (
    Program(one_adam_two_groups, 2500, "grid9", grid9),
    Program(
        mask_taken_for_its_complement,
        1000,
        "line3",
        line3,
        ("wrong optimiser stepped", "D is stepped by G's loss", "G's step has the wrong sign",
         "D's step has the wrong sign"),
    ),
    Program(
        noisy_labels_least_squares, 2500, "moons", lambda n, rng: moons(n, rng, noise=0.08)
    ),
    Program(
        column_against_row,
        1200,
        "checker",
        checker,
        ("shapes broadcast in the loss", "fakes trained as real", "D too weak"),
    ),
    Program(lookahead_minimax, 2000, "pair", pair),
    Program(
        preview_leaves_eval,
        1500,
        "grid9",
        grid9,
        ("batch norm in eval mode in training", "stale batch-norm buffers"),
    ),
    Program(
        clipped_at_a_millionth, 1000, "pair", pair, ("gradients clipped to nothing",)
    ),
)  # fmt: skip
