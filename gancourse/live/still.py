"""Still pictures side by side, for widgets where there is no page. Never taught."""

import io
from collections.abc import Sequence

from PIL import Image

from gancourse.plots import Picture

GAP = 12  # pixels between two pictures


def beside(pictures: Sequence[Picture], alt: str = "") -> Picture:
    """Return pictures in a row on white, their middles level; `alt` goes before their own."""
    images = [Image.open(io.BytesIO(picture.png)).convert("RGB") for picture in pictures]
    size = (sum(i.width + GAP for i in images) - GAP, max(i.height for i in images))
    row, x = Image.new("RGB", size, "white"), 0
    for image in images:
        row.paste(image, (x, (size[1] - image.height) // 2))
        x += image.width + GAP
    buffer = io.BytesIO()
    row.save(buffer, format="png", optimize=True)
    return Picture(buffer.getvalue(), " ".join(filter(None, [alt, *(p.alt for p in pictures)])))
