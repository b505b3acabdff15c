"""A generator of images: correct in several styles, and the classic mistakes."""

from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import nn

from gancourse.nets import MLPGenerator


class AsASequence(nn.Module):
    def __init__(self, z_dim):
        super().__init__()
        self.body = nn.Sequential(
            nn.Linear(z_dim, 64),
            nn.BatchNorm1d(64),
            nn.ReLU(),
            nn.Linear(64, 784),
            nn.Tanh(),
            nn.Unflatten(1, (1, 28, 28)),
        )

    def forward(self, z):
        return self.body(z)


class Functional(nn.Module):
    def __init__(self, z_dim):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(z_dim, 96), nn.Linear(96, 128)])
        self.norms = nn.ModuleList([nn.BatchNorm1d(96), nn.BatchNorm1d(128)])
        self.last = nn.Linear(128, 784)

    def forward(self, z):
        for layer, norm in zip(self.layers, self.norms, strict=True):
            z = F.leaky_relu(norm(layer(z)), 0.2)
        return torch.tanh(self.last(z)).view(-1, 1, 28, 28)


class Convolutional(nn.Sequential):
    def __init__(self, z_dim):
        super().__init__(
            nn.Linear(z_dim, 7 * 7 * 16, bias=False),
            nn.BatchNorm1d(7 * 7 * 16),
            nn.LeakyReLU(0.2),
            nn.Unflatten(1, (16, 7, 7)),
            nn.ConvTranspose2d(16, 8, 4, 2, 1, bias=False),
            nn.BatchNorm2d(8),
            nn.LeakyReLU(0.2),
            nn.ConvTranspose2d(8, 1, 4, 2, 1),
            nn.Tanh(),
        )


class InFloat64(AsASequence):
    def __init__(self, z_dim):
        super().__init__(z_dim)
        self.double()

    def forward(self, z):
        return 2 * torch.sigmoid(2 * self.body[:4](z.double())).reshape(len(z), 1, 28, 28) - 1


def a_function_that_builds_one(z_dim: int):
    return AsASequence(z_dim)


class WithDropout(AsASequence):
    def __init__(self, z_dim):
        super().__init__(z_dim)
        self.body.insert(3, nn.Dropout(0.3))


class NormOnTheOutputToo(AsASequence):
    def __init__(self, z_dim):
        super().__init__(z_dim)
        self.body.insert(4, nn.BatchNorm1d(784))


class NormOnZToo(AsASequence):
    def __init__(self, z_dim):
        super().__init__(z_dim)
        self.body.insert(0, nn.BatchNorm1d(z_dim))


class Residual(nn.Module):
    def __init__(self, z_dim):
        super().__init__()
        self.into, self.out = nn.Linear(z_dim, 80), nn.Linear(80, 784)
        self.norm, self.inner = nn.BatchNorm1d(80), nn.Linear(80, 80)

    def forward(self, z):
        h = self.into(z)
        h = h + F.silu(self.norm(self.inner(h)))
        return torch.tanh(self.out(h)).unflatten(1, (1, 28, 28))


