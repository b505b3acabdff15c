"""What is noted in every turn, and so must cost next to nothing. Lesson 10.

The losses, the size of D's answers, and whether the real batches are finite. Answers and sums are
kept as they are until `settle`, which asks all turns at once; so does what lies on a device.
"""

import math

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
        if s.nan_from is None:
            s.nan_from = first_nan(self.given, len(s.largest))
        top = s.largest[-1] if s.largest else 0.0
        for size in sizes(self.given):
            top = max(top, size)
            s.largest.append(top)
        fine = at_once([x.isfinite() for x in self.sums])
        bad = [turn for turn, x in zip(self.turns, fine, strict=True) if not x]
        if bad and s.bad_batch is None:
            s.bad_batch = bad[0]
        for kept in (self.given, self.turns, self.sums):
            kept.clear()


def at_once(told: list[Tensor]) -> list[bool]:
    """Return what single truths say, in one transfer from the device on which the first lies."""
    return torch.stack([x.to(told[0].device) for x in told]).tolist() if told else []


def first_nan(turns: list[list[Tensor]], start: int) -> tuple[int, int] | None:
    """Return the first turn in which an answer is NaN, and 0 where its first answer is, or 1.

    None where none is; `start` is the number of the first of these turns.
    """
    bad = iter(at_once([x.detach().isnan().any() for answers in turns for x in answers]))
    for turn, answers in enumerate(turns, start):
        mine = [next(bad) for _ in answers]
        if any(mine):
            return turn, int(not mine[0])
    return None


def sizes(turns: list[list[Tensor]]) -> list[float]:
    """Return for each turn the size of its largest answer that is no NaN; 0 without any."""
    found = [0.0] * len(turns)
    kept = [(i, x) for i, answers in enumerate(turns) for x in answers if x.numel()]
    if kept:
        whole = torch.cat([x.flatten().to(kept[0][1].device, torch.float32) for _, x in kept]).abs()
        ends = whole.nan_to_num_(0.0, math.inf).split([x.numel() for _, x in kept])
        for (i, _), size in zip(kept, torch.stack([e.max() for e in ends]).tolist(), strict=True):
            found[i] = max(found[i], size)
    return found
