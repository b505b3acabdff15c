"""Who owns which weights, which gradients reach them, and what each optimiser's step does.

A watcher of `recorder.Recorder`. It hangs on the hooks of weights and optimisers, never on the
code. Every step is counted; what a step does is looked at in the turns that the clock names, at a
player's first step in them.
"""

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor, nn

from gancourse.clinic import gradients, probes
from gancourse.clinic.clock import Clock
from gancourse.clinic.signals import Signals

OTHER = {"G": "D", "D": "G"}


def this_backward() -> int:
    """Return a number of the backward that is under way, another for each; -1 without one."""
    return torch._C._current_graph_task_id()


def after_backward(
    look: Callable[[], object], _: torch.optim.Optimizer, args: tuple, kwargs: dict
) -> tuple[tuple, dict] | None:
    """Look at what a step of an optimiser begins with: now, or after the closure that it is given.

    Return the step's arguments with another closure in place of that one, or None. A step may call
    it more often: the look follows the first call.
    """
    closure = args[1] if len(args) > 1 else kwargs.get("closure")
    if closure is None:
        look()
        return None
    todo = [look]

    def then() -> object:
        loss = closure()
        while todo:
            todo.pop()()
        return loss

    return ((args[0], then, *args[2:]), kwargs) if len(args) > 1 else (args, {"closure": then})


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
        self.in_both = {id(w) for w in self.weights["G"]} & {id(w) for w in self.weights["D"]}
        # One list for each player: the backwards since its last step, as {weight: (gradient, old)}.
        self.booked: dict[str, list[dict[int, tuple[Tensor, Tensor | None]]]] = {"G": [], "D": []}
        self.closed = {"G": True, "D": True}
        self.known = {"G": False, "D": False}  # whether all since the last step was booked
        self.before = {"G": 0, "D": 0}  # how many backwards had reached it when the other stepped
        self.seen: set[str] = set()  # whose step was looked at in this turn
        self.backwards: set[int] = set()  # those of this turn that reached D's weights
        self.through_G: set[int] = set()  # those of the turns looked at that reached G's
        self.came: dict[str, list[int]] = {"G": [], "D": []}  # the backwards of the booked parts
        self.through: dict[int, Tensor] = {}  # G's parts at its last step, by their backward
        self.listeners: list[Callable] = []  # who else looks, before a measured turn's steps
        self.moved: dict[str, float] = {}
        self.passing: list = []  # hooks for as long as turns are looked at
        self.count_owned()
        self.handles = [
            self.opts[who].register_step_post_hook(partial(guard("steps", self._after), who))
            for who in self._steppers()
        ]

    def count_owned(self) -> None:
        """Count each net's numbers by who holds them, see `owned`."""
        held = {who: {id(w) for group in opt.param_groups for w in group["params"]}
                for who, opt in self.opts.items()}  # fmt: skip
        for who, weights in self.weights.items():
            others = set() if self.shared else held[OTHER[who]]
            self.signals.owned[who] = owned(weights, held[who], others)

    def _steppers(self) -> str:
        return "D" if self.shared else "GD"

    def attend(self) -> None:
        """Hang on the weights while a turn is near, and let go of them where none is."""
        if self.clock.near and not self.passing:
            self.weights = {who: list(net.parameters()) for who, net in self.nets.items()}
            self.booked, self.before = {"G": [], "D": []}, {"G": 0, "D": 0}
            self.came = {"G": [], "D": []}
            self.closed, self.known = {"G": True, "D": True}, {"G": False, "D": False}
            self._hang()
        elif self.passing and not self.clock.near:
            self.let_go()

    def let_go(self) -> None:
        """Take the passing hooks away, and drop what they booked."""
        for handle in self.passing:
            handle.remove()
        self.passing = []
        self.booked, self.came = {"G": [], "D": []}, {"G": [], "D": []}
        self.through.clear()
        self.through_G.clear()

    def _hang(self) -> None:
        for who in self._steppers():
            look = partial(self.guard("steps", self._begin), who)
            before = self.guard("steps", partial(after_backward, look)).giving()
            self.passing.append(self.opts[who].register_step_pre_hook(before))
        for who, weights in self.weights.items():
            for i, weight in enumerate(weights):
                if weight.is_floating_point():
                    book = partial(self.guard("gradients", self._book), who, i)
                    frozen = not weight.requires_grad
                    weight.requires_grad_(True)  # for now: it may be frozen until its own step
                    self.passing.append(weight.register_hook(book))
                    weight.requires_grad_(not frozen)

    def _book(self, who: str, i: int, grad: Tensor) -> None:
        """Note a gradient on its way to a weight, and what lies there already."""
        if not self.clock.near:
            return
        (self.backwards if who == "D" else self.through_G).add(this_backward())
        booked, old = self.booked[who], self.weights[who][i].grad
        if self.closed[who] or not booked or i in booked[-1]:
            booked.append({})
            self.closed[who] = False
            self.came[who].append(this_backward())
        booked[-1][i] = (grad.detach().clone(), None if old is None else old.detach().clone())

    def _begin(self, who: str) -> None:
        self.closed = {"G": True, "D": True}
        self.before[OTHER[who]] = len(self.booked[OTHER[who]])
        if not self.clock.measured:
            return
        for look in self.listeners:
            look(who)
        self.old = {net: [w.detach().clone() for w in ws] for net, ws in self.weights.items()}
        if self._is_first(who):
            for player in self.nets if self.shared else who:
                self._note_gradients(player)
            self.stepped(who, False)

    def _note_gradients(self, who: str) -> None:
        for name, norm in gradients.by_layer(self.nets[who]).items():
            self.signals.gradients[who].setdefault(name, []).append(norm)
        decay = gradients.decay(self.opts[who], self.weights[who])
        if decay is not None:
            self.signals.decay[who].append(decay)

    def _after(self, who: str, *_) -> None:
        players, measured = self.nets if self.shared else who, self.clock.measured
        first = measured and self._is_first(who)
        for player in players:
            self.signals.steps[player] += 1
            self.clock.stepped(player)
        if not self.clock.near:
            return
        try:
            for player in players if first else ():
                self._audit(player)
        finally:
            for player in players:
                self.booked[player].clear()
                self.came[player].clear()
                self.known[player] = True
        if measured:
            self._note_moves(who)
        if first:
            self.seen.add(who)
            self.stepped(who, True)

    def _is_first(self, who: str) -> bool:
        """Tell whether a step is a player's first in this turn; a shared optimiser's may all be."""
        return self.shared or who not in self.seen

    def _note_moves(self, who: str) -> None:
        for net, old in self.old.items():
            change = move_of(self.weights[net], old, set() if net == who else self.in_both)
            key = f"{net} by opt_{net if self.shared else who}"
            self.moved[key] = self.moved.get(key, 0.0) + change
            if net == who or self.shared:
                key = f"{net} that asks"
                asking = move_of_asking(self.weights[net], old, change)
                self.moved[key] = self.moved.get(key, 0.0) + asking

    def _audit(self, who: str) -> None:
        """Note whether a gradient arrived, and what in it does not belong to this step.

        What lay at a weight when a backward came is seen before it is added, so that a program may
        clip, scale or noise its gradients afterwards as it likes.
        """
        parts, used = self.booked[who], [w.grad for w in self.weights[who]]
        there = gradients.any_left(used)
        own = parts if self.shared else parts[self.before[who] :]  # D may clear what G's loss left
        came = gradients.any_left([g for part in own for g, _ in part.values()])
        self.signals.cleared[who].append(float(came and not there))
        arrived = there or gradients.any_left([g for part in parts for g, _ in part.values()])
        self.signals.arrived[who].append(float(arrived))
        if not parts or not self.known[who]:
            return
        held = {id(w) for group in self.opts[who].param_groups for w in group["params"]}
        own = {i for i, w in enumerate(self.weights[who]) if id(w) in held}
        if own:  # what lies at weights that it does not hold, it does not use
            parts = [{i: pair for i, pair in part.items() if i in own} for part in parts]
            used = [g if i in own else None for i, g in enumerate(used)]
        fresh = cleared(parts)
        start = fresh[-1] if fresh else 0
        new, was = ([{i: pair[k] for i, pair in part.items()} for part in parts] for k in (0, 1))
        vectors = [in_order(self.weights[who], part) for part in new]
        old = in_order(self.weights[who], was[0])
        total = sum(vectors[start:]) + (0 if fresh else old)
        if not total.isfinite().all() or not total.any():
            return
        self.signals.kept[who].append(gradients.size(used) / max(total.norm().item(), 1e-30))
        share = 0.0 if fresh else older_share(gradients.flat(used, self.weights[who]), old, total)
        self.signals.carried[who].append(share)
        if who == "D" and not self.shared:
            early, of_D = self.before["D"], self.came["D"]  # so many parts came before G's step
            of_G = start < early < len(parts) and {*of_D[start:early]} <= self.through_G
            share = leftover(vectors[start:early], vectors[early:]) if of_G else 0.0
            self.signals.leftover.append(share)
            if left := left_by(self.through, {*of_D[start:]}):  # G's step came first
                self.signals.leaked[-1] = max(self.signals.leaked[-1], left)
        if who == "G" and not self.shared:
            own = len(parts) - self.before["G"] or 1  # both backwards before both steps: the last
            self.signals.leaked.append(leak(vectors[start:-own], vectors[-own:]))
            self.through = dict(zip(self.came["G"][start:], vectors[start:], strict=True))

    def close(self) -> None:
        """Note a measured turn's moves."""
        for kept in (self.seen, self.backwards, self.through):
            kept.clear()
        for net in self.nets:
            for by in ("by opt_G", "by opt_D", "that asks"):
                key = f"{net} {by}"
                self.signals.moved.setdefault(key, []).append(self.moved.pop(key, 0.0))


