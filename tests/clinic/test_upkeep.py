"""What D is shown, what losses hear, what optimisers keep: each fact beside a sound habit."""

import pytest
import torch
import upkeep_loops
from loops import Unwatched

from gancourse.clinic import Recorder, diagnose


@pytest.mark.parametrize("loop", upkeep_loops.FAULTY)
def test_the_first_statement_is_the_fault_and_was_seen(loop):
    found = diagnose(loop().run().finish())
    assert found.first == upkeep_loops.FAULTY[loop], str(found)
    assert found.suspicions[0].seen


@pytest.mark.parametrize("loop", upkeep_loops.SOUND)
def test_the_sound_program_beside_it_is_accused_of_nothing_that_is_seen(loop):
    found = diagnose(loop().run().finish())
    assert [s.cause for s in found.suspicions if s.seen] == []


@pytest.mark.parametrize("loop", [*upkeep_loops.FAULTY, *upkeep_loops.SOUND])
def test_each_runs_the_same_bits_with_a_recorder(loop):
    watched, alone = loop(), loop()
    for one, watch in ((watched, Recorder), (alone, Unwatched)):
        torch.manual_seed(1)
        one.turns = 25
        one.run(watch)
    for net in ("G", "D"):
        ours, theirs = (getattr(one, net).state_dict() for one in (watched, alone))
        same = {"rtol": 0.0, "atol": 0.0, "equal_nan": True}  # one of them ends in NaN
        assert all(torch.allclose(ours[name], theirs[name], **same) for name in theirs)


def test_an_optimiser_that_was_not_handed_in_is_told_among_what_was_not_looked_at():
    found = diagnose(upkeep_loops.AnotherOptimiser().run().finish())
    assert "opt_D's steps (it takes none, and the weights move all the same)" in str(found)
