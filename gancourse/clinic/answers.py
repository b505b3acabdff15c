"""Which way the losses pull D's answers, and what is done with D's slope: seen in each backward.

Hooks on what D returns and on what it is given, in measured turns; in the others only the slope of
D is looked at, and only whether it has a graph, for a program may ask for it now and then. Nothing
of the run is changed: a hook here looks at a gradient and returns nothing. Lesson 10.
"""

import math
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor, nn

from gancourse.clinic import calls, probes
from gancourse.clinic.ledger import Ledger, this_backward
from gancourse.clinic.signals import Signals
from gancourse.clinic.watchers import Witness

APART = 0.02  # answers of a batch: closer ones get much the same slope from any loss
BEYOND = 1.1  # an answer above it gets no slope from a hinge, and another one from a square


@dataclass
class Pull:
    """What one backward wants of D's answers to one kind of samples, by sample: slopes [N]."""

    kind: str  # "real", "fake", "own": fakes through which G learns, or "other": none of these
    slopes: Tensor
    reaches_D: bool  # whether D's weights asked for a gradient
    answers: Tensor  # [N]


class Answers:
    """Notes how each backward of a measured turn pulls at D's answers, and D's slope at points."""

    def __init__(self, witness: Witness, ledger: Ledger, signals: Signals, guard: Callable):
        self.witness, self.ledger, self.signals, self.guard = witness, ledger, signals, guard
        self.shared = ledger.shared
        self.owner: dict[int, str] = {}  # of a backward: whose step came next
        self.penalised = False  # whether a slope of D had a graph, in any turn
        self.paid = False  # whether a backward came through such a slope, in any turn
        self.clock, self.D = witness.clock, witness.nets["D"]
        self.pulls: dict[int, list[Pull]] = defaultdict(list)  # by backward
        self.at: dict[tuple[str, int], list[Tensor]] = defaultdict(list)  # slopes at G's samples
        self.points: list[tuple[int, Tensor, bool]] = []  # D's slope: backward, slope, has a graph
        self.passing: list = []  # hooks on x of this turn: a program may keep its x
        self.on_slope: Callable[[Tensor], None] | None = None  # of D, with a graph
        self.logistic: list[float] = []  # how uneven slopes are over those of a cross-entropy
        self.spans: list[tuple[float, float]] = []  # the furthest answer, how uneven slopes are
        self.weights: list[float] = []  # of a single answer in a loss, see `weight_per_answer`
        what = "what the losses ask of D"
        witness.listeners["G"].append(guard(what, self._made))
        witness.listeners["D"].append(guard(what, self._saw))
        witness.on_leaf = guard("D's slope", self._on_leaf)
        ledger.listeners.append(guard(what, self._stepped))

    def _stepped(self, who: str) -> None:
        for backward in self.pulls:
            self.owner.setdefault(backward, who)

    def _made(self, call: calls.Call | None, _, __, out: object) -> None:
        x = calls.samples_of(out)
        if self.clock.measured and x is not None and x.requires_grad:
            x.register_hook(self._noting("G"))

    def _on_leaf(self, x: Tensor) -> None:
        """Look at the slope that is asked for at a leaf x, until one is known to be in a loss."""
        if torch.is_grad_enabled() and (self.clock.measured or not self.paid):
            self.passing.append(x.register_hook(self.guard("D's slope", self._sloped)))

    def _noting(self, where: str, rows: Tensor | None = None) -> Callable:
        """Return a hook that keeps the slope at a sample, of some rows."""

        def note(grad: Tensor) -> None:
            kept = grad.detach() if rows is None else grad.detach()[rows.to(grad.device)]
            self.at[where, this_backward()].append(kept.float().flatten())

        return self.guard("what the losses ask of D", note)

    def _saw(self, call: calls.Call | None, args: tuple, kwargs: dict, out: object) -> None:
        if call is None or not torch.is_grad_enabled():
            return
        _, x = calls.looked_at(args, kwargs)
        _, real, fake = self.witness.judged[-1]
        answer = next((t for t in calls.tensors(out) if t.requires_grad and t.numel() == len(x)),
                      None)  # fmt: skip
        if answer is None:
            return
        if call.on_x and not x.is_leaf:
            between = not fake.any() and not real.any()
            slope = self.guard("D's slope", self._sloped) if between else self._noting("D", fake)
            x.register_hook(slope)
        asks = any(w.requires_grad for w in self.D.parameters())
        kinds = {kind: rows for kind, rows in kinds_of(call, real, fake).items() if rows.any()}
        if kinds:
            note = self.guard("what the losses ask of D", self._pulled(call, kinds, asks))
            answer.register_hook(note)

    def _pulled(self, call: calls.Call, kinds: dict[str, Tensor], asks: bool) -> Callable:
        def note(grad: Tensor) -> None:
            slopes = grad.detach().float().flatten()
            if len(slopes) != len(call.out) or not slopes.isfinite().all():
                return
            for kind, rows in kinds.items():
                rows = rows.to(slopes.device)
                answers = call.out[rows].float()
                self.pulls[this_backward()].append(Pull(kind, slopes[rows], asks, answers))
                if kind in ("real", "fake"):
                    self._note_span(answers, slopes[rows])
                    self.weights.append(weight_per_answer(answers, slopes[rows], kind == "real"))

        return note

    def _note_span(self, answers: Tensor, slopes: Tensor) -> None:
        if len(slopes) > 1 and slopes.any():
            uneven = (slopes.max() - slopes.min()) / slopes.abs().max()
            wanted = -answers * slopes.mean().sign()  # how far they are where the loss wants them
            self.spans.append((wanted.max().item(), uneven.item()))
            if answers.max() - answers.min() > APART:
                share = slopes / torch.sigmoid(-wanted)  # even for a cross-entropy of logits
                self.logistic.append(((share.max() - share.min()) / share.abs().max()).item())

    def _sloped(self, grad: Tensor) -> None:
        self.penalised |= grad.requires_grad
        if grad.requires_grad and not self.paid:
            grad.register_hook(self.guard("D's slope", self._pay))
        if not self.clock.measured:
            return
        self.points.append((this_backward(), grad.detach(), grad.requires_grad))
        if grad.requires_grad and self.on_slope is not None:
            self.on_slope(grad)

    def _pay(self, _: Tensor) -> None:
        self.paid = True

    def close(self) -> None:
        """End a measured turn."""
        for pulls in self.pulls.values():
            self._note_both(pulls)
        self._note_wishes()
        taken = [point for point in self.points if point[2] or self._alone(point[0])]
        if taken:
            self.signals.penalty["graph"].append(float(any(graph for *_, graph in taken)))
            kept = [slope for _, slope, graph in taken if graph] or [s for _, s, _ in taken]
            self._note_norms(kept[-1])
        self.pulls.clear()
        self.owner.clear()
        self.at.clear()
        self.points.clear()

    def let_go(self) -> None:
        """Take this turn's hooks from leaves."""
        for handle in self.passing:
            handle.remove()
        self.passing.clear()

    def _alone(self, backward: int) -> bool:
        """Tell whether a slope was taken in a backward that reached neither D's weights nor G."""
        reached = backward in self.ledger.backwards or ("G", backward) in self.at
        return bool(self.ledger.weights["D"]) and not reached

    def _note_wishes(self) -> None:
        """Note which way D's loss wants its answers to real and to fake samples, and G's loss."""
        wishes = {"real": [], "fake": [], "own": []}
        losses = {b: pulls for b, pulls in self.pulls.items() if not self._alone(b)}  # no slopes
        apart = any("own" not in {p.kind for p in pulls} for pulls in losses.values())
        for backward, pulls in losses.items():
            kinds, owner = {p.kind for p in pulls}, self.owner.get(backward, "")
            for p in (p for p in pulls if p.kind != "other"):
                kind, wish = p.kind, -p.slopes.mean().item()
                if self.shared:
                    if kind == "real" and apart and "own" in kinds:
                        continue  # G's, of pairs
                    wishes[kind].append(wish * self._turned(backward) if kind == "own" else wish)
                elif owner == "G" and kind == "own":
                    wishes["own"].append(wish)
                elif owner == "D":  # fakes that are not cut off belong to D's loss here
                    wishes["fake" if kind == "own" else kind].append(wish)
        for kind, name in (("real", "D of real"), ("fake", "D of fakes"), ("own", "G of fakes")):
            found = [wish for wish in wishes[kind] if wish]
            agreed = found and (min(found) > 0 or max(found) < 0)
            self.signals.wishes.setdefault(name, []).append(sum(found) if agreed else 0.0)

    def _turned(self, backward: int) -> float:
        """Return -1 where the slope is turned round between D and G, as for one shared loss."""
        at_D, at_G = (self.at.get((who, backward)) for who in ("D", "G"))
        if not at_D or not at_G or at_D[-1].shape != at_G[-1].shape:
            return 1.0
        return -1.0 if probes.cosine(at_D[-1], at_G[-1]) < -0.2 else 1.0

    def _note_both(self, pulls: list[Pull]) -> None:
        """Note how strongly G's loss pulls in the very backward from which D learns."""
        own = torch.cat([p.slopes for p in pulls if p.kind == "own" and p.reaches_D] or [NOTHING])
        fake = torch.cat([p.slopes for p in pulls if p.kind == "fake"] or [NOTHING])
        if len(own) and len(fake) and own.sum() * fake.sum() < 0:
            self.signals.both.append((own.sum() / fake.sum()).abs().item())

    def _note_norms(self, slope: Tensor) -> None:
        """Note the size of D's slope, by sample and along each single axis: see `facts`."""
        slope = slope.float()
        axes = [slope.norm(dim=axis).flatten() for axis in range(min(slope.dim(), 2))]
        rows = slope.flatten(1).norm(dim=1)
        if slope.flatten(1).shape[1] == 1:
            axes = axes[:1]  # one number for each sample: its norm is by sample
        elif slope.dim() == 2:
            axes = axes[:1]  # along axis 1 it is by sample
        self.signals.penalty["rows"].append((rows - 1).abs().mean().item())
        self.signals.penalty["size"].append(rows.mean().item())
        self.signals.penalty["axes"].append(min((a - 1).abs().mean().item() for a in axes))

    def conclude(self) -> None:
        """Note whether D's loss is linear in its answers, and what bounds D's slope."""
        s = self.signals
        if len(self.spans) >= 5 and max(far for far, _ in self.spans) > BEYOND:
            s.linear = float(all(uneven < 1e-4 for _, uneven in self.spans))
        if len(self.spans) >= 5:
            s.even = float(all(uneven < 1e-4 for _, uneven in self.spans))
        known = [w for w in self.weights if w == w]
        if len(known) >= 2:
            s.summed = float(all(abs(w - 1) < 0.02 for w in known))
        if len(self.logistic) >= 5:
            s.logistic = float(all(uneven < 1e-3 for uneven in self.logistic))
        slope = "penalty" if self.paid else "idle slope" if self.penalised else ""
        s.bounded = bounds(self.D) or slope


