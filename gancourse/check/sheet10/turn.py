"""Exercise 10.1: D's loss reaches G."""

import copy
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from gancourse.check import facts, maps, twins
from gancourse.check.bench import Bench, Handle
from gancourse.check.sheet10.shared import (
    ADAM,
    BATCH,
    ILL,
    N_SAMPLES,
    RING_TURNS,
    Pair,
    in_band,
    judge_points,
    ring_pair,
)
from gancourse.check.spec import Draw, Exercise, Part
from gancourse.losses import cross_entropy_d, non_saturating_g, saturating_g


def _take_turn(bench: Bench, turn: Handle, pair: Pair, opts: list[Handle], batch: list[Tensor]):
    return bench.call(turn, [pair.G.there, pair.D.there, *opts, *batch])


@dataclass(frozen=True)
class Scene:
    """Small nets on one batch, with plain gradient descent, so that a step shows its gradient."""

    pair: Pair
    lr: float
    opts: list[Handle]
    batch: list[Tensor]  # x_real [N, 2], z [N, 2]


def _scene(bench: Bench, draw: Draw) -> Scene:
    small = {"widths": [8], "shape": [2]}
    pair, lr, N = ring_pair(bench, draw, small, small), draw.uniform(0.1, 0.2), draw.integer(6, 12)
    opts = [bench.build_optimizer("SGD", net.there, {"lr": lr}) for net in (pair.G, pair.D)]
    return Scene(pair, lr, opts, [draw.normal(N, 2, mean=1.0), draw.normal(N, 2)])


DLoss = Callable[[Tensor, Tensor], Tensor]


@dataclass(frozen=True)
class Leak:
    """What may reach whom in a turn: how much of D's loss reaches G, and what D's loss is."""

    to_G: float = 0.0
    d_loss: DLoss = cross_entropy_d
    g_loss: DLoss = saturating_g
    g_steps: bool = True
    kept: bool = False  # gradients of D's last step


def _weights(net: nn.Module) -> dict[str, Tensor]:
    return {name: w.detach().clone() for name, w in net.named_parameters()}


def _played(scene: Scene, leak: Leak, turns: int = 1) -> tuple[dict, dict]:
    """Return the weights of G and of D after turns with this leak."""
    G, D = copy.deepcopy((scene.pair.G.here, scene.pair.D.here))
    opt_G, opt_D = (torch.optim.SGD(net.parameters(), lr=scene.lr) for net in (G, D))
    x_real, z = (t.double() for t in scene.batch)
    for _ in range(turns):
        x_fake = G(z)
        opt_G.zero_grad()
        if not leak.kept:
            opt_D.zero_grad()
        leak.d_loss(D(x_real), D(_partly(x_fake, leak.to_G))).backward(retain_graph=True)
        opt_D.step()
        if leak.g_steps:
            leak.g_loss(None, D(x_fake)).backward()
            opt_G.step()
    return _weights(G), _weights(D)


def _partly(x: Tensor, share: float) -> Tensor:
    """Return x with `share` of its gradient."""
    return x.detach() + share * (x - x.detach())


def _real_alone(real: Tensor, fake: Tensor) -> Tensor:
    return cross_entropy_d(real, fake.detach())


TURN_MISTAKES = {
    ILL.format(
        "D's loss still reaches G. Its gradient is G's own with the other sign, takes nearly all "
        "of it away, and G hardly moves."
    ): Leak(1.0),
    "G stands still: cut the graph for D's loss alone, G's own loss must reach it, and its "
    "gradients may not be cleared between backward and step.": Leak(g_steps=False),
    ILL.format("D's loss still reaches G. Another loss of G only hides how much it takes away."): (
        Leak(1.0, g_loss=non_saturating_g)
    ),
    "The leak is closed, and G has another loss, -log D(G(z)): a good one, but the fault was not "
    "there; leave G's loss as it is.": Leak(g_loss=non_saturating_g),
}  # fmt: skip
D_MISTAKES = {
    "D no longer learns from the fakes: detach the samples, not D's verdict on them.": (
        Leak(d_loss=_real_alone)
    ),
    "D's gradients pile up: clear them before its backward, G's backward leaves some too.": (
        Leak(kept=True)
    ),
}


def _judge_turns(bench: Bench, scene: Scene, who: str, mistakes: dict, turns: int) -> None:
    net, index = (scene.pair.G, 0) if who == "G" else (scene.pair.D, 1)
    twins.judge_weights(
        bench.snapshot(net.there)["weights"],
        _played(scene, Leak(), turns)[index],
        4 * turns * facts.rounding(16, 1.0),
        {meaning: _played(scene, leak, turns)[index] for meaning, leak in mistakes.items()},
        f"{who} did not move down its own loss: first D takes a step on x_real and G(z), then G "
        "takes one down log(1 - D(G(z))) through the new D.",
    )


def turn_G(bench: Bench, turn: Handle, draw: Draw) -> None:
    scene = _scene(bench, draw)
    _take_turn(bench, turn, scene.pair, scene.opts, scene.batch)
    _judge_turns(bench, scene, "G", TURN_MISTAKES, 1)


def turn_D(bench: Bench, turn: Handle, draw: Draw) -> None:
    scene = _scene(bench, draw)
    for _ in range(2):
        _take_turn(bench, turn, scene.pair, scene.opts, scene.batch)
    leaks = {meaning: leak for meaning, leak in TURN_MISTAKES.items() if leak.to_G}
    _judge_turns(bench, scene, "D", D_MISTAKES | leaks, 2)


def _turns_on_ring(bench: Bench, turn: Handle, draw: Draw) -> None:
    pair = ring_pair(bench, draw)
    opts = [bench.build_optimizer("Adam", net.there, ADAM) for net in (pair.G, pair.D)]
    data, source = pair.toy.sample(8192, draw.generator()), draw.generator()
    for _ in range(RING_TURNS):
        x_real = data[torch.randint(len(data), (BATCH,), generator=source)]
        z = torch.randn(BATCH, 2, generator=source)
        _take_turn(bench, turn, pair, opts, [x_real, z])
    judge_points(maps.samples(bench, pair.G.there, draw.normal(N_SAMPLES, 2), (2,)), pair.toy)


def turn_mended(bench: Bench, turn: Handle, draw: Draw) -> None:
    in_band(bench, "The training", lambda: _turns_on_ring(bench, turn, draw))


EXERCISE = Exercise(
    "10.1",
    "a G that hardly moves",
    points=8,
    minutes=15,
    parts=(
        Part("G moves down its own loss alone", 2, turn_G),
        Part("D learns from real and fake", 2, turn_D),
        Part("the mended run finds the modes", 3, turn_mended, seconds=90.0),
        Part("a second run", 1, turn_mended, shown=False, seconds=90.0),
    ),
    names=("turn",),
)
