"""The only place that draws. One look, four colours with a fixed meaning, alternative text.

Each function returns a `Picture`: a notebook shows it, a screen reader reads its `alt`, and
`picture.save(path)` writes the PNG. Nothing goes through pyplot's global state, so a picture drawn
while a widget is busy lands in its own cell.
"""

import base64
import html
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import wraps
from pathlib import Path

import matplotlib as mpl
import numpy as np
import torch
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from PIL import Image
from torch import Tensor
from torch.nn.functional import pad
from torchvision.utils import make_grid

from gancourse.errors import InputError, at_least, choose
from gancourse.store import write_whole

# Okabe and Ito's colour-blind safe palette. The meaning never changes.
REAL, FAKE, D_COLOUR, G_COLOUR = "#0072B2", "#D55E00", "#009E73", "#CC79A7"
INK = "#222222"
FIELD = LinearSegmentedColormap.from_list("field", ["#F3B68D", "#FFFFFF", "#8FC3E3"])
STYLE = {
    "font.size": 13,
    "axes.titlesize": 14,
    "axes.labelsize": 13,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": INK,
    "lines.linewidth": 2.4,
    "legend.frameon": False,
    "figure.dpi": 80,
}


class Picture:
    """A PNG with its alternative text: the last value of a cell shows it, `save` writes it."""

    def __init__(self, png: bytes, alt: str):
        self.png, self.alt = png, alt
        self.width, self.height = Image.open(io.BytesIO(png)).size

    def save(self, path: str | Path) -> Path:
        """Write the PNG to `path`, whole or not at all."""
        return write_whole(path, self.png)

    def __repr__(self) -> str:
        return f"Picture: {self.alt}"

    def _repr_mimebundle_(self, include=None, exclude=None):
        # JupyterLab drops the alternative text of image/png, so there is an <img> with it as well.
        data = base64.b64encode(self.png).decode()
        img = f'<img src="data:image/png;base64,{data}" alt="{html.escape(self.alt)}">'
        bundle = {"image/png": data, "text/html": img, "text/plain": repr(self)}
        return bundle, {"image/png": {"alt": self.alt}}


def _styled(draw: Callable[..., Picture]) -> Callable[..., Picture]:
    """Return the function, drawing in the course's look: matplotlib reads it at every call."""

    @wraps(draw)
    def drawn(*args, **kwargs):
        with mpl.rc_context(STYLE):
            return draw(*args, **kwargs)

    return drawn


def _figure(columns: int = 1, width: float = 7.0, height: float = 4.2):
    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.subplots(1, columns, squeeze=False)[0]


def _picture(figure: Figure, alt: str) -> Picture:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", metadata={"Software": None})
    return Picture(buffer.getvalue(), alt)


def _numpy(x) -> np.ndarray:
    return x.detach().float().cpu().numpy() if isinstance(x, Tensor) else np.asarray(x)


def to_pixels(x: Tensor) -> Tensor:
    """Return images [N, 1, H, W] as uint8: floats in [-1, 1] are mapped to 0 ... 255.

    Raises InputError for another shape, and for floats outside of [-1, 1].
    """
    if x.dim() != 4 or x.shape[1] not in (1, 3) or len(x) == 0:
        raise InputError(
            f"Images must have the shape [N, 1, H, W], and {list(x.shape)} was given: reshape them."
        )
    if x.dtype == torch.uint8:
        return x.cpu()
    x = x.detach().float().cpu()
    low, high = x.min().item(), x.max().item()
    if not (low >= -1.001 and high <= 1.001):
        raise InputError(
            f"Images must be floats in [-1, 1], and these go from {low:.4g} to {high:.4g}: scale "
            "them with x / 127.5 - 1 if they are pixels."
        )
    return ((x.clamp(-1, 1) + 1) * 127.5).round().to(torch.uint8)


def image_grid(x: Tensor, columns: int = 8, scale: int = 2, alt: str | None = None) -> Picture:
    """Return images [N, 1, H, W] (uint8, or floats in [-1, 1]) side by side, row by row."""
    at_least("columns", columns, 1)
    at_least("scale", scale, 1)
    grid = make_grid(to_pixels(x), nrow=columns, padding=2, pad_value=96)  # [3, height, width]
    image = Image.fromarray(grid.permute(1, 2, 0).numpy())
    image = image.resize((image.width * scale, image.height * scale), Image.Resampling.NEAREST)
    buffer = io.BytesIO()
    image.convert("L" if x.shape[1] == 1 else "RGB").save(buffer, format="png", optimize=True)
    return Picture(buffer.getvalue(), alt or f"{len(x)} images in rows of {columns}.")


