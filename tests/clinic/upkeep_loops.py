"""The loop of `loops`, with faults in what D is shown, what its loss hears, what optimisers keep.

Beside each fault stands a sound program that looks much like it.
"""

import copy

import torch
from loops import RING, Loop, mlp
from more_loops import ClippedCritic
from torch import nn
from torch.nn.functional import softplus


class Short(Loop):
    """A loop in parts: which fakes D is shown, and both losses of its answers."""

    def __init__(self, change="", turns=110):
        super().__init__(change, turns)

    def shown(self, x):
        """Return the real samples and the fakes that D is given."""
        return x, self.fakes().detach()

    def loss_of_D(self, real, fake):
        return softplus(-real).mean() + softplus(fake).mean()

    def loss_of_G(self, x):
        return softplus(-self.answer(self.fakes())).mean()

    def d_step(self, x):
        real, fake = self.shown(x)
        self.opt_D.zero_grad()
        loss = self.loss_of_D(self.answer(real), self.answer(fake))
        self.backward(loss, self.D)
        self.opt_D.step()
        return loss.detach()

    def g_step(self, x):
        self.opt_G.zero_grad()
        loss = self.loss_of_G(x)
        self.backward(loss, self.G)
        self.opt_G.step()
        return loss.detach()


class OneTarget(Short):
    """Targets [2n] against answers [2n, 1]: a square of all pairs."""

    def nets(self):
        return mlp(2, 2), mlp(2, 1)

    shape = (-1,)

    def d_step(self, x):
        both = self.D(torch.cat([x, self.fakes().detach()]))
        wanted = torch.arange(256).lt(128).float().view(self.shape)
        loss = (both - wanted).square().mean()
        self.opt_D.zero_grad()
        loss.backward()
        self.opt_D.step()
        return loss.detach()


class TwoTargets(OneTarget):
    shape = (-1, 1)


class RealLeftOut(Short):
    def loss_of_D(self, real, fake):
        return softplus(fake).mean()


class FakesLeftOut(Short):
    def loss_of_D(self, real, fake):
        return softplus(-real).mean()


class OneByOne(Short):
    """D is given the real samples one by one, under vmap: its calls cannot be read."""

    def d_step(self, x):
        held = {name: w.detach() for name, w in self.D.named_parameters()}
        fake = self.fakes().detach()

        def loss(weights):
            real = torch.vmap(lambda one: torch.func.functional_call(self.D, weights, one[None]))
            return self.loss_of_D(real(x), torch.func.functional_call(self.D, weights, fake))

        slopes, value = torch.func.grad_and_value(loss)(held)
        for name, weight in self.D.named_parameters():
            weight.grad = slopes[name]
        self.opt_D.step()
        return value.detach()


class Paired(Short):
    """A relativistic loss: a fake's slope is that of its real partner, turned round."""

    def loss_of_D(self, real, fake):
        return softplus(fake - real).mean()


class OldFakes(Short):
    """All of D's fakes were made before the loop."""

    part = 1.0

    def shown(self, x):
        if not hasattr(self, "pool"):
            self.pool = self.fakes(1000).detach()
        fresh = int(128 * (1 - self.part))
        old = self.pool[torch.randint(1000, (128 - fresh,))]
        return x, torch.cat([old, self.fakes(128).detach()[:fresh]])


class OldFromThereOn(OldFakes):
    """New fakes come in until the pool is full."""

    turn = 0

    def __init__(self):
        super().__init__(turns=200)

    def shown(self, x):
        self.turn, self.part = self.turn + 1, float(self.turn > 30)
        return super().shown(x)


class HalfOld(OldFakes):
    part = 0.5


class NotHeard(Short):
    """G learns by the distance of means; the weight of D's answer is 0."""

    weight = 0.0

    def loss_of_G(self, x):
        fake = self.fakes()
        apart = (fake.mean(0) - x.mean(0)).square().sum()
        return apart + self.weight * softplus(-self.answer(fake)).mean()


class AlsoHeard(NotHeard):
    weight = 0.1


class OneColumn(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = mlp(1, 1, nn.Flatten(0))

    def forward(self, x):
        return self.net(x[:, :1])


class SeesAPart(Short):
    def nets(self):
        return mlp(2, 2), OneColumn()


class Steep(nn.Module):
    def forward(self, x):
        return 30 * x


class Clamped(Short):
    def nets(self):
        return mlp(2, 2), mlp(2, 1, Steep(), nn.Hardtanh(0.0, 1.0), nn.Flatten(0))

    def loss_of_D(self, real, fake):
        return -(real + 1e-6).log().mean() - (1 - fake + 1e-6).log().mean()


class Squashed(ClippedCritic):
    def __init__(self):
        super().__init__(turns=110)

    def nets(self):
        return mlp(2, 2), mlp(2, 1, nn.Tanh(), nn.Flatten(0))


class HeldFlat(Short):
    """R1 with a weight of a hundred thousand."""

    weight = 1e5

    def d_step(self, x):
        x = x.clone().requires_grad_()
        self.opt_D.zero_grad()
        real = self.answer(x)
        (slope,) = torch.autograd.grad(real.sum(), x, create_graph=True)
        loss = self.loss_of_D(real, self.answer(self.fakes().detach()))
        (loss + self.weight * slope.square().sum(1).mean()).backward()
        self.opt_D.step()
        return loss.detach()


class HeldWell(HeldFlat):
    weight = 0.1


class Summed(Short):
    def optimisers(self):
        return tuple(torch.optim.SGD(net.parameters(), 0.1) for net in (self.G, self.D))

    def loss_of_D(self, real, fake):
        return softplus(-real).sum() + softplus(fake).sum()


class CutAway(Short):
    size = 1e-6

    def optimisers(self):
        return tuple(torch.optim.SGD(net.parameters(), 0.05) for net in (self.G, self.D))

    def backward(self, loss, net):
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), self.size)


