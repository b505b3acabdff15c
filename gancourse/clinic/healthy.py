"""Healthy runs, to see that `gancourse.diagnose` leaves them alone. Lesson 10.

The settings' working programs, and runs of `gancourse.train` on other nets and losses with the
recorder attached from outside.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch

from gancourse import machine, train
from gancourse.clinic.faults import train_run
from gancourse.clinic.recorder import Recorder
from gancourse.clinic.settings import RING, SETTINGS
from gancourse.clinic.signals import Signals
from gancourse.data import load_images
from gancourse.errors import choose
from gancourse.train import Recipe, State


@dataclass(frozen=True)
class Healthy:
    """A recipe for `gancourse.train` that works: on the ring, or on the embedded digits."""

    recipe: Recipe
    steps: int

    @property
    def source(self) -> Callable:
        return load_images("digits").batch if self.recipe.net == "dcgan" else RING.sample


def _on_ring(loss: str, **changes) -> Healthy:
    nets = {"shape": (2,), "widths": (64, 64)}
    recipe = Recipe("mlp", {"z_dim": 2, "norm": False, **nets}, nets, loss=loss, lr_G=1e-3,
                    lr_D=1e-3, betas=(0.0, 0.99), batch=128, **changes)  # fmt: skip
    return Healthy(recipe, 1500)


HEALTHY = {
    "small DCGAN": Healthy(
        Recipe("dcgan", {"z_dim": 16, "width": 16}, {"width": 16}, lr_G=2e-3, lr_D=2e-3, batch=64),
        450,
    ),
    "least squares": _on_ring("least-squares"),
    "hinge": _on_ring("hinge", r1=0.01),
    "Wasserstein": _on_ring("wasserstein", r1=0.3),
    "relativistic": _on_ring("relativistic", r1=0.03, r2=0.03),
}


def watch(state: State, source: Callable, steps: int) -> Signals:
    """Train a State for `steps` more steps and return what a recorder saw."""

    def draw(n: int) -> torch.Tensor:
        return train.sample(state.G, n, state.step)

    recorder = Recorder(state.G, state.D, state.opt_G, state.opt_D, draw)
    with machine.threaded("dense"):  # what the recorder does; the run's steps have their own number
        for record in train.train(state, lambda n, rng: recorder.real(source(n, rng)), steps):
            recorder.step(record["d_loss"], record["g_loss"])
        return recorder.finish()


def record_healthy(name: str, seed: int = 0) -> Signals:
    """Return the signals of a healthy run: one of HEALTHY, or the working program of a setting.

    Raises InputError for another name.
    """
    choose("healthy run", name, [*HEALTHY, *SETTINGS])
    if name in SETTINGS:
        return train_run(name, seed).signals
    run = HEALTHY[name]
    return watch(State(run.recipe, seed, "cpu", "fp32"), run.source, run.steps)
