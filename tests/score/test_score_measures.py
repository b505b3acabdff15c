"""Each measure against its definition: closed forms, and loops over a few points."""

import math

import numpy as np
import pytest
import torch
from scipy.linalg import sqrtm
from torchmetrics.image import kid

from gancourse.score import measures


def points(n=300, dim=8, seed=0, shift=0.0, scale=1.0):
    rng = torch.Generator().manual_seed(seed)
    return scale * torch.randn(n, dim, generator=rng) + shift


def test_fid_of_moved_points_is_the_squared_distance():
    x = points()
    assert measures.fid(x + torch.tensor([3.0, 4.0, *[0.0] * 6]), x) == pytest.approx(25, rel=1e-6)


def test_fid_of_stretched_points_is_the_squared_difference_of_the_deviations():
    x = points() - points().mean(0)
    trace = x.double().var(0).sum().item()
    assert measures.fid(3 * x, x) == pytest.approx(4 * trace, rel=1e-6)


def test_fid_is_scipys():
    x, y = points(seed=1).double(), points(seed=2, shift=0.5, scale=2).double()
    S, T = np.cov(x.numpy().T), np.cov(y.numpy().T)
    want = (x.mean(0) - y.mean(0)).square().sum().item() + np.trace(S + T - 2 * sqrtm(S @ T).real)
    assert measures.fid(x, y) == pytest.approx(want, rel=1e-9)


def test_fid_of_the_same_points_is_0_and_of_one_point_repeated_is_finite():
    x = points()
    assert measures.fid(x, x) == pytest.approx(0, abs=1e-5)
    trace = x.double().var(0).sum().item()
    assert measures.fid(x.mean(0).expand_as(x), x) == pytest.approx(trace, rel=1e-5)


def test_kid_is_the_unbiased_mean_over_pairs():
    x, y = points(40, seed=1).double(), points(40, seed=2, shift=0.5).double()
    kernel = lambda a, b: (a @ b.T / y.square().sum(1).mean() + 1) ** 3  # noqa: E731
    apart = ~torch.eye(40, dtype=torch.bool)
    within = kernel(x, x)[apart].mean() + kernel(y, y)[apart].mean()
    want = (within - 2 * kernel(x, y).mean()).item()
    assert measures.kid(x, y) == pytest.approx(want, rel=1e-6)


def test_kid_does_not_mind_the_scale_and_leaves_the_global_random_state():
    x, y = points(seed=1, shift=1), points(seed=2)
    torch.manual_seed(5)
    before = torch.get_rng_state()
    assert measures.kid(7 * x, 7 * y) == pytest.approx(measures.kid(x, y), rel=1e-5)
    assert torch.equal(before, torch.get_rng_state())


def test_kid_of_two_samples_of_one_distribution_is_0_within_its_noise():
    kids = [measures.kid(points(seed=s), points(seed=100 + s)) for s in range(20)]
    error = np.std(kids) / math.sqrt(20)
    assert abs(np.mean(kids)) < 3 * error
    assert measures.kid(points(shift=1), points(seed=1)) > 20 * np.std(kids)


@pytest.mark.parametrize(("n_fake", "n_real", "size"), [(1200, 1100, 1000), (40, 60, 40)])
def test_kid_is_the_mean_over_50_subsets_of_at_most_1000(n_fake, n_real, size, monkeypatch):
    class Spy(kid.KernelInceptionDistance):
        def __init__(self, *given, subsets, subset_size, **named):
            asked.append((subsets, subset_size))
            super().__init__(*given, subsets=1, subset_size=subset_size, **named)

    asked = []
    monkeypatch.setattr(kid, "KernelInceptionDistance", Spy)
    measures.kid(points(n_fake), points(n_real))
    assert asked == [(50, size)]


def by_loops(fake, real, k):
    """Return, in plain loops, which fakes lie in which real neighbourhoods, [real][fake]."""

    def reach(i):
        return sorted(math.dist(real[i], other) for other in real)[k]  # the 0-th is itself

    return [[math.dist(r, f) <= reach(i) for f in fake] for i, r in enumerate(real)]


def test_precision_and_recall_are_those_of_plain_loops():
    fake, real = points(30, 2, 1, shift=1).tolist(), points(40, 2, 2).tolist()
    precision = sum(map(any, zip(*by_loops(fake, real, 3), strict=True))) / 30
    recall = sum(map(any, zip(*by_loops(real, fake, 3), strict=True))) / 40
    found = measures.precision_recall(torch.tensor(fake), torch.tensor(real))
    assert found == (pytest.approx(precision), pytest.approx(recall))
    assert 0.2 < recall < precision < 1 or 0.2 < precision < recall < 1


