"""Loops of an object-oriented programmer: players own their net, optimiser, schedule and step."""

import math

import numpy as np
import torch
from torch import nn, optim

from ..data import digits, line3, moons, ring6, some_digits, swiss
from ..entry import Program


class Player:
    """A net with its optimiser; `learn` makes one step on a loss."""

    def __init__(self, net, lr, betas=(0.5, 0.99), also=()):
        self.net = net
        held = [*net.parameters(), *(p for other in also for p in other.net.parameters())]
        self.optimiser = optim.Adam(held, lr=lr, betas=betas)
        self.base_lr, self.age = lr, 0

    def __call__(self, x):
        return self.net(x)

    def learn(self, loss):
        self.optimiser.zero_grad()
        loss.backward()
        self.optimiser.step()
        self.age += 1
        return loss.item()

    def anneal(self, total, floor=0.05):
        part = floor + (1 - floor) * 0.5 * (1 + math.cos(math.pi * self.age / total))
        for group in self.optimiser.param_groups:
            group["lr"] = self.base_lr * part


class Forger(Player):
    def __init__(self, net, z_dim, lr, **kw):
        super().__init__(net, lr, **kw)
        self.z_dim = z_dim

    def forge(self, n):
        return self(torch.randn(n, self.z_dim))

    @torch.no_grad()
    def show(self, n):
        return self.forge(n)