def _check_points(name: str, x: Tensor) -> np.ndarray:
    if x.dim() != 2 or x.shape[1] != 2 or len(x) == 0:
        raise InputError(
            f"{name} must be points of shape [N, 2], and {list(x.shape)} was given: check it."
        )
    return _numpy(x)


def _draw_field(axis, D: Callable[[Tensor], Tensor], limit: float) -> None:
    side = torch.linspace(-limit, limit, 120)
    x = torch.cartesian_prod(side, side)  # [120 * 120, 2], first coordinate slowest
    with torch.no_grad():
        probability = torch.sigmoid(D(x).float()).view(120, 120).T
    extent = (-limit, limit, -limit, limit)
    axis.imshow(_numpy(probability), origin="lower", extent=extent, cmap=FIELD, vmin=0, vmax=1)


def _draw_points(axis, x_real, x_fake, D, limit: float) -> None:
    if D is not None:
        _draw_field(axis, D, limit)
    if x_real is not None:
        real = _check_points("x_real", x_real)
        axis.scatter(*real.T, s=10, color=REAL, label="real", alpha=0.6, linewidths=0)
    if x_fake is not None:
        fake = _check_points("x_fake", x_fake)
        axis.scatter(*fake.T, s=12, color=FAKE, label="fake", marker="D", alpha=0.6, linewidths=0)
    axis.set(xlim=(-limit, limit), ylim=(-limit, limit), aspect="equal")


@_styled
def points(x_real=None, x_fake=None, D=None, limit: float | None = None, title="") -> Picture:
    """Return real (blue dots) and fake points (orange diamonds), [N, 2] each, over D's field.

    The field is D(x) = sigmoid(logit): blue where D says real, orange where it says fake.
    """
    limit = limit or _limit(x_real, x_fake)
    figure, (axis,) = _figure(width=5.2, height=5.0)
    _draw_points(axis, x_real, x_fake, D, limit)
    axis.set(xlabel="$x_1$", ylabel="$x_2$", title=title)
    if x_real is not None or x_fake is not None:
        axis.legend(loc="upper right", markerscale=2.5)
    return _picture(figure, _points_alt(x_real, x_fake, D, title))


def _limit(*clouds) -> float:
    limit = 1.15 * max((float(x.abs().max()) for x in clouds if x is not None), default=1.0)
    if not np.isfinite(limit):
        raise InputError(
            "The points to draw are not all finite: the generator has diverged; look at the losses "
            "and start anew with smaller learning rates."
        )
    return limit


def _points_alt(x_real, x_fake, D, title: str) -> str:
    parts = [f"{len(x)} {name} points" for name, x in (("real", x_real), ("fake", x_fake))
             if x is not None]  # fmt: skip
    field = " over D's probability field" if D is not None else ""
    return f"{title + ': ' if title else ''}{' and '.join(parts)}{field}."


@_styled
def point_film(frames: Sequence[tuple[str, Tensor]], x_real: Tensor, limit=None) -> Picture:
    """Return one panel for each (title, fake points [N, 2]) in `frames`, over the real points."""
    if not frames:
        raise InputError("A film needs at least one frame, and none was given: record some.")
    limit = limit or _limit(x_real)
    figure, axes = _figure(len(frames), width=2.7 * len(frames), height=3.1)
    for axis, (title, x_fake) in zip(axes, frames, strict=True):
        _draw_points(axis, x_real, x_fake, None, limit)
        axis.set(title=title, xticks=[], yticks=[])
    axes[0].legend(loc="upper right", markerscale=2, fontsize=10, handletextpad=0.1)
    titles = ", ".join(title for title, _ in frames)
    return _picture(figure, f"Fake points among the real ones at {titles}.")


def _smooth(y: np.ndarray, window: int) -> np.ndarray:
    if window < 2 or len(y) < window:
        return y
    return np.convolve(y, np.ones(window) / window, mode="valid")


