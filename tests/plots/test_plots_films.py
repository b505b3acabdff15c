"""Films of runs below each other, and the words that go with them."""

import numpy as np
import pytest

from gancourse import plots
from gancourse.errors import InputError
from gancourse.plots import Strip


def strip(field=True) -> Strip:
    x = np.zeros((5, 2)) if field else np.zeros((5, 14, 14))
    shot = ("turn 7", x, np.full((4, 4), 0.5) if field else None)
    return Strip([shot, shot], np.array([0, 7]), np.array([[0.5, 0.5], [0.75, 0.25]]), "fine")


def test_each_film_is_a_row_and_is_told_in_words():
    one = plots.films({"A": strip()}, np.ones((3, 2)), 2.0)
    two = plots.films({"A": strip(), "B": strip()}, np.ones((3, 2)), 2.0)
    assert two.height == 2 * one.height
    assert "A, at turn 7, turn 7: at the end D(x) is 0.75 and D(G(z)) 0.25; fine." in one.alt
    assert "B, at turn 7" in two.alt


def test_pictures_need_no_plane():
    assert plots.films({"A": strip(field=False)}).width > 300


def test_no_film_is_told():
    with pytest.raises(InputError, match="at least one"):
        plots.films({})


def test_few_colours_are_fewer_bytes_of_the_same_size():
    picture = plots.films({"A": strip()}, np.ones((3, 2)), 2.0)
    small = plots.few_colours(picture)
    assert len(small.png) < 0.7 * len(picture.png)
    assert (small.width, small.height, small.alt) == (picture.width, picture.height, picture.alt)
