"""Nets that exist twice: here, for the reference, and on the learner's side, for their code."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from gancourse.check import facts
from gancourse.check.dense import DENSE
from gancourse.check.spec import Draw, Wrong
from gancourse.check.student import Handle, Student
from gancourse.machine import seed_torch
from gancourse.nets import make_discriminator, make_generator

MAKE = {
    "generator": make_generator,
    "discriminator": make_discriminator,
    "dense": lambda kind, **options: DENSE[kind](**options),
}
STILL = "{who} did not move: call backward on the loss, and then {opt}.step()."


@dataclass(frozen=True)
class Twin:
    """A float64 net here and a handle of its float32 twin on the learner's side."""

    here: nn.Module
    there: Handle

    def weights(self) -> dict[str, Tensor]:
        return {name: p.detach().clone() for name, p in self.here.named_parameters()}


def twin(student: Student, draw: Draw, net: str, options: dict, change=lambda net: None) -> Twin:
    """Return a new pair with random weights; `net` is "ROLE/KIND", as in `Student.build_net`.

    `change(net)` may alter the weights first.
    """
    role, kind = net.split("/")
    with torch.random.fork_rng(devices=[]):
        seed_torch(draw.seed())
        here = MAKE[role](kind, **options).float()
    with torch.no_grad():
        change(here)
    there = student.build_net(net, options, dict(here.state_dict()))
    return Twin(here.double(), there)


def used(draw: Draw) -> Callable[[nn.Module], None]:
    """Return a change that gives a net's batch norm averages that no batch has."""

    def change(net: nn.Module) -> None:
        for name, b in net.named_buffers():
            if b.is_floating_point():
                b.copy_(0.5 * draw.normal(*b.shape).abs() + (0.5 if "var" in name else 0.0))

    return change


def same_weights(student: Student, net: Twin) -> bool:
    """Tell whether the learner's twin still has the weights that it was given, exactly."""
    return facts.all_near(student.snapshot(net.there)["weights"], net.weights(), 0.0)


def still_learns(student: Student, net: Twin, x: Tensor) -> bool:
    """Tell whether gradients still reach the net's weights: False where it was left frozen."""
    (grads,) = student.call_with_grads(net.there, [x], [net.there])["grads"]
    return all(isinstance(g, Tensor) for g in grads.values())


UNTOUCHED = {
    "weights": "{who}'s weights have changed.",
    "buffers": "{who}'s buffers have changed: batch norm ran in training mode, and its running "
    "averages moved.",
    "modes": "{who} comes back in another mode than it came in: one of train() and eval() was left "
    "on.",
    "requires_grad": "{who}'s weights were left frozen: give them requires_grad back.",
    "grads": "{who}'s gradients have changed: what lay there belongs to whoever trains it.",
}
THAWED = (
    "Some of {who}'s weights came in frozen and now want gradients: what you freeze for a while "
    "gets back what it had, not requires_grad for all."
)


def judge_untouched(before: dict, after: dict, who: str, but: tuple = (), **said: str) -> None:
    """Raise Wrong for the first thing that two snapshots of a net do not share, all looked at.

    `but` names what may change, and `said` gives another sentence for a thing.
    """
    for aspect, meaning in (UNTOUCHED | said).items():
        if aspect in but or facts.equal(before[aspect], after[aspect]):
            continue
        if aspect == "requires_grad" and _thawed(before[aspect], after[aspect]):
            meaning = THAWED
        raise Wrong(meaning.format(who=who))


def _thawed(before: dict[str, bool], after: dict[str, bool]) -> bool:
    return any(after.get(name) and not wants for name, wants in before.items())


def judge_kept_frozen(student: Student, net: Twin, who: str, call: Callable[[], object]) -> None:
    """Raise Wrong unless weights that are frozen before call() are so after it, and no others."""
    first, *_ = net.weights()
    student.freeze(net.there, [first])
    before = student.snapshot(net.there)
    call()
    judge_untouched(before, student.snapshot(net.there), who)
    student.freeze(net.there, [])


def leave_grads(student: Student, net: Twin, draw: Draw) -> None:
    """Put random gradients into the learner's twin, as an earlier step leaves them."""
    stale = {name: draw.normal(*w.shape) for name, w in net.weights().items()}
    student.set_grads(net.there, stale)


def judge_weights(got: dict, want: dict, tolerance: float, mistakes: dict, else_: str) -> None:
    """Raise Wrong unless the weights are as wanted; `mistakes` maps a meaning to other weights."""
    if facts.all_near(got, want, tolerance):
        return
    for meaning, weights in mistakes.items():
        if facts.all_near(got, weights, tolerance):
            raise Wrong(meaning)
    raise Wrong(else_)
