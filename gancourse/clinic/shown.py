"""What D is shown, and what of it the losses hear: old fakes, one kind only, a part of a sample.

A watcher of `recorder.Recorder`, in measured turns. Lesson 10.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from gancourse.clinic import calls, gradients, probes
from gancourse.clinic.answers import Answers, Pull
from gancourse.clinic.ledger import Ledger
from gancourse.clinic.signals import Signals
from gancourse.clinic.watchers import Witness

MOST = 20_000  # rows that are remembered
FLAT = 1e-3  # a slope, over the largest one


class Shown:
    """Notes by turn which kinds of samples D's loss hears, and whether fakes were seen before."""

    def __init__(
        self, witness: Witness, answers: Answers, ledger: Ledger, signals: Signals, guard: Callable
    ):
        self.witness, self.answers, self.signals = witness, answers, signals
        self.ledger = ledger
        self.done: set[int] = set()  # backwards that an earlier step of D has used
        self.clock = witness.clock
        self.past: Tensor | None = None  # keys of what was neither real nor G's, in other turns
        self.rows: list[Tensor] = []  # the same, of this turn
        self.used: Tensor | None = None  # which numbers of a sample D ever has a slope at
        self.shown: set[str] = set()  # what was in D's calls of this turn; "odd" is none of these
        self.asked = False  # whether D was asked, in this turn, about fakes that lead back to G
        self.closed = False  # whether its weights were frozen then: what reaches them is not known
        self.through = False  # whether a backward to G left something at D's weights
        self.ahead: list[Tensor] = []  # keys of G's samples in the turn before a measured one
        self.fresh = False  # whether D was shown some of them there, in its own step
        self.note = guard("what D is shown", self._slope)
        witness.listeners["D"].append(guard("what D is shown", self._saw))
        ledger.listeners.append(guard("what D is shown", self._at_step))
        witness.ahead["G"].append(guard("what D is shown", self._made_ahead))
        witness.ahead["D"].append(guard("what D is shown", self._judged_ahead))

    def _at_step(self, who: str) -> None:
        """Note, before a step of D, whether nothing but G's loss gave it its gradient.

        Before a step of G, whether its backward has gone through D's layers.
        """
        if who == "G" or self.ledger.shared:
            self.through |= self._goes_through_D()
        if who != "D":
            return
        pulls = self.answers.pulls
        left = [b for b in pulls.keys() - self.done if self.answers.owner.get(b) != "G"]
        kinds = {p.kind for backward in left for p in pulls[backward]}
        self.done |= pulls.keys()
        if kinds and gradients.any_left([w.grad for w in self.ledger.weights["D"]]):
            self.signals.crossed.append(float(kinds == {"own"}))

    def _goes_through_D(self) -> bool:
        """Tell whether a backward that reached G left a gradient at D's weights, not all 0."""
        parts = zip(self.ledger.booked["D"], self.ledger.came["D"], strict=True)
        mine = [part for part, backward in parts if backward in self.ledger.through_G]
        return gradients.any_left([grad for part in mine for grad, _ in part.values()])

    def _saw(self, call: calls.Call | None, args: tuple, kwargs: dict, _: object) -> None:
        if call is None:
            self.shown.add("odd")
            return
        _, real, fake = self.witness.judged[-1]
        known = real | fake
        self.shown |= {name for name, rows in (("shown real", real), ("shown fake", fake),
                                               ("odd", ~known)) if rows.any()}  # fmt: skip
        asked = call.on_x and bool(fake.any())
        self.asked |= asked
        self.closed |= asked and not any(w.requires_grad for w in self.ledger.weights["D"])
        if not call.on_x and not (real.any() or fake.any()):
            self.rows.append(probes.rows(call.x).cpu())
        if call.on_x and fake.all() and torch.is_grad_enabled():
            _, x = calls.looked_at(args, kwargs)
            x.register_hook(self.note)

    def _made_ahead(self, _: tuple, __: dict, out: object) -> None:
        x = calls.samples_of(out)
        if x is not None:
            self.ahead.append(probes.rows(calls.bare(x)))

    def _judged_ahead(self, args: tuple, kwargs: dict, _: object) -> None:
        given = calls.looked_at(args, kwargs)
        if given is not None and self.ahead and not given[1].requires_grad:
            self.fresh |= bool(self.witness.whose(calls.bare(given[1]), self.ahead).any())

    def _at_an_end(self) -> float:
        """Return which share of D's answers in this turn share the lowest or the highest so far."""
        answers, ends = [call.out for call, *_ in self.witness.judged], self.signals.outputs
        if not answers or ends is None:
            return 0.0
        x = torch.cat(answers).double()
        there = sum(max(0, int((x == end).sum()) - 1) for end in set(ends))  # one always does
        return there / max(1, len(x))

    def _slope(self, grad: Tensor) -> None:
        used = (grad.detach().flatten(1) != 0).any(0).cpu()
        if self.used is None or len(self.used) == len(used):
            self.used = used if self.used is None else self.used | used

    def close(self) -> None:
        """End a measured turn: before `Answers.close`, which forgets the turn's pulls."""
        self._note_heard()
        self._note_stale()
        answers = [call.out for call, *_ in self.witness.judged if len(call.out)]
        if answers:
            low, high = torch.cat(answers).aminmax()
            self.signals.width.append((high - low).item())
        pulls, owner = self.answers.pulls, self.answers.owner
        of_losses = self.ledger.backwards  # not where a slope is asked for, by a sample alone
        by_D = of_D([pulls[b] for b in pulls if owner.get(b) == "D" and b in of_losses])
        alike = one_rule(by_D)
        if alike is not None:
            self.signals.same_target.append(float(alike))
        elif (apart := kinds_apart(by_D)) is not None:
            self.signals.kinds_apart.append(apart)
        self.asked = self.through = self.fresh = self.closed = False
        self.ahead.clear()
        self.shown.clear()
        self.done.clear()

    def _note_heard(self) -> None:
        heard = dict.fromkeys(("real", "fake", "other", "own"), 0.0)
        for backward, pulls in self.answers.pulls.items():
            owner = self.answers.owner.get(backward, "")
            for p in pulls:
                if not p.slopes.any():
                    continue
                if owner == "D":
                    heard["fake" if p.kind == "own" else p.kind] = 1.0
                if p.kind == "own":
                    heard["own"] = 1.0
        pulled = any(p.kind == "own" for pulls in self.answers.pulls.values() for p in pulls)
        heard |= {"asked": float(self.asked), "through D": float(self.through)}
        heard |= {"hidden": float(self.closed and not pulled), "fresh ahead": float(self.fresh)}
        heard["at an end"] = self._at_an_end()
        heard |= {kind: float(kind in self.shown) for kind in ("shown real", "shown fake", "odd")}
        for kind, value in heard.items():
            self.signals.heard.setdefault(kind, []).append(value)

    def _note_stale(self) -> None:
        """Note the share of D's fakes that it had seen before, where none is G's of this turn."""
        judged = self.witness.judged
        known = any(real.any() for _, real, _ in judged)
        fresh = any(fake.any() and not call.on_x for call, _, fake in judged)
        rows, self.rows = self.rows, []
        if not rows:
            return
        rows = torch.cat(rows)
        if self.past is not None and known and not fresh:
            self.signals.stale.append(torch.isin(rows, self.past).double().mean().item())
            self.witness.curious |= self.signals.stale[-1] > 0  # new ones may come in other turns
        self.past = rows if self.past is None else torch.cat([self.past, rows])[-MOST:]

    def conclude(self) -> None:
        """Note which share of a sample's numbers D never had a slope at."""
        if self.used is not None and self.used.any():
            self.signals.blind = 1 - self.used.double().mean().item()


