"""PointGan without a browser: who moves, what pushes, points that are drawn, frames, pictures."""

import base64

import numpy as np
import pytest
import torch

from gancourse import live, losses, train
from gancourse.errors import InputError
from gancourse.live.run import background, points_view
from gancourse.live.run.pointgan import COUNTED, FAKES
from gancourse.live.run.points_view import ARROWS, FIELD, LIMIT, LONGEST, PUSH
from gancourse.train.remedies import REMEDIES

SQUARE = [(1.0, 1.0), (-1.0, 1.0), (-1.0, -1.0), (1.0, -1.0)]


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    monkeypatch.setenv("GANCOURSE_FRONTEND", "anywidget")
    yield monkeypatch
    background.make_way()


def flat(net):
    return torch.nn.utils.parameters_to_vector(net.parameters()).detach().clone()


def weights(gan):
    return {who: flat(getattr(gan.state, who)) for who in "DG"}


def who_moved(gan, before):
    after = weights(gan)
    return "".join(who for who in "DG" if not torch.equal(before[who], after[who]))


def floats(data):
    return np.frombuffer(data, "<f4")


def test_step_d_moves_d_and_the_field_only():
    gan = live.PointGan()
    view, before = gan.widget(), weights(gan)
    field, fake = bytes(view.frame["field"]), bytes(view.frame["fake"])
    gan.step_D()
    assert who_moved(gan, before) == "D"
    assert bytes(view.frame["field"]) != field
    assert bytes(view.frame["fake"]) == fake
    assert "D alone took a step" in view.frame["text"]


def test_step_g_moves_g_and_the_samples_only():
    gan = live.PointGan()
    view, before = gan.widget(), weights(gan)
    field, fake = bytes(view.frame["field"]), bytes(view.frame["fake"])
    gan.step_G()
    assert who_moved(gan, before) == "G"
    assert bytes(view.frame["field"]) == field
    assert bytes(view.frame["fake"]) != fake


def test_step_both_is_a_turn_of_as_many_steps_as_chosen(monkeypatch):
    taken = []

    def noted(who, step):
        return lambda *given: (taken.append(who), step(*given))[1]

    for name in ("d_step", "g_step"):
        monkeypatch.setattr(train, name, noted(name[0], getattr(train, name)))
    gan = live.PointGan().set(steps_D=3, steps_G=2)
    gan.step()
    assert "".join(taken) == "dddgg"
    assert gan.state.step == 1
    assert gan.said.startswith("One turn of both: D(x) went from")


def test_the_field_is_d_of_x_with_the_top_row_first():
    gan = live.PointGan().take_turns(50)
    frame, cell = gan.frame(), 2 * LIMIT / FIELD
    table = np.frombuffer(frame["field"], np.uint8).reshape(FIELD, FIELD)
    assert table.std() > 1
    for row, column in [(0, 0), (0, FIELD - 1), (7, 30)]:
        x = torch.tensor([[-LIMIT + (column + 0.5) * cell, LIMIT - (row + 0.5) * cell]])
        wanted = gan.state.D(x).sigmoid().item()
        assert table[row, column] == pytest.approx(255 * wanted, abs=0.51)


@pytest.mark.parametrize("remedy", ["none", "packing 2"])
def test_the_map_of_the_slope_is_the_change_of_the_logit_per_length(remedy):
    gan = live.PointGan("grid of 25", remedy=remedy, shows="D's slope").take_turns(50)
    frame, cell, h = gan.frame(), 2 * LIMIT / FIELD, 1e-4
    assert "logits per unit of length" in frame["scale"]["says"]
    assert len(frame["scale"]["colours"]) == 3 * 256
    table = np.frombuffer(frame["field"], np.uint8).reshape(FIELD, FIELD)
    gan.state.D.double()
    for row, column in [(0, 0), (20, 11), (7, 30)]:
        x = torch.tensor([-LIMIT + (column + 0.5) * cell, LIMIT - (row + 0.5) * cell]).double()
        ahead = x + h * torch.eye(2)
        steep = ((gan.state.logits(ahead) - gan.state.logits(x[None])) / h).norm().item()
        assert 10 ** (-2 + 3 * float(table[row, column]) / 255) == pytest.approx(steep, rel=0.03)


def test_flat_is_white_steep_is_dark_and_a_d_that_broke_is_white():
    shades = points_view.shades(torch.tensor([0.0, 0.01, 0.1, 1.0, 10.0, 500.0, float("nan")]))
    assert shades.tolist() == pytest.approx([0, 0, 1 / 3, 2 / 3, 1, 1, 0], abs=1e-6)


def test_the_map_is_chosen_in_the_page_and_stays_when_it_begins_again():
    gan = live.PointGan().take_turns(3)
    opinion = gan.frame()
    gan.answer({"values": {"shows": "D's slope"}})
    slope = gan.reset().take_turns(3).frame()
    assert (opinion["scale"], opinion["values"]["shows"]) == ({}, "D(x)")
    assert slope["field"] != opinion["field"]
    assert slope["fake"] == opinion["fake"]
    assert "map of D's slope" in gan.picture().alt
    with pytest.raises(InputError, match='did you mean "D\'s slope"'):
        gan.set(shows="D's slop")


