"""What leaves the explorer: a film as GIF, and the plane as one web page."""

import base64
import html
import io
import json
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from gancourse.live.explorer.engine import runs_in_page, weights_of
from gancourse.live.explorer.steering import REACH, STEP
from gancourse.live.frontend import css, es_module
from gancourse.store import save_tensors, write_whole

PER_SIDE = 25  # pictures of the plane each way: steps of a quarter
SCALE, PAUSE, BAR = 6, 60, 8  # of a film: pixels for a pixel, ms for a picture, rows of its bar


def points(explorer, path: str | Path) -> Path:
    """Write the explorer's z [z_dim], and its pins [N, z_dim] if any, as safetensors."""
    pins = [pin.z for pin in explorer.steering.pins]
    tensors = {"z": explorer.z} | ({"pins": torch.stack(pins)} if pins else {})
    about = {"format": "gancourse-z-1", "data": explorer.data}
    asked = explorer.classes.sentence()  # of a conditional generator
    return save_tensors(path, tensors, about | ({"asked": asked} if asked else {}))


def film(pixels: Tensor, path: str | Path) -> Path:
    """Write pictures uint8 [T, S, S], or [T, S, S, 3], as a GIF; return its path.

    It goes there and back for ever. Each picture is shown for 60 ms and enlarged six times with
    hard edges; a bar below it says how far from the first picture to the last it is.
    """
    there = [_enlarged(p.numpy(), i / max(1, len(pixels) - 1)) for i, p in enumerate(pixels)]
    frames = [*there, *there[-2:0:-1]]
    buffer = io.BytesIO()
    frames[0].save(buffer, "gif", save_all=True, append_images=frames[1:], duration=PAUSE, loop=0)
    return write_whole(path, buffer.getvalue())


def _enlarged(picture: np.ndarray, place: float) -> Image.Image:
    """Return a picture [S, S] or [S, S, 3] enlarged, and below it a bar as long as its place."""
    wide = picture.shape[1] * SCALE
    bar = np.full((BAR, wide, *picture.shape[2:]), 64, np.uint8)
    bar[:, : round(place * wide)] = 255
    return Image.fromarray(np.vstack([picture.repeat(SCALE, 0).repeat(SCALE, 1), bar]))


def page(explorer, path: str | Path) -> Path:
    """Write the explorer's plane as one HTML file that needs no kernel; return its path.

    It holds G and the engine that runs it, so that the page shows every z. G's matrices are rounded
    to float16: one in a hundred of a shipped generator's bytes is off, by one grey level, rarely
    two. For a net that the engine does not know it holds 25 x 25 pictures, in a lossless WebP.
    """
    with explorer.lock:
        net = weights_of(explorer.G, bits=16) if runs_in_page(explorer.G) else None
    data = _alive(explorer, net) if net else _drawn(explorer)
    return write_whole(path, _document({"reach": REACH, **data}, repr(explorer)).encode())


def _alive(explorer, net: bytes) -> dict:
    return {"net": base64.b64encode(net).decode(), "step": STEP, "start": start(explorer)}


def start(explorer) -> dict:
    """Return where an explorer in a page begins: the origin, directions by name, and which two."""
    steering = explorer.steering
    names = [steering.values["across"], steering.values["up"]]
    directions = steering.directions.at_hand() | {n: steering.directions[n] for n in names}
    numbers = {name: direction.tolist() for name, direction in directions.items()}
    return {"origin": steering.plane.origin.tolist(), "directions": numbers, "names": names}


def _drawn(explorer) -> dict:
    steering = explorer.steering
    pixels = explorer.pixels(steering.plane.grid(PER_SIDE, REACH)).numpy()
    return {
        "perSide": PER_SIDE,
        "side": explorer.pictures.shape[-1],
        "channels": explorer.pictures.shape[0],
        "names": [steering.values["across"], steering.values["up"]],
        "sprite": f"data:image/webp;base64,{base64.b64encode(_sprite(pixels)).decode()}",
    }


def _sprite(pixels: np.ndarray) -> bytes:
    """Return pictures [N * N, S, S], or [N * N, S, S, 3], as one lossless WebP [N S, N S]."""
    side, *colours = pixels.shape[2:]
    rows = pixels.reshape(PER_SIDE, PER_SIDE, side, side, *colours).swapaxes(1, 2)
    buffer = io.BytesIO()
    Image.fromarray(rows.reshape(PER_SIDE * side, PER_SIDE * side, *colours)).convert("RGB").save(
        buffer, "webp", lossless=True, quality=100, method=4
    )
    return buffer.getvalue()


def _document(data: dict, title: str) -> str:
    text = json.dumps(data).replace("<", "\\u003c")
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{html.escape(title.strip("<>"))}</title>
<style>:root {{ color-scheme: light dark; }}
{css()}</style>
</head>
<body>
<main></main>
<script type="application/json" id="plane">{text}</script>
<script type="module">
{es_module("plane")}</script>
</body>
</html>
"""
