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
from gancourse.errors import InputError, at_least, choose
from gancourse.live.controls import Choice, Slider, Switch, Tab
from gancourse.live.drawings import Drawing, packed
from gancourse.live.frontend import frontend
from gancourse.live.run import points_view
from gancourse.live.run.own_steps import OwnStep, StepError
from gancourse.live.run.point_turns import PointTurns
from gancourse.live.run.real_points import DATA, DRAWN, RealPoints
from gancourse.live.run.steered import LEARNING_RATES
from gancourse.plots import Mark, Panel, beside
from gancourse.train.remedies import REMEDIES, remedy_of, with_remedy

FAKES = 200  # points that are shown
COUNTED = 1000  # samples that are asked which modes they reach: 200 miss some by chance
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
REMEDY = Tab(
    "The remedy",
    {
        "remedy": Choice("remedy", tuple(REMEDIES), "none"),
        "shows": Choice("map shows", points_view.SHOWN, points_view.OPINION),
    },
    {},
)
SOURCE = Tab("Real points", {"points": Choice("real points", (*DATA, DRAWN), "ring")},
             {"clear": "Clear my drawing"})  # fmt: skip


class PointGan(PointTurns):
    """A small GAN on points: D's field as a map, G's samples, and where D's gradient pushes them.

    `points` is "ring", "grid", "grid of 25" or a sequence of points [K, 2] inside of -1.6..1.6;
    `loss` one of `losses.LOSSES`; `remedy`, of lesson 12, one of `train.remedies`; `shows` what
    the map is of: "D(x)" or "D's slope", which has a fixed scale. With a page
    nothing moves until a button is pressed; without one, showing it takes `steps` turns first and
    gives a still picture. Colours mean what they mean in all plots: real blue, fake orange, D
    green, G pink. Raises InputError for unknown names and bad points.

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
        d_step: Callable | None = None, g_step: Callable | None = None, remedy: str = "none",
        shows: str = points_view.OPINION,
    ):  # fmt: skip
        self.steps, self._seed = at_least("steps", steps, 1), seed
        given = {"D": d_step, "G": g_step}
        self.own = {who: OwnStep(who, step) for who, step in given.items() if step is not None}
        game = (OWN_GAME,) if len(self.own) == 2 else (GAME,) if self.own else (GAME, REMEDY)
        self.tabs = (*game, SOURCE, LEARNING_RATES)
        self.each = {"D": 1, "G": 1}
        self.shows = _map_of(shows)
        self.real = RealPoints()
        self.real.choose(points)
        recipe = replace(RECIPE, loss=choose("loss", loss, losses.LOSSES))
        recipe = with_remedy(recipe, self._possible(remedy))
        super().__init__(_new_state(recipe, seed), self.real.sample, every=0.1)
        self.background.delay = PACE
        self._at_start()

    def _at_start(self) -> None:
        self._goal = self.state.step
        self.last = None
        self.z = torch.randn(FAKES, 2, generator=machine.seed_generator(self._seed))
        self.many = torch.randn(COUNTED, 2, generator=machine.seed_generator(3))

    def reset(self) -> "PointGan":
        """Stop, and begin again with new nets from the same seed; all choices stay."""
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
        elif key == "remedy":
            self._set_remedy(self._possible(value))
        elif key == "shows":
            self.shows = _map_of(value)
        elif key.startswith("steps_"):
            self.each[key[-1]] = int(GAME.controls[key].clean(value))
        elif key == "slow" and not value:
            self.background.delay = PACE
        else:
            super()._set(key, value)

    def _possible(self, remedy: str) -> str:
        if self.own and remedy != "none":
            raise InputError("Your own steps say what is done to D: leave the remedy at none.")
        return choose("remedy", remedy, REMEDIES)

    def _set_remedy(self, name: str) -> None:
        """Begin again with the remedy: a D that takes packs is another net."""
        if name != remedy_of(self.state.recipe):
            self.state.recipe = with_remedy(self.state.recipe, name)
            self.reset()

    def _set_loss(self, name: str) -> None:
        with self.still():
            self.state.recipe = replace(self.state.recipe, loss=name)
            self.state.loss = losses.get_loss(name)

    def values(self) -> dict:
        """Return the controls' values by name, as the run uses them now."""
        each = {f"steps_{who}": n for who, n in self.each.items()}
        recipe = self.state.recipe
        game = {"loss": recipe.loss, "points": self.real.name, "remedy": remedy_of(recipe),
                "shows": self.shows}  # fmt: skip
        return super().values() | each | game

    def _finished(self) -> bool:
        return self.state.step >= self._goal

    def _extend(self) -> None:
        self.last = None
        if self._finished():
            self._goal = self.state.step + ENDLESS

    def _begin(self) -> None:
        """Without a page, take the turns that a person would; with one, wait for a button."""
        if self.status == "ready" and self.state.step == 0 and frontend() == "none":
            try:
                self.take_turns(self.steps)
            except StepError as error:  # the picture says it
                self.said, self.trouble = str(error), True

    def push(self, x_fake: Tensor) -> Tensor:
        """Return where G's loss wants each fake to go, [N, 2]: minus its gradient by the fake."""
        if self.state.loss.pairs_real and self.real.missing:
            return torch.zeros_like(x_fake)  # nothing to compare with
        x_real = self._paired(len(x_fake)) if self.state.loss.pairs_real else x_fake
        return points_view.push(self.state, x_fake, x_real)

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
        curves = tuple(_with_ends(panel) for panel in self.log.panels()[:2])
        drawing = packed(
            Drawing(curves, self.sentence(), self._numbers(push, x_fake)), self._serial
        )
        step = self.last.described() if self.last else {}
        plane = points_view.plane(self.state.logits, self.real.shown, x_fake, push, self.shows)
        return drawing | self.common() | plane | self.real.described() | step

    def _numbers(self, push: Tensor, x_fake: Tensor) -> dict[str, str]:
        says = {name: f"{mean:.3f}" for name, mean in self._look().says.items()}
        slope = points_view.steepest(self.state, self.real.shown, x_fake)
        return {"turns": f"{self.state.step:,}", "D(x)": "-", **says,
                "modes reached": self.modes_reached(), "D's steepest slope": f"{slope:.3g}",
                "mean push on a fake": f"{push.norm(dim=1).mean():.3f}"}  # fmt: skip

    def picture(self) -> plots.Picture:
        """Return a still picture: D's field with real and fake points, and the pushes on fakes."""
        x_fake, title = self.samples(), f"After {self.state.step:,} turns"
        push, said = self.push(x_fake), ""
        if self.trouble or self.status == "failed":
            said = self.sentence()
        self.log.read()
        shown = self.last.panel() if self.last else points_view.pushes(x_fake, push)
        panels = shown, _with_ends(self.log.panels()[0])
        words = f"{self._in_words(push)} {said}".strip()
        cloud = points_view.cloud(self.state.logits, self.real.shown, x_fake, title, self.shows)
        return beside([cloud, plots.panels(panels, words, note=said)])

    thumbnail = picture

    def _in_words(self, push: Tensor) -> str:
        mean = push.norm(dim=1).mean()
        arrows = f"Arrows show how the {self.state.recipe.loss} loss pushes fakes: {mean:.2g} each."
        slope = points_view.steepest(self.state, self.real.shown, self.samples())
        return f"{arrows} Modes reached: {self.modes_reached()}. D's steepest slope: {slope:.2g}."

    def __repr__(self) -> str:
        remedy = remedy_of(self.state.recipe)
        what = f"{self.state.recipe.loss} on {self.real.name}"
        what += "" if remedy == "none" else f" with {remedy}"
        return f"<PointGan: {what}, {self.state.step} turns, {self.status}>"


def _with_ends(panel: Panel) -> Panel:
    """Return a panel of curves with a dot at the end of each: it moves with every step."""
    ends = [Mark("points", m.x[-1:], m.y[-1:], role=m.role)
            for m in panel.marks if m.kind == "line" and len(m.x)]  # fmt: skip
    return replace(panel, marks=(*panel.marks, *ends))


def _map_of(shows: str) -> str:
    return choose("map", shows, points_view.SHOWN)


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
