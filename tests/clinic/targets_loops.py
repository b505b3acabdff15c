"""The loop of `loops` with faults of targets, packs and preparation, each beside a sound one."""

import torch
from loops import RING, TwoHeads, mlp
from torch import nn
from torch.nn.functional import binary_cross_entropy, cross_entropy, softplus
from upkeep_loops import Short


class SoftForAll(Short):
    """D's closure draws soft targets, for fakes from the same numbers as for real samples."""

    of_real, of_fakes = 0.35, 0.35  # at least, and 0.3 more at most

    def __init__(self, change="", turns=260):
        super().__init__(change, turns)

    def nets(self):
        return mlp(2, 2), mlp(2, 1, nn.Sigmoid(), nn.Flatten(0))

    def loss_of_D(self, real, fake):
        ones, zeros = (low + 0.3 * torch.rand(len(real)) for low in (self.of_real, self.of_fakes))
        return binary_cross_entropy(real, ones) + binary_cross_entropy(fake, zeros)

    def loss_of_G(self, x):
        answers = self.D(self.fakes())
        return binary_cross_entropy(answers, torch.ones_like(answers))

    def d_step(self, x):
        def closure():
            self.opt_D.zero_grad()
            loss = self.loss_of_D(self.D(x), self.D(self.fakes().detach()))
            loss.backward()
            return loss

        return self.opt_D.step(closure).detach()


class Soft(SoftForAll):
    of_real, of_fakes = 0.7, 0.0


class Slow(Soft):
    """Probabilities, and rates at which nothing much happens in so few turns."""

    def optimisers(self):
        return (torch.optim.Adam(net.parameters(), 2e-5) for net in (self.G, self.D))


class SlopesOfBoth(Short):
    """A critic whose slopes at both kinds are asked for in one call, for a penalty on them."""

    def __init__(self, change="", turns=260):
        super().__init__(change, turns)

    def d_step(self, x):
        both = [t.detach().requires_grad_() for t in (x, self.fakes())]
        real, fake = map(self.D, both)
        slopes = torch.autograd.grad(real.sum() + fake.sum(), both, create_graph=True)
        penalty = sum(slope.square().sum(1) ** 2 for slope in slopes).mean()
        loss = fake.mean() - real.mean() + 0.25 * penalty
        self.opt_D.zero_grad()
        loss.backward()
        self.opt_D.step()
        return loss.detach()

    def loss_of_G(self, x):
        return -self.D(self.fakes()).mean()


class PacksOfOne(Short):
    """Real packs hold a sample twice."""

    def nets(self):
        return mlp(2, 2), mlp(4, 1, nn.Flatten(0))

    def packed(self, x):
        return torch.cat([x, x], 1)

    def shown(self, x):
        return self.packed(x), self.fakes(256).detach().view(128, 4)

    def loss_of_G(self, x):
        return softplus(-self.D(self.fakes(256).view(128, 4))).mean()


class Packs(PacksOfOne):
    def packed(self, x):
        return torch.cat([x, RING.sample(len(x), self.rng)], 1)


class ClassesRedrawn(Short):
    """A loss of classes whose labels of fakes are drawn anew; D itself is given none."""

    redrawn = True

    def nets(self):
        return mlp(5, 2), TwoHeads()

    def fakes(self, n=128):
        y = torch.randint(3, (n,))
        self.asked = torch.randint(3, (n,)) if self.redrawn else y
        return self.G(torch.cat([torch.randn(n, 2), torch.eye(3)[y]], 1))

    def d_step(self, x):
        third = (x.atan2(x.roll(1, 1))[:, 0].remainder(2 * torch.pi) * 3 / (2 * torch.pi)).long()
        fake = self.fakes().detach()
        (real, kinds), (of_fake, _) = self.D(x), self.D(fake)
        loss = self.loss_of_D(real, of_fake) + cross_entropy(kinds, third)
        self.opt_D.zero_grad()
        loss.backward()
        self.opt_D.step()
        return loss.detach()

    def loss_of_G(self, x):
        answer, kinds = self.D(self.fakes())
        return softplus(-answer).mean() + cross_entropy(kinds, self.asked)


class Classes(ClassesRedrawn):
    redrawn = False


class TurnedInPart(Short):
    """Four of five real samples are turned a little, as augmentation with a probability does."""

    also = False

    def turned(self, x):
        on = (torch.rand(len(x)) < 0.8).float()
        angle = (2 * torch.rand(len(x)) - 1) * on
        cos, sin = angle.cos(), angle.sin()
        turned = torch.stack([cos * x[:, 0] - sin * x[:, 1], sin * x[:, 0] + cos * x[:, 1]], 1)
        return turned + 0.2 * torch.randn(len(x), 2) * on[:, None]

    def shown(self, x):
        fake = self.fakes().detach()
        return self.turned(x), self.turned(fake) if self.also else fake


class BothTurnedInPart(TurnedInPart):
    also = True

    def loss_of_G(self, x):
        return softplus(-self.D(self.turned(self.fakes()))).mean()


class OneNumber(Short):
    """All numbers of a z are one: expanded, and not drawn."""

    def fakes(self, n=128):
        return self.G(torch.randn(n, 1).expand(n, 2))


FAULTY = {
    SoftForAll: "one target for all",
    PacksOfOne: "packs of one sample",
    ClassesRedrawn: "labels of others",
    TurnedInPart: "prepared apart",
    OneNumber: "one z",
}
SOUND = (Soft, Slow, SlopesOfBoth, Packs, Classes, BothTurnedInPart)
BITS = (SoftForAll, PacksOfOne, Classes, TurnedInPart)
