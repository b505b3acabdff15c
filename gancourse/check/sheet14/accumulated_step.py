"""Exercise 14.3: one step from several backward passes."""

import copy
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import softplus

from gancourse.check import facts, players, twins
from gancourse.check.spec import Again, Draw, Exercise, Part, Wrong
from gancourse.check.student import Handle, Student

NET = {"widths": [6, 5], "shape": [3]}
Weights = dict[str, Tensor]


@dataclass(frozen=True)
class Round:
    """A D with its SGD optimiser, a batch of real samples, and the size of its parts."""

    D: twins.Twin
    opt: Handle
    x: Tensor  # [N, 3]
    size: int
    rate: float

    def given(self) -> list:
        return [self.D.there, self.opt, self.x, self.size]

    @property
    def parts(self) -> list[Tensor]:
        return list(self.x.double().split(self.size))

    def loss(self, x: Tensor | None = None) -> Tensor:
        return softplus(-self.D.here(self.x.double() if x is None else x)).mean()

    def gradient(self, x: Tensor | None = None) -> Weights:
        """Return the gradient of the mean loss on x, or on the whole batch."""
        named = dict(self.D.here.named_parameters())
        found = torch.autograd.grad(self.loss(x), list(named.values()))
        return dict(zip(named, found, strict=True))

    def after(self, *weighted: tuple[float, Weights]) -> Weights:
        """Return the weights after one step down the sum of gradients, each times its number."""
        return {name: w - self.rate * sum(times * grads[name] for times, grads in weighted)
                for name, w in self.D.weights().items()}  # fmt: skip


STEEP = 100.0  # times: gradients in the tens, where common thresholds of clipping are 1 to 10
LARGE = 20.0
KEPT = {"momentum": 0.5, "weight_decay": 0.1}


def _steep(student: Student, draw: Draw) -> Round:
    """Return a round with the same logits, a hundredth of the first weights and large samples.

    The step is a hundredth, too.
    """
    while True:
        r = _round(student, draw, (3, 0), STEEP)
        if sum(g.square().sum() for g in r.gradient().values()).sqrt() > LARGE:
            return r


def _round(
    student: Student,
    draw: Draw,
    sizes: tuple[int, int],
    steep: float = 1.0,
    kept: dict[str, float] | None = None,
    sure: float = 0.0,
) -> Round:
    """Return a round of so many whole parts and so many samples more; `kept` is set in opt.

    `sure` is taken off all of D's logits.
    """

    def grow(net: torch.nn.Module) -> None:
        for p in net.parameters():
            p.mul_(2.0)
        net.body[0].weight /= steep
        if steep != 1 and net(x).mean() > 0:  # D is wrong, so that its gradient does not die
            net.body[-1].weight *= -1
            net.body[-1].bias *= -1
        net.body[-1].bias -= sure

    size = draw.integer(4, 6)
    N = sizes[0] * size + sizes[1]
    x = steep * (draw.normal(N, 3) + draw.normal(3))
    D = twins.twin(student, draw, "discriminator/mlp", NET, grow)
    rate = draw.uniform(0.4, 0.6) / steep
    opt = student.build_optimizer("SGD", D.there, {"lr": rate, **(kept or {})})
    return Round(D, opt, x, size, rate)


def _each(r: Round, times: Callable[[int, int], float], chosen: slice = slice(None)) -> Weights:
    """Return where a step leads that weighs each part's gradient by times(its size, N)."""
    return r.after(*((times(len(x), len(r.x)), r.gradient(x)) for x in r.parts[chosen]))


def _stepping(r: Round, times: Callable[[int, int], float]) -> Weights:
    """Return the weights after a step for each part in place of one for all."""
    net, kept = r.D.here, r.D.weights()
    for x in r.parts:
        moved = r.after((times(len(x), len(r.x)), r.gradient(x)))
        net.load_state_dict(moved, strict=False)
    moved = r.D.weights()
    net.load_state_dict(kept, strict=False)
    return moved


