"""A direction that raises one score and keeps another: several styles, and the classic mistakes."""

import numpy as np
import torch
from torch.nn import functional as F


def _slopes(z, y):
    ones = torch.ones(len(z), 1)
    return torch.linalg.lstsq(torch.cat([z, ones], 1), y[:, None]).solution[:-1, 0]


def _without(w, k):
    return w - (w @ k) / (k @ k) * k


def two_fits(z, y, other):
    d = _without(_slopes(z, y), _slopes(z, other))
    return d / d.norm()


def centred_pinv(z, y, other):
    scores = torch.stack([y, other], 1)
    w, k = (torch.linalg.pinv(z - z.mean(0)) @ (scores - scores.mean(0))).T
    k = k / k.norm()
    return F.normalize(w - (w @ k) * k, dim=0)


def normal_equations(z, y, other):
    z = (z - z.mean(0)).double()
    gram = z.T @ z
    w = torch.linalg.solve(gram, z.T @ (y - y.mean()).double())
    k = torch.linalg.solve(gram, z.T @ (other - other.mean()).double())
    projector = torch.eye(len(k)) - torch.outer(k, k) / k.square().sum()
    d = projector.double() @ w
    return d / torch.sqrt(d @ d)


def in_numpy(z, y, other):
    z, y, other = (np.asarray(t, dtype=np.float64) for t in (z, y, other))
    inputs = np.column_stack([np.ones(len(z)), z])
    fit = np.linalg.lstsq(inputs, np.column_stack([y, other]), rcond=None)[0][1:]
    w, k = fit.T
    d = w - k * (w @ k) / (k @ k)
    return torch.from_numpy(d / np.linalg.norm(d))


def by_orthogonal_basis(z, y, other):
    k, w = _slopes(z, other), _slopes(z, y)
    Q, R = torch.linalg.qr(torch.stack([k, w], 1))
    return Q[:, 1] * R[1, 1].sign()


def covariance_solved(z, y, other):
    d = z.shape[1]
    C = torch.cov(torch.cat([z, y[:, None], other[:, None]], 1).T)
    slopes = torch.linalg.inv(C[:d, :d]) @ C[:d, d:]
    return F.normalize(_without(*slopes.T), dim=0)


def in_float64(z, y, other):
    inputs = torch.cat([z, torch.ones(len(z), 1)], 1).double()
    fit = torch.linalg.lstsq(inputs, torch.stack([y, other], 1).double()).solution[:-1]
    w, k = fit.unbind(1)
    d = w - torch.dot(w, k) / torch.dot(k, k) * k
    return (d / torch.linalg.vector_norm(d)).float()


def within_the_null_space(z, y, other):
    """Slopes in the directions that the other score does not see."""
    k = _slopes(z, other)
    basis = torch.linalg.svd(k[None], full_matrices=True)[2][1:]  # [z_dim - 1, z_dim]
    return F.normalize((basis @ _slopes(z, y)) @ basis, dim=0)


def with_lagrange(z, y, other):
    """Maximise w.d where k.d = 0 and d.d = 1: d is along w - mu k, with mu from k.d = 0."""
    w, k = _slopes(z, y), _slopes(z, other)
    mu = torch.linalg.lstsq(k[:, None], w[:, None]).solution
    d = w - (mu * k).flatten()
    return d / d.square().sum() ** 0.5


def turned_round(z, y, other):
    return -two_fits(z, y, other)


def other_forgotten(z, y, other):
    return F.normalize(_slopes(z, y), dim=0)


def swapped(z, y, other):
    return two_fits(z, other, y)


def the_other_one(z, y, other):
    return F.normalize(_slopes(z, other), dim=0)


def no_square_length(z, y, other):
    w, k = _slopes(z, y), _slopes(z, other)
    return F.normalize(w - (w @ k) * k, dim=0)


def directions_subtracted(z, y, other):
    return F.normalize(other_forgotten(z, y, other) - the_other_one(z, y, other), dim=0)


def slopes_subtracted(z, y, other):
    return F.normalize(_slopes(z, y) - _slopes(z, other), dim=0)


def no_offset(z, y, other):
    w, k = (torch.linalg.lstsq(z, s[:, None]).solution[:, 0] for s in (y, other))
    return F.normalize(_without(w, k), dim=0)


def correlated(z, y, other):
    w, k = ((z - z.mean(0)).T @ (s - s.mean()) / len(z) for s in (y, other))
    return F.normalize(_without(w, k), dim=0)


def between_means(z, y, other):
    w, k = (z[s > s.mean()].mean(0) - z[s <= s.mean()].mean(0) for s in (y, other))
    return F.normalize(_without(w, k), dim=0)


def any_length(z, y, other):
    return _without(_slopes(z, y), _slopes(z, other))


def length_too_early(z, y, other):
    w, k = F.normalize(_slopes(z, y), dim=0), F.normalize(_slopes(z, other), dim=0)
    return w - (w @ k) * k


def offset_kept(z, y, other):
    inputs = torch.cat([z, torch.ones(len(z), 1)], 1)
    w, k = torch.linalg.lstsq(inputs, torch.stack([y, other], 1)).solution.T
    return F.normalize(_without(w, k), dim=0)


def the_best_sample(z, y, other):
    return F.normalize(z[y.argmax()], dim=0)


CORRECT = (
    two_fits, centred_pinv, normal_equations, in_numpy, by_orthogonal_basis, covariance_solved,
    in_float64, within_the_null_space, with_lagrange,
)  # fmt: skip
ALONE, TOGETHER = "scores that do not meet", "scores that go together"
NOISY = "noise and offsets"
MISTAKES = {
    turned_round: (ALONE, "along it y falls"),
    other_forgotten: (TOGETHER, "The other score moves along it"),
    swapped: (TOGETHER, "the two have changed places"),
    the_other_one: (ALONE, "other score"),  # where the two do not meet, it keeps y as well
    no_square_length: (TOGETHER, "without that division"),
    directions_subtracted: (TOGETHER, "The one direction is subtracted"),
    slopes_subtracted: (TOGETHER, "The slopes are subtracted"),
    no_offset: (NOISY, "The fit has no offset"),
    correlated: (TOGETHER, "does not solve for the slopes"),
    between_means: (TOGETHER, "from the mean of low scores"),
    any_length: (ALONE, "The direction is right, and its length is"),
    length_too_early: (TOGETHER, "after the part along the other score is gone"),
    offset_kept: (ALONE, "should be a tensor of shape"),
    the_best_sample: (ALONE, "This is not the direction"),
}
