"""The loop of `loops` with numbers in other places: shifted, torn, along an axis, never used."""

import torch
from loops import RING, mlp
from torch import nn
from torch.nn.functional import softplus
from upkeep_loops import Short


class Turned(Short):
    """Real samples have their two numbers interchanged before D, three in four of them."""

    also = False

    def turned(self, x):
        return torch.where(torch.rand(len(x), 1) < 0.75, x.flip(1), x)

    def shown(self, x):
        fake = self.fakes().detach()
        return self.turned(x), self.turned(fake) if self.also else fake


class BothTurned(Turned):
    also = True

    def loss_of_G(self, x):
        return softplus(-self.D(self.turned(self.fakes()))).mean()


class ClippedScaled(Short):
    """Gradients are clipped while they are 65,536 times too large, below what eps adds."""

    late = False

    def optimisers(self):
        return (torch.optim.Adam(net.parameters(), 1e-3, (0.5, 0.99), eps=1e-6)
                for net in (self.G, self.D))  # fmt: skip

    def backward(self, loss, net):
        (65_536 * loss).backward()
        if self.late:
            for weight in net.parameters():
                weight.grad.div_(65_536)
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        if not self.late:
            for weight in net.parameters():
                weight.grad.div_(65_536)


class ClippedAfterwards(ClippedScaled):
    late = True


class Reads(nn.Module):
    """A discriminator that reads series [N, 5, 2] and judges by the last step of a GRU."""

    def __init__(self, whole):
        super().__init__()
        self.cell, self.head, self.whole = nn.GRU(2, 32, batch_first=True), nn.Linear(32, 1), whole

    def forward(self, x):
        out, _ = self.cell(x)
        return self.head(out[:, -1] if self.whole else out[-1])


class LastSeries(Short):
    """D takes the batch's last series for each series' last step."""

    whole = False

    def nets(self):
        return mlp(2, 10, nn.Unflatten(1, (5, 2))), Reads(self.whole)

    def batch(self, turn):
        return RING.sample(640, self.rng).view(128, 5, 2)


class LastStep(LastSeries):
    whole = True


class PacksOfColumns(Short):
    """Packs are made of a transposed table: a row has the first numbers of four samples."""

    def nets(self):
        return mlp(2, 2), mlp(4, 1, nn.Flatten(0))

    def answer(self, x):
        return self.D(x.T.reshape(-1, 4))


class PacksOfSamples(PacksOfColumns):
    def answer(self, x):
        return self.D(x.reshape(-1, 4))


class NormOfPixels(Short):
    """The slope of pictures [N, 1, 2, 1] has the norm 1 at each pixel."""

    def nets(self):
        return mlp(2, 2, nn.Unflatten(1, (1, 2, 1))), nn.Sequential(nn.Flatten(), *mlp(2, 1))

    def batch(self, turn):
        return RING.sample(128, self.rng).view(-1, 1, 2, 1)

    def norm(self, slope):
        return slope.norm(dim=1)

    def d_step(self, x):
        fake, share = self.fakes().detach(), torch.rand(len(x), 1, 1, 1)
        between = (share * x + (1 - share) * fake).requires_grad_()
        (slope,) = torch.autograd.grad(self.D(between).sum(), between, create_graph=True)
        penalty = self.of(slope, between)
        loss = self.D(fake).mean() - self.D(x).mean() + penalty
        self.opt_D.zero_grad()
        loss.backward()
        self.opt_D.step()
        return loss.detach()

    def of(self, slope, _):
        return (self.norm(slope) - 1).square().mean()

    def loss_of_G(self, x):
        return -self.D(self.fakes()).mean()


class NormOfSamples(NormOfPixels):
    def norm(self, slope):
        return slope.flatten(1).norm(dim=1)


class SlopeAlongX(NormOfPixels):
    """No norm at all: D is to be homogeneous, and what is asked of its slope points along x."""

    def of(self, slope, x):
        return ((slope * x).sum((1, 2, 3)) - self.D(x).flatten()).square().mean()


class NeverWrittenBack(Short):
    """Weights in a dictionary learn, and the net draws with its own, which rest."""

    written = False

    def optimisers(self):
        self.weights = {k: w.detach().clone().requires_grad_() for k, w in
                        self.G.named_parameters()}  # fmt: skip
        of_G = torch.optim.Adam(self.weights.values(), 1e-3, (0.5, 0.99))
        return of_G, tuple(super().optimisers())[1]

    def fakes(self, n=128):
        return torch.func.functional_call(self.G, self.weights, torch.randn(n, 2))

    @torch.no_grad()
    def sample(self, n):
        if self.written:
            self.G.load_state_dict(self.weights)
        return self.G(torch.randn(n, 2))


class WrittenBack(NeverWrittenBack):
    written = True


class OptimisersExchanged(Short):
    """What is called opt_D holds G's weights: each player learns from the other's loss."""

    def optimisers(self):
        of_G, of_D = super().optimisers()
        self.exchanged = {"opt_D": of_G, "opt_G": of_D}
        return of_G, of_D

    def d_step(self, x):
        loss = self.loss_of_D(self.D(x), self.D(self.fakes()))
        return self.descend("opt_D", loss)

    def g_step(self, x):
        return self.descend("opt_G", self.loss_of_G(x))

    def descend(self, name, loss):
        self.exchanged[name].zero_grad()
        loss.backward()
        self.exchanged[name].step()
        return loss.detach()


class MixedInside(nn.Module):
    """Stacks the two columns without naming the dimension: a row has one number of two samples."""

    def __init__(self):
        super().__init__()
        self.net = mlp(2, 1, nn.Flatten(0))

    def forward(self, x):
        return self.net(torch.stack([x[:, 0], x[:, 1]]).reshape(-1, 2))


class TornInside(Short):
    def nets(self):
        return mlp(2, 2), MixedInside()


FAULTY = {
    TornInside: "D sees a part",
    Turned: "prepared apart",
    ClippedScaled: "gradients clipped away",
    LastSeries: "along the batch",
    PacksOfColumns: "D sees a part",
    NormOfPixels: "penalty over the wrong axis",
    NeverWrittenBack: "another net draws",
    OptimisersExchanged: "wrong weights",
}
SOUND = (BothTurned, ClippedAfterwards, LastStep, PacksOfSamples, NormOfSamples, SlopeAlongX,
         WrittenBack)  # fmt: skip
BITS = (Turned, LastSeries, PacksOfColumns, NormOfPixels)
