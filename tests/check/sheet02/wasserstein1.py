"""Wasserstein-1: correct in several styles, and the classic mistakes."""

import numpy as np
import torch
from scipy.optimize import linear_sum_assignment
from scipy.stats import wasserstein_distance


def sorted_pairs(x, y):
    return (x.sort().values - y.sort().values).abs().mean()


def in_numpy(x, y):
    return np.abs(np.sort(x.numpy()) - np.sort(y.numpy())).mean()


def with_scipy(x, y):
    return wasserstein_distance(x.numpy(), y.numpy())


def between_cdfs(x, y):
    t = torch.cat([x, y]).sort().values
    P = (x[:, None] <= t[:-1]).float().mean(0)
    Q = (y[:, None] <= t[:-1]).float().mean(0)
    return ((P - Q).abs() * t.diff()).sum()


def best_plan(x, y):
    cost = (x[:, None] - y).abs()
    return cost[linear_sum_assignment(cost.numpy())].mean()


def plain_lists(x, y):
    pairs = zip(sorted(x.tolist()), sorted(y.tolist()), strict=True)
    return sum(abs(a - b) for a, b in pairs) / len(x)


def by_positions(x, y):
    return (x[x.argsort()] - y[y.argsort()]).abs().sum() / x.numel()


def l1_loss(x, y):
    return torch.nn.functional.l1_loss(x.msort(), y.msort())


def quantiles(x, y):
    n = len(x)
    by_rank = [t.double().topk(n, largest=False).values for t in (x, y)]
    return torch.linalg.vector_norm(by_rank[0] - by_rank[1], ord=1) / n


def as_they_come(x, y):
    return (x - y).abs().mean()


def means_apart(x, y):
    return (x.mean() - y.mean()).abs()


def worst_plan(x, y):
    return (x.sort().values - y.sort(descending=True).values).abs().mean()


def w2(x, y):
    return (x.sort().values - y.sort().values).square().mean().sqrt()


def squared(x, y):
    return (x.sort().values - y.sort().values).square().mean()


def longest(x, y):
    return (x.sort().values - y.sort().values).abs().max()


def summed(x, y):
    return (x.sort().values - y.sort().values).abs().sum()


def all_pairs(x, y):
    return torch.cdist(x[:, None], y[:, None]).mean()


def cancelled(x, y):
    return (x.sort().values - y.sort().values).mean()


def to_the_nearest(x, y):
    return (x[:, None] - y).abs().min(1).values.mean()


def one_sorted(x, y):
    return (x.sort().values - y).abs().mean()


def other_sorted(x, y):
    return (x - y.sort().values).abs().mean()


def median_way(x, y):
    return (x.sort().values - y.sort().values).abs().median()


def halved(x, y):
    return sorted_pairs(x, y) / 2


def positions_apart(x, y):
    return (x.argsort() - y.argsort()).abs().float().mean()


def widths_apart(x, y):
    return (x.std(correction=0) - y.std(correction=0)).abs() + means_apart(x, y)


def not_reduced(x, y):
    return (x.sort().values - y.sort().values).abs()


CORRECT = (
    sorted_pairs,
    in_numpy,
    with_scipy,
    between_cdfs,
    best_plan,
    plain_lists,
    by_positions,
    l1_loss,
    quantiles,
)
VALUE, SHIFT = "the mean way of the best plan", "a shift costs its length"
MISTAKES = {
    as_they_come: (VALUE, "as they come"),
    means_apart: (VALUE, "distance between the means"),
    worst_plan: (VALUE, "worst plan"),
    w2: (VALUE, "Wasserstein-2"),
    squared: (VALUE, "mean square"),
    longest: (VALUE, "longest way"),
    summed: (VALUE, "sums the ways"),
    all_pairs: (VALUE, "over all pairs"),
    cancelled: (SHIFT, "cancel"),
    to_the_nearest: (VALUE, "nearest sample"),
    one_sorted: (VALUE, "the other one is not"),
    other_sorted: (VALUE, "the other one is not"),
    median_way: (VALUE, "median way"),
    halved: (VALUE, "half of the mean way"),
    positions_apart: (VALUE, "This is not the mean distance"),
    widths_apart: (VALUE, "This is not the mean distance"),
    not_reduced: (VALUE, "average over the batch"),
}
