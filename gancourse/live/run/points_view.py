"""How a GAN on points looks: D's field, the clouds, the arrows, as bytes and as panels."""

import math
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from gancourse import losses, nets, plots
from gancourse.evaluation import evaluating
from gancourse.live.drawings import float_bytes
from gancourse.plots import Mark, Panel
from gancourse.train import State

Field = Callable[[Tensor], Tensor]  # D's logit of each point: [N, 2] to [N]

LIMIT = 1.6  # the picture shows -LIMIT .. LIMIT both ways
FIELD, ARROWS = 40, 70  # cells along a side; arrows that are drawn
PUSH, LONGEST = 0.12, 0.35  # an arrow's length for a push of 1, and at most
OPINION, SLOPE = SHOWN = "D(x)", "D's slope"  # what the map shows
SLOPE_COLOURS = plots.SLOPES(np.arange(256), bytes=True)[:, :3].tobytes()


def middles(cells: int = FIELD) -> Tensor:
    """Return the middles of the cells of the picture, [cells * cells, 2], the top row first."""
    cell = 2 * LIMIT / cells
    at = torch.linspace(-LIMIT + cell / 2, LIMIT - cell / 2, cells)
    return torch.stack(torch.meshgrid(at, -at, indexing="xy"), -1).view(-1, 2)


@torch.no_grad()
def field(D: Field, cells: int = FIELD) -> Tensor:
    """Return D(x) on the cells of the picture, [cells, cells], the top row first."""
    return D(middles(cells)).sigmoid().view(cells, cells)


def slopes(D: Field, x: Tensor) -> Tensor:
    """Return |grad D| at each point x [N, 2], in logits per unit of length."""
    return losses.slope(D, x).detach().norm(dim=1)


def push(state: State, x_fake: Tensor, x_real: Tensor) -> Tensor:
    """Return where G's loss wants each fake to go, [N, 2]: minus its gradient by the fake.

    `x_real` [N, 2] are those it is compared with. Neighbours share a pack where D takes packs.
    """
    x, pack = x_fake.detach().requires_grad_(True), state.recipe.pack
    with torch.enable_grad(), evaluating(state.D):
        logit_real = state.D(nets.packed(x_real, pack)) if state.loss.pairs_real else None
        logit_fake = state.D(nets.packed(x, pack))
        g_loss = state.loss.g_loss(logit_real, logit_fake) * len(logit_fake)  # a sum
        return -torch.autograd.grad(g_loss, x)[0]


def steepest(state: State, x_real: Tensor, x_fake: Tensor) -> float:
    """Return the largest slope of D's logit at these points; at none of them, 0."""
    found = slopes(state.logits, torch.cat([x_real, x_fake]))
    return found.max().item() if len(found) else 0.0


def arrows(x_fake: Tensor, push: Tensor) -> Tensor:
    """Return (x, y, dx, dy) of the arrows that are drawn, [ARROWS, 4]; the longest are cut."""
    x, arrow = x_fake[:ARROWS], PUSH * push[:ARROWS]
    long = arrow.norm(dim=1, keepdim=True).clamp(min=1e-12)
    return torch.cat([x, arrow * (LONGEST / long).clamp(max=1)], 1)


def shades(slope: Tensor) -> Tensor:
    """Return from 0 to 1 how dark slopes are shown: logarithmic between `plots.SLOPE_RANGE`."""
    low, high = (math.log(end) for end in plots.SLOPE_RANGE)
    return ((slope.log() - low) / (high - low)).nan_to_num(0.0, 1.0, 0.0).clamp(0, 1)


def _mapped(D: Field, shows: str) -> tuple[Tensor, dict]:
    """Return the map's levels from 0 to 1, and its colours and scale where it is not of D(x)."""
    if shows == OPINION:
        return field(D), {}
    return shades(slopes(D, middles())), {"colours": SLOPE_COLOURS, "says": plots.SLOPE_SCALE}


def plane(D: Field, x_real: Tensor, x_fake: Tensor, push: Tensor, shows: str = OPINION) -> dict:
    """Return the part of a frame that is the plane: the map of D as bytes, points and arrows."""
    mapped, scale = _mapped(D, shows)
    levels = (255 * mapped).round().to(torch.uint8).numpy().tobytes()
    clouds = {"real": x_real, "fake": x_fake, "arrows": arrows(x_fake, push)}
    packed = {name: float_bytes(cloud) for name, cloud in clouds.items()}
    return {"limit": LIMIT, "side": FIELD, "field": levels, "scale": scale} | packed


def cloud(D: Field, x_real: Tensor, x_fake: Tensor, title: str, shows: str) -> plots.Picture:
    """Return a still picture of the map of D with the real and fake points on it."""
    drawn = plots.points if shows == OPINION else plots.over_slopes
    return drawn(x_real if len(x_real) else None, x_fake, D, LIMIT, title)


def pushes(x_fake: Tensor, push: Tensor) -> Panel:
    """Return a panel of where the fakes are pushed."""
    x, y, dx, dy = arrows(x_fake, push).T
    square = (-LIMIT, LIMIT)
    return Panel((Mark("arrows", x, y, "", "G", dx, dy),), "$x_1$", "$x_2$", square, square,
                 "Where D's gradient pushes fakes", equal=True)  # fmt: skip
