"""Two players on a plane: the bilinear game, the Dirac-GAN, steps, Jacobians. Lesson 04.

A game is a `Field`: it maps a state [..., 2] (G's number first, D's number second) to the two
players' velocities, each the negative gradient of its own loss. Everything is NumPy in float64.

The Dirac-GAN (Mescheder et al. 2018, arXiv 1801.04406, def. 2.1): the real distribution sits at 0,
the fake one at theta, and D is linear with logit psi x.
"""

from collections.abc import Callable

import numpy as np
import torch

from gancourse.errors import InputError, at_least, choose
from gancourse.losses import Slopes, get_loss

Array = np.ndarray
Field = Callable[[Array], Array]
ORDERS = ("simultaneous", "alternating")
PENALTIES = ("none", "R1", "R2", "instance noise", "WGAN-GP")
ENOUGH = 1e6  # a path that is this far away has left for good
NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(12)  # E f(N(0, 1)) = sum WEIGHTS f(NODES)
WEIGHTS = WEIGHTS / WEIGHTS.sum()


def bilinear(state: Array) -> Array:
    """Return the velocities (-y, x) of min over x, max over y of x y, for states [..., 2]."""
    x, y = state[..., 0], state[..., 1]
    return np.stack([-y, x], -1)


def dirac(loss: str = "minimax", penalty: str = "none", weight: float = 0.0) -> Field:
    """Return the Dirac-GAN's field under a loss of `gancourse.losses` and a penalty for D.

    R1 and R2 add weight/2 psi^2 to d_loss: the slope of the logit psi x is psi at every x. WGAN-GP
    adds weight (|psi| - 1)^2. Under instance noise `weight` is the standard deviation of the noise
    on real and fake samples alike. Raises InputError for an unknown name and a negative weight.
    """
    pair = get_loss(loss)
    slopes, rest = pair.slopes, pair.rest
    choose("penalty", penalty, PENALTIES)
    if not 0 <= weight < np.inf:
        raise InputError(f"A penalty's weight must be 0 or more, and {weight!r} was given.")
    noise = weight if penalty == "instance noise" else 0.0

    def field(state: Array) -> Array:
        theta, psi = state[..., 0], state[..., 1]
        pull_theta, pull_psi = _pulls(slopes, rest, theta, psi, noise)
        return np.stack([pull_theta, pull_psi - _penalty_slope(penalty, weight, psi)], -1)

    return field


def _pulls(
    slopes: Slopes, rest: float, theta: Array, psi: Array, noise: float
) -> tuple[Array, Array]:
    """Return minus the losses' gradients, by theta and by psi, without penalty.

    `rest` is D's constant term: the logit where both densities are equal.
    """
    x_real, x_fake, share = _samples(theta, noise)  # [..., N], [..., N], [N]
    psi = psi[..., None]
    logits = rest + psi * x_real, rest + psi * x_fake
    by_psi = slopes.d_real(*logits) * x_real + slopes.d_fake(*logits) * x_fake
    by_theta = slopes.g_fake(*logits) * psi
    return -(by_theta @ share), -(by_psi @ share)


def _samples(theta: Array, noise: float) -> tuple[Array, Array, Array]:
    """Return real and fake points with their shares: one pair, or the nodes of a quadrature."""
    fake = theta[..., None]
    if noise == 0:
        return np.zeros_like(fake), fake, np.ones(1)
    real_noise, fake_noise = (noise * grid.ravel() for grid in np.meshgrid(NODES, NODES))
    return real_noise + 0 * fake, fake + fake_noise, np.outer(WEIGHTS, WEIGHTS).ravel()


def _penalty_slope(penalty: str, weight: float, psi: Array) -> Array:
    if penalty in ("R1", "R2"):
        return weight * psi
    if penalty == "WGAN-GP":
        return 2 * weight * (np.abs(psi) - 1) * np.sign(psi)
    return np.zeros_like(psi)


def step(field: Field, state: Array, h, order: str = "simultaneous") -> Array:
    """Return the next state [..., 2]: both players at once, or G first and D in reply to it.

    `h` is one step size for both, or the pair (h_G, h_D).
    """
    h_G, h_D = np.broadcast_to(h, 2)
    velocity = field(state)
    moved = state + velocity * np.array([h_G, 0.0])
    reply = field(moved) if order == "alternating" else velocity
    return moved + reply * np.array([0.0, h_D])


def path(field: Field, start, h, steps: int, order: str = "simultaneous") -> Array:
    """Return the states [steps + 1, 2] from `start` on; one that leaves for good stays put.

    `h` is one step size or the pair (h_G, h_D). Raises InputError for an unknown order and for
    fewer than one step.
    """
    choose("order of updates", order, ORDERS)
    at_least("steps", steps, 1)
    states = [np.asarray(start, dtype=float)]
    for _ in range(steps):
        here = states[-1]
        states.append(step(field, here, h, order) if np.abs(here).max() < ENOUGH else here)
    return np.stack(states)


def jacobian(field: Field, at=(0.0, 0.0), width: float = 1e-5) -> Array:
    """Return the field's Jacobian [2, 2] at a state: row i, column j is d velocity_i / d state_j.

    Central differences: the error is of order width^2, 1e-10.
    """
    at = np.asarray(at, dtype=float)
    around = at + width * np.array([[1, 0], [0, 1], [-1, 0], [0, -1]])
    forward_G, forward_D, back_G, back_D = field(around)
    return np.stack([forward_G - back_G, forward_D - back_D], 1) / (2 * width)


def step_matrix(J: Array, h, order: str = "simultaneous") -> Array:
    """Return the matrix [2, 2] that one step multiplies a small deviation by.

    Simultaneous: I + H J with H = diag(h_G, h_D). Alternating: D's half step after G's.
    """
    choose("order of updates", order, ORDERS)
    h_G, h_D = np.broadcast_to(h, 2)
    G_half = np.eye(2) + np.diag([h_G, 0.0]) @ J
    D_half = np.eye(2) + np.diag([0.0, h_D]) @ J
    return D_half @ G_half if order == "alternating" else G_half + D_half - np.eye(2)


def modulus(J: Array, h, order: str = "simultaneous") -> float:
    """Return the largest modulus of the step matrix's eigenvalues: below 1, steps converge."""
    return float(np.abs(np.linalg.eigvals(step_matrix(J, h, order))).max())


def losses_along(loss: str, states: Array) -> tuple[Array, Array]:
    """Return d_loss and g_loss [N] of the Dirac-GAN at states [N, 2], without penalty and noise."""
    pair = get_loss(loss)
    theta, psi = torch.as_tensor(states, dtype=torch.float64).T
    logits = torch.full_like(theta, pair.rest), pair.rest + psi * theta
    return torch.vmap(pair.d_loss)(*logits).numpy(), torch.vmap(pair.g_loss)(*logits).numpy()
