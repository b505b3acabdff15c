"""The loop of `loops` with faults that show as symptoms only, each beside a sound program."""

import torch
from loops import RING, Labelled, mlp
from torch import nn
from torch.nn.functional import relu, softplus
from upkeep_loops import Short


class Silent(Short):
    """G learns to fill a square; D's answer stands in its loss with a weight of 0."""

    weight = 0.0

    def loss_of_G(self, x):
        fake = self.fakes()
        return (fake.abs() - 1).square().mean() + self.weight * softplus(-self.answer(fake)).mean()


class Joins(Silent):
    """The weight grows from 0."""

    weight = property(lambda self: min(1.0, self.D_steps / 60))
    D_steps = 0

    def d_step(self, x):
        self.D_steps += 1
        return super().d_step(x)


class Subtracted(Short):
    """R1 on real samples, with a minus."""

    sign = -1.0

    def d_step(self, x):
        x = x.clone().requires_grad_()
        real, fake = self.D(x), self.D(self.fakes().detach())
        (slope,) = torch.autograd.grad(real.sum(), x, create_graph=True)
        penalty = (slope.norm(dim=1) - 1).square().mean()
        loss = self.loss_of_D(real, fake) + self.sign * 0.1 * penalty
        self.opt_D.zero_grad()
        loss.backward()
        self.opt_D.step()
        return loss.detach()


class Added(Subtracted):
    sign = 1.0


class Averaged(Short):
    """Draws from an average that is put in G's place while it draws."""

    keeps = 0.99

    def __init__(self, change="", turns=800):
        super().__init__(change, turns)
        self.ema = [w.detach().clone() for w in self.G.parameters()]

    def g_step(self, x):
        loss = super().g_step(x)
        for old, new in zip(self.ema, self.G.parameters(), strict=True):
            old.mul_(self.keeps).add_(new.detach(), alpha=1 - self.keeps)
        return loss

    @torch.no_grad()
    def sample(self, n):
        own = [w.detach().clone() for w in self.G.parameters()]
        for w, old in zip(self.G.parameters(), self.ema, strict=True):
            w.copy_(old)
        x = self.G(torch.randn(n, 2))
        for w, old in zip(self.G.parameters(), own, strict=True):
            w.copy_(old)
        return x


class NoAverage(Averaged):
    keeps = 0.01


class NoisyReal(Short):
    """Noise on real samples, "against overfitting", and none on fakes."""

    also = False

    def noisy(self, x):
        return x + 0.5 * torch.randn_like(x)

    def shown(self, x):
        fake = self.fakes().detach()
        return self.noisy(x), self.noisy(fake) if self.also else fake


class NoisyBoth(NoisyReal):
    also = True

    def loss_of_G(self, x):
        return softplus(-self.D(self.noisy(self.fakes()))).mean()


class Squashed(NoisyReal):
    """G's numbers go through a tanh in D's step, in G's and for people."""

    def shown(self, x):
        return x, self.squash(self.fakes().detach())

    def squash(self, fake):
        return 2.5 * torch.tanh(fake)

    def loss_of_G(self, x):
        return softplus(-self.D(self.squash(self.fakes()))).mean()

    @torch.no_grad()
    def sample(self, n):
        return self.squash(self.fakes(n)).round(decimals=2)


class ScaledReal(NoisyReal):
    """Real samples are brought to G's scale after they were handed in."""

    def noisy(self, x):
        return x / 2


class OneKind(Short):
    """The loader holds the points of one label; both are drawn."""

    def nets(self):
        return Labelled(2), Labelled(1)

    def batch(self, turn):
        x = RING.sample(512, self.rng)
        return x[self.loaded(x)][:128]

    def loaded(self, x):
        return x[:, 0] > 0

    def fakes(self, n=128):
        self.asked = torch.arange(n) % 2 if n != 128 else self.kinds(self.batch(0))
        return self.G(torch.randn(n, 2), self.asked)

    def shown(self, x):
        self.x = x
        return super().shown(x)

    def answer(self, x):
        return self.D(x, self.kinds(x) if x is self.x else self.asked).flatten()


