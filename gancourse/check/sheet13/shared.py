"""The game with labels that 13.3 asks a turn of: batches, which labels go where, its losses."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import one_hot, softplus

from gancourse.check.players import Game

CLASSES = 3  # as the sheet says


def joined(x: Tensor, y: Tensor) -> Tensor:
    return torch.cat([x, one_hot(y, CLASSES).to(x)], 1)


@dataclass(frozen=True)
class Batches:
    """A batch of each kind with its labels, which differ from each other everywhere."""

    x_real: Tensor  # [M, 2]
    y_real: Tensor  # int64 [M]
    z: Tensor  # [N, z_dim]
    y: Tensor  # of the fakes, int64 [N]

    def given(self) -> list:
        return [[self.x_real, self.y_real], [self.z, self.y]]


@dataclass(frozen=True)
class Labels:
    """Which labels a turn uses where: "y" of the fakes, or "y_real"."""

    made: str = "y"  # given to G
    d_fake: str = "y"  # given to D with a fake, in D's step
    g_fake: str = "y"  # and in G's step
    real: str = "y_real"


AS_ASKED = Labels()


class Labelled(Game):
    """A game in which both players are given labels."""

    def __init__(self, *players, batches: Batches, labels: Labels):
        super().__init__(*players)
        self.batches, self.labels = batches, labels

    def of(self, where: str) -> Tensor:
        return getattr(self.batches, getattr(self.labels, where))

    def fakes(self) -> None:
        self.x_fake = self.G(joined(self.batches.z.double(), self.of("made")))

    def on_real(self) -> Tensor:
        return self.D(joined(self.batches.x_real.double(), self.of("real")))

    def on_fake(self, where: str) -> Tensor:
        x = self.x_fake.detach() if where == "d_fake" else self.x_fake
        return self.D(joined(x, self.of(where)))

    def d_loss(self, loss=None) -> Tensor:
        of = loss or (lambda a, b: softplus(-a).mean() + softplus(b).mean())
        return of(self.on_real(), self.on_fake("d_fake"))

    def g_loss(self, loss=None) -> Tensor:
        logit = self.on_fake("g_fake")
        return loss(None, logit) if loss else softplus(-logit).mean()
