"""Exercise 08.2: one batch of fakes for both players."""

from collections.abc import Mapping

import torch
from torch import Tensor

from gancourse.check import facts, twins
from gancourse.check.players import (
    HELD_BACK,
    KINDS,
    STEEP,
    Game,
    Players,
    Step,
    both_step,
    judge_mode,
    judge_where_sure,
    surely,
    two_players,
)
from gancourse.check.spec import Again, Draw, Exercise, Part, Wrong
from gancourse.check.student import Handle, Student
from gancourse.losses import cross_entropy_d, non_saturating_g, saturating_g

Weights = Mapping[str, Tensor]


def _g_step(own_D: Weights, loss=non_saturating_g) -> Step:
    """Return a step of G alone, through a D with these weights: the learner's own after its step.

    So an error of D's step is D's alone, and costs G nothing.
    """

    def step(game: Game) -> None:
        game.fakes()
        game.D.load_state_dict(own_D)
        game.go("G", game.g_loss(loss))

    return step


def _g_first(game: Game) -> None:
    game.fakes()
    game.go("G", game.g_loss())


def _g_pushed_by_both(own_D: Weights) -> Step:
    """Return a step of G that D's loss pushes too, through the fakes."""

    def step(game: Game) -> None:
        game.fakes()
        pull = cross_entropy_d(game.D(game.x_real), game.D(game.x_fake))
        pull = torch.autograd.grad(pull, list(game.G.parameters()), retain_graph=True)
        game.D.load_state_dict(own_D)
        both = sum((p * g).sum() for p, g in zip(game.G.parameters(), pull, strict=True))
        game.go("G", game.g_loss() + both)

    return step


def _opt_unused(step: Step) -> Step:
    """Return the step taken by optimisers that do not know what the given ones were set to."""

    def plain(game: Game) -> None:
        for opt in game.opts.values():
            opt.param_groups[0]["weight_decay"] = 0.0
        step(game)

    return plain


def _d_against_new_fakes(game: Game) -> None:
    game.fakes()
    game.go("G", game.g_loss())
    game.fakes()
    game.go("D", game.d_loss())


def _d_helps(game: Game) -> None:
    game.fakes()
    game.go("D", game.d_loss())
    loss = game.g_loss()
    game.go("G", loss)
    loss.backward(inputs=list(game.D.parameters()))  # on top of its own gradient
    game.opts["D"].step()


def _d_uphill(game: Game) -> None:
    game.fakes()
    game.go("D", -game.d_loss())


def _d_on(*, real: float, fake: float) -> Step:
    def step(game: Game) -> None:
        game.fakes()
        loss = torch.nn.functional.softplus
        on_real, on_fake = loss(-game.D(game.x_real)), loss(game.D(game.x_fake.detach()))
        game.go("D", real * on_real.mean() + fake * on_fake.mean())

    return step


OTHER_OPT = (
    "{who}'s step is not the one that {opt} takes, which has settings of its own (weight decay): "
    "call {opt}.step()."
)
D_STEPS: dict[str, Step] = {
    "D went up its loss, not down.": _d_uphill,
    "D moved in G's step too, and helped G to fool it: only opt_G may step there.": _d_helps,
    "D learned from fakes that G drew after its own step: D comes first.": _d_against_new_fakes,
    "D learned from the real samples alone: its loss has a term for the fakes too.": _d_on(
        real=1.0, fake=0.0
    ),
    "D learned from the fakes alone: its loss has a term for the real samples too.": _d_on(
        real=0.0, fake=1.0
    ),
    "D's step is half as long: its loss is the sum of both means, not their average.": _d_on(
        real=0.5, fake=0.5
    ),
    OTHER_OPT.format(who="D", opt="opt_D"): _opt_unused(both_step),
}


def _g_mistakes(own_D: Weights) -> dict[str, Step]:
    return {
        "G moved against the old D: D's step comes first, and G then asks the new D.": _g_first,
        "This is the saturating loss: G should go down the mean of -log D(G(z)).": _g_step(
            own_D, saturating_g
        ),
        "G was also pushed down D's loss, which makes its fakes easier to catch: detach the fakes "
        "in D's step.": _g_pushed_by_both(own_D),
        OTHER_OPT.format(who="G", opt="opt_G"): _opt_unused(_g_step(own_D)),
    }


# Weights of two correct steps differ by 1.2e-7 at most (150 draws against float64, measured), those
# of the mistakes below by 6e-5 and more.
TOLERANCE = 20 * facts.EPS
MOVING = ("weights", "buffers", "grads")  # what a step may change


def _players(student: Student, draw: Draw, steep: float = 1.0, sure: float = 0.0) -> Players:
    """Return players whose G has batch norm; their optimisers' settings tell who takes a step."""
    return two_players(student, draw, norm=True, decay=0.1, steep=steep, sure=sure)


