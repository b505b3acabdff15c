"""How a GAN on points looks: D's field, the clouds, the arrows, as bytes and as panels."""

import torch
from torch import Tensor, nn

from gancourse import plots
from gancourse.live.drawings import float_bytes
from gancourse.plots import Mark, Panel

LIMIT = 1.6  # the picture shows -LIMIT .. LIMIT both ways
FIELD, ARROWS = 40, 70  # cells along a side; arrows that are drawn
PUSH, LONGEST = 0.12, 0.35  # an arrow's length for a push of 1, and at most


@torch.no_grad()
def field(D: nn.Module, cells: int = FIELD) -> Tensor:
    """Return D(x) on the cells of the picture, [cells, cells], the top row first."""
    cell = 2 * LIMIT / cells
    at = torch.linspace(-LIMIT + cell / 2, LIMIT - cell / 2, cells)
    x = torch.stack(torch.meshgrid(at, -at, indexing="xy"), -1)  # [row, column, 2]
    return D(x.view(-1, 2)).sigmoid().view(cells, cells)


def arrows(x_fake: Tensor, push: Tensor) -> Tensor:
    """Return (x, y, dx, dy) of the arrows that are drawn, [ARROWS, 4]; the longest are cut."""
    x, arrow = x_fake[:ARROWS], PUSH * push[:ARROWS]
    long = arrow.norm(dim=1, keepdim=True).clamp(min=1e-12)
    return torch.cat([x, arrow * (LONGEST / long).clamp(max=1)], 1)


def plane(D: nn.Module, x_real: Tensor, x_fake: Tensor, push: Tensor) -> dict:
    """Return the part of a frame that is the plane: D's field as bytes, points and arrows."""
    levels = (255 * field(D)).round().to(torch.uint8).numpy().tobytes()
    clouds = {"real": x_real, "fake": x_fake, "arrows": arrows(x_fake, push)}
    packed = {name: float_bytes(cloud) for name, cloud in clouds.items()}
    return {"limit": LIMIT, "side": FIELD, "field": levels} | packed


def cloud(D: nn.Module, x_real: Tensor, x_fake: Tensor, title: str) -> plots.Picture:
    """Return a still picture of D's field with the real and fake points on it."""
    return plots.points(x_real if len(x_real) else None, x_fake, D, LIMIT, title)


def pushes(x_fake: Tensor, push: Tensor) -> Panel:
    """Return a panel of where the fakes are pushed."""
    x, y, dx, dy = arrows(x_fake, push).T
    square = (-LIMIT, LIMIT)
    return Panel((Mark("arrows", x, y, "", "G", dx, dy),), "$x_1$", "$x_2$", square, square,
                 "Where D's gradient pushes fakes", equal=True)  # fmt: skip
