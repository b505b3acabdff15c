"""How samples are prepared, and what no gradient reaches: each fact beside a sound habit."""

import math

import pytest
import torch
import ways_loops
from loops import Unwatched
from torch import nn

from gancourse.clinic import Signals, diagnose, manner, ways

NAMES = [f"{loop.__name__}, {change}" for loop, change in ways_loops.FAULTY]


@pytest.mark.parametrize(("loop", "change"), ways_loops.FAULTY, ids=NAMES)
def test_the_first_statement_is_the_fault_and_was_seen(loop, change):
    found = diagnose(loop(change).run().finish())
    assert found.first == ways_loops.FAULTY[loop, change], str(found)
    assert found.suspicions[0].seen


@pytest.mark.parametrize("loop", dict.fromkeys(loop for loop, _ in ways_loops.FAULTY))
def test_the_sound_program_beside_it_is_accused_of_nothing_of_the_kind(loop):
    found = diagnose(loop().run().finish())
    assert [s.cause for s in found.suspicions if s.cause in ways.FOUND] == []


def test_each_runs_the_same_bits_with_a_recorder():
    for loop, change in ways_loops.FAULTY:
        watched, alone = loop(change, 12), loop(change, 12)
        for one in (watched, alone):
            torch.manual_seed(1)
            one.run(*([Unwatched] if one is alone else []))
        for net in ("G", "D"):
            pairs = zip(*(getattr(one, net).parameters() for one in (watched, alone)), strict=True)
            assert all(torch.equal(ours, theirs) for ours, theirs in pairs)


def losses(g_loss: list[float], steps: int) -> Signals:
    n = len(g_loss)
    return Signals(turns=n, steps={"G": steps, "D": n}, d_loss=[0.5] * n, g_loss=g_loss,
                   largest=[2.0] * n, outputs=(-1.5, 2.0))  # fmt: skip


def test_a_loss_that_turns_nan_beside_finite_answers_is_no_number():
    found = diagnose(losses([1.0] * 20 + [math.nan] * 80, steps=100))
    assert found.first == "a loss is no number"
    assert found.suspicions[0].seen


def test_nan_for_a_turn_in_which_the_player_takes_no_step_is_a_habit():
    assert diagnose(losses([1.0] * 6 + [math.nan, 1.0] * 50, steps=56)).suspicions == ()


def test_a_linear_layer_at_the_end_has_no_range():
    s = Signals(limits=(-1.0, 1.0), beyond=0.5, ends={"G": "tanh"})
    assert diagnose(s).first == "range"
    s.ends["G"] = "addmm"
    assert diagnose(s).first != "range"


def test_real_samples_that_are_scaled_before_D_say_nothing_of_the_range():
    s = Signals(limits=(-1.0, 1.0), beyond=0.5, ends={"G": "tanh"})
    s.manner["as handed in"] = [-1.0] * 9
    assert diagnose(s).first != "range"


def converted(shown: tuple[float, float]) -> str | None:
    manner = {"scale": [(2 / 255, -1.0)] * 9, "handed in": [[0.0, 255.0]] * 9, "shown": shown}
    return ways.converted(Signals(turns=300, manner=manner, drawn="changed"))


def test_samples_may_be_shown_in_any_usual_range():
    for shown in ((127.5, 127.5), (0.5, 0.5), (1.0, 0.0)):  # 0 to 255, 0 to 1, -1 to 1
        assert converted(shown) is None
    assert "goes both ways" in converted((0.5, 1.0))


def test_a_net_whose_steps_come_first_takes_them_along_time():
    net = nn.GRU(3, 2)
    z = torch.zeros(12, 64, 3)
    assert manner.along_the_batch(net, (z,), {}, batch=64) == []
    assert (
        "12 samples for as many steps of 64" in manner.along_the_batch(net, (z,), {}, batch=12)[0]
    )


def test_arguments_are_kept_without_their_graphs():
    x = torch.ones(2, requires_grad=True) * 2
    (kept, number), named = manner.alone((x, 3), {"y": x})
    assert (kept.requires_grad, number, named["y"].requires_grad) == (False, 3, False)
