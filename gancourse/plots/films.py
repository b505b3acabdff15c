"""Films of runs below each other: pictures at some turns, and what D said on the way."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from PIL import Image

from gancourse.errors import InputError
from gancourse.plots.picture import FAKE, FIELD, REAL, Picture, as_picture, styled


@dataclass(frozen=True, eq=False)
class Strip:
    """A film for `films`: `shots` are (title, samples, D's field or None) at some turns.

    Samples are points [N, 2] with a field [side, side] of D(x) from 0 to 1, the top row first, or
    pictures [N, side, side] from -1 to 1. `at` [T] are turns, `says` [T, 2] the means of D(x) and
    D(G(z)) there; `outcome` says how the last samples are.
    """

    shots: Sequence[tuple]
    at: np.ndarray
    says: np.ndarray
    outcome: str = ""


def _points(axis, x_fake, field, x_real, limit: float) -> None:
    extent = (-limit, limit, -limit, limit)
    axis.imshow(field, extent=extent, cmap=FIELD, vmin=0, vmax=1)
    axis.scatter(*x_real.T, s=7, color=REAL, label="real", alpha=0.6, linewidths=0)
    axis.scatter(*x_fake.T, s=16, color=FAKE, label="fake", marker="D", alpha=0.8, linewidths=0)
    axis.set(xlim=(-limit, limit), ylim=(-limit, limit))


def _images(axis, x: np.ndarray) -> None:
    side, columns = x.shape[1], int(np.ceil(np.sqrt(len(x))))
    sheet = np.ones((columns * (side + 1) - 1,) * 2)
    for i, image in enumerate(x):
        top, left = (side + 1) * (i // columns), (side + 1) * (i % columns)
        sheet[top : top + side, left : left + side] = image
    axis.imshow(sheet, cmap="gray", vmin=-1, vmax=1)


def _says(axis, strip: Strip) -> None:
    axis.axhline(0.5, color="#888888", linestyle="--", linewidth=1)
    for values, colour, name in zip(strip.says.T, (REAL, FAKE), ("D(x)", "D(G(z))"), strict=True):
        axis.plot(strip.at, values, color=colour, label=name)
    axis.set(ylim=(-0.02, 1.02), xlabel="turn")


@styled
def films(strips: Mapping[str, Strip], x_real=None, limit: float = 1.0) -> Picture:
    """Return a row for each named film: its shots, then what D said of real and of fake samples.

    `x_real` [M, 2] are the real points of all of them. Raises InputError for no film at all.
    """
    if not strips:
        raise InputError("A picture of films needs at least one, and none was given: give one.")
    wide = 1 + max(len(strip.shots) for strip in strips.values())
    figure = Figure(figsize=(3.3 * wide, 3.7 * len(strips)), layout="constrained")
    rows = figure.subfigures(len(strips), 1, squeeze=False)[:, 0]
    for row, (name, strip) in zip(rows, strips.items(), strict=True):
        row.suptitle(f"{name}: {strip.outcome}" if strip.outcome else name, fontsize=15)
        *axes, last = row.subplots(1, len(strip.shots) + 1)
        for axis, (title, x, field) in zip(axes, strip.shots, strict=True):
            if field is None:
                _images(axis, x)
            else:
                _points(axis, x, field, x_real, limit)
            axis.set(title=title, xticks=[], yticks=[])
        _says(last, strip)
        last.set_title("D's mean answer")
        last.legend(fontsize=11)
    if x_real is not None:
        rows[0].axes[0].legend(loc="upper right", fontsize=10, handletextpad=0.1)
    return as_picture(figure, " ".join(_in_words(*item) for item in strips.items()))


def few_colours(picture: Picture, colours: int = 128) -> Picture:
    """Return a picture in so many colours at most: a third of the bytes, the same to the eye."""
    image = Image.open(io.BytesIO(picture.png)).convert("RGB")
    buffer = io.BytesIO()
    image.quantize(colours, dither=Image.Dither.NONE).save(buffer, format="png", optimize=True)
    return Picture(buffer.getvalue(), picture.alt)


def _in_words(name: str, strip: Strip) -> str:
    shots = ", ".join(title for title, *_ in strip.shots)
    real, fake = strip.says[-1]
    return (
        f"{name}, at {shots}: at the end D(x) is {real:.2f} and D(G(z)) {fake:.2f}"
        f"{'; ' + strip.outcome if strip.outcome else ''}."
    )
