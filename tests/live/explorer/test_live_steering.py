"""Where a learner is: the pad, directions, pins, films, arithmetic, and what is refused."""

import pytest
import torch
from explorers import a_generator, an_explorer, near, no_page, three_pins, tiny  # noqa: F401

from gancourse import live
from gancourse.errors import InputError
from gancourse.live.explorer import steering
from gancourse.maths import latent


def test_z_is_the_origin_and_a_step_along_each_direction(explorer):
    explorer.set(u=1.0, v=-0.5, along_1="principal 2", by_1=0.25)
    plane = latent.random_plane(6, 0)
    principal = latent.pca_directions(explorer.G, 2)[1]
    assert near(explorer.z, plane.at(1.0, -0.5) + 0.25 * principal)


def test_neighbours_lie_along_the_last_move(explorer):
    explorer.set(v=0.3)
    steps = explorer.steering.neighbours() - explorer.z
    assert near(steps, steering.NEIGHBOURS[:, None] * latent.random_plane(6, 0).up)
    explorer.set(at=(1.0, 0.35))
    assert explorer.steering.last == "u"
    explorer.set(by_2=0.5)
    assert explorer.frame()["along"] == explorer.values()["along_2"]


def test_the_pad_takes_both_steps_at_once(explorer):
    explorer.answer({"serial": 7, "values": {"at": [1.02, -9]}})
    assert (explorer.values()["u"], explorer.values()["v"]) == (1.0, -3.0)
    assert explorer.frame()["serial"] == 7


def test_classes_are_directions_for_28_pixels_only(explorer):
    assert explorer.steering.directions.names[-1] == "class 9"
    assert explorer.set(across="class 3").steering.along("u").norm() == pytest.approx(1)
    assert live.LatentExplorer(tiny()).steering.directions.names == ("random 1", "random 2")


def test_seeds_repeat_and_differ_and_global_random_numbers_stay(G):
    torch.manual_seed(3)
    before = torch.get_rng_state()
    one, two = live.LatentExplorer(G), live.LatentExplorer(G, seed=1)
    one.set(across="class 1").pin()
    assert torch.equal(torch.get_rng_state(), before)
    assert not near(one.z, two.z)
    assert near(one.new_seed().z, two.z)


def test_a_given_z_becomes_the_middle(explorer):
    z = torch.arange(6.0)
    explorer.set(u=1.0).set(z=z)
    assert near(explorer.z, z)
    assert explorer.values()["u"] == 0
    z[0] = 99
    assert explorer.z[0] == 0


def test_z_is_a_copy(explorer):
    explorer.z.zero_()
    assert explorer.z.norm() > 0


@pytest.mark.parametrize(("way", "maths"), [("arc", latent.slerp), ("straight line", latent.lerp)])
def test_the_film_goes_from_pin_to_pin(explorer, way, maths):
    a, b, c = three_pins(explorer)
    film = explorer.set(way=way).steering.film(10)
    assert film.shape == (21, 6)
    assert near(film[[0, 10, 20]], torch.stack([a, b, c]))
    assert near(film[3], maths(a, b, 0.3))
    assert near(film[15], maths(b, c, 0.5))


def test_the_place_in_the_film_can_be_gone_on_from(explorer):
    a, b, _ = three_pins(explorer)
    explorer.set(u=2.0, place=0.25)
    assert near(explorer.z, latent.slerp(a, b, 0.5))
    assert explorer.values()["u"] == 0


def test_pins_are_gone_back_to_and_taken_away(explorer):
    _a, b, _c = three_pins(explorer)
    explorer.answer({"values": {"go": 1}})
    assert near(explorer.z, b)
    assert list(explorer.unpin().steering.kept()) == ["pin 1", "pin 2"]
    explorer.unpin().unpin().unpin()
    assert not explorer.steering.kept()


def test_arithmetic_takes_the_groups_averages(explorer):
    points = {group: [] for group in "abc"}
    for group in "aabbcc":
        points[group].append(explorer.z)
        explorer.pin(group).new_seed()
    a, b, c = (latent.average(torch.stack(points[g])) for g in "abc")
    assert near(explorer.steering.kept()["average of b"], b)
    assert near(explorer.combine().z, latent.combine(a, b, c))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"w": 1}, "control of LatentExplorer"),
        ({"u": "left"}, "is a number from -3 to 3"),
        ({"u": float("nan")}, "is a number from -3 to 3"),
        ({"across": "class 11"}, "Unknown direction across"),
        ({"across": "random 2"}, "A plane needs two directions"),
        ({"z": torch.zeros(5)}, "6 finite numbers"),
        ({"z": torch.full((6,), torch.nan)}, "6 finite numbers"),
        ({"place": 0.5}, "goes from pin to pin, and there are 0"),
        ({"way": "spline"}, "way between pins"),
        ({"at": 3}, "a pair"),
        ({"test_class": "10"}, "class of the real image"),
        ({"go": 4}, "no pin"),
    ],
)
def test_a_wrong_value_is_one_sentence_and_changes_nothing(explorer, change, says):
    before, values = explorer.z, explorer.values()
    with pytest.raises(InputError, match=says):
        explorer.set(**change)
    assert near(explorer.z, before)
    assert explorer.values() == values


def test_unknown_data_and_groups_and_missing_groups(explorer, G):
    with pytest.raises(InputError, match="image set"):
        live.LatentExplorer(G, "letters")
    with pytest.raises(InputError, match="group"):
        explorer.pin("d")
    with pytest.raises(InputError, match="b and c have none"):
        explorer.pin("a").combine()
    with pytest.raises(InputError, match="gradients through G"):
        live.LatentExplorer(tiny()).invert()
    with pytest.raises(InputError, match="compare with a G of the same size"):
        live.LatentExplorer(tiny()).nearest()
