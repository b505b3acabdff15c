"""One small loop on the ring, changed as people change theirs: the cases of ../shared/FIELD.md."""

import copy
import math

import torch
from torch import nn
from torch.nn.functional import softplus

from gancourse.clinic import Recorder
from gancourse.data import load_points

RING = load_points("ring")


def mlp(n_in, n_out, *last):
    return nn.Sequential(
        nn.Linear(n_in, 64), nn.LeakyReLU(0.2), nn.Linear(64, 64), nn.LeakyReLU(0.2),
        nn.Linear(64, n_out), *last,
    )  # fmt: skip


class Labelled(nn.Module):
    """A player that is given a label beside its input, and squeezes one output away."""

    def __init__(self, n_out):
        super().__init__()
        self.net = mlp(3, n_out)

    def forward(self, x, y):
        return self.net(torch.cat([x, y[:, None].float()], 1))


class TwoHeads(nn.Module):
    """A discriminator that returns (logit, class)."""

    def __init__(self):
        super().__init__()
        self.body, self.logit, self.kind = mlp(2, 16), nn.Linear(16, 1), nn.Linear(16, 3)

    def forward(self, x):
        h = self.body(x)
        return self.logit(h).squeeze(1), self.kind(h)


class Unwatched:
    """What a recorder is to the loop, and no recorder."""

    def __init__(self, *_):
        pass

    def real(self, x):
        return x

    def step(self, *_):
        pass


class Loop:
    """A loop with one change; `run(watch)` trains it and returns its nets and what watched."""

    def __init__(self, change="", turns=240, seed=0):
        self.change, self.turns = change, turns
        torch.manual_seed(seed)
        self.rng = torch.Generator().manual_seed(seed)
        self.G, self.D = self.nets()
        self.opt_G, self.opt_D = self.optimisers()
        self.stale = copy.deepcopy(self.G)
        self.fixed = RING.sample(128, self.rng)

    def nets(self):
        last = {"sigmoid": [nn.Sigmoid()], "softmax": [nn.Softmax(1)]}.get(self.change, [])
        D = mlp(2, 1, *last, nn.Flatten(0))
        if self.change == "old spectral norm":
            for layer in D:
                if isinstance(layer, nn.Linear):
                    nn.utils.spectral_norm(layer)
        if self.change == "frozen layer":
            D[0].requires_grad_(False)
        special = {"labels": (Labelled(2), Labelled(1)), "two heads": (mlp(2, 2), TwoHeads())}
        relu = [nn.ReLU()] if self.change == "ReLU at G's end" else []
        return special.get(self.change, (mlp(2, 2, *relu), D))

    def optimisers(self):
        def adam(weights):
            if self.change == "SGD, rate 5":
                return torch.optim.SGD(weights, 5.0)
            decay = 10.0 if self.change == "huge weight decay" else 0.0
            return torch.optim.Adam(weights, 1e-3, (0.5, 0.99), weight_decay=decay)

        half = self.change == "half of D unowned"
        of_D = self.D[2:] if half else self.D
        if self.change == "one optimiser":
            both = adam([*self.G.parameters(), *self.D.parameters()])
            return both, both
        return adam(self.G.parameters()), adam([p for p in of_D.parameters() if p.requires_grad])

    def fakes(self, n=128):
        z = torch.randn(n, 2)
        if self.change != "labels":
            return self.G(z)
        self.asked = torch.randint(2, (n,))
        fake = self.G(z, self.asked)
        self.made = fake.detach()
        return fake

    def kinds(self, x):
        return (x[:, 0] > 0).long()

    def answer(self, x):
        if self.change == "labels":
            own = torch.equal(x.detach(), self.made)  # a fake has the label that G was asked for
            return self.D(x, self.asked if own else self.kinds(x)).flatten()
        if self.change == "instance noise":
            x = x + 0.3 * torch.randn_like(x)
        out = self.D(x)
        return out[0] if self.change == "two heads" else out

    @torch.no_grad()
    def sample(self, n):
        x = self.stale(torch.randn(n, 2)) if self.change == "a stale net draws" else self.fakes(n)
        if self.change == "for display":
            return (x + 2) / 4
        return x.numpy() if self.change == "NumPy samples" else x

    def batch(self, turn):
        x = self.fixed if self.change == "one batch" else RING.sample(128, self.rng)
        if self.change == "NaN in a batch" and turn == 37:
            x[0, 0] = math.nan
        return x

    def penalty(self, x, fake):
        share = torch.rand(len(x), 1)
        between = (share * x + (1 - share) * fake.detach()).requires_grad_()
        (slope,) = torch.autograd.grad(self.answer(between).sum(), between, create_graph=True)
        return (slope.norm(dim=1) - 1).square().mean()

    def backward(self, loss, net):
        scale = 1024 if self.change == "scaled loss" else 1
        if self.change == "gradients written by hand":
            weights = list(net.parameters())
            for weight, slope in zip(weights, torch.autograd.grad(loss, weights), strict=True):
                weight.grad = slope
            return
        (scale * loss).backward()
        for weight in net.parameters() if scale > 1 else ():
            weight.grad.div_(scale)
        if self.change == "clipped gradients":
            nn.utils.clip_grad_norm_(net.parameters(), 0.1)

    def d_step(self, x):
        fake = self.fakes()
        penalty = self.penalty(x, fake) if self.change == "WGAN-GP, penalty first" else 0
        if self.change != "gradients written by hand":
            self.opt_D.zero_grad()
        if self.change == "instance noise":  # the fakes first
            logit_fake, logit_real = self.answer(fake.detach()), self.answer(x)
        else:
            logit_real, logit_fake = self.answer(x), self.answer(fake.detach())
        if self.change == "WGAN-GP, penalty first":
            loss = logit_fake.mean() - logit_real.mean() + penalty
        elif self.change == "D counts down":
            loss = softplus(logit_real).mean() + softplus(-logit_fake).mean()
        else:
            wrong = self.change == "both targets 1"
            loss = softplus(-logit_real).mean()
            loss = loss + softplus(-logit_fake if wrong else logit_fake).mean()
        self.backward(loss, self.D)
        if self.change == "opt_G in D's step":
            self.opt_G.step()
        elif self.change != "D never stepped":
            self.opt_D.step()
        return loss.detach()

    def g_step(self, x):
        if self.change != "gradients written by hand":
            self.opt_G.zero_grad()
        fake = x if self.change == "G's loss on real" else self.fakes()
        logit = self.answer(fake.detach() if self.change == "detach in G's step" else fake)
        loss = softplus(-logit).mean()
        if self.change == "WGAN-GP, penalty first":
            loss = -logit.mean()
        if self.change == "D counts down":
            loss = softplus(logit).mean()
        if self.change == "wrong sign":
            loss = -loss
        self.backward(loss, self.G)
        if self.change == "one optimiser":
            for weight in self.D.parameters():
                weight.grad = None
        self.opt_G.step()
        return loss.detach()

    def run(self, watch=Recorder):
        recorder = watch(self.G, self.D, self.opt_G, self.opt_D, self.sample)
        for turn in range(self.turns):
            x = recorder.real(self.batch(turn))
            recorder.step(self.d_step(x), self.g_step(x))
        return recorder
