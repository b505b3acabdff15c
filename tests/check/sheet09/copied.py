"""Copies or chance: correct in several styles, and the classic mistakes."""

import math

import numpy as np
import torch
from torch.nn import functional as F


def _nearest(x, y, p=2.0):
    return torch.cdist(x.flatten(1), y.flatten(1), p=p).amin(1)


def _share(x_fake, x_train, x_held):
    return (_nearest(x_fake, x_train) < _nearest(x_fake, x_held)).float().mean().item()


def _chance(x_train, x_held):
    return len(x_train) / (len(x_train) + len(x_held))


def two_distances(x_fake, x_train, x_held):
    share, p = _share(x_fake, x_train, x_held), _chance(x_train, x_held)
    return share, (share - p) / (p * (1 - p) / len(x_fake)) ** 0.5


def one_search_in_both(x_fake, x_train, x_held):
    both = torch.cat([x_train, x_held]).flatten(1)
    index = torch.cdist(x_fake.flatten(1), both).argmin(1)
    share = (index < len(x_train)).double().mean()
    p = torch.tensor(len(x_train) / len(both), dtype=torch.float64)
    return torch.stack([share, (share - p) * (len(x_fake) / (p * (1 - p))).sqrt()])


def by_counts(x_fake, x_train, x_held):
    N, p = len(x_fake), _chance(x_train, x_held)
    count = sum(
        bool(
            (x_train - x).square().sum((1, 2, 3)).min() < (x_held - x).square().sum((1, 2, 3)).min()
        )
        for x in x_fake
    )
    return count / N, (count - N * p) / np.sqrt(N * p * (1 - p))


def in_numpy(x_fake, x_train, x_held):
    fake, train, held = (np.asarray(x).reshape(len(x), -1) for x in (x_fake, x_train, x_held))
    to_train = ((fake[:, None] - train[None]) ** 2).sum(-1).min(1)
    to_held = ((fake[:, None] - held[None]) ** 2).sum(-1).min(1)
    share = (to_train < to_held).mean()
    p = len(train) / (len(train) + len(held))
    return share, (share - p) / np.sqrt(p * (1 - p) / len(fake))


def expanded_square(x_fake, x_train, x_held):
    def distance(x, y):
        x, y = x.flatten(1).double(), y.flatten(1).double()
        return (x.square().sum(1)[:, None] - 2 * x @ y.T + y.square().sum(1)).amin(1)

    copies = (distance(x_fake, x_train) < distance(x_fake, x_held)).double()
    M, H = len(x_train), len(x_held)
    score = (copies.mean() - M / (M + H)) / (M * H / (M + H) ** 2 / len(x_fake)) ** 0.5
    return copies.mean(), score


def sorted_distances(x_fake, x_train, x_held):
    both = torch.cat([x_train, x_held]).flatten(1)
    order = torch.cdist(x_fake.flatten(1), both).sort(1).indices[:, 0]
    M, N, all_ = len(x_train), len(x_fake), len(both)
    share = (order < M).sum() / N
    return share.item(), ((share - M / all_) / math.sqrt(M * (all_ - M) / all_**2 / N)).item()


def one_by_one(x_fake, x_train, x_held):
    labels = [1] * len(x_train) + [0] * len(x_held)
    reals = [*x_train, *x_held]
    found = []
    for x in x_fake:
        distances = [(x - r).pow(2).sum().item() for r in reals]
        found.append(labels[distances.index(min(distances))])
    p, share = sum(labels) / len(labels), sum(found) / len(found)
    return share, (share - p) / math.sqrt(p * (1 - p) / len(found))


def a_z_test(x_fake, x_train, x_held):
    coin = torch.distributions.Bernoulli(len(x_train) / (len(x_train) + len(x_held)))
    share = (_nearest(x_fake, x_train) < _nearest(x_fake, x_held)).double().mean()
    return share, (share - coin.mean) / (coin.variance / len(x_fake)).sqrt()


def _scored(share, p, N):
    return share, (share - p) / (p * (1 - p) / N) ** 0.5


def _with(share_of):
    def answer(x_fake, x_train, x_held):
        share = share_of(x_fake, x_train, x_held)
        return _scored(share, _chance(x_train, x_held), len(x_fake))

    return answer


def share_of_held(x_fake, x_train, x_held):
    return _with(lambda f, t, h: 1 - _share(f, t, h))(x_fake, x_train, x_held)


def counted(x_fake, x_train, x_held):
    share, score = two_distances(x_fake, x_train, x_held)
    return share * len(x_fake), score


def absolute(x_fake, x_train, x_held):
    nearer = _nearest(x_fake, x_train, 1.0) < _nearest(x_fake, x_held, 1.0)
    return _scored(nearer.float().mean().item(), _chance(x_train, x_held), len(x_fake))


def by_cosine(x_fake, x_train, x_held):
    def nearest(y):
        return (
            1 - F.normalize(x_fake.flatten(1), dim=1) @ F.normalize(y.flatten(1), dim=1).T
        ).amin(1)

    share = (nearest(x_train) < nearest(x_held)).float().mean().item()
    return _scored(share, _chance(x_train, x_held), len(x_fake))


def mean_distances(x_fake, x_train, x_held):
    to_train, to_held = (torch.cdist(x_fake.flatten(1), x.flatten(1)).mean(1)
                         for x in (x_train, x_held))  # fmt: skip
    nearer = (to_train < to_held).float().mean().item()
    return _scored(nearer, _chance(x_train, x_held), len(x_fake))


def furthest(x_fake, x_train, x_held):
    to_train, to_held = (torch.cdist(x_fake.flatten(1), x.flatten(1)).amax(1)
                         for x in (x_train, x_held))  # fmt: skip
    nearer = (to_train < to_held).float().mean().item()
    return _scored(nearer, _chance(x_train, x_held), len(x_fake))


