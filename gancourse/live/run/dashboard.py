"""The training dashboard: watch a run, pause it, step it by hand, change its learning rates."""

import copy
import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import ClassVar

import torch
from torch import Tensor

from gancourse import machine, nets, plots, train
from gancourse.errors import InputError, at_least
from gancourse.live.controls import Switch, Tab
from gancourse.live.drawings import Drawing, packed
from gancourse.live.run.background import make_way
from gancourse.live.run.own_steps import OwnStep
from gancourse.live.run.steered import LEARNING_RATES, SteeredRun
from gancourse.plots import Mark, Panel, beside
from gancourse.train import State

COLUMNS, IMAGES, POINTS = 6, 36, 400  # samples in a row; images and points that are shown
SEED = 0  # of the z that are shown, always the same
FRAME = 16  # images in a frame of the film
MOMENTS = {n * 10**k for n in (1, 3) for k in range(9)} - {3}  # steps after which one is taken
ALONE = Tab(
    "Step by step",
    {"slow": Switch("slow motion")},
    {"step_D": "Step D", "step_G": "Step G"},
)


class TrainingDashboard(SteeredRun):
    """A run of `state` on samples of `source`, for so many more `steps` or for so many `minutes`.

    Shows samples of an evaluation copy of the averaged generator for fixed z, the losses, D(x) and
    D(G(z)), the norms of both players' gradients, the rate and the time left. The last value of a
    cell shows it and starts the run: with a page in a background thread, so that the cell returns
    at once; else in the foreground, and the cell shows the end as a still picture. `wait` returns
    the trained state either way. The run's random numbers are not touched: stopped, saved, resumed,
    it ends with the same bits as `train.train` without a dashboard.

    `d_step(G, D, opt_D, x_real, z)` and `g_step(G, D, opt_G, z)` are a learner's own steps, as
    lesson 05 writes them: they train in place of the course's, in fp32. `frames` are samples of the
    same z after steps 1, 10, 30, 100, 300 and so on, and at the end: pairs of (title, samples);
    `film` shows them.

    One run trains in a kernel at a time: making a dashboard stops the one that trains.
    `source(n, generator)` gives n real samples, as for `train.train`. Raises InputError for another
    source, for steps below 1, for minutes of 0 or less, and where both or neither are given;
    StepError, one too, for an own step that cannot be called so.
    """

    title, view = "Training dashboard", "DashboardWidget"
    row: ClassVar = {"run": "Start", "stop": "Stop"}
    tabs = (ALONE, LEARNING_RATES)

    def __init__(
        self, state: State, source: train.Source, steps=None, minutes=None, *,
        d_step: Callable | None = None, g_step: Callable | None = None,
    ):  # fmt: skip
        make_way()  # before anything is read of a state that still trains
        super().__init__(state, _checked(source))
        self._more, self._minutes = _length(steps, minutes)
        self._goal = state.step + (self._more or 0)
        self._limit = 60 * (self._minutes or 0.0)
        self.G = copy.deepcopy(state.ema_G)  # what the page and the explorer look at
        self.lock = threading.RLock()  # held while G's weights change
        self._z = _fixed_z(state)
        self._labels = nets.labels_for(state.G, len(self._z))
        self._x_real = _shown_reals(state, source)
        self._pace: deque[tuple[float, int]] = deque(maxlen=12)
        self._explorers: list = []
        self.own = _own(state, {"D": d_step, "G": g_step})
        self.frames: list[tuple[str, Tensor]] = []

    def explorer(self, **options):
        """Return a `LatentExplorer` on the evaluation copy: it follows the net that trains."""
        from gancourse.live.explorer import LatentExplorer

        if len(self.G.shape) != 3:
            raise InputError(
                "A latent explorer shows images, and this run's generator makes samples of shape "
                f"{list(self.G.shape)}: give the dashboard a state whose G makes images."
            )
        data = {"data": self.state.data} if self.state.data else {}
        explorer = LatentExplorer(self.G, lock=self.lock, **{**data, **options})
        self._explorers.append(explorer)
        return explorer

    def show(self) -> None:
        """Read what is new, bring the evaluation copy up to date, send a frame to each view."""
        self.log.read()
        if not self._pace or self._pace[-1][1] != self.state.step:
            self._pace.append((self.background.spent, self.state.step))
        if self._watching or self._explorers:
            self._refresh()
        self.send()
        for explorer in self._explorers:
            explorer.refresh()

    @torch.no_grad()
    def _refresh(self) -> None:
        new, old = self.state.ema_G.state_dict(), self.G.state_dict()
        if not all(t.isfinite().all() for t in new.values()):
            return  # the copy stays as it was; the history names what went wrong
        with self.lock:
            for name, tensor in old.items():
                tensor.copy_(new[name])

    @torch.no_grad()
    def samples(self) -> Tensor:
        """Return G(z) of the evaluation copy for the fixed z: [36, 1, S, S], or points [400, 2]."""
        with self.state.autocast():
            return self.G(*self._inputs()).float()

    def _inputs(self, n: int | None = None) -> tuple[Tensor, ...]:
        """Return the fixed z, the first n, and for a conditional G each class in turn."""
        y = self._labels
        return (self._z[:n],) if y is None else (self._z[:n], y[:n].to(self._z.device))

    def film(self) -> plots.Picture:
        """Return the frames taken so far, each with its step; raise InputError for none yet."""
        return film_of(self.frames, self._x_real)

    def _turn(self) -> None:
        if self.own:
            real = self._real()
            seen = self._take("D", real) | self._take("G", real)
            train.ema_step(self.state)
            train.note(self.state, seen)
        else:
            train.one_step(self.state, self.source)
        self.log.note()
        if self.state.step in MOMENTS or self._finished():
            self._take_frame()

    def _take(self, who: str, real: tuple[Tensor, ...]) -> dict[str, Tensor]:
        """Take a step of one player, the learner's own if there is one; return what it saw."""
        if who in self.own:
            self.state.D.requires_grad_(who == "D")  # G's step would add to D's gradient
            seen = self.own[who].take(self.state, real[0])
            self.state.D.requires_grad_(True)
            return seen
        step = train.d_step if who == "D" else train.g_step
        return step(self.state, real[0], None, *real[1:])

    def _step_alone(self, who: str) -> dict[str, Tensor]:
        seen = self._take(who, self._real())
        if who == "G":
            train.ema_step(self.state)
        return seen

    @torch.no_grad()
    def _take_frame(self) -> None:
        n = None if self._x_real is not None else FRAME
        with self.state.autocast():
            x = self.state.ema_G(*self._inputs(n)).float().cpu()
        self.frames.append((f"step {self.state.step:,}", x))

    def _finished(self) -> bool:
        if self._minutes is None:
            return self.state.step >= self._goal
        return self.background.spent >= self._limit

    def _extend(self) -> None:
        """Where the goal is reached already, set it as far away again."""
        if self._finished():
            self._goal = self.state.step + (self._more or 0)
            self._limit = self.background.spent + 60 * (self._minutes or 0.0)

    def frame(self) -> dict:
        """Return what a page shows: pixels or a panel of points, the curves, numbers, progress."""
        x, panels = self.samples(), self.log.panels()
        if x.dim() == 2:
            panels = (self._cloud(x), *panels)
        drawing = packed(Drawing(panels, self.sentence(), self._numbers()), self._serial)
        return drawing | self.common() | _pixels(x) | {"progress": self._progress()}

    def _cloud(self, x: Tensor) -> Panel:
        marks = (Mark("points", *self._x_real.T, "real", "p"), Mark("points", *x.T, "fake", "q"))
        limit = plots.square_limit(self._x_real)
        square = (-limit, limit)
        return Panel(marks, "", "", square, square, "Samples, always of the same z", equal=True)

    def _progress(self) -> float:
        if self._minutes is None:
            return 1 - (self._goal - self.state.step) / self._more
        return 1 - (self._limit - self.background.spent) / (60 * self._minutes)

    def _numbers(self) -> dict[str, str]:
        step = self.state.step
        rate, left = self._rate_and_left()
        return {
            "step": f"{step:,} of {self._goal:,}" if self._minutes is None else f"{step:,}",
            "rate": f"{rate:,.0f} samples/s" if rate else "not known yet",
            "time left": _duration(left) if left is not None else "not known yet",
        }

    def _rate_and_left(self) -> tuple[float, float | None]:
        """Return real samples a second, from the last few shows, and the seconds that are left."""
        (t0, step0), (t1, step1) = (self._pace[0], self._pace[-1]) if self._pace else 2 * ((0, 0),)
        a_step = (t1 - t0) / (step1 - step0) if step1 > step0 else None
        rate = self.state.recipe.batch / a_step if a_step else 0.0
        if self._minutes is not None:
            return rate, max(0.0, self._limit - t1)
        to_do = self._goal - self.state.step
        return rate, to_do * (a_step + self.background.delay) if a_step else None

    @torch.no_grad()
    def picture(self) -> plots.Picture:
        """Return a still picture: the samples, and beside them the curves of losses and of D."""
        self._refresh()
        x = self.samples()
        if x.dim() == 2:
            still = plots.points(self._x_real, x, title="Samples")
        else:
            still = plots.image_grid(x, COLUMNS, alt=f"{len(x)} samples of the averaged generator.")
        parts = [still, plots.curves(self.state.curves())] if self.state.history else [still]
        return beside(parts, self.sentence())

    def thumbnail(self) -> plots.Picture:
        """Return the quickest picture there is: for core widgets while steps are taken."""
        x = self.samples()
        return plots.image_grid(x, COLUMNS) if x.dim() == 4 else self.picture()

    def __repr__(self) -> str:
        state, goal = self.state, f" of {self._goal}" if self._minutes is None else ""
        what = f"{state.recipe.net} on {state.data or 'its source'}"
        return f"<TrainingDashboard: {what}, step {state.step}{goal}, {self.status}>"


