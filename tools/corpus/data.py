"""Where the authors' real data come from: small clouds of points and scikit-learn's 8x8 digits."""

from functools import cache

import numpy as np
from sklearn.datasets import load_digits, make_moons

KINDS = ("ring", "grid", "ring6", "grid9", "grid4", "moons", "pair", "line", "digits")
POINTS = KINDS[:-1]


def ring_centres(modes=8, radius=2.0):
    angle = 2 * np.pi * np.arange(modes) / modes
    return radius * np.stack([np.cos(angle), np.sin(angle)], 1)


def grid_centres(side=5, gap=1.0):
    axis = gap * (np.arange(side) - (side - 1) / 2)
    return np.stack(np.meshgrid(axis, axis), -1).reshape(-1, 2)


def clouds(centres, n, sd, rng):
    """Return n points around centres of equal weight, and which centre each belongs to."""
    which = rng.integers(len(centres), size=n)
    x = centres[which] + sd * rng.standard_normal((n, centres.shape[1]))
    return x.astype(np.float32), which


def ring(n, rng, radius=2.0, sd=0.1):
    return clouds(ring_centres(8, radius), n, sd, rng)[0]


def grid(n, rng, side=5, gap=1.0, sd=0.05):
    return clouds(grid_centres(side, gap), n, sd, rng)[0]


def pair(n, rng, half=1.5, sd=0.3):
    return clouds(np.array([[-half, 0.0], [half, 0.0]]), n, sd, rng)[0]


def line(n, rng, means=(-2.0, 2.0), sd=0.5):
    return clouds(np.array(means)[:, None], n, sd, rng)[0]


def moons(n, rng, noise=0.05):
    return make_moons(n, noise=noise, random_state=int(rng.integers(2**31)))[0].astype(np.float32)


@cache
def digits():
    """Return the 1,797 digits as [N, 64] in [-1, 1] and their labels."""
    x, y = load_digits(return_X_y=True)
    return (x / 8 - 1).astype(np.float32), y


def some_digits(n, rng):
    x = digits()[0]
    return x[rng.choice(len(x), n, replace=n > len(x))]
