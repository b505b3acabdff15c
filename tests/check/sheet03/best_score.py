"""The best score under least squares: correct in several styles, and classic mistakes."""

import numpy as np
import torch
from torch import nn


def weighted_mean(p, q, a, b):
    return (b * p + a * q) / (p + q)


def between_the_targets(p, q, a, b):
    return a + (b - a) * p / (p + q)


def by_the_best_logit(p, q, a, b):
    return a + (b - a) * (p.log() - q.log()).sigmoid()


def in_float64_with_lerp(p, q, a, b):
    p, q = p.double(), q.double()
    return torch.lerp(torch.full_like(p, a), torch.full_like(p, b), p / (p + q))


def normal_equations(p, q, a, b):
    return torch.stack([(w * torch.tensor([b, a])).sum() / w.sum() for w in torch.stack([p, q], 1)])


class Module(nn.Module):
    def forward(self, p, q, a, b):
        weights = torch.stack([p, q])
        return (weights / weights.sum(0) * weights.new_tensor([[b], [a]])).sum(0)


as_a_module = Module()


def in_numpy(p, q, a, b):
    p, q = p.numpy(), q.numpy()
    return np.average(np.stack([np.full_like(p, b), np.full_like(q, a)]), 0, np.stack([p, q]))


def plain_floats(p, q, a, b):
    pairs = zip(p.tolist(), q.tolist(), strict=True)
    return torch.tensor([(b * u + a * v) / (u + v) for u, v in pairs])


def einsum(p, q, a, b):
    weights = torch.stack([p, q], 1).double()
    weights /= weights.sum(1, keepdim=True)
    return torch.einsum("nk,k->n", weights, torch.tensor([b, a], dtype=torch.float64))


def from_the_middle(p, q, a, b):
    return (a + b) / 2 + (b - a) / 2 * (p - q) / (p + q)


def places_exchanged(p, q, a, b):
    return (a * p + b * q) / (p + q)


def targets_forgotten(p, q, a, b):
    return p / (p + q)


def the_middle(p, q, a, b):
    return torch.full_like(p, (a + b) / 2)


def not_normalised(p, q, a, b):
    return b * p + a * q


def picks_a_target(p, q, a, b):
    return torch.where(p > q, torch.tensor(b), torch.tensor(a))


def wrong_sign(p, q, a, b):
    return (b * p - a * q) / (p + q)


def clipped(p, q, a, b):
    return weighted_mean(p, q, a, b).clamp(0, 1)


def averaged(p, q, a, b):
    return weighted_mean(p, q, a, b).mean()


def with_epsilon(p, q, a, b):
    return (b * p + a * q) / (p + q + 1e-8)


def ratio_of_densities(p, q, a, b):
    r = p / q
    return (b * r + a) / (r + 1)


def target_of_real(p, q, a, b):
    return torch.full_like(p, b)


def squared_weights(p, q, a, b):
    return (b * p**2 + a * q**2) / (p**2 + q**2)


def distance_of_targets(p, q, a, b):
    return (b - a) * p / (p + q)


def halved(p, q, a, b):
    return (b * p + a * q) / (p + q) / 2


CORRECT = (
    weighted_mean,
    between_the_targets,
    by_the_best_logit,
    in_float64_with_lerp,
    normal_equations,
    as_a_module,
    in_numpy,
    plain_floats,
    einsum,
    from_the_middle,
)
VALUE, ALONE = "the weighted mean of the targets", "where one density is 0, or both are tiny"
MISTAKES = {
    places_exchanged: (VALUE, "changed places"),
    targets_forgotten: (VALUE, "right for the targets 0 and 1 only"),
    the_middle: (VALUE, "middle of the targets"),
    not_normalised: (VALUE, "not divided by p + q"),
    picks_a_target: (VALUE, "as the hinge does"),
    wrong_sign: (VALUE, "A sign is wrong"),
    clipped: (VALUE, "clipped to [0, 1]"),
    averaged: (VALUE, "tensor of shape"),
    with_epsilon: (ALONE, "something is added to p + q"),
    ratio_of_densities: (ALONE, "not finite"),
    target_of_real: (VALUE, "does not minimise"),
    squared_weights: (VALUE, "does not minimise"),
    halved: (ALONE, "does not minimise"),
    distance_of_targets: (VALUE, "does not minimise"),
}
