"""Pictures of points in the plane: samples, both players' paths, eigenvalues."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import torch
from matplotlib.figure import Figure
from torch import Tensor

from gancourse.errors import InputError
from gancourse.plots.marks import Mark, Panel, panels
from gancourse.plots.picture import (
    FAKE,
    FIELD,
    REAL,
    Picture,
    as_picture,
    new_figure,
    of_colours,
    styled,
    to_numpy,
)


def _check_points(name: str, x: Tensor) -> np.ndarray:
    if x.dim() != 2 or x.shape[1] != 2 or len(x) == 0:
        raise InputError(
            f"{name} must be points of shape [N, 2], and {list(x.shape)} was given: check it."
        )
    return to_numpy(x)


def _draw_field(axis, D: Callable[[Tensor], Tensor], limit: float) -> None:
    side = torch.linspace(-limit, limit, 120)
    x = torch.cartesian_prod(side, side)  # [120 * 120, 2], first coordinate slowest
    with torch.no_grad():
        probability = torch.sigmoid(D(x).float()).view(120, 120).T
    extent = (-limit, limit, -limit, limit)
    axis.imshow(to_numpy(probability), origin="lower", extent=extent, cmap=FIELD, vmin=0, vmax=1)


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
        axis.legend(loc="upper right", markerscale=2.5)
    return as_picture(figure, _points_alt(x_real, x_fake, D, title))


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
