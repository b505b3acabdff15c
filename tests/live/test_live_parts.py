"""Lesson 07's widget: sizes, who feeds whom, overlaps, and every setting draws."""

from itertools import product

import pytest
import torch
from torch.nn import functional as F

from gancourse import live
from gancourse.errors import InputError
from gancourse.live.drawings import packed
from gancourse.live.parts import DOWN, SIDES, UP

LAYERS = {UP: F.conv_transpose1d, DOWN: F.conv1d}
SETTINGS = list(product((UP, DOWN), range(1, 8), range(1, 4), range(4)))


def shown(layer, k, s, p, **values):
    return live.feed_pixels(layer, k, s, p, **values).drawing()


@pytest.mark.parametrize("layer", [UP, DOWN])
def test_the_side_is_that_of_torchs_layer_and_of_the_formula(layer):
    for _, k, s, p in (row for row in SETTINGS if row[0] == layer):
        numbers = shown(layer, k, s, p).numbers
        row, kernel = torch.zeros(1, 1, SIDES[layer]), torch.zeros(1, 1, k)
        side = LAYERS[layer](row, kernel, stride=s, padding=p).shape[-1]
        formula = numbers["by formula"].replace(" x ", " * ").replace("floor(", "int(")
        assert int(numbers["output side"]) == eval(formula) == side


def test_every_setting_can_be_sent_to_the_page():
    for layer, k, s, p in SETTINGS:
        scene = packed(shown(layer, k, s, p, pixel=13))
        left, right = scene["panels"][0]["xlim"]
        assert left < scene["handles"][0]["at"][0] < right


def test_overlaps_are_even_inside_exactly_where_the_stride_divides_the_kernel():
    for layer, k, s, _ in SETTINGS:
        even = "uneven" not in shown(layer, k, s, 0).numbers["overlaps inside"]
        assert even == (k % s == 0), (layer, k, s)


def test_the_sentence_names_what_the_pixel_feeds():
    assert "Input pixel 3 feeds output pixels 5, 6, 7; inside" in shown(UP, 3, 2, 1).text
    assert "Input pixel 3 feeds output pixels 1, 2; inside" in shown(DOWN, 4, 2, 1).text
    assert "Input pixel 1 feeds no output pixel" in shown(DOWN, 1, 2, 0, pixel=1).text


def test_the_coloured_arrows_start_at_the_chosen_pixel():
    _, mine, *_ = shown(UP, 4, 2, 1, pixel=5).panels[0].marks
    assert set(mine.x.tolist()) == {5.0}
    assert len(mine.x) == 4


def test_bars_are_the_counts():
    (bars,) = shown(UP, 3, 2, 0).panels[1].marks
    assert bars.y[1::4].tolist() == [1, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 1]


@pytest.mark.parametrize("key", ["layer", "k", "s", "p", "pixel"])
def test_each_control_changes_what_is_seen(key):
    chart = live.feed_pixels()
    before = packed(chart.drawing())["panels"]
    other = {"layer": DOWN, "k": 5, "s": 3, "p": 0, "pixel": 5}[key]
    assert packed(chart.set(**{key: other}).drawing())["panels"] != before


def test_an_unknown_layer_is_an_error():
    with pytest.raises(InputError, match="layer"):
        live.feed_pixels("pooling")
