"""A training run in a folder: progress bar, checkpoints, and the files it leaves.

`checkpoint.safetensors` resumes the run, `generator.safetensors` is the averaged generator alone,
`samples.png`, `losses.png` and `history.csv` are for people.
"""

import csv
import io
import signal
import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path

from tqdm import tqdm

from gancourse import machine, nets, plots, store
from gancourse import train as training
from gancourse.data import ImageSet, load_images
from gancourse.errors import InputError, at_least
from gancourse.train import parallel

CHECKPOINT = "checkpoint.safetensors"
NOT_BEGUN = "{out} holds no checkpoint yet: the run starts from its beginning."
FILES = ("generator.safetensors", "samples.png", "losses.png", "history.csv")
TALK = 10  # steps after which several processes agree whether to stop


def not_begun(out: Path) -> bool:
    """Tell whether a run left this folder before it wrote anything that counts."""
    return out.is_dir() and not any(path.name[0] != "." for path in out.iterdir())


class Run:
    """One run: a preset on a data set, with the folder that holds it.

    Of several processes (`parallel`) each has its own `Run`; the first one writes and speaks.
    `recipe` takes the place of the preset's own; `quiet` shows no progress.
    """

    def __init__(
        self, preset: str, data: str, out: Path, seed=0, device=None, precision=None, *,
        recipe: training.Recipe | None = None, quiet: bool = False,
    ):  # fmt: skip
        self.preset, self.out, self.seed = preset, out, seed
        self.recipe = recipe or training.get_preset(preset)
        self.quiet = quiet or parallel.rank() > 0
        machine.seed_generator(seed)
        self.wanted = {"device": device, "precision": precision}
        with parallel.one_first():  # what it downloads, the others find
            self.images = load_images(data)
        self.recipe = self._fitted(self.recipe)
        self.checkpoint = out / CHECKPOINT

    def _fitted(self, recipe: training.Recipe) -> training.Recipe:
        """Return a recipe with nets for these images, and as many classes where it has any."""
        classes = {"classes": len(self.images.class_names)} if recipe.classes else {}
        return replace(recipe.fitted(tuple(self.images.images.shape[1:])), **classes)

    def train(
        self, steps: int | None, save_every: int, resume: bool, minutes: float | None = None
    ) -> None:
        """Train up to `steps` steps in all, or for so many minutes more; save as it goes on.

        A checkpoint is written every `save_every` steps, and everything at the end.
        """
        at_least("--save-every", save_every, 1)
        if minutes is None:
            at_least("--steps", steps, 1)
        elif not 0 < minutes < float("inf"):
            raise InputError(f"--minutes must be above 0, and {minutes} was given: give more.")
        state = self._resumed() if resume else self._fresh()
        if steps is not None and state.step >= steps:
            if not all((self.out / name).exists() for name in FILES):
                self._write(state)
            self._say(f"{self.out} is at step {state.step} already: give more --steps to go on.")
            return
        stopped = self._loop(state, steps, save_every, minutes)
        self._write(state)
        if stopped:
            self._say(
                f"Stopped and saved at step {state.step}; to go on, run the same with --resume."
            )
            parallel.wait()  # the first process writes
            raise SystemExit(130)
        self._say(f"Step {state.step}: samples.png, losses.png and the weights are in {self.out}.")

    def _say(self, sentence: str) -> None:
        if not self.quiet:
            print(sentence)

    def _fresh(self) -> training.State:
        if training.begun(self.checkpoint):
            raise InputError(
                f"{self.out} holds a run already: add --resume to go on with it, or give another "
                "folder with --out."
            )
        state = training.State(self.recipe, self.seed, **self.wanted)
        state.data, state.mark = self.images.name, self.images.mark
        self._prepare()
        return state

    def _prepare(self) -> None:
        """Make the folder, see that it can be written, and remove what a kill has left there."""
        store.writable(self.out)
        if not parallel.rank():
            store.sweep(self.checkpoint)

    def _resumed(self) -> training.State:
        if not self.out.is_dir():
            raise InputError(f"There is no run in {self.out} to go on with: leave --resume out.")
        self._prepare()
        state = training.load_state(self.checkpoint, self.wanted["device"])
        if self.wanted["precision"] not in (None, state.precision):
            raise InputError(
                f"{self.checkpoint} is a run in the precision {state.precision}, and "
                f"{self.wanted['precision']} was asked for: leave --precision out to go on."
            )
        if state.world != parallel.world():
            raise InputError(
                f"{self.checkpoint} is a run on {_processes(state.world)}, each with its own "
                f"random state, and {parallel.world()} would go on: {_started(state.world)}."
            )
        self._take_budgeted(state)
        self._refuse_another_recipe(state)
        was = (state.recipe, state.data, state.seed)
        if was != (self.recipe, self.images.name, self.seed):
            raise InputError(
                f"{self.checkpoint} is a run of {state.recipe.net} on {state.data} with seed "
                f"{state.seed}, not of {self.preset} on {self.images.name} with seed {self.seed}: "
                "give the same preset, data and seed, or another --out."
            )
        if state.mark not in ("", self.images.mark):
            self._say(
                f"The pictures in {self.images.name} have changed since the run began: it goes on "
                "with those that are there now, and is not the run that it would have been."
            )
            state.mark = self.images.mark
        return state

    def _take_budgeted(self, state: training.State) -> None:
        """Go on with the recipe that this preset stood for in the minutes of the first call."""
        for row in training.BUDGETS.get(self.preset, ()):
            recipe = self._fitted(training.get_preset(row.preset, sync_norm=self.recipe.sync_norm))
            if recipe == state.recipe:
                self.recipe, self.preset = recipe, row.preset

    def _refuse_another_recipe(self, state: training.State) -> None:
        """Raise InputError where the same net was trained with other settings."""
        if (state.recipe.net, state.data) != (self.recipe.net, self.images.name):
            return
        was, now = asdict(state.recipe), asdict(self.recipe)
        other = [
            f"{name} {was[name]} and not {now[name]}" for name in was if was[name] != now[name]
        ]
        if other:
            raise InputError(
                f"{self.checkpoint} is a run with {', '.join(other)}: give the same preset and "
                "options, or another --out."
            )

    def _loop(self, state: training.State, steps, save_every: int, minutes) -> bool:
        """Train and save to the end of steps or minutes; tell whether Ctrl-C came before it."""
        images = _shard(self.images).to(state.device)
        more = sys.maxsize if steps is None else steps - state.step
        end = time.monotonic() + (60 * minutes if minutes else float("inf"))
        with (
            _interrupt() as interrupted,
            tqdm(total=steps, initial=state.step, disable=self.quiet) as bar,
        ):
            bar.set_description(f"{self.preset} on {state.device.type}, {state.precision}")
            source = training.source_of(images, self.recipe)
            for record in training.train(state, source, more):
                if record.step % 20 == 0:
                    bar.set_postfix_str(str(record).split(": ")[1], refresh=False)
                bar.update()
                if _all_stop(bool(interrupted) or time.monotonic() >= end, record.step):
                    return parallel.any_of(bool(interrupted)) and record.step != steps
                if record.step % save_every == 0 and record.step != steps:
                    training.save_state(state, self.checkpoint)
        return False

    def _write(self, state: training.State) -> None:
        training.save_state(state, self.checkpoint)
        if parallel.rank():
            return
        card = {"data": state.data, "steps": str(state.step), "seed": str(state.seed)}
        G = training.averaged_generator(state)
        nets.save_generator(G, self.out / "generator.safetensors", **card)
        across = nets.classes_of(G) or 8  # a column for each class
        plots.image_grid(training.sample(G, 8 * across), across).save(self.out / "samples.png")
        curves = state.curves()
        plots.curves(curves).save(self.out / "losses.png")
        store.write_whole(self.out / "history.csv", _table(curves).encode())


