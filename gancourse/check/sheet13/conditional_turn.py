"""Exercise 13.3: a turn with labels."""

import copy
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import softplus

from gancourse.check import facts, twins
from gancourse.check.players import (
    HELD_BACK,
    KINDS,
    STEEP,
    UNEVEN,
    Step,
    judge_mode,
    judge_where_sure,
    surely,
    turn_wrong,
    uneven,
)
from gancourse.check.sheet13.shared import AS_ASKED, CLASSES, Batches, Labelled, Labels, joined
from gancourse.check.spec import Again, Draw, Exercise, Part, Wrong
from gancourse.check.student import Handle, Student, StudentError
from gancourse.check.twins import Twin
from gancourse.losses import saturating_g


@dataclass(frozen=True)
class Players:
    """G and D on points with labels, with an optimiser each, and a batch of each kind."""

    G: Twin
    D: Twin
    opts: tuple[Handle, Handle]
    settings: dict[str, dict]
    batches: Batches

    def all(self) -> list:
        return [self.G.there, self.D.there, *self.opts, *self.batches.given()]

    def played(self, step: Step, labels: Labels = AS_ASKED) -> Labelled:
        """Return the game, in float64, after a step from where both players were built."""
        G, D = copy.deepcopy((self.G.here, self.D.here))
        opts = (
            torch.optim.SGD(net.parameters(), **self.settings[who])
            for net, who in ((G, "G"), (D, "D"))
        )
        game = Labelled(G, D, *opts, batches=self.batches, labels=labels)
        step(game)
        return game


def _batches(draw: Draw, z_dim: int, more: int) -> Batches:
    """Return batches whose labels differ in each place; both have all classes; `more` are real."""
    N = draw.integer(8, 12)
    y_real = torch.tensor([*range(CLASSES), *(draw.integer(0, 2) for _ in range(N - CLASSES))])
    y = (y_real + torch.tensor([draw.integer(1, 2) for _ in range(N)])) % CLASSES
    y_real = torch.cat([y_real, y_real[:more]])
    return Batches(draw.normal(N + more, 2) + draw.normal(2), y_real, draw.normal(N, z_dim), y)


def _players(
    student: Student, draw: Draw, steep: float = 1.0, more: int = 0, sure: float = 0.0
) -> Players:
    """Return fresh players whose optimisers have a weight decay: it shows who took a step.

    `steep` multiplies D's slopes, and so all gradients, and makes steps shorter by as much; `sure`
    is taken off all of D's logits.
    """
    z_dim = draw.integer(2, 4)
    of_G = {"z_dim": z_dim + CLASSES, "norm": False, "widths": [8], "shape": [2]}
    of_D = {"widths": [8], "shape": [2 + CLASSES]}
    G = twins.twin(student, draw, "generator/mlp", of_G)
    batches = _batches(draw, z_dim, more)

    def heed_labels(D: torch.nn.Module) -> None:
        D.body[0].weight[:, 2:] *= 3.0
        D.body[-1].bias -= sure
        if steep != 1:
            x_fake = G.here(joined(batches.z.double(), batches.y)).float()
            real, fake = joined(batches.x_real, batches.y_real), joined(x_fake, batches.y)
            turn_wrong(D, steep, real, fake)

    D = twins.twin(student, draw, "discriminator/mlp", of_D, heed_labels)
    settings = {who: {"lr": draw.uniform(0.1, 0.2) / steep, "weight_decay": 0.1} for who in "GD"}
    opts = [student.build_optimizer("SGD", net.there, settings[w]) for w, net in zip("GD", (G, D))]  # noqa: B905
    return Players(G, D, tuple(opts), settings, batches)


def _both(game: Labelled) -> None:
    game.fakes()
    game.go("D", game.d_loss())
    game.go("G", game.g_loss())


def _of_d(change: Callable[[Labelled], Tensor] = Labelled.d_loss) -> Step:
    """Return a step of D alone down what `change` makes of the game."""

    def step(game: Labelled) -> None:
        game.fakes()
        game.go("D", change(game))

    return step


def _d_after_g(game: Labelled) -> None:
    game.fakes()
    game.go("G", game.g_loss())
    game.fakes()
    game.go("D", game.d_loss())


