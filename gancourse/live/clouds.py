"""Lesson 11's second widget: two clouds in the plane, and who lies in whose neighbourhoods."""

import numpy as np
import torch
from torch import Tensor

from gancourse import machine
from gancourse.live.charts import Chart
from gancourse.live.controls import Choice, Slider
from gancourse.live.drawings import Drawing, Grip
from gancourse.plots import Mark, Panel, columns
from gancourse.score import measures

N, LIMIT, TOP = (
    60,
    20,
    1.5,
)  # points of each kind; the plane is shown from -20 to 20; bars up to 1.5
FAR = (15.0, 13.0)  # where the one real point lies that does not belong to the others
CENTRES = torch.cartesian_prod(torch.arange(-LIMIT, LIMIT), torch.arange(-LIMIT, LIMIT)) + 0.5


def _draws() -> tuple[Tensor, Tensor]:
    """Return 60 standard normal points for each kind, the same every time."""
    return torch.randn(2, N, 2, generator=machine.seed_generator(4)).unbind()


REAL, FAKE = _draws()


def _one_bell() -> Tensor:
    return 4 * REAL


def _two_bells() -> Tensor:
    shift = torch.tensor([9.0, 0.0])
    return 2.2 * REAL + torch.where(torch.arange(N)[:, None] < N // 2, shift, -shift)


def _one_astray() -> Tensor:
    return torch.cat([_one_bell()[:-1], torch.tensor([FAR])])


CLOUDS = {"one bell": _one_bell, "two bells": _two_bells, "one bell, one point astray": _one_astray}


def scores(fake: Tensor, real: Tensor, k: int) -> dict[str, float]:
    """Return precision, recall, density and coverage of points [N, 2], all with one k."""
    names = ("precision", "recall", "density", "coverage")
    found = *measures.precision_recall(fake, real, k), *measures.density_coverage(fake, real, k)
    return dict(zip(names, found, strict=True))


def _plane(fake: Tensor, real: Tensor, k: int) -> Panel:
    limits = measures.reach(real, k)
    held = (torch.cdist(CENTRES, real) <= limits).float().sum(1)  # [1600] neighbourhoods at each
    inside = held > 0
    covered = (torch.cdist(real, fake) <= limits[:, None]).any(1)
    marks = (
        Mark("cells", *CENTRES[inside].T, role="p", x2=0.1 + 0.4 * held[inside] / k / 2),
        Mark("points", *(axis[covered] for axis in real.T), "real, covered", "p"),
        Mark("points", *(axis[~covered] for axis in real.T), "real, not covered"),
        Mark("points", *fake.T, "fake", "q"),
    )
    sides = (-LIMIT, LIMIT), (-LIMIT, LIMIT)
    return Panel(marks, "feature 1", "feature 2", *sides, "Real neighbourhoods", equal=True)


def _bars(found: dict[str, float]) -> Panel:
    marks = (
        columns([np.minimum(v, TOP) for v in found.values()], "of the fakes", "q"),
        Mark("dashed", [-0.5, 3.5], [1, 1], "perfect"),
    )
    sides = (-0.6, 3.6), (0, TOP)
    return Panel(marks, "score", "value", *sides, "The four scores", names=tuple(found))


def _draw(real: str, k: float, spread: float, x: float, y: float) -> Drawing:
    x_real, x_fake, k = CLOUDS[real](), spread * FAKE + torch.tensor([x, y]), int(k)
    found = scores(x_fake, x_real, k)
    numbers = {name: f"{value:.2f}" for name, value in found.items()}
    text = (
        f"Of {N} fakes, {found['precision']:.0%} lie in a real neighbourhood (k = {k}); "
        f"{found['coverage']:.0%} of the real points have a fake in theirs."
    )
    grip = Grip("centre of the fakes", (x, y), x="x", y="y", role="q", anywhere=True)
    return Drawing((_plane(x_fake, x_real, k), _bars(found)), text, numbers, (grip,))


def two_clouds(**values) -> Chart:
    """Return the chart of 60 real and 60 fake points, and of four scores of the fakes.

    Controls: the `real` cloud (one of CLOUDS), `k` neighbours, the fakes' `spread`; the grip moves
    their centre (`x`, `y`). Where shades are darker, more neighbourhoods overlap. `values` sets
    where they start.
    """
    at = {"low": -LIMIT, "high": LIMIT, "step": 0.5, "shown": False}
    controls = {
        "real": Choice("real points", tuple(CLOUDS), "one bell"),
        "k": Slider("k, neighbours", 1, 20, 1, 5),
        "spread": Slider("spread of the fakes (sd)", 0.2, 6.0, 0.2, 2.0),
        "x": Slider("centre of the fakes, x", value=4.0, **at),
        "y": Slider("centre of the fakes, y", value=0.0, **at),
    }
    return Chart("Two clouds of points", _draw, controls).set(**values)
