"""Where the authors' real data come from: small clouds of points and scikit-learn's 8x8 digits."""

from functools import cache

import numpy as np
from sklearn.datasets import load_digits, make_moons

POINTS = ("ring", "grid", "ring6", "grid9", "grid4", "moons", "pair", "line", "line3", "circles",
          "spirals", "swiss", "checker")  # fmt: skip
KINDS = (*POINTS, "digits")


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


def ring6(n, rng, radius=1.6, sd=0.15):
    return clouds(ring_centres(6, radius), n, sd, rng)[0]


def grid4(n, rng, gap=2.0, sd=0.2):
    return grid(n, rng, side=2, gap=gap, sd=sd)


def line3(n, rng, means=(-2.0, 0.0, 2.0), sd=0.25):
    return line(n, rng, means, sd)


def moons(n, rng, noise=0.05):
    return make_moons(n, noise=noise, random_state=int(rng.integers(2**31)))[0].astype(np.float32)


def circles(n, rng, radii=(1.0, 2.0), sd=0.06):
    """Two rings, one in the other: as many points on each."""
    angle, radius = 2 * np.pi * rng.random(n), rng.choice(radii, n) + sd * rng.standard_normal(n)
    return (radius * np.stack([np.cos(angle), np.sin(angle)])).T.astype(np.float32)


def spirals(n, rng, rounds=1.0, sd=0.05):
    """Two arms from the middle to radius 2."""
    along, arm = np.sqrt(rng.random(n)), np.pi * rng.integers(2, size=n)
    angle = 2 * np.pi * rounds * along + arm
    x = 2 * along * np.stack([np.cos(angle), np.sin(angle)]) + sd * rng.standard_normal((2, n))
    return x.T.astype(np.float32)


def swiss(n, rng, sd=0.05):
    """The swiss roll seen from its side, from radius 0.7 to 2."""
    t = 1.5 * np.pi * (1 + 2 * rng.random(n))
    x = t * np.stack([np.cos(t), np.sin(t)]) / (2.25 * np.pi) + sd * rng.standard_normal((2, n))
    return x.T.astype(np.float32)


def checker(n, rng, side=1.0):
    """Eight of sixteen squares, those of one colour."""
    row, half = rng.integers(4, size=n), rng.integers(2, size=n)
    corner = np.stack([2 * half + row % 2, row], 1)
    return (side * (corner - 2 + rng.random((n, 2)))).astype(np.float32)


@cache
def digits():
    """Return the 1,797 digits as [N, 64] in [-1, 1] and their labels."""
    x, y = load_digits(return_X_y=True)
    return (x / 8 - 1).astype(np.float32), y


def some_digits(n, rng):
    x = digits()[0]
    return x[rng.choice(len(x), n, replace=n > len(x))]


@cache
def large_digits():
    """Return the digits as [N, 1, 28, 28]: each pixel three wide, with a margin of two."""
    x = digits()[0].reshape(-1, 8, 8).repeat(3, 1).repeat(3, 2)
    return np.pad(x, ((0, 0), (2, 2), (2, 2)), constant_values=-1.0)[:, None]


def some_large_digits(n, rng):
    x = large_digits()
    return x[rng.choice(len(x), n, replace=n > len(x))]
