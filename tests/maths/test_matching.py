"""The Wasserstein-1 distance between clouds of points: known values, and what is refused."""

import pytest
import torch

from gancourse.errors import InputError
from gancourse.maths.matching import matched_distance


def test_a_cloud_that_is_moved_as_a_whole_is_as_far_as_it_was_moved():
    x = torch.randn(50, 3)
    step = torch.tensor([2.0, -1.0, 2.0])
    assert matched_distance(x, (x + step)[torch.randperm(50)]) == pytest.approx(3.0, rel=1e-5)


def test_on_a_line_it_is_the_distance_of_sorted_points():
    x, y = torch.randn(40, 1), 0.5 + 3 * torch.randn(40, 1)
    wanted = (x.sort(0).values - y.sort(0).values).abs().mean().item()
    assert matched_distance(x, y) == pytest.approx(wanted, rel=1e-5)


def test_the_cheapest_pairing_counts_and_not_the_nearest_point():
    x = torch.tensor([[0.0, 0.0], [1.0, 0.0]])
    y = torch.tensor([[1.0, 0.0], [3.0, 0.0]])  # both of x are nearest to the first one
    assert matched_distance(x, y) == pytest.approx(1.5)


@pytest.mark.parametrize(
    "shapes", [((3, 2), (4, 2)), ((3, 2), (3, 3)), ((3,), (3,)), ((0, 2),) * 2]
)
def test_clouds_that_cannot_be_paired_are_an_error(shapes):
    with pytest.raises(InputError, match="equally many points"):
        matched_distance(*(torch.zeros(shape) for shape in shapes))


def test_points_that_are_not_finite_are_an_error():
    with pytest.raises(InputError, match="not finite"):
        matched_distance(torch.zeros(2, 2), torch.tensor([[0.0, 0.0], [float("nan"), 0.0]]))
