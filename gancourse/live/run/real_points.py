"""The real points that a GAN on points learns from: a named toy, or a drawing."""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor

from gancourse import machine
from gancourse.data.toys import Toy, load_points, mixture
from gancourse.errors import InputError, choose
from gancourse.live.run.points_view import LIMIT
from gancourse.score.modes import mode_report

MOST, REALS = 200, 300  # points that can be drawn; real ones that are shown
DRAWN = "drawn by hand"
DATA: dict[str, Callable[[], Toy]] = {
    "ring": lambda: load_points("ring", sd=0.05),
    "grid": lambda: load_points("grid", side=3, gap=0.9, sd=0.05),
    "grid of 25": lambda: load_points("grid", side=5, gap=0.6, sd=0.03),
}


class RealPoints:
    """Real points by `name`: "ring", "grid" or `DRAWN`; `drawn` are the points of the drawing.

    `shown` [N, 2] is what a picture shows of them; without a drawing there are none.
    """

    def __init__(self):
        self.drawn: list[tuple[float, float]] = []
        self.choose("ring")

    def choose(self, points) -> None:
        """Take the points from a named toy, from the drawing, or from points [K, 2]: a drawing."""
        if not isinstance(points, str):
            self.drawn, points = _inside(points), DRAWN
        self.name = choose("real points", points, (*DATA, DRAWN))
        if points == DRAWN:
            self._toy = mixture(self.drawn, 0.05, name=DRAWN) if self.drawn else None
        else:
            self._toy = DATA[points]()
        rng = machine.seed_generator(1)
        self.shown = torch.empty(0, 2) if self.missing else self._toy.sample(REALS, rng)

    @property
    def missing(self) -> bool:
        """Whether there are none: nothing is drawn yet."""
        return self._toy is None

    def sample(self, n: int, generator: torch.Generator) -> Tensor:
        """Return n points [n, 2]; InputError where there are none."""
        if self.missing:
            raise InputError(
                "There are no real points yet: draw some, or choose the ring or a grid."
            )
        return self._toy.sample(n, generator)

    def reached(self, x_fake: Tensor) -> str:
        """Return how many of the modes have one of these samples [N, 2] within 3 sd: "7 of 8"."""
        if self.missing or not x_fake.isfinite().all():
            return "-"
        report = mode_report(x_fake, self._toy)
        return f"{report.modes} of {report.of}"

    def described(self) -> dict:
        """Return the part of a frame that says what is drawn."""
        drawn = [list(p) for p in self.drawn]
        return {"drawing": self.name == DRAWN, "drawn": drawn, "most": MOST}


def _inside(points: Sequence | Tensor) -> list[tuple[float, float]]:
    """Return points [K, 2] as pairs; raise InputError for another shape, for more, or outside."""
    x = np.asarray(points, dtype=float).reshape(-1, 2) if len(points) == 0 else np.asarray(points)
    fits = x.ndim == 2 and x.shape[1] == 2 and x.dtype.kind in "fi"
    if not (fits and len(x) <= MOST and (np.abs(x) <= LIMIT).all()):
        raise InputError(
            f"Drawn points are at most {MOST} pairs of numbers from {-LIMIT} to {LIMIT}, and the "
            f"shape {list(x.shape)} was given or one lies outside: scale or thin them."
        )
    return [(float(a), float(b)) for a, b in x]