def cleared(parts: list[dict[int, tuple[Tensor, Tensor | None]]]) -> list[int]:
    """Return which parts of a gradient, see `Ledger.booked`, came where nothing lay before."""
    olds = ([old for _, old in part.values()] for part in parts)
    return [k for k, old in enumerate(olds) if not gradients.any_left(old)]


def in_order(weights: list[Tensor], grads: dict[int, Tensor | None]) -> Tensor:
    """Return gradients, by the number of their weight, as one vector: 0 where there is none."""
    return gradients.flat([grads.get(i) for i in range(len(weights))], weights)


def move_of(weights: list[Tensor], old: list[Tensor], without: set[int]) -> float:
    """Return a net's move over its size; weights with an id in `without` count as unmoved."""
    moves = torch._foreach_sub([w.detach() for w in weights], old)
    own = [move for w, move in zip(weights, moves, strict=True) if id(w) not in without]
    return gradients.size(own) / max(gradients.size(old), 1e-12)


def move_of_asking(weights: list[Tensor], old: list[Tensor], change: float) -> float:
    """Return a net's move over the size of its weights that ask for a gradient.

    `change` is the move over all weights, which it is where none or all of them ask.
    """
    asking = [(w.detach(), was) for w, was in zip(weights, old, strict=True) if w.requires_grad]
    if len(asking) in (0, len(weights)):
        return change
    moves = [now - was for now, was in asking]
    return gradients.size(moves) / max(gradients.size([was for _, was in asking]), 1e-12)


