"""Lesson 11's first widget: spoil real digits, and see which of six scores notices."""

import torch
from torch import Tensor

from gancourse.live.charts import Chart
from gancourse.live.controls import Choice, Slider
from gancourse.live.drawings import Drawing
from gancourse.plots import Mark, Panel, columns
from gancourse.score.spoilt import FAULTS, Spoilt, kept, spoil

ROWS, COLUMNS, SIDE = 3, 5, 28
FAINT = 0.05  # grey that is not drawn: each pixel is a square of the page
TOP = 1.5  # of the bars' axis
NOTICED = 0.9  # of what unspoilt digits get


def sheet_of(images: Tensor, rows: int = ROWS, columns: int = COLUMNS) -> Mark:
    """Return uint8 images [N, 1, 28, 28] in rows, their first ones, as dark squares."""
    sheet = torch.zeros(rows * columns, SIDE, SIDE)
    shown = images[: len(sheet), 0].float() / 255
    sheet[: len(shown)] = shown
    sheet = sheet.view(rows, columns, SIDE, SIDE).transpose(1, 2).flatten(2).flatten(0, 1)
    row, column = (sheet > FAINT).nonzero(as_tuple=True)
    return Mark("cells", column + 0.5, rows * SIDE - row - 0.5, x2=sheet[row, column])


def _scores(now: Spoilt, before: Spoilt) -> Panel:
    left = kept(now, before)
    bars = columns([min(v, TOP) for v in left.values()], "these images", "q")
    level = Mark("dashed", [-0.5, len(left) - 0.5], [1, 1], "unspoilt images")
    xlabel, ylabel = "FID is turned over: less of it is better", "share of what unspoilt ones get"
    sides = (-0.6, len(left) - 0.4), (0, TOP)
    return Panel((bars, level), xlabel, ylabel, *sides, "Six scores", names=tuple(left))


def _words(now: Spoilt, before: Spoilt) -> str:
    fell = [name for name, share in kept(now, before).items() if share < NOTICED]
    said = f"fell below {NOTICED:.0%} of what unspoilt images get: {', '.join(fell) or 'no score'}"
    return f"{now.what[0].upper()}{now.what[1:]}; {said}."


def spoil_digits(data: str = "mnist", **values) -> Chart:
    """Return the chart of real images with a fault, and of six scores of them.

    Controls: the `fault` (one of gancourse.score.spoilt.FAULTS) and its `amount`, 0 to 1. `values`
    sets where they start. Raises InputError for unknown data, control or fault.
    """

    def draw(fault: str, amount: float) -> Drawing:
        now, before = spoil(fault, amount, data), spoil(fault, 0.0, data)
        size = (0, COLUMNS * SIDE), (0, ROWS * SIDE)
        seen = Panel((sheet_of(now.images),), "pixels", "pixels", *size, "Some of them", equal=True)
        numbers = {name: _number(value) for name, value in now.scores.items()}
        return Drawing((seen, _scores(now, before)), _words(now, before), numbers)

    controls = {
        "fault": Choice("fault", tuple(FAULTS), "blur"),
        "amount": Slider("amount", 0.0, 1.0, 0.1, 0.3),
    }
    return Chart("Spoil real digits", draw, controls).set(**values)


def _number(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 2 else f"{value:.2f}"
