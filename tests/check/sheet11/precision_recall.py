"""Precision and recall: correct in several styles, and the classic mistakes."""

import numpy as np
import torch
from sklearn.neighbors import NearestNeighbors


def _reach(x, k):
    return torch.cdist(x, x).sort(1).values[:, k]


def _among(x, others, k):
    return (torch.cdist(x, others) <= _reach(others, k)).any(1).double().mean()


def sorted_distances(fake, real, k):
    return _among(fake, real, k).item(), _among(real, fake, k).item()


def by_kthvalue(fake, real, k):
    def among(x, others):
        D = torch.cdist(others, others).fill_diagonal_(float("inf"))
        reach = D.kthvalue(k, dim=1).values
        return (torch.cdist(others, x) <= reach[:, None]).any(0).float().mean()

    return torch.stack([among(fake, real), among(real, fake)])


def by_topk(fake, real, k):
    def among(x, others):
        reach = torch.cdist(others, others).topk(k + 1, largest=False).values[:, -1]
        return float((torch.cdist(x, others) - reach <= 0).any(dim=1).float().mean())

    return [among(fake, real), among(real, fake)]


def in_numpy(fake, real, k):
    fake, real = fake.numpy().astype(np.float64), real.numpy().astype(np.float64)

    def distances(x, y):
        return np.sqrt(((x[:, None] - y[None]) ** 2).sum(-1))

    def among(x, others):
        reach = np.partition(distances(others, others), k, axis=1)[:, k]
        return (distances(x, others) <= reach).any(1).mean()

    return among(fake, real), among(real, fake)


def by_sklearn(fake, real, k):
    def among(x, others):
        found = NearestNeighbors(n_neighbors=k).fit(others.numpy())
        reach = found.kneighbors()[0][:, -1]
        return (torch.cdist(x, others).numpy() <= reach).any(1).mean()

    return among(fake, real), among(real, fake)


def one_by_one(fake, real, k):
    def reach(x, others):
        return sorted((x - y).norm().item() for y in others if y is not x)[k - 1]

    def among(xs, others):
        others = list(others)
        reaches = [reach(y, others) for y in others]
        inside = [
            any((x - y).norm() <= r for y, r in zip(others, reaches, strict=True)) for x in xs
        ]
        return sum(inside) / len(inside)

    return among(fake, real), among(real, fake)


def squared(fake, real, k):
    def squares(x, y):
        return (x[:, None] - y[None]).square().sum(2)

    def among(x, others):
        reach = squares(others, others).sort(0).values[k]
        return (squares(x, others) <= reach).amax(1).double().mean().item()

    return among(fake, real), among(real, fake)


def largest_margin(fake, real, k):
    inside_real = (_reach(real, k)[None] - torch.cdist(fake, real)).amax(1) >= 0
    inside_fake = (_reach(fake, k)[None] - torch.cdist(real, fake)).amax(1) >= 0
    return inside_real.float().mean().item(), inside_fake.float().mean().item()


def counted_by_hand(fake, real, k):
    D = torch.cdist(fake, real)
    precise = ((_reach(real, k) >= D).sum(1) > 0).sum() / len(fake)
    recalled = ((_reach(fake, k) >= D.T).sum(1) > 0).sum() / len(real)
    return precise, recalled


def exchanged(fake, real, k):
    return sorted_distances(real, fake, k)


def oneself_counted(fake, real, k):
    return sorted_distances(fake, real, k - 1)


def one_too_far(fake, real, k):
    return sorted_distances(fake, real, k + 1)


def _both(inside):
    def answer(fake, real, k):
        return inside(fake, real, k).mean().item(), inside(real, fake, k).mean().item()

    return answer


def own_radius(fake, real, k):
    return _both(
        lambda x, y, k: (torch.cdist(x, y) <= _reach(x, k)[:, None]).any(1).float()
    )(fake, real, k)  # fmt: skip


def coverage(fake, real, k):
    held = (torch.cdist(real, fake) <= _reach(real, k)[:, None]).any(1)
    return _among(fake, real, k).item(), held.float().mean().item()


def radius_between(fake, real, k):
    def inside(x, others, k):
        D = torch.cdist(x, others)
        return (D.sort(0).values[k - 1] >= D).any(1).float()

    return _both(inside)(fake, real, k)


def nearest_alone(fake, real, k):
    def inside(x, others, k):
        distance, nearest = torch.cdist(x, others).min(1)
        return (distance <= _reach(others, k)[nearest]).float()

    return _both(inside)(fake, real, k)


def one_radius(fake, real, k):
    return _both(
        lambda x, y, k: (torch.cdist(x, y) <= _reach(y, k).mean()).any(1).float()
    )(fake, real, k)  # fmt: skip