def older_share(used: Tensor, old: Tensor, total: Tensor) -> float:
    """Return the share of what lay there already in the gradient that a step used.

    0 where the step's gradient points as the new parts alone do: the old was written over.
    """
    if probes.cosine(used, total - old) >= probes.cosine(used, total):
        return 0.0
    return (old.norm() / (old.norm() + total.norm())).item()


def owned(weights: list[Tensor], own: set[int], others: set[int]) -> dict[str, int]:
    """Return how many numbers of weights are held by: own, other, nobody, frozen; and all."""
    found = dict.fromkeys(("own", "other", "nobody", "frozen", "all"), 0)
    for w in weights:
        place = "own" if id(w) in own else "nobody"
        if place == "nobody" and not w.requires_grad:
            place = "frozen"
        found[place] += w.numel()
        found["other"] += w.numel() * (id(w) in others)
        found["all"] += w.numel()
    return found


def leftover(early: list[Tensor], late: list[Tensor]) -> float:
    """Return the share of the early gradients of a step that the later ones oppose."""
    early, late = sum(early), sum(late)
    if probes.cosine(early, late) >= 0:
        return 0.0
    return (early.norm() / (early.norm() + late.norm()).clamp(min=1e-30)).item()


def left_by(parts: dict[int, Tensor], of_D: set[int]) -> float:
    """Return what D's backwards left among the parts of a gradient of G, see `leak`."""
    early = [part for backward, part in parts.items() if backward in of_D]
    late = [part for backward, part in parts.items() if backward not in of_D]
    return leak(early, late) if late else 0.0


def leak(early: list[Tensor], late: list[Tensor]) -> float:
    """Return the size of G's gradients from before D's step over the later ones, where opposed."""
    if not early:
        return 0.0
    early, late = sum(early), sum(late)
    against = probes.cosine(early, late) < -0.2
    return (early.norm() / late.norm().clamp(min=1e-30)).item() if against else 0.0
