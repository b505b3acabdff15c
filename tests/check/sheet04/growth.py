"""The largest modulus of a step matrix: correct in several styles, and classic mistakes."""

import numpy as np
import scipy.linalg
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


def plain_python(J, h):
    values = np.linalg.eigvals(J.double().numpy())
    return max(abs(1 + h * complex(v)) for v in values)


def spectral_radius_of_the_conjugate(J, h):
    step = torch.eye(len(J), dtype=torch.complex128) + h * J.to(torch.complex128)
    return torch.linalg.eigvals(step.mH).abs().amax()


def with_scipy(J, h):
    step = scipy.linalg.expm(np.zeros_like(J)) + h * J.numpy()
    return max(np.abs(scipy.linalg.eigvals(step)))


def by_the_schur_form(J, h):
    form, _ = scipy.linalg.schur(J.double().numpy(), output="complex")
    return np.abs(1 + h * np.diag(form)).max()


def by_the_conjugate_square(J, h):
    values = torch.linalg.eigvals(J.double())
    return (1 + 2 * h * values.real + h * h * (values * values.conj()).real).amax().sqrt()


def of_the_largest_real_part(J, h):
    values = torch.linalg.eigvals(J)
    return (1 + h * values[values.real.argmax()]).abs()


def of_the_largest_step_value(J, h):
    values = 1 + h * torch.linalg.eigvals(J)
    return values[values.real.argmax()].abs()


def of_the_largest_in_j(J, h):
    values = torch.linalg.eigvals(J)
    return (1 + h * values[values.abs().argmax()]).abs()


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


def hundred_steps(J, h):
    return eigenvalues_of_j(J, h) ** 100


def largest_real_part(J, h):
    return (1 + h * torch.linalg.eigvals(J)).real.max()


def other_direction(J, h):
    return (1 - h * torch.linalg.eigvals(J)).abs().max()


def of_j_alone(J, h):
    return torch.linalg.eigvals(J).abs().max()


def symmetric(J, h):
    step = torch.eye(len(J), dtype=J.dtype) + h * J
    return torch.linalg.eigvalsh(step).abs().max()


def frobenius(J, h):
    return torch.linalg.matrix_norm(torch.eye(len(J), dtype=J.dtype) + h * J)


def first_eigenvalue(J, h):
    return (1 + h * torch.linalg.eigvals(J))[0].abs()


CORRECT = (
    eigenvalues_of_j,
    eigenvalues_of_the_step,
    in_numpy,
    with_real_and_imaginary_parts,
    by_many_steps,
    plain_python,
    spectral_radius_of_the_conjugate,
    with_scipy,
    by_the_schur_form,
    by_the_conjugate_square,
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
    hundred_steps: (GAME, "This is not the largest modulus"),
    largest_real_part: (GAME, "real part"),
    other_direction: (GAME, "I - h J"),
    of_j_alone: (GAME, "J's own eigenvalues"),
    symmetric: (GAME, "This is not the largest modulus"),
    frobenius: (GAME, "This is not the largest modulus"),
    of_the_largest_real_part: (DESCENT, "with the largest real part"),
    of_the_largest_step_value: (DESCENT, "with the largest real part"),
    of_the_largest_in_j: (DESCENT, ""),  # of two real ones it is also the smallest
    first_eigenvalue: ("a descent with a slow direction", "the smallest modulus"),
}
