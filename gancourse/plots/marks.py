"""Marks on panels: what the theory's pictures and the live charts are made of."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.collections import PatchCollection
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from gancourse.errors import InputError, at_least, choose
from gancourse.plots.picture import INK, ROLES, Picture, as_picture, new_figure, styled, to_numpy

KINDS = ("line", "dashed", "fill", "points", "arrows", "cells")


@dataclass(frozen=True, eq=False)
class Mark:
    """One thing drawn on a panel: `kind` (one of KINDS) through x and y, [N] each.

    `role` (p, q, D, G) gives that player's colour; without one it is ink. A fill goes down to `y2`
    (0 unless given); arrows go from (x, y) by (x2, y2); cells are squares of side 1 around (x, y),
    of opacity x2 from 0 to 1. A label puts it in the legend.
    """

    kind: str
    x: Sequence[float]
    y: Sequence[float]
    label: str = ""
    role: str = ""
    x2: Sequence[float] | None = None
    y2: Sequence[float] | None = None

    def __post_init__(self):
        choose("kind of mark", self.kind, KINDS)
        choose("role", self.role, ("", *ROLES))


@dataclass(frozen=True, eq=False)
class Panel:
    """Marks on one pair of axes; `equal` makes one unit as long upwards as sideways.

    Without limits a picture shows all there is; a live chart needs both, so that they stand still.
    `names` stand below 0, 1, 2 and so on in place of numbers.
    """

    marks: tuple[Mark, ...]
    xlabel: str
    ylabel: str
    xlim: tuple[float, float] | None = None
    ylim: tuple[float, float] | None = None
    title: str = ""
    equal: bool = False
    names: tuple[str, ...] = ()


def columns(heights: Sequence[float], label: str = "", role: str = "") -> Mark:
    """Return upright bars of these heights at 0, 1, 2 and so on, as one mark."""
    at = np.arange(len(heights))[:, None] + np.array([-0.45, -0.45, 0.45, 0.45])
    y = np.stack([*heights])[:, None] * np.array([0.0, 1.0, 1.0, 0.0])
    return Mark("fill", at.ravel(), y.ravel(), label, role)


def _draw(axis, mark: Mark) -> None:
    x, y, colour = to_numpy(mark.x), to_numpy(mark.y), ROLES.get(mark.role, INK)
    label = mark.label or None
    if mark.kind == "fill":
        low = 0 if mark.y2 is None else to_numpy(mark.y2)
        axis.fill_between(x, low, y, color=colour, alpha=0.25, linewidth=0, label=label)
        axis.plot(x, y, color=colour, linewidth=1.2)
    elif mark.kind == "points":
        axis.plot(x, y, "o", color=colour, markersize=8, label=label)
    elif mark.kind == "arrows":
        offset = {"angles": "xy", "scale_units": "xy", "scale": 1, "width": 0.004}
        faint = {} if mark.role else {"alpha": 0.45}  # a field stays behind the paths
        axis.quiver(x, y, to_numpy(mark.x2), to_numpy(mark.y2), color=colour, label=label,
                    **offset, **faint)  # fmt: skip
    elif mark.kind == "cells":
        corners = np.stack([x - 0.5, y - 0.5], 1)
        squares = [Rectangle(tuple(corner), 1, 1) for corner in corners]
        alpha = np.clip(to_numpy(mark.x2), 0, 1)
        axis.add_collection(
            PatchCollection(squares, facecolor=colour, edgecolor="none", alpha=alpha)
        )
    else:
        style = "--" if mark.kind == "dashed" else "-"
        axis.plot(x, y, style, color=colour, label=label)


@styled
def panels(panels: Sequence[Panel], alt: str, note: str = "", log: bool = False) -> Picture:
    """Return panels side by side, each with its marks and legend; `note` stands below them.

    `log` makes the axes upwards logarithmic.
    """
    if not panels:
        raise InputError("A picture of panels needs at least one, and none was given: give one.")
    width = 7.0 if len(panels) == 1 else 5.2 * len(panels)
    figure, axes = new_figure(len(panels), width=width, height=4.2 + 0.3 * bool(note))
    for axis, panel in zip(axes, panels, strict=True):
        axis.set_yscale("log" if log else "linear")  # first: limits that are chosen stay
        for mark in panel.marks:
            _draw(axis, mark)
        axis.set(xlim=panel.xlim, ylim=panel.ylim, xlabel=panel.xlabel, ylabel=panel.ylabel)
        axis.set(title=panel.title, aspect="equal" if panel.equal else "auto")
        if panel.names:
            axis.set_xticks(range(len(panel.names)), panel.names, fontsize=11)
        if any(mark.label for mark in panel.marks):
            axis.legend(fontsize=11)
    if note:
        figure.supxlabel(note, fontsize=13, color=INK)
    return as_picture(figure, alt)


@styled
def gallery(panels: Sequence[Panel], columns: int, alt: str) -> Picture:
    """Return small panels in rows of `columns`; one legend below serves them all."""
    at_least("columns", columns, 1)
    rows = -(-len(panels) // columns)
    figure = Figure(figsize=(2.45 * columns, 2.5 * rows + 0.4), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False).ravel()
    for axis, panel in zip(axes, panels, strict=False):
        for mark in panel.marks:
            _draw(axis, mark)
        axis.axhline(0, color=INK, linewidth=0.8, zorder=0)
        axis.set(xlim=panel.xlim, ylim=panel.ylim, xlabel=panel.xlabel, ylabel=panel.ylabel)
        axis.set_title(panel.title, fontsize=12)
        axis.set_aspect("equal" if panel.equal else "auto")
        axis.label_outer(remove_inner_ticks=False)
    named = dict(zip(*reversed(axes[0].get_legend_handles_labels()), strict=True))
    place = {"loc": "outside lower center", "ncols": max(1, len(named)), "fontsize": 11}
    figure.legend(named.values(), named, **place)
    return as_picture(figure, alt)


def range_around(values: np.ndarray, margin: float = 0.05) -> tuple[float, float]:
    """Return the range of the finite values, a little wider."""
    values = values[np.isfinite(values)]
    low, high = float(values.min()), float(values.max())
    room = margin * (high - low or 1.0)
    return low - room, high + room
