"""An optimiser keeps nothing for weights to which no gradient comes: then nothing is lost."""

import copy

import pytest
import torch
from loops import Loop
from upkeep_loops import Forgetful, Short


class Detached(Loop):
    def __init__(self):
        super().__init__("detach in G's step")


class OlderCopy(Short):
    def optimisers(self):
        old = copy.deepcopy(self.G)
        return torch.optim.Adam(old.parameters(), 1e-3), torch.optim.Adam(self.D.parameters(), 1e-3)


class Cleared(Short):
    def backward(self, loss, net):
        super().backward(loss, net)
        if net is self.G:
            net.zero_grad()


@pytest.mark.parametrize("loop", [Detached, OlderCopy, Cleared])
def test_nothing_is_lost_where_no_gradient_arrives(loop):
    run = loop()
    run.turns = 43
    forgot = run.run().finish().forgot
    assert forgot["G"] == []
    assert set(forgot["D"]) == {0.0}


def test_a_state_that_is_thrown_away_is():
    run = Forgetful()
    run.turns = 43
    assert run.run().finish().forgot == {"G": [0.0] * 3, "D": [1.0] * 3}
