"""One step of PointGan is seen: ghosts and moves of samples, where D rose, numbers, curves."""

import numpy as np
import pytest
import torch

from gancourse import live
from gancourse.live.run import last_step
from gancourse.live.run.last_step import LONG, SIGNS, LastStep, Look
from gancourse.live.run.points_view import ARROWS, field


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    monkeypatch.setenv("GANCOURSE_FRONTEND", "anywidget")


def floats(data, columns=2):
    return torch.from_numpy(np.frombuffer(data, "<f4").copy()).reshape(-1, columns)


def pressed(*buttons):
    """Return a gan, its view and the frames before and after the last of some buttons."""
    gan = live.PointGan()
    view = gan.widget()
    for button in buttons:
        before = view.frame
        gan.answer({"do": button})
    return gan, before, view.frame


def test_a_step_of_G_keeps_ghosts_and_draws_the_moves_long_enough():
    _gan, before, after = pressed("step_D", "step_G")
    step = after["step"]
    ghosts, moves = floats(step["ghosts"]), floats(step["moves"], 4)
    assert torch.equal(ghosts, floats(before["fake"]))
    assert torch.equal(moves[:, :2], ghosts[:ARROWS])
    went = floats(after["fake"]) - ghosts
    assert torch.allclose(moves[:, 2:], step["times"] * went[:ARROWS], atol=1e-5)
    assert 0.3 * LONG < moves[:, 2:].norm(dim=1).quantile(0.9) < 1.5 * LONG
    assert "signs" not in step
    assert f"drawn {step['times']} times as long" in after["text"]


def test_a_step_of_D_shows_where_D_rose():
    gan = live.PointGan()
    was = field(gan.state.D, SIGNS)
    view = gan.widget()
    gan.answer({"do": "step_D"})
    step = view.frame["step"]
    signs = floats(step["signs"], SIGNS)
    rise = field(gan.state.D, SIGNS) - was
    assert torch.allclose(signs, rise / rise.abs().max(), atol=1e-5)
    assert signs.abs().max() == pytest.approx(1)
    assert "ghosts" not in step
    assert f"by {rise.abs().max():.2g} at most" in view.frame["text"]


def test_a_turn_of_both_shows_both():
    step = pressed("step")[2]["step"]
    assert {"ghosts", "moves", "signs"} <= set(step)


@pytest.mark.parametrize(("button", "moves"), [("step_D", "DG"), ("step_G", "G")])
def test_numbers_and_curves_move_with_every_step(button, moves):
    gan, before, after = pressed(button)
    old, new = dict(before["numbers"]), dict(after["numbers"])
    assert old["D(G(z))"] != new["D(G(z))"]
    assert (old["D(x)"] != new["D(x)"]) == ("D" in moves)
    assert len(gan.log.rows) == 1
    assert gan.state.step == 0
    ends = [m for panel in after["panels"] for m in panel["marks"] if m["kind"] == "points"]
    assert len(ends) == 4
    gan.answer({"do": button})
    assert not np.array_equal(gan.log.rows[0], gan.log.rows[1])


def test_what_the_sentence_says_is_what_the_numbers_say():
    _, before, after = pressed("step_D")
    old, new = (dict(frame["numbers"])["D(x)"] for frame in (before, after))
    assert f"D(x) went from {old} to {new}" in after["text"]


@pytest.mark.parametrize("after", ["run", "reset"])
def test_a_run_and_a_new_start_take_it_away(after):
    gan, _, _frame = pressed("step_G", after)
    gan.pause()
    assert "step" not in gan.frame()


def test_without_real_points_a_step_of_G_is_shown_too():
    gan = live.PointGan([])
    with pytest.raises(Exception, match="no real points"):
        gan.step_G()
    assert gan.last is None


@pytest.mark.parametrize(("far", "times"), [(0.0, 500), (0.001, 200), (0.02, 10), (5.0, 1)])
def test_moves_are_drawn_as_long_as_fits(far, times):
    x, flat = torch.zeros(20, 2), torch.zeros(SIGNS, SIGNS)
    step = LastStep("G", Look(flat, x, {}), Look(flat, x + torch.tensor([far, 0.0]), {}))
    assert step.times == times
    assert step.times in last_step.TIMES


@pytest.mark.parametrize("button", ["step_D", "step_G", "step"])
def test_the_still_picture_shows_the_step_too(button):
    gan = live.PointGan()
    before = gan.picture()
    gan.answer({"do": button})
    assert gan.picture().png != before.png
    assert gan.last.panel().title.endswith(("as long", "raised D(x)"))