@pytest.mark.parametrize("loss", list(losses.LOSSES))
def test_the_push_is_minus_the_gradient_of_g_loss(loss):
    gan = live.PointGan(loss=loss).take_turns(5)
    x, h = gan.samples().double()[:4], 1e-4
    state, push = gan.state, gan.push(x.float())
    state.D.double()
    logit_real = state.D(gan._paired(4).double()) if state.loss.pairs_real else None

    def g_loss(x):
        return 4 * state.loss.g_loss(logit_real, state.D(x)).item()

    for axis in (0, 1):
        step = torch.zeros(4, 2, dtype=torch.double)
        step[1, axis] = h
        wanted = -(g_loss(x + step) - g_loss(x - step)) / (2 * h)
        assert push[1, axis].item() == pytest.approx(wanted, abs=2e-3, rel=1e-2)


def test_arrows_start_at_fakes_and_the_longest_are_cut():
    x, push = torch.zeros(FAKES, 2), torch.tensor([[1.0, 0.0]]).repeat(FAKES, 1)
    push[1] = torch.tensor([0.0, -100.0])
    arrows = points_view.arrows(x, push)
    assert arrows.shape == (ARROWS, 4)
    assert arrows[0].tolist() == pytest.approx([0, 0, PUSH, 0])
    assert arrows[1].tolist() == pytest.approx([0, 0, 0, -LONGEST])


def test_nothing_moves_until_a_button_is_pressed():
    gan = live.PointGan()
    gan._repr_mimebundle_()
    assert (gan.state.step, gan.status) == (0, "ready")


def test_without_a_page_it_trains_and_is_a_picture(environment):
    environment.setenv("GANCOURSE_FRONTEND", "none")
    gan = live.PointGan(steps=30)
    data, _ = gan._repr_mimebundle_()
    assert base64.b64decode(data["image/png"]).startswith(b"\x89PNG")
    assert gan.state.step == 30
    gan._repr_mimebundle_()
    assert gan.state.step == 30


def test_it_learns_the_ring():
    gan = live.PointGan().take_turns(900)
    radius = gan.samples().norm(dim=1)
    assert (radius - 1).abs().median() < 0.15
    assert len((4 / torch.pi * torch.atan2(*gan.samples().T)).round().remainder(8).unique()) == 8


def test_the_same_seed_gives_the_same_run_and_leaves_the_notebooks_dice():
    torch.manual_seed(5)
    wanted = torch.rand(3)
    torch.manual_seed(5)
    a, b = live.PointGan(seed=3).take_turns(10), live.PointGan(seed=3).take_turns(10)
    assert torch.equal(torch.rand(3), wanted)
    assert torch.equal(flat(a.state.G), flat(b.state.G))


def test_reset_begins_anew_with_what_was_chosen():
    gan = live.PointGan().set(loss="hinge", lr_D=0.01)
    start = weights(gan)
    gan.take_turns(10).reset()
    assert who_moved(gan, start) == ""
    assert (gan.state.step, gan.status, gan.state.recipe.loss) == (0, "ready", "hinge")
    assert gan.values()["lr_D"] == 0.01
    assert len(gan.log.rows) == 0
    assert gan.take_turns(3).state.step == 3


def test_reset_stops_a_run():
    gan = live.PointGan().run()
    assert gan.reset().status == "ready"
    assert not gan.background.alive


def test_a_drawing_is_what_it_learns():
    gan = live.PointGan(SQUARE)
    x = gan.source(400, torch.Generator().manual_seed(0))
    nearest = torch.cdist(x, torch.tensor(SQUARE)).min(1)
    assert nearest.values.max() < 0.3
    assert nearest.indices.unique().tolist() == [0, 1, 2, 3]
    assert gan.values()["points"] == "drawn by hand"


def test_a_page_draws_points_one_after_another():
    gan = live.PointGan()
    view = gan.widget()
    gan.answer({"serial": 1, "values": {"points": "drawn by hand"}})
    assert view.frame["drawing"]
    assert "Draw real points: click or drag" in view.frame["text"]
    gan.answer({"serial": 2, "values": {"points": [[0.5, -0.5]]}})
    assert view.frame["drawn"] == [[0.5, -0.5]]
    assert np.allclose(floats(view.frame["real"]).reshape(-1, 2), [0.5, -0.5], atol=0.25)


def test_a_drawing_is_kept_while_the_ring_is_shown_and_cleared_by_a_button():
    gan = live.PointGan(SQUARE).set(points="ring")
    assert not gan.frame()["drawing"]
    gan.set(points="drawn by hand")
    assert gan.frame()["drawn"] == [list(p) for p in SQUARE]
    gan.answer({"do": "clear"})
    assert gan.frame()["drawn"] == []