class OwnNorm(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.register_buffer("m", torch.zeros(width))
        self.register_buffer("v", torch.ones(width))

    def forward(self, x):
        mean, var = self.m, self.v
        if self.training:
            mean, var = x.mean(0), x.var(0, correction=0)
            self.m.lerp_(mean.detach(), 0.1)
            self.v.lerp_(var.detach(), 0.1)
        return (x - mean) / (var + 1e-5).sqrt()


class QuietConvolutional(nn.Sequential):
    """PyTorch's first weights of so large a stamp are tiny: tanh is nearly a line at first."""

    def __init__(self, z_dim):
        super().__init__(
            nn.Unflatten(1, (z_dim, 1, 1)),
            nn.ConvTranspose2d(z_dim, 32, 7, bias=False),
            nn.BatchNorm2d(32),
            nn.ReLU(inplace=True),
            nn.ConvTranspose2d(32, 16, 4, 2, 1, bias=False),
            nn.BatchNorm2d(16),
            nn.ReLU(inplace=True),
            nn.ConvTranspose2d(16, 1, 4, 2, 1),
            nn.Tanh(),
        )


class WeightNormed(AsASequence):
    def __init__(self, z_dim):
        super().__init__(z_dim)
        self.body[3] = nn.utils.parametrizations.weight_norm(nn.Linear(64, 784, bias=False))


class NormByHand(AsASequence):
    def __init__(self, z_dim):
        super().__init__(z_dim)
        self.body[1] = OwnNorm(64)


class DeepAndLazy(nn.Module):
    def __init__(self, z_dim):
        super().__init__()
        widths = [z_dim, 32, 64, 128]
        blocks = [
            nn.Sequential(nn.Linear(a, b), nn.BatchNorm1d(b, momentum=0.5), nn.ELU())
            for a, b in pairwise(widths)
        ]
        self.blocks, self.last = nn.Sequential(*blocks), nn.Linear(128, 28 * 28)

    def forward(self, z):
        return self.last(self.blocks(z)).tanh().reshape(-1, 1, 28, 28)


class Variant(nn.Module):
    """A generator from which each mistake departs in one line."""

    end, norm = nn.Tanh, nn.BatchNorm1d

    def __init__(self, z_dim):
        super().__init__()
        self.body = nn.Sequential(
            nn.Linear(z_dim, 64), self.norm(64), nn.LeakyReLU(0.2), nn.Linear(64, 784), self.end()
        )

    def forward(self, z):
        return self.body(z).view(-1, 1, 28, 28)


class EndsInSigmoid(Variant):
    end = nn.Sigmoid


class EndsOpen(Variant):
    end = nn.Identity


class EndsInRelu(Variant):
    end = nn.ReLU


class StaysFlat(Variant):
    def forward(self, z):
        return self.body(z)


class ChannelsLast(Variant):
    def forward(self, z):
        return self.body(z).view(-1, 28, 28, 1)


class WithoutNorm(Variant):
    norm = nn.Identity


class LayerNorm(Variant):
    norm = nn.LayerNorm


class DropoutForNorm(Variant):
    def norm(self, width):
        return nn.Dropout(0.3)


class NormAlwaysOnTheBatch(Variant):
    def norm(self, width):
        return nn.BatchNorm1d(width, track_running_stats=False)


class LayersInAList(nn.Module):
    def __init__(self, z_dim):
        super().__init__()
        self.layers = [nn.Linear(z_dim, 64), nn.BatchNorm1d(64), nn.LeakyReLU(0.2)]
        self.last = nn.Linear(64, 784)

    def forward(self, z):
        for layer in self.layers:
            z = layer(z)
        return torch.tanh(self.last(z)).view(-1, 1, 28, 28)


class LayerLeftOut(Variant):
    def __init__(self, z_dim):
        super().__init__(z_dim)
        self.extra = nn.Linear(64, 64)


class CutOff(Variant):
    def forward(self, z):
        hidden = self.body[:3](z).detach()
        return self.body[3:](hidden).view(-1, 1, 28, 28)


class NoiseOfItsOwn(Variant):
    def forward(self, z):
        return super().forward(torch.randn_like(z))


class Clamped(Variant):
    def end(self):
        return nn.Hardtanh()


class EndsInSoftsign(Variant):
    end = nn.Softsign


class EndsInArctangent(Variant):
    end = nn.Identity

    def forward(self, z):
        return 2 / torch.pi * self.body(z).arctan().view(-1, 1, 28, 28)


class NoisyWithin(AsASequence):
    """Dropout whose mode nobody sets."""

    def forward(self, z):
        return self.body(nn.functional.dropout(z, 0.3))


class EndsInARoot(QuietConvolutional):
    def __init__(self, z_dim):
        super().__init__(z_dim)
        self[-1] = nn.Identity()

    def forward(self, z):
        x = super().forward(z)
        return x / (1 + x.square()).sqrt()


class StandardisesZ(AsASequence):
    def forward(self, z):
        return self.body((z - z.mean(0)) / (z.std(0) + 1e-5) if len(z) > 1 else z)


class NormOnTheOutputAlone(nn.Module):
    def __init__(self, z_dim):
        super().__init__()
        self.body = nn.Sequential(
            nn.Linear(z_dim, 64), nn.LeakyReLU(0.2), nn.Linear(64, 784), nn.BatchNorm1d(784)
        )

    def forward(self, z):
        return self.body(z).tanh().view(-1, 1, 28, 28)


class NormOnZAlone(nn.Module):
    def __init__(self, z_dim):
        super().__init__()
        self.body = nn.Sequential(
            nn.BatchNorm1d(z_dim), nn.Linear(z_dim, 64), nn.ReLU(), nn.Linear(64, 784), nn.Tanh()
        )

    def forward(self, z):
        return self.body(z).view(-1, 1, 28, 28)


class NormOnZAndLinear(nn.Module):
    def __init__(self, z_dim):
        super().__init__()
        self.norm, self.out = nn.BatchNorm1d(z_dim), nn.Linear(z_dim, 784)

    def forward(self, z):
        return self.out(self.norm(z)).tanh().view(-1, 1, 28, 28)


class WithoutAKink(nn.Module):
    def __init__(self, z_dim):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(z_dim, 64), nn.BatchNorm1d(64), nn.Linear(64, 784))

    def forward(self, z):
        return self.body(z).tanh().view(-1, 1, 28, 28)


