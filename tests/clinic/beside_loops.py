"""The loop of `loops` with what stands beside it: conditions, a second net, a second backward."""

import torch
from loops import RING, Labelled, mlp
from torch import nn
from torch.nn.functional import softplus
from upkeep_loops import Short


class SidesChanged(Short):
    """Pairs of a direction and a point there; for fakes the point comes first."""

    also = False

    def nets(self):
        return mlp(4, 2), mlp(4, 1, nn.Flatten(0))

    def fakes(self, n=128):
        self.way = nn.functional.normalize(RING.sample(n, self.rng))
        return self.G(torch.cat([self.way, torch.randn(n, 2)], 1))

    def beside(self, x):
        return torch.cat([self.way, x] if self.also else [x, self.way], 1)

    def shown(self, x):
        fake = self.fakes().detach()
        return torch.cat([nn.functional.normalize(x), x], 1), self.beside(fake)

    def loss_of_G(self, x):
        fake = self.fakes()
        return softplus(-self.D(self.beside(fake))).mean()


class BothAtTheEnd(SidesChanged):
    also = True


class BothStepsLast(Short):
    """Both losses go backward, then both players step: D has G's gradients, too."""

    into = None  # the nets into which G's loss goes backward

    def d_step(self, x):
        fake = self.fakes()
        loss = self.loss_of_D(self.D(x), self.D(fake.detach()))
        self.opt_D.zero_grad()
        self.opt_G.zero_grad()
        loss.backward()
        self.loss = softplus(-self.D(fake)).mean()
        self.loss.backward(inputs=self.into and list(self.G.parameters()))
        self.opt_D.step()
        return loss.detach()

    def g_step(self, x):
        self.opt_G.step()
        return self.loss.detach()


class IntoGAlone(BothStepsLast):
    into = "G"


class ClearedBetween(Short):
    """G's loss goes backward first, and D's gradients are cleared before its own."""

    def d_step(self, x):
        fake = self.fakes()
        self.opt_G.zero_grad()
        self.loss = softplus(-self.D(fake)).mean()
        self.loss.backward(retain_graph=True)
        self.opt_D.zero_grad()
        loss = self.loss_of_D(self.D(x), self.D(fake.detach()))
        loss.backward()
        self.opt_D.step()
        return loss.detach()

    def g_step(self, x):
        self.opt_G.step()
        return self.loss.detach()


class PartByPart(Short):
    """D's loss goes backward in two parts, and through G, whose gradients are cleared later."""

    def d_step(self, x):
        self.opt_D.zero_grad()
        real, fake = softplus(-self.D(x)).mean(), softplus(self.D(self.fakes())).mean()
        real.backward()
        fake.backward()
        self.opt_D.step()
        return (real + fake).detach()


class RootOfZero(Short):
    """G is to spread: a distance of each sample to all, itself too, whose root has no slope."""

    small = 0.0

    def loss_of_G(self, x):
        fake = self.fakes()
        apart = ((fake[:, None] - fake[None]).square().sum(-1) + self.small).sqrt()
        return softplus(-self.D(fake)).mean() + 0.05 * torch.exp(-apart).mean()


class RootOfMore(RootOfZero):
    small = 1e-6


class FiniteAndMixed(Short):
    """A data set of 600 points that come again and again, each with the label of another."""

    own = False

    def __init__(self, change="labels", turns=240):
        super().__init__(change, turns)
        self.points = RING.sample(600, self.rng)
        self.labels = (self.points[:, 0] > 0).long()
        if not self.own:
            self.labels = self.labels[torch.randperm(600)]

    def nets(self):
        return Labelled(2), Labelled(1)

    def batch(self, turn):
        self.place = torch.randint(len(self.points), (128,), generator=self.rng)
        return self.points[self.place]

    def kinds(self, x):
        return self.labels[self.place]


class Finite(FiniteAndMixed):
    own = True


class SecondG(Short):
    """A way back, from samples to z, that G's loss needs and no optimiser holds."""

    held = ()  # by which optimiser: G's, or one of its own

    def __init__(self, change="", turns=160):
        super().__init__(change, turns)

    def optimisers(self):
        self.back = mlp(2, 2)
        of_G, of_D = super().optimisers()
        if "G" in self.held:
            of_G.add_param_group({"params": self.back.parameters()})
        self.third = torch.optim.Adam(self.back.parameters(), 1e-3)
        return of_G, of_D

    def loss_of_G(self, x):
        z = torch.randn(len(x), 2)
        fake = self.G(z)
        there_and_back = self.G(self.back(x)) - x
        loss = softplus(-self.D(fake)).mean() + there_and_back.abs().mean()
        return loss + (self.back(fake) - z).abs().mean()

    def g_step(self, x):
        self.third.zero_grad()
        loss = super().g_step(x)
        if "own" in self.held:
            self.third.step()
        return loss


class SecondGHeld(SecondG):
    held = ("G",)


class ThirdOptimiser(SecondG):
    held = ("own",)


class IdleSlope(Short):
    """A critic whose slope at points between is to be 1, taken without its graph."""

    clip, graph = 0.0, False

    def __init__(self, change="", turns=500):
        super().__init__(change, turns)

    def d_step(self, x):
        fake, share = self.fakes().detach(), torch.rand(len(x), 1)
        between = (share * x + (1 - share) * fake).requires_grad_()
        (slope,) = torch.autograd.grad(self.D(between).sum(), between, create_graph=self.graph)
        penalty = (slope.norm(dim=1) - 1).square().mean()
        loss = self.D(fake).mean() - self.D(x).mean() + (0 if self.clip else penalty)
        self.opt_D.zero_grad()
        loss.backward()
        self.opt_D.step()
        for weight in self.D.parameters() if self.clip else ():
            weight.data.clamp_(-self.clip, self.clip)
        return loss.detach()

    def loss_of_G(self, x):
        return -self.D(self.fakes()).mean()


class ClippedAndLogged(IdleSlope):
    clip = 0.1


class PenaltyOfSlope(IdleSlope):
    graph = True


FAULTY = {
    SidesChanged: "prepared apart",
    BothStepsLast: "D learns from G's loss",
    RootOfZero: "a slope is infinite",
    FiniteAndMixed: "labels of others",
    SecondG: "weights nobody owns",
    IdleSlope: "penalty without a graph",
}
SOUND = (BothAtTheEnd, IntoGAlone, ClearedBetween, PartByPart, RootOfMore, Finite, SecondGHeld,
         ThirdOptimiser, ClippedAndLogged, PenaltyOfSlope)  # fmt: skip
BITS = (BothAtTheEnd, BothStepsLast, SecondG)
