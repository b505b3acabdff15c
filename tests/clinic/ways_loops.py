"""Loops in which samples are prepared otherwise than they should be, each beside a sound one."""

import torch
from loops import RING, mlp
from torch import nn
from upkeep_loops import Short


class Ways(Short):
    """Short runs: their samples suffer, so that habits are told."""

    def __init__(self, change="", turns=110):
        super().__init__(change, turns)

    def sample(self, n):
        return self.fakes(n).detach()


class Fakes(Ways):
    """G's numbers are squeezed for its own step, or for both."""

    def nets(self):
        return mlp(2, 2), mlp(2, 1)

    def shown(self, x):
        fake = self.fakes().detach()
        return x, fake if self.change == "bare for D" else 3 * fake.tanh()

    def loss_of_G(self, x):
        return nn.functional.softplus(-self.answer(3 * self.fakes().tanh())).mean()


class Grown(nn.Module):
    def __init__(self, alpha):
        super().__init__()
        self.old, self.new, self.alpha = mlp(2, 2), mlp(2, 2), alpha

    def forward(self, z):
        return (1 - self.alpha) * self.old(z) + self.alpha * self.new(z)


class Fading(Ways):
    def nets(self):
        return Grown(0.0 if self.change == "alpha stays 0" else 0.5), mlp(2, 1)


class Hard(nn.Module):
    """The second number is 0 or 1, and its slope is that of a sigmoid, or 0."""

    def __init__(self, through):
        super().__init__()
        self.net, self.through = mlp(2, 2), through

    def forward(self, z):
        x, y = self.net(z).unbind(1)
        soft = y.sigmoid()
        return torch.stack([x, (y > 0).float() + (soft - soft.detach() if self.through else 0)], 1)


class Chosen(Ways):
    def nets(self):
        return Hard(self.change != "no gradient"), mlp(2, 1)


class Scaled(Ways):
    """Real samples are handed in from 0 to 1 about, and D is given them from -2 to 2."""

    def batch(self, turn):
        return (RING.sample(128, self.rng) + 2) / 4

    def shown(self, x):
        return 4 * x - 2, self.fakes().detach()

    def sample(self, n):
        return self.fakes(n).detach() / 4 + (1.0 if self.change == "one for a half" else 0.5)


class Bounded(Ways):
    """Real samples in [-1, 1], where G ends in a tanh; or raw, and scaled in the loop."""

    def nets(self):
        return mlp(2, 2, nn.Tanh()), mlp(2, 1)

    def batch(self, turn):
        x = RING.sample(128, self.rng)
        return (x / x.abs().max()) if self.change == "scaled twice" else 3 * x

    def shown(self, x):
        return x / 3, self.fakes().detach()


class Rounded(Ways):
    def shown(self, x):
        x = x.round() if self.change == "whole numbers" else x + 0.01 * torch.rand_like(x)
        return x, self.fakes().detach()


class Truncated(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = mlp(2, 2)

    def forward(self, z, truncation=1.0, step=0):
        return truncation * self.net(z)


class Set(Ways):
    def nets(self):
        return Truncated(), mlp(2, 1)

    def sample(self, n):
        given = {"truncation": 0.2} if self.change == "truncated" else {"step": 3}
        return self.G(torch.randn(n, 2), **given).detach()


class Recurrent(nn.Module):
    def __init__(self, batch_first):
        super().__init__()
        self.rnn, self.out = nn.GRU(1, 8, batch_first=batch_first), nn.Linear(8, 1)

    def forward(self, x):
        return self.out(self.rnn(x[..., None])[0])


class Series(Ways):
    def nets(self):
        return mlp(2, 2), Recurrent(self.change != "along the batch")

    def batch(self, turn):
        return RING.sample(16, self.rng)

    def fakes(self, n=16):
        return super().fakes(n)


FAULTY = {
    (Fakes, "bare for D"): "two kinds of fakes",
    (Fading, "alpha stays 0"): "weights without a gradient",
    (Chosen, "no gradient"): "numbers without a gradient",
    (Scaled, "one for a half"): "samples converted wrongly",
    (Bounded, "scaled twice"): "real samples changed",
    (Rounded, "whole numbers"): "real samples changed",
    (Set, "truncated"): "other settings in sampling",
    (Series, "along the batch"): "along the batch",
}
