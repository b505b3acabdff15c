"""A convolutional generator and discriminator, and how their weights are drawn. Lesson 07."""

from collections.abc import Callable

from torch import Tensor, nn

from gancourse.errors import at_least
from gancourse.nets.packing import packed_shape
from gancourse.nets.shapes import SIDES, expect, image_shape


def init_dcgan(net: nn.Module) -> nn.Module:
    """Draw weights from N(0, 0.02), batch-norm gains from N(1, 0.02), set biases to 0; return net.

    Source: Radford et al. 2016, arXiv 1511.06434, sec. 4; the gains are those of its authors' code.
    """
    for layer in net.modules():
        if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
            nn.init.normal_(layer.weight, 0.0, 0.02)
        elif isinstance(layer, nn.BatchNorm2d | nn.BatchNorm1d):
            nn.init.normal_(layer.weight, 1.0, 0.02)
        else:
            continue
        if layer.bias is not None:
            nn.init.zeros_(layer.bias)
    return net


def _refine(n: int, depth: int, norm: bool, act: Callable[[], nn.Module]) -> list[nn.Module]:
    """Return `depth` 3 x 3 convolutions that keep n channels and the size."""
    layers: list[nn.Module] = []
    for _ in range(depth):
        layers += [nn.Conv2d(n, n, 3, 1, 1, bias=not norm), *_norm(n, norm), act()]
    return layers


def _norm(n: int, norm: bool = True) -> list[nn.Module]:
    return [nn.BatchNorm2d(n)] if norm else []


def _leaky() -> nn.Module:
    return nn.LeakyReLU(0.2)


class DCGANGenerator(nn.Module):
    """A convolutional generator: z [N, z_dim] to images [N, 1, 28, 28] in [-1, 1]. Lesson 07.

    A dense layer makes 7 x 7 with `width` channels, two 4 x 4 transposed convolutions of stride 2
    double the side twice; batch norm except at the output, DCGAN initialisation (arXiv 1511.06434).
    `depth` 3 x 3 convolutions follow at 7 x 7 and at 14 x 14: lesson 08 measures what they give.
    For a `side` of 32 it begins at 8 x 8, for 64 it doubles once more; `channels` is 1 or 3.
    """

    def __init__(
        self, z_dim: int = 64, width: int = 128, depth: int = 0, side: int = 28, channels: int = 1
    ):
        super().__init__()
        self.z_dim, self.width = at_least("z_dim", z_dim, 1), width
        self.shape = image_shape(side, channels)
        self.start, *widths = _widths(width, side)
        at_least("depth", depth, 0)
        self.dense = nn.Linear(z_dim, self.start**2 * width, bias=False)
        body: list[nn.Module] = []
        for n, fewer in zip(widths, [*widths[1:], None], strict=True):  # the side doubles
            body += [*_norm(n), nn.ReLU(), *_refine(n, depth, True, nn.ReLU)]
            body += [nn.ConvTranspose2d(n, fewer or channels, 4, 2, 1, bias=fewer is None)]
        self.body = nn.Sequential(*body, nn.Tanh())
        init_dcgan(self)

    def forward(self, z: Tensor) -> Tensor:
        h = self.dense(expect("z", z, (self.z_dim,))).view(-1, self.start, self.start, self.width)
        return self.body(h.permute(0, 3, 1, 2))  # [N, width, 7, 7], channels last in memory


def _widths(width: int, side: int) -> list[int]:
    """Return the least side, and the channels from there on, halved each time the side doubles."""
    start, steps = SIDES[side]
    at_least("width", width, 2 ** (steps - 1))
    return [start, *(width // 2**i for i in range(steps))]


class DCGANDiscriminator(nn.Module):
    """A convolutional discriminator: images [N, 1, 28, 28] to logits [N]. Lesson 07.

    Two 4 x 4 convolutions of stride 2, LeakyReLU 0.2, batch norm (`norm`) except at the input, then
    dense; `depth` 3 x 3 convolutions at 14 x 14 and at 7 x 7, as in the generator. With `pack` it
    takes so many images as channels of one, as `packed` joins them. `side` and `channels` are the
    generator's: three convolutions of stride 2 for a side of 64.
    """

    def __init__(
        self, width: int = 128, depth: int = 0, norm: bool = True, pack: int = 1, side: int = 28,
        channels: int = 1,
    ):  # fmt: skip
        super().__init__()
        self.shape = packed_shape(image_shape(side, channels), pack)
        start, *widths = _widths(width, side)
        at_least("depth", depth, 0)
        body: list[nn.Module] = []
        before = self.shape[0]
        for n in reversed(widths):  # the side halves
            normed = norm and bool(body)
            body += [nn.Conv2d(before, n, 4, 2, 1, bias=not normed), *_norm(n, normed), _leaky()]
            body += _refine(n, depth, normed, _leaky)
            before = n
        self.body = nn.Sequential(*body)
        self.last = nn.Linear(start**2 * width, 1)
        init_dcgan(self)

    def features(self, x: Tensor) -> Tensor:
        """Return what the last layer reads of images [N, C, S, S]: [N, 49 width] where S is 28."""
        h = self.body(expect("x", x, self.shape))  # [N, width, 7, 7]
        return h.permute(0, 2, 3, 1).flatten(1)  # read as it lies

    def forward(self, x: Tensor) -> Tensor:
        return self.last(self.features(x)).squeeze(1)  # [N]