def of_D(backwards: list[list[Pull]]) -> list[Pull]:
    """Return D's own pulls among those of the backwards before its step, each a list.

    Where real samples are in another backward, one that pulls at nothing but G's fakes is G's: one
    optimiser may serve both, or both backwards may come before D's step.
    """
    alone = [all(p.kind == "own" for p in pulls) for pulls in backwards]
    real = any(p.kind == "real" for pulls in backwards for p in pulls)
    return [p for pulls, own in zip(backwards, alone, strict=True) if not (own and real)
            for p in pulls]  # fmt: skip


def one_rule(pulls: list[Pull]) -> bool | None:
    """Tell whether D's loss gives a real and a fake sample of the same answer the same slope.

    Then it does not matter to the loss which of the two a sample is. Asked where the slopes at real
    samples lie on a line, over the answers or their sigmoid, as those of a loss with one target do;
    None elsewhere.
    """
    for x, slope, other, there in by_kind(pulls):
        size, middle = slope.abs().max(), x.mean()
        rise = ((x - middle) * slope).sum() / (x - middle).square().sum()
        exact = (slope.mean() + rise * (x - middle) - slope).abs().max() < FLAT * size
        if exact and rise.abs() * x.std() > 0.01 * size:
            off = (slope.mean() + rise * (other - middle) - there).abs().max()
            return bool(off < 10 * FLAT * max(size, there.abs().max()))
    return None


def kinds_apart(pulls: list[Pull]) -> tuple[float, float] | None:
    """Return the slope of D's loss at a fake less that at a real sample of the same answer.

    And its standard error, both as shares of the size of slopes, by the line that fits both kinds
    best: for targets that are drawn afresh for each sample, which no line goes through. None where
    there is no such loss.
    """
    found = []
    for x, slope, other, there in by_kind(pulls):
        both, size = torch.cat([slope, there]), torch.cat([slope, there]).square().mean().sqrt()
        kind = torch.cat([torch.zeros_like(x), torch.ones_like(other)])
        table = torch.stack([torch.ones_like(kind), torch.cat([x, other]), kind], 1)
        spread = torch.linalg.pinv(table.T @ table)
        fitted = spread @ table.T @ both
        rest = (table @ fitted - both).square().mean()
        error = (rest * spread[2, 2]).sqrt() / size
        found.append((rest.item(), ((fitted[2] / size).item(), error.item())))
    return min(found)[1] if found else None


def by_kind(pulls: list[Pull]) -> list[tuple[Tensor, Tensor, Tensor, Tensor]]:
    """Return answers and slopes at real samples, and at fakes, in each way of reading them.

    The answers as they are, their sigmoid, and, where they are probabilities, the slopes by their
    logits. Nothing for few samples, or where real ones have one answer.
    """
    kinds = {
        kind: [torch.cat(parts) for parts in zip(*found, strict=True)]
        for kind, of in (("real", ("real",)), ("fake", ("fake", "own")))
        if (found := [(p.answers, p.slopes) for p in pulls if p.kind in of])
    }
    if len(kinds) < 2 or min(len(a) for a, _ in kinds.values()) < 8:
        return []
    (real, at_real), (fake, at_fake) = ([t.double() for t in kinds[k]] for k in ("real", "fake"))
    if real.std() < 1e-3 * (real.abs().max() + 1e-12) or not (at_real.any() and at_fake.any()):
        return []
    if not (real.isfinite().all() and fake.isfinite().all()):
        return []
    ways = [(real, at_real, fake, at_fake), (real.sigmoid(), at_real, fake.sigmoid(), at_fake)]
    if min(real.min(), fake.min()) > 0 and max(real.max(), fake.max()) < 1:
        ways.append((real, at_real * real * (1 - real), fake, at_fake * fake * (1 - fake)))
    return ways