def _sure(student: Student, draw: Draw, kind: str) -> Players:
    """Return players whose D calls everything fake, real samples too, or the other way round."""
    return _players(student, draw, sure=KINDS[kind] * draw.uniform(150.0, 200.0))


def _taken(student: Student, fn: Handle, players: Players) -> dict[str, dict]:
    """Take the learner's step; return what both nets are then, by player."""
    before = _seen(student, players)
    student.call(fn, players.all(), seed=0)
    after = _seen(student, players)
    for who in "GD":
        twins.judge_untouched(before[who], after[who], who, MOVING)
    return after


def _surely(student: Student, fn: Handle, players: Players) -> dict[str, dict]:
    """Return the weights of both nets where D is sure, by player."""
    after = surely(lambda: _taken(student, fn, players), lambda: _seen(student, players))
    return {who: seen["weights"] for who, seen in after.items()}


def _seen(student: Student, players: Players) -> dict[str, dict]:
    return {who: student.snapshot(getattr(players, who).there) for who in "GD"}


def step_of_d(student: Student, fn: Handle, draw: Draw) -> None:
    """With gradients of common size, with large ones, and where D is sure and wrong."""
    missed = "D moved, but not by one step of opt_D down its loss on x_real and G(z)."
    _one_of_d(student, fn, _players(student, draw), missed)
    _one_of_d(student, fn, _players(student, draw, STEEP), HELD_BACK.format(who="D"))
    for kind in KINDS:
        players = _sure(student, draw, kind)
        got = _surely(student, fn, players)["D"]
        judge_where_sure("D", kind, got, players.played(both_step).weights("D"))


def _one_of_d(student: Student, fn: Handle, players: Players, else_: str) -> None:
    got = _taken(student, fn, players)["D"]["weights"]
    if twins.same_weights(student, players.D):
        raise Wrong(twins.STILL.format(who="D", opt="opt_D"))
    want = players.played(both_step).weights("D")
    if facts.all_near(got, want, TOLERANCE):
        return
    twins.judge_weights(
        got,
        want,
        TOLERANCE,
        {what: players.played(step).weights("D") for what, step in D_STEPS.items()},
        else_,
    )


def step_of_g(student: Student, fn: Handle, draw: Draw) -> None:
    """With gradients of common size, with large ones, and where D is sure that fakes are fake."""
    missed = "G moved, but not by one step of opt_G down the mean of -log D(G(z)), with the new D."
    _one_of_g(student, fn, _players(student, draw), missed)
    _one_of_g(student, fn, _players(student, draw, STEEP), HELD_BACK.format(who="G"))
    players = _sure(student, draw, "real samples fake")
    after = _surely(student, fn, players)
    steps = both_step, _g_step(after["D"])  # the first, where D moved once more after G's step
    wants = [players.played(step).weights("G") for step in steps]
    judge_where_sure("G", "fakes fake", after["G"], *wants)


def _one_of_g(student: Student, fn: Handle, players: Players, else_: str) -> None:
    after = _taken(student, fn, players)
    if twins.same_weights(student, players.G):
        raise Wrong(
            "G did not move: detach the fakes for D's loss only; G's loss needs the way from D's "
            "logits back through the fakes, and then opt_G.step()."
        )
    got, own_D = after["G"]["weights"], after["D"]["weights"]
    for step in (both_step, _g_step(own_D)):  # the first, where D moved once more after G's step
        want = players.played(step).weights("G")
        if facts.all_near(got, want, TOLERANCE):
            return
    twins.judge_weights(
        got,
        want,
        TOLERANCE,
        {what: players.played(step).weights("G") for what, step in _g_mistakes(own_D).items()},
        else_,
    )


D_EVALUATING = (
    "D was called in evaluation mode: with batch norm or dropout it would judge as another net "
    "than the one that is trained. Leave its mode as it is."
)


def step_one_call(student: Student, fn: Handle, draw: Draw) -> None:
    players = _players(student, draw)
    before = student.snapshot(players.G.there)["buffers"]
    student.watch(players.G.there)
    student.watch(players.D.there)
    student.call(fn, players.all())
    if twins.same_weights(student, players.G):
        raise Wrong("G did not move, so there is nothing to say about its fakes yet.")
    after = student.snapshot(players.G.there)["buffers"]
    name = next(name for name in before if name.endswith("num_batches_tracked"))
    trained = facts.number(after[name], "G's count of batches") - before[name].item()
    seen = student.watch(players.G.there)
    calls = max(seen["calls"], trained)
    if trained == 0:
        raise Wrong("G was not called in training mode: leave its mode as it is.")
    judge_mode(student, players.D, D_EVALUATING)
    if calls > 1:
        raise Wrong(
            f"G was called {calls:g} times: D's step does not change G, so the fakes of D's step "
            "are still G(z), and with their graph they serve G's step too."
        )
    if seen["backwards"] > 1:
        raise Wrong(
            "D's loss went back through G as well: that is a backward pass for nothing, and leaves "
            "gradients in G. Give D the fakes without their graph (detach); with retain_graph the "
            "whole graph is kept in memory."
        )