MOVES: dict[str, Callable[[Round], Weights]] = {
    "The parts' means are added: the step is as many times too long as there are parts. Weigh "
    "each by its share of the batch.": lambda r: _each(r, lambda n, N: 1.0),
    "The parts' means are averaged as if all had as many samples: the last part is smaller, and "
    "each of its samples counts more.": lambda r: _each(r, lambda n, N: 1 / len(r.parts)),
    "The losses of the samples are summed and not averaged: divide by N.": (
        lambda r: _each(r, lambda n, N: float(n))
    ),
    "The step is too short: the mean over all samples is divided by the number of parts again.": (
        lambda r: _each(r, lambda n, N: n / N / len(r.parts))
    ),
    "Each part's mean is divided by N: it is a mean already.": lambda r: _each(
        r, lambda n, N: 1 / N
    ),
    "Only the last part counts: the gradients are cleared in between. Clear them once, before the "
    "first part.": lambda r: _each(r, lambda n, N: n / N, slice(-1, None)),
    "Only the last part counts, as if it were the batch: clear the gradients once, before the "
    "first part.": lambda r: _each(r, lambda n, N: 1.0, slice(-1, None)),
    "Only the last part counts: its mean is divided by the number of parts, and the others' "
    "gradients are cleared.": lambda r: _each(r, lambda n, N: 1 / len(r.parts), slice(-1, None)),
    "Only the first part counts.": lambda r: _each(r, lambda n, N: n / N, slice(1)),
    "Only the first part counts, as if it were the batch.": (
        lambda r: _each(r, lambda n, N: 1.0, slice(1))
    ),
    "The samples after the last whole part are left out.": (
        lambda r: _each(r, lambda n, N: n / N, slice(whole_parts(r)))
    ),
    "The samples after the last whole part are left out, and the others averaged.": (
        lambda r: _each(r, lambda n, N: 1 / whole_parts(r), slice(whole_parts(r)))
    ),
    "A step is taken for each part: take one for all of them, after the last backward pass.": (
        lambda r: _stepping(r, lambda n, N: n / N)
    ),
    "A step is taken for each part, with its own mean: that is training with smaller batches.": (
        lambda r: _stepping(r, lambda n, N: 1.0)
    ),
    "D climbs its loss: the sign is turned.": lambda r: r.after((-1.0, r.gradient())),
}


def whole_parts(r: Round) -> int:
    """Return how many parts are whole."""
    return len(r.x) // r.size


MISSED = "D moved, but not by one step down its mean loss on all samples."

NOT_OPT = (
    "Two steps in a row, with momentum and weight decay, do not lead where opt leads: step with "
    "the optimiser that was given, not by hand and not with another one."
)


def _judge(student: Student, fn: Handle, r: Round, else_: str = MISSED) -> object:
    before = student.snapshot(r.D.there)
    got = student.call(fn, r.given())
    now = student.snapshot(r.D.there)
    twins.judge_untouched(before, now, "D", but=("weights", "grads"))
    after = now["weights"]
    if twins.same_weights(student, r.D):
        raise Wrong(twins.STILL.format(who="D", opt="opt"))
    mistakes = {meaning: move(r) for meaning, move in MOVES.items()}
    twins.judge_weights(
        after, r.after((1.0, r.gradient())), 2e-5, mistakes, else_,
    )  # fmt: skip
    return got


def accumulated_whole(student: Student, fn: Handle, draw: Draw) -> None:
    """Some parts, and one; then with large gradients, and with a D that is sure and wrong."""
    for count in (3, 1):
        _judge(student, fn, _round(student, draw, (count, 0)))
    held_back = players.HELD_BACK.format(who="D").replace("opt_D", "opt")
    _judge(student, fn, _steep(student, draw), held_back)
    _judge_sure(student, fn, _round(student, draw, (2, 0), sure=draw.uniform(40.0, 60.0)))
    _judge_optimiser(student, fn, _round(student, draw, (2, 0), kept=KEPT))


def _judge_sure(student: Student, fn: Handle, r: Round) -> None:
    """Below a logit of 88 e^l is a number: log(1 + e^l) as it is written will do."""

    def after() -> Weights:
        return student.snapshot(r.D.there)["weights"]

    def take() -> Weights:
        student.call(fn, r.given())
        return after()

    got = players.surely(take, after)
    want = r.after((1.0, r.gradient()))
    players.judge_where_sure("D", "real samples fake", got, want, at=40)


def _judge_optimiser(student: Student, fn: Handle, r: Round) -> None:
    """Judge two steps of an optimiser that has more than a rate, and keeps what it has seen."""
    for _ in range(2):
        student.call(fn, r.given())
    got = student.snapshot(r.D.there)["weights"]
    if not facts.all_near(got, _twice(r, cleared=False), 2e-5):  # old gradients are another part's
        twins.judge_weights(got, _twice(r), 2e-5, {}, NOT_OPT)


def _twice(r: Round, cleared: bool = True) -> Weights:
    """Return the weights after two whole steps of such an optimiser."""
    D = copy.deepcopy(r.D.here)
    opt = torch.optim.SGD(D.parameters(), lr=r.rate, **KEPT)
    for _ in range(2):
        if cleared:
            opt.zero_grad()
        softplus(-D(r.x.double())).mean().backward()
        opt.step()
    return {name: w.detach() for name, w in D.named_parameters()}


