"""How samples are prepared on their way: real ones to D, fakes to D, and samples to people.

A watcher of `recorder.Recorder`. It holds rows beside each other, real ones that were handed in
beside those that D is given, what G gives beside what is shown, and notes which weights no gradient
reaches. Lesson 10.
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from gancourse.clinic import calls, conversions, gradients, probes
from gancourse.clinic.calls import Call
from gancourse.clinic.ledger import Ledger
from gancourse.clinic.optimisers import Weights
from gancourse.clinic.signals import Signals
from gancourse.clinic.watchers import Witness
from gancourse.nets import duplicate

NEAR = 1e-4  # of the spread: how exactly a line has to fit
SAME = (1.0, 0.0)


def line(x: Tensor, y: Tensor) -> tuple[float, float] | None:
    """Return (a, b) where y = a x + b for all numbers, and None where no such line fits."""
    x, y = x.double().flatten(), y.double().flatten()
    if x.shape != y.shape or len(x) < 8 or not (x.isfinite().all() and y.isfinite().all()):
        return None
    wide = y.std()
    if not x.std() > 0 or not wide > 0:
        return None
    a, b = conversions.line(x, y)
    return (a, b) if (a * x + b - y).abs().max() <= NEAR * wide else None


def whole(x: Tensor) -> bool:
    """Tell whether all numbers are whole ones."""
    return bool((x == x.round()).all())


def alone(args: tuple, kwargs: dict) -> tuple[tuple, dict]:
    """Return a call's arguments, tensors without their graphs."""
    return (tuple(x.detach() if isinstance(x, Tensor) else x for x in args),
            {name: x.detach() if isinstance(x, Tensor) else x for name, x in kwargs.items()}
            )  # fmt: skip


def settings(args: tuple, kwargs: dict) -> dict[str, float]:
    """Return the plain numbers among a call's arguments, by name or by place."""
    named = [*((f"argument {i + 1}", x) for i, x in enumerate(args)), *kwargs.items()]
    return {str(name): float(x) for name, x in named
            if isinstance(x, int | float) and not isinstance(x, bool)}  # fmt: skip


