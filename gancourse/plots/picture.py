"""The look: four colours with a fixed meaning, one style, and a picture with alternative text.

Nothing goes through pyplot's global state, so a picture drawn while a widget is busy lands in its
own cell.
"""

import base64
import html
import io
import math
from collections.abc import Callable, Sequence
from functools import wraps
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

from gancourse.store import write_whole

# Okabe and Ito's colour-blind safe palette. The meaning never changes.
REAL, FAKE, D_COLOUR, G_COLOUR = "#0072B2", "#D55E00", "#009E73", "#CC79A7"
INK = "#222222"
ROLES = {"p": REAL, "q": FAKE, "D": D_COLOUR, "G": G_COLOUR}
FIELD = LinearSegmentedColormap.from_list("field", ["#F3B68D", "#FFFFFF", "#8FC3E3"])
SLOPES = LinearSegmentedColormap.from_list("slopes", ["#FFFFFF", "#A5DCCB", "#3BAE8C", "#00664A"])
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
GAP = 12  # pixels between two pictures that stand side by side
CAPTION_INK = "#555555"


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


def styled(draw: Callable[..., Picture]) -> Callable[..., Picture]:
    """Return the function, drawing in the course's look: matplotlib reads it at every call."""

    @wraps(draw)
    def drawn(*args, **kwargs):
        with mpl.rc_context(STYLE):
            return draw(*args, **kwargs)

    return drawn


def new_figure(columns: int = 1, width: float = 7.0, height: float = 4.2):
    """Return a figure of so many inches, and its axes [columns] side by side."""
    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.subplots(1, columns, squeeze=False)[0]


def as_picture(figure: Figure, alt: str) -> Picture:
    """Return a figure as a PNG whose bytes depend on what is drawn alone."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", metadata={"Software": None})
    return _as_png(Image.open(buffer).convert("RGB"), alt)


def _caption_font(width: int) -> ImageFont.FreeTypeFont:
    size = max(13, round(width / 75))  # pixels; a wide picture is shown smaller
    return ImageFont.truetype(Path(mpl.get_data_path(), "fonts/ttf/DejaVuSans-Oblique.ttf"), size)


def captioned(picture: Picture, caption: str) -> Picture:
    """Return a picture with a small caption below it, in its pixels and in its alternative text.

    In the pixels it is seen wherever the picture is: on a page, on a code host, on paper. The
    result has at most 256 colours: half the bytes, in a notebook that holds each picture twice.
    """
    image = Image.open(io.BytesIO(picture.png)).convert("RGB")
    font = _caption_font(image.width)
    strip = 2 * font.size
    wide = max(image.width, math.ceil(font.getlength(caption)) + 2 * GAP)
    page = Image.new("RGB", (wide, image.height + strip), "white")
    page.paste(image, ((wide - image.width) // 2, 0))
    at = (wide / 2, image.height + strip / 2)
    ImageDraw.Draw(page).text(at, caption, fill=CAPTION_INK, font=font, anchor="mm")
    return of_colours(256, _as_png(page, f"{picture.alt} ({caption})"))


def of_colours(most: int, picture: Picture) -> Picture:
    """Return the picture with at most so many colours: a notebook holds each picture twice."""
    image = Image.open(io.BytesIO(picture.png)).convert("RGB")
    return _as_png(image.quantize(most, dither=Image.Dither.NONE), picture.alt)


def titled_rows(pictures: Sequence[Picture], titles: Sequence[str], alt: str) -> Picture:
    """Return pictures below each other on white, each with its title on the left."""
    images = [Image.open(io.BytesIO(picture.png)).convert("RGB") for picture in pictures]
    font = ImageFont.truetype(Path(mpl.get_data_path(), "fonts/ttf/DejaVuSans.ttf"), 16)
    left = math.ceil(max(font.getlength(title) for title in titles)) + GAP
    high = max(2 * font.size, *(image.height for image in images)) + 2
    page = Image.new("RGB", (left + max(i.width for i in images), high * len(images)), "white")
    for row, (image, title) in enumerate(zip(images, titles, strict=True)):
        middle = row * high + high / 2
        page.paste(image, (left, round(middle - image.height / 2)))
        ImageDraw.Draw(page).text((left - GAP, middle), title, fill=INK, font=font, anchor="rm")
    return _as_png(page, alt)


def _as_png(image: Image.Image, alt: str) -> Picture:
    if image.getcolors(256):  # no more colours than that: a palette keeps each, in a third of room
        image = image.quantize(256, dither=Image.Dither.NONE)
    buffer = io.BytesIO()
    image.save(buffer, format="png", optimize=True)
    return Picture(buffer.getvalue(), alt)


def to_numpy(x) -> np.ndarray:
    """Return numbers as an array: a tensor as float32 from whatever device it is on."""
    return x.detach().float().cpu().numpy() if isinstance(x, Tensor) else np.asarray(x)


def beside(pictures: Sequence[Picture], alt: str = "") -> Picture:
    """Return pictures in a row on white, their middles level; `alt` goes before their own."""
    images = [Image.open(io.BytesIO(picture.png)).convert("RGB") for picture in pictures]
    size = (sum(i.width + GAP for i in images) - GAP, max(i.height for i in images))
    row, x = Image.new("RGB", size, "white"), 0
    for image in images:
        row.paste(image, (x, (size[1] - image.height) // 2))
        x += image.width + GAP
    return _as_png(row, " ".join(filter(None, [alt, *(p.alt for p in pictures)])))
