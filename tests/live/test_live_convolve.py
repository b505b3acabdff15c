"""The kernel on a picture: the number in the sentence is the convolution's, wherever it lies."""

import pytest
import torch

from gancourse import live
from gancourse.errors import InputError
from gancourse.live.convolve import KERNELS, SIDE, convolved, digit


def by_hand(x, w, i, j, s, p):
    """Return one output without torch's convolution: the sum over the nine products."""
    total = 0.0
    for a in range(3):
        for b in range(3):
            row, column = i * s + a - p, j * s + b - p
            inside = 0 <= row < len(x) and 0 <= column < len(x)
            total += w[a][b] * (x[row, column].item() if inside else 0.0)
    return total


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize(("s", "p"), [(1, 0), (2, 1), (3, 2)])
def test_the_number_here_is_the_sum_of_nine_products(kernel, s, p):
    chart, x = live.slide_kernel(kernel, s, p), digit()
    side = (SIDE + 2 * p - 3) // s + 1
    for column, up in ((0, 0), (2, 1), (side - 1, side - 1)):
        drawing = chart.set(column=column, up=up).drawing()
        wanted = by_hand(x, KERNELS[kernel], side - 1 - up, column, s, p)
        assert drawing.numbers["here"] == f"{wanted:g}"
        assert drawing.text.endswith(f"= {wanted:g}")
        assert drawing.numbers["to"] == f"{side} x {side}"


def test_the_frame_surrounds_the_pixels_that_are_multiplied():
    drawing = live.slide_kernel("one pixel", s=2, p=1, column=2, up=0).drawing()
    frame = drawing.panels[0].marks[-1]
    # Output row 6 reads rows 12 to 14 of the padded 16, which are the rows 1 to 3 from below.
    assert (min(frame.x), max(frame.x)) == (3.5, 6.5)
    assert (min(frame.y), max(frame.y)) == (0.5, 3.5)


def test_a_place_outside_of_a_small_output_is_its_last():
    drawing = live.slide_kernel(s=3, column=15, up=15).drawing()
    assert drawing.grips[0].at == (3, 3)


def test_the_middle_pixel_alone_copies_the_picture():
    assert torch.equal(convolved(digit(), "one pixel", 1, 1), digit())


def test_the_widget_keeps_its_promises_on_grips_and_the_still():
    chart = live.slide_kernel()
    assert chart.drawing().grips[0].anywhere
    assert chart.picture().width > 400


def test_an_unknown_kernel_is_refused():
    with pytest.raises(InputError, match="kernel"):
        live.slide_kernel("sharpen")
