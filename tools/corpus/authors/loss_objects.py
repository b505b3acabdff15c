"""Loops of a library whose losses are objects that train: train_ops, arguments found by name."""

import inspect
from itertools import pairwise

import numpy as np
import torch
from torch import nn

from ..data import circles, line, ring, spirals
from ..entry import Program


class Mlp(nn.Module):
    def __init__(self, sizes, nonlinearity=None, last=None):
        super().__init__()
        nonlinearity = nonlinearity or nn.ELU()
        self.encoding_dims, layers = sizes[0], []
        for size_in, size_out in pairwise(sizes):
            layers += [nn.Linear(size_in, size_out), nonlinearity]
        layers[-1] = last or nn.Identity()
        self.model = nn.Sequential(*layers)

    def forward(self, x):
        return self.model(x)

    def sampler(self, sample_size):
        return torch.randn(sample_size, self.encoding_dims)


class GeneratorLoss(nn.Module):
    """forward(dgz), and train_ops that makes one step of G with it."""

    def train_ops(self, generator, discriminator, optimizer_generator, batch_size):
        noise = generator.sampler(batch_size)
        optimizer_generator.zero_grad()
        loss = self.forward(discriminator(generator(noise)))
        loss.backward()
        optimizer_generator.step()
        return loss.item()


class DiscriminatorLoss(nn.Module):
    """forward(dx, dgz), and train_ops that makes one step of D with it."""

    def train_ops(self, generator, discriminator, optimizer_discriminator, real_inputs, batch_size):
        noise = generator.sampler(batch_size)
        optimizer_discriminator.zero_grad()
        dx, dgz = discriminator(real_inputs), discriminator(generator(noise).detach())
        loss = self.forward(dx, dgz)
        loss.backward()
        optimizer_discriminator.step()
        return loss.item()


class LeastSquaresG(GeneratorLoss):
    def __init__(self, c=0.0):
        super().__init__()
        self.c = c

    def forward(self, dgz):
        return 0.5 * torch.mean((dgz - self.c) ** 2)


class LeastSquaresD(DiscriminatorLoss):
    def __init__(self, a=-1.0, b=1.0):
        super().__init__()
        self.a, self.b = a, b

    def forward(self, dx, dgz):
        return 0.5 * (torch.mean((dx - self.b) ** 2) + torch.mean((dgz - self.a) ** 2))


class Trainer:
    """Builds nets and optimisers from a dictionary and calls each loss with what it asks for."""

    def __init__(self, models, losses_list, batch_size, ncritic=1):
        self.batch_size, self.ncritic, self.losses = batch_size, ncritic, losses_list
        for name, spec in models.items():
            model = spec["name"](**spec.get("args", {}))
            setattr(self, name, model)
            optimizer = spec["optimizer"]
            made = optimizer["name"](model.parameters(), **optimizer["args"])
            setattr(self, f"optimizer_{name}", made)

    def _get_argument_maps(self, func):
        return {name: getattr(self, name) for name in inspect.signature(func).parameters}

    def sample(self, n):
        with torch.no_grad():
            return self.generator(self.generator.sampler(n))

    def train(self, batches, watch, turns):
        watch.start(
            G=self.generator,
            D=self.discriminator,
            opt_G=self.optimizer_generator,
            opt_D=self.optimizer_discriminator,
            sample=self.sample,
        )
        for _ in range(turns):
            said = {}
            for loss in self.losses:
                is_d = isinstance(loss, DiscriminatorLoss)
                for _ in range(self.ncritic if is_d else 1):
                    if is_d:
                        self.real_inputs = watch.real(next(batches))
                    said[is_d] = loss.train_ops(**self._get_argument_maps(loss.train_ops))
            watch.step(said[True], said[False])
        return self.sample