def film_of(frames: Sequence[tuple[str, Tensor]], x_real: Tensor | None = None) -> plots.Picture:
    """Return frames of images a row each, or of points over the real ones, with their titles."""
    if not frames:
        raise InputError("The film has no frame yet: train for a step.")
    if x_real is not None:
        return plots.point_film(frames, x_real)
    return plots.image_film(frames, f"The same {len(frames[0][1])} samples")


def _own(state: State, given: dict[str, Callable | None]) -> dict[str, OwnStep]:
    """Return the learner's own steps by player; InputError for a run that wants labels."""
    own = {who: OwnStep(who, step) for who, step in given.items() if step is not None}
    if own and state.recipe.classes:
        raise InputError(
            "Steps of your own are given no labels, and this run's nets want them: leave d_step "
            "and g_step out, or give a state whose nets take none."
        )
    return own


def _checked(source: train.Source) -> train.Source:
    if not callable(source):
        raise InputError(
            "A dashboard trains on a source(n, generator) of real samples, and "
            f"{type(source).__name__} was given: give images.batch or a toy's sample."
        )
    return source


def _length(steps: int | None, minutes: float | None) -> tuple[int | None, float | None]:
    if (steps is None) == (minutes is None):
        raise InputError(
            "A dashboard trains for so many steps or so many minutes: give one of both."
        )
    if minutes is None:
        return at_least("steps", steps, 1), None
    if isinstance(minutes, bool) or not isinstance(minutes, int | float) or not 0 < minutes < 1e6:
        raise InputError(f"minutes must be a number above 0, and {minutes!r} was given: give more.")
    return None, float(minutes)