def step_clears(student: Student, fn: Handle, draw: Draw) -> None:
    """The learner's own step again, from the same place, with old gradients in both nets."""
    seed, moved = draw.seed(), []
    for old in (False, True):
        players = _players(student, Draw(seed))
        if old:
            for net in (players.G, players.D):
                twins.leave_grads(student, net, draw)
        student.call(fn, players.all(), seed=0)
        moved.append({who: seen["weights"] for who, seen in _seen(student, players).items()})
    if all(twins.same_weights(student, net) for net in (players.G, players.D)):
        raise Wrong("Neither net moved, so there is nothing to say about old gradients yet.")
    for who in "DG":
        if not facts.all_near(moved[1][who], moved[0][who], TOLERANCE):
            raise Wrong(
                f"With old gradients left in both nets, {who} goes elsewhere: clear a player's "
                "gradients before the backward pass of its own loss."
            )


LOSSES = ("d_loss", "g_loss")
ASKED = {
    "d_loss": "D's cross-entropy on x_real and G(z), from before D's step: two means, added",
    "g_loss": "the mean of -log D(G(z)) with the new D, from before G's step",
}


def step_returns(student: Student, fn: Handle, draw: Draw) -> None:
    _judge_returned(student, fn, _players(student, draw))
    for kind in KINDS:
        _judge_returned(student, fn, _sure(student, draw, kind))


def _judge_returned(student: Student, fn: Handle, players: Players) -> None:
    got = student.call(fn, players.all())
    if isinstance(got, Tensor) and got.shape == (2,):
        got = list(got)
    if not isinstance(got, list) or len(got) != 2:
        raise Wrong(f"The step should return d_loss and g_loss, and gave {facts.describe(got)}.")
    own_D = student.snapshot(players.D.there)["weights"]
    want = players.played(both_step).losses
    through_own = players.played(_g_step(own_D)).losses[0]  # an error of D's step is D's alone
    got = [facts.number(value, what) for value, what in zip(got, LOSSES, strict=True)]
    want[1] = min(want[1], through_own, key=lambda right: abs(got[1] - right))
    for what, value, right in zip(LOSSES, got, want, strict=True):
        _judge_loss(players, what, value, right, want)


def _judge_loss(players: Players, what: str, got: float, right: float, both: list[float]) -> None:
    game = players.played(Game.fakes)
    old = {"d_loss": -game.d_loss().item(), "g_loss": game.g_loss().item()}
    facts.diagnose(
        got,
        right,
        facts.rounding(8 * len(players.z), right),
        {
            f"{what} is the other player's: return d_loss first, then g_loss.": (
                both[what == "d_loss"]
            ),
            f"{what} is taken with the old D: G asks D after D's step."
            if what == "g_loss"
            else "d_loss has the wrong sign.": old[what],
        },
        f"{what} is not {ASKED[what]}.",
    )


MOVES_D, MOVES_G = "D moves one step down its loss", "G moves one step, against the new D"
ONCE, CLEARED = "one call of G, and one way back", "old gradients are cleared"
RETURNED = "both losses are returned"
EXERCISE = Exercise(
    "08.2",
    "one batch of fakes for both players",
    points=8,
    minutes=20,
    parts=(
        Part(MOVES_D, 2, step_of_d),
        Part(MOVES_G, 2, step_of_g),
        Part(ONCE, 1, step_one_call),
        Part(CLEARED, 1, step_clears),
        Part(RETURNED, 1, step_returns),
        Part(
            "other players",
            1,
            Again((step_of_d, step_of_g, step_one_call, step_clears, step_returns)),
            shown=False,
        ),
    ),
    names=("both_steps",),
    withheld=(
        "gancourse.train.one_step",
        "gancourse.train.d_step",
        "gancourse.train.g_step",
        "gancourse.losses.cross_entropy_d",
        "gancourse.losses.non_saturating_g",
    ),
    promises=(
        ("one step of D down cross-entropy, by `opt_D`", MOVES_D),
        ("then one of G down the mean of $-\\log D(G(z))$", MOVES_G),
        ("against the new D", MOVES_G),
        ("both exact where D is sure", MOVES_D),
        ("Both use the same fakes: call G once", ONCE),
        ("let nothing of D's loss go back through G", ONCE),
        ("Either net may hold old gradients", CLEARED),
        ("Return d_loss and g_loss", RETURNED),
    ),
)
