"""One optimiser for both players: parameter groups, a shared module, a reversed gradient."""

import numpy as np
import torch
from torch import nn

from ..data import digits, line, moons, pair, ring, some_digits
from ..entry import Program


class Duel(nn.Module):
    """Both players in one module; forward returns both losses of a batch."""

    def __init__(self, z_size, x_size, hidden):
        super().__init__()
        self.z_size = z_size
        self.maker = nn.Sequential(
            nn.Linear(z_size, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU()
        )
        self.maker.append(nn.Linear(hidden, x_size))
        self.judge = nn.Sequential(
            nn.Linear(x_size, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU()
        )
        self.judge.append(nn.Linear(hidden, 1))

    def make(self, n):
        return self.maker(torch.randn(n, self.z_size))

    @staticmethod
    def is_real(score):
        return nn.functional.softplus(-score).mean()

    @staticmethod
    def is_made(score):
        return nn.functional.softplus(score).mean()


def param_groups(watch, seed, turns):
    """torch.optim.Adam of two groups; each loss's gradients go to its own group's weights."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    duel = Duel(4, 2, 100)
    maker, judge = list(duel.maker.parameters()), list(duel.judge.parameters())
    optimizer = torch.optim.Adam(
        [{"params": maker, "lr": 1e-3}, {"params": judge, "lr": 2e-3}], betas=(0.5, 0.99)
    )
    watch.start(
        G=duel.maker,
        D=duel.judge,
        opt_G=optimizer,
        opt_D=optimizer,
        sample=lambda n: duel.make(n).detach(),
    )
    for _ in range(turns):
        x = watch.real(torch.from_numpy(ring(128, rng, sd=0.08)))
        made = duel.make(len(x))
        judge_loss = duel.is_real(duel.judge(x)) + duel.is_made(duel.judge(made.detach()))
        maker_loss = duel.is_real(duel.judge(made))
        optimizer.zero_grad()
        maker_loss.backward(inputs=maker)
        judge_loss.backward(inputs=judge)
        optimizer.step()
        watch.step(judge_loss.detach(), maker_loss.detach())
    return lambda n: duel.make(n).detach()


class Reverse(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x.view_as(x)

    @staticmethod
    def backward(ctx, grad):
        return -grad


def gradient_reversal(watch, seed, turns):
    """One loss, one backward: the gradient turns round between D and G (minimax, least squares)."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    both = nn.ModuleList(
        [
            nn.Sequential(nn.Linear(2, 64), nn.Tanh(), nn.Linear(64, 64), nn.Tanh()),
            nn.Sequential(nn.Linear(2, 64), nn.Tanh(), nn.Linear(64, 64), nn.Tanh()),
        ]
    )
    both[0].append(nn.Linear(64, 2))
    both[1].append(nn.Linear(64, 1))
    sgd = torch.optim.Adam(both.parameters(), lr=1e-3, betas=(0.0, 0.99))

    def sample(n):
        with torch.no_grad():
            return both[0](torch.randn(n, 2))

    watch.start(G=both[0], D=both[1], opt_G=sgd, opt_D=sgd, sample=sample)
    for _ in range(turns):
        x_data = watch.real(torch.from_numpy(pair(200, rng, half=1.2, sd=0.4)))
        x_model = Reverse.apply(both[0](torch.randn(200, 2)))
        score_data, score_model = both[1](x_data), both[1](x_model)
        game = 0.5 * ((score_data - 1) ** 2).mean() + 0.5 * ((score_model + 1) ** 2).mean()
        sgd.zero_grad()
        game.backward()
        sgd.step()
        watch.step(game.item(), -game.item())
    return sample


def two_adams_in_one_module(watch, seed, turns):
    """GAN.parameters() filtered by name; fakes from the same z in both steps; digits."""
    torch.manual_seed(seed)

    class Pair(nn.Module):
        def __init__(self):
            super().__init__()
            self.g_in, self.g_mid = nn.Linear(16, 128), nn.Linear(128, 128)
            self.g_norm, self.g_out = nn.BatchNorm1d(128), nn.Linear(128, 64)
            self.d_in, self.d_mid = nn.Linear(64, 96), nn.Linear(96, 96)
            self.d_out = nn.Linear(96, 1)

        def generate(self, z):
            h = torch.relu(self.g_in(z))
            return torch.tanh(self.g_out(torch.relu(self.g_norm(self.g_mid(h)))))

        def score(self, x):
            h = nn.functional.leaky_relu(self.d_in(x), 0.2)
            return self.d_out(nn.functional.leaky_relu(self.d_mid(h), 0.2)).squeeze(1)

    class Half(nn.Module):
        """A view of the module that holds one player's layers and calls one of its methods."""

        def __init__(self, whole, prefix, call):
            super().__init__()
            self.layers = nn.ModuleDict(
                {k: m for k, m in whole.named_children() if k.startswith(prefix)}
            )
            self.call = call

        def forward(self, x):
            return self.call(x)

    gan = Pair()
    G, D = Half(gan, "g_", gan.generate), Half(gan, "d_", gan.score)
    named = dict(gan.named_parameters())
    adams = {
        k: torch.optim.Adam([p for n, p in named.items() if n.startswith(k)], 6e-4, (0.5, 0.99))
        for k in ("g_", "d_")
    }
    pics = torch.from_numpy(digits()[0])
    watch.start(
        G=G,
        D=D,
        opt_G=adams["g_"],
        opt_D=adams["d_"],
        sample=lambda n: gan.generate(torch.randn(n, 16)).detach(),
    )
    for step in range(turns):
        if step % 28 == 0:
            heap = torch.randperm(len(pics)).split(64)
        x, z = watch.real(pics[heap[step % 28]]), torch.randn(64, 16)
        d = nn.functional.softplus(D(G(z).detach())).mean() + nn.functional.softplus(-D(x)).mean()
        gan.zero_grad()
        d.backward()
        adams["d_"].step()
        g = nn.functional.softplus(-D(G(z))).mean()
        gan.zero_grad()
        g.backward()
        adams["g_"].step()
        watch.step(d, g)
    return lambda n: gan.generate(torch.randn(n, 16)).detach()


class MultiTask(nn.Module):
    """The tasks "tell apart" and "pass" of one model; forward returns each task's loss."""

    def __init__(self, weights):
        super().__init__()
        self.weights = weights
        self.net = nn.ModuleDict()
        for task, out in (("pass", 2), ("tell", 1)):
            self.net[task] = nn.Sequential(
                nn.Linear(2, 72), nn.Hardswish(), nn.Linear(72, 72), nn.Hardswish()
            )
            self.net[task].append(nn.Linear(72, out))

    def forward(self, x, noise):
        counterfeit, mse = self.net["pass"](noise), nn.functional.mse_loss
        verdict = self.net["tell"](torch.vstack([x, counterfeit.detach(), counterfeit]))
        real, fake, hoped = verdict.split([len(x), len(noise), len(noise)])
        losses = {"tell": mse(real, torch.ones_like(real)) + mse(fake, torch.zeros_like(fake))}
        return losses | {"pass": mse(hoped, torch.ones_like(hoped))}

    def total(self, losses):
        return sum(self.weights[task] * loss for task, loss in losses.items())


def sum_of_losses(watch, seed, turns):
    """One optimiser steps on the weighted sum of both tasks: D learns from G's loss too."""
    torch.manual_seed(seed)
    data = nn.Parameter(torch.from_numpy(moons(8000, np.random.default_rng(seed))), False)
    model = MultiTask({"tell": 1.0, "pass": 1.0})
    adamw = torch.optim.AdamW(model.parameters(), lr=1e-3, betas=(0.5, 0.99))
    pass_, tell = model.net["pass"], model.net["tell"]

    def show(n):
        return pass_(torch.randn(n, 2)).detach()

    watch.start(G=pass_, D=tell, opt_G=adamw, opt_D=adamw, sample=show)
    for epoch in range(1 + turns // 80):
        for i, rows in enumerate(torch.randperm(len(data)).split(100)):
            if epoch * 80 + i == turns:
                break
            losses = model(watch.real(data.data[rows]), torch.randn(len(rows), 2))
            adamw.zero_grad(set_to_none=True)
            model.total(losses).backward()
            adamw.step()
            watch.step(losses["tell"].item(), losses["pass"].item())
    return show


def one_loss_for_both(watch, seed, turns):
    """The value function is minimised by both players: the reversal layer was left out."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    model = Duel(3, 1, 48)
    rms = torch.optim.RMSprop(
        [{"params": part.parameters()} for part in (model.maker, model.judge)], lr=1e-3
    )
    watch.start(
        G=model.maker,
        D=model.judge,
        opt_G=rms,
        opt_D=rms,
        sample=lambda n: model.make(n).detach(),
    )
    for _ in range(turns):
        x = watch.real(torch.from_numpy(line(64, rng, means=(-1.0, 1.0), sd=0.2)))
        value = model.is_real(model.judge(x)) + model.is_made(model.judge(model.make(64)))
        rms.zero_grad()
        value.backward()
        rms.step()
        watch.step(value.item(), value.item())
    return lambda n: model.make(n).detach()


PROGRAMS = (
    Program(param_groups, 2500, "ring", lambda n, rng: ring(n, rng, sd=0.08)),
    Program(gradient_reversal, 2000, "pair", lambda n, rng: pair(n, rng, half=1.2, sd=0.4)),
    Program(two_adams_in_one_module, 1500, "digits", some_digits),
    Program(sum_of_losses, 1200, "moons", moons, ("D is stepped by G's loss",)),
    Program(
        one_loss_for_both,
        1200,
        "line",
        lambda n, rng: line(n, rng, means=(-1.0, 1.0), sd=0.2),
        ("G's step has the wrong sign",),
    ),
)
