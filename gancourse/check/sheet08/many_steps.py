"""Exercise 08.4: steps that bf16 cannot hold."""

from collections.abc import Callable

import torch
from torch import Tensor

from gancourse.check import facts
from gancourse.check.spec import Again, Draw, Exercise, Part, Wrong
from gancourse.check.student import Handle, Student


def _bf16(x: Tensor) -> Tensor:
    """Return the nearest bf16 numbers, as float64."""
    return x.float().bfloat16().double()


def _walk(weight: Tensor, grads: Tensor, lr: float, kept: Callable[[Tensor], Tensor]) -> Tensor:
    """Return the weight after one step for each row, passed through `kept` after each."""
    weight = kept(weight.double())
    for grad in grads.double():
        weight = kept(weight - lr * grad)
    return weight


def _descent(draw: Draw, n: int, steps: int, size: float = 1.0) -> list:
    """Return weight, grads and lr whose single steps are too small for bf16.

    Next to a weight w of bf16 lie numbers at a distance of |w| / 256 to |w| / 128: a step of less
    than |w| / 512 is rounded away. Here 300 steps or more, of |w| / 1500 at most on average, move a
    weight by a fifth.
    """
    sign = torch.where(draw.normal(n) > 0, 1.0, -1.0)
    weight = size * sign * (1.2 + 0.7 * torch.rand(n, generator=draw.generator()))
    lr = draw.uniform(0.05, 0.1)
    grads = weight / (lr * 5 * steps) * (1 + 0.3 * draw.normal(steps, n))
    return [weight, grads, lr]


def _both(student: Student, fn: Handle, given: list) -> list[Tensor]:
    got = student.call(fn, given)
    if isinstance(got, Tensor) and got.shape == (2, *given[0].shape):
        got = list(got)
    if not isinstance(got, list) or len(got) != 2:
        raise Wrong(
            "many_steps should return two tensors, the weight to keep and its bf16 copy, and gave "
            f"{facts.describe(got)}."
        )
    shape = given[0].shape
    return [facts.tensor(got[0], shape, "The weight to keep"),
            facts.tensor(got[1], shape, "The copy in bf16")]  # fmt: skip


STALLED = (
    "The weight hardly moved: it was kept in bf16, where a step of less than half the distance to "
    "the next number is rounded away; keep it in float32."
)


def _judge_kept(got: Tensor, given: list) -> None:
    weight, grads, lr = given
    want = _walk(weight, grads, lr, lambda w: w)
    # each step rounds a number of size |w|, by half an eps or less; the product adds a little
    tolerance = 0.6 * len(grads) * facts.EPS * float(weight.abs().max())
    if facts.near(got, want, tolerance):
        return
    mistakes = {
        "The weight went up the gradient: subtract lr times the gradient.": (
            2 * weight.double() - want
        ),
        "The weight to keep is rounded to bf16: the next steps would start from there; round only "
        "the copy.": _bf16(want),
        "The gradients were averaged: take one step for each row.": (
            weight.double() - lr * grads.double().mean(0)
        ),
        "Only the first row of grads is used: take one step for each.": (
            weight.double() - lr * grads[0].double()
        ),
        "Only the last row of grads is used: take one step for each.": (
            weight.double() - lr * grads[-1].double()
        ),
        "The last row of grads is left out: take one step for each.": (
            weight.double() - lr * grads[:-1].double().sum(0)
        ),
        "The first row of grads is left out: take one step for each.": (
            weight.double() - lr * grads[1:].double().sum(0)
        ),
        "lr is missing.": weight.double() - grads.double().sum(0),
    }
    for meaning, value in mistakes.items():
        if facts.near(got, value, tolerance):
            raise Wrong(meaning)
    way = (want - weight.double()).abs().max()
    if (got - weight.double()).abs().max() < 0.1 * way:
        raise Wrong(STALLED)
    if (got - want).abs().max() < 0.5 * way:
        raise Wrong(
            "The weight goes the right way and misses, as where something is rounded to 16 bits "
            "(the gradients, lr or their sum) or where rows of grads are left out."
        )
    raise Wrong("The weight to keep is not weight minus lr times each row of grads.")


def _cut(x: Tensor) -> Tensor:
    """Return the next bf16 numbers towards 0, as float64."""
    return (x.float().view(torch.int32) & -65536).view(torch.float32).double()


def _judge_copy(kept: Tensor, got: Tensor, given: list) -> None:
    want = _walk(*given, lambda w: w)
    step = _bf16(want).abs() / 128  # at least the distance to the next bf16 number
    if not facts.near(got, _bf16(got), 0.0):
        sixteen = facts.near(got, got.half().double(), 0.0)
        also = " (these are fp16, which has more digits and a smaller range)" if sixteen else ""
        raise Wrong(f"The copy holds numbers that bf16 does not have{also}: bfloat16 is asked.")
    if not (got - want).abs().le(2 * step).all():
        if facts.near(got, _bf16(given[0]), 0.0):
            raise Wrong("The copy is that of the first weight: round after the steps.")
        raise Wrong("The copy is not the kept weight rounded to bf16.")
    # within rounding of the kept weight itself, either neighbour may be the nearest
    surely = (want - _bf16(want)).abs() < 0.45 * step / 2
    if facts.near(got[surely], _bf16(want)[surely], 0.0):
        return
    if facts.near(got, _bf16(kept), 0.0):
        raise Wrong("The copy is the kept weight's, and that one is off: look at it first.")
    if facts.near(got, _cut(kept), 0.0):
        raise Wrong(
            "The copy is not always the nearest bf16 number: cutting digits off makes each weight "
            "too small, by up to twice the error of rounding."
        )
    raise Wrong(
        "The copy is not always the bf16 number that is nearest to the kept weight: round that one "
        "once, to the nearest (.bfloat16() does)."
    )


SIZES = (1.0, 2.0**-9, 2.0**9)


def steps_kept(student: Student, fn: Handle, draw: Draw) -> None:
    for size in SIZES:
        given = _descent(draw, 64, draw.integer(300, 400), size)
        _judge_kept(_both(student, fn, given)[0], given)


def steps_copy(student: Student, fn: Handle, draw: Draw) -> None:
    for size in SIZES:
        given = _descent(draw, 64, draw.integer(300, 400), size)
        _judge_copy(*_both(student, fn, given), given)


KEPT, COPY = "the weight that is kept", "its copy in bf16"
EXERCISE = Exercise(
    "08.4",
    "steps that bf16 cannot hold",
    points=6,
    minutes=15,
    parts=(
        Part(KEPT, 3, steps_kept),
        Part(COPY, 2, steps_copy),
        Part("other weights", 1, Again((steps_kept, steps_copy)), shown=False),
    ),
    names=("many_steps",),
    promises=(
        ("one step of plain gradient descent for each row of `grads`", KEPT),
        ("the weight to keep, exact to float32", KEPT),
        ("the copy that the net would compute with: the nearest bf16 numbers", COPY),
        ("Each single step here is smaller than bf16 can see", KEPT),
    ),
)
