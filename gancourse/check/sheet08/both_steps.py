"""Exercise 08.2: one batch of fakes for both players."""

import torch
from torch import Tensor

from gancourse.check import facts, twins
from gancourse.check.players import Game, Players, Step, both_step, two_players
from gancourse.check.spec import Draw, Exercise, Part, Wrong
from gancourse.check.student import Handle, Student
from gancourse.losses import cross_entropy_d, saturating_g


def _g_first(game: Game) -> None:
    game.fakes()
    game.go("G", game.g_loss())
    game.go("D", game.d_loss())


def _g_saturating(game: Game) -> None:
    game.fakes()
    game.go("D", game.d_loss())
    game.go("G", game.g_loss(saturating_g))


def _g_pushed_by_both(game: Game) -> None:
    game.fakes()
    pull = cross_entropy_d(game.D(game.x_real), game.D(game.x_fake))
    pull = torch.autograd.grad(
        pull, list(game.G.parameters()), retain_graph=True
    )  # D's loss, through the fakes
    game.go("D", game.d_loss())
    both = sum((p * g).sum() for p, g in zip(game.G.parameters(), pull, strict=True))
    game.go("G", game.g_loss() + both)


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
    game.go("G", game.g_loss())


G_STEPS: dict[str, Step] = {
    "G moved against the old D: D's step comes first, and G then asks the new D.": _g_first,
    "This is the saturating loss: G should go down the mean of -log D(G(z)).": _g_saturating,
    "G was also pushed down D's loss, which makes its fakes easier to catch: detach the fakes in "
    "D's step.": _g_pushed_by_both,
    "D went up its loss, not down, and G followed that D.": _d_uphill,
}
D_STEPS: dict[str, Step] = {
    "D went up its loss, not down.": _d_uphill,
    "D moved in G's step too, and helped G to fool it: only opt_G may step there.": _d_helps,
    "D learned from fakes that G drew after its own step: D comes first.": _d_against_new_fakes,
}


# Weights of two correct steps differ by 1.2e-7 at most (150 draws against float64, measured), those
# of the mistakes below by 6e-5 and more.
TOLERANCE = 20 * facts.EPS


def _judge(
    student: Student, players: Players, who: str, steps: dict[str, Step], else_: str
) -> None:
    twins.judge_weights(
        student.snapshot(getattr(players, who).there)["weights"],
        players.played(both_step).weights(who),
        TOLERANCE,
        {told: players.played(step).weights(who) for told, step in steps.items()},
        else_,
    )


def step_of_d(student: Student, fn: Handle, draw: Draw) -> None:
    players = two_players(student, draw, norm=True)
    student.call(fn, players.all())
    if twins.same_weights(student, players.D):
        raise Wrong(twins.STILL.format(who="D", opt="opt_D"))
    else_ = "D moved, but not by one step of opt_D down its loss on x_real and G(z)."
    _judge(student, players, "D", D_STEPS, else_)
    if not twins.still_learns(student, players.D, players.x_real):
        raise Wrong("D stays frozen after the step: give its weights requires_grad back.")


def step_of_g(student: Student, fn: Handle, draw: Draw) -> None:
    players = two_players(student, draw, norm=True)
    student.call(fn, players.all())
    if twins.same_weights(student, players.G):
        raise Wrong(
            "G did not move: detach the fakes for D's loss only; G's loss needs the way from D's "
            "logits back through the fakes, and then opt_G.step()."
        )
    else_ = "G moved, but not by one step of opt_G down the mean of -log D(G(z)), with the new D."
    _judge(student, players, "G", G_STEPS, else_)


def step_one_call(student: Student, fn: Handle, draw: Draw) -> None:
    players = two_players(student, draw, norm=True)
    before = student.snapshot(players.G.there)["buffers"]
    student.call(fn, players.all())
    if twins.same_weights(student, players.G):
        raise Wrong("G did not move, so there is nothing to say about its fakes yet.")
    after = student.snapshot(players.G.there)["buffers"]
    name = next(name for name in before if name.endswith("num_batches_tracked"))
    calls = facts.number(after[name], "G's count of batches") - before[name].item()
    if calls == 0:
        raise Wrong("G was not called in training mode: leave its mode as it is.")
    if calls > 1:
        raise Wrong(
            f"G was called {calls:g} times: D's step does not change G, so the fakes of D's step "
            "are still G(z), and with their graph they serve G's step too."
        )


def step_clears(student: Student, fn: Handle, draw: Draw) -> None:
    players = two_players(student, draw, norm=True)
    for net in (players.G, players.D):
        twins.leave_grads(student, net, draw)
    student.call(fn, players.all())
    game = players.played(both_step)
    for who, net in (("D", players.D), ("G", players.G)):
        got = student.snapshot(net.there)["weights"]
        if not facts.all_near(got, game.weights(who), TOLERANCE):
            raise Wrong(
                f"With old gradients left in both nets, {who} goes elsewhere: clear a player's "
                "gradients before the backward pass of its own loss."
            )


def step_returns(student: Student, fn: Handle, draw: Draw) -> None:
    players = two_players(student, draw, norm=True)
    got = student.call(fn, players.all())
    if isinstance(got, Tensor) and got.shape == (2,):
        got = list(got)
    if not isinstance(got, list) or len(got) != 2:
        raise Wrong(f"The step should return d_loss and g_loss, and gave {facts.describe(got)}.")
    want = players.played(both_step).losses
    for what, value, right in zip(("d_loss", "g_loss"), got, want, strict=True):
        _judge_loss(players, what, facts.number(value, what), right, want)


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
        f"{what} is not the loss that this step went down.",
    )


def step_again(student: Student, fn: Handle, draw: Draw) -> None:
    players = two_players(student, draw, norm=True, momentum=0.5)
    for _ in range(3):
        student.call(fn, players.all())
    game = players.played(both_step, times=3)
    for who, net in (("D", players.D), ("G", players.G)):
        got = student.snapshot(net.there)["weights"]
        if not facts.all_near(got, game.weights(who), 4 * TOLERANCE):  # errors grow
            raise Wrong(
                f"Three steps in a row, with momentum, do not take {who} where its optimiser "
                "leads: use the optimisers that were given, and clear the gradients each time."
            )


EXERCISE = Exercise(
    "08.2",
    "one batch of fakes for both players",
    points=8,
    minutes=20,
    parts=(
        Part("D moves one step down its loss", 2, step_of_d),
        Part("G moves one step, against the new D", 2, step_of_g),
        Part("G is called once", 1, step_one_call),
        Part("old gradients are cleared", 1, step_clears),
        Part("both losses are returned", 1, step_returns),
        Part("three steps with momentum", 1, step_again, shown=False),
    ),
    names=("both_steps",),
)
