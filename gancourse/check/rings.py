"""Rings of random size: toy data for trainings that no learner can know by heart."""

import math

import torch

from gancourse.check.spec import Draw
from gancourse.data.toys import Toy, mixture


def random_ring(draw: Draw, modes: int | None = None) -> Toy:
    """Return a ring whose number of modes, radius and rotation are drawn: none can be known.

    There are 5 to 8 modes, unless `modes` says how many.
    """
    modes = modes or draw.integer(5, 8)
    radius, turn = draw.uniform(0.8, 1.5), draw.uniform(0, 2 * math.pi)
    angle = turn + torch.arange(modes, dtype=torch.float64) * (2 * math.pi / modes)
    centres = radius * torch.stack([angle.cos(), angle.sin()], 1)
    return mixture(centres, 0.05 * radius, name="ring")
