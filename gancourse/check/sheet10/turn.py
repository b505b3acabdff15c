"""Exercise 10.1: D's loss reaches G."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from gancourse.check import facts, twins
from gancourse.check.players import HELD_BACK, STEEP, Game, Players, Step, two_players
from gancourse.check.sheet10.shared import (
    ADAM,
    BATCH,
    FAULTY,
    RING_TURNS,
    in_band,
    judge_ring,
    on_ring,
)
from gancourse.check.spec import Draw, Exercise, Part, Wrong
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
    old_D: bool = False  # G asks D as it was before its step
    g_first: bool = False  # and D sees what G makes after its own


def _turn(leak: Leak, own_D: dict | None = None) -> Step:
    """Return a turn with this leak; G asks a D with the weights `own_D`, else the one of the turn.

    The learner's own D keeps what they do to D out of what is said of G.
    """

    def step(game: Game) -> None:
        game.fakes()
        game.opts["G"].zero_grad()
        game.opts["D"].zero_grad()
        fakes = _partly(game.x_fake, leak.to_G)
        if leak.g_first:
            game.go("G", game.g_loss(leak.g_loss))
            fakes = game.G(game.z).detach()
        leak.d_loss(game.D(game.x_real), game.D(fakes)).backward(retain_graph=True)
        if not leak.old_D:
            game.opts["D"].step()
        if own_D and not leak.old_D:
            game.D.load_state_dict(own_D)
        if leak.g_steps and not leak.g_first:
            game.g_loss(leak.g_loss).backward()
            game.opts["G"].step()

    return step


def _partly(x: Tensor, share: float) -> Tensor:
    """Return x with `share` of its gradient."""
    return x.detach() + share * (x - x.detach())


def _real_alone(real: Tensor, fake: Tensor) -> Tensor:
    return cross_entropy_d(real, fake.detach())


def _uphill(real: Tensor, fake: Tensor) -> Tensor:
    return -cross_entropy_d(real, fake)


STILL_LEAKS = FAULTY.format(
    "D's loss still reaches G. Its gradient is G's own with the other sign, takes nearly all "
    "of it away, and G hardly moves."
)
TURN_MISTAKES = {
    STILL_LEAKS: Leak(1.0),
    "G stands still: cut the graph for D's loss alone, G's own loss must reach it, and its "
    "gradients may not be cleared between backward and step.": Leak(g_steps=False),
    "G moved against the old D: D's step comes first, and G then asks the new D.": Leak(old_D=True),
    FAULTY.format(
        "D's loss still reaches G. Another loss of G only hides how much it takes away."
    ): Leak(1.0, g_loss=non_saturating_g),
    "The leak is closed, and G has another loss, -log D(G(z)): a good one, but the fault was not "
    "there; leave G's loss as it is.": Leak(g_loss=non_saturating_g),
}  # fmt: skip
D_MISTAKES = {
    "D no longer learns from the fakes: detach the samples, not D's verdict on them.": (
        Leak(d_loss=_real_alone)
    ),
    "D learned from fakes that G drew after its own step: D comes first.": Leak(g_first=True),
    "D goes up its loss: it should get better at telling real from fake.": Leak(d_loss=_uphill),
}
MOVING = ("weights", "buffers", "grads")  # what a turn may change
TOLERANCE = 4 * facts.rounding(16, 1.0)


def _played_once(
    student: Student, turn: Handle, draw: Draw, who: str, steep: float = 1.0
) -> tuple[Players, dict]:
    """Return players after one turn of the learner's, and both nets' weights."""
    players = two_players(student, draw, decay=0.1, steep=steep)
    net = getattr(players, who).there
    before = student.snapshot(net)
    student.call(turn, players.all())
    twins.judge_untouched(before, student.snapshot(net), who, MOVING)
    return players, _weights(student, players)


def _weights(student: Student, players: Players) -> dict[str, dict[str, Tensor]]:
    return {who: student.snapshot(getattr(players, who).there)["weights"] for who in "GD"}


def _piles_up(student: Student, turn: Handle, players: Players, who: str) -> bool:
    """Tell whether a second turn leads elsewhere than one with clean gradients from there."""
    fresh = players.renewed(student)
    other = players.D.there if who == "G" else players.G.there
    weights = student.snapshot(other)["weights"]
    student.set_grads(other, {name: torch.zeros_like(w) for name, w in weights.items()})
    for pair in (players, fresh):
        student.call(turn, pair.all())
    got, clean = (_weights(student, pair)[who] for pair in (players, fresh))
    return not facts.all_near(got, clean, TOLERANCE)


def _judge(players: Players, who: str, after: dict, mistakes: dict, else_: str) -> None:
    """Raise Wrong unless this player moved as it should, G against the learner's own D."""

    def led(leak: Leak) -> dict[str, Tensor]:
        return players.played(_turn(leak, after["D"] if who == "G" else None)).weights(who)

    want = led(Leak())
    if not facts.all_near(after[who], want, TOLERANCE):
        others = {what: led(leak) for what, leak in mistakes.items()}
        twins.judge_weights(after[who], want, TOLERANCE, others, else_)


