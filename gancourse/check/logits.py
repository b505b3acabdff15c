"""Losses on logits: exact wherever D is sure, in PyTorch, NumPy or plain floats.

A loss is judged by its numbers. Where PyTorch's graph comes with it, its gradient must be right as
well; an answer in NumPy or plain floats has none, and no prompt asks for one.
"""

from collections.abc import Iterator, Mapping, Sequence

import torch
from torch import Tensor

from gancourse.check import facts
from gancourse.check.spec import Draw, Wrong
from gancourse.check.student import Handle, Student, StudentError

FAR = 1e4
LARGEST = 90.0  # of a logit: e^l is more than float32 holds
SIZES = (FAR, 120.0, 45.0, 20.1, 10.6, 9.3, 8.05, 0.5)  # between: where shortcuts set in
CUT = (
    "Some logits get no gradient though others do: .item(), .detach() or no_grad cuts the graph on "
    "the way to them, and D cannot learn from those samples."
)
NO_LOG = (
    "Where D is very sure (logits up to 10,000) this is not finite: a sigmoid is exactly 0 or 1 "
    "there before its logarithm, or an exponential has overflowed; stay with the logit (softplus, "
    "logsigmoid, or log(1 + e^-|l|) plus what is left)."
)
CLAMPED = (
    "At a logit of {at:,.0f} the loss is too small: a clamp or an epsilon inside of the logarithm "
    "hides how wrong D is, and its gradient; stay with the logit."
)
ROUGH = (
    "At a logit of {at:.3g} this is off by {error:.1g}: a shortcut for large logits sets in too "
    "early, or digits are lost; a loss on logits is exact at every size."
)
ANOTHER = (
    "At a logit of {at:,.0f} this is {got:,.4g}, and the loss is {want:,.4g}: it is not the loss "
    "that is asked for."
)
LOST = (
    "At logits of 10,000 the gradient is lost or has the wrong sign, where D is wrong: D could "
    "never correct its worst error."
)
OVERFLOWS = ("OverflowError", "ValueError", "ZeroDivisionError", "FloatingPointError")


def sure(draw: Draw) -> Iterator[tuple[float, float]]:
    """Yield pairs of logits of like size: of each size in SIZES, in three of four signs."""
    for size in SIZES:
        for signs in ((-1, 1), (1, -1), (1, 1)):
            yield tuple(sign * size * draw.uniform(0.99, 1.01) for sign in signs)


def judge_overflow(got: object, logits: Tensor, what: str, safe: str) -> None:
    """Where e^l of a logit is more than float32 holds, name the `safe` way to whoever gave NaN."""
    if logits.max() > LARGEST and _is_nan(got):
        raise Wrong(
            f"Where D is sure (a logit of 100) {what} is NaN: e^l has overflowed, and inf / inf is "
            f"no number; take {safe}."
        )


def _is_nan(got: object) -> bool:
    if isinstance(got, Tensor):
        return got.is_floating_point() and bool(got.isnan().any())
    return isinstance(got, float) and got != got


def tolerance(*logits: Tensor) -> float:
    """Return how far a float32 loss of one sample may lie from the exact one: its own rounding."""
    return 8 * facts.EPS * max(1.0, *(t.abs().max().item() for t in logits))


def value(student: Student, fn: Handle, args: list, what: str) -> float:
    """Return the finite number that the loss gives where D is sure; Wrong for any other."""
    try:
        got = student.call(fn, args)
    except StudentError as error:
        if error.kind in OVERFLOWS:
            raise Wrong(NO_LOG) from None
        raise
    if isinstance(got, Tensor) and got.is_floating_point() and not got.isfinite().all():
        raise Wrong(NO_LOG)
    if isinstance(got, float) and got - got != 0:
        raise Wrong(NO_LOG)
    return facts.number(got, what)


def judge_sure(got: float, want: float, near: float, at: float, mistakes: Mapping) -> None:
    """Raise Wrong unless the loss of one sample at a logit of size `at` is exact.

    `mistakes` maps what a mistake means to the number that it leads to here; it is said only where
    no other one leads there, too.
    """
    if facts.near(got, want, near):
        return
    error = abs(got - want)
    if error < 0.01:
        raise Wrong(ROUGH.format(at=at, error=error))
    found = [meaning for meaning, number in mistakes.items() if facts.near(got, number, near)]
    if len(found) == 1:
        raise Wrong(found[0])
    if abs(at) > 30 and 0 < got < 0.9 * want and not found:
        raise Wrong(CLAMPED.format(at=at))
    raise Wrong(ANOTHER.format(at=at, got=got, want=want))


def judge_gradients(
    student: Student, fn: Handle, args: list, wanted: Sequence[Tensor], near: float, else_: str
) -> None:
    """Raise Wrong unless each gradient that comes back is the wanted one, and all do or none does.

    `wanted` are those by the first tensors of `args`.
    """
    found = _gradients(student, fn, args, len(wanted))
    for got, want in zip(found, wanted, strict=False):
        if got is None:
            raise Wrong(CUT)
        if not facts.near(facts.tensor(got, want.shape, "The gradient"), want, near):
            raise Wrong(else_)


def judge_far_gradients(student: Student, fn: Handle, args: list, wanted: Sequence[Tensor]) -> None:
    """Raise Wrong where a gradient that comes back pushes D nowhere, or the wrong way."""
    found = _gradients(student, fn, args, len(wanted))
    for got, want in zip(found, wanted, strict=False):
        if got is None:
            raise Wrong(CUT)
        got = facts.tensor(got, want.shape, "The gradient")
        if (got * want < 0.01 * want.square()).logical_and(want != 0).any():
            raise Wrong(LOST)


def _gradients(student: Student, fn: Handle, args: list, n: int) -> list[Tensor | None]:
    """Return the gradients by the first n arguments; none at all where no graph comes with it."""
    try:
        found = student.call_with_grads(fn, args, list(range(n)))["grads"]
    except StudentError as error:
        if error.kind in ("RuntimeError", "TypeError"):  # NumPy takes no tensor with a graph
            return []
        raise
    return [] if all(grad is None for grad in found) else found


def one(*logits: float, dtype: torch.dtype = torch.float32) -> list[Tensor]:
    """Return a batch of one logit for each."""
    return [torch.tensor([logit], dtype=dtype) for logit in logits]
