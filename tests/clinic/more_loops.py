"""The loop of `loops`, with faults and habits that change more of it than a line."""

import copy

import torch
from loops import Loop, mlp
from torch import nn
from torch.nn.functional import softplus


class DFrozen(Loop):
    def nets(self):
        G, D = super().nets()
        return G, D.requires_grad_(False)

    def optimisers(self):
        return tuple(torch.optim.Adam(net.parameters(), 1e-3) for net in (self.G, self.D))

    def backward(self, loss, net):
        if loss.requires_grad:
            super().backward(loss, net)


class ClearedTooLate(Loop):
    def backward(self, loss, net):
        super().backward(loss, net)
        if net is self.D:
            self.opt_D.zero_grad()


class HingeWithoutSlope(Loop):
    """A hinge whose margins are all kept: D's loss is 0, and G's loss still reaches D."""

    def nets(self):
        D = mlp(2, 1, nn.Flatten(0))
        with torch.no_grad():
            D[-2].bias.fill_(50.0)
        return mlp(2, 2), D

    def d_step(self, x):
        self.opt_D.zero_grad()
        loss = torch.relu(1 - self.D(x)).mean() + torch.relu(self.D(self.fakes().detach()) - 99)
        loss.mean().backward()
        self.opt_D.step()
        return loss.mean().detach()


class OlderCopy(Loop):
    """G's optimiser was made for a G that has been replaced since."""

    def optimisers(self):
        opts = super().optimisers()
        self.G = copy.deepcopy(self.G)
        return opts


class InAList(nn.Module):
    """A discriminator with layers in a Python list: parameters() holds the last only."""

    def __init__(self):
        super().__init__()
        self.first = [nn.Linear(2, 64), nn.LeakyReLU(0.2), nn.Linear(64, 64), nn.LeakyReLU(0.2)]
        self.last = nn.Linear(64, 1)

    def forward(self, x):
        for layer in self.first:
            x = layer(x)
        return self.last(x).flatten()


class LayersInAList(Loop):
    def nets(self):
        return mlp(2, 2), InAList()


class Scheduled(Loop):
    """A schedule for epochs, stepped in each turn: at the end, a rate of 1e-3 * 0.9 ** turns."""

    gamma = 0.9

    def optimisers(self):
        opts = super().optimisers()
        self.schedules = [torch.optim.lr_scheduler.ExponentialLR(opt, self.gamma) for opt in opts]
        return opts

    def g_step(self, x):
        loss = super().g_step(x)
        for schedule in self.schedules:
            schedule.step()
        return loss


class ScheduledWell(Scheduled):
    gamma = 0.995


class SlowD(Loop):
    def optimisers(self):
        opts = super().optimisers()
        opts[1].param_groups[0]["lr"] = 1e-7
        return opts


class LongSteps(Loop):
    def optimisers(self):
        opts = super().optimisers()
        for opt in opts:
            opt.param_groups[0]["lr"] = 1.0
        return opts


class SameZ(Loop):
    def fakes(self, n=128):
        if torch.is_grad_enabled():
            torch.manual_seed(0)
        return super().fakes(n)


class SumOfLosses(Loop):
    """Both losses in one backward, both optimisers step on what it left."""

    def d_step(self, x):
        fake = self.fakes()
        self.g_loss = softplus(-self.answer(fake)).mean()
        d_loss = softplus(-self.answer(x)).mean() + softplus(self.answer(fake.detach())).mean()
        for opt in (self.opt_D, self.opt_G):
            opt.zero_grad()
        (d_loss + self.g_loss).backward()
        self.opt_D.step()
        self.opt_G.step()
        return d_loss.detach()

    def g_step(self, x):
        return self.g_loss.detach()


class OneLoss(SumOfLosses):
    """Both players go down one loss: nobody reverses it for G."""

    def optimisers(self):
        both = torch.optim.Adam([*self.G.parameters(), *self.D.parameters()], 1e-3)
        return both, both

    reverse = staticmethod(lambda x: x)

    def d_step(self, x):
        fake = self.reverse(self.fakes())
        loss = softplus(-self.answer(x)).mean() + softplus(self.answer(fake)).mean()
        self.opt_D.zero_grad()
        loss.backward()
        self.opt_D.step()
        self.g_loss = loss
        return loss.detach()


