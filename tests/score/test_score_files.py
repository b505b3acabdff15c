"""Pictures through files: the better the quality, the nearer they come back."""

import pytest
import torch

from gancourse.data import load_images
from gancourse.errors import InputError
from gancourse.score import files


@pytest.fixture
def x():
    return load_images("digits").images[:20]


def off(x, y) -> float:
    assert (y.shape, y.dtype) == (x.shape, x.dtype)
    return (x.float() - y.float()).abs().mean().item()


def test_jpeg_loses_more_at_a_lower_quality(x):
    assert 0 < off(x, files.jpeg(x, 95)) < off(x, files.jpeg(x, 50)) < 20


def test_a_larger_size_by_the_nearest_pixel_loses_nothing(x):
    assert off(x, files.resized(x, 56, "nearest")) == 0


def test_a_sharper_filter_loses_less_and_a_smaller_size_more(x):
    lanczos, bilinear = (off(x, files.resized(x, 32, by)) for by in ("lanczos", "bilinear"))
    assert 0 < lanczos < bilinear < off(x, files.resized(x, 14, "bilinear"))


def test_pictures_keep_their_place(x):
    one = files.resized(x[3:4], 32, "bilinear")
    assert torch.equal(files.resized(x, 32, "bilinear")[3:4], one)


def test_an_unknown_filter_is_named(x):
    with pytest.raises(InputError, match="did you mean 'bilinear'"):
        files.resized(x, 32, "bilinar")