def turn_G(student: Student, turn: Handle, draw: Draw) -> None:
    players, after = _played_once(student, turn, draw, "G")
    _judge(
        players,
        "G",
        after,
        TURN_MISTAKES,
        "G did not move down its own loss: after D's step G takes one of opt_G down "
        "log(1 - D(G(z))), through the new D.",
    )
    steeper, moved = _played_once(student, turn, draw, "G", STEEP)
    _judge(steeper, "G", moved, TURN_MISTAKES, HELD_BACK.format(who="G"))
    if _piles_up(student, turn, players, "G"):
        raise Wrong(
            "G's gradients pile up: those of the last turn are still there in the next one. Clear "
            "them once in each turn, with opt_G.zero_grad()."
        )


def turn_D(student: Student, turn: Handle, draw: Draw) -> None:
    players, after = _played_once(student, turn, draw, "D")
    as_handed_out = players.played(_turn(Leak(1.0), after["D"])).weights("G")
    if facts.all_near(after["G"], as_handed_out, TOLERANCE):
        raise Wrong(STILL_LEAKS)  # nothing is mended yet
    _judge(
        players,
        "D",
        after,
        D_MISTAKES,
        "D did not move down its own loss: first D takes a step of opt_D on x_real and G(z).",
    )
    steeper, moved = _played_once(student, turn, draw, "D", STEEP)
    _judge(steeper, "D", moved, D_MISTAKES, HELD_BACK.format(who="D"))
    if _piles_up(student, turn, players, "D"):
        raise Wrong(
            "D's gradients pile up: clear them before its backward, G's backward leaves some too."
        )


def _turns_on_ring(student: Student, turn: Handle, draw: Draw) -> None:
    ring = on_ring(student, draw)
    opts = [student.build_optimizer("Adam", net.there, ADAM) for net in (ring.G, ring.D)]
    data, source = ring.toy.sample(8192, draw.generator()), draw.generator()
    for _ in range(RING_TURNS):
        x_real = data[torch.randint(len(data), (BATCH,), generator=source)]
        z = torch.randn(BATCH, 2, generator=source)
        student.call(turn, [ring.G.there, ring.D.there, *opts, x_real, z])
    judge_ring(student, ring, draw)


def turn_repaired(student: Student, turn: Handle, draw: Draw) -> None:
    in_band(student, "The training", lambda: _turns_on_ring(student, turn, draw))


MOVES, LEARNS = "G moves down its own loss alone", "D learns from real and fake"
REPAIRED = "the repaired run finds the modes"
EXERCISE = Exercise(
    "10.1",
    "a G that hardly moves",
    points=8,
    minutes=15,
    parts=(
        Part(MOVES, 2, turn_G),
        Part(LEARNS, 2, turn_D),
        Part(REPAIRED, 3, turn_repaired, seconds=90.0),
        Part("a second run", 1, turn_repaired, shown=False, seconds=90.0),
    ),
    names=("turn",),
    withheld=(
        "gancourse.clinic.working.turn",
        "gancourse.clinic.working.d_step",
        "gancourse.clinic.working.g_step",
    ),
    promises=(
        ("down E log(1 - D(G(z)))", MOVES),
        ("Take a step of D on x_real [N, 2] and G(z)", LEARNS),
        ("with no gradients left over", MOVES),
        ("leave both losses as they are", MOVES),
        ("the repaired run must reach the band of healthy runs", REPAIRED),
    ),
)
