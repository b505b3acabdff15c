"""Exercise 08.3: a step that can be resumed."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from gancourse.check import facts
from gancourse.check.spec import Again, Draw, Exercise, Part, Wrong
from gancourse.check.student import Handle, Odd, Student

BETA1, BETA2, TINY = 0.5, 0.999, 1e-8


@dataclass(frozen=True)
class Adam:
    """Adam as written down, with one thing changed for each mistake."""

    beta1: float = BETA1
    beta2: float = BETA2
    correct: tuple[bool, bool] = (True, True)  # the bias of each average
    counts: bool = True  # else each step takes itself for the first
    keeps: tuple[bool, bool] = (True, True)  # whether each average outlives its step
    root: bool = True
    inside: bool = False  # the small number inside of the root
    sign: float = 1.0
    falls: bool = True  # else v is divided by its largest value so far
    early: bool = False  # the small number is added to the root of v before its correction
    one_rate: bool = False  # each step has the first one's rate
    rests: str = ""  # what a gradient of 0 leaves out: the "number" that has it, or the "step"

    def run(self, weight: Tensor, grads: Sequence[Tensor], rates: Sequence[float]) -> Tensor:
        """Return the weight after one step for each gradient, with a rate for each."""
        weight, m, v, top = weight.double(), 0.0, 0.0, torch.zeros(())
        steps = [(g, lr) for g, lr in zip(grads, rates, strict=True)
                 if self.rests != "step" or g.any()]  # fmt: skip
        for t, (g, lr) in enumerate(steps, 1):
            lr = rates[0] if self.one_rate else lr
            m, v = (average * keep for average, keep in zip((m, v), self.keeps, strict=True))
            m = self.beta1 * m + (1 - self.beta1) * g.double()
            v = self.beta2 * v + (1 - self.beta2) * g.double() ** 2
            top = v if self.falls else torch.maximum(top, v)
            way = self.sign * lr * self.ratio(m, top, t if self.counts else 1)
            weight = torch.where((g == 0) & (self.rests == "number"), weight, weight - way)
        return weight

    def ratio(self, m: Tensor, v: Tensor, t: int) -> Tensor:
        m = m / (1 - self.beta1**t) if self.correct[0] else m
        if self.early:
            return m * (1 - self.beta2**t) ** 0.5 / (v.sqrt() + TINY)
        v = v / (1 - self.beta2**t) if self.correct[1] else v
        if not self.root:
            return m / (v + TINY)
        return m / (v + TINY).sqrt() if self.inside else m / (v.sqrt() + TINY)


ADAMS = {
    "This goes up the gradient: a step is minus lr times the ratio.": Adam(sign=-1.0),
    "Neither average is divided by 1 - beta^t: both start at 0 and are too small at first.": (
        Adam(correct=(False, False))
    ),
    "m is not divided by 1 - beta1^t: it starts at 0 and is too small at first.": (
        Adam(correct=(False, True))
    ),
    "v is not divided by 1 - beta2^t: it starts at 0, and dividing by something too small makes "
    "the first steps huge.": Adam(correct=(True, False)),
    "beta1 and beta2 have changed places: m forgets fast (0.5), v slowly (0.999).": (
        Adam(beta1=BETA2, beta2=BETA1)
    ),
    "beta1 is 0.9 here: GANs use 0.5.": Adam(beta1=0.9),
    "The square root of v is missing: a step should not depend on the gradient's size.": (
        Adam(root=False)
    ),
    "1e-8 stands inside of the root: it belongs outside, else it drowns small gradients.": (
        Adam(inside=True)
    ),
    "1e-8 is added to the root before v is divided by 1 - beta2^t: it comes last.": (
        Adam(early=True)
    ),
    "A weight stays where it is when its gradient is 0: m still moves it.": Adam(rests="number"),
    "A step is left out when its gradient is 0: m still moves the weight, and t counts.": (
        Adam(rests="step")
    ),
    "The count of steps is lost between calls: t is always 1, so keep it in the state.": (
        Adam(counts=False)
    ),
    "m is lost between calls: keep it in the state, as a checkpoint must.": (
        Adam(keeps=(False, True))
    ),
    "v is lost between calls: keep it in the state, as a checkpoint must.": (
        Adam(keeps=(True, False))
    ),
    "Each step has the first call's lr: take the lr that a call is given, it falls in many runs.": (
        Adam(one_rate=True)
    ),
    "This divides by the largest v so far, as AMSGrad does: Adam's v falls again "
    "where gradients get smaller.": Adam(falls=False),
    "The state is not used: each call starts afresh, as a run does whose checkpoint holds the "
    "weights alone.": Adam(keeps=(False, False), counts=False),
}


@dataclass
class Resumed:
    """A run that lives in plain data alone: its weight and what the learner's step gave as state.

    Between two steps it goes out of the learner's process and back, as through a file.
    """

    weight: Tensor
    lr: float
    state: object

    def step(self, student: Student, fn: Handle, grad: Tensor, rate: float | None = None) -> None:
        got = student.call(fn, [self.weight, grad, self.state, rate or self.lr])
        if not isinstance(got, list) or len(got) != 2:
            raise Wrong(f"adam_step should return (weight, state), and gave {facts.describe(got)}.")
        weight = facts.tensor(got[0], self.weight.shape, "The new weight")
        self.weight, self.state = weight.to(self.weight.dtype), _plain(got[1])
        if student.left()["arrays"]:
            raise Wrong(
                "A NumPy array comes back: return the weight as a tensor, and keep plain numbers "
                "and tensors alone in the state (torch.from_numpy makes one)."
            )


def _plain(state: object) -> object:
    """Return the state; Wrong where something in it cannot be written to a file as it is."""
    if state is None or isinstance(state, bool | int | float | str | Tensor):
        return state
    if isinstance(state, list | dict):
        for part in state.values() if isinstance(state, dict) else state:
            _plain(part)
        return state
    what = state.what if isinstance(state, Odd) else f"a {state.kind}"
    if what.startswith("a dictionary"):
        raise Wrong(
            "The state holds a dictionary whose names are no text, as the state_dict() of an "
            "optimiser has, which numbers its weights. A file keeps names that are text: return "
            "t, m and v under names of their own."
        )
    raise Wrong(
        f"The state holds {what}: a checkpoint keeps numbers and tensors under names that are "
        "text, since live objects die with their process."
    )


def _gradients(draw: Draw, shape: Sequence[int], n: int) -> list[Tensor]:
    """Return n gradients: some places of size 1, some small, some below the 1e-8 of the formula.

    Of four or more one is 0 all over, not the first, and some of the others are 0 in one place.
    """
    some = [0, -3, -8] if shape and shape[-1] > 2 else []
    places = (shape[-1] if shape else 1) - len(some)
    some += [draw.choice([0, 0, -3, -8]) for _ in range(places)]
    size = (10.0 ** torch.tensor(some)[draw.normal(len(some)).argsort()]).view(shape[-1:])
    grads = [size * (draw.normal(*shape) + 0.5) for _ in range(n)]
    if n >= 4:
        grads[draw.integer(2, n - 2)].zero_()
        for grad in grads[1::2]:
            grad.view(-1)[draw.integer(0, grad.numel() - 1)] = 0.0
    return grads


def _run(draw: Draw, shape: Sequence[int] = (6,)) -> Resumed:
    return Resumed(draw.normal(*shape), draw.uniform(0.01, 0.03), {})


def _judge_adam(
    run: Resumed, start: Tensor, grads: list[Tensor], else_: str, rates: list[float] | None = None
) -> None:
    """Raise Wrong unless the weight is Adam's. A step is at most 10 lr, and errs by some eps."""
    rates = rates or [run.lr] * len(grads)
    want = Adam().run(start, grads, rates)
    tolerance = 8 * len(grads) * facts.EPS * (1 + float(start.abs().max()))
    if facts.near(run.weight, want, tolerance):
        return
    missed = facts.distance(run.weight, want)
    for meaning, adam in ADAMS.items():
        other = adam.run(start, grads, rates)  # one that is hardly nearer than Adam says nothing
        clear = 8 * facts.distance(run.weight, other) < missed
        if clear and facts.near(run.weight, other, 4 * tolerance * other.abs().clamp(min=1)):
            raise Wrong(meaning)
    raise Wrong(else_)