REAL_LABELS = (
    "{who}'s step judges the fakes with the real batch's labels: {so}. Judge a fake with the label "
    "y that it was made for."
)
REFUSED = "D then learns to refuse a good three because it was called a seven"
ANOTHER = "G then learns to make what another label asks for"
MADE = (
    "G is given the real batch's labels, and its fakes are judged with {other}: z comes with its "
    "own labels y. Give those to G, and to D with the fakes."
)
REAL_WRONG = (
    "The real points are judged with the labels of the fakes: each has its own, y_real, and D "
    "learns from pairs that belong together."
)
EXCHANGED = "The labels have changed places: y_real belongs to x_real, y to z and its fakes."
LABELS: dict[str, Labels] = {
    MADE.format(other="y"): Labels(made="y_real"),
    MADE.format(other="them, too"): Labels("y_real", "y_real", "y_real"),
    REAL_WRONG: Labels(real="y"),
    EXCHANGED: Labels("y_real", "y_real", "y_real", "y"),
    "The labels have changed places in D's step: y_real belongs to x_real, y to the fakes.": Labels(
        d_fake="y_real", real="y"
    ),
}
D_STEPS: dict[str, Step] = {
    "D went up its loss, not down.": _of_d(lambda g: -g.d_loss()),
    "D learned from the real points alone: its loss has a term for the fakes too.": _of_d(
        lambda g: softplus(-g.on_real()).mean()
    ),
    "D learned from the fakes alone: its loss has a term for the real points too.": _of_d(
        lambda g: softplus(g.on_fake("d_fake")).mean()
    ),
    "D's step is half as long: its loss is the sum of both means, not their average.": _of_d(
        lambda g: g.d_loss() / 2
    ),
    "D also learned that a real point with another label is fake: a loss of its own, and a good "
    "one, but not the one that is asked for.": _of_d(
        lambda g: g.d_loss() + softplus(g.D(joined(g.batches.x_real.double(), g.of("made")))).mean()
    ),
    "Real and fake have changed places in D's loss.": _of_d(
        lambda g: softplus(g.on_real()).mean() + softplus(-g.on_fake("d_fake")).mean()
    ),
    "D learned from fakes that G made after its own step: D comes first.": _d_after_g,
}
# Weights of two correct steps differ by rounding, 1.2e-7 at most in sheet 08's like case.
TOLERANCE = 20 * facts.EPS
MOVING = ("weights", "buffers", "grads")
EVALUATING = (
    "{who} was called in evaluation mode: with batch norm or dropout it is another net there than "
    "the one that is trained. Leave its mode as it is."
)


def _taken(student: Student, fn: Handle, players: Players) -> dict[str, dict]:
    """Take the learner's turn; return the weights of both nets then, by player."""
    before = _seen(student, players)
    for net in (players.G, players.D):
        student.watch(net.there)
    student.call(fn, players.all(), seed=0)
    after = _seen(student, players)
    for who in "GD":
        twins.judge_untouched(before[who], after[who], who, MOVING)
        judge_mode(student, getattr(players, who), EVALUATING.format(who=who))
    return {who: seen["weights"] for who, seen in after.items()}


def _seen(student: Student, players: Players) -> dict[str, dict]:
    return {who: student.snapshot(getattr(players, who).there) for who in "GD"}


def _sure(student: Student, draw: Draw, kind: str) -> Players:
    """Return players whose D calls everything fake, or the other way round."""
    return _players(student, draw, sure=KINDS[kind] * draw.uniform(150.0, 200.0))


def _surely(student: Student, fn: Handle, players: Players) -> dict[str, dict]:
    def seen() -> dict:
        return {who: found["weights"] for who, found in _seen(student, players).items()}

    return surely(lambda: _taken(student, fn, players), seen)


def turn_of_d(student: Student, fn: Handle, draw: Draw) -> None:
    """Gradients of common size, large ones, more real points than fakes, a D that is sure."""
    missed = (
        "D moved, but not by one step of opt_D down cross-entropy on x_real with y_real and on the "
        "fakes with their y."
    )
    _one_of_d(student, fn, _players(student, draw), missed)
    _one_of_d(student, fn, _players(student, draw, STEEP), HELD_BACK.format(who="D"))
    _d_of_more(student, fn, _players(student, draw, more=draw.integer(4, 8)))
    for kind in KINDS:
        players = _sure(student, draw, kind)
        got = _surely(student, fn, players)["D"]
        judge_where_sure("D", kind, got, players.played(_both).weights("D"))


def _d_of_more(student: Student, fn: Handle, players: Players) -> None:
    """With more real points than fakes; what stops after D's step is G's."""
    want = players.played(_both).weights("D")
    with uneven():
        try:
            _taken(student, fn, players)
        except StudentError:
            if not facts.all_near(_seen(student, players)["D"]["weights"], want, TOLERANCE):
                raise
    got = _seen(student, players)["D"]["weights"]
    twins.judge_weights(got, want, TOLERANCE, {}, UNEVEN)


def _one_of_d(student: Student, fn: Handle, players: Players, else_: str) -> None:
    got = _taken(student, fn, players)["D"]
    if twins.same_weights(student, players.D):
        raise Wrong(twins.STILL.format(who="D", opt="opt_D"))
    want = players.played(_both).weights("D")
    if facts.all_near(got, want, TOLERANCE):
        return
    mistakes = {
        REAL_LABELS.format(who="D", so=REFUSED): players.played(_of_d(), Labels(d_fake="y_real"))
    }
    mistakes |= {what: players.played(_of_d(), labels) for what, labels in LABELS.items()}
    mistakes |= {what: players.played(step) for what, step in D_STEPS.items()}
    twins.judge_weights(
        got, want, TOLERANCE, {what: game.weights("D") for what, game in mistakes.items()},
        else_,
    )  # fmt: skip


