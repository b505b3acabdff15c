"""The two live views of a `FaultyRun`: anywidget with its ES module, and core ipywidgets."""

import base64
import html
import json
import zlib

import ipywidgets
import traitlets

from gancourse.live.control_views import COLOURS
from gancourse.live.frontend import css, es_module
from gancourse.live.linked import LinkedWidget
from gancourse.live.run.view import FIELD_COLOURS

HERE = "To change these lines and train, run the notebook."
_score: dict[str, bool] = {}  # in core views: which runs were named rightly at the first try


def state(run) -> dict:
    """Return what a page shows of a run."""
    return {
        "title": run.title,
        "titles": list(run.titles),
        "films": run.packed_films(),
        "real": run.real_bytes(),
        "options": list(run.options),
        "answer": run.answer,
        "replies": [run.reply(option) for option in run.options],
        "code": run.code,
        "frame": run.frame(),
    }


def state_bytes(run) -> bytes:
    """Return a run for a page without a kernel: deflated JSON, bytes as {"base64": text} in it.

    Raises ValueError for a run whose D says what is no number: JSON has none such.
    """
    alone = {"alone": True, "colours": COLOURS, "field_colours": FIELD_COLOURS}
    whole = {**state(run), **alone, "frame": {**run.frame(), "text": HERE}}
    text = json.dumps(
        whole, allow_nan=False, default=lambda b: {"base64": base64.b64encode(b).decode()}
    )
    return zlib.compress(text.encode(), 9)


class FaultyRunWidget(LinkedWidget):
    """A faulty run in a page, which has the films and the replies; only an edit asks the kernel."""

    _esm, _css = es_module("faulty"), css()
    SLOW = True  # an edit trains in the place of whatever trains: not beside a cell
    title = traitlets.Unicode().tag(sync=True)
    titles = traitlets.List().tag(sync=True)
    colours = traitlets.Dict(COLOURS).tag(sync=True)
    field_colours = traitlets.Bytes(FIELD_COLOURS).tag(sync=True)
    films = traitlets.List().tag(sync=True)
    real = traitlets.Bytes().tag(sync=True)
    options = traitlets.List().tag(sync=True)
    answer = traitlets.Unicode().tag(sync=True)
    replies = traitlets.List().tag(sync=True)
    code = traitlets.Unicode().tag(sync=True)
    frame = traitlets.Dict().tag(sync=True)

    def __init__(self, run):
        self._run = run
        super().__init__(**state(run))
        run.watch(self._redraw)

    def asked(self, message: dict) -> None:
        """Do what the page asks, {"do": "train", "code": lines}."""
        self._run.listen(message)

    def _redraw(self, frame: dict) -> None:
        self.frame = frame

    def __repr__(self) -> str:
        return repr(self._run)


def core_view(run) -> ipywidgets.VBox:
    """Return the films as an image, a button for each cause, the lines in a box, and Train."""
    image = ipywidgets.Image(format="png", layout={"max_width": "100%"})
    reply, words = ipywidgets.HTML(), ipywidgets.HTML()
    causes = [ipywidgets.Button(description=o, layout={"width": "auto"}) for o in run.options]
    lines, wide = run.trained or run.code, {"width": "100%"}
    code = ipywidgets.Textarea(lines, rows=run.code.count("\n") + 2, layout=wide)
    train = ipywidgets.Button(description="Train these lines")
    editor = ipywidgets.VBox([code, train], layout={"display": "none"})

    def choose(button) -> None:
        _score.setdefault(run.title, button.description == run.answer)
        score = f"Named at the first try: {sum(_score.values())} of {len(_score)}."
        reply.value = f"{html.escape(run.reply(button.description))}<br>{score}"
        editor.layout.display = ""

    def redraw(_frame: dict) -> None:
        if run.status != "running":
            still = run.picture()
            image.value, image.width = still.png, str(still.width)
        words.value = html.escape(run.said)

    for button in causes:
        button.on_click(choose)
    train.on_click(lambda _: run.listen({"do": "train", "code": code.value}))
    run.watch(redraw)
    redraw({})
    row = ipywidgets.HBox(causes, layout={"flex_flow": "row wrap"})
    question = ipywidgets.HTML("<b>What is wrong with it?</b>")
    return ipywidgets.VBox([image, question, row, reply, editor, words])