def accumulated_rest(student: Student, fn: Handle, draw: Draw) -> None:
    for whole in (2, 3, 0):
        _judge(student, fn, _round(student, draw, (whole, draw.integer(1, 3))))


def accumulated_afresh(student: Student, fn: Handle, draw: Draw) -> None:
    """With equal parts, with a smaller last one, and with one part alone, whole or not."""
    for sizes in ((3, 0), (2, 1), (1, 0), (0, 3)):
        _judge_afresh(student, fn, draw, sizes)


def _judge_afresh(student: Student, fn: Handle, draw: Draw, sizes: tuple[int, int]) -> None:
    """Judge the learner's own step again, from the same place, with old gradients in D."""
    seed, moved = draw.seed(), []
    for old in (False, True):
        r = _round(student, Draw(seed), sizes)
        if old:
            twins.leave_grads(student, r.D, draw)
        student.call(fn, r.given(), seed=0)
        moved.append(student.snapshot(r.D.there)["weights"])
    if twins.same_weights(student, r.D):
        raise Wrong(twins.STILL.format(who="D", opt="opt"))
    if not facts.all_near(*moved, 2e-5):
        raise Wrong(
            "Gradients that an earlier step left in D count in this one: clear them before the "
            "first backward pass."
        )


def accumulated_by_parts(student: Student, fn: Handle, draw: Draw) -> None:
    for sizes in ((3, 2), (7, 1)):
        _judge_parts(student, fn, _round(student, draw, sizes))


def _judge_parts(student: Student, fn: Handle, r: Round) -> None:
    student.watch(r.D.there)
    student.call(fn, r.given())
    players.judge_mode(student, r.D, "D looks at its samples in evaluation mode: leave its mode.")
    seen = student.watch(r.D.there)
    kept = seen["at_once"]
    if kept > r.size:
        raise Wrong(
            f"The graphs of {kept} samples are kept at the same time, and the parts are of "
            f"{r.size}: let backward end each part's graph before the next goes through D."
        )
    if seen["largest"] > r.size:
        raise Wrong(
            f"D is given {seen['largest']} samples at once in a pass without gradients, and the "
            f"parts are of {r.size}: the batch is too large for that. Add up the parts' losses."
        )
    if kept < r.size:
        raise Wrong(
            f"The parts that D is given are of {kept} and not of {r.size}: that takes more passes "
            "than there is memory for."
        )


def accumulated_loss(student: Student, fn: Handle, draw: Draw) -> None:
    r = _round(student, draw, (2, 3))
    got = student.call(fn, r.given())
    want, parts = r.loss().item(), [r.loss(x).item() for x in r.parts]
    n = len(r.x)
    facts.diagnose(
        facts.number(got, "The loss"), want, facts.rounding(8 * n, want),
        {
            "What is returned is the loss of the last part: add up all of them.": parts[-1],
            "What is returned is the last part's share of the loss: add up all of them.": (
                parts[-1] * len(r.parts[-1]) / n
            ),
            "What is returned is the sum of the parts' means: weigh each by its share.": sum(parts),
            "What is returned is the parts' means averaged as if all had as many samples.": (
                sum(parts) / len(parts)
            ),
            "What is returned is the sum over the samples: divide by N.": want * n,
        },
        "What is returned is not D's mean loss on all samples, before its step.",
    )  # fmt: skip


WHOLE, REST, AFRESH = "equal parts", "a smaller last part", "old gradients"
MEMORY, LOSS = "one part at a time", "the loss"
PARTS = (
    (WHOLE, 2, accumulated_whole),
    (REST, 2, accumulated_rest),
    (AFRESH, 1, accumulated_afresh),
    (MEMORY, 2, accumulated_by_parts),
    (LOSS, 1, accumulated_loss),
)
EXERCISE = Exercise(
    "14.3",
    "accumulation",
    points=9,
    minutes=20,
    parts=(
        *(Part(*part) for part in PARTS),
        Part("other batches", 1, Again(tuple(run for *_, run in PARTS)), shown=False),
    ),
    names=("accumulated_step",),
    promises=(
        ("one step of `opt`", WHOLE),
        ("as after one backward pass of the mean over all N samples", WHOLE),
        ("on D's loss on real samples, $\\mathrm{softplus}(-D(x))$", WHOLE),
        ("the last part may be smaller", REST),
        ("whatever gradients D had before", AFRESH),
        ("keep the graph of one part at a time", MEMORY),
        ("Return that mean", LOSS),
    ),
)
