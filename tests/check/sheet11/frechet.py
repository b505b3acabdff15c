"""The Frechet distance of two Gaussians: correct in several styles, and the classic mistakes."""

import numpy as np
import torch
from scipy.linalg import sqrtm


def _root(S):
    values, vectors = torch.linalg.eigh(S)
    return vectors @ torch.diag(values.clamp(min=0).sqrt()) @ vectors.T


def _sum(m1, S1, m2, S2, overlap):
    return (m1 - m2).square().sum() + S1.trace() + S2.trace() - 2 * overlap


def eigenvalues(m1, S1, m2, S2):
    roots = torch.linalg.eigvals(S1 @ S2).real.clamp(min=0).sqrt()
    return _sum(m1, S1, m2, S2, roots.sum()).item()


def complex_roots(m1, S1, m2, S2):
    return _sum(m1, S1, m2, S2, torch.linalg.eigvals(S1 @ S2).sqrt().real.sum())


def symmetric(m1, S1, m2, S2):
    root = _root(S1)
    values = torch.linalg.eigvalsh(root @ S2 @ root)
    return _sum(m1, S1, m2, S2, values.clamp(min=0).sqrt().sum())


def nuclear_norm(m1, S1, m2, S2):
    return _sum(m1, S1, m2, S2, torch.linalg.matrix_norm(_root(S1) @ _root(S2), "nuc"))


def whole_matrix(m1, S1, m2, S2):
    root = _root(S1)
    matrix = S1 + S2 - 2 * _root(root @ S2 @ root)
    return (m1 - m2) @ (m1 - m2) + torch.trace(matrix)


def by_scipy(m1, S1, m2, S2):
    """As pytorch-fid has it."""
    m1, S1, m2, S2 = (np.asarray(t) for t in (m1, S1, m2, S2))
    root = np.atleast_2d(sqrtm(S1 @ S2))
    if not np.isfinite(root).all():
        offset = 1e-12 * np.eye(len(m1))
        root = sqrtm((S1 + offset) @ (S2 + offset))
    return (m1 - m2) @ (m1 - m2) + np.trace(S1) + np.trace(S2) - 2 * np.trace(root.real)


def in_numpy(m1, S1, m2, S2):
    m1, S1, m2, S2 = (t.numpy() for t in (m1, S1, m2, S2))
    values = np.linalg.eigvals(S1 @ S2).astype(complex)
    return float(((m1 - m2) ** 2).sum() + np.trace(S1 + S2) - 2 * np.sqrt(values).real.sum())


def by_svd(m1, S1, m2, S2):
    halves = []
    for S in (S1, S2):
        U, values, _ = torch.linalg.svd(S)
        halves.append(U * values.sqrt())
    overlap = torch.linalg.svdvals(halves[0].T @ halves[1]).sum()
    return torch.dist(m1, m2) ** 2 + (S1 + S2).diagonal().sum() - 2 * overlap


def one_by_one(m1, S1, m2, S2):
    apart = sum((a - b) ** 2 for a, b in zip(m1.tolist(), m2.tolist(), strict=True))
    spread = sum((S1[i, i] + S2[i, i]).item() for i in range(len(m1)))
    roots = [max(v.real, 0.0) ** 0.5 for v in torch.linalg.eigvals(S1 @ S2).tolist()]
    return apart + spread - 2 * sum(roots)


def _overlap(m1, S1, m2, S2):
    return (_sum(m1, S1, m2, S2, 0.0) - eigenvalues(m1, S1, m2, S2)) / 2


def mean_forgotten(m1, S1, m2, S2):
    return eigenvalues(m1, S1, m1, S2)


def mean_not_squared(m1, S1, m2, S2):
    return eigenvalues(m1, S1, m1, S2) + (m1 - m2).norm()


def mean_averaged(m1, S1, m2, S2):
    return eigenvalues(m1, S1, m1, S2) + (m1 - m2).square().mean()


def means_alone(m1, S1, m2, S2):
    return (m1 - m2).square().sum()


def elementwise(m1, S1, m2, S2):
    return _sum(m1, S1, m2, S2, (S1 @ S2).clamp(min=0).sqrt().trace())


def elementwise_to_nan(m1, S1, m2, S2):
    return _sum(m1, S1, m2, S2, (S1 @ S2).sqrt().sum())


def variances_alone(m1, S1, m2, S2):
    return (m1 - m2).square().sum() + (S1.diag().sqrt() - S2.diag().sqrt()).square().sum()


