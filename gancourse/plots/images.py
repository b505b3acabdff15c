"""Pictures of images: side by side, and samples above their nearest training images."""

import io
from collections.abc import Mapping

import torch
from matplotlib.figure import Figure
from PIL import Image
from torch import Tensor
from torch.nn.functional import pad

from gancourse.errors import InputError, at_least
from gancourse.pixels import to_pixels
from gancourse.plots.picture import FAKE, INK, Picture, as_picture, styled

GREY = 96  # between images, and where one is missing


def grid(x: Tensor, columns: int, gap: int = 2, fill: int = GREY) -> Tensor:
    """Return images [N, C, H, W] in rows of `columns` as one [3, height, width], C 1 or 3.

    Equal to torchvision.utils.make_grid, also in this: an image alone gets no border.
    """
    x = x.expand(-1, 3, -1, -1)
    if len(x) == 1:
        return x[0]
    columns = min(columns, len(x))
    rows = -(-len(x) // columns)
    x = pad(x, (0, gap, 0, gap, 0, 0, 0, rows * columns - len(x)), value=fill)
    x = x.unflatten(0, (rows, columns)).permute(
        2, 0, 3, 1, 4
    )  # [3, rows, H + gap, columns, W + gap]
    return pad(x.flatten(3).flatten(1, 2), (gap, 0, gap, 0), value=fill)


def image_grid(x: Tensor, columns: int = 8, scale: int = 2, alt: str | None = None) -> Picture:
    """Return images [N, 1, H, W] (uint8, or floats in [-1, 1]) side by side, row by row."""
    at_least("columns", columns, 1)
    at_least("scale", scale, 1)
    image = Image.fromarray(grid(to_pixels(x), columns).permute(1, 2, 0).numpy())
    image = image.resize((image.width * scale, image.height * scale), Image.Resampling.NEAREST)
    buffer = io.BytesIO()
    image.convert("L" if x.shape[1] == 1 else "RGB").save(buffer, format="png", optimize=True)
    return Picture(buffer.getvalue(), alt or f"{len(x)} images in rows of {columns}.")


@styled
def image_rows(rows: Mapping[str, Tensor]) -> Picture:
    """Return a row of images [N, 1, H, W] (uint8, or floats in [-1, 1]) for each name, named."""
    if not rows or len({len(x) for x in rows.values()}) != 1:
        raise InputError(
            "Rows of images need equally many images each, and "
            f"{[len(x) for x in rows.values()]} were given: cut them to one length."
        )
    count = len(next(iter(rows.values())))
    words = 0.3 + 0.1 * max(map(len, rows))  # inches that the longest name takes
    figure = Figure(figsize=(words + 0.7 * count, 0.75 * len(rows)))
    figure.subplots_adjust(words / (words + 0.7 * count), 0.01, 0.995, 0.99, hspace=0.04)
    axes = figure.subplots(len(rows), 1, squeeze=False)[:, 0]
    for axis, (name, x) in zip(axes, rows.items(), strict=True):
        axis.imshow(grid(to_pixels(x), count).permute(1, 2, 0).numpy())
        axis.set(xticks=[], yticks=[])
        axis.spines[:].set_visible(False)
        axis.set_ylabel(name, rotation=0, ha="right", va="center")
    return as_picture(figure, f"Rows of {count} images: {', '.join(rows)}.")


@styled
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
    return as_picture(figure, f"{len(x_fake)} samples above their nearest real images; {words}.")


def _draw_pairs(axis, above: Tensor, below: Tensor, columns: int = 16) -> None:
    columns = min(columns, len(above))
    rows, side = -(-len(above) // columns), above.shape[-2] + 2
    filled = (0, 0, 0, 0, 0, 0, 0, rows * columns - len(above))  # the last row, with grey
    parts = [pad(x, filled, value=GREY).split(columns) for x in (above, below)]
    rows_in_turn = torch.cat([x for row in zip(*parts, strict=True) for x in row])
    axis.imshow(grid(rows_in_turn, columns).permute(1, 2, 0).numpy(), interpolation="nearest")
    ticks = [(row + 0.5) * side for row in range(2 * rows)]
    axis.set(xticks=[], yticks=ticks, yticklabels=["sample", "nearest"] * rows)
    axis.tick_params(length=0)
