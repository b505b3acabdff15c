"""Exercise 06.3: the moving average of G."""

from dataclasses import dataclass

import torch
from torch import Tensor

from gancourse.check import facts, twins
from gancourse.check.spec import Again, Draw, Exercise, Part, Wrong
from gancourse.check.student import Handle, Student, StudentError


@dataclass(frozen=True)
class Averaged:
    """An average and its G, both on the learner's side, and the decay to use."""

    avg: twins.Twin
    G: twins.Twin
    decay: float

    def update(self, student: Student, fn: Handle) -> None:
        try:
            student.call(fn, [self.avg.there, self.G.there, self.decay])
        except StudentError as error:
            if "leaf Variable" not in error.message:
                raise
            raise Wrong(
                "PyTorch refuses to write into weights that learn, since it records each operation "
                "on them: an average is no step to differentiate, so write under torch.no_grad()."
            ) from None

    def mixed(self, share: float, avg: dict | None = None) -> dict[str, Tensor]:
        """Return share * average + (1 - share) * G, by name."""
        ours, theirs = avg or self.avg.weights(), self.G.weights()
        return {name: share * ours[name] + (1 - share) * theirs[name] for name in ours}


def _state(draw: Draw, net: torch.nn.Module) -> dict[str, Tensor]:
    """Return random weights and buffers that fit the net: positive, for a variance is."""
    return {
        name: torch.tensor(draw.integer(3, 900)) if t.dim() == 0 else draw.normal(*t.shape).abs()
        for name, t in net.state_dict().items()
    }


def _averaged(student: Student, draw: Draw, decay: float | None = None) -> Averaged:
    options = {"z_dim": 3, "widths": [6], "shape": [2], "norm": True}

    def settle(net: torch.nn.Module) -> None:
        net.load_state_dict(_state(draw, net))

    avg, G = (twins.twin(student, draw, "generator/mlp", options, settle) for _ in range(2))
    return Averaged(avg, G, draw.uniform(0.55, 0.95) if decay is None else decay)


def _ema_moved(student: Student, pair: Averaged) -> None:
    if twins.same_weights(student, pair.avg):
        if not twins.same_weights(student, pair.G):
            raise Wrong("G moved, and the average did not: G_avg is the one to change, towards G.")
        raise Wrong(
            "The average did not change: write into its parameters in place (mul_, add_, lerp_, "
            "copy_); a new tensor under an old name changes nothing in G_avg."
        )


# weights are of size 1: two products and a sum in float32 err by at most 2 eps
EMA_ROUNDING = 8 * facts.EPS


def ema_mixes(student: Student, fn: Handle, draw: Draw) -> None:
    for decay in (None, 0.999, 0.0, 1.0):
        pair = _averaged(student, draw, decay)
        pair.update(student, fn)
        if decay != 1.0:
            _ema_moved(student, pair)
        twins.judge_weights(
            student.snapshot(pair.avg.there)["weights"],
            pair.mixed(pair.decay),
            EMA_ROUNDING,
            _ema_mistakes(pair) if decay is None else {},
            "The average is not decay * average + (1 - decay) * G in each of its parameters"
            + ("." if decay is None else f" with a decay of {decay:g}."),
        )


def ema_frozen(student: Student, fn: Handle, draw: Draw) -> None:
    """An average that wants no gradients, as most are kept, of a G with a frozen weight."""
    pair = _averaged(student, draw)
    names = list(pair.avg.weights())
    still = {"avg": names, "G": [draw.choice(names)]}
    for who, frozen in still.items():
        student.freeze(getattr(pair, who).there, frozen)
    pair.update(student, fn)
    ours, want = pair.avg.weights(), pair.mixed(pair.decay)
    twins.judge_weights(
        student.snapshot(pair.avg.there)["weights"],
        want,
        EMA_ROUNDING,
        {FROZEN: ours, FROZEN_G: want | {name: ours[name] for name in still["G"]}},
        "The average of nets with frozen weights is not the one of others.",
    )


FROZEN = (
    "An average that wants no gradients (requires_grad_(False)) does not move: its weights follow "
    "G's whether they are trained or not; go through all parameters."
)
FROZEN_G = (
    "Weights of G that want no gradient are left out: the average follows each parameter of G; go "
    "through all of them."
)


def _ema_mistakes(pair: Averaged) -> dict[str, dict[str, Tensor]]:
    ours, theirs = pair.avg.weights(), pair.G.weights()
    return {
        "decay and 1 - decay have changed places: the average should remember, and move only by "
        "1 - decay towards G.": pair.mixed(1 - pair.decay),
        "This copies G: nothing of the past is left in the average.": theirs,
        "The two shares do not add up to 1: decay * average + (1 - decay) * G.": {
            name: ours[name] + (1 - pair.decay) * theirs[name] for name in ours
        },
        "This is the plain mean of the two, whatever the decay.": pair.mixed(0.5),
    }


