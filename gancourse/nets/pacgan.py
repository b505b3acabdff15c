"""The nets of PacGAN's table on points: a deep generator, a discriminator of maxout. Lesson 12.

Source: Lin et al. 2018, arXiv 1712.04086, section 4.1, and the authors' program.
"""

from itertools import pairwise

from torch import Tensor, nn

from gancourse.errors import at_least
from gancourse.nets.dcgan import init_dcgan
from gancourse.nets.packing import packed_shape
from gancourse.nets.shapes import expect


class PacGANGenerator(nn.Module):
    """z [N, z_dim] to points [N, 2]: four dense layers with batch norm and ReLU, then a dense one.

    Weights from N(0, 0.02); batch norm keeps 0.95 of its old statistics, as in the program.
    """

    def __init__(self, z_dim: int = 2, width: int = 400, depth: int = 4):
        super().__init__()
        self.z_dim, self.shape = at_least("z_dim", z_dim, 1), (2,)
        sizes = [z_dim, *[at_least("width", width, 1)] * at_least("depth", depth, 1)]
        layers: list[nn.Module] = []
        for n_in, n_out in pairwise(sizes):
            norm = nn.BatchNorm1d(n_out, momentum=0.05)
            layers += [nn.Linear(n_in, n_out, bias=False), norm, nn.ReLU()]
        self.body = init_dcgan(nn.Sequential(*layers, nn.Linear(width, 2)))
        for norm in (layer for layer in self.body if isinstance(layer, nn.BatchNorm1d)):
            nn.init.ones_(norm.weight)

    def forward(self, z: Tensor) -> Tensor:
        return self.body(expect("z", z, (self.z_dim,)))


class Maxout(nn.Module):
    """The largest of `pieces` dense layers, number by number: [N, n_in] to [N, n_out].

    Source: Goodfellow et al. 2013, arXiv 1302.4389, eq. 1.
    """

    def __init__(self, n_in: int, n_out: int, pieces: int):
        super().__init__()
        self.n_out, self.dense = n_out, nn.Linear(n_in, n_out * pieces)

    def forward(self, h: Tensor) -> Tensor:
        return self.dense(h).view(len(h), self.n_out, -1).amax(2)


class MaxoutDiscriminator(nn.Module):
    """Points [N, 2], or packs of them [N, 2 pack], to logits [N]: three layers of maxout."""

    def __init__(self, width: int = 200, pieces: int = 5, depth: int = 3, pack: int = 1):
        super().__init__()
        self.shape = packed_shape((2,), pack)
        sizes = [*self.shape, *[at_least("width", width, 1)] * at_least("depth", depth, 1)]
        at_least("pieces", pieces, 1)
        layers = [Maxout(n_in, n_out, pieces) for n_in, n_out in pairwise(sizes)]
        self.body = init_dcgan(nn.Sequential(*layers, nn.Linear(width, 1)))

    def forward(self, x: Tensor) -> Tensor:
        return self.body(expect("x", x, self.shape)).squeeze(1)
