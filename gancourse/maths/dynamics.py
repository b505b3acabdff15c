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
D_STEPS = {"alternating": 1, "alternating, 5 steps of D": 5}  # after each step of G
ORDERS = ("simultaneous", *D_STEPS, "extragradient", "optimistic")
PENALTIES = ("none", "R1", "R2", "instance noise", "WGAN-GP", "consensus")
ENOUGH = 1e6  # a path that is this far away has left for good
NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(12)  # E f(N(0, 1)) = sum WEIGHTS f(NODES)
WEIGHTS = WEIGHTS / WEIGHTS.sum()


def bilinear(state: Array) -> Array:
    """Return the velocities (-y, x) of min over x, max over y of x y, for states [..., 2]."""
    x, y = state[..., 0], state[..., 1]
    return np.stack([-y, x], -1)


def dirac(loss: str = "minimax", penalty: str = "none", weight: float = 0.0) -> Field:
    """Return the Dirac-GAN's field under a loss of `gancourse.losses` and a penalty.

    R1 and R2 add weight/2 psi^2 to d_loss: the slope of the logit psi x is psi at every x. WGAN-GP
    adds weight (|psi| - 1)^2. Under instance noise `weight` is the standard deviation of the noise
    on real and fake samples alike. `consensus` acts on both players, as the function of that name
    says. Raises InputError for an unknown name and a negative weight.
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

    return consensus(field, weight) if penalty == "consensus" else field


def consensus(field: Field, weight: float, width: float = 1e-5) -> Field:
    """Return the field v minus `weight` times the gradient of |v|^2 / 2, by both numbers.

    Both players also make the speed |v| smaller, which is 0 at an equilibrium. Near one the
    Jacobian J becomes J - weight J^T J. Source: Mescheder et al. 2017, arXiv 1705.10461, alg. 2.
    The gradient is a central difference, with an error of order width^2.
    """

    def energy(state: Array) -> Array:
        return np.square(field(state)).sum(-1) / 2

    def field_with_consensus(state: Array) -> Array:
        sides = [(energy(state + a) - energy(state - a)) / (2 * width) for a in width * np.eye(2)]
        return field(state) - weight * np.stack(sides, -1)

    return field_with_consensus


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


def step(field: Field, state: Array, h, order: str = "simultaneous", before=None) -> Array:
    """Return the next state [..., 2] by one of ORDERS.

    Simultaneous: both players at once. Alternating: G first and D in reply to it, one step or five.
    Extragradient: both from here, with the velocity of the place to which a simultaneous step would
    lead (Gidel et al. 2019, arXiv 1802.10551, eq. 10). Optimistic: with twice the velocity here
    minus that at `before`, the state one step ago (Daskalakis et al. 2018, arXiv 1711.00141, eq.
    7); without `before` it is a simultaneous step. `h` is one step size for both, or (h_G, h_D).
    """
    h = np.broadcast_to(h, 2)
    velocity = field(state)
    if order in D_STEPS:
        state = state + velocity * h * (1, 0)
        for _ in range(D_STEPS[order]):
            state = state + field(state) * h * (0, 1)
        return state
    if order == "extragradient":
        velocity = field(state + velocity * h)
    if order == "optimistic" and before is not None:
        velocity = 2 * velocity - field(before)
    return state + velocity * h


def path(field: Field, start, h, steps: int, order: str = "simultaneous") -> Array:
    """Return the states [steps + 1, 2] from `start` on; one that leaves for good stays put.

    `h` is one step size or the pair (h_G, h_D). Raises InputError for an unknown order and for
    fewer than one step.
    """
    choose("order of updates", order, ORDERS)
    at_least("steps", steps, 1)

    def advance(here: Array, before: Array) -> Array:
        return step(field, here, h, order, before)

    return _repeated(advance, lambda here: np.abs(here).max() >= ENOUGH, np.stack(start), steps)


def _repeated(advance: Callable, gone: Callable, start: Array, steps: int) -> Array:
    """Return the states [steps + 1, 2]: each is advance(here, one step ago), or here once `gone`.

    A start that records what is done to it (gancourse.live.recorded) takes the loop as one step.
    """
    if not isinstance(start, Array):
        return start.repeated(advance, gone, steps)
    states = [start.astype(float)]
    for _ in range(steps):
        here, before = states[-1], states[-2:][0]
        states.append(here if gone(here) else advance(here, before))
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
    """Return the matrix that one step multiplies a small deviation by: [2, 2] as a rule.

    With H = diag(h_G, h_D): I + H J (simultaneous), D's half steps after G's (alternating), or
    I + H J + (H J)^2 (extragradient). An optimistic step takes (state, state before) to the next
    such pair: [4, 4].
    """
    choose("order of updates", order, ORDERS)
    h_G, h_D = np.broadcast_to(h, 2)
    one, HJ = np.eye(2), np.diag([h_G, h_D]) @ J
    if order in D_STEPS:
        D_half = one + np.diag([0.0, 1.0]) @ HJ
        return np.linalg.matrix_power(D_half, D_STEPS[order]) @ (one + np.diag([1.0, 0.0]) @ HJ)
    if order == "optimistic":
        return np.block([[one + 2 * HJ, -HJ], [one, 0 * one]])
    return one + HJ + (HJ @ HJ if order == "extragradient" else 0)


def modulus(J: Array, h, order: str = "simultaneous") -> float:
    """Return the largest modulus of the step matrix's eigenvalues: below 1, steps converge."""
    return float(np.abs(np.linalg.eigvals(step_matrix(J, h, order))).max())


def losses_along(loss: str, states: Array) -> tuple[Array, Array]:
    """Return d_loss and g_loss [N] of the Dirac-GAN at states [N, 2], without penalty and noise."""
    pair = get_loss(loss)
    theta, psi = torch.as_tensor(states, dtype=torch.float64).T
    logits = torch.full_like(theta, pair.rest), pair.rest + psi * theta
    return torch.vmap(pair.d_loss)(*logits).numpy(), torch.vmap(pair.g_loss)(*logits).numpy()
