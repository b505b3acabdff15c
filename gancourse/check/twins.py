"""Nets that exist twice: here, for the reference, and in the bench, for the learner's code."""

import copy
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from gancourse.check import facts
from gancourse.check.spec import Draw, Wrong
from gancourse.check.student import Bench, Handle
from gancourse.nets import make_discriminator, make_generator

STILL = "{who} did not move: call backward on the loss, and then {opt}.step()."


@dataclass(frozen=True)
class Twin:
    """A float64 net here and a handle of its float32 twin in the bench."""

    here: nn.Module
    there: Handle

    def weights(self) -> dict[str, Tensor]:
        return {name: p.detach().clone() for name, p in self.here.named_parameters()}


def twin(bench: Bench, draw: Draw, net: str, options: dict, change=lambda net: None) -> Twin:
    """Return a new pair with random weights; `net` is "generator/KIND" or "discriminator/KIND".

    `change(net)` may alter the weights first.
    """
    role, kind = net.split("/")
    make = make_generator if role == "generator" else make_discriminator
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(draw.seed())
        here = make(kind, **options).float()
    with torch.no_grad():
        change(here)
    there = bench.build_net(net, options, dict(here.state_dict()))
    return Twin(here.double(), there)


@dataclass(frozen=True)
class Scene:
    """G and D on points, one batch of each kind, and an optimiser for the net that moves."""

    G: Twin
    D: Twin
    mover: Twin
    optimizer: tuple[str, dict]
    opt: Handle
    x_real: Tensor  # [N, 2]
    z: Tensor  # [N, z_dim]

    def tolerance(self) -> float:
        """Weights: rounding of a gradient, a sum over N samples and 8 units, and of their own.

        The inputs are of size 1, so gradients and weights are too; a step is at most 0.2 of one.
        """
        return 0.2 * facts.rounding(8 * len(self.z)) + facts.EPS

    def outcome(self, loss: Callable[[nn.Module, nn.Module], Tensor], steps: int = 1) -> dict:
        """Return the mover's weights after steps down this loss(G, D), computed here."""
        G, D = copy.deepcopy((self.G.here, self.D.here))
        moving = G if self.mover is self.G else D
        name, options = self.optimizer
        opt = getattr(torch.optim, name)(moving.parameters(), **options)
        for _ in range(steps):
            opt.zero_grad()
            loss(G, D).backward()
            opt.step()
        return {name: p.detach() for name, p in moving.named_parameters()}


def scene(bench: Bench, draw: Draw, mover: str, momentum: float = 0.0, sure: float = 0.0) -> Scene:
    """Return fresh nets and data; `mover` is "G" or "D", `sure` is taken off all of D's logits."""
    z_dim, N = draw.integer(2, 4), draw.integer(6, 16)

    def lower(D: nn.Module) -> None:
        D.body[-1].bias -= sure

    made = {"widths": [8], "shape": [2]}
    G = twin(bench, draw, "generator/mlp", {"z_dim": z_dim, "norm": False, **made})
    D = twin(bench, draw, "discriminator/mlp", made, lower)
    optimizer = ("SGD", {"lr": draw.uniform(0.1, 0.2), "momentum": momentum})
    moving = G if mover == "G" else D
    opt = bench.build_optimizer(optimizer[0], moving.there, optimizer[1])
    x_real = draw.normal(N, 2) + draw.normal(2)
    return Scene(G, D, moving, optimizer, opt, x_real, draw.normal(N, z_dim))


def same_weights(bench: Bench, net: Twin) -> bool:
    """Tell whether the twin in the bench still has the weights that it was given, exactly."""
    return facts.all_near(bench.snapshot(net.there)["weights"], net.weights(), 0.0)


def still_learns(bench: Bench, net: Twin, x: Tensor) -> bool:
    """Tell whether gradients still reach the net's weights: False where it was left frozen."""
    (grads,) = bench.call_with_grads(net.there, [x], [net.there])["grads"]
    return all(isinstance(g, Tensor) for g in grads.values())


def judge_weights(got: dict, want: dict, tolerance: float, mistakes: dict, else_: str) -> None:
    """Raise Wrong unless the weights are as wanted; `mistakes` maps a meaning to other weights."""
    if facts.all_near(got, want, tolerance):
        return
    for meaning, weights in mistakes.items():
        if facts.all_near(got, weights, tolerance):
            raise Wrong(meaning)
    raise Wrong(else_)
