"""What a step of each player does to D's answers: the direction of a step, never its size.

D's own step says which way is "real" in this program, up or down: it moves the answers to real and
to fake samples apart. A step of G should move its fakes towards "real".
"""

from torch import Tensor

from gancourse.clinic import calls
from gancourse.clinic.aside import undisturbed
from gancourse.clinic.watchers import Witness

NAMES = ("G on fakes", "D on real", "D on fakes")


class Effects:
    """Measures, around the steps of a measured turn, how D's mean answers change."""

    def __init__(self, witness: Witness):
        self.witness, self.before = witness, {}
        self.pull = witness.signals.pull
        for name in NAMES:
            self.pull.setdefault(name, [])

    def stepped(self, who: str, after: bool) -> None:
        """Note D's answers before a step of `who`, or their change after it."""
        with self.witness.clock.used_by("recorder"), undisturbed(*self.witness.nets.values()):
            found = self._of_G() if who == "G" else self._of_D()
        if not after:
            self.before = found
            return
        for name, value in found.items():
            if name in self.before:
                self.pull[name].append(value - self.before[name])

    def _of_G(self) -> dict[str, float]:
        """Return D's mean answer to what G now makes of its last z in this turn."""
        made = [call for call in self.witness.calls if call.on_out]
        judged = [call for call, real, _ in self.witness.judged if call.on_x and not real.any()]
        if not made or not judged:
            return {}
        x = calls.samples_of(made[-1].again(self.witness.nets["G"]))
        if x.numel() != judged[-1].x.numel():
            return {}
        return {"G on fakes": self._answer(judged[-1], x.view_as(judged[-1].x))}

    def _of_D(self) -> dict[str, float]:
        """Return D's mean answers to the real and to the fake samples of its last calls."""
        last = {}
        for call, real, fake in self.witness.judged:
            for name, mine in (("D on real", real), ("D on fakes", fake)):
                if mine.all() and not call.on_x:
                    last[name] = call
        return {name: self._answer(call) for name, call in last.items()}

    def _answer(self, call: calls.Call, x: Tensor | None = None) -> float:
        logit = calls.logits_of(call.again(self.witness.nets["D"], x), len(call.x))
        return logit.float().mean().item()
