"""How a GAN on points looks: D's field, the clouds, the arrows, as bytes and as panels."""

from collections.abc import Callable

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


@torch.no_grad()
def field(D: Field, cells: int = FIELD) -> Tensor:
    """Return D(x) on the cells of the picture, [cells, cells], the top row first."""
    cell = 2 * LIMIT / cells
    at = torch.linspace(-LIMIT + cell / 2, LIMIT - cell / 2, cells)
    x = torch.stack(torch.meshgrid(at, -at, indexing="xy"), -1)  # [row, column, 2]
    return D(x.view(-1, 2)).sigmoid().view(cells, cells)


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
    slopes = losses.slope(state.logits, torch.cat([x_real, x_fake])).norm(dim=1)
    return slopes.max().item() if len(slopes) else 0.0


def arrows(x_fake: Tensor, push: Tensor) -> Tensor:
    """Return (x, y, dx, dy) of the arrows that are drawn, [ARROWS, 4]; the longest are cut."""
    x, arrow = x_fake[:ARROWS], PUSH * push[:ARROWS]
    long = arrow.norm(dim=1, keepdim=True).clamp(min=1e-12)
    return torch.cat([x, arrow * (LONGEST / long).clamp(max=1)], 1)


def plane(D: Field, x_real: Tensor, x_fake: Tensor, push: Tensor) -> dict:
    """Return the part of a frame that is the plane: D's field as bytes, points and arrows."""
    levels = (255 * field(D)).round().to(torch.uint8).numpy().tobytes()
    clouds = {"real": x_real, "fake": x_fake, "arrows": arrows(x_fake, push)}
    packed = {name: float_bytes(cloud) for name, cloud in clouds.items()}
    return {"limit": LIMIT, "side": FIELD, "field": levels} | packed


def cloud(D: Field, x_real: Tensor, x_fake: Tensor, title: str) -> plots.Picture:
    """Return a still picture of D's field with the real and fake points on it."""
    return plots.points(x_real if len(x_real) else None, x_fake, D, LIMIT, title)


def pushes(x_fake: Tensor, push: Tensor) -> Panel:
    """Return a panel of where the fakes are pushed."""
    x, y, dx, dy = arrows(x_fake, push).T
    square = (-LIMIT, LIMIT)
    return Panel((Mark("arrows", x, y, "", "G", dx, dy),), "$x_1$", "$x_2$", square, square,
                 "Where D's gradient pushes fakes", equal=True)  # fmt: skip
