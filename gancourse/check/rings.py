"""Rings of random size: toy data for trainings that no learner can know by heart."""

import math

import torch

from gancourse.check.spec import Draw
from gancourse.data.toys import Toy, mixture


def random_ring(draw: Draw) -> Toy:
    """Return a ring whose number of modes, radius and rotation are drawn: none can be known."""
    modes, radius, turn = draw.integer(5, 8), draw.uniform(0.8, 1.5), draw.uniform(0, 2 * math.pi)
    angle = turn + torch.arange(modes, dtype=torch.float64) * (2 * math.pi / modes)
    centres = radius * torch.stack([angle.cos(), angle.sin()], 1)
    return mixture(centres, 0.05 * radius, name="ring")
