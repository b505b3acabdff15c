"""Exercise 10.1: D's loss reaches G."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from gancourse.check import facts, twins
from gancourse.check.players import Game, Players, Step, two_players
from gancourse.check.sheet10.shared import (
    ADAM,
    BATCH,
    ILL,
    RING_TURNS,
    in_band,
    judge_ring,
    on_ring,
)
from gancourse.check.spec import Draw, Exercise, Part
from gancourse.check.student import Handle, Student
from gancourse.losses import cross_entropy_d, non_saturating_g, saturating_g

DLoss = Callable[[Tensor, Tensor], Tensor]


@dataclass(frozen=True)
class Leak:
    """What may reach whom in a turn: how much of D's loss reaches G, and what D's loss is."""

    to_G: float = 0.0
    d_loss: DLoss = cross_entropy_d
    g_loss: DLoss = saturating_g
    g_steps: bool = True
    kept: bool = False  # gradients of D's last step


def _turn(leak: Leak) -> Step:
    """Return a turn with this leak."""

    def step(game: Game) -> None:
        game.fakes()
        game.opts["G"].zero_grad()
        if not leak.kept:
            game.opts["D"].zero_grad()
        fakes = _partly(game.x_fake, leak.to_G)
        leak.d_loss(game.D(game.x_real), game.D(fakes)).backward(retain_graph=True)
        game.opts["D"].step()
        if leak.g_steps:
            game.g_loss(leak.g_loss).backward()
            game.opts["G"].step()

    return step


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


def _judge(student: Student, players: Players, who: str, mistakes: dict, turns: int) -> None:
    twins.judge_weights(
        student.snapshot(getattr(players, who).there)["weights"],
        players.played(_turn(Leak()), turns).weights(who),
        4 * turns * facts.rounding(16, 1.0),
        {told: players.played(_turn(leak), turns).weights(who) for told, leak in mistakes.items()},
        f"{who} did not move down its own loss: first D takes a step on x_real and G(z), then G "
        "takes one down log(1 - D(G(z))) through the new D.",
    )


def turn_G(student: Student, turn: Handle, draw: Draw) -> None:
    players = two_players(student, draw)
    student.call(turn, players.all())
    _judge(student, players, "G", TURN_MISTAKES, 1)


def turn_D(student: Student, turn: Handle, draw: Draw) -> None:
    players = two_players(student, draw)
    for _ in range(2):
        student.call(turn, players.all())
    leaks = {meaning: leak for meaning, leak in TURN_MISTAKES.items() if leak.to_G}
    _judge(student, players, "D", D_MISTAKES | leaks, 2)


def _turns_on_ring(student: Student, turn: Handle, draw: Draw) -> None:
    ring = on_ring(student, draw)
    opts = [student.build_optimizer("Adam", net.there, ADAM) for net in (ring.G, ring.D)]
    data, source = ring.toy.sample(8192, draw.generator()), draw.generator()
    for _ in range(RING_TURNS):
        x_real = data[torch.randint(len(data), (BATCH,), generator=source)]
        z = torch.randn(BATCH, 2, generator=source)
        student.call(turn, [ring.G.there, ring.D.there, *opts, x_real, z])
    judge_ring(student, ring, draw)


def turn_mended(student: Student, turn: Handle, draw: Draw) -> None:
    in_band(student, "The training", lambda: _turns_on_ring(student, turn, draw))


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
