"""Exercise 10.2: an optimiser with the other player's weights."""

import torch
from torch import Tensor, nn

from gancourse.check import twins
from gancourse.check.rings import random_ring
from gancourse.check.sheet10.shared import (
    FAULTY,
    RING_TURNS,
    SMALL,
    OnRing,
    in_band,
    judge_ring,
    on_ring,
)
from gancourse.check.spec import Draw, Exercise, Part, Wrong
from gancourse.check.student import Handle, Student
from gancourse.check.twins import Twin


def _train(student: Student, train: Handle, ring: OnRing, draw: Draw, turns: int) -> None:
    data, seed = _ordered(ring.toy.sample(8192, draw.generator())), draw.seed()
    student.call(train, [ring.G.there, ring.D.there, data, turns], seed=seed)


def _ordered(x: Tensor) -> Tensor:
    """Return the points with 512 of one mode in front: who takes the first alone misses the rest.

    Of every mode there are 600 or more.
    """
    first = torch.zeros(len(x), dtype=torch.bool)
    first[(x - x[0]).norm(dim=1).argsort()[:512]] = True
    return torch.cat([x[first], x[~first]])


def _sure(student: Student, draw: Draw) -> OnRing:
    """Return players whose D is right and sure: logits of about +200 on the ring, -200 on fakes."""

    def far(G: nn.Module) -> None:
        G.body[-1].bias -= 40.0

    def sure(D: nn.Module) -> None:
        D.body[0].weight.fill_(1.0)
        D.body[0].bias.fill_(10.0)
        D.body[-1].weight.fill_(2.5)
        D.body[-1].bias.zero_()

    G = twins.twin(student, draw, "generator/mlp", {"z_dim": 2, "norm": False, **SMALL}, far)
    return OnRing(random_ring(draw), G, twins.twin(student, draw, "discriminator/mlp", SMALL, sure))


def _moved(student: Student, net: Twin) -> float:
    """Return the largest change of a weight."""
    return max(_moves(student, net).values())


def _moves(student: Student, net: Twin) -> dict[str, float]:
    """Return the largest change of each weight, by name."""
    now, then = student.snapshot(net.there)["weights"], net.weights()
    return {name: (now[name].double() - then[name]).abs().max().item() for name in then}


IN_PART = (
    "{who} moves in part: {name} stays as it was. opt_{who} takes all of {who}'s weights, "
    "{who}.parameters()."
)
ITS_OWN_TURNS = (
    "G is called {calls} times, whether 2 turns are asked for or 4: take `turns` of them, no more "
    "and no less."
)


OTHER_TURNS = (
    "Where {turns} turns are asked for G takes {took:g}: take `turns` of them, no more and no less."
)


def _heeds_turns(student: Student, train: Handle, draw: Draw) -> OnRing:
    """Watch G in two trainings, of which one is twice as long; return that one's nets.

    What a turn does to G is up to the learner: its calls and backward passes are counted in turns
    by what the longer training has more. A look at the samples is a call, and no turn.
    """
    seen = []
    for turns in (2, 4):
        ring = on_ring(student, draw, SMALL)
        student.watch(ring.G.there)
        _train(student, train, ring, draw, turns)
        seen.append(student.watch(ring.G.there))
    if seen[0]["calls"] == seen[1]["calls"] > 0:
        raise Wrong(ITS_OWN_TURNS.format(calls=seen[0]["calls"]))
    each = (seen[1]["backwards"] - seen[0]["backwards"]) / 2
    if each > 0 and seen[0]["backwards"] != 2 * each:
        raise Wrong(OTHER_TURNS.format(took=seen[0]["backwards"] / each, turns=2))
    return ring


STANDS = FAULTY.format(
    "G has not moved at all. Whose weights did opt_G get, and who clears G's gradients when?"
)


D_STANDS = "D has not moved at all: opt_D holds D's weights, and steps down D's loss."
FAR = 5.0  # a turn of Adam moves a weight by its rate


def optimisers_move_both(student: Student, train: Handle, draw: Draw) -> None:
    ring = on_ring(student, draw, SMALL)
    _train(student, train, ring, draw, 2)
    if _moved(student, ring.G) == 0:
        raise Wrong(STANDS)
    if _moved(student, ring.D) == 0:
        raise Wrong(D_STANDS)
    for who, net in (("G", ring.G), ("D", ring.D)):
        for name, moved in _moves(student, net).items():
            if moved == 0:
                raise Wrong(IN_PART.format(who=who, name=name))
    _heeds_turns(student, train, draw)


def optimisers_apart(student: Student, train: Handle, draw: Draw) -> None:
    """Where D is right and sure, its own loss has no gradient: what moves it is G's optimiser."""
    if _moved(student, _heeds_turns(student, train, draw).D) == 0:
        raise Wrong(D_STANDS)
    ring = _sure(student, draw)
    _train(student, train, ring, draw, 1)
    if (way := _moved(student, ring.G)) > FAR:
        raise Wrong(
            f"One turn moved a weight of G by {way:.0f}: G was drawn afresh, or takes huge steps. "
            "Train it in place, from where it stands."
        )
    if _moved(student, ring.D) > 3e-4:
        raise Wrong(
            FAULTY.format(
                "D gives in to G. Where D is right and sure its own loss leaves it where it is, "
                "and yet it moved: an optimiser that steps down G's loss holds weights of D."
            )
        )
    if _moved(student, ring.G) == 0:
        raise Wrong(STANDS)


def _trained_on_ring(student: Student, train: Handle, draw: Draw) -> None:
    ring = on_ring(student, draw)
    _train(student, train, ring, draw, RING_TURNS)
    judge_ring(student, ring, draw)


def optimisers_repaired(student: Student, train: Handle, draw: Draw) -> None:
    in_band(student, "train", lambda: _trained_on_ring(student, train, draw))


BOTH, APART = "both nets move", "each optimiser moves one net"
REPAIRED = "the repaired run finds the modes"
EXERCISE = Exercise(
    "10.2",
    "a G that does not move at all",
    points=8,
    minutes=15,
    parts=(
        Part(BOTH, 2, optimisers_move_both),
        Part(APART, 2, optimisers_apart),
        Part(REPAIRED, 3, optimisers_repaired, seconds=90.0),
        Part("a second run", 1, optimisers_repaired, shown=False, seconds=90.0),
    ),
    names=("train",),
    promises=(
        ("and D in place", BOTH),
        ("for so many turns", BOTH),
        ("Gradients reach both nets", APART),
        ("the repaired run must reach the band of healthy runs", REPAIRED),
    ),
)