class BothKinds(OneKind):
    def loaded(self, x):
        return x[:, 0] > -9


class Constant(Short):
    """All weights start at 0.1."""

    def nets(self):
        G, D = mlp(2, 2), mlp(2, 1, nn.Flatten(0))
        for net in self.filled(G, D):
            for layer in net:
                if isinstance(layer, nn.Linear):
                    nn.init.constant_(layer.weight, 0.1)
        return G, D

    def filled(self, G, D):
        return G, D


class ZeroHead(Constant):
    """Only D's last layer starts at one value, at 0."""

    def filled(self, G, D):
        nn.init.zeros_(D[-2].weight)
        return ()


class Energy(Short):
    """D is an autoencoder, and its loss keeps the fakes above a margin."""

    share = 1.0

    def nets(self):
        return mlp(2, 2), mlp(2, 2)

    def energy(self, x):
        return (self.D(x) - x).square().mean(1)

    def d_step(self, x):
        real, fake = self.energy(x), self.energy(self.fakes().detach())
        loss = real.mean() + self.share * relu(2 - fake).mean()
        self.opt_D.zero_grad()
        loss.backward()
        self.opt_D.step()
        return loss.detach()

    def g_step(self, x):
        loss = self.energy(self.fakes()).mean()
        self.opt_G.zero_grad()
        loss.backward()
        self.opt_G.step()
        return loss.detach()


class EnergyOfReal(Energy):
    share = 0.0


class Sum(nn.Module):
    """Makes an answer of each number of a sample, and adds them up."""

    def __init__(self):
        super().__init__()
        self.net = mlp(1, 1)

    def forward(self, x):
        return self.net(x.reshape(-1, 1)).view(len(x), -1).sum(1)


class Apart(Short):
    def nets(self):
        return mlp(2, 2), Sum()


class WrittenOver(Short):
    """Noise with add_ on slices of the data."""

    def __init__(self, change="", turns=110):
        super().__init__(change, turns)
        self.data = RING.sample(1024, self.rng)

    def batch(self, turn):
        return self.data[turn % 8 * 128 :][:128]

    def shown(self, x):
        return x.add_(0.02 * torch.randn_like(x)), super().shown(x)[1]


class CopiedFirst(WrittenOver):
    def batch(self, turn):
        return super().batch(turn).clone()


class WrittenOverAndShuffled(WrittenOver):
    """The same, and each epoch goes through the data in a new order."""

    def batch(self, turn):
        if turn % 8 == 0:
            self.data = self.data[torch.randperm(1024, generator=self.rng)]
        return super().batch(turn)


class ShuffledAndCopied(WrittenOverAndShuffled):
    def batch(self, turn):
        return super().batch(turn).clone()


class FewKinds(WrittenOver):
    """Samples of sixteen kinds, drawn anew, turned into each other in place."""

    def batch(self, turn):
        ring = torch.arange(16) * (torch.pi / 8)
        points = torch.stack([ring.cos(), ring.sin()], 1)
        return points[torch.randint(16, (256,), generator=self.rng)][:128]

    def shown(self, x):
        x[::8] = x[::8].flip(0)  # each a sample that there is
        return x, self.fakes().detach()


class Mirrored(WrittenOver):
    """A buffer, filled anew and turned round now and then, of data that hold both directions."""

    block = torch.zeros(256, 2)

    def batch(self, turn):
        if turn == 0:
            self.data = torch.cat([self.data, -self.data])[torch.randperm(2048, generator=self.rng)]
        x = self.block[:128]
        return x.copy_(self.data[torch.randint(2048, (128,), generator=self.rng)])

    def shown(self, x):
        return x.mul_(torch.randint(0, 2, (128, 1)) * 2 - 1.0), self.fakes().detach()


