"""What the two training widgets share: a run that somebody watches, pauses, steps and steers.

The steps are those of `gancourse.train`; a `Background` takes them. A page sends
messages to `answer`, and gets a frame (plain values and bytes) after each show.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import ClassVar

from torch import Tensor

from gancourse import train
from gancourse.errors import InputError, choose, in_a_sentence
from gancourse.live.controls import LogSlider, Tab
from gancourse.live.frontend import Watched, bundle_of, frontend
from gancourse.live.run.background import EVERY, Background, foreground
from gancourse.live.run.history import Log
from gancourse.train import State

SLOW = 0.5  # seconds between two steps in slow motion
RATES = (1e-5, 1e-1)  # of a slider for learning rates


LEARNING_RATES = Tab(
    "Learning rates",
    {f"lr_{who}": LogSlider(f"learning rate of {who}", *RATES) for who in "DG"},
    {},
)


def rate_of(state: State, who: str) -> float:
    """Return the learning rate of a player ("D" or "G"), as its optimiser has it."""
    return float(getattr(state, f"opt_{who}").param_groups[0]["lr"])


def set_rate(state: State, who: str, lr: float) -> None:
    """Set a player's learning rate in its optimiser, and in the recipe that a saved run keeps."""
    if isinstance(lr, bool) or not isinstance(lr, int | float) or not 0 < lr <= 1:
        raise InputError(
            f"A learning rate is a number above 0 and at most 1, and {lr!r} was given: give one."
        )
    for group in getattr(state, f"opt_{who}").param_groups:
        group["lr"] = float(lr)
    state.recipe = replace(state.recipe, **{f"lr_{who}": float(lr)})


class StartsWhenShown(Watched):
    """What the value of a cell shows of a run, which begins with that; `view` names its page."""

    view: ClassVar[str]  # the class in `live.run.view`
    _displayed = False  # while it trains in the foreground, its view is there already

    def _repr_mimebundle_(self, include=None, exclude=None):
        if frontend() == "none":
            self._begin()
            return super()._repr_mimebundle_()
        if not foreground():
            bundle = super()._repr_mimebundle_()
            self._begin()
            return {**bundle, "text/plain": repr(self)}
        return self._shown_in_foreground()

    def _shown_in_foreground(self) -> dict:
        self._begin()
        if not self._displayed:
            return bundle_of(self.core_widget(), repr(self))
        self._displayed = False
        return {"text/plain": repr(self)}

    def widget(self):
        """Return a new view for front-ends that take anywidget's JavaScript."""
        from gancourse.live.run import view

        return getattr(view, self.view)(self)

    def core_widget(self):
        """Return a new view made of core ipywidgets: buttons, sliders and an image."""
        from gancourse.live.run.view import core_view

        return core_view(self)