class Reversed(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x.view_as(x)

    @staticmethod
    def backward(ctx, slope):
        return -slope


class GradientReversal(OneLoss):
    reverse = staticmethod(Reversed.apply)


class Critic(Loop):
    """A Wasserstein critic with a penalty on the slope that `norms` says, or without."""

    graph = cut_off = True

    def norms(self, slope):
        return slope.norm(dim=1)

    def penalty(self, x, fake):
        share = torch.rand(len(x), 1)
        between = share * x + (1 - share) * (fake.detach() if self.cut_off else fake)
        between = between.requires_grad_() if self.cut_off else between
        answers = self.answer(between).sum()
        (slope,) = torch.autograd.grad(answers, between, create_graph=self.graph)
        return 10 * (self.norms(slope) - 1).square().mean()

    def d_step(self, x):
        fake = self.fakes()
        loss = self.answer(fake.detach()).mean() - self.answer(x).mean() + self.penalty(x, fake)
        self.opt_D.zero_grad()
        loss.backward()
        self.opt_D.step()
        return loss.detach()

    def g_step(self, x):
        self.opt_G.zero_grad()
        loss = -self.answer(self.fakes()).mean()
        loss.backward()
        self.opt_G.step()
        return loss.detach()


class NoGraph(Critic):
    graph = False


class NoGraphNotCutOff(NoGraph):
    cut_off = False


class WrongAxis(Critic):
    def norms(self, slope):
        return slope.norm(dim=0)


class NoBound(Critic):
    def penalty(self, x, fake):
        return 0.0


class ClippedCritic(NoBound):
    def d_step(self, x):
        loss = super().d_step(x)
        for weight in self.D.parameters():
            weight.data.clamp_(-0.05, 0.05)
        return loss


class NotCutOff(ClippedCritic):
    """D's fakes are not detached, and G learns in every fifth turn, never in a measured one."""

    turn = 0

    def d_step(self, x):
        self.opt_D.zero_grad()
        loss = self.answer(self.fakes()).mean() - self.answer(x).mean()
        loss.backward()
        self.opt_D.step()
        for weight in self.D.parameters():
            weight.data.clamp_(-0.05, 0.05)
        return loss.detach()

    def g_step(self, x):
        self.turn += 1
        return super().g_step(x) if self.turn % 5 == 1 else torch.zeros(())


class Functional(Loop):
    """torch.func: the optimiser holds weights that are put into G's place in each call."""

    def optimisers(self):
        self.weights = {k: w.detach().clone() for k, w in self.G.named_parameters()}
        for weight in self.weights.values():
            weight.requires_grad_()
        adam = torch.optim.Adam(self.weights.values(), 1e-3, (0.5, 0.99))
        return adam, super().optimisers()[1]

    def fakes(self, n=128):
        return torch.func.functional_call(self.G, self.weights, torch.randn(n, 2))


class LabelsOfOthers(Loop):
    def __init__(self):
        super().__init__("labels")

    def kinds(self, x):
        return super().kinds(x.roll(1, 0))


class OneLabelDrawn(Loop):
    def __init__(self):
        super().__init__("labels")

    def sample(self, n):
        with torch.no_grad():
            return self.G(torch.randn(n, 2), torch.zeros(n, dtype=torch.long))


class Selected(Loop):
    """The samples on the right are shown."""

    @torch.no_grad()
    def sample(self, n):
        x = self.fakes(40 * n)
        return x[x[:, 0].argsort(descending=True)][:n]


class Truncated(Loop):
    """More samples are made than are shown."""

    @torch.no_grad()
    def sample(self, n):
        return self.fakes(n + 100)[:n]


class Normed(Loop):
    """G has batch norm, and its average draws, with the buffers of the start."""

    copies_buffers = False

    def nets(self):
        G = nn.Sequential(nn.Linear(2, 64), nn.BatchNorm1d(64), nn.ReLU(), nn.Linear(64, 2))
        return G, mlp(2, 1, nn.Flatten(0))

    def run(self, *watch):
        self.average = copy.deepcopy(self.G).eval()
        return super().run(*watch)

    def g_step(self, x):
        loss = super().g_step(x)
        for mine, new in zip(self.average.parameters(), self.G.parameters(), strict=True):
            mine.data.lerp_(new.data, 0.1)
        if self.copies_buffers:
            for mine, new in zip(self.average.buffers(), self.G.buffers(), strict=True):
                mine.data.copy_(new.data)
        return loss

    @torch.no_grad()
    def sample(self, n):
        return self.average(torch.randn(n, 2))


class NormedWell(Normed):
    copies_buffers = True


class NormInTrain(Normed):
    """Batch norm is in training mode when samples are drawn, 256 at a time: no harm."""

    @torch.no_grad()
    def sample(self, n):
        return self.G(torch.randn(n, 2))


class NormInTrainByFour(NormInTrain):
    """And four at a time: each sample depends on three others."""

    @torch.no_grad()
    def sample(self, n):
        return torch.cat([self.G(z) for z in torch.randn(n, 2).split(4)])


FAULTY = {
    DFrozen: "a player frozen",
    ClearedTooLate: "cleared before the step",
    OlderCopy: "weights nobody owns",
    LayersInAList: "weights nobody owns",
    Scheduled: "rate falls to zero",
    SlowD: "D hardly learns",
    LongSteps: "steps too long",
    SameZ: "same z for ever",
    SumOfLosses: "D learns from G's loss",
    OneLoss: "G steps the wrong way",
    NoGraph: "penalty without a graph",
    NoGraphNotCutOff: "penalty without a graph",
    WrongAxis: "penalty over the wrong axis",
    NoBound: "critic without a bound",
    LabelsOfOthers: "labels of others",
    OneLabelDrawn: "few conditions drawn",
    Selected: "a selection is drawn",
    Normed: "stale buffers",
    NormInTrainByFour: "batch norm in train",
}
SOUND = (
    ScheduledWell, GradientReversal, Critic, ClippedCritic, NotCutOff, Truncated, NormedWell,
    NormInTrain,
)  # fmt: skip