def _draw_smooth(axis, y, colour: str, label: str, window: int) -> None:
    y = _numpy(y)
    axis.plot(np.arange(1, len(y) + 1), y, color=colour, alpha=0.25, linewidth=0.8)
    smooth = _smooth(y, window)
    axis.plot(np.arange(len(y) - len(smooth) + 1, len(y) + 1), smooth, color=colour, label=label)


@_styled
def curves(history: Mapping[str, Sequence[float]], window: int | None = None) -> Picture:
    """Return both losses, and D(x) with D(G(z)), by step: thin as measured, thick averaged.

    `history` maps d_loss, g_loss, D(x) and D(G(z)) to one number a step; `window` steps are
    averaged (a fortieth of the run unless told).
    """
    needed = ("d_loss", "g_loss", "D(x)", "D(G(z))")
    missing = [name for name in needed if name not in history or len(history[name]) == 0]
    if missing:
        raise InputError(f"The history lacks {', '.join(missing)}: record all of {needed}.")
    window = window or max(1, len(history["d_loss"]) // 40)
    figure, (left, right) = _figure(2, width=10.0, height=4.0)
    _draw_smooth(left, history["d_loss"], D_COLOUR, "d_loss", window)
    _draw_smooth(left, history["g_loss"], G_COLOUR, "g_loss", window)
    _draw_smooth(right, history["D(x)"], REAL, "D(x)", window)
    _draw_smooth(right, history["D(G(z))"], FAKE, "D(G(z))", window)
    right.axhline(0.5, color=INK, linestyle=":", linewidth=1.5)
    left.set(xlabel="step", ylabel="loss", title="What each player minimises")
    right.set(xlabel="step", ylabel="mean probability", title="What D says", ylim=(0, 1))
    for axis in (left, right):
        axis.legend()
    ends = ", ".join(f"{name} {_smooth(_numpy(history[name]), window)[-1]:.2f}" for name in needed)
    return _picture(figure, f"Curves over {len(history['d_loss'])} steps, at the end {ends}.")


ROLES = {"p": REAL, "q": FAKE, "D": D_COLOUR, "G": G_COLOUR}


@_styled
def densities(x, curves: Mapping[str, Sequence[float]], ylabel="density", title="") -> Picture:
    """Return curves over a line x. A name that starts with p, q, D or G has that player's colour.

    p is the real density, q the fake one; every further name is drawn in dark grey, dashed.
    """
    x = _numpy(x)
    figure, (axis,) = _figure()
    for name, y in curves.items():
        colour = ROLES.get(name.lstrip("$")[:1], INK)
        axis.plot(x, _numpy(y), color=colour, label=name, linestyle="--" if colour == INK else "-")
    axis.set(xlabel="x", ylabel=ylabel, title=title)
    axis.legend()
    return _picture(figure, f"{title or ylabel}: {', '.join(curves)} over x from {x.min():g} to "
                            f"{x.max():g}.")  # fmt: skip


KINDS = ("line", "dashed", "fill", "points", "arrows")


@dataclass(frozen=True, eq=False)
class Mark:
    """One thing drawn on a panel: `kind` (one of KINDS) through x and y, [N] each.

    `role` (p, q, D, G) gives that player's colour; without one it is ink. A fill goes down to `y2`
    (0 unless given); arrows go from (x, y) by (x2, y2). A label puts it in the legend.
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
    """

    marks: tuple[Mark, ...]
    xlabel: str
    ylabel: str
    xlim: tuple[float, float] | None = None
    ylim: tuple[float, float] | None = None
    title: str = ""
    equal: bool = False


def _draw_mark(axis, mark: Mark) -> None:
    x, y, colour = _numpy(mark.x), _numpy(mark.y), ROLES.get(mark.role, INK)
    label = mark.label or None
    if mark.kind == "fill":
        low = 0 if mark.y2 is None else _numpy(mark.y2)
        axis.fill_between(x, low, y, color=colour, alpha=0.25, linewidth=0, label=label)
        axis.plot(x, y, color=colour, linewidth=1.2)
    elif mark.kind == "points":
        axis.plot(x, y, "o", color=colour, markersize=8, label=label)
    elif mark.kind == "arrows":
        offset = {"angles": "xy", "scale_units": "xy", "scale": 1, "width": 0.004}
        axis.quiver(x, y, _numpy(mark.x2), _numpy(mark.y2), color=colour, label=label, **offset)
    else:
        style = "--" if mark.kind == "dashed" else "-"
        axis.plot(x, y, style, color=colour, label=label)


@_styled
def panels(panels: Sequence[Panel], alt: str, note: str = "") -> Picture:
    """Return panels side by side, each with its marks and legend; `note` stands below them."""
    if not panels:
        raise InputError("A picture of panels needs at least one, and none was given: give one.")
    width = 7.0 if len(panels) == 1 else 5.2 * len(panels)
    figure, axes = _figure(len(panels), width=width, height=4.2 + 0.3 * bool(note))
    for axis, panel in zip(axes, panels, strict=True):
        for mark in panel.marks:
            _draw_mark(axis, mark)
        axis.set(xlim=panel.xlim, ylim=panel.ylim, xlabel=panel.xlabel, ylabel=panel.ylabel)
        axis.set(title=panel.title, aspect="equal" if panel.equal else "auto")
        if any(mark.label for mark in panel.marks):
            axis.legend(fontsize=11)
    if note:
        figure.supxlabel(note, fontsize=13, color=INK)
    return _picture(figure, alt)


def lines(x, curves: Mapping[str, Sequence[float]], xlabel: str, ylabel: str, title="") -> Picture:
    """Return curves over x with these axis labels; colours as in `densities`.

    Names without a player's colour are drawn in ink: the first one solid, the others dashed.
    """
    x, marks, inked = _numpy(x), [], 0
    for name, y in curves.items():
        role = _role(name)
        marks.append(Mark("dashed" if not role and inked else "line", x, y, name, role))
        inked += not role
    every = np.concatenate([_numpy(y) for y in curves.values()])
    panel = Panel(tuple(marks), xlabel, ylabel, _around(x, 0.0), _around(every), title)
    alt = f"{title or ylabel}: {', '.join(curves)} over {xlabel} from {x.min():g} to {x.max():g}."
    return panels([panel], alt)


def _role(name: str) -> str:
    first = name.lstrip("$")[:1]
    return first if first in ROLES else ""


def _around(values: np.ndarray, margin: float = 0.05) -> tuple[float, float]:
    """Return the range of the finite values, a little wider."""
    values = values[np.isfinite(values)]
    low, high = float(values.min()), float(values.max())
    room = margin * (high - low or 1.0)
    return low - room, high + room


LOSS_MARKS = {"real": ("line", "p"), "fake": ("line", "q"), "G": ("dashed", "G")}
LOSS_NAMES = {"real": "D, real sample", "fake": "D, fake sample", "G": "G, fake sample"}


def losses(logit, values: Mapping[str, Mapping], slopes: Mapping[str, Mapping]) -> Picture:
    """Return for each loss its value (above) and its gradient (below), by the logit that moves.

    Both map a loss's name to curves over `logit` [N]: "real" and "fake" are d_loss on a sample of
    that kind, "G" is g_loss.
    """
    logit = _numpy(logit)
    above = [_loss_panel(logit, row, "loss", (-4, 8), name) for name, row in values.items()]
    below = [_loss_panel(logit, row, "gradient", (-3, 3)) for row in slopes.values()]
    alt = f"Loss and gradient by logit for D on real, D on fake and G: {', '.join(values)}."
    return gallery(above + below, len(values), alt)


def _loss_panel(logit, curves: Mapping, ylabel: str, ylim, title: str = "") -> Panel:
    xlabel = "" if title else "logit"
    return Panel(_loss_marks(logit, curves), xlabel, ylabel, _around(logit, 0.0), ylim, title)


def _loss_marks(logit: np.ndarray, curves: Mapping) -> tuple[Mark, ...]:
    return tuple(
        Mark(LOSS_MARKS[key][0], logit, y, LOSS_NAMES[key], LOSS_MARKS[key][1])
        for key, y in curves.items()
    )


@_styled
def gallery(panels: Sequence[Panel], columns: int, alt: str) -> Picture:
    """Return small panels in rows of `columns`; one legend below serves them all."""
    at_least("columns", columns, 1)
    rows = -(-len(panels) // columns)
    figure = Figure(figsize=(2.45 * columns, 2.5 * rows + 0.4), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False).ravel()
    for axis, panel in zip(axes, panels, strict=False):
        for mark in panel.marks:
            _draw_mark(axis, mark)
        axis.axhline(0, color=INK, linewidth=0.8, zorder=0)
        axis.set(xlim=panel.xlim, ylim=panel.ylim, xlabel=panel.xlabel, ylabel=panel.ylabel)
        axis.set_title(panel.title, fontsize=12)
        axis.set_aspect("equal" if panel.equal else "auto")
        axis.label_outer(remove_inner_ticks=False)
    named = dict(zip(*reversed(axes[0].get_legend_handles_labels()), strict=True))
    place = {"loc": "outside lower center", "ncols": max(1, len(named)), "fontsize": 11}
    figure.legend(named.values(), named, **place)
    return _picture(figure, alt)


def phase_planes(paths: Mapping[str, Sequence], field=None, limit: float | None = None) -> Picture:
    """Return one panel for each path [N, 2] of (G's number, D's number), by title.

    A dot marks the start, a cross the equilibrium at 0. Arrows show `field`, a function of states
    [..., 2], or one for each title.
    """
    paths = {title: _numpy(states) for title, states in paths.items()}
    limit = limit or 1.1 * max(float(np.abs(states).max()) for states in paths.values())
    shown = [
        Panel(_path_marks(states, _field_of(field, title), limit), "G's number",
              "D's number", (-limit, limit), (-limit, limit), title, equal=True)
        for title, states in paths.items()
    ]  # fmt: skip
    ends = "; ".join(f"{t} ends at distance {np.hypot(*s[-1]):.3g}" for t, s in paths.items())
    start = np.hypot(*next(iter(paths.values()))[0])
    return panels(shown, f"Paths of both players, started at distance {start:.3g} from 0: {ends}.")


def _field_of(field, title: str):
    return field[title] if isinstance(field, Mapping) else field


def _path_marks(states: np.ndarray, field, limit: float) -> tuple[Mark, ...]:
    theta, psi = states.T
    marks = [Mark("line", theta, psi, role="q"), Mark("points", theta[:1], psi[:1]), cross(limit)]
    if field is not None:
        marks.insert(0, field_arrows(field, limit))
    return tuple(marks)


def cross(limit: float) -> Mark:
    """Return a cross at (0, 0) for a panel that goes from -limit to limit."""
    a, nan = 0.04 * limit, np.nan
    return Mark("line", [-a, a, nan, 0, 0], [0, 0, nan, -a, a])


def field_arrows(field, limit: float, side: int = 11) -> Mark:
    """Return the arrows of a field of states [..., 2] on a square grid; the longest just fits.

    Their length goes with the root of the speed, so that slow places have visible arrows too.
    """
    ticks = np.linspace(-limit, limit, side + 1)[:-1] + limit / side
    states = np.stack(np.meshgrid(ticks, ticks), -1).reshape(-1, 2)  # [side * side, 2]
    velocity = field(states)
    speed = np.hypot(*velocity.T).clip(1e-12)
    arrows = 1.7 * limit / side * velocity / np.sqrt(speed * speed.max())[:, None]
    return Mark("arrows", *states.T, x2=arrows[:, 0], y2=arrows[:, 1])


def eigenvalues(points: Mapping[str, Sequence[complex]], title="") -> Picture:
    """Return eigenvalues of step matrices in the complex plane, with the circle of modulus 1.

    Each name has its values joined by a line, the first one marked with a dot.
    """
    turn = np.linspace(0, 2 * np.pi, 241)
    values = {name: np.asarray(v, dtype=complex) for name, v in points.items()}
    limit = 1.1 * max(1.0, *(float(np.abs(v).max()) for v in values.values()))
    marks = [Mark("dashed", np.cos(turn), np.sin(turn), "modulus 1")]
    for (name, v), role in zip(values.items(), ("G", "D", "p", "q"), strict=False):
        marks.append(Mark("line", v.real, v.imag, name, role))
        marks.append(Mark("points", v.real[:1], v.imag[:1], role=role))
    wide, high = (-limit, 2.2 * limit), (-limit, limit)  # room for the legend
    panel = Panel(tuple(marks), "real part", "imaginary part", wide, high, title, equal=True)
    sizes = ", ".join(f"{n} to modulus {np.abs(v[-1]):.3g}" for n, v in values.items())
    return panels([panel], f"{title or 'Eigenvalues'} around the circle of modulus 1: {sizes}.")


@_styled
def score_card(x_fake, nearest, shares: Mapping[str, float], title: str = "") -> Picture:
    """Return samples, each above its nearest training image, and a bar for each class's share.

    x_fake and nearest are [N, 1, H, W] (uint8, or floats in [-1, 1]), drawn 16 in a row; `shares`
    names each class's share, 0..1. The line is where all are equal.
    """
    figure = Figure(figsize=(10.0, 5.8), layout="constrained")
    top, bottom = figure.subplots(2, 1, height_ratios=(1, 1.1))
    _draw_pairs(top, to_pixels(x_fake), to_pixels(nearest))
    top.set_title(title)
    bottom.bar(
        list(shares), [100 * share for share in shares.values()], color=FAKE, label="samples"
    )
    bottom.axhline(100 / len(shares), color=INK, linestyle="--", label="equal shares")
    bottom.set(ylabel="share in %", xlabel="class, as the ruler sees it")
    bottom.tick_params(axis="x", labelrotation=0 if max(map(len, shares)) < 3 else 25)
    bottom.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=2)
    words = ", ".join(f"{name} {100 * share:.0f} %" for name, share in shares.items())
    return _picture(figure, f"{len(x_fake)} samples above their nearest real images; {words}.")


def _draw_pairs(axis, above: Tensor, below: Tensor, columns: int = 16) -> None:
    columns = min(columns, len(above))
    rows, side = -(-len(above) // columns), above.shape[-2] + 2
    filled = (0, 0, 0, 0, 0, 0, 0, rows * columns - len(above))  # the last row, with grey
    parts = [pad(x, filled, value=96).split(columns) for x in (above, below)]
    grid = make_grid(torch.cat([x for row in zip(*parts, strict=True) for x in row]),
                     nrow=columns, padding=2, pad_value=96)  # fmt: skip
    axis.imshow(grid.permute(1, 2, 0).numpy(), interpolation="nearest")
    ticks = [(row + 0.5) * side for row in range(2 * rows)]
    axis.set(xticks=[], yticks=ticks, yticklabels=["sample", "nearest"] * rows)
    axis.tick_params(length=0)


GREYS = LinearSegmentedColormap.from_list("greys", ["#FFFFFF", "#8A8A8A"])  # ink stays legible
WRITTEN = 200  # a grid of at most so many cells has its numbers written in


@_styled
def number_grids(grids: Mapping[str, Sequence], alt: str = "", scale: float = 0.42) -> Picture:
    """Return tables of numbers [rows, columns], none of them below 0, side by side by title.

    The larger a number, the darker its cell, up to the largest of all. Grids of at most 200 cells
    have their numbers (but 0) written in; `scale` is a cell's side there, in inches.
    """
    grids = {title: _checked_grid(title, _numpy(grid)) for title, grid in grids.items()}
    high = [scale * len(g) if g.size <= WRITTEN else 2.6 for g in grids.values()]
    wide = [_grid_width(title, g, scale) for title, g in grids.items()]
    figure = Figure(figsize=(sum(wide) + 0.3 * len(wide), max(high) + 0.8), layout="constrained")
    axes = figure.subplots(1, len(grids), squeeze=False, width_ratios=wide)[0]
    top = max(float(grid.max()) for grid in grids.values()) or 1.0
    for axis, (title, grid) in zip(axes, grids.items(), strict=True):
        _draw_grid(axis, grid, top)
        axis.set_title(title)
    told = ". ".join(f"{title}: {_told_grid(grid)}" for title, grid in grids.items())
    return _picture(figure, alt or f"{told}.")


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


def _told_grid(grid: np.ndarray) -> str:
    size = f"{grid.shape[0]} by {grid.shape[1]}"
    if grid.size > 64:
        return f"{size} numbers from {grid.min():.3g} to {grid.max():.3g}"
    rows = ["; ".join(f"{number:.3g}" for number in row) for row in grid]
    return f"{size} numbers, by rows {' / '.join(rows)}"


LOOKS = (("o", "-"), ("s", "--"), ("^", "-."), ("D", ":"), ("v", "-"), ("P", "--"))


@_styled
def by_layer(sizes: Mapping[str, Sequence[float]], ylabel: str = "size", title="") -> Picture:
    """Return a positive number after each layer, on a logarithmic scale; one line for each name.

    Lines differ by mark and dashes; the legend beside them is in the order of their ends.
    """
    table = {name: _numpy(values) for name, values in sizes.items()}
    if not all(len(v) and (np.isfinite(v) & (v > 0)).all() for v in table.values()):
        raise InputError(
            "A size after each layer must be a positive, finite number, and one of those given is "
            "not: look whether the net's numbers overflowed."
        )
    figure, (axis,) = _figure(width=8.4)
    ordered = sorted(table.items(), key=lambda item: -item[1][-1])
    for (name, values), (marker, dashes) in zip(ordered, LOOKS * len(table), strict=False):
        layers = np.arange(1, len(values) + 1)
        axis.plot(layers, values, dashes, marker=marker, color=INK, linewidth=1.6, label=name)
    axis.set(xlabel="layer", ylabel=ylabel, yscale="log", title=title)
    axis.xaxis.get_major_locator().set_params(integer=True)
    axis.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    ends = ", ".join(f"{name} {values[-1]:.2g}" for name, values in ordered)
    return _picture(figure, f"{ylabel} by layer; after the last one: {ends}.")


@_styled
def bars(values: Mapping[str, Sequence[float]], xlabel: str, title: str = "") -> Picture:
    """Return a horizontal bar for each name, from (low, middle, high); names with "ours" in colour.

    The bar ends at the middle, a thin line goes from low to high.
    """
    figure, (axis,) = _figure(width=9.0, height=1.2 + 0.38 * len(values))
    names = list(values)
    low, middle, high = np.array([values[name] for name in names]).T
    colours = [G_COLOUR if "ours" in name else "#BBBBBB" for name in names]
    axis.barh(names, middle, color=colours)
    axis.errorbar(middle, names, xerr=[middle - low, high - middle], fmt="none", ecolor=INK)
    axis.invert_yaxis()
    axis.set(xlabel=xlabel, title=title)
    told = [f"{x:,.0f}" if x >= 100 else f"{x:.3g}" for x in middle]
    for y, (x, text) in enumerate(zip(high, told, strict=True)):
        axis.text(x, y, f"  {text}", va="center", fontsize=11)
    axis.margins(x=0.15)
    words = ", ".join(f"{name} {text}" for name, text in zip(names, told, strict=True))
    return _picture(figure, f"{title or xlabel}: {words}.")


@_styled
def races(runs: Mapping[str, Sequence], xlabel: str, ylabel: str, level: float | None = None):
    """Return the curves of several runs for each name, [[x, y], ...] each, on logarithmic axes.

    `level` is drawn as a dashed line. Returns a Picture; its words name the medians of the ends.
    """
    figure, (axis,) = _figure(width=8.0, height=4.8)
    colours = (G_COLOUR, INK, D_COLOUR, REAL, FAKE)
    styles = ("-", "--", ":", "-.", (0, (1, 1)))
    for (name, curves), colour, style in zip(runs.items(), colours, styles, strict=False):
        for i, curve in enumerate(curves):
            x, y = np.array(curve).T
            axis.plot(x, y, color=colour, linestyle=style, marker="o", markersize=4,
                      label=None if i else name)  # fmt: skip
    if level is not None:
        axis.axhline(level, color=REAL, linestyle="--", linewidth=1.4, label="real against real")
    axis.set(xscale="log", yscale="log", xlabel=xlabel, ylabel=ylabel)
    axis.legend()
    last = {name: np.median([curve[-1][1] for curve in curves]) for name, curves in runs.items()}
    ends = [f"{name} ends at {value:.3g}" for name, value in last.items()]
    return _picture(figure, f"{ylabel} over {xlabel}: {', '.join(ends)}.")


@_styled
def confusion(rows: Mapping[str, str], columns: Sequence[str], counts: Sequence) -> Picture:
    """Return a table of counts [rows, columns]: what is the case, against what was found.

    `rows` maps each row's name to the column that is right for it: those counts are on grey, any
    other on the colour of fakes.
    """
    table = _checked_grid("counts", _numpy(counts))
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
    return _picture(figure, f"Found first, by what it is. {_told_rows(rows, columns, table)}")


def _told_rows(rows: Iterable[str], columns: Sequence[str], table: np.ndarray) -> str:
    told = []
    for name, counts in zip(rows, table, strict=True):
        found = [f"{columns[i]} {counts[i]:g}" for i in np.flatnonzero(counts)]
        told.append(f"{name}: {', '.join(found) or 'none'}")
    return ". ".join(told) + "."
