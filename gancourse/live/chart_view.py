"""The two live views of a `Chart`: anywidget with its ES module, and core ipywidgets."""

import html

import ipywidgets
import traitlets

from gancourse.live.control_views import COLOURS, core_box, core_control, described
from gancourse.live.drawings import packed, picture
from gancourse.live.frontend import css, es_module
from gancourse.live.linked import LinkedWidget


class ChartWidget(LinkedWidget):
    """The chart in a page. The page asks with a message, one at a time; the answer is `scene`."""

    _esm, _css = es_module("chart"), css()
    title = traitlets.Unicode().tag(sync=True)
    controls = traitlets.List().tag(sync=True)
    colours = traitlets.Dict(COLOURS).tag(sync=True)
    values = traitlets.Dict().tag(sync=True)
    scene = traitlets.Dict().tag(sync=True)

    def __init__(self, chart):
        self._chart, self._serial = chart, 0
        super().__init__(
            title=chart.name,
            controls=[described(key, c) for key, c in chart.controls.items()],
            values=dict(chart.values),
            scene=packed(chart.drawing()),
        )
        chart.watch(self._redraw)

    def asked(self, message: dict) -> None:
        """Set what the page asks for; the scene that follows carries the request's number."""
        self._serial = message["serial"]
        self._chart.set(**message["values"])

    def _redraw(self) -> None:
        with self.hold_sync():  # values and scene travel in one message
            self.values = dict(self._chart.values)
            self.scene = packed(self._chart.drawing(), self._serial)

    def __repr__(self) -> str:
        return repr(self._chart)


def core_view(chart) -> ipywidgets.VBox:
    """Return sliders, an image and a line of text; each change draws the image again."""
    controls = {key: core_control(c) for key, c in chart.controls.items()}
    image = ipywidgets.Image(format="png", layout={"max_width": "100%"})
    words = ipywidgets.HTML()

    def redraw() -> None:
        drawing = chart.drawing()
        still = picture(drawing)
        image.value, image.width = still.png, str(still.width)
        words.value = html.escape(drawing.text)
        for key, control in controls.items():
            control.value = chart.values[key]

    for key, control in controls.items():
        control.value = chart.values[key]
        control.observe(lambda change, key=key: _moved(chart, key, change["new"]), "value")
    chart.watch(redraw)
    redraw()
    return core_box(*controls.values(), image, words)


def _moved(chart, key: str, value) -> None:
    if chart.controls[key].clean(value) != chart.values[key]:
        chart.set(**{key: value})
