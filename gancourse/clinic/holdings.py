"""What stands at each optimiser's step: its rate, frozen weights, and weights that nobody holds.

Lesson 10.
"""

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor

from gancourse.clinic import calls
from gancourse.clinic.ledger import Ledger
from gancourse.clinic.signals import Signals
from gancourse.clinic.watchers import Witness


def leaves(out: Tensor) -> list[Tensor]:
    """Return the weights from which a tensor was computed: leaves that ask for a gradient."""
    found, todo, seen = [], [out.grad_fn], set()
    while todo:
        node = todo.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        if hasattr(node, "variable"):
            found.append(node.variable)
        todo += [before for before, _ in node.next_functions]
    return found


SHAPES = ("View", "Reshape", "Squeeze", "Unsqueeze", "Transpose", "Permute", "T", "Select",
          "Slice", "Alias", "Clone", "ToCopy", "UnsafeView", "Expand")  # fmt: skip


GUARDS = ("Clamp", "ClampMin", "ClampMax", "Hardtanh")


def keeps_off(node: torch.autograd.graph.Node) -> bool:
    """Tell whether a clamp only keeps a sigmoid off 0 and 1, for a logarithm's sake."""
    ends = [(getattr(node, f"_saved_{end}", None), getattr(node, f"_saved_{end}_val", None), safe)
            for end, safe in (("min", 0.0), ("max", 1.0))]  # fmt: skip
    near = all(abs(at - safe) < 0.01 for *found, safe in ends for at in found if at is not None)
    before = node.next_functions[0][0] if node.next_functions else None
    return near and before is not None and before.name().startswith("Sigmoid")


def end_of(out: Tensor) -> str:
    """Return the name of the last operation that gave `out`, of those that change a number."""
    node = out.grad_fn
    while node is not None:
        name = node.name().split("Backward")[0]
        if name in GUARDS and keeps_off(node):
            return "sigmoid"
        if name not in SHAPES or not node.next_functions:
            return name.lower()
        node = node.next_functions[0][0]
    return ""


class Holdings:
    """Notes rates and frozen weights at steps, and weights outside of parameters()."""

    def __init__(self, witness: Witness, ledger: Ledger, signals: Signals, guard: Callable):
        self.nets, self.opts, self.signals = witness.nets, ledger.opts, signals
        self.shared = ledger.shared
        self.clock = witness.clock
        self.stray: dict[str, dict[int, tuple[Tensor, Tensor, set[int]]]] = {"G": {}, "D": {}}
        self.walked = {"G": set(), "D": set()}  # turns in which a graph was walked
        self.own = {who: next(iter(net.parameters()), None) for who, net in self.nets.items()}
        self.start = {who: None if w is None else w.detach().clone() for who, w in self.own.items()}
        self.swapped = {who: {"training": [], "sampling": []} for who in self.nets}
        ledger.listeners.append(guard("rates", self._at_step))
        for who in self.nets:
            walk = guard("weights outside of parameters()", partial(self._walk, who))
            witness.listeners[who].append(walk)

    def _at_step(self, who: str) -> None:
        for player in self.nets if self.shared else who:
            groups, weights = self.opts[player].param_groups, list(self.nets[player].parameters())
            self.signals.rates[player].append(max((float(g["lr"]) for g in groups), default=0.0))
            asks = sum(w.numel() for w in weights if w.requires_grad)
            whole = sum(w.numel() for w in weights)
            self.signals.asks[player].append(asks / max(1, whole))

    def _walk(self, who: str, _: object, args: tuple, kwargs: dict, out: object) -> None:
        """Look in the first two measured turns from which weights `out` comes, also through x or z.

        And whether it comes of the net's own weights, or of others put in their place.
        """
        others = next(iter(self.nets[who].parameters()), None) is not self.own[who]
        self.swapped[who][self.clock.user].append(others)
        turns = self.walked[who]
        if not self.clock.measured or len(turns | {self.clock.turn}) > 2:
            return
        made = next((t for t in calls.tensors(out) if t.requires_grad), None)
        if made is None:
            return
        turns.add(self.clock.turn)
        self.signals.ends[who] = end_of(made)
        known = {id(w) for net in self.nets.values() for w in net.parameters()}
        known |= {id(w) for o in self.opts.values() for g in o.param_groups for w in g["params"]}
        known |= {id(t) for t in (*calls.tensors(args), *calls.tensors(kwargs))}
        for w in leaves(made):
            if id(w) not in known and w.numel():
                kept = self.stray[who].setdefault(id(w), (w, w.detach().clone(), set()))
                kept[2].add(self.clock.turn)

    def conclude(self) -> None:
        """Count the numbers that the nets computed with, that nobody holds and nobody moved."""
        for who, used in self.swapped.items():
            if used["training"] and all(used["training"]):
                self.signals.swapped.append(who)
                rest = self.own[who] is not None and torch.equal(self.own[who], self.start[who])
                if who == "G" and used["sampling"] and not any(used["sampling"]) and rest:
                    self.signals.closer["own weights draw"] = [1.0]
        elsewhere = set(self.stray["G"])
        for who, stray in self.stray.items():
            self.signals.stray[who] = sum(
                w.numel()
                for key, (w, start, met) in stray.items()
                if len(met) > 1 and torch.equal(w, start) and (who == "G" or key not in elsewhere)
            )
