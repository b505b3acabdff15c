"""Loops as a blind author wrote them from public threads: common mistakes in ordinary styles."""

import copy

import torch
from loops import RING, mlp
from torch import nn
from torch.func import functional_call
from torch.nn.functional import softplus
from upkeep_loops import Short


class OneBackward(Short):
    """One optimiser and one backward for both players; D also pays for its slope at real points."""

    def optimisers(self):
        both = torch.optim.Adam([*self.G.parameters(), *self.D.parameters()], 1e-3, (0.5, 0.99))
        return both, both

    def d_step(self, x):
        fake = self.fakes()
        x = x.clone().requires_grad_()
        real = self.D(x)
        (slope,) = torch.autograd.grad(real.sum(), x, create_graph=True)
        loss = self.loss_of_D(real, self.D(fake.detach())) + 0.03 * slope.square().sum(1).mean()
        held = {name: weight.detach() for name, weight in self.D.named_parameters()}
        self.of_G = softplus(-functional_call(self.D, held, (fake,))).mean()
        self.opt_D.zero_grad()
        (loss + self.of_G).backward()
        self.opt_D.step()
        return loss.detach()

    def g_step(self, x):
        return self.of_G.detach()


class SquashedShort(Short):
    """G ends in a sigmoid, and real numbers lie between -1 and 1: it is pushed to its lower end."""

    low = -1.0

    def nets(self):
        return mlp(2, 16, nn.Sigmoid()), mlp(16, 1, nn.Flatten(0))

    def batch(self, turn):
        x = RING.sample(128, self.rng) @ torch.linspace(-1, 1, 32).view(2, 16)
        return (self.low + (1 - self.low) * (3 * x - 1).sigmoid()).clamp(self.low, 1.0)


class Squashed(SquashedShort):
    low = 0.0


class Mapped(SquashedShort):
    """The loop maps what G gives to -1..1, and pictures are looked at as G gives them."""

    def shown(self, x):
        return x, 2 * self.fakes().detach() - 1

    def loss_of_G(self, x):
        return softplus(-self.D(2 * self.fakes() - 1)).mean()


class FromBytes(Short):
    """Real points are handed in as bytes, and come to D as G gives its own."""

    back = False

    def batch(self, turn):
        return (127.5 + 60 * RING.sample(128, self.rng)).round()

    def shown(self, x):
        return (x - 127.5) / 60, self.fakes().detach()

    def sample(self, n):
        x = super().sample(n)
        return 127.5 + 60 * x if self.back else x


class BackToBytes(FromBytes):
    back = True


class JudgedByACopy(OneBackward):
    """G's part of the one loss goes through a copy of D; D's fakes are leaves, for R2."""

    def __init__(self, change="", turns=400):  # D must have learnt
        super().__init__(change, turns)

    def optimisers(self):
        self.judge = copy.deepcopy(self.D).requires_grad_(False)
        return super().optimisers()

    def d_step(self, x):
        fake = self.fakes()
        self.judge.load_state_dict(self.D.state_dict())
        self.of_G = softplus(-self.judge(fake)).mean()
        x, cut = x.clone().requires_grad_(), fake.detach().requires_grad_()
        real, of_fakes = self.D(x), self.D(cut)
        slopes = [
            torch.autograd.grad(out.sum(), at, create_graph=True)[0].square().sum(1).mean()
            for out, at in ((real, x), (of_fakes, cut))
        ]
        loss = self.loss_of_D(real, of_fakes) + 0.02 * sum(slopes)
        self.opt_D.zero_grad()
        (loss + self.of_G).backward()
        self.opt_D.step()
        return loss.detach()


class BehindARelu(Short):
    """G's loss is D's answer behind a ReLU: D soon answers below 0, where that is flat."""

    def loss_of_G(self, x):
        return -(self.answer(self.fakes()) - 1e3).relu().mean()


class Counted(nn.Module):
    """A generator that is told how many points to make, and draws its z itself."""

    def __init__(self):
        super().__init__()
        self.net = mlp(2, 2)

    def forward(self, n):
        return self.net(torch.randn(n, 2))


class OneUnit(Short):
    """A softmax over one unit, before a G that is given a number."""

    def nets(self):
        return Counted(), mlp(2, 1, nn.Softmax(1), nn.Flatten(0))

    def fakes(self, n=128):
        return self.G(n)

    def loss_of_D(self, real, fake):
        probability = torch.cat([real, fake]).clamp(0, 1)
        wanted = torch.arange(2 * len(real)).lt(len(real)).float()
        return nn.functional.binary_cross_entropy(probability, wanted)

    def loss_of_G(self, x):
        return nn.functional.binary_cross_entropy(self.D(self.fakes()), torch.ones(128))


FAULTY = {
    SquashedShort: "range",
    BehindARelu: "no gradient arrives",
    OneUnit: "D says one number",
}
SOUND = (OneBackward, JudgedByACopy, Squashed, Mapped, FromBytes, BackToBytes)
BITS = (OneBackward, OneUnit)