def test_density_and_coverage_are_those_of_plain_loops():
    fake, real = points(30, 2, 1, shift=1).tolist(), points(40, 2, 2).tolist()
    within = by_loops(fake, real, 5)
    density = sum(map(sum, within)) / (5 * 30)
    coverage = sum(map(any, within)) / 40
    found = measures.density_coverage(torch.tensor(fake), torch.tensor(real))
    assert found == (pytest.approx(density), pytest.approx(coverage))


def test_a_point_as_far_away_as_the_kth_neighbour_still_lies_in_the_neighbourhood():
    real = torch.arange(5.0)[:, None]  # each has its nearest at distance 1
    precision, _ = measures.precision_recall(torch.tensor([[5.0], [5.5]]), real, k=1)
    assert precision == 0.5


def test_more_centres_than_one_part_holds_change_nothing():
    fake, real = points(700, 4, 1, shift=0.5), points(2300, 4, 2)
    apart = torch.cdist(real.double(), fake.double())
    reach = torch.cdist(real.double(), real.double()).kthvalue(4, dim=1).values
    want = (apart <= reach[:, None]).any(0).double().mean().item()
    assert measures.precision_recall(fake, real)[0] == pytest.approx(want, abs=0.002)


def test_a_collapsed_sample_has_precision_but_no_recall():
    real = points(200, 4)
    precision, recall = measures.precision_recall(real[:1].repeat(200, 1), real)
    density, coverage = measures.density_coverage(real[:1].repeat(200, 1), real)
    assert (precision, recall) == (1, pytest.approx(1 / 200))
    assert density >= 1 / 5
    assert coverage < 0.2


def test_class_shares_and_their_kl():
    logits = 5 * torch.eye(10)[torch.tensor([0, 0, 0, 1])]
    found = measures.scores(points(4, 3), points(30, 3), logits)
    assert found.shares == (0.75, 0.25, *[0.0] * 8)
    want = 0.75 * math.log(7.5) + 0.25 * math.log(2.5)
    assert found.class_kl == pytest.approx(want)


def test_the_scores_are_those_of_each_measure():
    fake, real, logits = points(60, 3, 1, shift=0.5), points(80, 3), points(60, 10, 2)
    found = measures.scores(fake, real, logits, seed=4)
    assert (found.fid, found.kid) == (measures.fid(fake, real), measures.kid(fake, real, 4))
    assert (found.precision, found.recall) == measures.precision_recall(fake, real)
    assert (found.density, found.coverage) == measures.density_coverage(fake, real)


def test_the_class_score_is_1_without_certainty_or_variety_and_at_most_the_number_of_classes():
    sure = 50 * torch.eye(10)
    assert measures.class_score(sure.repeat(7, 1)) == pytest.approx(10)
    assert measures.class_score(sure[:1].repeat(70, 1)) == pytest.approx(1)
    assert measures.class_score(torch.zeros(20, 10)) == pytest.approx(1)
    assert measures.class_score(sure[:4]) == pytest.approx(4)


def test_the_class_score_is_that_of_the_definition():
    logits = points(40, 5, 3, scale=2.0)
    p = logits.double().softmax(1)
    kl = (p * (p / p.mean(0)).log()).sum(1)
    assert measures.class_score(logits) == pytest.approx(kl.mean().exp().item())


@pytest.mark.parametrize("dim", [1, 5])
def test_equal_distributions_have_the_expected_coverage_and_density_1(dim):
    pairs = [(points(80, dim, 2 * s), points(120, dim, 2 * s + 1)) for s in range(30)]
    found = np.array([measures.density_coverage(fake, real, k=3) for fake, real in pairs])
    error = found.std(0) / math.sqrt(30)
    want = (1.0, measures.expected_coverage(120, 80, k=3))
    assert (np.abs(found.mean(0) - want) < 4 * error).all()


def test_the_expected_coverage_is_naeems():
    by_hand = 1 - (119 / 199) * (118 / 198) * (117 / 197)
    assert measures.expected_coverage(120, 80, k=3) == pytest.approx(by_hand)
    assert measures.expected_coverage(10**7, 10**7) == pytest.approx(0.96875, abs=1e-6)


def test_reach_is_the_distance_to_the_kth_other():
    x = torch.tensor([[0.0], [1.0], [3.0], [7.0]])
    assert measures.reach(x, 1).tolist() == [1, 1, 2, 4]
    assert measures.reach(x, 2).tolist() == [3, 2, 3, 6]


def test_density_and_coverage_are_plain_numbers():
    found = measures.density_coverage(torch.randn(9, 2), torch.randn(9, 2), k=3)
    assert [type(n) for n in found] == [float, float]


def test_near_points_far_from_zero_are_told_apart():
    x = torch.tensor([[1000.0, 0.0], [1000.0, 0.001], [1000.0, 0.003]])
    assert measures.reach(x, 1).tolist() == pytest.approx([0.001, 0.001, 0.002], rel=1e-3)
