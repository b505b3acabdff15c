"""Exercise 05.2: a step of D."""

from gancourse.check import facts, twins
from gancourse.check.players import (
    HELD_BACK,
    STEEP,
    Game,
    Players,
    Step,
    evaluating,
    judge_mode,
    judge_step,
    two_players,
)
from gancourse.check.sheet05.shared import D_MISTAKES, judge_alive, judge_repeats
from gancourse.check.spec import Again, Draw, Exercise, Part, Wrong
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


MISSED = "D moved, but not by one step of opt_D down the gradient of its loss on x_real and G(z)."
G_EVALUATING = (
    "G drew the fakes in evaluation mode: its batch norm takes the running averages there, so D "
    "learns from other fakes than those that G is trained on. Leave G in training mode."
)
D_EVALUATING = (
    "D was called in evaluation mode: a D with batch norm or dropout would learn as another net "
    "than the one that is trained. Leave D in training mode."
)


def d_step_moves(student: Student, step: Handle, draw: Draw) -> None:
    """With gradients of common size, with large ones, and on the fakes of a G with batch norm."""
    players = [two_players(student, draw), two_players(student, draw, steep=STEEP)]
    for given, else_ in zip(players, (MISSED, HELD_BACK.format(who="D")), strict=True):
        _judge_step(student, step, given, else_)
    _judge_step(student, step, two_players(student, draw, norm=True), MISSED)


def _judge_step(student: Student, step: Handle, players: Players, else_: str) -> None:
    _take(student, step, players)
    wrong = {what: _down(loss) for what, loss in D_MISTAKES.items()}
    wrong[G_EVALUATING] = evaluating(_down())
    judge_step(student, players, "D", _down(), wrong, else_)


def d_step_leaves_g(student: Student, step: Handle, draw: Draw) -> None:
    players = two_players(student, draw)
    G, D = (student.snapshot(net.there) for net in (players.G, players.D))
    student.watch(players.D.there)
    _take(student, step, players)
    after = student.snapshot(players.G.there)
    twins.judge_untouched(
        G,
        after,
        "G",
        but=("grads",),
        weights="G moved in D's step: only opt_D may step here.",
        requires_grad="G stays frozen after D's step: give its weights requires_grad back.",
    )
    if not facts.empty_grads(after["grads"]):
        raise Wrong(
            "Your fake batch is still attached: G's weights got a gradient in D's step; detach the "
            "fakes, or make them under no_grad."
        )
    twins.judge_untouched(
        D,
        student.snapshot(players.D.there),
        "D",
        but=("weights", "grads"),
        requires_grad="D stays frozen after its own step: give its weights requires_grad back.",
    )
    judge_mode(student, players.D, D_EVALUATING)


def d_step_where_d_is_sure(student: Student, step: Handle, draw: Draw) -> None:
    """Wrong about every real sample, and then about every fake."""
    for sign, kind in ((1, "real samples fake"), (-1, "fakes real")):
        players = two_players(student, draw, sure=sign * draw.uniform(150.0, 200.0))
        got = student.call(step, [*players.all()[:2], players.opt_D, players.x_real, players.z])
        _judge_sure(student, players, kind)
        (loss,) = players.played(_down()).losses
        if not facts.near(facts.number(got, "What d_step returns"), loss, 1e-3):
            raise Wrong(
                f"Where D is sure and calls {kind} (logits of 150) what d_step returns is not D's "
                "loss on both kinds, as it was before the step, and without a bound."
            )


def _judge_sure(student: Student, players: Players, kind: str) -> None:
    where = f"Where D is sure and calls {kind} (logits of 150)"
    judge_alive(
        student,
        players,
        "D",
        f"{where}, it gets no gradient at all and never learns better: a sigmoid is exactly 0 or 1 "
        "there, and a clamp or an epsilon has slope 0; stay with logits (softplus, a loss 'with "
        "logits').",
        f"{where}, its weights become NaN: a sigmoid is exactly 0 or 1 there and its log infinite, "
        "or an exponential has overflowed; stay with logits (softplus, a loss 'with logits').",
    )
    judge_step(student, players, "D", _down(), {}, f"{where}, its step is not the one of its loss.")


def d_step_clears(student: Student, step: Handle, draw: Draw) -> None:
    seed, moved = draw.seed(), []
    for stale in (False, False, True):
        players = two_players(student, Draw(seed))
        if stale:
            twins.leave_grads(student, players.D, draw)
        _take(student, step, players)
        moved.append(student.snapshot(players.D.there)["weights"])
    judge_repeats(moved, players)
    if not facts.all_near(moved[2], moved[0], players.tolerance()):
        raise Wrong(
            "Gradients that an earlier step left in D are added to yours (G's step leaves some): "
            "clear them before backward."
        )


def d_step_returns(student: Student, step: Handle, draw: Draw) -> None:
    """Where D is steep the loss after the step is another one."""
    players = two_players(student, draw, steep=STEEP)
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
        "Two steps in a row, with momentum, do not lead where two right ones lead: each goes down "
        "the loss, from gradients that were cleared, with the optimiser that was given.",
    )


MOVES, ALONE = "D moves one step down its loss", "G is left alone"
CLEARED, RETURNED, TWICE = "old gradients are cleared", "the loss is returned", "two steps in a row"
SURE = "D learns where it is sure and wrong"
EXERCISE = Exercise(
    "05.2",
    "a step of D",
    points=8,
    minutes=15,
    parts=(
        Part(MOVES, 2, d_step_moves),
        Part(ALONE, 1, d_step_leaves_g),
        Part(CLEARED, 1, d_step_clears),
        Part(RETURNED, 1, d_step_returns),
        Part(TWICE, 1, d_step_twice),
        Part(SURE, 1, d_step_where_d_is_sure),
        Part(
            "other players",
            1,
            Again(
                (
                    d_step_moves,
                    d_step_leaves_g,
                    d_step_clears,
                    d_step_returns,
                    d_step_twice,
                    d_step_where_d_is_sure,
                )
            ),
            shown=False,
        ),
    ),
    names=("d_step",),
    withheld=("gancourse.train.d_step", "gancourse.clinic.working.d_step"),
    promises=(
        ("one step of D on `x_real` and the fakes `G(z)`", MOVES),
        ("both nets in training mode throughout", ALONE),
        ("also where D is sure and wrong (logits of 150)", SURE),
        ("with the given optimiser", TWICE),
        ("return the loss it went down", RETURNED),
        ("Clear D's old gradients first", CLEARED),
        ("G must come out as it went in: unmoved", ALONE),
        ("without gradient, trainable", ALONE),
    ),
)