def mean_of_neighbours(fake, real, k):
    def inside(x, others, k):
        reach = torch.cdist(others, others).sort(1).values[:, 1 : k + 1].mean(1)
        return (torch.cdist(x, others) <= reach).any(1).float()

    return _both(inside)(fake, real, k)


def density(fake, real, k):
    return _both(
        lambda x, y, k: (torch.cdist(x, y) <= _reach(y, k)).float().sum(1) / k
    )(fake, real, k)  # fmt: skip


def in_all(fake, real, k):
    return _both(
        lambda x, y, k: (torch.cdist(x, y) <= _reach(y, k)).all(1).float()
    )(fake, real, k)  # fmt: skip


def absolute(fake, real, k):
    def inside(x, others, k):
        reach = torch.cdist(others, others, p=1).sort(1).values[:, k]
        return (torch.cdist(x, others, p=1) <= reach).any(1).float()

    return _both(inside)(fake, real, k)


def squared_radius(fake, real, k):
    return _both(
        lambda x, y, k: (torch.cdist(x, y) <= _reach(y, k).square()).any(1).float()
    )(fake, real, k)  # fmt: skip


def outside(fake, real, k):
    precision, recall = sorted_distances(fake, real, k)
    return 1 - precision, 1 - recall


def counted(fake, real, k):
    precision, recall = sorted_distances(fake, real, k)
    return precision * len(fake), recall * len(real)


def divided_by_the_others(fake, real, k):
    precision, recall = counted(fake, real, k)
    return precision / len(real), recall / len(fake)


def among_its_own(fake, real, k):
    return _among(fake, fake, k).item(), _among(real, real, k).item()


def precision_alone(fake, real, k):
    return _among(fake, real, k)


CORRECT = (
    sorted_distances, by_kthvalue, by_topk, in_numpy, by_sklearn, one_by_one, squared,
    largest_margin, counted_by_hand,
)  # fmt: skip
HUDDLE, STRAY, ANY_K = "fakes that huddle", "fakes that stray", "any k, and clouds far apart"


def copies_passed_over(fake, real, k):
    """Whatever lies at distance 0 is taken for the sample itself."""

    def share(x, others):
        apart = (others.double()[:, None] - others.double()).norm(dim=2)
        reach = apart.masked_fill(apart == 0, torch.inf).kthvalue(k).values
        return ((x.double()[:, None] - others.double()).norm(dim=2) <= reach).any(1).double().mean()

    return share(fake, real).item(), share(real, fake).item()


def strictly_within(fake, real, k):
    def among(x, others):
        return (torch.cdist(x, others) < _reach(others, k)).any(1).double().mean()

    return among(fake, real), among(real, fake)


def _within(x, others, reach):
    return (torch.cdist(x, others) <= reach).any(1).double().mean()


def fakes_cut(fake, real, k):
    few = fake[: len(real)]
    return _within(fake, real, _reach(real, k)), _within(real, few, _reach(few, k))


def five_at_most(fake, real, k):
    k = min(k, 5)
    return _within(fake, real, _reach(real, k)), _within(real, fake, _reach(fake, k))


def reach_by_absolute_differences(fake, real, k):
    reach_f, reach_r = (torch.cdist(x, x, p=1).sort(1).values[:, k] for x in (fake, real))
    return _within(fake, real, reach_r), _within(real, fake, reach_f)


MISTAKES = {
    fakes_cut: (STRAY, "beyond the number of the other kind"),
    five_at_most: (ANY_K, "These are not the share"),
    reach_by_absolute_differences: (HUDDLE, "How far a sample reaches is a sum"),
    exchanged: (HUDDLE, "have changed places"),
    oneself_counted: (HUDDLE, "its own nearest neighbour"),
    one_too_far: (HUDDLE, "reaches to neighbour k + 1"),
    own_radius: (HUDDLE, "that of the sample which is tested"),
    coverage: (HUDDLE, "that is coverage"),
    radius_between: (STRAY, "looked for in the other set"),
    nearest_alone: (STRAY, "Only the nearest sample"),
    one_radius: (STRAY, "One radius, the mean"),
    mean_of_neighbours: (HUDDLE, "the mean over k neighbours"),
    density: (STRAY, "that is density"),
    in_all: (STRAY, "within every neighbourhood"),
    absolute: (STRAY, "sums of absolute differences"),
    squared_radius: (HUDDLE, "a squared radius"),
    outside: (HUDDLE, "that lie outside"),
    counted: (HUDDLE, "These are counts"),
    divided_by_the_others: (HUDDLE, "number of the other kind"),
    among_its_own: (HUDDLE, "Every sample lies within"),
    precision_alone: (HUDDLE, "2 numbers"),
    strictly_within: (ANY_K, "just as far as another one reaches"),
    copies_passed_over: (ANY_K, "A copy of a sample is passed over"),
}