class Residual(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.inner = nn.Sequential(nn.SiLU(), nn.Linear(width, width))

    def forward(self, x):
        return x + self.inner(x)


def residual_net(n_in, n_out, width=80, blocks=2):
    body = [Residual(width) for _ in range(blocks)]
    return nn.Sequential(nn.Linear(n_in, width), *body, nn.SiLU(), nn.Linear(width, n_out))


class Jury(nn.Module):
    """D2GAN's two critics; forward is the difference of their opinions."""

    def __init__(self):
        super().__init__()
        self.likes_real, self.likes_fake = residual_net(2, 1), residual_net(2, 1)

    def forward(self, x):
        return self.likes_real(x) - self.likes_fake(x)


def dual_critics(watch, seed, turns):
    """D2GAN: one critic is for real, the other for fakes; softplus keeps both positive."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    forger, jury = Forger(residual_net(2, 2), 2, 5e-4), Player(Jury(), 1e-3)
    positive, log = nn.functional.softplus, torch.log
    alpha, beta = 0.2, 0.2
    watch.start(
        G=forger.net,
        D=jury.net,
        opt_G=forger.optimiser,
        opt_D=jury.optimiser,
        sample=forger.show,
    )
    for _ in range(turns):
        x, y = watch.real(torch.from_numpy(ring6(128, rng))), forger.show(128)
        one, two = jury.net.likes_real, jury.net.likes_fake
        reward = alpha * log(positive(one(x)) + 1e-6).mean() - positive(one(y)).mean()
        reward = reward + beta * log(positive(two(y)) + 1e-6).mean() - positive(two(x)).mean()
        d_loss = jury.learn(-reward)
        y = forger.forge(128)
        cost = beta * log(positive(two(y)) + 1e-6).mean() - positive(one(y)).mean()
        watch.step(d_loss, forger.learn(cost))
    return forger.show


def two_rates_cosine(watch, seed, turns):
    """TTUR with a cosine for both, smooth targets for real, noise on what D sees."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    forger = Forger(residual_net(3, 2), 3, lr=8e-4)
    detective = Player(residual_net(2, 1), lr=1.6e-3)
    evidence = torch.from_numpy(swiss(8000, rng))
    bce = nn.functional.binary_cross_entropy_with_logits

    def blurred(x):
        return x + 0.03 * torch.randn_like(x)

    watch.start(
        G=forger.net,
        D=detective.net,
        opt_G=forger.optimiser,
        opt_D=detective.optimiser,
        sample=forger.show,
    )
    for _ in range(turns):
        x = watch.real(evidence[torch.randint(len(evidence), (128,))])
        soft = 1 - 0.1 * torch.rand(128, 1)
        on_real, on_fake = detective(blurred(x)), detective(blurred(forger.show(128)))
        d_loss = detective.learn(bce(on_real, soft) + bce(on_fake, torch.zeros(128, 1)))
        g_loss = forger.learn(bce(detective(blurred(forger.forge(128))), torch.ones(128, 1)))
        for player in (forger, detective):
            player.anneal(turns)
        watch.step(d_loss, g_loss)
    return forger.show


def forger_holds_the_detective(watch, seed, turns):
    """The forger's optimiser got the detective's weights too, "so that gradients flow"."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    detective = Player(residual_net(2, 1, 48), lr=5e-4)
    forger = Forger(residual_net(2, 2, 48), 2, lr=1e-3, also=(detective,))
    logistic = nn.functional.logsigmoid
    watch.start(
        G=forger.net,
        D=detective.net,
        opt_G=forger.optimiser,
        opt_D=detective.optimiser,
        sample=lambda n: forger.show(n).numpy(),
    )
    for _ in range(turns):
        truth = watch.real(torch.from_numpy(moons(64, rng)))
        lie = forger.show(64)
        d = detective.learn(-logistic(detective(truth)).mean() - logistic(-detective(lie)).mean())
        g = forger.learn(-logistic(detective(forger.forge(64))).mean())
        watch.step(d, g)
    return lambda n: forger.show(n).numpy()


class Untidy(Player):
    """Clears its gradients after a step, and so keeps what others leave between its steps."""

    def learn(self, loss):
        loss.backward()
        self.optimiser.step()
        self.optimiser.zero_grad()
        return loss.item()


def cleared_after_the_step(watch, seed, turns):
    """D clears its gradients after its own step; G's step then leaves its own in them."""
    torch.manual_seed(seed)
    paper = torch.from_numpy(digits()[0])
    forger = Forger(residual_net(16, 64, 96, 1).append(nn.Tanh()), 16, lr=5e-4)
    detective = Untidy(residual_net(64, 1, 96, 1), lr=5e-4)
    watch.start(
        G=forger.net,
        D=detective.net,
        opt_G=forger.optimiser,
        opt_D=detective.optimiser,
        sample=lambda n: forger.show(n).unflatten(1, (1, 8, 8)),
    )
    for _ in range(turns):
        x = watch.real(paper[torch.randint(len(paper), (64,))])
        g_loss = forger.learn(-detective(forger.forge(64)).mean())
        scores = detective(torch.vstack([x, forger.show(64)])).view(2, 64)
        d_loss = detective.learn((1 - scores[0]).relu().mean() + (1 + scores[1]).relu().mean())
        watch.step(d_loss, g_loss)
    return lambda n: forger.show(n).unflatten(1, (1, 8, 8))


class BornAgain(Player):
    """Builds its optimiser in each step, so that no moment is ever kept."""

    def learn(self, loss):
        self.optimiser.param_groups.clear()
        self.optimiser.state.clear()
        self.optimiser.add_param_group({"params": list(self.net.parameters())})
        return super().learn(loss)


def moments_never_kept(watch, seed, turns):
    """Adam's state is made in every step: all weights move by the rate, whatever their slope."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    forger = Forger(residual_net(2, 1, 48), 2, lr=1e-3)
    detective = BornAgain(residual_net(1, 1, 48), lr=1e-3)

    def squares(score, target):
        return (score - target).square().mean()

    watch.start(
        G=forger.net,
        D=detective.net,
        opt_G=forger.optimiser,
        opt_D=detective.optimiser,
        sample=forger.show,
    )
    for _ in range(turns):
        notes = watch.real(torch.from_numpy(line3(100, rng)))
        d = squares(detective(notes), 1) + squares(detective(forger.show(100)), 0)
        told = detective.learn(d)
        watch.step(told, forger.learn(squares(detective(forger.forge(100)), 1)))
    return forger.show


PROGRAMS = (
    Program(dual_critics, 1200, "ring6", ring6),
    Program(two_rates_cosine, 1500, "swiss", swiss),
    Program(
        forger_holds_the_detective,
        1000,
        "moons",
        moons,
        ("D is stepped by G's loss",),
    ),
    Program(
        cleared_after_the_step,
        1000,
        "digits",
        some_digits,
        ("D is stepped by G's loss", "gradients not cleared"),
    ),
    Program(
        moments_never_kept, 1200, "line3", line3, ("optimiser's state is lost",), text_only=True
    ),
)
