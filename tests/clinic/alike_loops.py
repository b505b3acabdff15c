"""Sound loops in which a sign of a fault stands by chance or on purpose, and one more fault."""

import torch
from loops import RING, mlp
from order_loops import ClippedScaled, NeverWrittenBack
from torch import nn
from torch.nn.functional import softplus
from upkeep_loops import Short


class Regularised(Short):
    """D's answers are held near 0 and 1 in a backward that runs on into G, where it is cleared."""

    def d_step(self, x):
        fake = self.fakes()
        self.opt_D.zero_grad()
        loss = self.loss_of_D(self.D(x), self.D(fake.detach()))
        loss.backward()
        (0.05 * (self.D(x).square().mean() + (self.D(fake) - 1).square().mean())).backward()
        self.opt_D.step()
        return loss.detach()


class Packs(nn.Module):
    """A discriminator that lays 64 samples of a batch side by side."""

    def __init__(self):
        super().__init__()
        self.net = mlp(128, 1, nn.Flatten(0))

    def forward(self, x):
        return self.net(x.reshape(len(x) // 64, -1))


class PacksInside(Short):
    """It gives 2 answers, as many as a picture has columns."""

    def nets(self):
        return mlp(2, 2, nn.Unflatten(1, (1, 1, 2))), Packs()

    def batch(self, turn):
        return RING.sample(128, self.rng).view(-1, 1, 1, 2)


class BesideReal(Short):
    """D sees a real point and what was made of it: behind it, a fake one or the real one."""

    def nets(self):
        return mlp(4, 2), mlp(4, 1)

    def fakes(self, n=128):
        self.given = self.known[torch.randint(len(self.known), (n,))]
        return self.G(torch.cat([torch.randn(n, 2), self.given], 1))

    def batch(self, turn):
        self.known = RING.sample(128, self.rng)
        return self.known

    def shown(self, x):
        fake = self.fakes().detach()
        made = (self.given + 0.05 * torch.randn_like(self.given), fake)
        return tuple(torch.cat([self.given, x], 1) for x in made)

    def loss_of_G(self, x):
        fake = self.fakes()
        return softplus(-self.D(torch.cat([self.given, fake], 1))).mean()


class Words(nn.Module):
    """A net that is given a table's row beside its input, here the first one."""

    def __init__(self, table, n_out, learns):
        super().__init__()
        self.table, self.net, self.learns = table, mlp(6, n_out), learns

    def forward(self, x):
        row = self.table.weight[:1].expand(len(x), -1)
        return self.net(torch.cat([x, row if self.learns else row.detach()], 1))


class TableInBoth(Short):
    """A table that D learns, larger than the rest of G, stands in G, too."""

    def nets(self):
        table = nn.Embedding(4000, 4)
        return Words(table, 2, False), Words(table, 1, True)

    def optimisers(self):
        groups = self.G.net.parameters(), self.D.parameters()
        return (torch.optim.Adam(group, 1e-3, (0.5, 0.99)) for group in groups)


class Projected(Short):
    """After each of its steps a critic's matrices are scaled to spectral norm 0.3 at most."""

    def d_step(self, x):
        loss = self.D(self.fakes().detach()).mean() - self.D(x).mean()
        self.opt_D.zero_grad()
        loss.backward()
        self.opt_D.step()
        with torch.no_grad():
            for weight in (w for w in self.D.parameters() if w.dim() > 1):
                weight /= (torch.linalg.matrix_norm(weight, 2) / 0.3).clamp(min=1)
        seen = x.clone().requires_grad_()
        (slope,) = torch.autograd.grad(self.D(seen).sum(), seen)
        self.logged = slope.norm(dim=1).mean().item()
        return loss.detach()

    def loss_of_G(self, x):
        return -self.D(self.fakes()).mean()


class LentForTheDraw(NeverWrittenBack):
    """What was learnt is put into G for each draw, and taken out again."""

    @torch.no_grad()
    def sample(self, n):
        own = {k: w.clone() for k, w in self.G.state_dict().items()}
        self.G.load_state_dict(self.weights)
        x = self.G(torch.randn(n, 2))
        self.G.load_state_dict(own)
        return x


class DividedTwice(ClippedScaled):
    """G's gradients are divided by the scale of its loss a second time, and nothing is clipped."""

    def backward(self, loss, net):
        scale = 2**20
        (scale * loss).backward()
        for weight in net.parameters():
            weight.grad.div_(scale**2 if net is self.G else scale)


class DrawsInForward(Short):
    """G is given a real point and draws its z itself, in training and to be looked at."""

    def nets(self):
        return Draws(), mlp(2, 1)

    def fakes(self, n=128):
        return self.G(RING.sample(n, self.rng))


class Draws(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = mlp(4, 2)

    def forward(self, x):
        return self.net(torch.cat([x, torch.randn_like(x)], 1))


FAULTY = {DividedTwice: "gradients clipped away"}
SOUND = (Regularised, PacksInside, BesideReal, TableInBoth, Projected, LentForTheDraw)
BITS = (PacksInside, TableInBoth, DrawsInForward)