KEPT = {
    "weights": "G itself changed: the average watches the training, it does not steer it.",
    "buffers": "G itself changed, in its buffers: the average watches the training.",
    "modes": "{who} comes back in another mode: train() or eval() was called and left on.",
    "grads": "{who}'s gradients have changed, or are gone with weights that were replaced: an "
    "average takes no step, and writes into the weights that are there.",
}


def ema_leaves_g(student: Student, fn: Handle, draw: Draw) -> None:
    """G as it was, all of it; and of the average only what it is asked to change."""
    pair = _averaged(student, draw)
    for net in (pair.avg, pair.G):
        twins.leave_grads(student, net, draw)
    for train in (True, False):
        student.apply(pair.avg.there, draw.normal(4, 3), not train)
        student.apply(pair.G.there, draw.normal(4, 3), train)
        before = [student.snapshot(net.there) for net in (pair.avg, pair.G)]
        pair.update(student, fn)
        _ema_moved(student, pair)
        after = [student.snapshot(net.there) for net in (pair.avg, pair.G)]
        twins.judge_untouched(before[1], after[1], "G", **KEPT)
        changing = ("weights", "buffers")
        twins.judge_untouched(before[0], after[0], "G_avg", changing, **KEPT)


def ema_buffers(student: Student, fn: Handle, draw: Draw) -> None:
    pair = _averaged(student, draw)
    pair.update(student, fn)
    _ema_moved(student, pair)
    got = student.snapshot(pair.avg.there)["buffers"]
    old, new = (dict(net.here.named_buffers()) for net in (pair.avg, pair.G))
    twins.judge_weights(
        got,
        new,
        0.0,  # a copy is exact
        {
            "The buffers stayed behind: batch norm's running mean and variance are no parameters, "
            "and the averaged G would normalise with old ones; copy them.": old
        },
        "The buffers are not G's: batch norm's running mean and variance are averages already, and "
        "its batch count is a whole number; copy all of them as they are.",
    )
    student.load(pair.G.there, _state(draw, pair.G.here))
    if not facts.all_near(student.snapshot(pair.avg.there)["buffers"], got, 0.0):
        raise Wrong("The average shares its buffers with G and changes with it: copy the numbers.")


def ema_twice(student: Student, fn: Handle, draw: Draw) -> None:
    """With a decay within (0, 1); and of 0, where the average is a copy, but no part of G."""
    for decay in (None, 0.0):
        _judge_twice(student, fn, draw, _averaged(student, draw, decay))


def _judge_twice(student: Student, fn: Handle, draw: Draw, pair: Averaged) -> None:
    pair.update(student, fn)
    first, state = pair.mixed(pair.decay), _state(draw, pair.G.here)
    student.load(pair.G.there, state)
    if not facts.all_near(student.snapshot(pair.avg.there)["weights"], first, EMA_ROUNDING):
        raise Wrong("The average shares its weights with G and changes with it: copy the numbers.")
    pair.G.here.load_state_dict(state)
    pair.update(student, fn)
    want = pair.mixed(pair.decay, first)
    got = student.snapshot(pair.avg.there)["weights"]
    twins.judge_weights(
        got, want, 2 * EMA_ROUNDING, {}, "After two updates the average is not the one expected."
    )


def ema_mixes_all(student: Student, fn: Handle, draw: Draw) -> None:
    ema_mixes(student, fn, draw)
    ema_frozen(student, fn, draw)


MIXES, ALONE = "the average moves a little towards G", "nothing else changes"
BUFFERS, TWICE = "the buffers follow G", "two updates, with G moving in between"
EXERCISE = Exercise(
    "06.3",
    "the moving average of G",
    points=6,
    minutes=15,
    parts=(
        Part(MIXES, 2, ema_mixes_all),
        Part(ALONE, 1, ema_leaves_g),
        Part(BUFFERS, 1, ema_buffers),
        Part(TWICE, 1, ema_twice),
        Part(
            "another pair of nets",
            1,
            Again((ema_mixes_all, ema_leaves_g, ema_buffers, ema_twice)),
            shown=False,
        ),
    ),
    names=("ema_update",),
    withheld=("gancourse.train.ema_step",),
    promises=(
        ("Change `G_avg` in place", MIXES),
        ("each parameter becomes `decay` times itself plus `1 - decay` times G's", MIXES),
        ("Copy the buffers", BUFFERS),
        ("all else stays as it is, in `G_avg` and in G", ALONE),
        ("an average over its steps", TWICE),
    ),
)
