"""Modes, high quality and reverse KL: correct in several styles, and the classic mistakes."""

import math
from collections import Counter

import numpy as np
import torch
from torch.nn import functional as F


def _found(x, centres, sd, reach=3.0, p=2.0):
    distance, nearest = torch.cdist(x, centres, p=p).min(1)
    return nearest, distance <= reach * sd


def _kl(p):
    return torch.xlogy(p, len(p) * p).sum().item()


def _histogram(nearest, K):
    return torch.bincount(nearest, minlength=K) / len(nearest)


def _report(x, centres, sd, **how):
    nearest, good = _found(x, centres, sd, **how)
    counts = torch.bincount(nearest[good], minlength=len(centres))
    share = good.float().mean().item()
    return int((counts > 0).sum()), share, _kl(counts / counts.sum())


def counted(x, centres, sd):
    return _report(x, centres, sd)


def in_numpy(x, centres, sd):
    x, centres = x.numpy(), centres.numpy()
    D = np.linalg.norm(x[:, None] - centres[None], axis=2)
    good = D.min(1) <= 3 * sd
    counts = np.bincount(D.argmin(1)[good], minlength=len(centres))
    p = counts[counts > 0] / counts.sum()
    return np.count_nonzero(counts), good.mean(), (p * np.log(p * len(centres))).sum()


def in_plain_python(x, centres, sd):
    hits = Counter()
    for point in x.tolist():
        distances = [math.dist(point, centre) for centre in centres.tolist()]
        if min(distances) <= 3 * sd:
            hits[distances.index(min(distances))] += 1
    total, K = sum(hits.values()), len(centres)
    kl = sum(n / total * math.log(K * n / total) for n in hits.values())
    return len(hits), total / len(x), kl


def by_entropy(x, centres, sd):
    nearest, good = _found(x, centres, sd)
    p = _histogram(nearest[good], len(centres))
    entropy = torch.distributions.Categorical(probs=p).entropy()
    return len(nearest[good].unique()), good.double().mean(), math.log(len(centres)) - entropy


def by_kl_div(x, centres, sd):
    nearest, good = _found(x, centres, sd)
    p = _histogram(nearest[good], len(centres)).double()
    uniform = torch.full_like(p, 1 / len(p)).log()
    return int((p > 0).sum()), good.float().mean().item(), F.kl_div(uniform, p, reduction="sum")


def with_epsilon(x, centres, sd):
    nearest, good = _found(x, centres, sd)
    p = _histogram(nearest[good], len(centres))
    kl = (p * (p * len(p) + 1e-12).log()).sum()
    return torch.stack([(p > 0).sum(), good.float().mean(), kl])


def one_hot(x, centres, sd):
    squares = (x[:, None] - centres).square().sum(2)
    nearest = F.one_hot(squares.argmin(1), len(centres)) * (squares <= 9 * sd**2)
    counts = nearest.sum(0)
    p = counts / counts.sum()
    kl = torch.where(p > 0, p * (p * len(p)).clamp(min=1e-30).log(), 0).sum()
    return (counts >= 1).sum().item(), (counts.sum() / len(x)).item(), kl.item()


def by_unique(x, centres, sd):
    nearest, good = _found(x, centres, sd)
    kept, counts = nearest[good].unique(return_counts=True)
    p = counts.double() / counts.sum()
    return [len(kept), len(nearest[good]) / len(x), (p * (len(centres) * p).log()).sum().item()]


def by_each_mode(x, centres, sd):
    nearest, good = _found(x, centres, sd)
    counts = [int(((nearest == k) & good).sum()) for k in range(len(centres))]
    p = torch.tensor([n / sum(counts) for n in counts])
    return sum(n > 0 for n in counts), sum(counts) / len(x), _kl(p)


def histogram_of_all(x, centres, sd):
    modes, share, _ = counted(x, centres, sd)
    return modes, share, _kl(_histogram(_found(x, centres, sd)[0], len(centres)))


def _p(x, centres, sd):
    nearest, good = _found(x, centres, sd)
    return _histogram(nearest[good], len(centres))


def _with_kl(of):
    def answer(x, centres, sd):
        modes, share, _ = counted(x, centres, sd)
        return modes, share, of(_p(x, centres, sd))

    return answer


def other_way(x, centres, sd):
    return _with_kl(lambda p: -(len(p) * p).log().mean().item())(x, centres, sd)


def turned(x, centres, sd):
    return _with_kl(lambda p: -_kl(p))(x, centres, sd)


def in_bits(x, centres, sd):
    return _with_kl(lambda p: _kl(p) / math.log(2))(x, centres, sd)


def k_forgotten(x, centres, sd):
    return _with_kl(lambda p: torch.xlogy(p, p).sum().item())(x, centres, sd)


def entropy(x, centres, sd):
    return _with_kl(lambda p: -torch.xlogy(p, p).sum().item())(x, centres, sd)


def averaged(x, centres, sd):
    return _with_kl(lambda p: _kl(p) / len(p))(x, centres, sd)


def reached_alone(x, centres, sd):
    return _with_kl(lambda p: _kl(p[p > 0]))(x, centres, sd)


