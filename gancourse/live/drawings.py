"""What a chart shows at one setting, as a still picture and as bytes for a page."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace

import numpy as np

from gancourse import plots
from gancourse.plots import Mark, Panel


@dataclass(frozen=True)
class Grip:
    """A place on a panel to take hold of: dragging it sets the controls named `x` and `y`.

    So do the arrow keys on it. `at` is where it is now. `x` or `y` is None where it cannot move
    that way. A grip with `anywhere` also jumps to where the panel is clicked.
    """

    label: str
    at: tuple[float, float]
    x: str | None = None
    y: str | None = None
    role: str = ""
    anywhere: bool = False
    panel: int = 0


@dataclass(frozen=True)
class Drawing:
    """What is to be seen: panels side by side, numbers under them, and one sentence in words."""

    panels: tuple[Panel, ...]
    text: str
    numbers: Mapping[str, str] | None = None  # label: value, as shown
    grips: tuple[Grip, ...] = ()


def picture(drawing: Drawing) -> plots.Picture:
    """Return a still picture of a drawing, its numbers included, with its sentence as `alt`."""
    panels = list(drawing.panels)
    for grip in drawing.grips:
        dot = Mark("points", [grip.at[0]], [grip.at[1]], role=grip.role)
        panel = panels[grip.panel]
        panels[grip.panel] = replace(panel, marks=(*panel.marks, dot))
    note = "    ".join(f"{label}: {value}" for label, value in (drawing.numbers or {}).items())
    return plots.panels(panels, alt=drawing.text, note=note)


def float_bytes(values) -> bytes:
    """Return numbers as float32 bytes, little-endian, row by row."""
    return np.ascontiguousarray(plots.to_numpy(values), dtype="<f4").tobytes()


def packed(drawing: Drawing, serial: int = 0) -> dict:
    """Return a drawing as JSON with the curves as float32 bytes; `serial` is the request's."""
    return {
        "serial": serial,
        "panels": [_packed_panel(panel) for panel in drawing.panels],
        "text": drawing.text,
        "numbers": [list(pair) for pair in (drawing.numbers or {}).items()],
        "handles": [asdict(g) | {"at": list(map(float, g.at))} for g in drawing.grips],
    }


def _packed_panel(panel: Panel) -> dict:
    named = {k: getattr(panel, k) for k in ("title", "xlabel", "ylabel", "equal", "names")}
    limits = {k: list(map(float, getattr(panel, k))) for k in ("xlim", "ylim")}
    return {**named, **limits, "marks": [_packed_mark(mark) for mark in panel.marks]}


def _packed_mark(mark: Mark) -> dict:
    arrays = {k: float_bytes(getattr(mark, k)) for k in ("x", "y", "x2", "y2")
              if getattr(mark, k) is not None}  # fmt: skip
    return {"kind": mark.kind, "label": mark.label, "role": mark.role, **arrays}
