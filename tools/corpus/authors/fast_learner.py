"""Loops of a learner with hooks: one module holds both nets, a switcher says whose turn."""

from itertools import pairwise

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from ..data import digits, moons, some_digits, spirals
from ..entry import Program


class Callback:
    order = 0

    def __getattr__(self, name):
        """Find what a callback does not know in its learner; events that it lacks do nothing."""
        if name.startswith(("before_", "after_")):
            return lambda: None
        return getattr(self.__dict__["learn"], name)


class GANModule(nn.Module):
    """Is the generator in one mode and the critic in the other."""

    def __init__(self, generator, critic, gen_mode=False):
        super().__init__()
        self.generator, self.critic, self.gen_mode = generator, critic, gen_mode

    def forward(self, *args):
        return self.generator(*args) if self.gen_mode else self.critic(*args)

    def switch(self, gen_mode=None):
        self.gen_mode = (not self.gen_mode) if gen_mode is None else gen_mode


def set_freeze_model(m, rg):
    for p in m.parameters():
        p.requires_grad_(rg)


class GANTrainer(Callback):
    """Freezes the player that waits and chooses the optimiser of the other."""

    def before_batch(self):
        self.learn.opt = self.opts[self.model.gen_mode]
        set_freeze_model(self.model.generator, self.model.gen_mode)
        set_freeze_model(self.model.critic, not self.model.gen_mode)


class FixedGANSwitcher(Callback):
    order = 1

    def __init__(self, n_crit=1, n_gen=1):
        self.n_crit, self.n_gen, self.done = n_crit, n_gen, 0

    def after_batch(self):
        self.done += 1
        if self.done == (self.n_gen if self.model.gen_mode else self.n_crit):
            self.done = 0
            self.learn.turned = self.model.gen_mode
            self.model.switch()


class GANLearner:
    def __init__(self, dls, generator, critic, noise_sz, lr=1e-3, cbs=(), loss=F.softplus):
        self.model, self.dls, self.noise_sz = GANModule(generator, critic), dls, noise_sz
        adam = [torch.optim.Adam(m.parameters(), lr, (0.5, 0.99)) for m in (critic, generator)]
        self.opts, self.cbs, self.loss_func = adam, sorted(cbs, key=lambda cb: cb.order), loss
        self.losses, self.turned, self.opt = [0.0, 0.0], False, None
        for cb in cbs:
            cb.learn = self

    def __call__(self, event):
        for cb in self.cbs:
            getattr(cb, event)()

    def noise(self, n):
        return torch.randn(n, self.noise_sz)

    def one_batch(self, yb):
        self.yb = yb
        self("before_batch")
        fake = self.model.generator(self.noise(len(self.yb)))
        if self.model.gen_mode:
            loss = self.loss_func(-self.model.critic(fake)).mean()
        else:
            loss = self.loss_func(-self.model.critic(self.yb)).mean()
            loss = loss + self.loss_func(self.model.critic(fake)).mean()
        self.opt.zero_grad()
        loss.backward()
        self.opt.step()
        self.losses[self.model.gen_mode] = loss.item()
        self("after_batch")

    def fit(self, watch, turns):
        parts = {"G": self.model.generator, "D": self.model.critic}
        watch.start(**parts, opt_D=self.opts[0], opt_G=self.opts[1], sample=self.predict)
        while turns:
            self.one_batch(watch.real(self.dls()))
            if self.turned:
                self.turned, turns = False, turns - 1
                watch.step(*self.losses)
        return self.predict

    @torch.no_grad()
    def predict(self, n):
        return self.model.generator(self.noise(n))


def mlp(*sizes, act=nn.LeakyReLU, end=None):
    layers = []
    for a, b in pairwise(sizes):
        layers += [nn.Linear(a, b), act()]
    return nn.Sequential(*layers[:-1], *([end] if end else []))


def switched_moons(watch, seed, turns):
    """Two batches for the critic, one for the generator; the player that waits is frozen."""
    torch.manual_seed(seed)
    items = torch.from_numpy(moons(6000, np.random.default_rng(seed)))
    cbs = [GANTrainer(), FixedGANSwitcher(n_crit=2)]
    nets = mlp(3, 80, 80, 2), mlp(2, 80, 80, 1)
    dls = lambda: items[torch.randint(len(items), (128,))]  # noqa: E731
    return GANLearner(dls, *nets, noise_sz=3, cbs=cbs).fit(watch, turns)


class FreezeTheOther(GANTrainer):
    def before_batch(self):
        super().before_batch()
        set_freeze_model(self.model.generator, not self.model.gen_mode)
        set_freeze_model(self.model.critic, self.model.gen_mode)


def froze_the_player(watch, seed, turns):
    """set_freeze_model's flag is taken for "freeze": who should learn is frozen, in both modes."""
    torch.manual_seed(seed)
    items = torch.from_numpy(spirals(6000, np.random.default_rng(seed)))
    cbs = [FixedGANSwitcher(), FreezeTheOther()]
    nets = mlp(4, 64, 64, 2), mlp(2, 64, 64, 1)
    dls = lambda: items[torch.randint(len(items), (100,))]  # noqa: E731
    return GANLearner(dls, *nets, noise_sz=4, cbs=cbs).fit(watch, turns)


class Normalize(Callback):
    """Pixels from 0 to 16 become -1 to 1."""

    def __init__(self, mean, std):
        self.mean, self.std = mean, std

    def before_batch(self):
        self.learn.yb = (self.yb - self.mean) / self.std


def normalised_twice(watch, seed, turns):
    """The loader scales pixels to [-1, 1] and a callback does it again, as if they still were 0 to
    16: dark samples; somebody found it in the StyleGAN page of a big framework's examples."""
    torch.manual_seed(seed)
    pixels = torch.from_numpy(digits()[0])
    cbs = [GANTrainer(), Normalize(8.0, 8.0), FixedGANSwitcher()]
    nets = mlp(16, 96, 96, 64, act=nn.ReLU, end=nn.Tanh()), mlp(64, 96, 96, 1)
    dls = lambda: pixels[torch.randperm(len(pixels))[:64]]  # noqa: E731
    return GANLearner(dls, *nets, noise_sz=16, lr=5e-4, cbs=cbs).fit(watch, turns)


PROGRAMS = (
    Program(switched_moons, 1100, "moons", moons),
    Program(
        froze_the_player,
        600,
        "spirals",
        spirals,
        ("D is never stepped", "G is never stepped", "no gradient reaches G"),
    ),
    Program(
        normalised_twice,
        1000,
        "digits",
        some_digits,
        ("real data scaled twice", "real and fake samples prepared differently"),
    ),
)