def _fixed_z(state: State) -> Tensor:
    """Return the z that are shown, from a generator of their own."""
    shape = state.G.shape
    grey = len(shape) == 3 and shape[0] == 1 and shape[1] == shape[2]
    if not grey and tuple(shape) != (2,):
        raise InputError(
            "A dashboard shows grey images [1, S, S] or points [2], and this run's generator makes "
            f"samples of shape {list(shape)}: watch it with gancourse.train.train instead."
        )
    n = IMAGES if len(shape) == 3 else POINTS
    z = torch.randn(n, state.G.z_dim, generator=machine.seed_generator(SEED))
    return z.to(state.device)


def _shown_reals(state: State, source: train.Source) -> Tensor | None:
    if len(state.G.shape) == 3:
        return None
    return source(POINTS, machine.seed_generator(SEED)).cpu()


def _pixels(x: Tensor) -> dict:
    """Return images [N, 1, S, S] as bytes, with what a page needs to lay them out; else {}."""
    if x.dim() == 2:
        return {}
    pixels = plots.to_pixels(x).contiguous().numpy().tobytes()
    return {"pixels": pixels, "columns": COLUMNS, "side": x.shape[-1]}


def _duration(seconds: float) -> str:
    """Return a time in words, to two units at most: 12 s, 3 min 20 s, 1 h 5 min."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
