"""The baselines of the benchmark: the training loop as most tutorials write it, and their nets.

Rebuilt from the numbers in the sources, not from their code. Everything slow about the loop is
meant: pictures decoded by PIL one by one, fp32, a sigmoid with BCELoss, fresh fakes for G,
gradients of D that nobody uses, and a number read from the device at every step.
"""

import struct
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader
from torchvision import datasets, transforms

from gancourse import machine, nets
from gancourse.data import SPLITS, load_images

Loader = Callable[[int], Iterator[Tensor]]


def pil_loader(batch: int, size: int = 28, workers: int = 0) -> Iterator[Tensor]:
    """Yield batches [batch, 1, size, size] for ever: torchvision, PIL, ToTensor, Normalize."""
    resize = [transforms.Resize(size)] if size != 28 else []
    steps = [*resize, transforms.ToTensor(), transforms.Normalize(0.5, 0.5)]
    with TemporaryDirectory(prefix="gancourse-bench-") as root:  # it is read once, into memory
        _unpack(Path(root) / "MNIST" / "raw")
        dataset = datasets.MNIST(root, transform=transforms.Compose(steps))
    loader = DataLoader(dataset, batch, shuffle=True, drop_last=True, num_workers=workers)
    while True:
        yield from (x for x, _ in loader)


def _unpack(raw: Path) -> None:
    """Write MNIST, or what stands in for it, to `raw` as torchvision wants it: idx, not packed."""
    raw.mkdir(parents=True)
    for split, begins in SPLITS.items():
        images = load_images("mnist", split)
        _write_idx(raw / f"{begins}-images-idx3-ubyte", images.images[:, 0])
        _write_idx(raw / f"{begins}-labels-idx1-ubyte", images.labels.byte())


def _write_idx(path: Path, values: Tensor) -> None:
    """Write uint8 values in the idx layout: 0, 0, 8 (uint8), rank, sizes, values."""
    head = bytes([0, 0, 8, values.dim()]) + struct.pack(f">{values.dim()}I", *values.shape)
    path.write_bytes(head + values.numpy().tobytes())


def memory_loader(batch: int) -> Iterator[Tensor]:
    """Yield random batches [batch, 1, 28, 28] from one tensor in memory, on the device."""
    images, rng = load_images("mnist").to(machine.device()), machine.seed_generator(0)
    while True:
        yield images.batch(batch, rng)


class Probability(nn.Module):
    """A discriminator that ends in a sigmoid, made from one that ends in a logit."""

    def __init__(self, D: nn.Module):
        super().__init__()
        self.D = D

    def forward(self, x: Tensor) -> Tensor:
        return self.D(x).view(-1).sigmoid()


class Textbook:
    """A run of the textbook loop; `step()` takes one step of both players, as tutorials do."""

    def __init__(self, G: nn.Module, D: nn.Module, loader: Iterator[Tensor], z_dim, lr=2e-4):
        self.device = machine.device()
        self.G, self.D = G.to(self.device), Probability(D).to(self.device)
        self.loader, self.batch = loader, 0
        self.G.z_dim = self.z_dim = z_dim
        self.opt_G, self.opt_D = (
            torch.optim.Adam(net.parameters(), lr, (0.5, 0.999)) for net in (self.G, self.D)
        )

    def fakes(self, n: int) -> Tensor:
        return self.G(torch.randn(n, self.z_dim, device=self.device))

    def step(self) -> None:
        x_real, bce = next(self.loader).to(self.device), nn.BCELoss()
        n = self.batch = len(x_real)
        ones, zeros = torch.ones(n, device=self.device), torch.zeros(n, device=self.device)
        self.opt_D.zero_grad()
        d_loss = bce(self.D(x_real), ones) + bce(self.D(self.fakes(n).detach()), zeros)
        d_loss.backward()
        self.opt_D.step()
        self.opt_G.zero_grad()
        g_loss = bce(self.D(self.fakes(n)), ones)
        g_loss.backward()
        self.opt_G.step()
        d_loss.item(), g_loss.item()


def same_network(width=128, z_dim=64, batch=128, loader: Loader = pil_loader) -> Textbook:
    """Return the textbook loop on the course's own DCGAN: `width` and half as many channels."""
    G = nets.make_generator("dcgan", width=width, z_dim=z_dim)
    D = nets.make_discriminator("dcgan", width=width)
    return Textbook(G, D, loader(batch), z_dim)


def tiny(batch: int = 128) -> Textbook:
    """Return a net of 24 and 12 channels in the plain loop: 0.13 M weights, a strong opponent.

    Its data lies in memory, so that it is as strong as this loop can be.
    """
    return same_network(24, 100, batch, memory_loader)


def mlp(batch: int = 128, loader: Loader = pil_loader) -> Textbook:
    """Return the textbook loop on the course's own MLP GAN."""
    G = nets.make_generator("mlp")
    return Textbook(G, nets.make_discriminator("mlp"), loader(batch), G.z_dim)


def tensorflow_tutorial(batch: int = 256, loader: Loader = pil_loader) -> Textbook:
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
    return Textbook(G, D, loader(batch), 100, lr=1e-4)


def large_pil_loader(batch: int) -> Iterator[Tensor]:
    """Yield batches [batch, 1, 64, 64] for ever, resized one by one."""
    return pil_loader(batch, size=64)


def pytorch_example(batch: int = 128, loader: Loader = large_pil_loader) -> Textbook:
    """Return the architecture of PyTorch's example at 64 pixels: 3.57 M and 2.76 M weights."""
    w = 64
    up: list[nn.Module] = []
    down: list[nn.Module] = []
    for n_in, n_out in pairwise((8 * w, 4 * w, 2 * w, w)):
        up += [nn.ConvTranspose2d(n_in, n_out, 4, 2, 1, bias=False), nn.BatchNorm2d(n_out)]
        up += [nn.ReLU()]
        block = [nn.Conv2d(n_out, n_in, 4, 2, 1, bias=False), nn.BatchNorm2d(n_in)]
        down = [*block, nn.LeakyReLU(0.2), *down]
    first = [nn.Unflatten(1, (100, 1, 1)), nn.ConvTranspose2d(100, 8 * w, 4, bias=False)]
    G = nn.Sequential(*first, nn.BatchNorm2d(8 * w), nn.ReLU(), *up,
                      nn.ConvTranspose2d(w, 1, 4, 2, 1, bias=False), nn.Tanh())  # fmt: skip
    D = nn.Sequential(nn.Conv2d(1, w, 4, 2, 1, bias=False), nn.LeakyReLU(0.2), *down,
                      nn.Conv2d(8 * w, 1, 4, bias=False))  # fmt: skip
    return Textbook(nets.init_dcgan(G), nets.init_dcgan(D), loader(batch), 100)
