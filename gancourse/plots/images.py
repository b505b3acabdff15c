"""Pictures of images: side by side, and samples above their nearest training images."""

import io
from collections.abc import Iterable, Mapping, Sequence

import torch
from matplotlib.figure import Figure
from PIL import Image
from torch import Tensor
from torch.nn.functional import pad

from gancourse.errors import InputError, at_least
from gancourse.pixels import to_pixels
from gancourse.plots.picture import FAKE, INK, Picture, as_picture, of_colours, styled

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
def image_film(frames: Sequence[tuple[str, Tensor]], what: str = "") -> Picture:
    """Return a row of images [N, C, H, W] for each (title, images) in `frames`, with its title.

    All rows hold as many images of one size; `what` opens the alternative text. Raises InputError
    for no frames and for rows that differ.
    """
    shapes = {tuple(x.shape) for _, x in frames}
    if len(shapes) != 1:
        raise InputError(
            "A film is made of frames with as many images of one size, and their shapes are "
            f"{sorted(map(list, shapes)) or 'none'}: record at least one, all alike."
        )
    columns, _, high, wide = shapes.pop()
    across = min(8.8, 9.8 - _inches(title for title, _ in frames))  # what the titles leave of 10
    row = across / columns * (high + 2) / (wide + 2)
    figure = Figure(figsize=(10.0, 0.1 + row * len(frames)), layout="constrained")
    axis, images = figure.subplots(), torch.cat([to_pixels(x) for _, x in frames])
    axis.set_anchor("E")  # what is left over lies beside the titles, which are as wide as they are
    _draw_rows(axis, images, columns, [title for title, _ in frames])
    titles = ", ".join(title for title, _ in frames)
    return of_colours(32, as_picture(figure, f"{what or 'Images'}, a row each at {titles}."))


def _inches(titles: Iterable[str]) -> float:
    """Return how wide the widest of these lines is, in the style's size."""
    figure = Figure()
    return max(figure.text(0, 0, title).get_window_extent().width for title in titles) / figure.dpi


def _draw_rows(axis, images: Tensor, columns: int, titles: Sequence[str]) -> None:
    """Draw images in rows of `columns`, with a title at the left of each row."""
    side = images.shape[-2] + 2
    axis.imshow(grid(images, columns).permute(1, 2, 0).numpy(), interpolation="nearest")
    ticks = [1 + (row + 0.5) * side for row in range(len(titles))]
    axis.set(xticks=[], yticks=ticks, yticklabels=titles)
    axis.tick_params(length=0)
    axis.spines[:].set_visible(False)


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
    rows = -(-len(above) // columns)
    filled = (0, 0, 0, 0, 0, 0, 0, rows * columns - len(above))  # the last row, with grey
    parts = [pad(x, filled, value=GREY).split(columns) for x in (above, below)]
    rows_in_turn = torch.cat([x for row in zip(*parts, strict=True) for x in row])
    _draw_rows(axis, rows_in_turn, columns, ["sample", "nearest"] * rows)
