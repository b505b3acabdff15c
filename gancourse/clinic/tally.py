"""What is noted in every turn, and so must cost next to nothing. Lesson 10.

The losses, the size of D's answers, and whether the real batches are finite. Answers and sums are
kept as they are until `settle`, which asks all turns at once; so does what lies on a device.
"""

import math

import numpy as np
import torch
from torch import Tensor

from gancourse.clinic import calls
from gancourse.clinic.signals import Signals
from gancourse.errors import InputError


class Tally:
    """Fills in `d_loss`, `g_loss`, `largest` and `bad_batch`, turn by turn."""

    def __init__(self, signals: Signals):
        self.signals = signals
        self.answers: list[Tensor] = []  # of D in this turn
        self.given: list[list[Tensor]] = []  # the same, of the turns since the last settlement
        self.turns: list[int] = []  # of the real batches since then
        self.sums: list[Tensor] = []  # of these batches: NaN or infinity in one is in its sum
        self.pending: list[tuple[list[float], int, Tensor]] = []  # numbers that lie on a device

    def real(self, x: Tensor, turn: int) -> None:
        """Note a real batch."""
        x = x.detach()
        wide = x if x.dtype in (torch.float32, torch.float64) else x.float()
        self.turns.append(turn)
        self.sums.append(wide.sum())

    def answer(self, args: tuple, kwargs: dict, out: object) -> None:
        """Note what D gave for its arguments."""
        real = isinstance(out, Tensor) and out.is_floating_point() and out.dim()
        if real and len(out) == out.numel():
            self.answers.append(calls.bare(out))
            return
        x = calls.looked_at(args, kwargs)
        logit = None if x is None else calls.logits_of(out, len(x[1]))
        if logit is not None:
            self.answers.append(calls.bare(logit))

    def close(self, d_loss: object, g_loss: object) -> None:
        """End a turn with both losses.

        Raises InputError where one is no number; the turn then counts with the loss before it.
        """
        s, wrong = self.signals, []
        self.given.append(self.answers)
        self.answers = []
        for losses, loss, name in ((s.d_loss, d_loss, "d_loss"), (s.g_loss, g_loss, "g_loss")):
            try:
                if isinstance(loss, Tensor) and loss.is_complex():
                    raise TypeError
                self._add(losses, loss if isinstance(loss, Tensor) else float(loss))
            except (TypeError, ValueError, RuntimeError):
                losses.append(losses[-1] if losses else math.nan)
                wrong.append((name, loss))
        if wrong:
            name, loss = wrong[0]
            given = f"a tensor {list(loss.shape)}" if isinstance(loss, Tensor) else repr(loss)[:80]
            raise InputError(
                f"recorder.step takes both losses as numbers or tensors of one real number, and "
                f"{name} was {given}: hand in the mean."
            )

    def _add(self, numbers: list[float], x: Tensor | float) -> None:
        if not isinstance(x, Tensor):
            numbers.append(x)
        elif x.device.type == "cpu":
            numbers.append(float(x.detach()))
        else:
            self.pending.append((numbers, len(numbers), x.detach().reshape(()).float().clone()))
            numbers.append(math.nan)

    def settle(self) -> None:
        """Bring over what lies on a device, and see to all turns since the last time."""
        s = self.signals
        if self.pending:
            values = torch.stack([x for *_, x in self.pending]).tolist()
            for (numbers, at, _), value in zip(self.pending, values, strict=True):
                numbers[at] = value
            self.pending.clear()
        nan, largest = of_answers(self.given)
        if s.nan_from is None and nan is not None:
            s.nan_from = len(s.largest) + nan[0], nan[1]
        top = s.largest[-1] if s.largest else 0.0
        for size in largest:
            top = max(top, size)
            s.largest.append(top)
        place = self.sums[0].device if self.sums else None
        fine = torch.stack([x.to(place) for x in self.sums]).isfinite().tolist() if place else []
        bad = [turn for turn, x in zip(self.turns, fine, strict=True) if not x]
        if bad and s.bad_batch is None:
            s.bad_batch = bad[0]
        for kept in (self.given, self.turns, self.sums):
            kept.clear()


def of_answers(turns: list[list[Tensor]]) -> tuple[tuple[int, int] | None, list[float]]:
    """Return the first turn with an answer that is NaN, and each turn's largest answer in size.

    With the turn comes 0 where its first answer is NaN, or 1; None where none is. A size counts no
    NaN, and is 0 without any answer. All answers come over in one transfer.
    """
    largest, nan = [0.0] * len(turns), None
    kept = [(i, k, x) for i, answers in enumerate(turns)
            for k, x in enumerate(answers) if x.numel()]  # fmt: skip
    if not kept:
        return None, largest
    place = kept[0][2].device
    whole = torch.cat([x.flatten().to(place, torch.float32) for *_, x in kept]).abs().cpu().numpy()
    starts = np.cumsum([0, *(x.numel() for *_, x in kept[:-1])])
    tops = np.fmax.reduceat(whole, starts).tolist()  # fmax counts no NaN beside a number
    worst = np.isnan(np.maximum.reduceat(whole, starts)).tolist()
    for (i, k, _), top, bad in zip(kept, tops, worst, strict=True):
        largest[i] = max(largest[i], 0.0 if math.isnan(top) else top)
        if bad and nan is None:
            nan = i, int(k > 0)
    return nan, largest
