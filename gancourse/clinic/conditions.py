"""What a program says to its nets beside samples and z: labels, and whether z is ever new.

Labels are whole numbers [N], one-hot rows [N, k], or one-hot rows appended to a sample. Lesson 10.
"""

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor

from gancourse.clinic import calls, probes
from gancourse.clinic.signals import Signals, mean
from gancourse.clinic.watchers import Witness

MOST = 4096  # labelled samples that are kept
NEAR = 1000  # of them, of which the nearest other one is looked up


def one_hot(t: Tensor) -> Tensor | None:
    """Return the labels [N] of one-hot rows [N, k], or None."""
    if t.dim() != 2 or t.shape[1] < 2 or not torch.is_floating_point(t):
        return None
    whole = ((t == 0) | (t == 1)).all() and (t.sum(1) == 1).all()
    return t.argmax(1) if whole else None


def labels_among(call: calls.Call, like: int) -> Tensor | None:
    """Return the labels [N] that stand in a call beside the sample of `like` numbers, or None.

    None too where there are two, other ones: nobody here knows which of them is the label.
    """
    n, several = len(call.x), []
    for key, t in (*enumerate(call.args), *call.kwargs.items()):
        if not isinstance(t, Tensor) or key == call.key or t.dim() == 0 or len(t) != n:
            continue
        if not t.is_floating_point() and t.numel() == n and t.dtype != torch.bool:
            several.append(t.detach().flatten().long())
        elif (found := one_hot(t.detach())) is not None:
            several.append(found)
    if several:
        return several[0] if all(torch.equal(several[0], y) for y in several) else None
    wide = call.x.flatten(1)
    return one_hot(wide[:, like:]) if 0 < like < wide.shape[1] else None


class Conditions:
    """Notes labels beside real samples, labels asked of G, and z that come back."""

    def __init__(self, witness: Witness, signals: Signals, guard: Callable):
        self.witness, self.signals = witness, signals
        self.labelled: list[tuple[Tensor, Tensor]] = []  # labels and real samples
        self.asked = {"training": set(), "sampling": set()}
        self.z: Tensor | None = None
        self.ahead: set[int] = set()  # labels asked of G in the turn before a measured one
        self.alone: list[bool] = []  # by measured turn: one label, and another one than before
        self.guard = guard
        witness.listeners["D"].append(guard("labels", self._saw_D))
        witness.listeners["D"].append(guard("labels", self._saw_classes))
        witness.ahead["G"].append(guard("labels", self._saw_ahead))

    def _saw_D(self, call: calls.Call | None, *_) -> None:
        if call is None or not self.witness.real.keys:
            return
        (_, real, fake), like = self.witness.judged[-1], self.witness.real.width
        if fake.any():
            self._note_fakes(call, fake, like)
        if not real.any() or sum(len(y) for y, _ in self.labelled) > MOST:
            return
        y = labels_among(call, like)
        if y is not None:
            self.labelled.append((y.cpu()[real], call.x.flatten(1)[:, :like].float().cpu()[real]))

    def _saw_ahead(self, args: tuple, kwargs: dict, out: object) -> None:
        call = calls.note(args, kwargs, lambda _: calls.samples_of(out))
        if call is not None:
            self.ahead |= self._labels_of([call])

    def _note_fakes(self, call: calls.Call, fake: Tensor, like: int) -> None:
        """Note how many fakes D is given with the label that G made them with."""
        y = labels_among(call, like)
        if y is not None:
            self.signals.fake_labels += self._agreement(call, fake, like, y.cpu()[fake])

    def _agreement(self, call: calls.Call, fake: Tensor, like: int, labels: Tensor) -> list[float]:
        """Return, in a list, the share of fakes that come with the label G was asked for.

        An empty list where that is not known, or where there is but one label.
        """
        asked: dict[int, set[int]] = {}  # by row: equal ones may have been asked for by two labels
        for made, keys in zip(self.witness.calls, self.witness.made, strict=True):
            of_G = labels_among(made, self._z_numbers(made))
            if of_G is not None and len(of_G) == len(keys):
                for key, label in zip(keys.tolist(), of_G.tolist(), strict=True):
                    asked.setdefault(key, set()).add(label)
        keys = probes.rows(call.x.flatten(1)[:, :like])[fake.to(call.x.device)].tolist()
        pairs = [(*asked[k], label) for k, label in zip(keys, labels.tolist(), strict=True)
                 if len(asked.get(k, ())) == 1]  # fmt: skip
        if not pairs or len({label for label, _ in pairs}) < 2:
            return []
        return [sum(a == b for a, b in pairs) / len(pairs)]

    def _saw_classes(self, call: calls.Call | None, _, __, out: object) -> None:
        """Wait for what a loss of classes asks of D's other answer [N, k]: the targets."""
        if call is None or not torch.is_grad_enabled() or not self.witness.real.keys:
            return
        found = (t for t in calls.tensors(out) if t.requires_grad and t.dim() == 2)
        logits = next((t for t in found if len(t) == len(call.x) and t.shape[1] > 1), None)
        if logits is not None:
            look = partial(self._heard_classes, call, self.witness.judged[-1][1:])
            logits.register_hook(self.guard("labels", look))

    def _heard_classes(self, call: calls.Call, kinds: tuple[Tensor, Tensor], grad: Tensor) -> None:
        """Read the targets of a cross-entropy, whose slope is negative at the target alone."""
        slopes, (real, fake) = grad.detach().cpu(), kinds
        clear, like = (slopes < 0).sum(1) == 1, self.witness.real.width
        targets = slopes.argmin(1)
        fake, real = fake & clear, real & clear
        if fake.any():
            self.signals.class_labels += self._agreement(call, fake, like, targets[fake])
        if real.any() and sum(len(y) for y, _ in self.labelled) <= MOST:
            x = call.x.flatten(1)[:, :like].float().cpu()
            self.labelled.append((targets[real], x[real]))

    def drew(self, made: list[calls.Call]) -> None:
        """Note what was asked of G in the sampling function, just called."""
        self._note_asked("sampling", made)

    def _note_asked(self, where: str, made: list[calls.Call]) -> None:
        self.asked[where] |= self._labels_of(made)

    def _labels_of(self, made: list[calls.Call]) -> set[int]:
        labels = (labels_among(call, self._z_numbers(call)) for call in made)
        return {label for y in labels if y is not None for label in y.unique().tolist()}

    @staticmethod
    def _z_numbers(call: calls.Call) -> int:
        """Return how many numbers of G's argument are z: those that are not 0 or 1 in all rows."""
        x = call.x.flatten(1)
        mixed = (~((x == 0) | (x == 1)).all(0)).nonzero().flatten()
        return int(mixed[-1]) + 1 if len(mixed) else 0

    def close(self) -> None:
        """End a measured turn."""
        made = [call for call in self.witness.calls if call.on_out]
        self._note_asked("training", self.witness.calls)
        now, before = self._labels_of(self.witness.calls), self.ahead
        if now and before:
            self.alone.append(len(now) == len(before) == 1 and now != before)
        self.ahead = set()
        if not made:
            return
        keys = probes.rows(made[-1].x)
        if self.z is not None:
            self.signals.repeated_z.append(float(torch.equal(keys, self.z)))
        self.z = keys

    def conclude(self) -> None:
        """Write into the signals what was seen over the whole run."""
        s = self.signals
        s.asked = {where: len(labels) for where, labels in self.asked.items() if labels}
        if self.alone and mean(self.alone) > 0.5:  # classes take turns
            s.asked["in turns"] = 1
        if self.labelled:
            y, x = (torch.cat(parts) for parts in zip(*self.labelled, strict=True))
            s.label_gap = tied(x, y)
            if len(y.unique()) > s.asked.get("training", 0) > 0:
                s.asked["real"] = len(y.unique())


