"""Exercise 05.3: a step of G."""

from torch.nn.functional import softplus

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
from gancourse.check.sheet05.shared import judge_alive, judge_repeats
from gancourse.check.spec import Again, Draw, Exercise, Part, Wrong
from gancourse.check.student import Handle, Student
from gancourse.losses import non_saturating_g, saturating_g

G_MISTAKES = {
    "This is the saturating loss, log(1 - D(G(z))): where D is sure, it leaves G without gradient; "
    "minimise -log D(G(z)).": saturating_g,
    "G walks uphill: -log D(G(z)) must become smaller, and this step makes it larger.": (
        lambda real, fake: -non_saturating_g(real, fake)
    ),
    "G learns to be caught: its target for D on fakes is 'real', and this step aims at 'fake'.": (
        lambda real, fake: softplus(fake).mean()
    ),
    "This adds the saturating and the non-saturating loss: together they are -logit, another "
    "divergence.": (lambda real, fake: -fake.mean()),
    "This sums over the batch: a larger batch would mean larger steps; take the mean.": (
        lambda real, fake: softplus(-fake).sum()
    ),
}


def _down(loss=non_saturating_g) -> Step:
    """Return a step of G down this loss."""

    def step(game: Game) -> None:
        game.fakes()
        game.go("G", game.g_loss(loss))

    return step


def _take(student: Student, step: Handle, players: Players) -> object:
    return student.call(step, [players.G.there, players.D.there, players.opt_G, players.z])


def _check_moved(student: Student, players: Players) -> None:
    if twins.same_weights(student, players.G):
        raise Wrong(
            "G did not move: the way from the loss through D to G must stay whole (no detach, no "
            "no_grad), and opt_G must step after backward."
        )


def _judge(student: Student, players: Players, else_: str) -> None:
    wrong = {what: _down(loss) for what, loss in G_MISTAKES.items()}
    wrong[G_EVALUATING] = evaluating(_down())
    judge_step(student, players, "G", _down(), wrong, else_)


G_EVALUATING = (
    "G was called in evaluation mode: its batch norm takes the running averages there, so G learns "
    "as another net than the one that is trained. Leave G in training mode."
)
D_EVALUATING = (
    "D was called in evaluation mode: with batch norm or dropout it would judge the fakes as "
    "another net than the one that G plays against. Leave D in training mode."
)


def g_step_moves(student: Student, step: Handle, draw: Draw) -> None:
    """With gradients of common size, with large ones, and of a G with batch norm."""
    missed = "G moved, but not by one step of opt_G down the mean of -log D(G(z))."
    held_back = HELD_BACK.format(who="G")
    for else_, kind in ((missed, {}), (held_back, {"steep": 5 * STEEP}), (missed, {"norm": True})):
        players = two_players(student, draw, **kind)
        _take(student, step, players)
        _check_moved(student, players)
        _judge(student, players, else_)


def g_step_leaves_d(student: Student, step: Handle, draw: Draw) -> None:
    """D may hold gradients afterwards: its own next step clears them, as in lesson 05."""
    players = two_players(student, draw)
    G, D = (student.snapshot(net.there) for net in (players.G, players.D))
    student.watch(players.D.there)
    _take(student, step, players)
    _check_moved(student, players)
    twins.judge_untouched(
        D,
        student.snapshot(players.D.there),
        "D",
        but=("grads",),
        weights="D moved in G's step: D would help G to fool it; only opt_G may step here.",
        requires_grad="D stays frozen after G's step: give its weights requires_grad back.",
    )
    twins.judge_untouched(
        G,
        student.snapshot(players.G.there),
        "G",
        but=("weights", "grads"),
        requires_grad="G stays frozen after its own step: give its weights requires_grad back.",
    )
    judge_mode(student, players.D, D_EVALUATING)


def g_step_returns(student: Student, step: Handle, draw: Draw) -> None:
    """Where D is steep the loss after the step is another one."""
    players = two_players(student, draw, steep=STEEP)
    got = _take(student, step, players)
    before, after = players.played(_down(), times=2).losses
    facts.diagnose(
        facts.number(got, "What g_step returns"),
        before,
        facts.rounding(8 * len(players.z), before),
        {"This is G's loss after its step: return the loss that the step went down.": after},
        "What g_step returns is not the mean of -log D(G(z)), the loss that its step went down.",
    )


def g_step_clears(student: Student, step: Handle, draw: Draw) -> None:
    seed, moved = draw.seed(), []
    for stale in (False, False, True):
        players = two_players(student, Draw(seed))
        if stale:
            twins.leave_grads(student, players.G, draw)
        _take(student, step, players)
        _check_moved(student, players)
        moved.append(student.snapshot(players.G.there)["weights"])
    judge_repeats(moved, players)
    if not facts.all_near(moved[2], moved[0], players.tolerance()):
        raise Wrong("G's old gradients are added to the new ones: clear them before backward.")


def g_step_where_d_is_sure(student: Student, step: Handle, draw: Draw) -> None:
    players = two_players(student, draw, sure=draw.uniform(150.0, 200.0))
    _take(student, step, players)
    judge_alive(
        student,
        players,
        "G",
        "Where D is sure (logit -150), G gets no gradient at all and never recovers: "
        "-log D(G(z)) still has the slope -1 there.",
        "Where D is sure (logit -150), G's weights become NaN: a sigmoid is exactly 0 there and "
        "its log infinite, or an exponential has overflowed; stay with logits (softplus, "
        "logsigmoid, a loss 'with logits').",
    )
    _judge(student, players, "Where D is sure, G's step is not the one down -log D(G(z)).")


def g_step_twice(student: Student, step: Handle, draw: Draw) -> None:
    players = two_players(student, draw, momentum=0.5)
    for _ in range(2):
        _take(student, step, players)
    twins.judge_weights(
        student.snapshot(players.G.there)["weights"],
        players.played(_down(), times=2).weights("G"),
        4 * players.tolerance(),  # the second step adds its own rounding to the first one's
        {},
        "Two steps in a row, with momentum, do not lead where two right ones lead: each goes down "
        "the loss, from gradients that were cleared, with the optimiser that was given.",
    )


MOVES, LEFT = "G moves one step down -log D(G(z))", "D is left as it was"
CLEARED, SURE = "old gradients are cleared", "G learns where D is sure"
RETURNED, TWICE = "the loss is returned", "two steps in a row"
EXERCISE = Exercise(
    "05.3",
    "a step of G",
    points=8,
    minutes=15,
    parts=(
        Part(MOVES, 2, g_step_moves),
        Part(LEFT, 1, g_step_leaves_d),
        Part(CLEARED, 1, g_step_clears),
        Part(RETURNED, 1, g_step_returns),
        Part(TWICE, 1, g_step_twice),
        Part(SURE, 1, g_step_where_d_is_sure),
        Part(
            "other players",
            1,
            Again(
                (
                    g_step_moves,
                    g_step_leaves_d,
                    g_step_clears,
                    g_step_returns,
                    g_step_twice,
                    g_step_where_d_is_sure,
                )
            ),
            shown=False,
        ),
    ),
    names=("g_step",),
    withheld=("gancourse.train.g_step", "gancourse.clinic.working.g_step"),
    promises=(
        (r"one step of G down the mean of $-\log D(G(z))$", MOVES),
        ("both nets in training mode throughout", LEFT),
        ("also where D is sure (logits of -150)", SURE),
        ("with the given optimiser", TWICE),
        ("return that loss", RETURNED),
        ("Clear G's old gradients first", CLEARED),
        ("D must come out unmoved and trainable", LEFT),
    ),
)
