"""A GAN on points in the plane that you watch, steer and feed: every step of both players seen."""

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor

from gancourse import losses, machine, plots, train
from gancourse.errors import at_least, choose
from gancourse.live.controls import Choice, Slider, Switch, Tab
from gancourse.live.drawings import Drawing, packed
from gancourse.live.frontend import frontend
from gancourse.live.run import points_view
from gancourse.live.run.own_steps import OwnStep, StepError, moved, weights
from gancourse.live.run.real_points import DATA, DRAWN, RealPoints
from gancourse.live.run.steered import LEARNING_RATES, SteeredRun
from gancourse.plots import beside

FAKES = 200  # points that are shown
ENDLESS, PACE = 50_000, 0.004  # turns at most of one press of Run, and seconds of rest after each
POINTS = {"widths": (64, 64), "shape": (2,)}
RECIPE = train.Recipe(
    "mlp", G={"z_dim": 2, "norm": False, **POINTS}, D=POINTS, lr_G=1e-3, lr_D=1e-3,
    betas=(0.0, 0.999), ema=0.0, precision="fp32",
)  # fmt: skip
GAME = Tab(
    "The game",
    {
        "loss": Choice("loss", tuple(losses.LOSSES), "non-saturating"),
        "steps_D": Slider("steps of D in a turn", 1, 5, 1, 1),
        "steps_G": Slider("steps of G in a turn", 1, 5, 1, 1),
        "slow": Switch("slow motion"),
    },
    {},
)
OWN_GAME = replace(GAME, controls={k: c for k, c in GAME.controls.items() if k != "loss"})
SOURCE = Tab("Real points", {"points": Choice("real points", (*DATA, DRAWN), "ring")},
             {"clear": "Clear my drawing"})  # fmt: skip


