"""What a student's code gave back is read as a number or a tensor, or is Wrong."""

import math

import pytest
import torch

from gancourse.check import (
    Odd,
    Wrong,
    facts,
)


@pytest.mark.parametrize("value", [math.nan, math.inf, None, True, [1.0], torch.ones(2), Odd("x")])
def test_what_is_no_number_is_wrong(value):
    with pytest.raises(Wrong):
        facts.number(value, "It")


@pytest.mark.parametrize(
    "value", [torch.full((2,), math.nan), torch.ones(2, dtype=torch.int64), torch.ones(3), [1.0]]
)
def test_what_is_no_such_tensor_is_wrong(value):
    with pytest.raises(Wrong):
        facts.tensor(value, [2], "It")


SAME = {"a": torch.ones(2), "b": None, "c": True}


@pytest.mark.parametrize(
    "other",
    [
        {"a": torch.ones(2), "b": None},
        SAME | {"a": torch.tensor([1.0, 1.0 + facts.EPS])},
        SAME | {"a": torch.ones(2).double()},
        SAME | {"a": None},
        SAME | {"b": torch.zeros(1)},
        SAME | {"c": False},
        SAME | {"c": 1},
    ],
)
def test_two_states_are_equal_bit_for_bit(other):
    assert facts.equal(SAME, SAME | {"a": torch.ones(2)})
    assert not facts.equal(SAME, other)


def drawn(change, seed=0):
    return change(torch.rand(200, generator=torch.Generator().manual_seed(seed)))


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("step", [0.0, 1 / 64])
def test_uniform_numbers_are_told_as_such(seed, step):
    found = drawn(lambda t: 4 * t - 1, seed)
    assert facts.uniform(found, -1.0, 3.0, step)


@pytest.mark.parametrize("change", [
    lambda t: t**2, lambda t: 0.1 + 0.8 * t, lambda t: (t + t.flip(0)) / 2, lambda t: t.round(),
    lambda t: 1.1 * t,
], ids=["squared", "within", "two averaged", "the ends alone", "beyond"])  # fmt: skip
def test_other_numbers_are_not_uniform(change):
    assert not facts.uniform(drawn(change), 0.0, 1.0)


def test_many_numbers_are_told_how_to_become_one():
    with pytest.raises(Wrong, match=r"shape \[3\]: sum over the dimensions"):
        facts.number(torch.ones(3), "The distance", "sum over the dimensions")
