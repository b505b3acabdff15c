"""How a GAN on points takes its turns: the course's steps or a learner's own, and what one did."""

from collections.abc import Callable

import torch
from torch import Tensor

from gancourse import train
from gancourse.errors import at_least
from gancourse.live.run.last_step import LastStep, Look
from gancourse.live.run.own_steps import OwnStep, moved, weights
from gancourse.live.run.real_points import RealPoints
from gancourse.live.run.steered import SteeredRun


class PointTurns(SteeredRun):
    """The turns of a run on points: so many steps of each player, with the first one's real batch.

    A subclass sets the attributes below before the first turn.
    """

    own: dict[str, OwnStep]  # by player, where the learner wrote the step
    real: RealPoints
    last: LastStep | None  # what a button's step changed
    each: dict[str, int]  # steps of a player in a turn
    z: Tensor  # [N, 2], of the samples that are shown

    def step(self) -> "PointTurns":
        """Pause, and take one turn: the steps of D, then those of G."""
        return self._shown("DG", self._turn)

    def _shown(self, who: str, take: Callable[[], object]) -> "PointTurns":
        """Pause, take a step of `who`, and keep what it changed."""
        self.pause()
        with self.still():
            self.last, before, had = None, self._look(), weights(self.state)
            take()
            self.last = LastStep(who, before, self._look())
            self.said = self.last.sentence()
            if who in self.own:
                self.said = self.own[who].said_of(moved(had, self.state)) or self.said
        self.background.refresh()
        return self

    def _look(self) -> Look:
        return Look.at(self.state, self.real.shown, self.samples())

    def take_turns(self, turns: int) -> "PointTurns":
        """Take so many turns here and now, without showing them."""
        at_least("turns", turns, 1)
        with self.still():
            for _ in range(turns):
                self._turn()
        self.background.refresh()
        return self

    def _turn(self) -> None:
        for _ in range(self.each["D"]):
            (x_real,) = self._real()
            seen = self._take("D", x_real)
        for _ in range(self.each["G"]):
            seen |= self._take("G", x_real)
        train.ema_step(self.state)
        train.note(self.state, seen)
        self.log.note()

    def _take(self, who: str, x_real: Tensor) -> dict[str, Tensor]:
        """Take a step of one player, the learner's own if there is one; return what it saw."""
        if who in self.own:
            return self.own[who].take(self.state, x_real)
        return (train.d_step if who == "D" else train.g_step)(self.state, x_real)

    def _alone(self, who: str) -> "PointTurns":
        return self._shown(who, lambda: self._step_alone(who))

    def _step_alone(self, who: str) -> None:
        """Take a step of one player; a row of the curves says how things stand after it."""
        seen = self._take(who, *self._real())
        train.ema_step(self.state)
        self.state.history.append(self._row(seen if who in self.own else {}))

    @torch.no_grad()
    def _row(self, seen: dict[str, Tensor]) -> Tensor:
        """Return the history's row for the samples that are shown; `seen` goes before."""
        D, loss, x_fake = self.state.logits, self.state.loss, self.samples()
        logit_real, logit_fake = D(self.real.shown[: len(x_fake)]), D(x_fake)
        row = {"d_loss": loss.d_loss(logit_real, logit_fake),
               "g_loss": loss.g_loss(logit_real, logit_fake)} | seen  # fmt: skip
        says = [logit.sigmoid().mean() for logit in (logit_real, logit_fake)]
        return torch.stack([row["d_loss"], row["g_loss"], *says])

    def samples(self) -> Tensor:
        """Return G(z) for the fixed z, [200, 2]."""
        with torch.no_grad():
            return self.state.G(self.z)

    @torch.no_grad()
    def modes_reached(self) -> str:
        """Return how many modes 1,000 samples reach, or "-" where none are known."""
        return self.real.reached(self.state.G(self.many))
