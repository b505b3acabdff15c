"""Loops of papers on mode collapse and dynamics: unrolled, DRAGAN, features of the batch, extra."""

import copy

import numpy as np
import torch
from torch import nn

from ..data import grid, grid4, ring, ring6, swiss
from ..entry import Program

sigmoid_ce = nn.functional.binary_cross_entropy_with_logits


def net(din, dhidden, dout, layers=2, act=nn.Tanh):
    out = [nn.Linear(din, dhidden), act()]
    for _ in range(layers - 1):
        out.extend((nn.Linear(dhidden, dhidden), act()))
    out.append(nn.Linear(dhidden, dout))
    return nn.Sequential(*out)


def divergence(logit_real, logit_fake):
    ones, zeros = torch.ones_like(logit_real), torch.zeros_like(logit_fake)
    return sigmoid_ce(logit_real, ones) + sigmoid_ce(logit_fake, zeros)


def unrolled_once(watch, seed, turns):
    """G's loss is taken at a D that has made one more step, kept differentiable."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    G, D = net(4, 96, 2, act=nn.ReLU), net(2, 96, 1, act=nn.ReLU)
    d_optim = torch.optim.Adam(D.parameters(), lr=1e-3, betas=(0.5, 0.999))
    g_optim = torch.optim.Adam(G.parameters(), lr=1e-3, betas=(0.5, 0.999))
    unroll_rate = 0.1

    def look_ahead(real, fake):
        theta = dict(D.named_parameters())
        logits = [torch.func.functional_call(D, theta, x) for x in (real, fake)]
        slopes = torch.autograd.grad(divergence(*logits), list(theta.values()), create_graph=True)
        return {k: p - unroll_rate * s for (k, p), s in zip(theta.items(), slopes, strict=True)}

    def g_sample(n):
        with torch.no_grad():
            return G(torch.randn(n, 4))

    watch.start(G=G, D=D, opt_G=g_optim, opt_D=d_optim, sample=g_sample)
    for _it in range(turns):
        d_real_data = watch.real(torch.from_numpy(ring(128, rng, radius=1.5, sd=0.1)))
        D.zero_grad()
        d_error = divergence(D(d_real_data), D(g_sample(128)))
        d_error.backward()
        d_optim.step()
        G.zero_grad()
        g_fake_data = G(torch.randn(128, 4))
        later = look_ahead(d_real_data, g_fake_data)
        dg_fake_decision = torch.func.functional_call(D, later, g_fake_data)
        g_error = sigmoid_ce(dg_fake_decision, torch.ones_like(dg_fake_decision))
        g_error.backward()
        g_optim.step()
        watch.step(d_error.item(), g_error.item())
    return g_sample


def unrolled_and_restored(watch, seed, turns):
    """The backup of D is taken before its own step: what D learns is undone in every turn."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    G, D = net(2, 64, 2, act=nn.ReLU), net(2, 64, 1, act=nn.ReLU)
    d_optim = torch.optim.SGD(D.parameters(), lr=0.1)
    g_optim = torch.optim.Adam(G.parameters(), lr=5e-4, betas=(0.5, 0.999))
    unrolled_steps = 3
    watch.start(
        G=G, D=D, opt_G=g_optim, opt_D=d_optim, sample=lambda n: G(torch.randn(n, 2)).detach()
    )

    def d_loop(d_real_data):
        d_optim.zero_grad()
        d_fake_data = G(torch.randn(len(d_real_data), 2)).detach()
        d_error = divergence(D(d_real_data), D(d_fake_data))
        d_error.backward()
        d_optim.step()
        return d_error.item()

    def g_loop(n):
        g_optim.zero_grad()
        decision = D(G(torch.randn(n, 2)))
        g_error = sigmoid_ce(decision, torch.ones_like(decision))
        g_error.backward()
        g_optim.step()
        return g_error.item()

    for _it in range(turns):
        backup = copy.deepcopy(D.state_dict())
        data = watch.real(torch.from_numpy(ring6(128, rng)))
        d_infos = [d_loop(data) for _ in range(1 + unrolled_steps)]
        g_info = g_loop(128)
        D.load_state_dict(backup)
        del backup
        watch.step(d_infos[0], g_info)
    return lambda n: G(torch.randn(n, 2)).detach()


