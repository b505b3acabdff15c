"""Lesson 13's widget: one z for every class, and the mixture that its controls ask for."""

import pytest
import torch

from gancourse import live, nets
from gancourse.errors import InputError
from gancourse.live import classes
from gancourse.live.controls import Slider
from gancourse.live.drawings import packed
from gancourse.live.explorer.engine import labelled
from gancourse.live.spoilt import sheet_of


@pytest.fixture(scope="module")
def G():
    torch.manual_seed(0)
    return nets.ConditionalGenerator(z_dim=4, width=8)


def test_each_control_changes_what_is_seen(G):
    before = packed(live.ask_for(G=G, share=0.5).drawing())
    for key, control in live.ask_for(G=G).controls.items():
        other = control.high if isinstance(control, Slider) else control.options[4]
        after = packed(live.ask_for(G=G, **({"share": 0.5} | {key: other})).drawing())
        assert after["panels"] != before["panels"], key


def test_the_left_panel_has_one_z_in_every_class(G):
    """A mixture does not change it, another hand does."""
    left = [packed(live.ask_for(G=G, **values).drawing())["panels"][0]
            for values in ({}, {"share": 0.7}, {"hand": 5})]  # fmt: skip
    assert left[0] == left[1] != left[2]
    images = classes.images_of(G, 3, torch.eye(10))
    again = [classes.images_of(G, 3, torch.eye(10)[[k]]) for k in range(10)]
    assert all(torch.equal(images[[k]], one) for k, one in enumerate(again))


def test_a_share_is_that_of_the_second_class():
    assert classes.mixed(7, 1, 0.25, 10)[0, [7, 1]].tolist() == [0.75, 0.25]
    assert classes.mixed(3, 3, 0.3, 10)[0, 3].item() == pytest.approx(1.0)


def test_the_right_panel_shows_the_mixture_upright(G):
    chart = live.ask_for(G=G, first="3", second="8", share=0.4, hand=7)
    (mark,) = chart.drawing().panels[1].marks
    want = sheet_of(classes.images_of(G, 7, classes.mixed(3, 8, 0.4, 10)), 1, 1)
    assert torch.equal(torch.as_tensor(mark.x2), torch.as_tensor(want.x2))
    assert "60% 3, 40% 8" in chart.drawing().text


def test_a_class_that_there_is_not_is_refused(G):
    with pytest.raises(InputError, match="first class"):
        live.ask_for(G=G, first="11")


def test_the_generator_keeps_its_mode(G):
    G.train()
    live.ask_for(G=G).drawing()
    assert G.training


def test_a_page_without_a_kernel_gets_a_net_of_z_and_the_weights_in_one_row(G):
    z, weights = torch.randn(5, 4), torch.rand(5, 10)
    G.recipe = {"net": "cdcgan", "options": {"z_dim": 4, "width": 8, "classes": 10}}
    plain = labelled(G.eval())
    assert torch.equal(plain(torch.cat([z, weights], 1)), G(z, weights))
    assert plain.recipe == {"net": "dcgan", "options": {"depth": 1, "z_dim": 14, "width": 8}}


def test_it_gets_the_hands_and_the_names_of_the_chart():
    weights, about = classes.page_files("mnist")
    G = nets.load_shipped("mnist-conditional")
    assert about["hands"][7] == classes.z_of(G, 7)[0].tolist()
    assert about["names"] == list(map(str, range(10)))
    assert [c["key"] for c in about["controls"]] == ["hand", "first", "second", "share"]
    assert len(weights) < 400_000