def tied(x: Tensor, y: Tensor) -> float:
    """Return how far samples x [N, dim] differ between labels y [N]: near 1 if labels say nothing.

    The largest of two F ratios, for mean and for spread, and of the squared z of how often the
    nearest other sample has the same label. NaN for few samples. One that comes again counts once:
    it would bring its label along.
    """
    rows = probes.rows(x)
    order = rows.argsort(stable=True)
    new = torch.ones_like(rows, dtype=torch.bool)
    new[order[1:]] = rows[order].diff() != 0
    x, y = x[new], y[new]
    kinds, which = y.unique(return_inverse=True)
    k, n = len(kinds), len(x)
    if k < 2 or n < 10 * k:
        return float("nan")
    x = x.double()
    spread = (x - x.mean(0)).square()
    return max(_ratio(x, which, k), _ratio(spread, which, k), _neighbours(x, which))


def _neighbours(x: Tensor, which: Tensor) -> float:
    some = torch.linspace(0, len(x) - 1, min(len(x), NEAR)).long()
    x, which = x[some], which[some]
    nearest = (torch.cdist(x, x) + torch.diag(torch.full((len(x),), float("inf")))).argmin(1)
    chance = (torch.bincount(which).double() / len(which)).square().sum().item()
    agree = (which[nearest] == which).double().mean().item()
    z = (agree - chance) / (chance * (1 - chance) / len(x)) ** 0.5
    return max(0.0, z) ** 2


def _ratio(x: Tensor, which: Tensor, k: int) -> float:
    size = torch.bincount(which, minlength=k).double()[:, None]
    means = torch.zeros(k, x.shape[1], dtype=x.dtype).index_add_(0, which, x) / size
    between = (size * (means - x.mean(0)).square()).sum() / (k - 1)
    within = (x - means[which]).square().sum() / max(1, len(x) - k)
    return (between / within.clamp(min=1e-12)).item()
