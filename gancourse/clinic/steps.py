"""What a step of each player does to D's answers: the direction of a step, never its size.

D's own step says which way is "real" in this program, up or down: it moves the answers to real and
to fake samples apart. A step of G should move its fakes towards "real".
"""

from torch import Tensor, nn

from gancourse.clinic import calls
from gancourse.clinic.aside import undisturbed
from gancourse.clinic.watchers import Witness
from gancourse.nets import duplicate

NAMES = ("G on fakes", "D on real", "D on fakes")


class Effects:
    """Measures, around the steps of a measured turn, how D's mean answers change."""

    def __init__(self, witness: Witness, shared: bool = False):
        self.witness, self.before, self.made, self.old_D = witness, {}, None, None
        self.shared = shared  # one optimiser steps both players
        self.pull = witness.signals.pull
        for name in NAMES:
            self.pull.setdefault(name, [])

    def stepped(self, who: str, after: bool) -> None:
        """Note D's answers and G's samples before a step of `who`, or their change after it."""
        of_G, of_D = (who == "G" or self.shared), (who == "D" or self.shared)
        with self.witness.clock.used_by("recorder"), undisturbed(*self.witness.nets.values()):
            found, now = self._of_D() if of_D else {}, self._of_G() if of_G else None
            if after and now is not None and self.made is not None:
                # one D, as it was, on the samples of G after its step and on those before it
                new, old = (self._answer(now[0], x, self.old_D) for x in (now[1], self.made[1]))
                self.pull["G on fakes"].append(new - old)
        if not after:
            self.before, self.made = found, now
            self.old_D = duplicate(self.witness.nets["D"]) if self.shared else None
            return
        for name, value in found.items():
            if name in self.before:
                self.pull[name].append(value - self.before[name])
        self.before, self.made, self.old_D = {}, None, None

    def _of_G(self) -> tuple[calls.Call, Tensor] | None:
        """Return what G now makes of its last z in this turn, and the call of D it goes into."""
        made = [call for call in self.witness.calls if call.on_out]
        judged = [call for call, real, _ in self.witness.judged if call.on_x and not real.any()]
        if not made or not judged:
            return None
        x = calls.samples_of(made[-1].again(self.witness.nets["G"]))
        if x.numel() != judged[-1].x.numel():
            return None
        return judged[-1], x.view_as(judged[-1].x)

    def _of_D(self) -> dict[str, float]:
        """Return D's mean answers to the real and to the fake samples of its last calls."""
        last = {}
        for call, real, fake in self.witness.judged:
            for name, mine in (("D on real", real), ("D on fakes", fake)):
                if mine.all() and (self.shared or not call.on_x):
                    last[name] = call
        return {name: self._answer(call, call.x) for name, call in last.items()}

    def _answer(self, call: calls.Call, x: Tensor, D: nn.Module | None = None) -> float:
        out = call.again(D or self.witness.nets["D"], x)
        return calls.logits_of(out, len(x)).float().mean().item()
