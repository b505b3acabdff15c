"""Exercise 05.2: a step of D."""

from gancourse.check import facts, twins
from gancourse.check.players import Game, Players, Step, two_players
from gancourse.check.sheet05.shared import D_MISTAKES
from gancourse.check.spec import Draw, Exercise, Part, Wrong
from gancourse.check.student import Handle, Student
from gancourse.losses import cross_entropy_d


def _down(loss=cross_entropy_d) -> Step:
    """Return a step of D down this loss."""

    def step(game: Game) -> None:
        game.fakes()
        game.go("D", game.d_loss(loss))

    return step


def _take(student: Student, step: Handle, players: Players) -> object:
    given = [players.G.there, players.D.there, players.opt_D, players.x_real, players.z]
    got = student.call(step, given)
    if twins.same_weights(student, players.D):
        raise Wrong(twins.STILL.format(who="D", opt="opt_D"))
    return got


def d_step_moves(student: Student, step: Handle, draw: Draw) -> None:
    players = two_players(student, draw)
    _take(student, step, players)
    twins.judge_weights(
        student.snapshot(players.D.there)["weights"],
        players.played(_down()).weights("D"),
        players.tolerance(),
        {told: players.played(_down(loss)).weights("D") for told, loss in D_MISTAKES.items()},
        "D moved, but not by one step of opt_D down the gradient of its loss on x_real and G(z).",
    )


def d_step_leaves_g(student: Student, step: Handle, draw: Draw) -> None:
    players = two_players(student, draw)
    _take(student, step, players)
    if not twins.same_weights(student, players.G):
        raise Wrong("G moved in D's step: only opt_D may step here.")
    if not facts.empty_grads(student.snapshot(players.G.there)["grads"]):
        raise Wrong(
            "Your fake batch is still attached: G's weights got a gradient in D's step; detach the "
            "fakes, or make them under no_grad."
        )
    if not twins.still_learns(student, players.G, players.z):
        raise Wrong("G stays frozen after D's step: give its weights requires_grad back.")


def d_step_clears(student: Student, step: Handle, draw: Draw) -> None:
    seed, moved = draw.seed(), []
    for stale in (False, True):
        players = two_players(student, Draw(seed))
        if stale:
            twins.leave_grads(student, players.D, draw)
        _take(student, step, players)
        moved.append(student.snapshot(players.D.there)["weights"])
    if not facts.all_near(moved[1], moved[0], players.tolerance()):
        raise Wrong(
            "Gradients that an earlier step left in D are added to yours (G's step leaves some): "
            "clear them before backward."
        )


def d_step_returns(student: Student, step: Handle, draw: Draw) -> None:
    players = two_players(student, draw)
    got = _take(student, step, players)
    before, after = players.played(_down(), times=2).losses
    facts.diagnose(
        facts.number(got, "What d_step returns"),
        before,
        facts.rounding(8 * len(players.z), before),
        {"This is D's loss after its step: return the loss that the step went down.": after},
        "What d_step returns is not D's loss on x_real and G(z).",
    )


def d_step_twice(student: Student, step: Handle, draw: Draw) -> None:
    players = two_players(student, draw, momentum=0.5)
    for _ in range(2):
        _take(student, step, players)
    twins.judge_weights(
        student.snapshot(players.D.there)["weights"],
        players.played(_down(), times=2).weights("D"),
        4 * players.tolerance(),  # the second step adds its own rounding to the first one's
        {},
        "Two steps in a row, with momentum, do not lead where opt_D leads: step with the optimiser "
        "that was given, and clear the gradients each time.",
    )


EXERCISE = Exercise(
    "05.2",
    "a step of D",
    points=8,
    minutes=15,
    parts=(
        Part("D moves one step down its loss", 2, d_step_moves),
        Part("G is left alone", 2, d_step_leaves_g),
        Part("old gradients are cleared", 2, d_step_clears),
        Part("the loss is returned", 1, d_step_returns),
        Part("two steps with momentum", 1, d_step_twice, shown=False),
    ),
    names=("d_step",),
)
