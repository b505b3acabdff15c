"""Panels and their marks: rows of a gallery, and what is no mark or no panel."""

import pytest

from gancourse import plots
from gancourse.errors import InputError
from gancourse.plots import Mark, Panel


def test_a_gallery_has_as_many_rows_as_it_needs():
    panel = Panel((Mark("line", [0, 1], [0, 1], "a"),), "x", "y", (0, 1), (0, 1))
    one, two = plots.gallery([panel] * 2, 2, "two"), plots.gallery([panel] * 3, 2, "three")
    assert one.alt == "two"
    assert two.height > 1.5 * one.height
    with pytest.raises(InputError, match="columns"):
        plots.gallery([panel], 0, "none")


def test_a_picture_of_no_panels_is_an_error():
    with pytest.raises(InputError, match="at least one"):
        plots.panels([], alt="nothing")


def test_an_unknown_mark_is_an_error():
    with pytest.raises(InputError, match="kind of mark"):
        plots.Mark("zigzag", [0], [0])
