"""What an optimiser keeps from step to step, and whether its steps leave anything behind.

A watcher of `recorder.Recorder`: it reads an optimiser's settings and state, and where each net's
weights are at the start, some turns later and at the end. Lesson 10.
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from gancourse.clinic import gradients
from gancourse.clinic.ledger import Ledger
from gancourse.clinic.signals import Signals

MOST = 20_000_000  # numbers of a net that are kept twice
LATER = 20  # the turn from which weights are looked at a second time
KEEPS = ("betas", "momentum", "alpha")  # settings of optimisers that have a state


Weights = list[tuple[Tensor, Tensor]]  # each with what it was


def noted(net: nn.Module) -> Weights:
    """Return a net's weights with copies of them; nothing of a net that is large."""
    weights = list(net.parameters())
    if sum(w.numel() for w in weights) > MOST:
        return []
    return [(w, w.detach().clone()) for w in weights]


def way(before: Weights) -> float:
    """Return how far weights have come over the size of what they were; 0 if they are the same."""
    moved = [w.detach() - old for w, old in before]
    return gradients.size(moved) / max(gradients.size([old for _, old in before]), 1e-12)


def held(opt: torch.optim.Optimizer) -> list[Tensor]:
    """Return the weights that an optimiser holds."""
    return [w for group in opt.param_groups for w in group["params"]]


class Optimisers:
    """Notes betas, an empty state before a later step, and how far the weights come."""

    def __init__(self, ledger: Ledger, signals: Signals, guard: Callable):
        self.ledger, self.signals = ledger, signals
        self.start = {who: noted(net) for who, net in ledger.nets.items()}
        self.later: dict[str, Weights] = {}
        ledger.listeners.append(guard("what optimisers hold", self._at_step))

    def _at_step(self, who: str) -> None:
        for player in self.ledger.nets if self.ledger.shared else who:
            opt, steps = self.ledger.opts[player], self.signals.steps[player]
            keeps = any(group.get(name) for group in opt.param_groups for name in KEEPS)
            if steps and keeps and any(w.grad is not None for w in held(opt)):  # else none is made
                self.signals.forgot[player].append(float(not any(opt.state.values())))

    def close(self) -> None:
        """End a measured turn."""
        if not self.later and self.ledger.clock.turn >= LATER:
            self.later = {who: noted(net) for who, net in self.ledger.nets.items()}

    def conclude(self) -> None:
        """Note the settings at the end, and the way from the start and from a later turn.

        Weights that move are somebody's, though the optimisers that were handed in do not hold
        them.
        """
        for who, net in self.ledger.nets.items():
            now = {id(w) for w in net.parameters()}
            for before in (self.start[who], self.later.get(who, [])):
                if before and all(id(w) in now for w, _ in before):
                    self.signals.shift[who].append(way(before))
            owned = {id(w) for opt in self.ledger.opts.values() for w in held(opt)}
            self.signals.owned[who]["nobody"] -= sum(
                w.numel()
                for w, old in self.later.get(who, [])
                if id(w) in now - owned and w.requires_grad and not torch.equal(w, old)
            )
            for group in self.ledger.opts[who].param_groups:
                betas = group.get("betas", ())
                if len(betas) == 2:
                    self.signals.betas[who] = [float(beta) for beta in betas]
                    self.signals.closer[f"eps {who}"] = [float(group.get("eps", 0.0))]