def dragan(watch, seed, turns):
    """The slope is held near one around the real data only."""
    torch.manual_seed(seed)
    lambda_, k, batch_size = 0.5, 1.0, 160
    X = torch.from_numpy(grid(16_000, np.random.default_rng(seed), side=3, gap=1.0, sd=0.1))
    G, D = net(2, 100, 2, act=nn.LeakyReLU), net(2, 100, 1, act=nn.LeakyReLU)
    G_solver = torch.optim.Adam(G.parameters(), lr=1e-3, betas=(0.5, 0.99))
    D_solver = torch.optim.Adam(D.parameters(), lr=1e-3, betas=(0.5, 0.99))

    def sample_G(m):
        return G(torch.rand(m, 2) * 2 - 1).detach()

    watch.start(G=G, D=D, opt_G=G_solver, opt_D=D_solver, sample=sample_G)
    for _it in range(turns):
        X_mb = watch.real(X[torch.randint(len(X), (batch_size,))])
        X_p = X_mb + 0.5 * X_mb.std() * torch.rand_like(X_mb)
        X_hat = torch.lerp(X_mb, X_p, torch.rand(batch_size, 1)).requires_grad_()
        D_loss = divergence(D(X_mb), D(sample_G(batch_size)))
        (grads,) = torch.autograd.grad(D(X_hat).sum(), [X_hat], create_graph=True)
        D_loss += lambda_ * (grads.norm(dim=1) - k).square().mean()
        D_solver.zero_grad()
        D_loss.backward()
        D_solver.step()
        on_fake = D(G(torch.rand(batch_size, 2) * 2 - 1))
        G_loss = sigmoid_ce(on_fake, torch.ones(batch_size, 1))
        G_solver.zero_grad()
        G_loss.backward()
        G_solver.step()
        watch.step(D_loss.item(), G_loss.item())
    return sample_G


class ExtraAdam(torch.optim.Adam):
    """extrapolation() goes a step ahead and remembers where it was; step() goes on from there."""

    def __init__(self, params, **kw):
        super().__init__(params, **kw)
        self.origin = []

    def extrapolation(self):
        weights = [p for group in self.param_groups for p in group["params"]]
        self.origin = [p.detach().clone() for p in weights]
        super().step()

    @torch.no_grad()
    def step(self, closure=None):
        weights = [p for group in self.param_groups for p in group["params"]]
        for p, before in zip(weights, self.origin, strict=True):
            p.copy_(before)
        return super().step(closure)


def extragradient(watch, seed, turns):
    """Both players look one step ahead, then step from where they were."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    G, D = net(3, 80, 2, act=nn.SiLU), net(2, 80, 1, act=nn.SiLU)
    g_extra = ExtraAdam(G.parameters(), lr=1e-3, betas=(0.3, 0.9))
    d_extra = ExtraAdam(D.parameters(), lr=1e-3, betas=(0.3, 0.9))
    watch.start(
        G=G, D=D, opt_G=g_extra, opt_D=d_extra, sample=lambda n: G(torch.randn(n, 3)).detach()
    )
    for _ in range(turns):
        for phase in ("extrapolation", "step"):
            x = watch.real(torch.from_numpy(ring6(100, rng)))
            y = G(torch.randn(100, 3))
            gen_loss = sigmoid_ce(D(y), torch.ones(100, 1))
            grads_g = torch.autograd.grad(gen_loss, list(G.parameters()))
            dis_loss = divergence(D(x), D(y.detach()))
            grads_d = torch.autograd.grad(dis_loss, list(D.parameters()))
            for p, g in zip([*G.parameters(), *D.parameters()], grads_g + grads_d, strict=True):
                p.grad = g
            getattr(g_extra, phase)()
            getattr(d_extra, phase)()
        watch.step(dis_loss.item(), gen_loss.item())
    return lambda n: G(torch.randn(n, 3)).detach()


def penalty_of_a_thousand(watch, seed, turns):
    """R1 with gamma = 2000, a value for large images: D may have no slope at all."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    G, D = net(2, 64, 2), net(2, 64, 1)
    gamma, opt = 2000.0, {}
    for name, m in (("g", G), ("d", D)):
        opt[name] = torch.optim.RMSprop(m.parameters(), lr=5e-4)

    @torch.no_grad()
    def sample_G(n):
        return G(torch.randn(n, 2))

    watch.start(G=G, D=D, opt_G=opt["g"], opt_D=opt["d"], sample=sample_G)
    for _ in range(turns):
        opt["d"].zero_grad()
        X = watch.real(torch.from_numpy(grid4(100, rng))).clone().requires_grad_()
        logits = D(X)
        slope = torch.autograd.grad(logits.sum(), X, create_graph=True)[0]
        loss = divergence(logits, D(sample_G(100))) + gamma / 2 * slope.pow(2).sum(1).mean()
        loss.backward()
        opt["d"].step()
        opt["g"].zero_grad()
        wish = sigmoid_ce(D(G(torch.randn(100, 2))), torch.ones(100, 1))
        wish.backward()
        opt["g"].step()
        watch.step(loss.item(), wish.item())
    return sample_G


