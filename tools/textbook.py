"""The baselines of the benchmark: the training loop as most tutorials write it, and their nets.

Rebuilt from the numbers in the sources, not from their code. Everything slow about the loop is
meant: pictures decoded by PIL one by one, fp32, a sigmoid with BCELoss, fresh fakes for G,
gradients of D that nobody uses, and a number read from the device at every step.
"""

import gzip
import shutil
import tempfile
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader
from torchvision import datasets, transforms

from gancourse import nets
from gancourse.data import IMAGE_SETS, load_images


def pil_loader(batch: int, size: int = 28, workers: int = 0) -> Iterator[Tensor]:
    """Yield batches [batch, 1, size, size] for ever: torchvision, PIL, ToTensor, Normalize."""
    steps = [transforms.ToTensor(), transforms.Normalize(0.5, 0.5)]
    resize = [transforms.Resize(size)] if size != 28 else []
    dataset = datasets.MNIST(_unpacked(), transform=transforms.Compose(resize + steps))
    loader = DataLoader(dataset, batch, shuffle=True, drop_last=True, num_workers=workers)
    while True:
        yield from (x for x, _ in loader)


def _unpacked() -> Path:
    """Return a new folder with MNIST as torchvision wants it; the originals stay as they are."""
    raw = IMAGE_SETS["mnist"].here()
    if raw is None:
        raise SystemExit("The benchmark needs MNIST: set GANCOURSE_DATA to its folder.")
    root = Path(tempfile.mkdtemp(prefix="gancourse-bench-"))
    (root / "MNIST" / "raw").mkdir(parents=True)
    for packed in raw.glob("*.gz"):
        with gzip.open(packed) as file, (root / "MNIST/raw" / packed.stem).open("wb") as out:
            shutil.copyfileobj(file, out)
    return root


def memory_loader(batch: int) -> Iterator[Tensor]:
    """Yield random batches [batch, 1, 28, 28] from one tensor in memory."""
    images, rng = load_images("mnist"), torch.Generator().manual_seed(0)
    while True:
        yield images.batch(batch, rng)


def textbook_step(G, D, opt_G, opt_D, x_real: Tensor, z_dim: int) -> None:
    """Take one step of both players as tutorials do; D ends in a sigmoid."""
    bce, n = nn.BCELoss(), len(x_real)
    opt_D.zero_grad()
    d_loss = bce(D(x_real), torch.ones(n)) + bce(
        D(G(torch.randn(n, z_dim)).detach()), torch.zeros(n)
    )
    d_loss.backward()
    opt_D.step()
    opt_G.zero_grad()
    g_loss = bce(D(G(torch.randn(n, z_dim))), torch.ones(n))
    g_loss.backward()
    opt_G.step()
    d_loss.item(), g_loss.item()


class Probability(nn.Module):
    """A discriminator that ends in a sigmoid, made from one that ends in a logit."""

    def __init__(self, D: nn.Module):
        super().__init__()
        self.D = D

    def forward(self, x: Tensor) -> Tensor:
        return self.D(x).view(-1).sigmoid()


class Textbook:
    """A run of the textbook loop; `step()` takes one step of both players."""

    def __init__(self, G, D, loader: Iterator[Tensor], z_dim: int, lr: float = 2e-4):
        self.G, self.D, self.loader, self.z_dim = G, Probability(D), loader, z_dim
        self.G.z_dim = z_dim
        self.opts = [torch.optim.Adam(net.parameters(), lr, (0.5, 0.999)) for net in (G, self.D)]

    def step(self) -> None:
        textbook_step(self.G, self.D, *self.opts, next(self.loader), self.z_dim)


def same_network(width: int = 128, batch: int = 128, loader=pil_loader) -> Textbook:
    """Return the textbook loop on the course's own DCGAN: `width` and half as many channels."""
    G, D = nets.make_generator("dcgan", width=width), nets.make_discriminator("dcgan", width=width)
    return Textbook(G, D, loader(batch), G.z_dim)


def mlp() -> Textbook:
    """Return the textbook loop on the course's own MLP GAN."""
    return Textbook(nets.make_generator("mlp"), nets.make_discriminator("mlp"), pil_loader(128), 64)


