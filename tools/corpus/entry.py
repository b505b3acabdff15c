"""What the table holds for each program, and the watch of a program that runs bare."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

Real = Callable[[int, np.random.Generator], np.ndarray]


class NoWatch:
    """Listens to nothing, so that a program runs as if nobody recorded it."""

    def start(self, *, G, D, opt_G, opt_D, sample):
        pass

    def real(self, x):
        return x

    def step(self, d_loss, g_loss):
        pass


def flat(x) -> np.ndarray:
    """Return samples in any shape and kind of array as [N, dim] in float64."""
    x = np.asarray(x.detach().cpu() if hasattr(x, "detach") else x, dtype=np.float64)
    return x.reshape(len(x), -1)


@dataclass(frozen=True)
class Program:
    """One training loop of an author."""

    run: Callable  # (watch, seed, turns) -> sample
    turns: int  # after which a sound one works
    data: str  # a kind of data in data.KINDS
    real: Real  # (n, rng) -> real samples, scaled as the program's own
    answers: tuple[str, ...] = ()  # labels of faults.py: the author's first; none: it is sound
    text_only: bool = False  # the fault is in the text, and the samples are good all the same
    back: Callable = field(default=flat)  # from samples as they are drawn to the real data's scale
    author: str = ""  # the author's file, set by the table

    @property
    def name(self) -> str:
        return self.run.__name__

    @property
    def sound(self) -> bool:
        return not self.answers
