"""Pictures of curves: a run's history, densities, losses, sizes by layer, races of several runs."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from gancourse.errors import InputError
from gancourse.plots.marks import Mark, Panel, gallery, panels, range_around
from gancourse.plots.picture import (
    D_COLOUR,
    FAKE,
    G_COLOUR,
    INK,
    REAL,
    ROLES,
    Picture,
    as_picture,
    new_figure,
    styled,
    to_numpy,
)


def _smooth(y: np.ndarray, window: int) -> np.ndarray:
    if window < 2 or len(y) < window:
        return y
    return np.convolve(y, np.ones(window) / window, mode="valid")


PLAIN = FuncFormatter(lambda value, place: f"{value:,.0f}" if value >= 1 else f"{value:g}")
MANY = 10  # steps from which on a window has shares worth drawing
PLACES = 200  # along a curve where they are taken


def _spread(y: np.ndarray, window: int) -> tuple[np.ndarray, np.ndarray]:
    """Return steps and the range [2, N] of the middle eight tenths of the `window` before each."""
    last = np.unique(np.linspace(window, len(y), PLACES).astype(int))
    windows = np.lib.stride_tricks.sliding_window_view(y, window)[last - window]
    return last, np.quantile(windows, (0.1, 0.9), axis=1)


def _draw_smooth(axis, y, colour: str, label: str, window: int) -> None:
    y, thin = to_numpy(y), {"color": colour, "alpha": 0.7, "linewidth": 0.8}
    smooth = _smooth(y, window)
    if window >= MANY and len(smooth) < len(y):
        at, (low, high) = _spread(y, window)
        axis.plot(at, low, **thin)
        axis.plot(at, high, **thin)
    else:
        axis.plot(np.arange(1, len(y) + 1), y, **thin)
    axis.plot(np.arange(len(y) - len(smooth) + 1, len(y) + 1), smooth, color=colour, label=label)


@styled
def curves(history: Mapping[str, Sequence[float]], window: int | None = None) -> Picture:
    """Return both losses, and D(x) with D(G(z)), by step: thick the mean of the last steps.

    `history` maps d_loss, g_loss, D(x) and D(G(z)) to one number a step; the mean is over `window`
    steps (a fortieth of the run unless given). Between two thin lines lie eight in ten of them, so
    a single spike does not set the scale; below ten steps the thin line is each step's number.
    """
    needed = ("d_loss", "g_loss", "D(x)", "D(G(z))")
    missing = [name for name in needed if name not in history or len(history[name]) == 0]
    if missing:
        raise InputError(f"The history lacks {', '.join(missing)}: record all of {needed}.")
    window = window or max(1, len(history["d_loss"]) // 40)
    figure, (left, right) = new_figure(2, width=10.0, height=4.0)
    _draw_smooth(left, history["d_loss"], D_COLOUR, "d_loss", window)
    _draw_smooth(left, history["g_loss"], G_COLOUR, "g_loss", window)
    _draw_smooth(right, history["D(x)"], REAL, "D(x)", window)
    _draw_smooth(right, history["D(G(z))"], FAKE, "D(G(z))", window)
    right.axhline(0.5, color=INK, linestyle=":", linewidth=1.5)
    left.set(xlabel="step", ylabel="loss", title="What each player minimises")
    right.set(xlabel="step", ylabel="mean probability", title="What D says", ylim=(0, 1))
    for axis in (left, right):
        axis.legend()
    if window >= MANY:
        figure.supxlabel(
            f"thick: mean of {window} steps; eight in ten of them lie between the thin lines",
            fontsize=11,
        )
    ends = ", ".join(
        f"{name} {_smooth(to_numpy(history[name]), window)[-1]:.2f}" for name in needed
    )
    return as_picture(figure, f"Curves over {len(history['d_loss'])} steps, at the end {ends}.")


@styled
def densities(x, curves: Mapping[str, Sequence[float]], ylabel="density", title="") -> Picture:
    """Return curves over a line x. A name that starts with p, q, D or G has that player's colour.

    p is the real density, q the fake one; every further name is drawn in dark grey, dashed.
    """
    x = to_numpy(x)
    figure, (axis,) = new_figure()
    for name, y in curves.items():
        colour = ROLES.get(name.lstrip("$")[:1], INK)
        axis.plot(
            x, to_numpy(y), color=colour, label=name, linestyle="--" if colour == INK else "-"
        )
    axis.set(xlabel="x", ylabel=ylabel, title=title)
    axis.legend()
    return as_picture(figure, f"{title or ylabel}: {', '.join(curves)} over x from {x.min():g} to "
                            f"{x.max():g}.")  # fmt: skip


def lines(x, curves: Mapping[str, Sequence[float]], xlabel: str, ylabel: str, title="") -> Picture:
    """Return curves over x with these axis labels; colours as in `densities`.

    Names without a player's colour are drawn in ink: the first one solid, the others dashed.
    """
    x, marks, inked = to_numpy(x), [], 0
    for name, y in curves.items():
        role = _role(name)
        marks.append(Mark("dashed" if not role and inked else "line", x, y, name, role))
        inked += not role
    every = np.concatenate([to_numpy(y) for y in curves.values()])
    panel = Panel(tuple(marks), xlabel, ylabel, range_around(x, 0.0), range_around(every), title)
    alt = f"{title or ylabel}: {', '.join(curves)} over {xlabel} from {x.min():g} to {x.max():g}."
    return panels([panel], alt)


def extrapolated(
    sizes: Sequence[int], values: Mapping, lines: Mapping[str, tuple[float, float]], title: str = ""
) -> Panel:
    """Return a panel of values [len(sizes), draws] by name over 1 / size: mean and sd of draws.

    `lines` has (limit, c) of each: limit + c / size is drawn from 0 on. Raises InputError for more
    than three names.
    """
    roles = ("q", "", "D")
    if len(values) > len(roles):
        raise InputError(
            f"{len(values)} names were given, and there are colours for {len(roles)}: give as many."
        )
    inverse = 1 / np.asarray(sizes, float)
    ends = np.array([0.0, inverse.max()])
    marks = []
    for (name, drawn), role in zip(values.items(), roles, strict=False):
        found, (limit, c) = to_numpy(drawn), lines[name]
        mean, sd = found.mean(1), found.std(1, ddof=1)
        marks += [Mark("points", inverse, mean, "", role),
                  Mark("line", *_bars(inverse, mean, sd), "", role),
                  Mark("dashed", ends, limit + c * ends, f"{name}: {limit:.1f} + {c:,.0f} / N",
                       role)]  # fmt: skip
    return Panel(tuple(marks), "1 / N", "FID", title=title)


def _bars(x: np.ndarray, mean: np.ndarray, sd: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return one line that goes from mean - sd to mean + sd at each x, with gaps between."""
    gap = np.full_like(x, np.nan)
    return np.stack([x, x, gap], 1).ravel(), np.stack([mean - sd, mean + sd, gap], 1).ravel()


