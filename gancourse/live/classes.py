"""Lesson 13's widget: one z asked for every class, and for something between two of them."""

from functools import partial

import torch
from torch import Tensor, nn

from gancourse import nets
from gancourse.data import image_set
from gancourse.evaluation import evaluating
from gancourse.live.charts import Chart
from gancourse.live.controls import Choice, Slider
from gancourse.live.drawings import Drawing
from gancourse.live.explorer.engine import labelled, weights_of
from gancourse.live.spoilt import sheet_of
from gancourse.machine import seed_generator
from gancourse.pixels import to_pixels
from gancourse.plots import Panel
from gancourse.score.ruler import classify, load_ruler

COLUMNS, SIDE, HANDS = 5, 28, 99


def mixed(first: int, second: int, share: float, classes: int) -> Tensor:
    """Return the weights [1, classes] of 1 - share of one class and `share` of another."""
    rows = torch.eye(classes)
    return (1 - share) * rows[[first]] + share * rows[[second]]


def z_of(G: nn.Module, seed: int) -> Tensor:
    """Return the z [1, z_dim] of a hand."""
    return torch.randn(1, G.z_dim, generator=seed_generator(seed))


def images_of(G: nn.Module, seed: int, weights: Tensor) -> Tensor:
    """Return what a conditional G makes of one z and the label weights [N, classes], as uint8."""
    z = z_of(G, seed).expand(len(weights), -1)
    device = next(G.parameters()).device
    with evaluating(G), torch.no_grad():
        return to_pixels(G(z.to(device), weights.to(device)).cpu())


def _panel(images: Tensor, rows: int, columns: int, title: str) -> Panel:
    size = (0, columns * SIDE), (0, rows * SIDE)
    mark = sheet_of(images, rows, columns)
    return Panel((mark,), "pixels", "pixels", *size, title, equal=True)


def ask_for(data: str = "mnist", G: nn.Module | None = None, **values) -> Chart:
    """Return the chart of one z asked for all classes, and for a mixture of two.

    Controls: the `hand` (which z), the `first` and the `second` class, the `share` of the second, 0
    to 1. G is the shipped conditional generator of `data`, or one that is given. `values` sets
    where the controls start. Raises InputError for unknown data, control or class.
    """
    names = tuple(image_set(data).class_names)
    G = nets.load_shipped(f"{data}-conditional") if G is None else G
    controls = {
        "hand": Slider("hand (which z)", 0, HANDS, 1, 1),
        "first": Choice("first class", names, names[7]),
        "second": Choice("second class", names, names[1]),
        "share": Slider("share of the second", 0.0, 1.0, 0.1, 0.0),
    }
    return Chart("Ask for a class", partial(_draw, G, data, names), controls).set(**values)


def page_files(data: str = "mnist") -> tuple[bytes, dict]:
    """Return what a page needs for `ask_for` without a kernel: G's weights, and the rest for JSON.

    G's matrices are rounded to float16. There is no ruler in a page: it does not say what it sees.
    """
    from gancourse.live.control_views import COLOURS, described  # ipywidgets

    chart = ask_for(data)
    G = nets.load_shipped(f"{data}-conditional")
    return weights_of(labelled(G), bits=16), {
        "title": chart.name,
        "colours": COLOURS,
        "controls": [described(key, control) for key, control in chart.controls.items()],
        "names": list(image_set(data).class_names),
        "hands": [z_of(G, seed)[0].tolist() for seed in range(HANDS + 1)],
    }


def _draw(
    G: nn.Module, data: str, names: tuple, hand: float, first: str, second: str, share: float
) -> Drawing:
    weights = mixed(names.index(first), names.index(second), share, len(names))
    images = images_of(G, int(hand), torch.cat([torch.eye(len(names)), weights]))
    sure, said = classify(load_ruler(data), images[-1:]).softmax(1)[0].max(0)
    asked = f"{1 - share:.0%} {first}, {share:.0%} {second}"
    text = (
        f"One z asked for {', '.join(names)}; and for {asked}, which the ruler takes for "
        f"{names[said]} ({sure:.0%} sure)."
    )
    rows = -(-len(names) // COLUMNS)
    panels = (
        _panel(images[:-1], rows, COLUMNS, "One z, every class"),
        _panel(images[-1:], 1, 1, asked),
    )
    return Drawing(panels, text, {"the ruler takes it for": f"{names[said]}, {sure:.0%} sure"})