NOTHING = torch.empty(0)


def kinds_of(call: calls.Call, real: Tensor, fake: Tensor) -> dict[str, Tensor]:
    """Return which rows of a call of D are real, fake, and fakes through which G learns.

    Where each fake stands twice in one call, once cut off and once not, the second time is G's.
    """
    if not call.on_x or call.leaf:
        return {"real": real, "fake": fake, "other": ~(real | fake)}
    places = fake.nonzero().flatten()
    _, which = probes.rows(call.x[fake].cpu()).unique(return_inverse=True)
    if not len(places) or (torch.bincount(which) != 2).any():
        return {"real": real, "own": fake, "other": ~(real | fake)}
    first, second = (torch.zeros_like(fake) for _ in range(2))
    order = which.argsort(stable=True)
    first[places[order[::2]]], second[places[order[1::2]]] = True, True
    return {"real": real, "fake": first, "own": second}


def weight_per_answer(answers: Tensor, slopes: Tensor, real: bool) -> float:
    """Return the weight of one answer in a cross-entropy: 1 in a sum, 1/N in a mean of N.

    NaN where the slopes are not those of a cross-entropy, of logits or of probabilities.
    """
    sure = torch.sigmoid(-answers if real else answers)
    clear = sure > 1e-3  # the slopes of others are rounded
    answers, size, sure = answers[clear], slopes.abs()[clear], sure[clear]
    if len(answers) < 8 or not answers.max() - answers.min() > APART:
        return math.nan
    shares = [size / sure]
    if answers.min() > 0 and answers.max() < 1:
        shares.append(size * (answers if real else 1 - answers))
    for share in shares:
        if share.isfinite().all() and share.max() - share.min() < 1e-3 * share.max():
            return share.mean().item()
    return math.nan