class Refilled(WrittenOver):
    """One block of memory, that is filled with the next batch before the turn ends."""

    block = torch.zeros(2, 128, 2)

    def batch(self, turn):
        return self.block[0]

    def shown(self, x):
        kept = x.clone()
        self.block[0].copy_(RING.sample(128, self.rng))
        return kept, self.fakes().detach()


class SeldomRefreshed(Short):
    """Fakes of every twentieth turn, in turns of which no two are looked at in a row."""

    def __init__(self, change="", turns=240):
        super().__init__(change, turns)
        self.count, self.pool = 0, None

    def shown(self, x):
        self.count += 1
        if self.pool is None or self.count % 20 == 10:
            self.pool = self.fakes().detach()
        return x, self.pool


class NotAdded(Short):
    """The penalty of a Wasserstein critic is computed, and forgotten."""

    added = False

    def d_step(self, x):
        x = x.clone().requires_grad_()
        real, fake = self.D(x), self.D(self.fakes().detach())
        (slope,) = torch.autograd.grad(real.sum(), x, create_graph=True)
        penalty = (slope.norm(dim=1) - 1).square().mean()
        loss = fake.mean() - real.mean()
        if self.added:
            loss = loss + 10 * penalty
        self.opt_D.zero_grad()
        loss.backward()
        self.opt_D.step()
        return loss.detach()

    def loss_of_G(self, x):
        return -self.D(self.fakes()).mean()


class AddedToTheLoss(NotAdded):
    added = True


class AddedInTurns(NotAdded):
    """Lazily: in turns that are not those looked at."""

    steps = 0

    @property
    def added(self):
        self.steps += 1
        return self.steps % 2


class Clipped(NotAdded):
    """The slope is there to be read; few weights reach the ends of the clip."""

    def d_step(self, x):
        loss = super().d_step(x)
        with torch.no_grad():
            for w in self.D.parameters():
                w.clamp_(-0.2, 0.2)
        return loss


class GBeforeD(Short):
    """G's backward, D's through the same fakes, G's step, D's step."""

    detached = False

    def d_step(self, x):
        fake = self.fakes()
        for_D = fake.detach() if self.detached else fake
        g_loss = softplus(-self.D(fake)).mean()
        d_loss = self.loss_of_D(self.D(x), self.D(for_D))
        self.opt_G.zero_grad()
        g_loss.backward(retain_graph=True)
        self.opt_D.zero_grad()
        d_loss.backward()
        self.opt_G.step()
        self.opt_D.step()
        self.lost = g_loss.detach()
        return d_loss.detach()

    def g_step(self, x):
        return self.lost


class GBeforeDDetached(GBeforeD):
    detached = True


class Cancelled(Short):
    """One answer in both terms of D's loss: a hinge on each side, whose slopes cancel."""

    def loss_of_D(self, real, fake):
        return relu(1 - self.first(real, fake)).mean() + relu(1 + fake).mean()

    def first(self, real, fake):
        return fake


class Hinge(Cancelled):
    def first(self, real, fake):
        return real


FAULTY = {
    Silent: "adversarial weight 0",
    Subtracted: "penalty subtracted",
    NoAverage: "no average",
    NoisyReal: "prepared apart",
    OneKind: "labels never trained",
    Constant: "units alike",
    EnergyOfReal: "fakes left out",
    Apart: "D sees a part",
    WrittenOver: "real data change",
    WrittenOverAndShuffled: "real data change",
    NotAdded: "critic without a bound",
    GBeforeD: "no detach",
    Cancelled: "D's loss is flat",
}
SOUND = (Joins, Added, Averaged, NoisyBoth, Squashed, ScaledReal, BothKinds, ZeroHead, Energy,
         CopiedFirst, ShuffledAndCopied, FewKinds, Mirrored, Refilled, SeldomRefreshed,
         AddedToTheLoss, AddedInTurns, Clipped, GBeforeDDetached, Hinge)  # fmt: skip
BITS = (
    GBeforeD,
    NotAdded,
    WrittenOverAndShuffled,
    Subtracted,
    Averaged,
    NoisyReal,
    Energy,
    WrittenOver,
    SeldomRefreshed,
)