class CutALittle(CutAway):
    size = 0.1


class Undone(Short):
    """D is put back to where it was at the start."""

    def g_step(self, x):
        if not hasattr(self, "first"):
            self.first = copy.deepcopy(self.D.state_dict())
        loss = super().g_step(x)
        self.D.load_state_dict(self.first)
        return loss


class TriedOut(Short):
    """D goes on for a step before G's, and back to where it was before that step."""

    def g_step(self, x):
        before = copy.deepcopy(self.D.state_dict())
        super().d_step(x)
        loss = super().g_step(x)
        self.D.load_state_dict(before)
        return loss


class Forgetful(Short):
    def d_step(self, x):
        self.opt_D.state.clear()
        return super().d_step(x)


class BetasSwapped(Short):
    betas = (0.999, 0.5)

    def optimisers(self):
        return tuple(torch.optim.Adam(n.parameters(), 1e-3, self.betas) for n in (self.G, self.D))


class RealChanges(Short):
    """Noise is added to the data themselves."""

    def __init__(self):
        super().__init__(turns=240)

    def batch(self, turn):
        if not hasattr(self, "data"):
            self.data = RING.sample(128 * 4, self.rng)
        x = self.data.view(4, 128, 2)[turn % 4]
        return x.add_(0.3 * torch.randn_like(x))


class RootOfZero(Short):
    """The root of a sum of squares that is 0 at a sample."""

    def loss_of_D(self, real, fake):
        loss = super().loss_of_D(real, fake)
        self.count = getattr(self, "count", 0) + 1
        return loss + (0.0 * real.square().sum()).sqrt() if self.count > 30 else loss


class LeftBehind(Short):
    """D's gradients are cleared after its step, and not before the next: G's loss adds to them."""

    def d_step(self, x):
        real, fake = self.shown(x)
        loss = self.loss_of_D(self.answer(real), self.answer(fake))
        loss.backward()
        self.opt_D.step()
        self.opt_D.zero_grad()
        return loss.detach()


class ClearedAfterG(LeftBehind):
    """They are cleared after G's step, too."""

    def g_step(self, x):
        loss = super().g_step(x)
        self.opt_D.zero_grad()
        return loss


class Masked(Short):
    """One optimiser for both, and the wrong player's gradients are taken away."""

    hidden = ("D", "G")  # in D's step and in G's

    def optimisers(self):
        both = torch.optim.Adam([*self.G.parameters(), *self.D.parameters()], 1e-3)
        return both, both

    def backward(self, loss, net):
        loss.backward()
        hidden = self.hidden[0] if net is self.D else self.hidden[1]
        for weight in getattr(self, hidden).parameters():
            weight.grad = None


class MaskedWell(Masked):
    hidden = ("G", "D")


class OtherLabels(Short):
    """A fake is judged with the label of the real sample beside it."""

    own = False

    def __init__(self):
        super().__init__("labels")

    def fakes(self, n=128):
        self.asked = torch.randint(2, (n,))
        return self.G(torch.randn(n, 2), self.asked)

    def d_step(self, x):
        fake = self.fakes().detach()
        with_fake = self.asked if self.own else self.kinds(x)
        real, fake = self.D(x, self.kinds(x)).flatten(), self.D(fake, with_fake).flatten()
        loss = self.loss_of_D(real, fake)
        self.opt_D.zero_grad()
        loss.backward()
        self.opt_D.step()
        return loss.detach()

    def loss_of_G(self, x):
        fake = self.fakes()
        return softplus(-self.D(fake, self.asked if self.own else self.kinds(x))).mean()


class OwnLabels(OtherLabels):
    own = True


class Rebuilt(Short):
    """G's last layer is replaced after the optimisers, and the recorder, were made."""

    holds = False

    def batch(self, turn):
        if turn == 3:
            self.G[-1] = nn.Linear(64, 2)
            if self.holds:
                self.opt_G.add_param_group({"params": list(self.G[-1].parameters())})
        return super().batch(turn)


class RebuiltWell(Rebuilt):
    holds = True


class AnotherOptimiser(Short):
    """D is stepped by an optimiser that the recorder was not given."""

    def d_step(self, x):
        if not hasattr(self, "inner"):
            self.inner = torch.optim.Adam(self.D.parameters(), 1e-3)
        self.opt_D, outer = self.inner, self.opt_D
        loss = super().d_step(x)
        self.opt_D = outer
        return loss


FAULTY = {
    OneTarget: "one target for all",
    RealLeftOut: "real left out",
    FakesLeftOut: "fakes left out",
    OldFakes: "old fakes only",
    OldFromThereOn: "old fakes only",
    NotHeard: "adversarial weight 0",
    SeesAPart: "D sees a part",
    Clamped: "D ends in a clamp",
    Squashed: "squashed critic",
    HeldFlat: "D held flat",
    Summed: "summed loss",
    CutAway: "gradients clipped away",
    Undone: "steps undone",
    Forgetful: "state lost",
    BetasSwapped: "betas swapped",
    RealChanges: "real data change",
    RootOfZero: "a slope is infinite",
    LeftBehind: "no zero_grad",
    Masked: "wrong weights",
    OtherLabels: "labels of others",
    Rebuilt: "weights nobody owns",
}
SOUND = (
    Short, TwoTargets, OneByOne, Paired, HalfOld, AlsoHeard, HeldWell, CutALittle, TriedOut,
    ClearedAfterG, MaskedWell, OwnLabels, RebuiltWell, AnotherOptimiser,
)  # fmt: skip
