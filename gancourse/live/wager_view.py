"""The two live views of a `Prediction`: anywidget with its ES module, and core ipywidgets."""

import html

import anywidget
import ipywidgets
import traitlets

from gancourse.live.frontend import css, es_module


class PredictionWidget(anywidget.AnyWidget):
    """The question in a page, which knows the answers and asks nothing back."""

    _esm, _css = es_module("wager"), css()
    question = traitlets.Unicode().tag(sync=True)
    options = traitlets.List().tag(sync=True)
    answer = traitlets.Unicode().tag(sync=True)
    replies = traitlets.List().tag(sync=True)

    def __init__(self, prediction):
        self._text = repr(prediction)
        super().__init__(
            question=prediction.question,
            options=list(prediction.options),
            answer=prediction.answer,
            replies=[prediction.reply(option) for option in prediction.options],
        )

    def __repr__(self) -> str:
        return self._text


def core_view(prediction) -> ipywidgets.VBox:
    """Return the question with a button for each option; the first choice shows the answer."""
    question = ipywidgets.HTML(f"<b>{html.escape(prediction.question)}</b>")
    reply = ipywidgets.HTML()
    look = {"width": "auto"}
    buttons = [ipywidgets.Button(description=o, layout=look) for o in prediction.options]

    def choose(button) -> None:
        reply.value = html.escape(prediction.reply(button.description))
        for other in buttons:
            other.disabled = True
            other.icon = "check" if other.description == prediction.answer else ""
        button.button_style = "success" if button.description == prediction.answer else "warning"

    for button in buttons:
        button.on_click(choose)
    row = ipywidgets.HBox(buttons, layout={"flex_flow": "row wrap"})
    return ipywidgets.VBox([question, row, reply])