def zero_log_zero(x, centres, sd):
    return _with_kl(lambda p: (p * (len(p) * p).log()).sum().item())(x, centres, sd)


def divided_by_all(x, centres, sd):
    nearest, good = _found(x, centres, sd)
    p = torch.bincount(nearest[good], minlength=len(centres)) / len(x)
    return int((p > 0).sum()), good.float().mean().item(), _kl(p)


def any_sample(x, centres, sd):
    _, share, kl = counted(x, centres, sd)
    return len(_found(x, centres, sd)[0].unique()), share, kl


def share_of_modes(x, centres, sd):
    modes, share, kl = counted(x, centres, sd)
    return modes / len(centres), share, kl


def missing_modes(x, centres, sd):
    modes, share, kl = counted(x, centres, sd)
    return len(centres) - modes, share, kl


def good_counted(x, centres, sd):
    modes, share, kl = counted(x, centres, sd)
    return modes, share * len(x), kl


def share_of_bad(x, centres, sd):
    modes, share, kl = counted(x, centres, sd)
    return modes, 1 - share, kl


def variance(x, centres, sd):
    return _report(x, centres, sd, reach=3 * sd)


def squared_distance(x, centres, sd):
    return _report(x, centres, sd, reach=(3 / sd) ** 0.5)


def one_sd(x, centres, sd):
    return _report(x, centres, sd, reach=1.0)


def two_sd(x, centres, sd):
    return _report(x, centres, sd, reach=2.0)


def box(x, centres, sd):
    return _report(x, centres, sd, p=float("inf"))


def absolute(x, centres, sd):
    return _report(x, centres, sd, p=1.0)


def two_numbers(x, centres, sd):
    return counted(x, centres, sd)[:2]


def border_left_out(x, centres, sd):
    distance, _ = torch.cdist(x.double(), centres.double()).min(1)
    far = distance >= 3 * sd
    return in_numpy(torch.where(far[:, None], x + 1e3, x), centres, sd)


CORRECT = (
    counted, in_numpy, in_plain_python, by_entropy, by_kl_div, with_epsilon, one_hot, by_unique,
    by_each_mode,
)  # fmt: skip
ALL, MISSING, SIZES = "all modes reached", "modes that are missing", "other sizes, one sample"


def in_every_ball(x, centres, sd):
    inside = torch.cdist(x, centres) <= 3 * sd
    count = inside.sum(0)
    p = count / count.sum()
    kl = torch.xlogy(p, len(centres) * p).sum()
    return int((count > 0).sum()), inside.any(1).double().mean().item(), kl.item()


def nearest_by_absolute_differences(x, centres, sd):
    nearest = torch.cdist(x, centres, p=1).argmin(1)
    good = (x - centres[nearest]).norm(dim=1) <= 3 * sd
    count = torch.bincount(nearest[good], minlength=len(centres))
    p = count / count.sum()
    kl = torch.xlogy(p, len(centres) * p).sum()
    return int((count > 0).sum()), good.double().mean().item(), kl.item()


def equal_ones_once(x, centres, sd):
    return _report(x.unique(dim=0), centres, sd)


def modes_of_a_crowd(x, centres, sd):
    """A mode counts from a twentieth of an even share on."""
    distance, nearest = torch.cdist(x, centres).min(1)
    count = torch.bincount(nearest[distance <= 3 * sd], minlength=len(centres))
    return int((count >= 0.05 * count.sum() / len(centres)).sum()), *_report(x, centres, sd)[1:]


MISTAKES = {
    equal_ones_once: (SIZES, "Equal samples count once"),
    modes_of_a_crowd: (SIZES, "The number of modes is not"),
    histogram_of_all: (ALL, "counts all samples"),
    other_way: (ALL, "the other way round"),
    turned: (ALL, "the wrong sign"),
    in_bits: (ALL, "to base 2"),
    k_forgotten: (ALL, "lacks K"),
    entropy: (ALL, "the entropy of the histogram"),
    averaged: (ALL, "averaged over the modes"),
    divided_by_all: (ALL, "must add up to 1"),
    share_of_modes: (ALL, "given as a share"),
    missing_modes: (MISSING, "that are missing"),
    good_counted: (ALL, "are counted"),
    share_of_bad: (ALL, "not of high quality"),
    variance: (ALL, "3 sd^2, a variance"),
    squared_distance: (ALL, "A squared distance"),
    one_sd: (ALL, "ends at 1 sd"),
    two_sd: (ALL, "ends at 2 sd"),
    box: (ALL, "a box"),
    absolute: (ALL, "absolute differences"),
    two_numbers: (ALL, "3 numbers"),
    reached_alone: (MISSING, "modes that were reached"),
    any_sample: (MISSING, "it takes one of high quality"),
    zero_log_zero: (MISSING, "0 log 0 is 0"),
    in_every_ball: (ALL, "belongs to its nearest one alone"),
    nearest_by_absolute_differences: (ALL, "nearest centre is found by absolute differences"),
    border_left_out: ("all modes reached", "is left out: within 3 sd"),
}
