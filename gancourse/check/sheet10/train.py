"""Exercise 10.2: an optimiser with the other player's weights."""

from torch import nn

from gancourse.check import twins
from gancourse.check.bench import Bench, Handle
from gancourse.check.rings import random_ring
from gancourse.check.sheet10.shared import (
    ILL,
    RING_TURNS,
    SMALL,
    OnRing,
    in_band,
    judge_ring,
    on_ring,
)
from gancourse.check.spec import Draw, Exercise, Part, Wrong
from gancourse.check.twins import Twin


def _train(bench: Bench, train: Handle, ring: OnRing, draw: Draw, turns: int) -> None:
    data, seed = ring.toy.sample(8192, draw.generator()), draw.seed()
    bench.call(train, [ring.G.there, ring.D.there, data, turns], seed=seed)


def _sure(bench: Bench, draw: Draw) -> OnRing:
    """Return players whose D is right and sure: logits of about +200 on the ring, -200 on fakes."""

    def far(G: nn.Module) -> None:
        G.body[-1].bias -= 40.0

    def sure(D: nn.Module) -> None:
        D.body[0].weight.fill_(1.0)
        D.body[0].bias.fill_(10.0)
        D.body[-1].weight.fill_(2.5)
        D.body[-1].bias.zero_()

    G = twins.twin(bench, draw, "generator/mlp", {"z_dim": 2, "norm": False, **SMALL}, far)
    return OnRing(random_ring(draw), G, twins.twin(bench, draw, "discriminator/mlp", SMALL, sure))


def _moved(bench: Bench, net: Twin) -> float:
    """Return the largest change of a weight."""
    now, then = bench.snapshot(net.there)["weights"], net.weights()
    return max((now[name].double() - then[name]).abs().max().item() for name in then)


STANDS = ILL.format(
    "G has not moved at all. Whose weights did opt_G get, and who clears G's gradients when?"
)


def optimisers_move_both(bench: Bench, train: Handle, draw: Draw) -> None:
    ring = on_ring(bench, draw, SMALL)
    _train(bench, train, ring, draw, 2)
    if _moved(bench, ring.G) == 0:
        raise Wrong(STANDS)
    if _moved(bench, ring.D) == 0:
        raise Wrong("D has not moved at all: opt_D holds D's weights, and steps down D's loss.")


def optimisers_apart(bench: Bench, train: Handle, draw: Draw) -> None:
    """Where D is right and sure, its own loss has no gradient: what moves it is G's optimiser."""
    ring = _sure(bench, draw)
    _train(bench, train, ring, draw, 1)
    if _moved(bench, ring.D) > 3e-4:
        raise Wrong(
            ILL.format(
                "D gives in to G. Where D is right and sure its own loss leaves it where it is, "
                "and yet it moved: an optimiser that steps down G's loss holds weights of D."
            )
        )
    if _moved(bench, ring.G) == 0:
        raise Wrong(STANDS)


def _trained_on_ring(bench: Bench, train: Handle, draw: Draw) -> None:
    ring = on_ring(bench, draw)
    _train(bench, train, ring, draw, RING_TURNS)
    judge_ring(bench, ring, draw)


def optimisers_mended(bench: Bench, train: Handle, draw: Draw) -> None:
    in_band(bench, "train", lambda: _trained_on_ring(bench, train, draw))


EXERCISE = Exercise(
    "10.2",
    "a G that does not move at all",
    points=8,
    minutes=15,
    parts=(
        Part("both nets move", 2, optimisers_move_both),
        Part("each optimiser moves one net", 2, optimisers_apart),
        Part("the mended run finds the modes", 3, optimisers_mended, seconds=90.0),
        Part("a second run", 1, optimisers_mended, shown=False, seconds=90.0),
    ),
    names=("train",),
)
