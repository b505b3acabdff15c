"""What pages show of the explorer and ask of it: frames, maps, messages, refreshes, views."""

import threading

import numpy as np
import pytest
import torch
from explorers import a_generator, an_explorer, no_page, three_pins  # noqa: F401

from gancourse import live, nets, plots, train
from gancourse.live.explorer.page import Page

VIEW = "application/vnd.jupyter.widget-view+json"


def test_the_picture_of_a_frame_is_that_of_G(explorer):
    frame = explorer.set(u=0.7, v=1.1).frame()
    drawn = torch.frombuffer(bytearray(frame["pixels"]), dtype=torch.uint8).view(-1, 28, 28)
    with torch.no_grad():
        wanted = plots.to_pixels(explorer.G(explorer.z[None]))[0, 0]
    assert len(drawn) == frame["count"] == 9
    assert (drawn[4].int() - wanted.int()).abs().max() <= 1


def test_a_page_may_ask_for_the_picture_first_and_for_the_rest_after(explorer):
    frames = []
    explorer.pin().watch(frames.append)
    explorer.answer({"serial": 1, "brief": True, "values": {"at": [0.5, 0.25]}})
    explorer.answer({"do": "rest"})
    brief, whole = frames
    assert (brief["brief"], brief["count"], brief["thumbs"]) == (True, 1, [])
    assert (whole["brief"], whole["count"], whole["thumbs"]) == (False, 9, ["pin 1"])
    assert (brief["serial"], brief["text"]) == (whole["serial"], whole["text"])
    first, rest = (np.frombuffer(f["pixels"], np.uint8).reshape(-1, 28, 28) for f in frames)
    assert (len(first), len(rest)) == (1, 10)
    assert abs(first[0].astype(int) - rest[4]).max() <= 1
    explorer.answer({"brief": True, "values": {"at": "nowhere"}})
    assert not explorer.set(u=0.0).frame()["brief"]


def test_the_map_covers_the_pad_from_the_top_left(explorer):
    told = explorer.page.map()
    first = torch.frombuffer(bytearray(told["pixels"]), dtype=torch.uint8)[:784].view(28, 28)
    corner = explorer.steering.plane.at(-3 * 6 / 7, 3 * 6 / 7)
    assert (first.int() - explorer.pixels(corner[None])[0].int()).abs().max() <= 1
    assert told["version"] == explorer.frame()["version"]


def test_a_move_on_the_pad_keeps_the_map_and_another_direction_does_not(explorer):
    version = explorer.version
    assert explorer.set(u=1.0, at=(0.5, 0.5)).version == version
    assert explorer.set(by_1=0.5).version > version


def test_refresh_draws_from_the_weights_as_they_are_now(explorer):
    frames = []
    explorer.watch(frames.append)
    with torch.no_grad():
        for p in explorer.G.parameters():
            p.mul_(-1)
    explorer.refresh()
    drawn = torch.frombuffer(bytearray(frames[-1]["pixels"]), dtype=torch.uint8).view(-1, 28, 28)
    assert (drawn[4].int() - explorer.pixels(explorer.z[None])[0].int()).abs().max() <= 1
    assert frames[-1]["version"] == 1


def test_weights_that_are_not_finite_do_not_end_the_thread_that_refreshes(explorer):
    explorer.watch(lambda frame: None)
    with torch.no_grad():
        next(explorer.G.parameters()).fill_(torch.nan)
    explorer.refresh()


def test_a_dashboard_has_one_that_follows_it(monkeypatch):
    small = {"shape": (1, 8, 8), "widths": (8,)}
    recipe = train.Recipe("mlp", G={"z_dim": 4, **small}, D=small, batch=8, precision="fp32")

    def greys(n, generator):
        return torch.rand(n, 1, 8, 8, generator=generator) * 2 - 1

    dashboard = live.TrainingDashboard(train.State(recipe, 0, "cpu"), greys, steps=5)
    explorer = dashboard.explorer()
    before = explorer.pixels(explorer.z[None])
    dashboard.run().wait()
    assert explorer.version > 0
    assert not torch.equal(explorer.pixels(explorer.z[None]), before)


def test_a_page_is_told_of_an_error_and_the_next_press_takes_it_back(explorer):
    explorer.answer({"do": "combine"})
    assert "needs pins in each group" in explorer.sentence()
    explorer.answer({"do": "pin"})
    assert "along random 1" in explorer.sentence()
    assert len(explorer.steering.pins) == 1
    explorer.answer({"do": "explode"})
    assert "Unknown button" in explorer.sentence()


def test_at_most_four_controls_are_seen_at_once(explorer):
    assert max(len(tab.controls) for tab in explorer.tabs) <= 4


@pytest.mark.parametrize("kind", ["anywidget", "ipywidgets"])
def test_in_a_page_it_is_a_widget_with_a_stable_text(explorer, monkeypatch, kind):
    monkeypatch.setenv("GANCOURSE_FRONTEND", kind)
    data = explorer._repr_mimebundle_()
    assert VIEW in data
    assert data["text/plain"] == repr(explorer)


def test_the_page_view_draws_maps_and_plays_films(explorer):
    widget, sent = explorer.widget(), []
    widget.send = lambda told, buffers: sent.append((told, buffers))
    old = widget.map
    explorer.set(by_1=1.0).answer({"do": "map"})
    assert widget.map["version"] > old["version"]
    assert widget.map["pixels"] != old["pixels"]
    three_pins(explorer)
    explorer.answer({"do": "play"})
    told, (buffer,) = sent[0]
    assert told == {"film": 25, "side": 28}
    assert len(buffer) == 25 * 784


def test_core_sliders_move_it_and_follow_it(explorer):
    view = explorer.core_widget()
    image, _, _, tabs, *_ = view.children
    slider = tabs.children[0].children[1]
    before = image.value
    slider.value = 1.5
    assert explorer.values()["u"] == 1.5
    assert image.value != before
    explorer.set(u=-1.0)
    assert slider.value == -1.0


def test_with_core_widgets_the_film_is_moved_by_its_slider(explorer):
    three_pins(explorer)
    assert "Move the place in the film" in explorer.play().sentence()


def test_a_refresh_never_waits_and_is_made_up_for(explorer):
    frames = []
    explorer.watch(frames.append)
    with explorer.still():
        thread = threading.Thread(target=explorer.refresh)
        thread.start()
        thread.join(10)
        assert not thread.is_alive()
        assert not frames
    assert len(frames) == 1


def test_a_page_learns_that_the_weights_changed_without_a_refresh():
    explorer = live.LatentExplorer(nets.make_generator("mlp", z_dim=4, widths=(8,)))
    page = Page(explorer)
    before = page.frame()["weights"]
    assert page.net()["version"] == before
    assert page.frame()["weights"] == before
    with torch.no_grad():
        next(explorer.G.parameters()).mul_(2)
    assert page.frame()["weights"] > before
    assert page.net()["version"] == page.frame()["weights"]
