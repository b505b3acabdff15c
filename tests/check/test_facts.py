"""What a student's code gave back is read as a number or a tensor, or is Wrong."""

import math

import pytest
import torch

from gancourse.check import (
    Odd,
    Wrong,
    cases,
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


@pytest.mark.parametrize("error", [0.0, 1e-16, -1e-16])
def test_of_mistakes_that_rounding_alone_parts_the_first_is_named(error):
    mistakes = {"further": 1.4, "first": 1.2, "second": 1.2 + error}
    with pytest.raises(Wrong, match="first"):
        facts.diagnose(1.2 + error, 2.0, 0.5, mistakes, "unknown")


def case_of(pairs):
    """Return what `telling` finds among cases in which two mistakes lead to these pairs."""
    drawn = iter(pairs)
    return cases.telling(
        lambda: next(drawn), lambda pair: 1.0, lambda pair: {"a": pair[0], "b": pair[1]}
    )


def test_the_first_case_that_tells_mistakes_from_the_answer_and_each_other_is_taken():
    assert case_of([(1.0, 2.0), (2.0, 2.0), (2.0, 3.0), (4.0, 5.0)]) == (2.0, 3.0)


def test_where_no_case_tells_them_apart_the_one_that_tells_most_is_taken():
    alike = [(1.0, 1.0)] * 5 + [(2.0, 2.0)] + [(1.0, 2.0)] * 6
    assert case_of(alike) == (2.0, 2.0)
