"""Who owns which weights, which gradients reach them, and what each optimiser's step does.

A watcher of `recorder.Recorder`. It hangs on the hooks of weights and optimisers, never on the
code, and looks closely at two turns of every twenty.
"""

from collections.abc import Callable, Iterator
from functools import partial

import torch
from torch import Tensor, nn

from gancourse.clinic import probes
from gancourse.clinic.signals import Signals
from gancourse.clinic.watchers import Clock

OTHER = {"G": "D", "D": "G"}


class Ledger:
    """Books every gradient that reaches a weight, and what each optimiser's step moves."""

    def __init__(
        self,
        nets: dict[str, nn.Module],
        opts: dict,
        clock: Clock,
        signals: Signals,
        guard: Callable[[str, Callable], Callable],
        stepped: Callable[[str, bool], None],
    ):
        self.nets, self.opts, self.clock, self.signals = nets, opts, clock, signals
        self.guard, self.stepped = guard, stepped
        self.shared = opts["G"] is opts["D"]
        self.weights = {who: list(net.parameters()) for who, net in nets.items()}
        # One list for each player: the backwards since its last step, as {weight: (gradient, old)}.
        self.booked: dict[str, list[dict[int, tuple[Tensor, Tensor | None]]]] = {"G": [], "D": []}
        self.closed = {"G": True, "D": True}
        self.known = {"G": False, "D": False}  # whether all since the last step was booked
        self.before_D = 0  # how many backwards had reached G when D stepped
        self.moved: dict[str, float] = {}
        self.count_owned()
        self.handles = [*self._on_weights(), *self._on_steps()]

    def count_owned(self) -> None:
        """Count each net's numbers by who holds them: own, other, nobody, frozen."""
        held = {who: {id(w) for group in opt.param_groups for w in group["params"]}
                for who, opt in self.opts.items()}  # fmt: skip
        for who, weights in self.weights.items():
            owned = dict.fromkeys(("own", "other", "nobody", "frozen", "all"), 0)
            for w in weights:
                place = "own" if id(w) in held[who] else "nobody"
                if place == "nobody" and not w.requires_grad:
                    place = "frozen"
                owned[place] += w.numel()
                owned["other"] += w.numel() * (id(w) in held[OTHER[who]] and not self.shared)
                owned["all"] += w.numel()
            self.signals.owned[who] = owned

    def _on_weights(self) -> Iterator:
        for who, weights in self.weights.items():
            for i, weight in enumerate(weights):
                if weight.requires_grad:
                    book = self.guard("gradients", self._book)
                    yield weight.register_hook(partial(book, who, i, weight))

    def _on_steps(self) -> Iterator:
        for who in "D" if self.shared else "GD":
            before, after = (self.guard("steps", f) for f in (self._before, self._after))
            yield self.opts[who].register_step_pre_hook(partial(before, who))
            yield self.opts[who].register_step_post_hook(partial(after, who))

    def _book(self, who: str, i: int, weight: Tensor, grad: Tensor) -> None:
        """Note a gradient on its way to a weight, and what lies there already."""
        if not self.clock.near:
            return
        booked = self.booked[who]
        if self.closed[who] or not booked or i in booked[-1]:
            booked.append({})
            self.closed[who] = False
        old = weight.grad
        old = None if old is None or not old.any() else old.detach().clone()
        booked[-1][i] = (grad.detach().clone(), old)

    def _before(self, who: str, *_) -> None:
        self.closed = {"G": True, "D": True}
        if who == "D":
            self.before_D = len(self.booked["G"])
        if self.clock.measured:
            self.old = {net: self._flat(net) for net in self.nets}
            for player in self.nets if self.shared else who:
                self._note_layers(player)
                self._note_decay(player)
            self.stepped(who, False)

    def _after(self, who: str, *_) -> None:
        for player in self.nets if self.shared else who:
            self.signals.steps[player] += 1
            if self.clock.measured:
                self._audit(player)
            self.booked[player].clear()
            self.known[player] = self.clock.near
        if self.clock.measured:
            for net, old in self.old.items():
                change = (self._flat(net) - old).norm() / old.norm().clamp(min=1e-12)
                key = f"{net} by opt_{net if self.shared else who}"
                self.moved[key] = self.moved.get(key, 0.0) + change.item()
            self.stepped(who, True)

    def _flat(self, net: str) -> Tensor:
        return torch.cat([w.detach().flatten().float() for w in self.weights[net]])

    def _vector(self, who: str, grads: dict[int, Tensor | None]) -> Tensor:
        found = (grads.get(i) for i in range(len(self.weights[who])))
        pairs = zip(found, self.weights[who], strict=True)
        parts = [(torch.zeros_like(w) if g is None else g).flatten().float() for g, w in pairs]
        return torch.cat(parts)

    def _audit(self, who: str) -> None:
        """Note whether a gradient arrived, and what in it does not belong to this step.

        What lay at a weight when a backward came is seen before it is added, so that a program may
        clip, scale or noise its gradients afterwards as it likes.
        """
        parts, used = self.booked[who], [w.grad for w in self.weights[who]]
        there = any(g is not None and bool(g.any()) for g in used)
        own = parts[self.before_D :] if who == "G" else parts
        came = any(g.any() for part in own for g, _ in part.values())
        self.signals.cleared[who].append(float(came and not there))
        arrived = there or any(g.any() for part in parts for g, _ in part.values())
        self.signals.arrived[who].append(float(arrived))
        if not parts or not self.known[who]:
            return
        fresh = [k for k, part in enumerate(parts) if all(old is None for _, old in part.values())]
        start = fresh[-1] if fresh else 0
        vectors = [self._vector(who, {i: g for i, (g, _) in part.items()}) for part in parts]
        old = self._vector(who, {i: old for i, (_, old) in parts[0].items()})
        total = sum(vectors[start:]) + (0 if fresh else old)
        if not total.isfinite().all() or not total.any():
            return
        self.signals.carried[who].append(0.0 if fresh else self._carried(who, old, total))
        if who == "G" and not self.shared:
            self.signals.leaked.append(self._leak(vectors, start))

    def _carried(self, who: str, old: Tensor, total: Tensor) -> float:
        """Return the share of what lay there already in the gradient that the step used.

        0 where the step's gradient points as the new parts alone do: the old was written over.
        """
        used = self._vector(who, {i: w.grad for i, w in enumerate(self.weights[who])})
        if probes.cosine(used, total - old) >= probes.cosine(used, total):
            return 0.0
        return (old.norm() / (old.norm() + total.norm())).item()

    def _leak(self, vectors: list[Tensor], start: int) -> float:
        """Return the size of what came before D's step over the rest, where the two are opposed."""
        own = len(self.booked["G"]) - self.before_D or 1  # both backwards before both steps: last
        early, late = vectors[start:-own], vectors[-own:]
        if not early:
            return 0.0
        early, late = sum(early), sum(late)
        against = probes.cosine(early, late) < -0.2
        return (early.norm() / late.norm().clamp(min=1e-30)).item() if against else 0.0

    def _note_layers(self, who: str) -> None:
        kept = self.signals.gradients[who]
        for name, weight in self.nets[who].named_parameters():
            if weight.dim() > 1:
                norm = 0.0 if weight.grad is None else weight.grad.norm().item()
                kept.setdefault(name.removesuffix(".weight"), []).append(norm)

    def _note_decay(self, who: str) -> None:
        """Note the pull of weight decay over the gradient's size; for AdamW, over 0.1 % a step."""
        pull = size = 0.0
        mine = {id(w) for w in self.weights[who]}
        for group in self.opts[who].param_groups:
            decay, kept = (
                group.get("weight_decay", 0),
                [w for w in group["params"] if id(w) in mine],
            )
            apart = group.get("decoupled_weight_decay") or isinstance(
                self.opts[who], torch.optim.AdamW
            )
            for w in kept if decay else ():
                norm = w.detach().norm().item()
                grad = 0.0 if w.grad is None else w.grad.norm().item()
                pull += (float(group["lr"]) * decay * norm if apart else decay * norm) ** 2
                size += (0.001 * norm if apart else grad) ** 2
        if pull:
            self.signals.decay[who].append((pull / max(size, 1e-30)) ** 0.5)

    def close(self) -> None:
        """Note a measured turn's moves."""
        for net in self.nets:
            for who in self.nets:
                key = f"{net} by opt_{who}"
                self.signals.moved.setdefault(key, []).append(self.moved.pop(key, 0.0))