class BatchFeatures(nn.Module):
    """Salimans's mini-batch discrimination: how near each sample is to the others."""

    def __init__(self, n_in, n_kernels=8, dim=4):
        super().__init__()
        self.T = nn.Parameter(0.1 * torch.randn(n_in, n_kernels, dim))

    def forward(self, h):
        m = torch.einsum("ni,ikd->nkd", h, self.T)
        near = (-(m[:, None] - m[None]).abs().sum(3)).exp().sum(1) - 1
        return torch.cat([h, near / len(h)], 1)


def minibatch_discrimination(watch, seed, turns):
    """D compares each sample with its batch; real and fake batches go through it apart."""
    torch.manual_seed(seed)
    X = torch.from_numpy(swiss(9600, np.random.default_rng(seed)))
    G = net(2, 96, 2, 2, nn.ELU)
    D = nn.Sequential(nn.Linear(2, 96), nn.ELU(), BatchFeatures(96), nn.Linear(104, 64), nn.ELU())
    D.append(nn.Linear(64, 1))
    g_solver = torch.optim.Adam(G.parameters(), lr=7e-4, betas=(0.5, 0.99))
    d_solver = torch.optim.Adam(D.parameters(), lr=1e-3, betas=(0.5, 0.99))
    sample_z = lambda m: torch.randn(m, 2)  # noqa: E731
    watch.start(
        G=G, D=D, opt_G=g_solver, opt_D=d_solver, sample=lambda n: G(sample_z(n)).detach().numpy()
    )
    for it in range(turns):
        start = it * 96 % len(X)
        X_mb, G_mb = watch.real(X[start : start + 96]), G(sample_z(96))
        d_solver.zero_grad()
        losses = [sigmoid_ce(D(X_mb), torch.full((96, 1), 0.9))]
        losses.append(sigmoid_ce(D(G_mb.detach()), torch.zeros(96, 1)))
        torch.autograd.backward(losses)
        d_solver.step()
        g_solver.zero_grad()
        on_fake = sigmoid_ce(D(G_mb), torch.ones(96, 1))
        on_fake.backward()
        g_solver.step()
        watch.step(sum(losses).item(), on_fake.item())
    return lambda n: G(sample_z(n)).detach().numpy()


PROGRAMS = (
    Program(unrolled_once, 1200, "ring", lambda n, rng: ring(n, rng, radius=1.5, sd=0.1)),
    Program(
        unrolled_and_restored, 800, "ring6", ring6, ("D's steps are undone", "D is never stepped")
    ),
    Program(dragan, 1800, "grid9", lambda n, rng: grid(n, rng, side=3, gap=1.0, sd=0.1)),
    Program(extragradient, 1200, "ring6", ring6),
    Program(penalty_of_a_thousand, 1000, "grid4", grid4, ("penalty too strong", "D too weak")),
    Program(minibatch_discrimination, 1500, "swiss", swiss),
)