def _taken(
    student: Student,
    fn: Handle,
    run: Resumed,
    grads: list[Tensor],
    else_: str,
    rates: list[float] | None = None,
) -> None:
    start = run.weight
    for grad, rate in zip(grads, rates or [run.lr] * len(grads), strict=True):
        run.step(student, fn, grad, rate)
    if facts.near(run.weight, start, 0.0):
        raise Wrong("The weight that comes back did not move: return the new one, then the state.")
    _judge_adam(run, start, grads, else_, rates)


DISTURBED = (
    "Two runs that take turns disturb each other: something is kept outside of the state, and a "
    "killed process would lose it."
)
NOT_ADAM = "Neither of two runs is Adam's. They do not disturb each other: look at a run by itself."


def adam_first(student: Student, fn: Handle, draw: Draw) -> None:
    run = _run(draw)
    _taken(student, fn, run, _gradients(draw, (6,), 1), "The first step, from {}, is not Adam's.")


def adam_on(student: Student, fn: Handle, draw: Draw) -> None:
    """With one rate for all steps, and with another in each."""
    else_ = (
        "After several steps the weight is not where Adam leads: if the first step is right, look "
        "at what the state hands on."
    )
    _taken(student, fn, _run(draw), _gradients(draw, (6,), draw.integer(8, 12)), else_)
    rates = [draw.uniform(0.002, 0.03) for _ in range(draw.integer(4, 6))]
    changing = "Where lr changes from step to step the weight does not go where Adam goes."
    _taken(student, fn, _run(draw), _gradients(draw, (6,), len(rates)), changing, rates)


