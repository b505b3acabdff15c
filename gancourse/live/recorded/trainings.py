"""Trainings of the lessons, recorded for pages without a kernel: samples and curves by step."""

import base64
import json
import struct
import zlib
from pathlib import Path
from typing import NamedTuple

import torch

from gancourse import train
from gancourse.data import load_images
from gancourse.errors import InputError
from gancourse.live.drawings import Drawing, packed
from gancourse.live.frontend import STATIC
from gancourse.live.run.dashboard import COLUMNS, IMAGES, SEED
from gancourse.live.run.history import Log
from gancourse.pixels import to_pixels

FIRST = (0, 1, 3, 10, 20, 30)  # steps that are shown; then as many as SPACED, equally apart
SPACED = 20
LEVELS = 31  # greys of a recorded sample, above black


class Training(NamedTuple):
    """A run of a preset with seed 0: what a dashboard shows of it from a step to another."""

    title: str
    preset: str
    options: dict
    first: int
    last: int

    def is_asked_by(self, args: list, options: dict) -> bool:
        """Return whether `train.get_preset(*args, **options)` gives this run's recipe."""
        return args == [self.preset] and options == self.options

    def steps(self) -> list[int]:
        """Return the steps that are shown."""
        more = self.last - self.first
        spaced = {round(more * i / SPACED) for i in range(1, SPACED + 1)}
        return [self.first + step for step in sorted({*FIRST, *spaced})]


TRAININGS = {
    "mlp": Training("An MLP GAN on MNIST", "mlp", {}, 0, 1000),
    "mlp_on": Training("The same MLP GAN", "mlp", {}, 1000, 2000),
    "mlp_beaten": Training("G too slow, minimax loss", "mlp",
                           {"lr_G": 2e-5, "loss": "minimax"}, 0, 600),
    "mlp_alive": Training("G too slow, non-saturating loss", "mlp", {"lr_G": 2e-5}, 0, 600),
    "dcgan": Training("A DCGAN on MNIST", "dcgan-quick", {}, 0, 1500),
}  # fmt: skip


def training_file(name: str) -> Path:
    """Return where a recorded training lies; `tools/recordings.py` writes it."""
    return STATIC / "recorded" / f"{name}.training"


def training_bytes(name: str, until: int | None = None) -> bytes:
    """Train, and return what a page shows of it: deflated; the length of its JSON, that, samples.

    Samples are bytes [steps, 36, S, S] of 32 greys. `until` leaves out later steps. Raises
    InputError where there is no MNIST.
    """
    from gancourse.live.control_views import COLOURS  # ipywidgets

    run, digits = TRAININGS[name], load_images("mnist")
    if digits.name != "mnist":
        raise InputError(
            f"{run.title!r} is recorded on MNIST, and {digits.name} took its place: connect to the "
            "internet once, or set GANCOURSE_DATA to a folder with MNIST, and record again."
        )
    steps = [step for step in run.steps() if until is None or step <= until]
    state = train.State(train.get_preset(run.preset, **run.options), 0, "cpu")
    log, samples = Log(state), []
    for step in range(steps[-1] + 1):
        if step:
            train.one_step(state, digits.batch)
            log.note()
        if step in steps:
            samples.append(to_pixels(train.sample(state.ema_G, IMAGES, seed=SEED)))
    log.read()
    drawing = packed(Drawing(log.panels(), ""))
    header = {
        "title": run.title, "colours": COLOURS, "steps": steps, "count": IMAGES,
        "columns": COLUMNS, "side": samples[0].shape[-1], "panels": drawing["panels"],
    }  # fmt: skip
    text = json.dumps(header, default=lambda b: {"base64": base64.b64encode(b).decode()}).encode()
    greys = (torch.stack(samples).float() / 255 * LEVELS).round() / LEVELS * 255
    pixels = greys.round().to(torch.uint8).numpy().tobytes()
    return zlib.compress(struct.pack("<I", len(text)) + text + pixels, 9)


def opened_training(data: bytes) -> tuple[dict, torch.Tensor]:
    """Return the header of a recorded training, and its samples uint8 [steps, 36, S, S]."""
    whole = zlib.decompress(data)
    (length,) = struct.unpack("<I", whole[:4])
    header = json.loads(whole[4 : 4 + length])
    pixels = torch.frombuffer(bytearray(whole[4 + length :]), dtype=torch.uint8)
    return header, pixels.view(
        len(header["steps"]), header["count"], header["side"], header["side"]
    )
