"""The explorer opens on a plane with many kinds of images, and on one that the ruler is sure of."""

import pytest

from gancourse import live, nets, score
from gancourse.live.explorer.facade import HINT, OPENINGS


@pytest.mark.parametrize("data", ["mnist", "fashion"])
def test_a_shipped_generator_opens_on_many_kinds(data):
    explorer = live.LatentExplorer(nets.load_shipped(data), data)
    assert explorer.steering.seed == OPENINGS[data, 16]
    pictures = explorer.pictures
    shown = pictures.images(explorer.steering.plane.grid(7, 18 / 7))
    sure, kind = score.classify(score.load_ruler(data), shown).softmax(1).max(1)
    assert (kind[sure > 0.9].bincount() >= 2).sum() >= 6
    assert sure[24] > 0.95


def test_a_seed_that_is_given_is_taken():
    G = nets.load_shipped("mnist")
    assert live.LatentExplorer(G, seed=0).steering.seed == 0


def test_it_says_first_what_to_do_and_then_where_z_is():
    explorer = live.LatentExplorer(nets.load_shipped("mnist"))
    assert explorer.frame()["text"] == HINT
    explorer.answer({"values": {"at": [0.5, 0.0]}, "serial": 1})
    assert explorer.frame()["text"].startswith("+0.50 along random 1")