def root_of_the_sum(m1, S1, m2, S2):
    return _sum(m1, S1, m2, S2, _root(S1 + S2).trace())


def roots_multiplied(m1, S1, m2, S2):
    return _sum(m1, S1, m2, S2, (_root(S1) @ _root(S2)).trace())


def distance_of_roots(m1, S1, m2, S2):
    return (m1 - m2).square().sum() + (_root(S1) - _root(S2)).square().sum()


def product_alone(m1, S1, m2, S2):
    return _sum(m1, S1, m2, S2, (S1 @ S2).trace())


def taken_once(m1, S1, m2, S2):
    return _sum(m1, S1, m2, S2, _overlap(m1, S1, m2, S2) / 2)


def added(m1, S1, m2, S2):
    return _sum(m1, S1, m2, S2, -_overlap(m1, S1, m2, S2))


def never_taken(m1, S1, m2, S2):
    return _sum(m1, S1, m2, S2, 0.0)


def diagonal_averaged(m1, S1, m2, S2):
    part = eigenvalues(m1, S1, m1, S2)
    return (m1 - m2).square().sum() + part / len(m1)


def all_entries(m1, S1, m2, S2):
    root = torch.tensor(np.atleast_2d(sqrtm((S1 @ S2).numpy())).real)
    return (m1 - m2).square().sum() + (S1 + S2 - 2 * root).sum()


def root_at_the_end(m1, S1, m2, S2):
    return max(eigenvalues(m1, S1, m2, S2), 0.0) ** 0.5


def left_complex(m1, S1, m2, S2):
    return _sum(m1, S1, m2, S2, torch.linalg.eigvals(S1 @ S2).sqrt().sum())


def not_clamped(m1, S1, m2, S2):
    """On singular covariances some eigenvalue lies below 0 by rounding."""
    roots = torch.linalg.eigvals(S1 @ S2).real.sqrt()
    return _sum(m1, S1, m2, S2, roots.sum()).item()


def by_cholesky(m1, S1, m2, S2):
    L = torch.linalg.cholesky(S1)
    return _sum(m1, S1, m2, S2, torch.linalg.eigvalsh(L.T @ S2 @ L).clamp(min=0).sqrt().sum())


def small_roots_dropped(m1, S1, m2, S2):
    found = torch.linalg.eigvals(S1 @ S2).real
    return _sum(m1, S1, m2, S2, found[found > 1e-2].sqrt().sum())


def nothing_below_a_twentieth(m1, S1, m2, S2):
    found = float(eigenvalues(m1, S1, m2, S2))
    return found if found > 0.05 else 0.0


CORRECT = (
    eigenvalues, complex_roots, symmetric, nuclear_norm, whole_matrix, by_scipy, in_numpy, by_svd,
    one_by_one,
)  # fmt: skip
AXES, TURNED = "independent dimensions", "axes that differ"
SINGULAR = "singular covariances, and equal ones"


def taken_for_symmetric(m1, S1, m2, S2):
    root = torch.linalg.eigvalsh(S1 @ S2).clamp(min=0).sqrt().sum()
    return ((m1 - m2).square().sum() + torch.trace(S1 + S2) - 2 * root).item()


MISTAKES = {
    taken_for_symmetric: (TURNED, "taken for a symmetric matrix"),
    mean_forgotten: (AXES, "The means are forgotten"),
    mean_not_squared: (AXES, "not squared"),
    mean_averaged: (AXES, "differences are averaged"),
    means_alone: (AXES, "Only the means"),
    root_of_the_sum: (AXES, "root of the sum"),
    product_alone: (AXES, "The root is missing"),
    taken_once: (AXES, "taken away once"),
    added: (AXES, "The root is added"),
    never_taken: (AXES, "Nothing is taken away"),
    diagonal_averaged: (AXES, "averaged over the diagonal"),
    root_at_the_end: (AXES, "stays squared"),
    left_complex: (AXES, "The answer is complex"),
    elementwise: (TURNED, "root is taken of each entry"),
    variances_alone: (TURNED, "Only the variances"),
    roots_multiplied: (TURNED, "The roots are multiplied"),
    distance_of_roots: (TURNED, "The roots are multiplied"),
    all_entries: (TURNED, "All entries of the matrix"),
    small_roots_dropped: (TURNED, "Nothing is taken away"),
    nothing_below_a_twentieth: (TURNED, "This is not |m1 - m2|^2"),
    not_clamped: (SINGULAR, "not finite"),
    by_cholesky: (SINGULAR, "neither an inverse nor a Cholesky factor"),
}