def bounds(D: nn.Module) -> str:
    """Return what in D's weights bounds its slope: "spectral norm", "clipped", or nothing."""
    names = [name for name, _ in (*D.named_parameters(), *D.named_buffers())]
    if any(
        "parametrizations" in name or name.endswith(("weight_orig", "weight_u")) for name in names
    ):
        return "spectral norm"
    weights = [w.detach().abs().flatten() for w in D.parameters() if w.dim() > 1]
    ends = [w.max() for w in weights]
    alike = bool(ends) and all(abs(end - max(ends)) < 1e-3 * max(ends) for end in ends)
    full = [w >= 0.999 * w.max() for w in weights if alike]
    count = sum(int(f.sum()) for f in full)
    if count > max(4, 0.05 * sum(len(f) for f in full)):
        return "clipped"
    same = sum(int((w == max(ends)).sum()) for w in weights)  # by chance no two are
    if same > 1:
        return "clipped"
    matrices = [w for w in D.parameters() if w.dim() > 1 and w.isfinite().all()]
    norms = sorted(_spectral_norm(w) for w in matrices)
    equal = any(high - low < 1e-4 * high for low, high in pairwise(norms))  # nor two of these
    return "spectral norm" if equal else ""


def _spectral_norm(weight: Tensor) -> float:
    return torch.linalg.matrix_norm(weight.detach().float().flatten(1), 2).item()
