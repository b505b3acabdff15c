"""What lies behind a symptom, as it happens: data written over, what is done to a batch before D
sees it, which terms of a loss have weight, and which way a penalty on D's slope pulls.

A watcher of `recorder.Recorder`, in measured turns; only views of a data set are looked at in every
turn, in two numbers. Lesson 10.
"""

import math
from collections.abc import Callable
from functools import partial
from weakref import ReferenceType, ref

import torch
from torch import Tensor, nn

from gancourse.clinic import arrangement, calls, probes
from gancourse.clinic.answers import Answers
from gancourse.clinic.ledger import Ledger, cleared, this_backward
from gancourse.clinic.optimisers import Weights
from gancourse.clinic.signals import Signals
from gancourse.clinic.watchers import BATCHES, Witness
from gancourse.nets import duplicate

ROWS, MOST = 64, 65_536  # samples of a batch that are compared; rows that are kept
PLACES = 64  # of a data set, that are known again
RELATED = 0.93  # of the rest that is left between samples that have nothing to do with each other
ROUNDING = 1e-3  # of the spread: noise that is added and taken away again leaves less
ALIKE = 0.5  # the cosine of a batch before and after: it was changed, and not replaced
UNITS = 4  # of a layer, that may be copies of each other
STRONG = 0.5  # a pull over that of D's own loss: no regulariser's
COPIES = 0.05  # units apart, over the size of their weights
LAYERS = nn.Linear | nn.modules.conv._ConvNd