def _of_g(own_D: dict[str, Tensor], loss=None) -> Step:
    """Return a step of G alone, through a D with these weights: the learner's own, moved."""

    def step(game: Labelled) -> None:
        game.fakes()
        game.D.load_state_dict(own_D)
        game.go("G", game.g_loss(loss))

    return step


def _g_first(game: Labelled) -> None:
    game.fakes()
    game.go("G", game.g_loss())


def _g_pushed_by_both(own_D: dict[str, Tensor]) -> Step:
    """Return a step of G that D's loss pushes too, through the fakes."""

    def step(game: Labelled) -> None:
        game.fakes()
        pull = softplus(game.D(joined(game.x_fake, game.of("d_fake")))).mean()
        pull = torch.autograd.grad(pull, list(game.G.parameters()), retain_graph=True)
        game.D.load_state_dict(own_D)
        both = sum((p * g).sum() for p, g in zip(game.G.parameters(), pull, strict=True))
        game.go("G", game.g_loss() + both)

    return step


def turn_of_g(student: Student, fn: Handle, draw: Draw) -> None:
    """With gradients of common size, with large ones, and where D is sure of the fakes."""
    missed = (
        "G moved, but not by one step of opt_G down the mean of -log D, with the new D, of fakes "
        "with the y that they were made for."
    )
    _one_of_g(student, fn, _players(student, draw), missed)
    _one_of_g(student, fn, _players(student, draw, STEEP), HELD_BACK.format(who="G"))
    players = _sure(student, draw, "real samples fake")
    after = _surely(student, fn, players)
    wants = [players.played(step).weights("G") for step in (_both, _of_g(after["D"]))]
    judge_where_sure("G", "fakes fake", after["G"], *wants)


def _one_of_g(student: Student, fn: Handle, players: Players, else_: str) -> None:
    after = _taken(student, fn, players)
    if twins.same_weights(student, players.G):
        raise Wrong(
            "G did not move: detach the fakes for D's loss only, G's loss needs the way from D's "
            "logits back through the fakes; and then opt_G.step()."
        )
    got, own = after["G"], _of_g(after["D"])
    for step in (_both, own):  # the first, where D moved once more after G's step
        want = players.played(step).weights("G")
        if facts.all_near(got, want, TOLERANCE):
            return
    made = {REAL_LABELS.format(who="G", so=ANOTHER): players.played(own, Labels(g_fake="y_real"))}
    made |= {what: players.played(own, labels) for what, labels in LABELS.items()}
    made |= {
        "G moved against the old D: D's step comes first, and G then asks the new D.": (
            players.played(_g_first)
        ),
        "This is the saturating loss: G should go down the mean of -log D.": players.played(
            _of_g(after["D"], saturating_g)
        ),
        "G was also pushed down D's loss: detach the fakes in D's step.": players.played(
            _g_pushed_by_both(after["D"])
        ),
    }
    twins.judge_weights(
        got, want, TOLERANCE, {what: game.weights("G") for what, game in made.items()},
        else_,
    )  # fmt: skip


def turn_clears(student: Student, fn: Handle, draw: Draw) -> None:
    """The learner's own turn again, from the same place, with old gradients in both nets."""
    seed, moved = draw.seed(), []
    for old in (False, True):
        players = _players(student, Draw(seed))
        if old:
            for net in (players.G, players.D):
                twins.leave_grads(student, net, draw)
        moved.append(_taken(student, fn, players))
    if all(twins.same_weights(student, net) for net in (players.G, players.D)):
        raise Wrong("Neither net moved, so there is nothing to say about old gradients yet.")
    for who in "DG":
        if not facts.all_near(moved[1][who], moved[0][who], TOLERANCE):
            raise Wrong(
                f"With old gradients left in both nets, {who} goes elsewhere: clear a player's "
                "gradients before the backward pass of its own loss."
            )


MOVES_D, MOVES_G = "D moves one step down its loss", "G moves one step, against the new D"
CLEARED = "old gradients are cleared"
EXERCISE = Exercise(
    "13.3",
    "a turn with labels",
    points=9,
    minutes=20,
    parts=(
        Part(MOVES_D, 3, turn_of_d),
        Part(MOVES_G, 3, turn_of_g),
        Part(CLEARED, 1, turn_clears),
        Part("other players", 2, Again((turn_of_d, turn_of_g, turn_clears)), shown=False),
    ),
    names=("conditional_turn",),
    withheld=("gancourse.train.one_step", "gancourse.train.d_step", "gancourse.train.g_step"),
    promises=(
        ("one step of D down cross-entropy", MOVES_D),
        ("There may be more real points than fakes", MOVES_D),
        ("real points with `y_real` and fakes with the `y` that they were made for", MOVES_D),
        ("then one of G down the mean of $-\\log D$", MOVES_G),
        ("with the new D and the same `y`", MOVES_G),
        ("Either net may hold old gradients", CLEARED),
        ("D may be sure and wrong (logits of 150)", MOVES_D),
    ),
)
