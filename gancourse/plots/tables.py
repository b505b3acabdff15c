"""Pictures of tables: numbers in cells, counts, bars."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from gancourse.errors import InputError
from gancourse.plots.picture import G_COLOUR, INK, Picture, as_picture, new_figure, styled, to_numpy

GREYS = LinearSegmentedColormap.from_list("greys", ["#FFFFFF", "#8A8A8A"])  # ink stays legible
WRITTEN = 200  # a grid of at most so many cells has its numbers written in


@styled
def number_grids(
    grids: Mapping[str, Sequence], alt: str = "", scale: float = 0.42,
    axes: tuple[str, str] | None = None,
) -> Picture:  # fmt: skip
    """Return tables of numbers [rows, columns], none of them below 0, side by side by title.

    The larger a number, the darker its cell, up to the largest of all. Grids of at most 200 cells
    have their numbers (but 0) written in; `scale` is a cell's side there, in inches. `axes` names
    what the rows and the columns are; then they are numbered from 0.
    """
    grids = {title: _checked_grid(title, to_numpy(grid)) for title, grid in grids.items()}
    high = [scale * len(g) if g.size <= WRITTEN else 2.6 for g in grids.values()]
    wide = [_grid_width(title, g, scale) for title, g in grids.items()]
    beside = 0.8 if axes else 0.3  # inches
    size = sum(wide) + beside * len(wide), max(high) + 0.5 + beside
    figure = Figure(figsize=size, layout="constrained")
    places = figure.subplots(1, len(grids), squeeze=False, width_ratios=wide)[0]
    top = max(float(grid.max()) for grid in grids.values()) or 1.0
    for axis, (title, grid) in zip(places, grids.items(), strict=True):
        _draw_grid(axis, grid, top)
        axis.set_title(title)
        if axes:
            axis.set(ylabel=axes[0], yticks=range(len(grid)))
            axis.set(xlabel=axes[1], xticks=range(grid.shape[1]))
    words = ". ".join(f"{title}: {_grid_in_words(grid)}" for title, grid in grids.items())
    return as_picture(figure, alt or f"{words}.")


def _grid_width(title: str, grid: np.ndarray, scale: float) -> float:
    cells = scale * grid.shape[1] if grid.size <= WRITTEN else 2.6
    return max(cells, 0.115 * len(title))  # room for the title, in inches


def _checked_grid(title: str, grid: np.ndarray) -> np.ndarray:
    if grid.ndim != 2 or grid.size == 0 or not (np.isfinite(grid) & (grid >= 0)).all():
        raise InputError(
            f"{title} must be a table [rows, columns] of numbers that are not below 0, and "
            f"{list(grid.shape)} was given: choose two dimensions, or take absolute values."
        )
    return grid


def _draw_grid(axis, grid: np.ndarray, top: float) -> None:
    axis.imshow(grid, cmap=GREYS, vmin=0, vmax=top)
    axis.set(xticks=[], yticks=[])
    axis.spines[:].set(visible=True, color="#BBBBBB")
    if grid.size > WRITTEN:
        return
    edges = {"color": "#BBBBBB", "linewidth": 0.6}
    for row in range(len(grid) + 1):
        axis.axhline(row - 0.5, **edges)
    for column in range(grid.shape[1] + 1):
        axis.axvline(column - 0.5, **edges)
    for (row, column), number in np.ndenumerate(grid):
        if number:
            axis.text(column, row, f"{number:.3g}", ha="center", va="center", fontsize=11)


def _grid_in_words(grid: np.ndarray) -> str:
    size = f"{grid.shape[0]} by {grid.shape[1]}"
    if grid.size > 64:
        return f"{size} numbers from {grid.min():.3g} to {grid.max():.3g}"
    rows = ["; ".join(f"{number:.3g}" for number in row) for row in grid]
    return f"{size} numbers, by rows {' / '.join(rows)}"


@styled
def bars(
    values: Mapping[str, Sequence[float]], xlabel: str, title: str = "", marked: Sequence[str] = ()
) -> Picture:
    """Return a horizontal bar for each name, from (low, middle, high).

    The bar ends at the middle, a thin line goes from low to high. In colour are names with "ours",
    and those that are `marked`.
    """
    figure, (axis,) = new_figure(width=9.0, height=1.2 + 0.38 * len(values))
    names = list(values)
    low, middle, high = np.array([values[name] for name in names]).T
    colours = [G_COLOUR if "ours" in name or name in marked else "#BBBBBB" for name in names]
    axis.barh(names, middle, color=colours)
    axis.errorbar(middle, names, xerr=[middle - low, high - middle], fmt="none", ecolor=INK)
    axis.invert_yaxis()
    axis.set(xlabel=xlabel, title=title)
    texts = [_number(x) for x in middle]
    for y, (least, x, most) in enumerate(zip(low, texts, high, strict=True)):
        ends = "" if least == most else f"  ({_number(least)} to {_number(most)})"
        axis.text(most, y, f"  {x}{ends}", va="center", fontsize=11)
    axis.margins(x=0.15 if (low == high).all() else 0.45)
    words = ", ".join(f"{name} {text}" for name, text in zip(names, texts, strict=True))
    return as_picture(figure, f"{title or xlabel}: {words}.")


def _number(x: float) -> str:
    return f"{x:,.0f}" if x >= 100 else f"{x:.3g}"


@styled
def calibration(bins: Sequence[Mapping[str, float]]) -> Picture:
    """Return the share of statements that were right, by the weight that they had been given.

    Each bin has `weight` (the mean), `n`, and `low`, `share`, `high`. On the line, weights are
    probabilities.
    """
    figure, (axis,) = new_figure(width=6.4, height=5.2)
    axis.plot([0, 1], [0, 1], ":", color="#8A8A8A", label="weights that are probabilities")
    for i, b in enumerate(bins):
        ends = [[b["share"] - b["low"]], [b["high"] - b["share"]]]
        label = "measured, 95 %" if i == 0 else None
        axis.errorbar(b["weight"], b["share"], yerr=ends, fmt="o", color=G_COLOUR, label=label)
        axis.annotate(f"{b['n']:g}", (b["weight"], b["share"]), (7, -13),
                      textcoords="offset points", fontsize=11)  # fmt: skip
    axis.set(xlim=(-0.03, 1.06), ylim=(-0.05, 1.05), xlabel="weight given", ylabel="share right")
    axis.legend(loc="upper left")
    words = "; ".join(f"{b['weight']:.2f}: {b['share']:.2f} of {b['n']:g}" for b in bins)
    return as_picture(figure, f"Share of statements that were right, by weight given. {words}.")


@styled
def confusion(rows: Mapping[str, str], columns: Sequence[str], counts: Sequence) -> Picture:
    """Return a table of counts [rows, columns]: what is the case, against what was found.

    `rows` maps each row's name to the column that is right for it: those counts are on grey, any
    other on the colour of fakes.
    """
    table = _checked_grid("counts", to_numpy(counts))
    figure = Figure(figsize=(3.2 + 0.36 * len(columns), 2.2 + 0.36 * len(rows)))
    figure.set_layout_engine("constrained")
    axis = figure.subplots()
    for (row, column), count in np.ndenumerate(table):
        if count:
            colour = "#C9C9C9" if list(rows.values())[row] == columns[column] else "#F3B68D"
            axis.fill_between([column - 0.5, column + 0.5], row - 0.5, row + 0.5, color=colour)
            axis.text(column, row, f"{count:g}", ha="center", va="center", fontsize=11)
    axis.set(xlim=(-0.5, len(columns) - 0.5), ylim=(len(rows) - 0.5, -0.5))
    axis.set_xticks(range(len(columns)), columns, rotation=60, ha="right", fontsize=11)
    axis.set_yticks(range(len(rows)), list(rows), fontsize=11)
    axis.set(xlabel="found first", ylabel="what it is")
    axis.grid(visible=True, color="#DDDDDD", linewidth=0.6)
    axis.set_axisbelow(True)
    return as_picture(figure, f"Found first, by what it is. {_rows_in_words(rows, columns, table)}")


def _rows_in_words(rows: Iterable[str], columns: Sequence[str], table: np.ndarray) -> str:
    sentences = []
    for name, counts in zip(rows, table, strict=True):
        found = [f"{columns[i]} {counts[i]:g}" for i in np.flatnonzero(counts)]
        sentences.append(f"{name}: {', '.join(found) or 'none'}")
    return ". ".join(sentences) + "."