class SteeredRun(StartsWhenShown):
    """A state that trains while somebody looks.

    A subclass says what a step is (`_turn`), when the run is over (`_finished`), what is to be seen
    (`frame`, `picture`, `thumbnail`), and names its `view`, the buttons in its `row`, its `tabs`.
    """

    title: ClassVar[str]
    row: ClassVar[dict[str, str]]
    tabs: ClassVar[tuple[Tab, ...]]

    def __init__(self, state: State, source: train.Source, every: float = EVERY):
        super().__init__()
        self.state, self.source, self.log = state, source, Log(state)
        self.background = Background(self._turn, self._finished, self.show, every)
        self.said = ""  # what a single step saw, or what went wrong with a press of a button
        self.trouble = False  # whether it is what went wrong
        self._serial = 0

    @property
    def status(self) -> str:
        """One of ready, running, paused, stopped, finished, failed."""
        return self.background.status

    def run(self) -> "SteeredRun":
        """Start, or go on; with a page in the background, else in this cell to the end.

        Another run that is under way in this kernel is stopped first. In the foreground an error in
        a step is raised here, and an interrupt ends the run after its step.
        """
        if foreground() and frontend() != "none":
            from IPython.display import display

            display(self.core_widget())
            self._displayed = True
        self._go_on()
        if foreground():
            self.background.wait()
        return self

    def _go_on(self) -> None:
        self.said, self.trouble = "", False
        self._extend()
        self.state.G.train()
        self.state.D.train()
        if foreground():
            self.background.run_here()
        else:
            self.background.start()

    def pause(self) -> "SteeredRun":
        """Hold the run after the step under way; `run` goes on."""
        self.background.pause()
        return self

    def stop(self) -> "SteeredRun":
        """End the run after the step under way. Its state is whole: save it, or `run` on."""
        self.background.stop()
        return self

    def wait(self) -> State:
        """Return the state when the run has ended; a run that never started is started.

        A run that is paused before goes on. Meanwhile the page's buttons answer, and a run that is
        paused there is waited for; where none reach a kernel that waits, the widget says so. Raises
        the error that ended the run. An interrupt of the kernel stops it, and returns its state.
        """
        if self.status in ("ready", "paused"):
            self._go_on()
        self.background.wait()
        return self.state

    @contextmanager
    def still(self) -> Iterator[State]:
        """Hold the steps back while the block runs, to save or look at the state; then go on."""
        with self.background.still():
            yield self.state

    def step_D(self) -> "SteeredRun":
        """Pause, and let D alone take a step, on fresh samples. G and the history stay."""
        return self._alone("D")

    def step_G(self) -> "SteeredRun":
        """Pause, and let G alone take a step, with its average. D and the history stay."""
        return self._alone("G")

    def _alone(self, who: str) -> "SteeredRun":
        self.pause()
        with self.still():
            self.state.G.train()
            self.state.D.train()
            seen = self._step_alone(who)
        self.said = f"{who} alone took a step: before it, {_in_words(seen)}."
        self.background.refresh()
        return self

    def _real(self) -> tuple[Tensor, ...]:
        """Return a batch of real samples, and their labels where the run has classes."""
        return train.real_batch(self.state, self.source, self.state.recipe.batch)

    def _step_alone(self, who: str) -> dict[str, Tensor]:
        x_real, *y_real = self._real()
        if who == "D":
            return train.d_step(self.state, x_real, None, *y_real)
        seen = train.g_step(self.state, x_real, None, *y_real)
        train.ema_step(self.state)
        return seen

    def set(self, **values) -> "SteeredRun":
        """Change controls by name, also while the run goes on; return this widget.

        `lr_D` and `lr_G` hold from the next step on, in the recipe too, so that a saved run resumes
        with them; `slow` rests for half a second after each step. Raises InputError for an unknown
        control or a value that is none.
        """
        known = {key: c for tab in self.tabs for key, c in tab.controls.items()}
        for key, value in values.items():
            self._set(choose(f"control of {type(self).__name__}", key, known), value)
        self.background.refresh()
        return self

    def _set(self, key: str, value) -> None:
        if key == "slow":
            self.background.delay = SLOW if value else 0.0
        else:
            set_rate(self.state, key.removeprefix("lr_"), value)

    def values(self) -> dict:
        """Return the controls' values by name, as the run uses them now."""
        rates = {f"lr_{who}": rate_of(self.state, who) for who in "DG"}
        return rates | {"slow": self.background.delay >= SLOW}

    def answer(self, message: dict) -> None:
        """Do what a page asks, {"do": action} or {"values": {...}}; an error is said there."""
        self._serial = message.get("serial", self._serial)
        self.said, self.trouble = "", False
        try:
            if "do" in message:
                self._press(message["do"])
            self.set(**message.get("values", {}))
        except Exception as error:  # of the source or the nets, whatever they are
            self.said, self.trouble = in_a_sentence(error), True
            self.background.refresh()

    def within_reach(self) -> None:
        """Know that a page's buttons answer while a cell runs, and say so to it."""
        if not self.background.reached:
            self.background.reached = True
            self.background.refresh()

    def _press(self, action: str) -> None:
        buttons = {
            **self.row,
            **{key: label for tab in self.tabs for key, label in tab.buttons.items()},
        }
        actions = {key: getattr(self, key) for key in ("pause", *buttons)} | {"run": self._go_on}
        actions[choose("button", action, actions)]()

    def sentence(self) -> str:
        """Return in a sentence how the run stands."""
        if self.said:
            return self.said
        return _sentence(self.background, self.state.step)

    def show(self) -> None:
        """Read what is new and send a frame to each view; call it while no step is under way."""
        self.log.read()
        self.send()

    def common(self) -> dict:
        """Return the part of a frame that is the same for all: status, values, what is busy."""
        run = {"status": self.status, "waiting": self.background.locked}
        return run | {"values": self.values(), "trouble": self.trouble or self.status == "failed"}

    def _begin(self) -> None:
        """Start a run that is shown for the first time; `wait` raises what ends it."""
        if self.status == "ready":
            with suppress(Exception):
                self.run()


def _in_words(seen: dict[str, Tensor]) -> str:
    losses = [f"{name} {x:.3f}" for name, x in seen.items() if name.endswith("loss")]
    says = [
        f"{name} {x.float().sigmoid().mean():.3f}" for name, x in seen.items() if name[0] == "D"
    ]
    return ", ".join(losses + says)


def _sentence(run: Background, step: int) -> str:
    if run.status == "running" and run.locked:
        return ("A cell waits for this run, so its buttons answer only after the end; to stop "
                "it now, interrupt the kernel.")  # fmt: skip
    if run.status == "paused" and run.waiting:
        return f"Paused after step {step}: a cell waits for this run to go on, or to be stopped."
    return {
        "ready": "Ready: start, or let one player step alone.",
        "running": "Training.",
        "paused": f"Paused after step {step}: resume, or let one player step alone.",
        "stopped": f"Stopped after step {step}{run.why and ' '}{run.why}; it can be resumed.",
        "finished": f"Finished after step {step}.",
        "failed": f"The run has ended after step {step}. "
        + in_a_sentence(run.error or InputError("")),
    }[run.status]
