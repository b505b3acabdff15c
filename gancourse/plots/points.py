"""Pictures of points in the plane: samples, both players' paths, eigenvalues."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import torch
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.patches import Circle
from matplotlib.ticker import MaxNLocator
from torch import Tensor

from gancourse.errors import InputError
from gancourse.losses import slope
from gancourse.plots.curves import LOOKS
from gancourse.plots.marks import Mark, Panel, panels
from gancourse.plots.picture import (
    FAKE,
    FIELD,
    INK,
    REAL,
    SLOPES,
    Picture,
    as_picture,
    new_figure,
    of_colours,
    styled,
    to_numpy,
)

INSIDE = "#E8EEF2"  # where the modulus is below 1
SLOPE_RANGE = (0.01, 10.0)  # logits per unit of length, at the ends of the colours
SLOPE_SCALE = "D's slope, from 0.01 (white) to 10 (dark) logits per unit of length, logarithmic"


def _check_points(name: str, x: Tensor) -> np.ndarray:
    if x.dim() != 2 or x.shape[1] != 2 or len(x) == 0:
        raise InputError(
            f"{name} must be points of shape [N, 2], and {list(x.shape)} was given: check it."
        )
    return to_numpy(x)


def _square(limit: float) -> torch.Tensor:
    side = torch.linspace(-limit, limit, 120)
    return torch.cartesian_prod(side, side)  # [120 * 120, 2], first coordinate slowest


def _draw_field(axis, D: Callable[[Tensor], Tensor], limit: float) -> None:
    with torch.no_grad():
        probability = torch.sigmoid(D(_square(limit)).float()).view(120, 120).T
    extent = (-limit, limit, -limit, limit)
    axis.imshow(to_numpy(probability), origin="lower", extent=extent, cmap=FIELD, vmin=0, vmax=1)


def _draw_points(axis, x_real, x_fake, D, limit: float, size: float = 10) -> None:
    alpha = 0.6 if size <= 10 else 1.0  # few points do not hide each other
    if D is not None:
        _draw_field(axis, D, limit)
    if x_real is not None:
        real = _check_points("x_real", x_real)
        axis.scatter(*real.T, s=size, color=REAL, label="real", alpha=alpha, linewidths=0)
    if x_fake is not None:
        fake = _check_points("x_fake", x_fake)
        look = {"color": FAKE, "marker": "D", "alpha": alpha, "linewidths": 0}
        axis.scatter(*fake.T, s=1.2 * size, label="fake", **look)
    axis.set(xlim=(-limit, limit), ylim=(-limit, limit), aspect="equal")


@styled
def points(x_real=None, x_fake=None, D=None, limit: float | None = None, title="") -> Picture:
    """Return real (blue dots) and fake points (orange diamonds), [N, 2] each, over D's field.

    The field is D(x) = sigmoid(logit): blue where D says real, orange where it says fake.
    """
    limit = limit or square_limit(x_real, x_fake)
    figure, (axis,) = new_figure(width=5.2, height=5.0)
    _draw_points(axis, x_real, x_fake, D, limit)
    axis.set(xlabel="$x_1$", ylabel="$x_2$", title=title)
    if x_real is not None or x_fake is not None:
        figure.legend(loc="outside lower center", ncols=2, markerscale=2.5)  # hides no point
    return as_picture(figure, _points_alt(x_real, x_fake, D, title))


@styled
def over_slopes(x_real, x_fake, D, limit: float, title="") -> Picture:
    """Return real and fake points [N, 2] over a map of the slope of D, which returns logits.

    The scale is the same for every D, so that two pictures can be compared: see `SLOPE_RANGE`.
    """
    figure, (axis,) = new_figure(width=6.2, height=5.0)
    _draw_points(axis, x_real, x_fake, None, limit, size=11)  # opaque
    x, extent = _square(limit), (-limit, limit, -limit, limit)
    steep = to_numpy(slope(D, x).detach().norm(dim=1).view(120, 120).T)
    low, high = SLOPE_RANGE
    few = SLOPES.resampled(24)  # a still picture has 256 colours, and the points need theirs
    shown = axis.imshow(steep, origin="lower", extent=extent, cmap=few, norm=LogNorm(low, high),
                        interpolation="nearest", zorder=0)  # fmt: skip
    scale = {"extend": "both", "ticks": [0.01, 0.1, 1, 10], "format": "%g"}
    figure.colorbar(shown, label="D's slope (logits per unit of length)", **scale)
    axis.set(xlabel="$x_1$", ylabel="$x_2$", title=title)
    figure.legend(loc="outside lower center", ncols=2, markerscale=2.5)
    said = f"from {np.nanmin(steep):.2g} to {np.nanmax(steep):.2g} logits per unit of length"
    points = _points_alt(x_real, x_fake, None, title).rstrip(".")
    return as_picture(figure, f"{points} over the map of D's slope, {said}.")


def square_limit(*clouds) -> float:
    """Return a limit for both axes that shows all of these points [N, 2]; None holds none.

    Raises InputError where one of them is not finite.
    """
    limit = 1.15 * max((float(x.abs().max()) for x in clouds if x is not None), default=1.0)
    if not np.isfinite(limit):
        raise InputError(
            "The points to draw are not all finite: the generator has diverged; look at the losses "
            "and start again with smaller learning rates."
        )
    return limit


def _points_alt(x_real, x_fake, D, title: str) -> str:
    parts = [f"{len(x)} {name} points" for name, x in (("real", x_real), ("fake", x_fake))
             if x is not None]  # fmt: skip
    field = " over D's probability field" if D is not None else ""
    return f"{title + ': ' if title else ''}{' and '.join(parts)}{field}."


@styled
def point_film(frames: Sequence[tuple[str, Tensor]], x_real: Tensor, limit=None) -> Picture:
    """Return one panel for each (title, fake points [N, 2]) in `frames`, over the real points.

    Up to four stand in a row; more of them in rows of three, so that each stays legible.
    """
    if not frames:
        raise InputError("A film needs at least one frame, and none was given: record some.")
    limit = limit or square_limit(x_real)
    columns = len(frames) if len(frames) <= 4 else 3
    rows, side = -(-len(frames) // columns), 10.4 / max(3, columns)  # inches
    figure = Figure(figsize=(side * columns, (side + 0.4) * rows), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False).ravel()
    for axis in axes[len(frames) :]:
        axis.set_axis_off()
    for axis, (title, x_fake) in zip(axes, frames, strict=False):
        _draw_points(axis, x_real, x_fake, None, limit)
        axis.set(title=title, xticks=[], yticks=[])
    axes[0].legend(loc="upper right", markerscale=2, fontsize=10, handletextpad=0.1)
    titles = ", ".join(title for title, _ in frames)
    return of_colours(256, as_picture(figure, f"Fake points among the real ones at {titles}."))


def phase_planes(paths: Mapping[str, Sequence], field=None, limit: float | None = None) -> Picture:
    """Return one panel for each path [N, 2] of (G's number, D's number), by title.

    A dot marks the start, a cross the equilibrium at 0. Arrows show `field`, a function of states
    [..., 2], or one for each title.
    """
    paths = {title: to_numpy(states) for title, states in paths.items()}
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
    marks = [Mark("line", theta, psi), Mark("points", theta[:1], psi[:1]), cross(limit)]
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


@styled
def eigenvalues(points: Mapping[str, Sequence[complex]], title="") -> Picture:
    """Return eigenvalues of step matrices in the complex plane, over the disc of modulus below 1.

    Each name has its values joined by a line with a mark at its end; a dot marks where they start.
    The legend stands beside the plane. Raises InputError for more names than there are looks.
    """
    values = {name: np.asarray(v, dtype=complex) for name, v in points.items()}
    if not 0 < len(values) <= len(LOOKS):
        raise InputError(
            f"The plane shows 1 to {len(LOOKS)} lists of eigenvalues, and {len(values)} were given."
        )
    figure, (axis,) = new_figure(width=8.4, height=4.4)
    axis.add_patch(Circle((0, 0), 1, facecolor=INSIDE, edgecolor=INK, label="steps converge"))
    for (name, v), (marker, dashes) in zip(values.items(), LOOKS, strict=False):
        axis.plot(v.real, v.imag, dashes, color=INK, linewidth=1.6)
        axis.plot(v.real[-1:], v.imag[-1:], dashes, marker=marker, color=INK, label=name)
        axis.plot(v.real[:1], v.imag[:1], "o", color=INK, markersize=4)
    axis.set(xlabel="real part", ylabel="imaginary part", title=title, aspect="equal")
    axis.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    sizes = ", ".join(f"{n} to modulus {np.abs(v[-1]):.3g}" for n, v in values.items())
    title = title or "Eigenvalues"
    return as_picture(figure, f"{title} around the circle of modulus 1: {sizes}.")


@styled
def transport(x_real: Tensor, x_fake: Tensor, plan: Tensor, D=None) -> Picture:
    """Return real and fake points [N, 2], [M, 2], with lines along which `plan` [M, N] moves mass.

    A line is the thicker the more of its fake point's mass goes that way. D, a function that
    returns logits of points [N, 2], adds a panel with its level lines under the same points.
    """
    real, fake = _check_points("x_real", x_real), _check_points("x_fake", x_fake)
    limit, columns = square_limit(x_real, x_fake), 1 if D is None else 2
    figure, axes = new_figure(columns, width=5.0 * columns, height=4.6)
    share = to_numpy(plan / plan.sum(1, keepdim=True))
    for axis in axes:
        for i, j in np.argwhere(share > 1e-6):
            ends = np.stack([fake[i], real[j]])
            axis.plot(*ends.T, color=INK, linewidth=2.4 * share[i, j] + 0.3, zorder=1)
        _draw_points(axis, x_real, x_fake, None, limit, size=40)
    axes[0].set(xlabel="$x_1$", ylabel="$x_2$", title="The cheapest way to move the fakes")
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
    if D is not None:
        shades = _draw_levels(axes[1], D, limit, "The best D, slope at most 1")
        figure.colorbar(shades, ax=axes[1], label="D's logit", ticks=MaxNLocator(6))
    alt = f"{len(fake)} fake points, moved to {len(real)} real ones along {(share > 1e-6).sum()} "
    return as_picture(figure, f"{alt}lines{', over the level lines of D' * (columns - 1)}.")


@styled
def levels(critics: Mapping[str, Callable], x_real: Tensor, x_fake: Tensor) -> Picture:
    """Return for each title the level lines of a D, a function that returns logits of [N, 2].

    Each panel has its own scale, so that shapes can be compared; where lines are dense, D is steep.
    """
    limit = square_limit(x_real, x_fake)
    figure, axes = new_figure(len(critics), width=3.5 * len(critics), height=4.2)
    for axis, (title, D) in zip(axes, critics.items(), strict=True):
        _draw_levels(axis, D, limit, title)
        _draw_points(axis, x_real, x_fake, None, limit, size=24)
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
    return as_picture(
        figure, f"Level lines of D around both kinds of points: {', '.join(critics)}."
    )


def _draw_levels(axis, D, limit: float, title: str):
    side = torch.linspace(-limit, limit, 121)
    with torch.no_grad():
        logit = to_numpy(D(torch.cartesian_prod(side, side))).reshape(121, 121).T
    low, high = logit.min(), logit.max()
    place, steps = np.meshgrid(side, side), np.linspace(low, high, 17)
    axis.contour(*place, logit, levels=steps, colors=INK, linewidths=0.5, alpha=0.5, zorder=0)
    axis.set(title=title, xlabel="$x_1$", aspect="equal")
    return axis.contourf(*place, logit, levels=steps, cmap=FIELD, zorder=0)
