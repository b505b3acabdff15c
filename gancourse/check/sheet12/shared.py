"""What exercises of sheet 12 share: discriminators of points and pictures, with their twins."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from gancourse.check import facts, twins
from gancourse.check.spec import Draw, Wrong
from gancourse.check.student import Handle, Student

WRONG_NUMBER = "The number is not right yet, so its gradient by D's weights is not, either."
SHAPES = ((3,), (3, 2, 4))  # of samples: points, and pictures of unlike sides


def discriminator(
    student: Student, draw: Draw, shape: Sequence[int], grow: float = 1.0
) -> twins.Twin:
    """Return a D of samples of this shape; its weights, and so its slopes, are `grow` times up."""

    def change(net: nn.Module) -> None:
        for p in net.parameters():
            p.mul_(grow)

    made = {"widths": [10, 8], "shape": list(shape)}
    return twins.twin(student, draw, "discriminator/mlp", made, change)


def slopes(D: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """Return the gradient of each logit by its own sample, [N, ...], with its graph."""
    x = x.detach().requires_grad_()
    (grad,) = torch.autograd.grad(D(x).sum(), x, create_graph=True)
    return grad


def judge_gradient(
    student: Student,
    fn: Handle,
    args: list,
    D: twins.Twin,
    loss: Tensor,
    cut: str,
    rest: Tensor | None = None,
) -> None:
    """Raise Wrong unless the value's gradient by D's weights is that of `loss`.

    `cut` says why there is none, or that of `rest` alone.
    """
    found = student.call_with_grads(fn, args, [D.there])
    value = facts.number(found["value"], "What comes back")
    if not facts.near(value, loss.item(), 2e-5 * max(1.0, abs(loss.item()))):
        raise Wrong(WRONG_NUMBER)
    (got,) = found["grads"]
    weights = dict(D.here.named_parameters())
    got = {n: torch.zeros_like(w) if got[n] is None else got[n] for n, w in weights.items()}
    want = _gradient(loss, weights)
    near = 1e-4 * max(1.0, *(w.abs().max().item() for w in want.values()))
    if facts.all_near(got, want, near):
        return
    left = want if rest is None else _gradient(rest, weights)
    if facts.empty_grads(got) or facts.all_near(got, left, near):
        raise Wrong(cut)
    raise Wrong(
        "The number is right, and its gradient by D's weights is not: part of the graph on the way "
        "to them is cut."
    )


def _gradient(loss: Tensor, weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """Return the gradient by each weight, 0 where the loss does not depend on it."""
    found = torch.autograd.grad(loss, list(weights.values()), retain_graph=True, allow_unused=True)
    pairs = zip(weights.items(), found, strict=True)
    return {n: torch.zeros_like(w) if g is None else g for (n, w), g in pairs}


def judge_left(student: Student, fn: Handle, args: list, D: twins.Twin, draw: Draw) -> None:
    """Raise Wrong unless fn(*args) leaves all of D as it was: in either mode, and where frozen.

    In training mode D holds old gradients, in evaluation mode it has none.
    """
    for old in (False, True):
        student.apply(D.there, args[1], train=old)
        if old:
            twins.leave_grads(student, D, draw)
        before = student.snapshot(D.there)
        student.call(fn, args, seed=0)
        twins.judge_untouched(
            before, student.snapshot(D.there), "D",
            grads="D's gradients have changed: backward() fills them and zero_grad() clears them; "
            "leave both to D's step. torch.autograd.grad(..., x) gives the slope alone.",
        )  # fmt: skip
    twins.judge_kept_frozen(student, D, "D", lambda: student.call(fn, args, seed=0))
