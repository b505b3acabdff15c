"""Tables of numbers: what is written, what their alternative text says, what is refused."""

import pytest
import torch

from gancourse import plots
from gancourse.errors import InputError
from gancourse.plots import tables


def test_small_tables_are_told_number_by_number():
    picture = plots.number_grids({"C": torch.tensor([[1.0, 0.0], [2.5, 10.0]])})
    assert picture.alt == "C: 2 by 2 numbers, by rows 1; 0 / 2.5; 10."


def test_large_tables_are_told_by_their_range():
    picture = plots.number_grids({"field": torch.arange(400.0).view(20, 20)})
    assert picture.alt == "field: 20 by 20 numbers from 0 to 399."


def test_tables_stand_side_by_side_in_their_own_width():
    one = plots.number_grids({"a": torch.ones(4, 8)})
    two = plots.number_grids({"a": torch.ones(4, 8), "b": torch.ones(4, 16)})
    assert two.width > 2.5 * one.width
    assert two.height == one.height


def test_the_larger_number_is_darker(monkeypatch):
    shown = []
    monkeypatch.setattr(tables, "_draw_grid", lambda axis, grid, top: shown.append(top))
    plots.number_grids({"a": torch.ones(2, 2), "b": torch.full((2, 2), 9.0)})
    assert shown == [9.0, 9.0]  # one scale for all tables


def test_rows_and_columns_are_named_and_numbered(monkeypatch):
    drawn = []
    monkeypatch.setattr(tables, "as_picture", lambda figure, alt: drawn.append(figure))
    plots.number_grids({"a": torch.ones(2, 3)}, axes=("asked", "seen"))
    (axis,) = drawn[0].axes
    assert (axis.get_ylabel(), axis.get_xlabel()) == ("asked", "seen")
    assert (axis.get_yticks().tolist(), axis.get_xticks().tolist()) == ([0, 1], [0, 1, 2])


@pytest.mark.parametrize("bad", [torch.ones(3), -torch.ones(2, 2), torch.full((2, 2), torch.nan)])
def test_what_is_no_table_is_an_error(bad):
    with pytest.raises(InputError, match="counts must be a table"):
        plots.number_grids({"counts": bad})


def test_a_calibration_says_each_bin_in_words():
    bins = [{"weight": 0.95, "n": 20, "share": 0.9, "low": 0.7, "high": 0.97}]
    picture = plots.calibration(bins)
    assert "0.95: 0.90 of 20" in picture.alt
