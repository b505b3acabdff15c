"""Sizes of gradients and weights, of many tensors in one transfer. Lesson 10."""

import math

import torch
from torch import Tensor, nn


def by_layer(net: nn.Module) -> dict[str, float]:
    """Return the norm of each layer's gradient, 0 where there is none."""
    layers = [(name, w) for name, w in net.named_parameters() if w.dim() > 1]
    found = norms([w.grad for _, w in layers])
    names = (name.removesuffix(".weight") for name, _ in layers)
    return dict(zip(names, found, strict=True))


def decay(opt: torch.optim.Optimizer, weights: list[Tensor]) -> float | None:
    """Return the pull of weight decay over the gradient's size; None without weight decay.

    For AdamW, over 0.1 % of the weights a step.
    """
    pull = gradient = 0.0
    mine = {id(w) for w in weights}
    for group in opt.param_groups:
        rate = group.get("weight_decay", 0)
        held = [w for w in group["params"] if id(w) in mine] if rate else []
        apart = isinstance(opt, torch.optim.AdamW) or group.get("decoupled_weight_decay")
        sizes = zip(norms([w.detach() for w in held]), norms([w.grad for w in held]), strict=True)
        for weight, grad in sizes:
            pull += (float(group["lr"]) * rate * weight if apart else rate * weight) ** 2
            gradient += (0.001 * weight if apart else grad) ** 2
    return (pull / max(gradient, 1e-30)) ** 0.5 if pull else None


def norms(parts: list[Tensor | None], order: float = 2) -> list[float]:
    """Return the norm of each tensor, 0 for none, in one transfer."""
    found = [x for x in parts if x is not None]
    if not found:
        return [0.0] * len(parts)
    given = iter(torch.stack([x.float() for x in torch._foreach_norm(found, order)]).tolist())
    return [0.0 if x is None else next(given) for x in parts]


def size(parts: list[Tensor]) -> float:
    """Return the norm of all tensors together."""
    return math.hypot(*norms(parts))


def any_left(parts: list[Tensor | None]) -> bool:
    """Tell whether any number is not 0."""
    return any(norm != 0 for norm in norms(parts, math.inf))


def flat(parts: list[Tensor | None], weights: list[Tensor]) -> Tensor:
    """Return the gradients of weights in one row, with zeros for none."""
    pairs = zip(parts, weights, strict=True)
    return torch.cat(
        [(torch.zeros_like(w) if g is None else g).flatten().float() for g, w in pairs]
    )
