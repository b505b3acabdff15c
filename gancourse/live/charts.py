"""What every widget shares: a chart with at most four controls, live or as a still picture.

A widget is a `Chart`: controls (`Slider`, `Choice`) and a function that turns their values into a
`Scene` (panels, numbers, one sentence of text). The function computes through `theory`, `losses` or
`train`; nothing here does. In the page a shared ES module draws the numbers that are sent as bytes;
Python holds the state. Without a front-end the same object shows a `plots.Picture`.
"""

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from decimal import Decimal
from pathlib import Path

import numpy as np

from gancourse import plots
from gancourse.errors import InputError, choose
from gancourse.plots import Mark, Panel

__all__ = ["Chart", "Choice", "Handle", "Mark", "Panel", "Scene", "Slider", "frontend"]

FRONTENDS = ("anywidget", "ipywidgets", "none")
STATIC = Path(__file__).with_name("static")
MAX_CONTROLS = 4  # that are seen; a handle on the chart may move two more


def es_module(widget: str) -> str:
    """Return the JavaScript of a widget: one ES module, which `make build` bundles."""
    return (STATIC / f"{widget}.js").read_text(encoding="utf-8")


def frontend() -> str:
    """Return what can show a widget here: "anywidget", "ipywidgets" (core only) or "none".

    `GANCOURSE_FRONTEND` overrides. Colab and VS Code fetch anywidget's JavaScript from a network
    address, so they get core widgets. Lab and Notebook name the session; nbclient does not.
    """
    named = os.environ.get("GANCOURSE_FRONTEND")
    if named:
        return choose("front-end in GANCOURSE_FRONTEND", named, FRONTENDS)
    if "google.colab" in sys.modules or _in_vscode():
        return "ipywidgets"
    return "anywidget" if os.environ.get("JPY_SESSION_NAME") else "none"


def _in_vscode() -> bool:
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    return shell is not None and "__vsc_ipynb_file__" in shell.user_ns


@dataclass(frozen=True)
class Slider:
    """A number from `low` to `high` in steps. `shown=False`: only a handle on the chart moves it.

    `unit` stands behind the number.
    """

    label: str
    low: float
    high: float
    step: float
    value: float
    unit: str = ""
    shown: bool = True

    @property
    def digits(self) -> int:
        exponents = [Decimal(str(v)).normalize().as_tuple().exponent for v in (self.step, self.low)]
        return max(0, -min(exponents))

    def clean(self, value: float) -> float:
        """Return `value` on the slider's steps and inside of its range."""
        steps = round((float(value) - self.low) / self.step)
        return round(float(np.clip(self.low + steps * self.step, self.low, self.high)), 10)

    def text(self, value: float) -> str:
        return f"{value:.{self.digits}f}{' ' + self.unit if self.unit else ''}"


@dataclass(frozen=True)
class Choice:
    """One of a few named options."""

    label: str
    options: tuple[str, ...]
    value: str
    shown: bool = True

    def clean(self, value: str) -> str:
        return choose(self.label, value, self.options)

    def text(self, value: str) -> str:
        return value


@dataclass(frozen=True)
class Handle:
    """A grip on a panel: dragging it, or arrow keys on it, set the controls named `x` and `y`.

    `at` is where it is now. `x` or `y` is None where it cannot move that way. A handle with
    `anywhere` also jumps to where the panel is clicked.
    """

    label: str
    at: tuple[float, float]
    x: str | None = None
    y: str | None = None
    role: str = ""
    anywhere: bool = False
    panel: int = 0


@dataclass(frozen=True)
class Scene:
    """What is to be seen: panels side by side, numbers under them, and one sentence in words."""

    panels: tuple[Panel, ...]
    text: str
    numbers: Mapping[str, str] | None = None  # label: value, as shown
    handles: tuple[Handle, ...] = ()