class Closer:
    """Fills in `signals.closer`: lists of numbers by name, most of them by measured turn."""

    def __init__(
        self, witness: Witness, answers: Answers, ledger: Ledger, signals: Signals, guard: Callable
    ):
        self.witness, self.answers, self.ledger, self.signals = witness, answers, ledger, signals
        self.clock, self.guard = witness.clock, guard
        self.views: list[tuple[Tensor, int, Tensor]] = []  # of this turn: x, version, some rows
        self.left: dict[int, int] = {}  # by row as it was left: the turn
        self.first: set[int] = set()  # rows as they were before they were changed
        self.there: dict[int, tuple[ReferenceType, Tensor]] = {}  # by address: its data, some rows
        self.parts: list[tuple[int, str, bool]] = []  # backward, kind, whether its slope is not 0
        self.shown: set[str] = set()  # kinds that an energy's D was shown in this turn
        self.owner: dict[int, str] = {}  # of a backward: whose step came next
        self.used: dict[str, set[int]] = {}  # the backwards on which a player's first step is taken
        witness.listeners["D"].append(guard("what is done to samples before D", self._saw_D))
        answers.on_slope = guard("the penalty's direction", self._sloped)
        ledger.listeners.append(guard("which terms have weight", self._stepped))

    # Real batches: in every turn.

    def handed(self, x: Tensor) -> None:
        """Look at a real batch [N, ...] as it is handed in."""
        data, x = x._base, x.detach()
        if data is None or x.is_inference() or not len(x) or len(self.views) >= BATCHES:
            return
        some = x[:16].clone()
        self.views.append((x, x._version, some))
        _note_scaled(self, x.data_ptr(), data, some)
        if self.left:  # rows, since the data may have been shuffled since then
            rows = probes.rows(some).tolist()
            turns = [self.left.pop(row, None) for row in rows]
            if any(turn is not None and turn < self.clock.turn - 1 for turn in turns):
                # not a buffer that is filled again
                self.signals.note("rewritten", float(self.clock.turn))
            if not self.first.isdisjoint(rows):
                self.signals.note("unchanged after all", float(self.clock.turn))

    def end_turn(self) -> None:
        """See whether a batch that is a view of other data was changed in place in this turn."""
        views, self.views = self.views, []
        for x, version, before in views:
            if x._version == version or len(self.left) >= MOST:
                continue
            a, b = (t.float().flatten(1) for t in (before, x[:16]))
            moved = (b - a).norm() > ROUNDING * (a - a.mean(0)).norm()
            if moved and probes.cosine(*((t - t.mean(0)).flatten() for t in (a, b))) > ALIKE:
                old, new = ({*probes.rows(rows).tolist()} for rows in (before, x[:16]))
                self.first |= old - new
                self.left |= dict.fromkeys(new, self.clock.turn)

    # What D is shown in its own steps.

    def _saw_D(self, call: calls.Call | None, args: tuple, kwargs: dict, out: object) -> None:
        if not self.clock.measured:
            return
        if call is None:
            self._saw_energy(args, kwargs, out)
            return
        _, real, fake = self.witness.judged[-1]
        self._note_packs(call, {"real": real, "fake": fake})
        odd = ~(real | fake)
        if call.on_x or not odd.any():
            return
        x = call.x.flatten(1).float().cpu()
        handed, made = self.witness.real.batches, [c.out.flatten(1) for c in self.witness.calls]
        if self._note_torn(x[odd]):
            return
        for kind, others, given in (("real", fake, handed), ("fake", real, made)):
            after = x[~others][:ROWS]  # in one batch with those that were not: by place
            pairs = [(before[:ROWS].float().cpu(), after) for before in given]
            some = " in part" if (real if kind == "real" else fake).any() else ""
            if any(arrangement.moved(*pair) for pair in pairs):
                self.signals.note(f"{kind} moved", 1.0)
                return
            known = [share for pair in pairs if (share := left_of(*pair)) is not None]
            if known:
                self.signals.note(f"{kind} changed{some}", min(known))
                return

    def _note_torn(self, odd: Tensor) -> bool:
        """Note whether D's rows are made of real samples' numbers, and none is a sample."""
        handed = [batch.cpu() for batch in self.witness.real.batches]
        found = bool(handed) and arrangement.torn(odd, torch.cat(handed))
        if found:
            self.signals.note("real torn", 1.0)
        return found

    def _note_packs(self, call: calls.Call, kinds: dict[str, Tensor]) -> None:
        """Note how many packs of a kind hold a sample more than once."""
        x, like = call.x.flatten(1), self.witness.like
        if not like or x.shape[1] == like or x.shape[1] % like:
            return
        parts = probes.rows(x.reshape(-1, like)).view(len(x), -1)
        for kind, known in (("real", self.witness.real.keys), ("fake", self.witness.made)):
            mine = parts[kinds[kind].to(parts.device)]
            if len(mine) and torch.isin(mine, torch.cat(known)).all():  # no pack: a label is added
                twice = (mine.sort(1).values.diff(dim=1) == 0).any(1)
                self.signals.note(f"{kind} twice in a pack", twice.double().mean().item())

    def _saw_energy(self, args: tuple, kwargs: dict, out: object) -> None:
        """Follow what a D of another kind gives, an autoencoder say, into the losses."""
        found = calls.looked_at(args, kwargs)
        if found is None or not torch.is_grad_enabled():
            return
        x = found[1]
        given = (t for t in calls.tensors(out) if t.requires_grad and t.dim())
        answer = next((t for t in given if len(t) == len(x)), None)
        if answer is None:
            return
        bare = calls.bare(x)
        real, fake = (self.witness.whose(bare, keys)
                      for keys in (self.witness.real.keys, self.witness.made))  # fmt: skip
        kinds = {"real": real, "own" if x.requires_grad else "fake": fake, "odd": ~(real | fake)}
        for kind, rows in kinds.items():
            if rows.any():
                self.shown.add(kind)
                look = self.guard("which terms have weight", partial(self._heard, kind, rows))
                answer.register_hook(look)

    def _heard(self, kind: str, rows: Tensor, grad: Tensor) -> None:
        heard = bool(grad.detach()[rows.to(grad.device)].any())
        self.parts.append((this_backward(), kind, heard))

    def _stepped(self, who: str) -> None:
        for backward in {part[0] for part in self.parts}:
            self.owner.setdefault(backward, who)
        if not self.used.get(who) and not self.ledger.shared:
            older = self.ledger.before["D"] if who == "D" else 0
            start = max([older, *cleared(self.ledger.booked[who])])
            self.used[who] = {*self.ledger.came[who][start:]}

    # A penalty on D's slope.

    def _sloped(self, slope: Tensor) -> None:
        """Wait for what the loss asks of a slope of D [N, ...] that has a graph."""
        kept = slope.detach().float()
        look = self.guard("the penalty's direction", partial(self._asked, kept))
        slope.register_hook(look)

    def _asked(self, slope: Tensor, asked: Tensor) -> None:
        """Note whether the loss rises faster at steeper places, as a penalty's does: 1, or -1."""
        asked = asked.detach().float()
        axis = arrangement.axis_of(slope, asked)
        self.signals.note("axis of the norm", math.nan if axis is None else float(axis))
        slope, asked = slope.flatten(1), asked.flatten(1)
        size = slope.norm(dim=1)
        along = (asked * slope).sum(1) / size.clamp(min=1e-12)
        if len(size) < 8 or not size.std() > 1e-3 * size.mean() or not along.any():
            return
        share = along / size.clamp(min=1e-12)
        if size.norm() < 1 and share.std() < 1e-3 * share.mean().abs():
            return  # a norm of the whole batch, which may be asked to be 1
        self.signals.note("penalty", probes.cosine(size - size.mean(), along - along.mean()))

    def close(self) -> None:
        """End a measured turn: before `Answers.close`, which forgets the turn's pulls."""
        self._note_second()
        own = [p for pulls in self.answers.pulls.values() for p in pulls if p.kind == "own"]
        if own:
            self.signals.note("own is silent", float(not any(p.slopes.any() for p in own)))
        if self.shown:
            heard = {kind for backward, kind, heard in self.parts
                     if heard and self.owner.get(backward) == "D"}  # fmt: skip
            for kind in ("real", "fake"):
                self.signals.note(f"energy of {kind}", float(kind in heard))
                self.signals.note(f"shown {kind}", float(kind in self.shown))
            self.signals.note("others", float(bool({"odd", "own"} & heard)))
        for kept in (self.parts, self.shown, self.owner, self.used):
            kept.clear()

    def _note_second(self) -> None:
        """Note how strongly a backward through G pulls against D's own, where D steps on both.

        One that G takes no step on may be a part of D's loss: a weak pull is a regulariser's.
        """
        of_D, of_G = (self.used.get(who, set()) for who in "DG")
        wants = {True: 0.0, False: 0.0}  # by whether the backward came through G, too
        for backward in of_D:
            pulls = self.answers.pulls.get(backward, ())
            of_fakes = [p.slopes.sum().item() for p in pulls if p.kind in ("own", "fake")]
            wants[backward in self.ledger.through_G] += sum(of_fakes)
        if wants[True] * wants[False] < 0:
            share = abs(wants[True] / wants[False])
            if share > STRONG or of_D & of_G:
                self.signals.note("G's backward in D's step", share)

    def conclude(self, start: dict[str, Weights]) -> None:
        """Look at the nets' layers, and at whether D takes the numbers of a sample together."""
        for who, net in self.ledger.nets.items():
            units, still = copies(net, start[who])
            if units:
                self.signals.closer[f"copies in {who}"] = [float(units), still]
        seen = self.witness.seen.get("D")
        if seen is not None:
            self.signals.closer["together"] = list(together(self.witness, seen))


