"""A generator and a discriminator of dense layers. Lessons 05 and 06."""

from itertools import pairwise
from math import prod

from torch import Tensor, nn

from gancourse.errors import at_least
from gancourse.nets.packing import packed_shape
from gancourse.nets.shapes import IMAGE, expect


def _hidden(n_in: int, n_out: int, norm: bool) -> list[nn.Module]:
    return [nn.Linear(n_in, n_out), *([nn.BatchNorm1d(n_out)] if norm else []), nn.LeakyReLU(0.2)]


def _mlp(sizes: list[int], norm: bool = False) -> nn.Sequential:
    pairs = pairwise(sizes[:-1])
    layers = [layer for n_in, n_out in pairs for layer in _hidden(n_in, n_out, norm)]
    return nn.Sequential(*layers, nn.Linear(sizes[-2], sizes[-1]))


class MLPGenerator(nn.Module):
    """A generator of dense layers: z [N, z_dim] to [N, *shape]; tanh at the end for images.

    `widths` are the hidden layers, `norm` puts batch norm in each. Lesson 05 and 06.
    """

    def __init__(self, z_dim: int = 64, widths=(256, 512), shape=IMAGE, norm: bool = True):
        super().__init__()
        self.z_dim, self.shape = at_least("z_dim", z_dim, 1), tuple(shape)
        self.body = _mlp([z_dim, *widths, prod(self.shape)], norm)
        self.squash = nn.Tanh() if len(self.shape) == 3 else nn.Identity()

    def forward(self, z: Tensor) -> Tensor:
        x = self.squash(self.body(expect("z", z, (self.z_dim,))))  # [N, prod(shape)]
        return x.view(-1, *self.shape)


class MLPDiscriminator(nn.Module):
    """A discriminator of dense layers: [N, *shape] to logits [N]. Lesson 05 and 06.

    With `pack` it takes so many samples side by side, as `packed` joins them.
    """

    def __init__(self, widths=(512, 256), shape=IMAGE, pack: int = 1):
        super().__init__()
        self.shape = packed_shape(shape, pack)
        self.body = _mlp([prod(self.shape), *widths, 1])

    def forward(self, x: Tensor) -> Tensor:
        return self.body(expect("x", x, self.shape).flatten(1)).squeeze(1)  # [N]
