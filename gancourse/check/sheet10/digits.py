"""Digits at 14 x 14: data, nets, a training, and how far the samples are."""

from functools import cache

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d

from gancourse.check import twins
from gancourse.check.players import both_step
from gancourse.check.sheet10.shared import trained_here
from gancourse.check.spec import Draw
from gancourse.check.student import Student
from gancourse.check.twins import Twin
from gancourse.data import load_images
from gancourse.machine import seed_torch
from gancourse.nets import make_discriminator
from gancourse.score.measures import fid

SIDE, Z_DIM, COMPONENTS = 14, 32, 16
SHAPE = [1, SIDE, SIDE]
DIGIT_G = {"z_dim": Z_DIM, "widths": [128, 128], "shape": SHAPE, "norm": True}
DIGIT_D = {"widths": [128, 128], "shape": SHAPE}
DIGIT_LR, DIGIT_TURNS = 1e-3, 600
DISTANCE = 0.45


@cache
def pixels() -> Tensor:
    """Return the embedded digits for training, [1437, 196] from 0 to 255."""
    return avg_pool2d(load_images("digits").images.float(), 28 // SIDE).flatten(1)


def frechet(x: Tensor, real: Tensor) -> float:
    """Return the Frechet distance in the real images' 16 components, over their variance there."""
    mean = real.mean(0)
    basis = torch.linalg.svd(real - mean, full_matrices=False)[2][:COMPONENTS].T
    made, wanted = ((t - mean) @ basis for t in (x, real))
    return fid(made, wanted) / wanted.var(0).sum().item()


def _digit_D(draw: Draw) -> nn.Module:
    with torch.random.fork_rng(devices=[]):
        seed_torch(draw.seed())
        return make_discriminator("mlp", **DIGIT_D)


def digit_G(student: Student, draw: Draw) -> Twin:
    return twins.twin(student, draw, "generator/mlp", DIGIT_G)


def train_digits(G: nn.Module, x_real: Tensor, draw: Draw, look=lambda turn: None) -> None:
    """Train G here, against a fresh D on x_real [N, 196], with a look(turn) every 100 turns."""
    game = trained_here(G, _digit_D(draw), DIGIT_LR)
    source, x_real = draw.generator(), x_real.view(-1, *SHAPE).float()
    for number in range(DIGIT_TURNS):
        if number % 100 == 0:
            look(number)
        batch = x_real[torch.randint(len(x_real), (64,), generator=source)]
        game.deal(batch, torch.randn(64, Z_DIM, generator=source))
        both_step(game)
