"""Copies: the leave-one-out test, and birthdays."""

import math

import pytest
import torch

from gancourse.score import copies


def points(n, dim=6, seed=0, shift=0.0):
    return torch.randn(n, dim, generator=torch.Generator().manual_seed(seed)) + shift


def by_loops(fake, real):
    """Return the two shares in plain loops."""
    pool, shares = fake + real, []
    for first, last in ((0, len(fake)), (len(fake), len(pool))):
        same = 0
        for i in range(first, last):
            others = [j for j in range(len(pool)) if j != i]
            nearest = min(others, key=lambda j: math.dist(pool[i], pool[j]))
            same += first <= nearest < last
        shares.append(same / (last - first))
    return tuple(shares)


def test_the_shares_are_those_of_plain_loops():
    fake, real = points(30, 2, 1, shift=0.7), points(40, 2, 2)
    found = copies.leave_one_out(fake, real)
    assert found == pytest.approx(by_loops(fake.tolist(), real.tolist()))
    assert found[0] != found[1]


def test_one_distribution_gives_a_half_and_two_give_1():
    found = [copies.leave_one_out(points(300, seed=s), points(300, seed=99 - s)) for s in range(8)]
    assert torch.tensor(found).mean(0).tolist() == pytest.approx([0.5, 0.5], abs=0.04)
    assert copies.leave_one_out(points(300), points(300, seed=1, shift=9.0)) == (1, 1)


@pytest.mark.parametrize("noise", [0.0, 1e-3])
def test_copies_give_0(noise):
    real = points(100)
    assert copies.leave_one_out(real + noise * points(100, seed=1), real) == (0, 0)


def test_images_are_taken_as_they_are():
    x = points(20, 9).view(20, 1, 3, 3)
    assert copies.leave_one_out(x, x + 5) == copies.leave_one_out(x.flatten(1), x.flatten(1) + 5)


def test_equal_pairs_are_counted_and_give_the_number_of_images():
    x = torch.tensor([0, 0, 0, 1, 1, 2, 3])[:, None, None].expand(-1, 2, 2)
    assert copies.birthday(x) == (4, 7 * 6 / 2 / 4)
    assert copies.birthday(x[[0, 3, 5]]) == (0, math.inf)


def test_birthdays_find_the_size_of_a_list():
    drawn = torch.randint(0, 500, (1000, 1), generator=torch.Generator().manual_seed(0))
    assert copies.birthday(drawn)[1] == pytest.approx(500, rel=0.15)