def picture(scene: Scene) -> plots.Picture:
    """Return a still picture of the scene, its numbers included, with its sentence as `alt`."""
    panels = list(scene.panels)
    for h in scene.handles:
        dot = Mark("points", [h.at[0]], [h.at[1]], role=h.role)
        panels[h.panel] = replace(panels[h.panel], marks=(*panels[h.panel].marks, dot))
    note = "    ".join(f"{label}: {value}" for label, value in (scene.numbers or {}).items())
    return plots.panels(panels, alt=scene.text, note=note)


def _numbers(values) -> bytes:
    return np.ascontiguousarray(plots.to_numpy(values), dtype="<f4").tobytes()


def _packed_mark(mark: Mark) -> dict:
    arrays = {k: _numbers(getattr(mark, k)) for k in ("x", "y", "x2", "y2")
              if getattr(mark, k) is not None}  # fmt: skip
    return {"kind": mark.kind, "label": mark.label, "role": mark.role, **arrays}


def packed(scene: Scene, serial: int = 0) -> dict:
    """Return the scene as JSON with the curves as float32 bytes, little-endian."""
    panels = []
    for panel in scene.panels:
        named = {k: getattr(panel, k) for k in ("title", "xlabel", "ylabel", "equal")}
        limits = {k: list(map(float, getattr(panel, k))) for k in ("xlim", "ylim")}
        panels.append({**named, **limits, "marks": [_packed_mark(m) for m in panel.marks]})
    return {
        "serial": serial,
        "panels": panels,
        "text": scene.text,
        "numbers": [list(pair) for pair in (scene.numbers or {}).items()],
        "handles": [asdict(h) | {"at": list(map(float, h.at))} for h in scene.handles],
    }


def bundle_of(view, text: str) -> dict:
    """Return what a cell shows of a widget: its bundle, and `text` for where it cannot be drawn."""
    bundle = view._repr_mimebundle_()
    data = bundle[0] if isinstance(bundle, tuple) else bundle
    return {**data, "text/plain": text}


class Shown:
    """What the value of a cell shows: a widget, or a still picture where no front-end answers.

    A class that is shown so has `picture`, `widget` and `core_widget`.
    """

    def _repr_mimebundle_(self, include=None, exclude=None):
        kind = frontend()
        if kind == "none":
            return self.picture()._repr_mimebundle_()
        return bundle_of(self.widget() if kind == "anywidget" else self.core_widget(), repr(self))


class Chart(Shown):
    """A chart that redraws when its controls move; the value of a cell shows it.

    `draw(**values)` returns a Scene. `values` holds the state of the controls by name; `set`
    changes it from Python. Shown without a front-end, it is a picture of the present state.
    """

    def __init__(self, name: str, draw: Callable[..., Scene], controls: Mapping):
        shown = [c for c in controls.values() if c.shown]
        if len(shown) > MAX_CONTROLS:
            raise InputError(
                f"A chart has at most {MAX_CONTROLS} controls, and {name} was given "
                f"{len(shown)}: leave some out."
            )
        self.name, self._draw, self.controls = name, draw, dict(controls)
        self.values = {key: c.clean(c.value) for key, c in controls.items()}
        self._views = []  # functions to call after a change

    def set(self, **values) -> "Chart":
        """Set controls by name, put on their steps and into their range; return this chart.

        Raises InputError for an unknown control or option.
        """
        known = {choose(f"control of {self.name}", key, self.controls) for key in values}
        self.values |= {key: self.controls[key].clean(values[key]) for key in sorted(known)}
        for redraw in self._views:
            redraw()
        return self

    def scene(self) -> Scene:
        """Return what is to be seen at the present values."""
        return self._draw(**self.values)

    def picture(self) -> plots.Picture:
        """Return a still picture of the present state."""
        return picture(self.scene())

    def __repr__(self) -> str:
        state = ", ".join(f"{c.label} {c.text(self.values[k])}" for k, c in self.controls.items())
        return f"<{self.name}: {state}>"

    def widget(self):
        """Return a new view of this chart for front-ends that take anywidget's JavaScript."""
        from gancourse.live.chart_view import ChartWidget

        return ChartWidget(self)

    def core_widget(self):
        """Return a new view of this chart made of core ipywidgets: sliders and an image."""
        from gancourse.live.chart_view import core_view

        return core_view(self)