@torch.no_grad()
def together(witness: Witness, call: calls.Call) -> tuple[float, float, float]:
    """Return how far D is from a sum of parts and from a linear map, over what it tells apart.

    D(x) + D(y) is then what D gives for two samples whose numbers were exchanged. The third number
    is how far it is where each pair exchanges others: not far, too, if its answers are each to a
    sample.
    """
    D, n = duplicate(witness.nets["D"]).eval(), len(call.x)
    x = call.x
    if witness.real.kept and witness.real.width == x[0].numel():
        real = torch.cat(witness.real.kept)
        x = real[torch.arange(n) % len(real)].view_as(x).to(x)
    y, draw = x.roll(1, 0), torch.Generator().manual_seed(0)

    def answer(points: Tensor) -> Tensor:
        return calls.logits_of(call.again(D, points), n).double().cpu()

    a, b, middle = answer(x), answer(y), answer((x + y) / 2)
    scale = (a - b).square().mean().sqrt().item()
    if x[0].numel() < 2 or not scale > 1e-3 * a.abs().mean().item() or not scale < math.inf:
        return math.nan, math.nan, math.nan

    def left(shape: tuple[int, ...]) -> float:
        """Return what exchanging numbers leaves: the same ones in all pairs, or each its own."""
        mask = (torch.rand(shape, generator=draw) < 0.5).to(x.device)
        if not mask.any() or mask.all():
            return math.nan
        swapped = sum(answer(torch.where(mask, *pair)) for pair in ((x, y), (y, x)))
        return (swapped - a - b).square().mean().sqrt().item()

    off = [left(x[0].shape) for _ in range(4)]
    off = max((rest for rest in off if not math.isnan(rest)), default=math.nan)
    bent = (middle - (a + b) / 2).square().mean().sqrt().item()
    return off / scale, bent / scale, left(x.shape) / scale


