"""A claim says what was claimed and what came out."""

import math

import pytest
import torch

from gancourse import claim
from gancourse.claims import ClaimFailed
from gancourse.errors import InputError

ROW = torch.tensor([1.0, 2.0])


@pytest.mark.parametrize(
    ("arguments", "bounds"),
    [
        ((True,), {}),
        ((0.1 + 0.2, 0.3), {}),
        ((ROW, torch.tensor([1.0, 2.0])), {}),
        ((ROW * 0 + 1, 1), {}),
        ((1.004, 1.0), {"within": 0.005}),
        (("digits", "digits"), {}),
        ((0.5,), {"above": 0.4, "below": 0.6}),
        ((ROW,), {"above": 0}),
        ((torch.zeros(0, 2), torch.zeros(0, 2)), {}),
    ],
)
def test_what_fits_passes(arguments, bounds):
    claim("it fits", *arguments, **bounds)


@pytest.mark.parametrize(
    ("arguments", "bounds", "said"),
    [
        ((False,), {}, "Claimed: it fits. Came out: False, and not true."),
        ((1.0, 1.1), {}, "Came out: 1, and not 1.1."),
        ((1.006, 1.0), {"within": 0.005}, "Came out: 1.006, and not 1."),
        ((ROW, torch.tensor([1.0, 2.5])), {}, "Came out: [1, 2], and not [1, 2.5]."),
        ((torch.ones(9), 2.0), {}, "numbers from 1 to 1, and not 2."),
        ((ROW, torch.ones(2, 2)), {}, "and not"),
        ((math.nan, math.nan), {}, "Came out: nan"),
        ((math.nan,), {"above": 0.0}, "Came out: nan, and not above 0."),
        ((0.4,), {"above": 0.4}, "and not above 0.4."),
        ((ROW,), {"above": 0, "below": 2}, "and not above 0 and below 2."),
        (("a", "b"), {}, "Came out: a, and not b."),
    ],
)
def test_what_does_not_fit_says_both(arguments, bounds, said):
    with pytest.raises(ClaimFailed) as failed:
        claim("it fits", *arguments, **bounds)
    assert said in str(failed.value)


def test_a_value_and_bounds_are_one_too_many():
    with pytest.raises(InputError, match="leave one out"):
        claim("?", 1, 1, above=0)