@pytest.mark.parametrize("loss", list(losses.LOSSES))
def test_an_empty_drawing_is_told_not_trained(loss):
    gan = live.PointGan([], loss)
    view, before = gan.widget(), weights(gan)
    assert "Draw real points" in view.frame["text"]
    gan.answer({"do": "step_D"})
    assert "There are no real points yet" in view.frame["text"]
    gan.answer({"do": "run"})
    with pytest.raises(InputError, match="no real points yet"):
        gan.wait()
    assert who_moved(gan, before) == ""
    assert "image/png" in gan.picture()._repr_mimebundle_()[0]


@pytest.mark.parametrize(
    "points", [[(2.0, 0.0)], [(0.0, float("nan"))], [(1, 2, 3)], [0.1, 0.2], [(0, 0)] * 201]
)
def test_points_that_are_none_are_an_error(points):
    with pytest.raises(InputError, match="Drawn points are at most 200 pairs"):
        live.PointGan(points)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"loss": "hinged"}, "did you mean 'hinge'"),
        ({"points": "rings"}, "did you mean 'ring'"),
        ({"step_D": 2}, "Unknown control of PointGan"),
    ],
)
def test_an_unknown_name_is_an_error_and_changes_nothing(values, message):
    gan = live.PointGan()
    before = gan.values()
    with pytest.raises(InputError, match=message):
        gan.set(**values)
    assert gan.values() == before


def test_it_runs_in_the_background_and_the_loss_changes_meanwhile():
    gan = live.PointGan()
    view = gan.widget()
    gan.answer({"do": "run"})
    gan.answer({"values": {"loss": "wasserstein", "steps_D": 2}})
    assert gan.state.loss is losses.get_loss("wasserstein")
    gan.pause()
    assert view.frame["status"] == "paused"
    assert view.frame["values"]["loss"] == "wasserstein"


def test_core_widgets_step_and_choose():
    gan = live.PointGan()
    image, words, row, tabs = gan.core_widget().children[:4]
    before = image.value
    row.children[1].click()
    assert "D alone took a step" in words.value
    assert image.value != before
    tabs.children[0].children[1].value = "hinge"
    assert gan.values()["loss"] == "hinge"


def test_the_repr_is_stable():
    gan = live.PointGan()
    assert repr(gan) == repr(gan.widget()) == "<PointGan: non-saturating on ring, 0 turns, ready>"


@pytest.mark.parametrize("remedy", REMEDIES)
def test_every_remedy_trains_and_begins_again_from_the_same_seed(remedy):
    gan = live.PointGan("grid of 25").take_turns(3).set(remedy=remedy)
    assert gan.state.step == (3 if remedy == "none" else 0)
    assert gan.values()["remedy"] == remedy
    frame = gan.take_turns(2).frame()
    assert {"modes reached", "D's steepest slope"} <= {name for name, _ in frame["numbers"]}
    start = live.PointGan("grid of 25", remedy=remedy).state
    assert start.recipe == gan.state.recipe
    gan.reset()
    assert torch.equal(flat(gan.state.D), flat(start.D))


def test_modes_are_counted_over_more_samples_than_are_shown(monkeypatch):
    """Of 200 samples, a fifth of high quality, 25 modes miss some by chance."""
    gan, seen = live.PointGan("grid of 25"), []
    monkeypatch.setattr(gan.real, "reached", lambda x: seen.append(len(x)) or "-")
    gan.frame()
    gan.picture()
    assert seen == [COUNTED] * 2
    assert len(gan.samples()) == FAKES < COUNTED


@pytest.mark.parametrize("remedy", ["spectral norm", "packing 4"])
def test_looking_changes_nothing_in_a_run_with_a_remedy(remedy):
    seen, unseen = (live.PointGan(remedy=remedy).take_turns(2) for _ in range(2))
    seen.frame(), seen.picture()
    seen.take_turns(2), unseen.take_turns(2)
    assert all(map(torch.equal, seen.state.D.state_dict().values(),
                   unseen.state.D.state_dict().values()))  # fmt: skip


def test_a_packed_d_is_shown_copies_of_a_point_and_pushes_neighbours_together():
    gan = live.PointGan(remedy="packing 2").take_turns(3)
    x = gan.samples()[:4]
    torch.testing.assert_close(gan.state.logits(x), gan.state.D(torch.cat([x, x], 1)))
    x.requires_grad_(True)
    pairs = torch.cat([x[0::2], x[1::2]], 1)
    (slope,) = torch.autograd.grad(torch.nn.functional.softplus(-gan.state.D(pairs)).sum(), x)
    torch.testing.assert_close(points_view.push(gan.state, x, x), -slope)


def test_own_steps_take_no_remedy():
    with pytest.raises(InputError, match="leave the remedy at none"):
        live.PointGan(d_step=lambda G, D, opt_D, x_real, z: 0.0, remedy="R1")
