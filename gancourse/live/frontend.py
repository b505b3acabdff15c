"""What can show a widget here, and what a cell shows of it; the files that a page needs."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

from gancourse.errors import choose
from gancourse.plots import captioned

FRONTENDS = ("anywidget", "ipywidgets", "none")
STILL = "a still picture; run the cell to move it"
STATIC = Path(__file__).with_name("static")


def es_module(widget: str) -> str:
    """Return the JavaScript of a widget: one ES module, which `make build` bundles."""
    return (STATIC / f"{widget}.js").read_text(encoding="utf-8")


def css() -> str:
    """Return the style sheet that all widgets share."""
    return (STATIC / "live.css").read_text(encoding="utf-8")


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


def bundle_of(view, text: str) -> dict:
    """Return what a cell shows of a widget: its bundle, and `text` for where it cannot be drawn."""
    bundle = view._repr_mimebundle_()
    data = bundle[0] if isinstance(bundle, tuple) else bundle
    return {**data, "text/plain": text}


class Shown:
    """What the value of a cell shows: a widget, or a still picture where no front-end answers.

    A class that is shown so has `picture`, `widget` and `core_widget`. The still says that it is
    one, below the picture, in its alternative text and in plain text.
    """

    def _repr_mimebundle_(self, include=None, exclude=None):
        kind = frontend()
        if kind == "none":
            return captioned(self.picture(), STILL)._repr_mimebundle_()
        return bundle_of(self.widget() if kind == "anywidget" else self.core_widget(), repr(self))


class Watched(Shown):
    """Something shown that changes by itself: views watch it, and get a `frame()` each time."""

    def __init__(self):
        self._watching: list[Callable[[dict], object]] = []

    def watch(self, redraw: Callable[[dict], object]) -> None:
        """Call `redraw(frame)` with each frame from now on."""
        self._watching.append(redraw)

    def send(self) -> None:
        """Send a frame to all who watch."""
        if self._watching:
            frame = self.frame()
            for redraw in self._watching:
                redraw(frame)