def _role(name: str) -> str:
    first = name.lstrip("$")[:1]
    return first if first in ROLES else ""


LOSS_MARKS = {"real": ("line", "p"), "fake": ("line", "q"), "G": ("dashed", "G")}
LOSS_NAMES = {"real": "D, real sample", "fake": "D, fake sample", "G": "G, fake sample"}


def losses(logit, values: Mapping[str, Mapping], slopes: Mapping[str, Mapping]) -> Picture:
    """Return for each loss its value (above) and its gradient (below), by the logit that moves.

    Both map a loss's name to curves over `logit` [N]: "real" and "fake" are d_loss on a sample of
    that kind, "G" is g_loss.
    """
    logit = to_numpy(logit)
    above = [_loss_panel(logit, row, "loss", (-4, 8), name) for name, row in values.items()]
    below = [_loss_panel(logit, row, "gradient", (-3, 3)) for row in slopes.values()]
    alt = f"Loss and gradient by logit for D on real, D on fake and G: {', '.join(values)}."
    return gallery(above + below, len(values), alt)


def _loss_panel(logit, curves: Mapping, ylabel: str, ylim, title: str = "") -> Panel:
    xlabel = "" if title else "logit"
    return Panel(_loss_marks(logit, curves), xlabel, ylabel, range_around(logit, 0.0), ylim, title)