class PointGan(SteeredRun):
    """A small GAN on points: D's field as a map, G's samples, and where D's gradient pushes them.

    `points` is "ring", "grid" or a sequence of points [K, 2] inside of -1.6..1.6; `loss` one of
    `losses.LOSSES`. With a page nothing moves until a button is pressed; without one, showing it
    takes `steps` turns first and gives a still picture. Colours mean what they mean in all plots:
    real blue, fake orange, D green, G pink. Raises InputError for unknown names and bad points.

    `d_step(G, D, opt_D, x_real, z)` and `g_step(G, D, opt_G, z)` are a learner's own steps, as
    lesson 05 writes them: they train in place of the course's, and `loss` is then that of the
    arrows alone. An error in one is said on the widget, and training waits. Raises StepError, an
    InputError, for one that cannot be called so.
    """

    title, view = "A GAN on points", "PointGanWidget"
    row: ClassVar = {"run": "Run", "step_D": "Step D", "step_G": "Step G", "step": "Step both",
           "reset": "Start again"}  # fmt: skip

    def __init__(
        self, points="ring", loss="non-saturating", seed: int = 0, steps: int = 1000,
        d_step: Callable | None = None, g_step: Callable | None = None,
    ):  # fmt: skip
        self.steps, self._seed = at_least("steps", steps, 1), seed
        given = {"D": d_step, "G": g_step}
        self.own = {who: OwnStep(who, step) for who, step in given.items() if step is not None}
        self.tabs = (OWN_GAME if len(self.own) == 2 else GAME, SOURCE, LEARNING_RATES)
        self._each = {"D": 1, "G": 1}
        self.real = RealPoints()
        self.real.choose(points)
        recipe = replace(RECIPE, loss=choose("loss", loss, losses.LOSSES))
        super().__init__(_new_state(recipe, seed), self.real.sample, every=0.1)
        self.background.delay = PACE
        self._at_start()

    def _at_start(self) -> None:
        self._goal = self.state.step
        self._z = torch.randn(FAKES, 2, generator=machine.seed_generator(self._seed))

    def step(self) -> "PointGan":
        """Pause, and take one turn: the steps of D, then those of G."""
        self.pause()
        with self.still():
            self._turn()
        self.said = f"One turn of both: {self.state.step} so far."
        self.background.refresh()
        return self

    def take_turns(self, turns: int) -> "PointGan":
        """Take so many turns here and now, without showing them."""
        at_least("turns", turns, 1)
        with self.still():
            for _ in range(turns):
                self._turn()
        self.background.refresh()
        return self

    def reset(self) -> "PointGan":
        """Stop, and begin again with new nets from the same seed; loss, data and rates stay."""
        self.stop()
        self.state = _new_state(self.state.recipe, self._seed)
        self.log = type(self.log)(self.state)
        self._at_start()
        self.background.rewind()
        return self

    def clear(self) -> "PointGan":
        """Take away all drawn points."""
        return self.set(points=[])

    def _set(self, key: str, value) -> None:
        if key == "points":
            with self.still():
                self.real.choose(value)
        elif key == "loss":
            self._set_loss(choose("loss", value, losses.LOSSES))
        elif key.startswith("steps_"):
            self._each[key[-1]] = int(GAME.controls[key].clean(value))
        elif key == "slow" and not value:
            self.background.delay = PACE
        else:
            super()._set(key, value)

    def _set_loss(self, name: str) -> None:
        with self.still():
            self.state.recipe = replace(self.state.recipe, loss=name)
            self.state.loss = losses.get_loss(name)

    def values(self) -> dict:
        """Return the controls' values by name, as the run uses them now."""
        each = {f"steps_{who}": n for who, n in self._each.items()}
        game = {"loss": self.state.recipe.loss, "points": self.real.name}
        return super().values() | each | game

    def _turn(self) -> None:
        for _ in range(self._each["D"]):
            x_real = self._real()
            seen = self._take("D", x_real)
        for _ in range(self._each["G"]):
            seen |= self._take("G", x_real)
        train.ema_step(self.state)
        train.note(self.state, seen)
        self.log.note()

    def _take(self, who: str, x_real: Tensor) -> dict[str, Tensor]:
        """Take a step of one player, the learner's own if there is one; return what it saw."""
        if who in self.own:
            return self.own[who].take(self.state, x_real)
        return (train.d_step if who == "D" else train.g_step)(self.state, x_real)

    def _step_alone(self, who: str) -> dict[str, Tensor]:
        seen = self._take(who, self._real())
        train.ema_step(self.state)
        return seen

    def _alone(self, who: str) -> "PointGan":
        before = weights(self.state)
        super()._alone(who)
        if who in self.own:
            self.said = self.own[who].said_of(moved(before, self.state)) or self.said
            self.background.refresh()
        return self

    def _finished(self) -> bool:
        return self.state.step >= self._goal

    def _extend(self) -> None:
        if self._finished():
            self._goal = self.state.step + ENDLESS

    def _begin(self) -> None:
        """Without a page, take the turns that a person would; with one, wait for a button."""
        if self.status == "ready" and self.state.step == 0 and frontend() == "none":
            try:
                self.take_turns(self.steps)
            except StepError as error:  # the picture says it
                self.said, self.trouble = str(error), True

    def samples(self) -> Tensor:
        """Return G(z) for the fixed z, [200, 2]."""
        with torch.no_grad():
            return self.state.G(self._z)

    def push(self, x_fake: Tensor) -> Tensor:
        """Return where G's loss wants each fake to go, [N, 2]: minus its gradient by the fake."""
        state, x = self.state, x_fake.detach().requires_grad_(True)
        if state.loss.pairs_real and self.real.missing:
            return torch.zeros_like(x_fake)  # nothing to compare with
        with torch.enable_grad():
            logit_real = state.D(self._paired(len(x))) if state.loss.pairs_real else None
            g_loss = state.loss.g_loss(logit_real, state.D(x)) * len(x)  # a sum over the fakes
            return -torch.autograd.grad(g_loss, x)[0]

    def _paired(self, n: int) -> Tensor:
        return self.real.sample(n, machine.seed_generator(2))

    def sentence(self) -> str:
        """Return in a sentence how the run stands, or how to draw where nothing is drawn yet."""
        if self.real.missing and not self.said and self.status != "failed":
            return ("Draw real points: click or drag in the picture, or focus it, move with the "
                    "arrow keys and press Enter.")  # fmt: skip
        error = self.background.error
        if self.status == "failed" and isinstance(error, StepError) and not self.said:
            return f"Training waits. {error} Change it and run its cell; then press Try again."
        return super().sentence()

    def frame(self) -> dict:
        """Return what a page shows: the field, points and arrows as bytes, curves and numbers."""
        x_fake = self.samples()
        push = self.push(x_fake)
        curves = self.log.panels()[:2]
        drawing = packed(Drawing(curves, self.sentence(), self._numbers(push)), self._serial)
        plane = points_view.plane(self.state.D, self.real.shown, x_fake, push)
        return drawing | self.common() | plane | self.real.described()

    def _numbers(self, push: Tensor) -> dict[str, str]:
        seen = {name: self.log.last(name) for name in train.COLUMNS[2:]}
        shown = {name: "-" if value is None else f"{value:.3f}" for name, value in seen.items()}
        return {"turns": f"{self.state.step:,}", **shown,
                "mean push on a fake": f"{push.norm(dim=1).mean():.3f}"}  # fmt: skip

    def picture(self) -> plots.Picture:
        """Return a still picture: D's field with real and fake points, and the pushes on fakes."""
        x_fake, title = self.samples(), f"After {self.state.step:,} turns"
        push, said = self.push(x_fake), ""
        if self.trouble or self.status == "failed":
            said = self.sentence()
        self.log.read()
        panels = points_view.pushes(x_fake, push), self.log.panels()[0]
        words = f"{self._in_words(push)} {said}".strip()
        cloud = points_view.cloud(self.state.D, self.real.shown, x_fake, title)
        return beside([cloud, plots.panels(panels, words, note=said)])

    thumbnail = picture

    def _in_words(self, push: Tensor) -> str:
        mean = push.norm(dim=1).mean()
        return f"Arrows show how the {self.state.recipe.loss} loss pushes fakes: {mean:.2g} each."

    def __repr__(self) -> str:
        what = f"{self.state.recipe.loss} on {self.real.name}"
        return f"<PointGan: {what}, {self.state.step} turns, {self.status}>"


def _new_state(recipe: train.Recipe, seed: int) -> train.State:
    with _own_dice():
        return train.State(recipe, seed, "cpu")


@contextmanager
def _own_dice() -> Iterator[None]:
    """Leave the notebook's random states as they were: a button must not reseed them."""
    before = random.getstate(), np.random.get_state(), torch.get_rng_state()  # noqa: NPY002
    try:
        yield
    finally:
        random.setstate(before[0])
        np.random.set_state(before[1])  # noqa: NPY002
        torch.set_rng_state(before[2])
