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