def _note_scaled(closer: Closer, place: int, data: Tensor, some: Tensor) -> None:
    """Note whether a batch from the same place of the same data was scaled or shifted since."""
    known, before = closer.there.get(place, (None, some))
    if known and known() is data and before.shape == some.shape:
        left = left_of(*(rows.flatten(1).float() for rows in (before, some)))
        scaled = left is not None and left < ROUNDING and not torch.equal(before, some)
        closer.signals.note("scaled again", float(scaled))
    if known or len(closer.there) < PLACES:
        closer.there[place] = ref(data), some


def left_of(before: Tensor, after: Tensor) -> float | None:
    """Return the share of `after` [N, dim] that a scale and a shift of `before` do not explain.

    None where the two have nothing to do with each other, row by row.
    """
    if before.shape != after.shape or len(after) < 16:
        return None
    apart = sum(unexplained(before.roll(k, 0), after) for k in (1, 3, 7)) / 3
    share = 0.0 if in_order(before, after) else unexplained(before, after)
    return share if share < RELATED * apart else None


def in_order(x: Tensor, y: Tensor) -> bool:
    """Tell whether y [N, dim] rises, or falls, with x in each column: its logarithm, say."""
    way = y.double().gather(0, x.argsort(0)).diff(dim=0)
    against = torch.minimum(way.clamp(min=0).sum(0), (-way).clamp(min=0).sum(0))
    return bool(against.sum() <= 1e-3 * way.abs().sum())


def unexplained(x: Tensor, y: Tensor) -> float:
    """Return the share of y's variance [N, dim] that is left by a line over x, column by column."""
    x, y = (t.double() - t.double().mean(0) for t in (x, y))
    rise = (x * y).sum(0) / x.square().sum(0).clamp(min=1e-12)
    return ((y - rise * x).square().sum() / y.square().sum().clamp(min=1e-12)).item()


def copies(net: nn.Module, start: Weights) -> tuple[int, float]:
    """Return the units of the widest layer whose units all started as one, not at 0.

    And how far apart they are at the end, over the size of their weights. No units where another
    layer tells them apart, as one of random weights does.
    """
    was, found, others = {id(w): old for w, old in start}, (0, math.nan), False
    for layer in net.modules():
        if not isinstance(layer, LAYERS):
            continue
        weight = layer._parameters.get("weight")  # asking a spectral norm for it takes a step
        old = was.get(id(weight))
        if old is None or old.dim() < 2 or len(old) < UNITS or old[0].numel() < 2:
            continue
        if not weight.requires_grad or getattr(layer, "groups", 1) > 1:
            continue
        if not old.any() or (old != old[:1]).any():
            others = True
        elif len(old) > found[0]:
            now = weight.detach().double()
            apart = (now - now.mean(0)).norm() / now.norm().clamp(min=1e-12)
            found = len(old), apart.item()
    return (0, math.nan) if others and found[1] >= COPIES else found
