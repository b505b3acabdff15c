"""A training run in a folder: progress bar, checkpoints, and the files it leaves. Never taught.

`checkpoint.safetensors` resumes the run, `generator.safetensors` is the averaged generator alone,
`samples.png`, `losses.png` and `history.csv` are for people.
"""

import csv
import io
import signal
from contextlib import contextmanager
from pathlib import Path

from tqdm import tqdm

from gancourse import machine, nets, plots, store
from gancourse import train as training
from gancourse.data import load_images
from gancourse.errors import InputError, at_least

FILES = ("generator.safetensors", "samples.png", "losses.png", "history.csv")


class Run:
    """One run: a preset on a data set, with the folder that holds it."""

    def __init__(self, preset: str, data: str, out: Path, seed=0, device=None, precision=None):
        self.preset, self.out, self.seed = preset, out, seed
        self.recipe = training.get_preset(preset)
        machine.seed_generator(seed)
        self.wanted = {"device": device, "precision": precision}
        self.images = load_images(data)
        self.checkpoint = out / "checkpoint.safetensors"

    def train(self, steps: int, save_every: int, resume: bool) -> None:
        """Train up to `steps` steps in all; save every `save_every` steps, and at the end."""
        at_least("--steps", steps, 1)
        at_least("--save-every", save_every, 1)
        state = self._resumed() if resume else self._fresh()
        if state.step >= steps:
            if not all((self.out / name).exists() for name in FILES):
                self._write(state)
            print(f"{self.out} is at step {state.step} already: give more --steps to go on.")
            return
        self._loop(state, steps, save_every)
        self._write(state)
        if state.step < steps:
            print(f"Stopped and saved at step {state.step}; to go on, run the same with --resume.")
            raise SystemExit(130)
        print(f"Step {state.step}: samples.png, losses.png and the weights are in {self.out}.")

    def _fresh(self) -> training.State:
        if self.checkpoint.exists():
            raise InputError(
                f"{self.out} holds a run already: add --resume to go on with it, or give another "
                "folder with --out."
            )
        state = training.State(self.recipe, self.seed, **self.wanted)
        state.data = self.images.name
        store.make_folder(self.out)
        return state

    def _resumed(self) -> training.State:
        if not self.out.is_dir():
            raise InputError(f"There is no run in {self.out} to go on with: leave --resume out.")
        state = training.load_state(self.checkpoint, self.wanted["device"])
        if self.wanted["precision"] not in (None, state.precision):
            raise InputError(
                f"{self.checkpoint} is a run in the precision {state.precision}, and "
                f"{self.wanted['precision']} was asked for: leave --precision out to go on."
            )
        was = (state.recipe, state.data, state.seed)
        if was != (self.recipe, self.images.name, self.seed):
            raise InputError(
                f"{self.checkpoint} is a run of {state.recipe.net} on {state.data} with seed "
                f"{state.seed}, not of {self.preset} on {self.images.name} with seed {self.seed}: "
                "give the same preset, data and seed, or another --out."
            )
        return state

    def _loop(self, state: training.State, steps: int, save_every: int) -> None:
        """Train and save, up to `steps` or to the end of the step in which Ctrl-C is pressed."""
        images = self.images.to(state.device)
        with _interrupt() as interrupted, tqdm(total=steps, initial=state.step) as bar:
            bar.set_description(f"{self.preset} on {state.device.type}, {state.precision}")
            for record in training.train(state, images.batch, steps - state.step):
                if record.step % 20 == 0:
                    bar.set_postfix_str(str(record).split(": ")[1], refresh=False)
                bar.update()
                if record.step % save_every == 0 and record.step < steps:
                    training.save_state(state, self.checkpoint)
                if interrupted:
                    return

    def _write(self, state: training.State) -> None:
        training.save_state(state, self.checkpoint)
        card = {"data": state.data, "steps": str(state.step), "seed": str(state.seed)}
        nets.save_generator(state.ema_G, self.out / "generator.safetensors", **card)
        plots.image_grid(training.sample(state.ema_G)).save(self.out / "samples.png")
        curves = state.curves()
        plots.curves(curves).save(self.out / "losses.png")
        store.write_whole(self.out / "history.csv", _table(curves).encode())


def _table(curves: dict[str, list[float]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["step", *curves])
    writer.writerows([step, *row] for step, row in enumerate(zip(*curves.values()), 1))  # noqa: B905
    return text.getvalue()


@contextmanager
def _interrupt():
    """Collect a first Ctrl-C in the list that is yielded; a second one acts at once."""
    seen: list[int] = []

    def note(number, frame):
        seen.append(number)
        signal.signal(signal.SIGINT, signal.default_int_handler)

    before = signal.signal(signal.SIGINT, note)
    try:
        yield seen
    finally:
        signal.signal(signal.SIGINT, before)
