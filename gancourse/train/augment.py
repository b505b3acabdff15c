"""Differentiable augmentation: what D sees of real and fake images alike. Lesson 13.

Source: DiffAugment, Zhao et al. 2020, arXiv 2006.10738, section 3, and its authors' program. Each
image gets its own draw, and G's slope passes through, so that G need not imitate the change.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from gancourse import machine
from gancourse.errors import choose

Draw = Callable[..., Tensor]  # uniform numbers in [0, 1) of a shape


def diff_augment(x: Tensor, policy: str, rng: torch.Generator | None = None) -> Tensor:
    """Return images [N, C, H, W] changed by each of the policies named in `policy`, joined by ",".

    The draws come from `rng`, a CPU generator, or else from the device's own. An empty policy
    changes nothing. Raises InputError for an unknown name.
    """
    names = policies(policy)
    if not names:
        return x

    def draw(*shape: int) -> Tensor:
        if rng is None:
            return torch.rand(shape, device=x.device)
        return machine.sent(torch.rand(shape, generator=rng), x.device)

    x = x.float()
    for name in names:
        x = POLICIES[name](x, draw)
    return x


def policies(policy: str) -> list[str]:
    """Return the names in a policy such as "translation,cutout"; InputError for an unknown one."""
    return [choose("augmentation", name.strip(), POLICIES) for name in policy.split(",") if name]


def brightness(x: Tensor, draw: Draw) -> Tensor:
    """Add a number from -0.5 to 0.5 to each image."""
    return x + draw(len(x), 1, 1, 1) - 0.5


def contrast(x: Tensor, draw: Draw) -> Tensor:
    """Multiply each image's distance from its mean by a number from 0.5 to 1.5."""
    mean = x.mean((1, 2, 3), keepdim=True)
    return (x - mean) * (draw(len(x), 1, 1, 1) + 0.5) + mean


def translation(x: Tensor, draw: Draw) -> Tensor:
    """Shift each image by up to an eighth of its side, down and to the right; 0 comes in.

    As a product with shifted unit matrices: so its slope is another product, in a fixed order.
    """
    rows, columns = (_shifted(len(x), side, draw) for side in x.shape[2:])
    return rows @ x @ columns.mT


def _shifted(n: int, side: int, draw: Draw) -> Tensor:
    """Return unit matrices [n, 1, side, side], each with its diagonal shifted by its own draw."""
    most = (side + 4) // 8
    by = (draw(n, 1, 1, 1) * (2 * most + 1)).floor() - most
    at = torch.arange(side, device=by.device)
    return (at[:, None] - at == by).float()


def cutout(x: Tensor, draw: Draw) -> Tensor:
    """Set a square of half the side, anywhere in each image, to 0."""
    rows, columns = (_inside(len(x), side, draw) for side in x.shape[2:])
    return x * ~(rows[:, None, :, None] & columns[:, None, None, :])


def _inside(n: int, side: int, draw: Draw) -> Tensor:
    """Return which of the side's places each cut covers, [n, side]; its middle may be the edge."""
    size = (side + 1) // 2
    middle = (draw(n, 1) * (side + 1 - size % 2)).floor()
    ahead = torch.arange(side, device=middle.device) - middle + size // 2
    return (ahead >= 0) & (ahead < size)


POLICIES = {
    "brightness": brightness,
    "contrast": contrast,
    "translation": translation,
    "cutout": cutout,
}
