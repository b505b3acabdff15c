"""A player alone against one that stands still: who moves, when it has won, what is refused."""

import pytest
import torch

from gancourse import load_points, train
from gancourse.errors import InputError

PARTS = {"shape": (2,), "widths": (32,)}
RECIPE = train.Recipe(
    "mlp", G={"z_dim": 2, "norm": False, **PARTS}, D=PARTS, lr_G=1e-2, lr_D=1e-2, precision="fp32"
)
RING = load_points("ring")


def flat(net):
    return torch.nn.utils.parameters_to_vector(net.parameters()).detach().clone()


@pytest.mark.parametrize("who", ["D", "G"])
def test_only_the_player_that_is_named_moves(who):
    state = train.State(RECIPE, 0, "cpu")
    before = {name: flat(getattr(state, name)) for name in "DG"}
    train.steps_alone(state, RING.sample, who, share=1.1, most=3)
    same = {name for name in "DG" if torch.equal(before[name], flat(getattr(state, name)))}
    assert same == {"D", "G"} - {who}


@pytest.mark.parametrize("who", ["D", "G"])
def test_it_stops_at_the_step_that_wins_and_not_before(who):
    first = train.steps_alone(train.State(RECIPE, 0, "cpu"), RING.sample, who)
    assert 1 <= first < 200
    short = train.State(RECIPE, 0, "cpu")
    if first > 1:  # one step fewer, and it has not won: the next call takes at least one more
        assert train.steps_alone(short, RING.sample, who, most=first - 1) == first - 1
    assert train.steps_alone(short, RING.sample, who) >= 1


def test_what_winning_means(monkeypatch):
    state = train.State(RECIPE, 0, "cpu")
    alone = __import__("gancourse.train.alone", fromlist=["_"])
    monkeypatch.setattr(alone, "_called_real", lambda *_: (1.0, 0.4))  # right about 8 in 10
    assert train.steps_alone(state, RING.sample, "D", share=0.8, most=5) == 1
    assert train.steps_alone(state, RING.sample, "D", share=0.81, most=5) == 5
    assert train.steps_alone(state, RING.sample, "G", share=0.4, most=5) == 1
    assert train.steps_alone(state, RING.sample, "G", share=0.41, most=5) == 5


def test_another_player_is_an_error():
    with pytest.raises(InputError, match="player"):
        train.steps_alone(train.State(RECIPE, 0, "cpu"), RING.sample, "E")