class Manner:
    """Fills in `Signals.manner`; nothing of it is looked at but in measured turns."""

    def __init__(self, witness: Witness, ledger: Ledger, signals: Signals, guard: Callable):
        self.witness, self.ledger, self.signals = witness, ledger, signals
        self.turn: dict[str, bool] = {}
        self.given: dict[str, tuple[tuple, dict]] = {}  # a player's arguments in a measured turn
        self.training: dict[str, set[float]] = {}
        self.sampling: dict[str, float] = {}
        self.reached: dict[str, list[bool]] = {"G": [], "D": []}  # by weight
        self.columns: Tensor | None = None  # of G's last bias: whether a gradient reached it
        self.looked = {"G": 0, "D": 0}
        witness.listeners["D"].append(guard("how samples are prepared", self._saw_D))
        witness.listeners["G"].append(guard("how G is called", self._saw_G))
        ledger.listeners.append(guard("weights without a gradient", self._at_step))

    def _note(self, name: str, value) -> None:
        self.signals.manner.setdefault(name, []).append(value)

    def _saw_G(self, call: Call | None, args: tuple, kwargs: dict, out: object) -> None:
        if self.witness.clock.user == "sampling":
            self.sampling = settings(args, kwargs)
            return
        self.given["G"] = (call.args, call.kwargs) if call else alone(args, kwargs)
        for name, value in settings(args, kwargs).items():
            self.training.setdefault(name, set()).add(value)

    def _saw_D(self, call: Call | None, args: tuple, kwargs: dict, out: object) -> None:
        if not self.witness.clock.measured or self.witness.clock.user != "training":
            return
        self.given["D"] = (call.args, call.kwargs) if call else alone(args, kwargs)
        if call is None:
            return
        _, real, fake = self.witness.judged[-1]
        at_leaf = calls.looked_at(args, kwargs)[1].is_leaf
        like = next((c.out[0].numel() for c in self.witness.calls if len(c.out)), 0)
        if call.on_x and not at_leaf and call.x[0].numel() == like:
            self.turn["through own"] = self.turn.get("through own", False) or bool(fake.any())
            rounded = self.turn.get("round", True)
            self.turn["round"] = rounded and whole(call.x)
        elif not call.on_x and bool(fake.all()):
            self.turn["own"] = True
        if not call.on_x and not fake.any():
            self._hold(call.x.flatten(1).float(), bool(real.any()))

    def _hold(self, x: Tensor, handed_in: bool) -> None:
        """Hold what D is given, no sample of G's, beside the real ones of this turn."""
        if handed_in:
            self.turn["as handed in"] = True
            return
        for batch in self.witness.real.batches if "scale" not in self.turn else ():
            if batch.shape != x.shape:
                continue
            found = line(batch, x)
            if found is not None:
                self._note("scale", found)
                self._note("handed in", [batch.min().item(), batch.max().item()])
                self.turn["scale"] = True
            elif whole(x) and not whole(batch) and x.max() - x.min() > 1:  # no binary pictures
                self.turn["rounded"] = True

    def _at_step(self, who: str) -> None:
        for player in self.ledger.nets if self.ledger.shared else who:
            weights = self.ledger.weights[player]
            held = {id(w) for g in self.ledger.opts[player].param_groups for w in g["params"]}
            sizes = gradients.norms([w.grad for w in weights], torch.inf)
            reached = [size != 0 or id(w) not in held or not w.requires_grad
                       for w, size in zip(weights, sizes, strict=True)]  # fmt: skip
            before = self.reached[player]
            if len(before) == len(reached):
                reached = [a or b for a, b in zip(before, reached, strict=True)]
            self.reached[player] = reached
            self.looked[player] += 1
            if player == "G":
                self._note_columns(weights)

    def _note_columns(self, weights: list[Tensor]) -> None:
        """Note which entries of G's last bias, one for each number of a sample, get a gradient."""
        made = self.witness.seen.get("G")
        last = weights[-1] if weights else None
        if made is None or last is None or last.dim() != 1 or len(last) != made.out[0].numel():
            return
        now = torch.zeros(len(last), dtype=torch.bool) if last.grad is None else last.grad != 0
        self.columns = now.cpu() if self.columns is None else self.columns | now.cpu()

    def close(self) -> None:
        """End a measured turn."""
        for name in ("own", "through own", "as handed in", "rounded", "round"):
            if self.turn:
                self._note(name, float(self.turn[name]) if name in self.turn else -1.0)
        self.turn = {}

    def conclude(
        self, shown: Tensor | None, made: Tensor | None, start: dict[str, Weights]
    ) -> None:
        """Write what was seen into the signals; `shown` and `made` are the last samples drawn.

        `made` is what G gave for them, [N, dim]; `start` what the weights were.
        """
        found = self.signals.manner
        for who, reached in self.reached.items():
            sizes = [w.numel() for w in self.ledger.weights[who]]
            if len(sizes) != len(reached) or not sizes:
                continue
            names = [name for name, _ in self.ledger.nets[who].named_parameters()]
            still = {id(w) for w, was in start[who] if torch.equal(w.detach(), was)}
            weights = self.ledger.weights[who]  # what moves is reached, in other turns
            silent = [i for i, came in enumerate(reached) if not came and id(weights[i]) in still]
            share = sum(sizes[i] for i in silent) / sum(sizes)
            found[f"silent {who}"] = [share, self.looked[who]]
            found[f"silent names {who}"] = [names[i] for i in silent][:3]
        judged = self.witness.seen.get("D")
        whole_sample = judged is not None and len(judged.x) and self.columns is not None
        if whole_sample and judged.x[0].numel() >= len(self.columns):
            mute = int((~self.columns).sum())
            found["mute"] = [mute, len(self.columns), self.looked["G"]]
        fitting = shown is not None and made is not None and made.shape == shown.flatten(1).shape
        if fitting and self.signals.drawn in ("G", "changed"):
            flat = shown.flatten(1).float()
            found["shown"] = list(SAME if self.signals.drawn == "G" else line(made, flat) or ())
        self._note_settings(made)
        for who, (args, kwargs) in self.given.items():
            for what in along_the_batch(self.ledger.nets[who], args, kwargs, self.signals.batch):
                found.setdefault("along the batch", []).append(f"{who}'s {what}")

    def _note_settings(self, made: Tensor | None) -> None:
        """Note numbers that G is given in sampling only, and how wide it spreads without them."""
        other = {name: x for name, x in self.sampling.items()
                 if x not in self.training.get(name, set())}  # fmt: skip
        call = self.witness.seen.get("G")
        if not other or made is None or call is None:
            return
        with torch.no_grad():
            usual = calls.samples_of(call.again(duplicate(self.ledger.nets["G"]).eval()))
        wide = probes.spread(usual.float().cpu().flatten(1))
        found = self.signals.manner
        found["settings"] = [f"{name}={value:g}" for name, value in sorted(other.items())]
        found["spread"] = [probes.spread(made) / max(wide, 1e-12)]


def along_the_batch(net: nn.Module, args: tuple, kwargs: dict, batch: float) -> list[str]:
    """Return the recurrent layers that take the samples of a batch for steps in time.

    Nothing where the net itself is given another number of rows than a real batch has.
    """
    layers = [m for m in net.modules() if isinstance(m, nn.RNNBase) and not m.batch_first]
    given = calls.looked_at(args, kwargs)
    if not layers or given is None or given[1].dim() < 2:
        return []
    n = len(given[1])
    if n % max(1, int(batch)):
        return []  # the steps come first, in the whole program
    copy, found = duplicate(net), []

    def saw(layer: nn.Module, inputs: tuple) -> None:
        x = inputs[0]
        if x.dim() == 3 and len(x) == n != x.shape[1]:
            found.append(
                f"{type(layer).__name__} takes {n} samples for as many steps of {x.shape[1]}"
            )

    for layer in copy.modules():
        if isinstance(layer, nn.RNNBase) and not layer.batch_first:
            layer.register_forward_pre_hook(saw)
    with torch.no_grad():
        copy(*args, **kwargs)
    return found