def tiny(loader: Callable = memory_loader) -> Textbook:
    """Return a net of 24 and 12 channels in the plain loop, data in memory: a strong opponent."""
    return same_network(24, 128, loader)


def tensorflow_tutorial() -> Textbook:
    """Return the architecture of TensorFlow's DCGAN tutorial: 5 x 5, 2.31 M and 0.21 M weights."""
    G = nn.Sequential(
        nn.Linear(100, 49 * 256, bias=False), nn.BatchNorm1d(49 * 256), nn.LeakyReLU(0.3),
        nn.Unflatten(1, (256, 7, 7)),
        nn.ConvTranspose2d(256, 128, 5, 1, 2, bias=False), nn.BatchNorm2d(128), nn.LeakyReLU(0.3),
        nn.ConvTranspose2d(128, 64, 5, 2, 2, 1, bias=False), nn.BatchNorm2d(64), nn.LeakyReLU(0.3),
        nn.ConvTranspose2d(64, 1, 5, 2, 2, 1, bias=False), nn.Tanh(),
    )  # fmt: skip
    D = nn.Sequential(
        nn.Conv2d(1, 64, 5, 2, 2), nn.LeakyReLU(0.3), nn.Dropout(0.3),
        nn.Conv2d(64, 128, 5, 2, 2), nn.LeakyReLU(0.3), nn.Dropout(0.3),
        nn.Flatten(), nn.Linear(49 * 128, 1),
    )  # fmt: skip
    return Textbook(G, D, pil_loader(256), 100, lr=1e-4)


def pytorch_example() -> Textbook:
    """Return the architecture of PyTorch's example at 64 pixels: 3.57 M and 2.76 M weights."""
    up, down, w = [], [], 64
    for n_in, n_out in ((8 * w, 4 * w), (4 * w, 2 * w), (2 * w, w)):
        block = [nn.ConvTranspose2d(n_in, n_out, 4, 2, 1, bias=False), nn.BatchNorm2d(n_out)]
        up += [*block, nn.ReLU()]
        block = [nn.Conv2d(n_out, n_in, 4, 2, 1, bias=False), nn.BatchNorm2d(n_in)]
        down = [*block, nn.LeakyReLU(0.2), *down]
    first = [nn.Unflatten(1, (100, 1, 1)), nn.ConvTranspose2d(100, 8 * w, 4, bias=False)]
    G = nn.Sequential(*first, nn.BatchNorm2d(8 * w), nn.ReLU(), *up,
                      nn.ConvTranspose2d(w, 1, 4, 2, 1, bias=False), nn.Tanh())  # fmt: skip
    D = nn.Sequential(nn.Conv2d(1, w, 4, 2, 1, bias=False), nn.LeakyReLU(0.2), *down,
                      nn.Conv2d(8 * w, 1, 4, bias=False))  # fmt: skip
    return Textbook(nets.init_dcgan(G), nets.init_dcgan(D), pil_loader(128, size=64), 100)


def scaled_dcgan(width: int, stages: int, size: int) -> tuple[nn.Module, nn.Module]:
    """Return G and D of the course's DCGAN with more doublings, for other image sizes.

    The side is doubled `stages` times from size / 2**stages; channels halve from `width`, down to
    8 at least.
    """
    side, channels = size >> stages, [max(8, width >> i) for i in range(stages)] + [1]
    up, down = [], []
    for i, (n_in, n_out) in enumerate(pairwise(channels)):
        last = i == stages - 1
        up += [nn.BatchNorm2d(n_in), nn.ReLU(), nn.ConvTranspose2d(n_in, n_out, 4, 2, 1, bias=last)]
        norm = [] if last else [nn.BatchNorm2d(n_in)]
        down = [nn.Conv2d(n_out, n_in, 4, 2, 1, bias=last), *norm, nn.LeakyReLU(0.2), *down]
    first = [nn.Linear(64, side**2 * width, bias=False), nn.Unflatten(1, (width, side, side))]
    G = nn.Sequential(*first, *up, nn.Tanh())
    G.z_dim = 64
    D = nn.Sequential(*down, nn.Flatten(), nn.Linear(side**2 * width, 1), nn.Flatten(0))
    return nets.init_dcgan(G), nets.init_dcgan(D)