def largest_index(x_fake, x_train, x_held):
    both = torch.cat([x_train, x_held]).flatten(1)
    index = torch.cdist(x_fake.flatten(1), both).argmax(1)
    share = (index < len(x_train)).float().mean().item()
    return _scored(share, _chance(x_train, x_held), len(x_fake))


def against_a_half(x_fake, x_train, x_held):
    return _scored(_share(x_fake, x_train, x_held), 0.5, len(x_fake))


def sd_of_a_fair_coin(x_fake, x_train, x_held):
    share, p = _share(x_fake, x_train, x_held), _chance(x_train, x_held)
    return share, (share - p) / (0.25 / len(x_fake)) ** 0.5


def sd_of_the_share(x_fake, x_train, x_held):
    share, p = _share(x_fake, x_train, x_held), _chance(x_train, x_held)
    return share, (share - p) / max(share * (1 - share) / len(x_fake), 1e-12) ** 0.5


def by_the_variance(x_fake, x_train, x_held):
    share, p = _share(x_fake, x_train, x_held), _chance(x_train, x_held)
    return share, (share - p) / (p * (1 - p) / len(x_fake))


def sd_of_one(x_fake, x_train, x_held):
    share, p = _share(x_fake, x_train, x_held), _chance(x_train, x_held)
    return share, (share - p) / (p * (1 - p)) ** 0.5


def without_sign(x_fake, x_train, x_held):
    share, score = two_distances(x_fake, x_train, x_held)
    return share, abs(score)


def turned_round(x_fake, x_train, x_held):
    share, score = two_distances(x_fake, x_train, x_held)
    return share, -score


def chance_of_held(x_fake, x_train, x_held):
    share = _share(x_fake, x_train, x_held)
    return _scored(share, _chance(x_held, x_train), len(x_fake))


def only_the_difference(x_fake, x_train, x_held):
    share = _share(x_fake, x_train, x_held)
    return share, share - _chance(x_train, x_held)


def divided_by_the_share(x_fake, x_train, x_held):
    share, p = _share(x_fake, x_train, x_held), _chance(x_train, x_held)
    sd = torch.tensor(share * (1 - share) / len(x_fake)).sqrt()
    return share, ((share - p) / sd).item()


def share_alone(x_fake, x_train, x_held):
    return _share(x_fake, x_train, x_held)


def in_percent(x_fake, x_train, x_held):
    share, score = two_distances(x_fake, x_train, x_held)
    return 100 * share, score


def without_brightness(x_fake, x_train, x_held):
    def even(x):
        return (x - x.mean((1, 2, 3), keepdim=True)).flatten(1)

    to_train, to_held = (torch.cdist(even(x_fake), even(x)).amin(1) for x in (x_train, x_held))
    share = (to_train < to_held).float().mean().item()
    p = len(x_train) / (len(x_train) + len(x_held))
    return share, (share - p) / (p * (1 - p) / len(x_fake)) ** 0.5


def by_the_largest_difference(x_fake, x_train, x_held):
    to_train, to_held = (_nearest(x_fake, x, torch.inf) for x in (x_train, x_held))
    share = (to_train < to_held).float().mean().item()
    p = len(x_train) / (len(x_train) + len(x_held))
    return share, (share - p) / (p * (1 - p) / len(x_fake)) ** 0.5


CORRECT = (
    two_distances, one_search_in_both, by_counts, in_numpy, expanded_square, sorted_distances,
    one_by_one, a_z_test,
)  # fmt: skip
SHARE, SCORE, EITHER = "the share", "the score", "copies of either pile"


def of_real_pictures(x_fake, x_train, x_held):
    """The share of training pictures among the real ones that are nearest to a fake, each once."""
    real = torch.cat([x_train, x_held]).flatten(1)
    near = torch.cdist(x_fake.flatten(1), real).argmin(1).unique()
    share, p = (near < len(x_train)).double().mean().item(), len(x_train) / len(real)
    return share, (share - p) / math.sqrt(p * (1 - p) / len(x_fake))


def equal_ones_once(x_fake, x_train, x_held):
    return CORRECT[0](x_fake, x_train.unique(dim=0), x_held)


MISTAKES = {
    equal_ones_once: (EITHER, "Equal training pictures count once"),
    share_of_held: (SHARE, "held out"),
    counted: (SHARE, "This is a count"),
    absolute: (SHARE, "absolute differences"),
    by_cosine: (SHARE, "by the angle between them"),
    mean_distances: (SHARE, "Every fake comes out"),
    furthest: (SHARE, "Every fake comes out"),
    largest_index: (SHARE, "No fake comes out"),
    in_percent: (SHARE, "This is not the share"),
    share_alone: (SHARE, "2 numbers"),
    against_a_half: (SCORE, "compares with 1/2"),
    sd_of_a_fair_coin: (SCORE, "that of a fair coin"),
    sd_of_the_share: (SCORE, "takes the share that was found"),
    by_the_variance: (SCORE, "divides by the variance"),
    sd_of_one: (SCORE, "is that of one fake"),
    turned_round: (SCORE, "the wrong sign"),
    chance_of_held: (SCORE, "the wrong way round"),
    only_the_difference: (SCORE, "only the difference"),
    without_sign: (EITHER, "has no sign"),
    divided_by_the_share: (EITHER, "is NaN or inf"),
    without_brightness: ("the share", "mean is taken off first"),
    by_the_largest_difference: ("the share", "by their largest difference"),
    of_real_pictures: (EITHER, "This is not the share of fakes"),
}
