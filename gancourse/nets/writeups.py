"""The nets of the five write-ups that this course began with, made to work. Lesson 10a.

Each write-up is a public article that teaches GANs with a program that cannot run as printed. Here
stand the nets as each article describes them, with the smallest corrections. Their losses are in
`gancourse.losses`, their recipes in `gancourse.train.presets`: `gancourse train writeup-001`.
"""

from itertools import pairwise

import torch
from torch import Tensor, nn

from gancourse.errors import InputError, at_least, choose
from gancourse.nets.dcgan import DCGANDiscriminator
from gancourse.nets.shapes import IMAGE, expect


class SignedSigmoid(nn.Module):
    """2 s(h) - 1: a sigmoid's (0, 1), moved to the (-1, 1) of our images. It is tanh(h / 2)."""

    def forward(self, h: Tensor) -> Tensor:
        return 2 * h.sigmoid() - 1


SQUASHES = {"tanh": nn.Tanh, "sigmoid": SignedSigmoid}


class ImageGenerator(nn.Module):
    """A generator made of `layers` in a row: z [N, z_dim] to images [N, 1, 28, 28] in [-1, 1]."""

    def __init__(self, z_dim: int, *layers: nn.Module):
        super().__init__()
        self.z_dim, self.shape = z_dim, IMAGE
        self.body = nn.Sequential(*layers)

    def forward(self, z: Tensor) -> Tensor:
        return self.body(expect("z", z, (self.z_dim,)))


class ImageDiscriminator(nn.Module):
    """A discriminator made of `layers` in a row: images [N, 1, 28, 28] to logits [N]."""

    def __init__(self, *layers: nn.Module):
        super().__init__()
        self.shape = IMAGE
        self.body = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        return self.body(expect("x", x, IMAGE)).squeeze(1)


def up(n_in: int, n_out: int, stride: int, bias: bool = False) -> nn.ConvTranspose2d:
    """Return a 5 x 5 transposed convolution that makes the side `stride` (1 or 2) times as long."""
    return nn.ConvTranspose2d(n_in, n_out, 5, stride, 2, output_padding=stride - 1, bias=bias)


def keras_norm(channels: int, momentum: float) -> nn.BatchNorm2d:
    """Return batch norm with Keras' momentum, the share of the old mean that a step keeps.

    PyTorch's momentum is the share of the new one: Keras' 0.8 is PyTorch's 0.2.
    """
    if not 0 <= momentum < 1:
        raise InputError(
            f"Keras' batch-norm momentum is a number from 0 to below 1, and {momentum} was given: "
            "give the share of the old mean to keep, such as 0.9."
        )
    return nn.BatchNorm2d(channels, momentum=1 - momentum)


def dense_G(z_dim: int = 100, width: int = 128, squash: str = "sigmoid") -> ImageGenerator:
    """Return 000's generator: z - 128 - LeakyReLU - batch norm - 784 - sigmoid (or tanh)."""
    hidden = [nn.Linear(z_dim, width), nn.LeakyReLU(0.2), nn.BatchNorm1d(width)]
    last = SQUASHES[choose("squash", squash, SQUASHES)]()
    return ImageGenerator(z_dim, *hidden, nn.Linear(width, 784), last, nn.Unflatten(1, IMAGE))


NORMS = ("last", "first", "none")


def dense_D(width: int = 128, norm: str = "none", conv: bool = False) -> nn.Module:
    """Return 000's discriminator: 784 - 128 - LeakyReLU - 1; or a convolutional one.

    The article has batch norm after LeakyReLU (`norm` "last"). Real and fake batches each pass by
    themselves, so the last layer gets the same mean from both, and D cannot learn: see lesson 10a.
    "first" puts it before LeakyReLU. The convolutional one is lesson 07's with 32 channels.
    """
    if conv:
        return DCGANDiscriminator(width=32)
    dense, leaky, last = nn.Linear(784, width), nn.LeakyReLU(0.2), nn.Linear(width, 1)
    hidden = {
        "last": [leaky, nn.BatchNorm1d(width)],
        "first": [nn.BatchNorm1d(width), leaky],
        "none": [leaky],
    }
    return ImageDiscriminator(nn.Flatten(), dense, *hidden[choose("norm", norm, NORMS)], last)


def _down(sizes: tuple[int, ...], slope: float, dropout: float) -> list[nn.Module]:
    """Return 5 x 5 convolutions of stride 2 through these numbers of channels."""
    layers: list[nn.Module] = []
    for n_in, n_out in pairwise(sizes):
        layers += [nn.Conv2d(n_in, n_out, 5, 2, 2), nn.LeakyReLU(slope), nn.Dropout(dropout)]
    return layers


