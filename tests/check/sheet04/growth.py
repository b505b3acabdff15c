"""The largest modulus of a step matrix: correct in several styles, and classic mistakes."""

import numpy as np
import torch


def eigenvalues_of_j(J, h):
    return (1 + h * torch.linalg.eigvals(J)).abs().max()


def eigenvalues_of_the_step(J, h):
    return torch.linalg.eigvals(torch.eye(len(J), dtype=J.dtype) + h * J).abs().max().item()


def in_numpy(J, h):
    return np.abs(np.linalg.eigvals(np.eye(len(J)) + h * J.numpy())).max()


def with_real_and_imaginary_parts(J, h):
    values = torch.linalg.eig(J.double())[0]
    return ((1 + h * values.real) ** 2 + (h * values.imag) ** 2).sqrt().max()


def by_many_steps(J, h):
    step = torch.eye(len(J), dtype=torch.float64) + h * J.double()
    log, power = 0.0, step
    for _ in range(40):  # Gelfand: |A^n|^(1/n), by squaring
        size = torch.linalg.matrix_norm(power)
        log, power = 2 * (log + size.log()), (power / size) @ (power / size)
    return (log / 2**40).exp()


def without_identity(J, h):
    return torch.linalg.eigvals(h * J).abs().max()


def without_step_size(J, h):
    return (1 + torch.linalg.eigvals(J)).abs().max()


def real_parts(J, h):
    return (1 + h * torch.linalg.eigvals(J).real).abs().max()


def modulus_too_early(J, h):
    return (1 + h * torch.linalg.eigvals(J).abs()).max()


def smallest(J, h):
    return (1 + h * torch.linalg.eigvals(J)).abs().min()


def mean_modulus(J, h):
    return (1 + h * torch.linalg.eigvals(J)).abs().mean()


def singular_value(J, h):
    return torch.linalg.matrix_norm(torch.eye(len(J), dtype=J.dtype) + h * J, 2)


def continuous_flow(J, h):
    return (h * torch.linalg.eigvals(J).real).exp().max()


def squared(J, h):
    return eigenvalues_of_j(J, h) ** 2


def determinant(J, h):
    return torch.linalg.det(torch.eye(len(J), dtype=J.dtype) + h * J).abs()


def all_of_them(J, h):
    return (1 + h * torch.linalg.eigvals(J)).abs()


CORRECT = (
    eigenvalues_of_j,
    eigenvalues_of_the_step,
    in_numpy,
    with_real_and_imaginary_parts,
    by_many_steps,
)
GAME, DESCENT = "a game that turns", "a descent with a slow direction"
MISTAKES = {
    without_identity: (GAME, "The 1 is missing"),
    without_step_size: (GAME, "The step size is missing"),
    real_parts: (GAME, "Only the real parts"),
    modulus_too_early: (GAME, "taken too early"),
    smallest: (DESCENT, "smallest modulus"),
    mean_modulus: (DESCENT, "mean of the moduli"),
    singular_value: (DESCENT, "singular value"),
    continuous_flow: (GAME, "continuous flow"),
    squared: (DESCENT, "modulus squared"),
    determinant: (DESCENT, "mixes all eigenvalues"),
    all_of_them: (GAME, "should be one number"),
}
