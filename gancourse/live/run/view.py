"""The live views of the training widgets: anywidget with ES modules, and core ipywidgets."""

import html

import ipywidgets
import numpy as np
import traitlets

from gancourse import plots
from gancourse.live.control_views import COLOURS, core_box, core_control, described
from gancourse.live.controls import Tab
from gancourse.live.frontend import css, es_module
from gancourse.live.linked import LinkedWidget

FIELD_COLOURS = plots.FIELD(np.arange(256), bytes=True)[:, :3].tobytes()  # D(x) from 0 to 1
LABELS = {"running": "Pause", "paused": "Resume", "stopped": "Resume", "finished": "Go on",
          "failed": "Try again"}  # fmt: skip


def _laid_out(tab: Tab) -> dict:
    controls = {key: described(key, control) for key, control in tab.controls.items()}
    return {"title": tab.title, "controls": controls, "buttons": list(tab.buttons.items())}


class PlayerWidget(LinkedWidget):
    """A training widget in a page. The page sends what was pressed; frames come when they come."""

    _css = css()
    title = traitlets.Unicode().tag(sync=True)
    parts = traitlets.Dict().tag(sync=True)
    colours = traitlets.Dict(COLOURS).tag(sync=True)
    field_colours = traitlets.Bytes(FIELD_COLOURS).tag(sync=True)
    frame = traitlets.Dict().tag(sync=True)

    def __init__(self, player):
        self._player = player
        parts = {"row": list(player.row.items()), "tabs": [_laid_out(tab) for tab in player.tabs]}
        with player.still():
            super().__init__(title=player.title, parts=parts, frame=player.frame())
            player.watch(self._redraw)

    def asked(self, message: dict) -> None:
        """Do what the page asks."""
        self._player.answer(message)

    def reached(self) -> None:
        """Let the buttons answer while a cell runs."""
        self._player.within_reach()

    def _redraw(self, frame: dict) -> None:
        self.frame = frame

    def __repr__(self) -> str:
        return repr(self._player)


class DashboardWidget(PlayerWidget):
    """The training dashboard in a page."""

    _esm = es_module("dashboard")


class PointGanWidget(PlayerWidget):
    """The GAN on points in a page."""

    _esm = es_module("pointgan")


def core_view(player) -> ipywidgets.VBox:
    """Return buttons, tabs with controls, an image and a line of text, made of core ipywidgets.

    While steps are taken the image is the quickest one there is; at rest it is the whole picture.
    """
    buttons = [_button(player, *item) for item in player.row.items()]
    pages, controls = zip(*(_page(player, tab) for tab in player.tabs), strict=True)
    tabs = ipywidgets.Tab(pages, titles=[tab.title for tab in player.tabs])
    image = ipywidgets.Image(format="png", layout={"max_width": "100%"})
    words = ipywidgets.HTML()
    known = {key: control for page in controls for key, control in page.items()}
    quiet = _observe(player, known)

    def redraw(frame: dict) -> None:
        resting = player.status != "running"
        still = player.picture() if resting else player.thumbnail()
        image.value, image.width = still.png, str(still.width)
        words.value = _words(frame)
        buttons[0].description = LABELS.get(frame["status"], next(iter(player.row.values())))
        _follow(known, frame["values"], quiet)

    with player.still():
        redraw(player.frame())
        player.watch(redraw)
    return core_box(image, words, ipywidgets.HBox(buttons), tabs)


def _words(frame: dict) -> str:
    numbers = " &nbsp; ".join(f"{html.escape(k)}: <b>{html.escape(v)}</b>"
                              for k, v in frame["numbers"])  # fmt: skip
    return f"{numbers}<br>{html.escape(frame['text'])}"


def _button(player, action: str, label: str) -> ipywidgets.Button:
    button = ipywidgets.Button(description=label)

    def press(_button) -> None:
        running = action == "run" and player.status == "running"
        player.answer({"do": "pause" if running else action})

    button.on_click(press)
    return button


def _page(player, tab: Tab) -> tuple[ipywidgets.VBox, dict]:
    buttons = [_button(player, *item) for item in tab.buttons.items()]
    controls = {key: core_control(control) for key, control in tab.controls.items()}
    return ipywidgets.VBox([ipywidgets.HBox(buttons), *controls.values()]), controls


def _observe(player, controls: dict) -> set[str]:
    """Hand on what a person moves; return the set of controls that are not moved by a person."""
    quiet: set[str] = set()

    def moved(key: str, value) -> None:
        if key not in quiet:
            player.answer({"values": {key: value}})

    for key, control in controls.items():
        control.observe(lambda change, key=key: moved(key, change["new"]), "value")
    return quiet


def _follow(controls: dict, values: dict, quiet: set[str]) -> None:
    for key, control in controls.items():
        if key in values and control.value != values[key]:
            quiet.add(key)
            control.value = values[key]
            quiet.discard(key)
