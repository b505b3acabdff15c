"""Images as uint8: every grey level, rounding, and the one sentence for what is no image."""

import numpy as np
import pytest
import torch

from gancourse.errors import InputError
from gancourse.pixels import to_pixels

GREYS = torch.arange(256).repeat(4)[:784].reshape(1, 1, 28, 28).to(torch.uint8)


def test_every_value_comes_back():
    assert torch.equal(to_pixels(GREYS.float() / 127.5 - 1), GREYS)


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16, torch.float16])
def test_other_floats_are_rounded_to_the_nearest(dtype):
    pixels = to_pixels((GREYS.double() / 127.5 - 1).to(dtype))
    assert (pixels.int() - GREYS.int()).abs().max() <= (1 if dtype == torch.bfloat16 else 0)


def test_pixels_stay_pixels():
    assert torch.equal(to_pixels(GREYS), GREYS)


def test_rounding_is_forgiven():
    x = torch.full((1, 1, 28, 28), 1.00005)
    assert (to_pixels(x) == 255).all()
    assert (to_pixels(-x) == 0).all()


@pytest.mark.parametrize("bad", [1.0011, -1.0011])
def test_values_out_of_range_are_refused(bad):
    x = torch.zeros(2, 1, 28, 28)
    x[1, 0, 3, 3] = bad
    with pytest.raises(InputError, match=r"go from .* end G with a tanh"):
        to_pixels(x)


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -float("inf")])
def test_values_that_are_not_finite_are_refused(bad):
    x = torch.zeros(2, 1, 28, 28)
    x[1, 0, 3, 3] = bad
    with pytest.raises(InputError, match=r"not finite .* the generator diverged"):
        to_pixels(x)


@pytest.mark.parametrize("shape", [(), (28, 28), (1, 28, 28), (4, 2, 28, 28), (4, 784)])
def test_other_shapes_are_refused(shape):
    with pytest.raises(InputError, match=r"shape \[.*\] was given: reshape them"):
        to_pixels(torch.zeros(shape))


@pytest.mark.parametrize("shape", [(3, 28, 28), (1, 8, 8)])
def test_a_wanted_shape_is_named(shape):
    with pytest.raises(InputError, match=r"of shape \[N, 1, 28, 28\], and the shape"):
        to_pixels(torch.zeros(4, *shape), shape=(1, 28, 28))


@pytest.mark.parametrize("shape", [(0, 1, 28, 28), (1, 1, 0, 28)])
def test_no_images_are_refused(shape):
    with pytest.raises(InputError, match="give more"):
        to_pixels(torch.zeros(shape))


def test_fewer_than_are_needed_are_refused():
    with pytest.raises(InputError, match=r"at least 9, and the shape \[1, 1, 28, 28\]"):
        to_pixels(GREYS, least=9)


@pytest.mark.parametrize(
    ("x", "kind"),
    [(GREYS.long(), "int64"), (GREYS > 9, "bool"), (np.zeros(3), "ndarray"), (None, "None")],
)
def test_other_types_are_refused(x, kind):
    with pytest.raises(InputError, match=f"{kind}.* was given"):
        to_pixels(x)
