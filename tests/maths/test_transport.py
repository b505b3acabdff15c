"""Optimal transport of points: both linear programmes, plan and critic, and what is refused."""

import numpy as np
import pytest
import torch
from scipy.optimize import linear_sum_assignment
from scipy.stats import wasserstein_distance

from gancourse.errors import InputError
from gancourse.maths import transport

G = torch.Generator().manual_seed(0)
REAL, FAKE = torch.randn(9, 2, generator=G), torch.randn(6, 2, generator=G) + 1


def test_the_cheapest_plan_and_the_best_critic_have_the_same_value():
    plan, cost = transport.cheapest_plan(REAL, FAKE)
    real, fake, value = transport.best_scores(REAL, FAKE)
    assert cost == pytest.approx(value, abs=1e-9)
    assert (real.mean() - fake.mean()).item() == pytest.approx(value)
    assert (plan * torch.cdist(FAKE.double(), REAL.double())).sum().item() == pytest.approx(cost)


def test_a_plan_moves_all_of_both_masses():
    plan, _ = transport.cheapest_plan(REAL, FAKE)
    assert plan.shape == (6, 9)
    assert (plan >= -1e-12).all()
    torch.testing.assert_close(plan.sum(1), torch.full((6,), 1 / 6, dtype=torch.float64))
    torch.testing.assert_close(plan.sum(0), torch.full((9,), 1 / 9, dtype=torch.float64))


def test_on_a_line_it_is_w1():
    found = transport.cheapest_plan(REAL[:, :1], FAKE[:, :1])[1]
    wanted = wasserstein_distance(REAL[:, 0].numpy(), FAKE[:, 0].numpy())
    assert found == pytest.approx(wanted)


def test_of_equally_many_points_it_is_the_best_matching():
    cost = torch.cdist(REAL[:6].double(), FAKE.double()).numpy()
    wanted = cost[linear_sum_assignment(cost)].mean()
    assert transport.cheapest_plan(REAL[:6], FAKE)[1] == pytest.approx(wanted)


def test_a_cloud_moved_as_a_whole_costs_the_way():
    assert transport.cheapest_plan(REAL, REAL + torch.tensor([3.0, 4.0]))[1] == pytest.approx(5.0)
    assert transport.best_scores(REAL, REAL)[2] == pytest.approx(0.0, abs=1e-9)


def test_the_critic_is_1_lipschitz_and_as_steep_as_that_along_each_way():
    real, fake, _ = transport.best_scores(REAL, FAKE)
    x, scores = torch.cat([REAL, FAKE]).double(), torch.cat([real, fake])
    assert real[0] == 0
    assert ((scores[:, None] - scores).abs() <= torch.cdist(x, x) + 1e-9).all()
    plan, _ = transport.cheapest_plan(REAL, FAKE)
    for i, j in np.argwhere(plan.numpy() > 1e-9):
        way = torch.dist(FAKE[i].double(), REAL[j].double())
        assert (real[j] - fake[i]).item() == pytest.approx(way.item(), abs=1e-6)


def test_the_extension_keeps_the_scores_and_the_slope():
    real, fake, _ = transport.best_scores(REAL, FAKE)
    x, scores = torch.cat([REAL, FAKE]), torch.cat([real, fake])
    torch.testing.assert_close(transport.extended(x, scores, x), scores, atol=1e-9, rtol=0)
    a, b = torch.randn(2, 50, 2, generator=torch.Generator().manual_seed(1)).double()
    values = transport.extended(x, scores, torch.stack([a, b]))  # [2, 50]
    assert ((values[0] - values[1]).abs() <= (a - b).norm(dim=1) + 1e-9).all()
    far = transport.extended(torch.zeros(1, 2), torch.zeros(1), torch.tensor([[3.0, 4.0]]))
    assert far.tolist() == [5.0]  # the largest such function


@pytest.mark.parametrize("call", [transport.cheapest_plan, transport.best_scores])
@pytest.mark.parametrize("fake", [torch.zeros(3, 3), torch.zeros(3), torch.zeros(0, 2)])
def test_clouds_of_other_shapes_are_named(call, fake):
    with pytest.raises(InputError, match=r"\[N, d\] and \[M, d\]"):
        call(REAL, fake)


def test_points_that_are_not_finite_are_named():
    with pytest.raises(InputError, match="not finite"):
        transport.cheapest_plan(REAL, FAKE / 0)