def adam_two_runs(student: Student, fn: Handle, draw: Draw) -> None:
    """Each run by itself, and then both in turn from the same places."""
    runs = [_run(draw) for _ in range(2)]
    alone = [replace(run, state={}) for run in runs]
    starts = [run.weight for run in runs]
    grads = [_gradients(draw, (6,), 6) for _ in runs]
    for run, own in zip(alone, grads, strict=True):
        for grad in own:
            run.step(student, fn, grad)
    for pair in zip(*grads, strict=True):
        for run, grad in zip(runs, pair, strict=True):
            run.step(student, fn, grad)
    apart = all(facts.near(a.weight, b.weight, 0.0) for a, b in zip(runs, alone, strict=True))
    for run, start, own in zip(runs, starts, grads, strict=True):
        _judge_adam(run, start, own, NOT_ADAM if apart else DISTURBED)


def adam_shapes(student: Student, fn: Handle, draw: Draw) -> None:
    """A hundred steps, of which the first have large gradients: v rises, and falls again.

    Then a few of a single number, and of weights with more axes.
    """
    for dtype in (torch.float32, torch.float64):
        run = _run(draw, (3, 4))
        run.weight = run.weight.to(dtype)
        grads = _gradients(draw, (3, 4), 100)
        grads = [(g if n >= 5 else 30 * g).to(dtype) for n, g in enumerate(grads)]
        _taken(student, fn, run, grads, "A hundred steps of a matrix do not lead where Adam leads.")
    for shape in ((), (1,), (2, 3, 2), (2, 1, 3, 2)):
        else_ = f"Six steps of a weight of shape {list(shape)} do not lead where Adam leads."
        _taken(student, fn, _run(draw, shape), _gradients(draw, shape, 6), else_)


FIRST, ON = "the first step", "the steps after it"
TWO, LONG = "two runs in turn", "a matrix, 100 steps, float64"
EXERCISE = Exercise(
    "08.3",
    "a step that can be resumed",
    points=8,
    minutes=25,
    parts=(
        Part(FIRST, 2, adam_first),
        Part(ON, 2, adam_on),
        Part(TWO, 2, adam_two_runs),
        Part(LONG, 1, adam_shapes),
        Part(
            "other runs", 1, Again((adam_first, adam_on, adam_two_runs, adam_shapes)), shown=False
        ),
    ),
    names=("adam_step",),
    withheld=("torch.optim.Adam", "torch.optim.adam.adam", "torch._fused_adam_"),
    promises=(
        ("one step of Adam with $\\beta_1 = 0.5$, $\\beta_2 = 0.999$", FIRST),
        ("for a weight of any shape", LONG),
        ("All that it must remember goes into `state`, which is `{}` at first", ON),
        ("plain numbers and tensors only", TWO),
    ),
)