def conv_D(channels=(64, 128), slope: float = 0.3, dropout: float = 0.3) -> ImageDiscriminator:
    """Return the discriminator of 001, 003 and 004: 5 x 5 convolutions of stride 2, then dense.

    Its dropout draws from torch's global random state, which a checkpoint holds too. LeakyReLU's
    0.3 is Keras' default: 001 and 004 name none.
    """
    side = 28
    for _ in channels:
        side = -(-side // 2)
    body = _down((1, *channels), slope, dropout)
    return ImageDiscriminator(*body, nn.Flatten(), nn.Linear(channels[-1] * side**2, 1))


def _normed(channels: int) -> list[nn.Module]:
    return [nn.BatchNorm2d(channels), nn.LeakyReLU(0.3)]


def tutorial_G(z_dim: int = 100, width: int = 256) -> ImageGenerator:
    """Return 001's generator: 7 x 7 x 256, then 5 x 5 up to 128, 64 and one channel (not three)."""
    return ImageGenerator(
        z_dim,
        nn.Linear(z_dim, 49 * width, bias=False),
        nn.Unflatten(1, (width, 7, 7)),
        *_normed(width),
        *[up(width, width // 2, 1), *_normed(width // 2)],
        *[up(width // 2, width // 4, 2), *_normed(width // 4)],  # 14 x 14
        *[up(width // 4, 1, 2), nn.Tanh()],  # 28 x 28
    )


REMEDIES = ("none", "he", "norm", "skips")


class Layer(nn.Module):
    """One Dense(256) of 002's stack, with a remedy (one of REMEDIES) against depth.

    none: relu(W x), Glorot's weights, as Keras draws them. he: the same with weights larger by
    sqrt(2) (He et al. 2015, arXiv 1502.01852). norm: relu(BN(W x)) (arXiv 1502.03167). skips:
    x + W relu(BN(x)), a pre-activation residual block (arXiv 1603.05027).
    """

    def __init__(self, n_in: int, n_out: int, remedy: str = "none"):
        super().__init__()
        self.remedy = choose("remedy", remedy, REMEDIES)
        self.dense = nn.Linear(n_in, n_out)
        if remedy in ("norm", "skips"):
            self.norm = nn.BatchNorm1d(n_in if remedy == "skips" else n_out)
        nn.init.zeros_(self.dense.bias)
        if remedy == "none":
            nn.init.xavier_uniform_(self.dense.weight)
        else:
            nn.init.kaiming_uniform_(self.dense.weight, nonlinearity="relu")

    def forward(self, x: Tensor) -> Tensor:
        if self.remedy == "skips":
            return x + self.dense(self.norm(x).relu())
        h = self.dense(x)
        return (self.norm(h) if self.remedy == "norm" else h).relu()


class StackGenerator(nn.Module):
    """002's generator: one wide layer, joined with z, then `depth` times Dense(256); then 784.

    The article joins [z] with an [8, 8, 256] tensor, which are of different rank: here the wide
    layer stays flat. It has no output layer: Dense(784) and tanh are ours. Depth 324 is as printed.
    """

    def __init__(self, z_dim: int = 100, depth: int = 4, remedy: str = "norm"):
        super().__init__()
        self.z_dim, self.shape, n = at_least("z_dim", z_dim, 1), IMAGE, 8 * 8 * 256
        self.wide = nn.Linear(z_dim, n)
        first = Layer(n + z_dim, 256, "norm" if remedy == "skips" else remedy)
        rest = [Layer(256, 256, remedy) for _ in range(at_least("depth", depth, 1) - 1)]
        self.stack = nn.Sequential(first, *rest)
        last = [nn.BatchNorm1d(256)] if remedy == "skips" else []
        self.last = nn.Sequential(*last, nn.Linear(256, 784), nn.Tanh(), nn.Unflatten(1, IMAGE))

    def forward(self, z: Tensor) -> Tensor:
        wide = self.wide(expect("z", z, (self.z_dim,))).relu()  # [N, 16384]
        return self.last(self.stack(torch.cat([z, wide], 1)))


def stack_D() -> nn.Module:
    """Return a discriminator for 002, which has none: lesson 07's with 32 channels."""
    return DCGANDiscriminator(width=32)


def small_G(z_dim: int = 100, momentum: float = 0.8) -> ImageGenerator:
    """Return 003's generator; `momentum` of batch norm as Keras counts it.

    The article reshapes 256 numbers to 4 x 4 x 1, which are 16, and its 4 x 4 grows to 16 x 16,
    where D wants 28 x 28. 256 are 4 x 4 x 16; here 7 x 7 x 16 grow to 28 x 28, in one channel.
    """
    return ImageGenerator(
        z_dim,
        *[nn.Linear(z_dim, 49 * 16), nn.LeakyReLU(0.2), nn.Unflatten(1, (16, 7, 7))],
        keras_norm(16, momentum),
        *[up(16, 128, 1, bias=True), nn.LeakyReLU(0.2), keras_norm(128, momentum)],
        *[up(128, 64, 2, bias=True), nn.LeakyReLU(0.2), keras_norm(64, momentum)],  # 14 x 14
        *[up(64, 1, 2, bias=True), nn.Tanh()],  # 28 x 28
    )


def small_D(mlp: bool = False) -> nn.Module:
    """Return 003's discriminator, 64 and 128 channels, or 000's of dense layers. It ends in logits.

    Its article ends in a sigmoid and takes the logarithm of what that rounds to.
    """
    return dense_D() if mlp else conv_D(slope=0.2, dropout=0.0)


def unfinished_G(z_dim: int = 100, width: int = 256) -> ImageGenerator:
    """Return 004's generator, which stops at 7 x 7 x 256; the two layers up to 28 x 28 are ours."""
    return ImageGenerator(
        z_dim,
        nn.Linear(z_dim, 49 * width, bias=False),
        nn.Unflatten(1, (width, 7, 7)),
        *_normed(width),
        *[up(width, width // 4, 2), *_normed(width // 4)],  # 14 x 14
        *[up(width // 4, 1, 2), nn.Tanh()],  # 28 x 28
    )


def unfinished_D(dropout: float = 0.3) -> ImageDiscriminator:
    """Return 004's discriminator: one convolution of 64 channels, on 28 x 28 and not 32 x 32."""
    return conv_D((64,), dropout=dropout)


GENERATORS = {
    "writeup-000": dense_G,
    "writeup-001": tutorial_G,
    "writeup-002": StackGenerator,
    "writeup-003": small_G,
    "writeup-004": unfinished_G,
}
DISCRIMINATORS = {
    "writeup-000": dense_D,
    "writeup-001": conv_D,
    "writeup-002": stack_D,
    "writeup-003": small_D,
    "writeup-004": unfinished_D,
}