def _shard(images: ImageSet) -> ImageSet:
    """Return this process's part of an image set."""
    parts = [parallel.shard_of(x, parallel.rank(), parallel.world())
             for x in (images.images, images.labels)]  # fmt: skip
    return replace(images, images=parts[0], labels=parts[1])


def _all_stop(wish: bool, step: int) -> bool:
    """Return whether a process wishes to stop; several ask each other every TALK steps."""
    if parallel.world() > 1 and step % TALK:
        return False
    return parallel.any_of(wish)


def _processes(count: int) -> str:
    return "one process" if count == 1 else f"{count} processes"


def _started(count: int) -> str:
    """Return what starts so many processes."""
    if count == 1:
        return "start it without torchrun"
    return f"start it with torchrun --nproc-per-node {count} -m gancourse train ... --resume"


def _table(curves: dict[str, list[float]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["step", *curves])
    writer.writerows([step, *row] for step, row in enumerate(zip(*curves.values()), 1))  # noqa: B905
    return text.getvalue()


@contextmanager
def _interrupt():
    """Collect a first Ctrl-C in the list that is yielded; a second one acts at once.

    SIGTERM is heard as well, by which `timeout` and containers end a program; of several processes
    not, since torchrun sends it where another one has died. A thread beside the main one, as in a
    Dask worker, hears of none.
    """
    seen: list[int] = []
    if threading.current_thread() is not threading.main_thread():
        yield seen
        return

    def note(number, frame):
        seen.append(number)
        signal.signal(number, at_once[number])

    at_once = {signal.SIGINT: signal.default_int_handler}
    if parallel.world() == 1:
        at_once[signal.SIGTERM] = signal.SIG_DFL
    before = {number: signal.signal(number, note) for number in at_once}
    try:
        yield seen
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