def _loss_marks(logit: np.ndarray, curves: Mapping) -> tuple[Mark, ...]:
    return tuple(
        Mark(LOSS_MARKS[key][0], logit, y, LOSS_NAMES[key], LOSS_MARKS[key][1])
        for key, y in curves.items()
    )


LOOKS = (("o", "-"), ("s", "--"), ("^", "-."), ("D", ":"), ("v", "-"), ("P", "--"))


@styled
def by_layer(sizes: Mapping[str, Sequence[float]], ylabel: str = "size", title="") -> Picture:
    """Return a positive number after each layer, on a logarithmic scale; one line for each name.

    Lines differ by mark and dashes; the legend beside them is in the order of their ends.
    """
    table = {name: to_numpy(values) for name, values in sizes.items()}
    if not all(len(v) and (np.isfinite(v) & (v > 0)).all() for v in table.values()):
        raise InputError(
            "A size after each layer must be a positive, finite number, and one of those given is "
            "not: look whether the net's numbers overflowed."
        )
    figure, (axis,) = new_figure(width=8.4)
    ordered = sorted(table.items(), key=lambda item: -item[1][-1])
    for (name, values), (marker, dashes) in zip(ordered, LOOKS * len(table), strict=False):
        layers = np.arange(1, len(values) + 1)
        axis.plot(layers, values, dashes, marker=marker, color=INK, linewidth=1.6, label=name)
    axis.set(xlabel="layer", ylabel=ylabel, yscale="log", title=title)
    axis.xaxis.get_major_locator().set_params(integer=True)
    axis.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    ends = ", ".join(f"{name} {values[-1]:.2g}" for name, values in ordered)
    return as_picture(figure, f"{ylabel} by layer; after the last one: {ends}.")


@styled
def races(runs: Mapping[str, Sequence], xlabel: str, ylabel: str, level: float | None = None):
    """Return the curves of several runs for each name, [[x, y], ...] each, on logarithmic axes.

    `level` is drawn as a dashed line. Returns a Picture; its words name the medians of the ends.
    """
    figure, (axis,) = new_figure(width=8.0, height=4.8)
    colours = (G_COLOUR, INK, D_COLOUR, REAL, FAKE)
    styles = ("-", "--", ":", "-.", (0, (1, 1)))
    for n, (name, curves) in enumerate(runs.items()):
        again, place = divmod(n, len(colours))
        colour, style = colours[place], styles[(place + again) % len(styles)]
        for i, curve in enumerate(curves):
            x, y = np.array(curve).T
            axis.plot(x, y, color=colour, linestyle=style, marker="o", markersize=4,
                      label=None if i else name)  # fmt: skip
    if level is not None:
        axis.axhline(level, color=REAL, linestyle="--", linewidth=1.4, label="real against real")
    axis.set(xscale="log", yscale="log", xlabel=xlabel, ylabel=ylabel)
    for part, (low, high) in ((axis.xaxis, axis.get_xlim()), (axis.yaxis, axis.get_ylim())):
        part.set_major_locator(LogLocator(subs=(1, 2, 5) if high < 100 * low else (1,)))
        part.set_major_formatter(PLAIN)
        part.set_minor_formatter(NullFormatter())
    axis.legend()
    last = {name: np.median([curve[-1][1] for curve in curves]) for name, curves in runs.items()}
    ends = [f"{name} ends at {value:.3g}" for name, value in last.items()]
    return as_picture(figure, f"{ylabel} over {xlabel}: {', '.join(ends)}.")
