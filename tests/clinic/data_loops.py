"""Loops whose data are at fault or look as if they were: written over, unscaled, or already judged.

The first five are kinds of what a blind author wrote: see docs/clinic/corpus_blind7.json.
"""

import torch
from loops import RING, mlp
from torch import nn
from upkeep_loops import Short


class InPlace(Short):
    """Batches are views of the data, and each epoch normalises them in place once more."""

    def __init__(self, change="", turns=110):
        super().__init__(change, turns)
        self.data = RING.sample(512, self.rng) + 0.5

    def batch(self, turn):
        start = 128 * (turn % 4)
        return self.prepared(self.data[start : start + 128])

    def prepared(self, x):
        return x.sub_(0.5).div_(0.9)


class WhollyInPlace(InPlace):
    """The same of all data at the start of an epoch; its batches are copies."""

    def __init__(self, change="", turns=260):
        super().__init__(change, turns)

    def batch(self, turn):
        if turn % 4 == 0:
            self.data.sub_(0.5).div_(0.7)
        return self.data[torch.randperm(512, generator=self.rng)[:128]]


class SmallerInPlace(WhollyInPlace):
    """Bytes that are divided by their largest number, in each epoch."""

    def batch(self, turn):
        if turn % 4 == 0:
            self.data.div_(2.5)
        return self.data[torch.randperm(512, generator=self.rng)[:128]]


class Copied(InPlace):
    """The sound one: the same views, and what is normalised is a copy."""

    def prepared(self, x):
        return (x - 0.5) / 0.9


class Once(InPlace):
    """Normalised in place in the first epoch alone."""

    def batch(self, turn):
        start = 128 * (turn % 4)
        x = self.data[start : start + 128]
        return self.prepared(x) if turn < 4 else x


class Refilled(InPlace):
    """One buffer for all batches, which are views of it."""

    def batch(self, turn):
        self.data[:128] = RING.sample(128, self.rng)
        return self.data[:128]


class AskedForTheSame(Short):
    """A hinge loss that asks fakes to be real: D soon gives what it asks of both."""

    way = 1.0

    def loss_of_D(self, real, fake):
        return sum((1 - self.way * answer).relu().mean() for answer in (real, fake))

    def loss_of_G(self, x):
        return -self.answer(self.fakes()).mean()


class AskedForTheSameBelow(AskedForTheSame):
    way = -1.0


class Hinge(AskedForTheSame):
    """The sound one, which is satisfied for turns on end where D tells all fakes."""

    def loss_of_D(self, real, fake):
        return (1 - real).relu().mean() + (1 + fake).relu().mean()


class Table(Short):
    """Rows of a table as they are: years, an income, a share."""

    unit = torch.tensor([12.0, 9000.0, 0.3])

    def nets(self):
        return mlp(2, 3), mlp(3, 1, nn.Flatten(0))

    def batch(self, turn):
        x = RING.sample(128, self.rng)
        return torch.cat([x, x[:, :1] * x[:, 1:]], 1) * self.unit


class StandardisedTable(Table):
    unit = torch.tensor([1.2, 0.9, 1.0])


class SampleSecond(nn.Module):
    """A discriminator of (condition, sample): the condition is real numbers, too."""

    def __init__(self):
        super().__init__()
        self.net = mlp(4, 1, nn.Flatten(0))

    def forward(self, y, x):
        return self.net(torch.cat([y, x], 1))


class ConditionFirst(Short):
    """D is given the place that was asked for before the sample."""

    def nets(self):
        return mlp(4, 2), SampleSecond()

    def fakes(self, n=128):
        y = RING.sample(n, self.rng)
        self.y = y if n == 128 else self.y
        return self.G(torch.cat([torch.randn(n, 2), y], 1))

    def answer(self, x):
        return self.D(self.y, x)


class ConditionFirstAndSwapped(ConditionFirst):
    def loss_of_D(self, real, fake):
        return super().loss_of_D(fake, real)


class SeveralDs(Short):
    """Two discriminators in a ModuleList, which is never called itself."""

    def nets(self):
        return mlp(2, 2), nn.ModuleList([mlp(2, 1, nn.Flatten(0)) for _ in range(2)])

    def answer(self, x):
        return torch.stack([D(x) for D in self.D]).mean(0)


class SeveralDsAndOtherNoise(SeveralDs):
    """z is drawn by rand in training and by randn in sampling."""

    def fakes(self, n=128):
        return self.G(torch.rand(n, 2))

    @torch.no_grad()
    def sample(self, n):
        return self.G(torch.randn(n, 2))


FAULTY = {
    SeveralDsAndOtherNoise: "other noise",
    InPlace: "real data change",
    WhollyInPlace: "real data change",
    SmallerInPlace: "real data change",
    AskedForTheSame: "fakes called real",
    AskedForTheSameBelow: "fakes called real",
    Table: "unscaled data",
    ConditionFirstAndSwapped: "labels swapped",
}
SOUND = (SeveralDs, Copied, Once, Refilled, Hinge, StandardisedTable, ConditionFirst)
BITS = (SeveralDs, InPlace, ConditionFirst)
