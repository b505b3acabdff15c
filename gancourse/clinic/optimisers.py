"""What an optimiser keeps from step to step, and whether its steps leave anything behind.

A watcher of `recorder.Recorder`: it reads an optimiser's settings and state, and where each net's
weights are at the start, some turns later and at the end. Lesson 10.
"""

from collections.abc import Callable

from torch import Tensor

from gancourse.clinic import gradients
from gancourse.clinic.ledger import Ledger
from gancourse.clinic.signals import Signals

LATER = 20  # the turn from which weights are looked at a second time
KEEPS = ("betas", "momentum", "alpha")  # settings of optimisers that have a state


def kept(weights: list[Tensor]) -> list[Tensor]:
    return [w.detach().clone() for w in weights]


def way(here: list[Tensor], there: list[Tensor]) -> float:
    """Return the distance of two sets of weights over the size of the first; 0 if they are one."""
    moved = [(a.detach() - b.detach()) for a, b in zip(here, there, strict=True)]
    return gradients.size(moved) / max(gradients.size(here), 1e-12)


class Optimisers:
    """Notes betas, an empty state before a later step, and how far the weights come."""

    def __init__(self, ledger: Ledger, signals: Signals, guard: Callable):
        self.ledger, self.signals = ledger, signals
        self.start = {who: kept(weights) for who, weights in ledger.weights.items()}
        self.later: dict[str, list[Tensor]] = {}
        ledger.told.append(guard("what optimisers hold", self._at_step))

    def _at_step(self, who: str) -> None:
        for player in self.ledger.nets if self.ledger.shared else who:
            opt, steps = self.ledger.opts[player], self.signals.steps[player]
            if steps and any(group.get(name) for group in opt.param_groups for name in KEEPS):
                self.signals.forgot[player].append(float(not any(opt.state.values())))

    def close(self) -> None:
        """End a measured turn."""
        if not self.later and self.ledger.clock.turn >= LATER:
            self.later = {who: kept(weights) for who, weights in self.ledger.weights.items()}

    def conclude(self) -> None:
        """Note the settings at the end, and the way from the start and from a later turn."""
        for who, weights in self.ledger.weights.items():
            for before in (self.start, self.later):
                if before:
                    self.signals.shift[who].append(way(before[who], weights))
            for group in self.ledger.opts[who].param_groups:
                betas = group.get("betas", ())
                if len(betas) == 2:
                    self.signals.betas[who] = [float(beta) for beta in betas]