def least_squares_objects(watch, seed, turns):
    """LSGAN with targets -1, 1 and 0: G wants D to say 0, which is neither real nor fake."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    adam = {"name": torch.optim.Adam, "args": {"lr": 1e-3, "betas": (0.5, 0.99)}}
    network_params = {
        "generator": {"name": Mlp, "args": {"sizes": (2, 128, 128, 2)}, "optimizer": adam},
        "discriminator": {"name": Mlp, "args": {"sizes": (2, 128, 128, 1)}, "optimizer": adam},
    }
    trainer = Trainer(network_params, [LeastSquaresD(), LeastSquaresG()], 128)
    batches = (torch.from_numpy(spirals(128, rng)) for _ in iter(int, 1))
    return trainer.train(batches, watch, turns)


def log_ratio_objects(watch, seed, turns):
    """G raises D's logit itself, the log of a ratio; two steps of D to one of G, on a line."""
    torch.manual_seed(seed)
    points = torch.from_numpy(line(6000, np.random.default_rng(seed), means=(-1.5, 1.0), sd=0.5))

    class LogRatioG(GeneratorLoss):
        def forward(self, dgz):
            return dgz.mean().neg()

    class LogRatioD(DiscriminatorLoss):
        def forward(self, dx, dgz):
            target = torch.tensor([[1.0], [0.0]]).repeat_interleave(len(dx), 0)
            return nn.functional.binary_cross_entropy_with_logits(torch.cat([dx, dgz]), target)

    radam, models = torch.optim.RAdam, {}
    for side, sizes, lr in (
        ("generator", (4, 64, 64, 1), 7e-4),
        ("discriminator", (1, 64, 64, 1), 3e-3),
    ):
        optimizer = {"name": radam, "args": {"lr": lr, "betas": (0.5, 0.9)}}
        models[side] = {"name": Mlp, "args": {"sizes": sizes}, "optimizer": optimizer}
    trainer = Trainer(models, [LogRatioG(), LogRatioD()], 100, ncritic=2)

    def shuffled():
        while True:
            yield from points[torch.randperm(len(points))].split(trainer.batch_size)

    return trainer.train(shuffled(), watch, turns)


def summed_loss(watch, seed, turns):
    """reduction="sum" over a batch of 512 at a rate that was found for the mean."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)

    class MinimaxG(GeneratorLoss):
        def forward(self, dgz):
            bce = nn.BCEWithLogitsLoss(reduction="sum")
            return bce(dgz, torch.ones_like(dgz))

    class MinimaxD(DiscriminatorLoss):
        def forward(self, dx, dgz):
            bce = nn.BCEWithLogitsLoss(reduction="sum")
            return bce(dx, torch.ones_like(dx)) + bce(dgz, torch.zeros_like(dgz))

    sgd = {"name": torch.optim.SGD, "args": {"lr": 0.1, "momentum": 0.5}}
    generator = {"name": Mlp, "args": {"sizes": (2, 64, 64, 2)}, "optimizer": sgd}
    discriminator = {"name": Mlp, "args": {"sizes": (2, 64, 64, 1)}, "optimizer": sgd}
    models = {"generator": generator, "discriminator": discriminator}
    trainer = Trainer(models, [MinimaxD(), MinimaxG()], batch_size=512)
    return trainer.train(iter(lambda: torch.from_numpy(ring(512, rng)), None), watch, turns)


def inherits_the_wrong_loss(watch, seed, turns):
    """G's object computes D's loss on its own fakes: softplus(D(G(z))), and makes it small."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)

    class NonSaturating:
        """What both losses inherit."""

        def fake_term(self, dgz):
            return nn.functional.softplus(dgz).mean()

        def real_term(self, dx):
            return nn.functional.softplus(-dx).mean()

    class ForD(NonSaturating, DiscriminatorLoss):
        def forward(self, dx, dgz):
            return self.real_term(dx) + self.fake_term(dgz)

    class ForG(NonSaturating, GeneratorLoss):
        def forward(self, dgz):
            return self.fake_term(dgz)

    opt = {"name": torch.optim.Adam, "args": {"lr": 5e-4, "betas": (0.5, 0.9)}}
    net = {"sizes": (3, 72, 72, 2), "nonlinearity": nn.SiLU()}
    models = {
        "generator": {"name": Mlp, "args": net, "optimizer": opt},
        "discriminator": {"name": Mlp, "args": net | {"sizes": (2, 72, 1)}, "optimizer": opt},
    }
    trainer = Trainer(models, (ForG(), ForD()), 100)
    trainer.train(iter(lambda: torch.from_numpy(circles(100, rng)), None), watch, turns)
    return trainer.sample


PROGRAMS = (
    Program(least_squares_objects, 2500, "spirals", spirals),
    Program(log_ratio_objects, 1500, "line", lambda n, rng: line(n, rng, (-1.5, 1.0), 0.5)),
    Program(
        summed_loss,
        400,
        "ring",
        ring,
        ("loss summed over the batch", "learning rate too high", "diverged"),
    ),
    Program(
        inherits_the_wrong_loss,
        1000,
        "circles",
        circles,
        ("D's loss in G's step", "G's step has the wrong sign"),
    ),
)