class FromTheCourse(nn.Module):
    def __init__(self, z_dim):
        super().__init__()
        self.net = MLPGenerator(z_dim)

    def forward(self, z):
        return self.net(z)


class AsWideAsZ(AsASequence):
    def __init__(self, z_dim):
        super().__init__(z_dim)
        self.body[0], self.body[1] = nn.Linear(z_dim, z_dim), nn.BatchNorm1d(z_dim)
        self.body[3] = nn.Linear(z_dim, 784)


class NormForABatchAlone(AsASequence):
    """To be spared batch norm's error for one sample, in evaluation mode too."""

    def forward(self, z):
        h = self.body[0](z)
        if len(z) > 1:
            h = self.body[1](h)
        return self.body[2:](h)


CORRECT = (
    AsASequence, Functional, Convolutional, InFloat64, a_function_that_builds_one, WithDropout,
    NormOnTheOutputToo, NormOnZToo, Residual, NormByHand, DeepAndLazy, QuietConvolutional,
    WeightNormed, AsWideAsZ,
)  # fmt: skip
RANGE, LEARNS = "images of the right shape and range", "every weight learns"
NORM, Z = "batch norm, in training mode only", "a map from z, for one image too"
MISTAKES = {
    EndsInSigmoid: (RANGE, "take tanh"),
    EndsOpen: (RANGE, "leaves [-1, 1]"),
    EndsInRelu: (RANGE, "leaves [-1, 1]"),
    StaysFlat: (RANGE, "is a tensor of shape"),
    ChannelsLast: (RANGE, "is a tensor of shape"),
    WithoutNorm: (NORM, "there is no batch norm"),
    LayerNorm: (NORM, "there is no batch norm"),
    DropoutForNorm: (NORM, "there is no batch norm"),
    FromTheCourse: (RANGE, "Your answer calls gancourse.nets.MLPGenerator"),
    Clamped: (RANGE, "cut off at -1 and 1"),
    EndsInSoftsign: (RANGE, "stands softsign, not tanh"),
    EndsInArctangent: (RANGE, "stands an arc tangent, not tanh"),
    NoisyWithin: (NORM, "the same z gives another image"),
    EndsInARoot: (RANGE, "stands x / sqrt(1 + x^2), not tanh"),
    StandardisesZ: (Z, "a sample depends on its batch"),
    NormOnTheOutputAlone: (NORM, "only on z or on the output"),
    NormOnZAlone: (NORM, "only on z or on the output"),
    NormOnZAndLinear: (NORM, "a linear map of z"),
    WithoutAKink: (NORM, "a linear map of z"),
    NormAlwaysOnTheBatch: (NORM, "In evaluation mode"),
    NormForABatchAlone: (NORM, "one image alone"),
    LayersInAList: (LEARNS, "a Python list hides them"),
    LayerLeftOut: (LEARNS, "extra.weight"),
    CutOff: (LEARNS, "No gradient reaches"),
    NoiseOfItsOwn: (Z, "The same z gave another sample"),
}
