"""How steep is D? Gradients by layer, norms of layers, and who looks at whom. Lesson 12."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from gancourse.losses import slope


def gradients_by_layer(D: nn.Module, x_real: Tensor, x_fake: Tensor, d_loss: Callable) -> Tensor:
    """Return the norm of d_loss's gradient by each dense layer's output, first layer first.

    The figure of Gulrajani et al. 2017, arXiv 1704.00028 (Figure 1): where it falls or grows layer
    by layer, the layers next to the input learn nothing or too much.
    """
    outputs: list[Tensor] = []
    layers = [layer for layer in D.modules() if isinstance(layer, nn.Linear)]
    hooks = [layer.register_forward_hook(lambda *call: outputs.append(call[2])) for layer in layers]
    try:
        logits = D(torch.cat([x_real, x_fake]))
    finally:
        for hook in hooks:
            hook.remove()
    loss = d_loss(logits[: len(x_real)], logits[len(x_real) :])
    return torch.stack([g.norm() for g in torch.autograd.grad(loss, outputs)])


def layer_norms(D: nn.Module) -> Tensor:
    """Return the largest singular value of each dense layer's weight, by an SVD.

    Their product bounds D's slope where the activations between have slopes of at most 1.
    """
    layers = [layer for layer in D.modules() if isinstance(layer, nn.Linear)]
    return torch.stack([torch.linalg.matrix_norm(layer.weight.detach(), 2) for layer in layers])


def steepest(D: Callable[[Tensor], Tensor], x: Tensor) -> float:
    """Return the largest norm of D's slope at the points x [N, ...]."""
    return slope(D, x).detach().flatten(1).norm(dim=1).max().item()


def who_sees_whom(D: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """Return |d D(x_i) / d x_j| for each pair of a batch [N, ...], as [N, N].

    It is diagonal exactly where D judges each sample by itself.
    """
    x = x.detach().requires_grad_(True)
    rows = [torch.autograd.grad(logit, x, retain_graph=True)[0] for logit in D(x)]
    return torch.stack([row.flatten(1).norm(dim=1) for row in rows])


def lazily(step: Tensor, penalty: Callable[[float], Tensor], every: int) -> float:
    """Return by what factor a state shrinks or grows per step where a penalty comes `every` steps.

    `step` [2, 2] is a step without it, `penalty(times)` one of the penalty alone, so many times as
    large, as a lazy penalty is (Karras et al. 2020, arXiv 1912.04958). Above 1 it diverges.
    """
    turn = penalty(float(every)) @ torch.linalg.matrix_power(step, every)
    return torch.linalg.eigvals(turn).abs().max().item() ** (1 / every)
