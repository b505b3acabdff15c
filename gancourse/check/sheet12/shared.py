"""What exercises of sheet 12 share: discriminators of points and pictures, with their twins."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from gancourse.check import facts, twins
from gancourse.check.spec import Draw, Wrong
from gancourse.check.student import Handle, Student, StudentError

SHAPES = ((2,), (1, 3, 3))  # of samples: points, and pictures


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
    student: Student, fn: Handle, args: list, D: twins.Twin, loss: Tensor, cut: str
) -> None:
    """Raise Wrong unless the value's gradient by D's weights is that of `loss`; `cut`: of none."""
    try:
        (got,) = student.call_with_grads(fn, args, [D.there])["grads"]
    except StudentError as error:
        if error.kind == "RuntimeError" and "grad" in error.message:
            raise Wrong(cut) from None
        raise
    named = dict(D.here.named_parameters())
    found = torch.autograd.grad(loss, list(named.values()), allow_unused=True)
    want = {n: torch.zeros_like(p) if g is None else g
            for (n, p), g in zip(named.items(), found, strict=True)}  # fmt: skip
    if any(got[n] is None and w.abs().max() > 1e-9 for n, w in want.items()):
        raise Wrong(cut)
    size = max(1.0, *(w.abs().max().item() for w in want.values()))
    for name, w in want.items():
        if got[name] is not None and not facts.near(got[name], w, 1e-4 * size):
            raise Wrong(
                "The number is right, and its gradient by D's weights is not: part of the graph "
                "on the way to them is cut."
            )


def judge_left(student: Student, fn: Handle, args: list, D: twins.Twin, draw: Draw) -> None:
    """Raise Wrong unless fn(*args) leaves all of D as it was, with old gradients and without."""
    for old in (False, True):
        if old:
            twins.leave_grads(student, D, draw)
        before = student.snapshot(D.there)
        student.call(fn, args, seed=0)
        twins.judge_untouched(
            before, student.snapshot(D.there), "D",
            grads="D's gradients have changed: backward() fills them, and D's step would add to "
            "them. torch.autograd.grad(..., x) gives the slope alone.",
        )  # fmt: skip
