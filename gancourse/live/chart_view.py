"""The two live views of a `Chart`: anywidget with its ES module, and core ipywidgets."""

import html

import anywidget
import ipywidgets
import traitlets

from gancourse import plots
from gancourse.live.charts import STATIC, Chart, Choice, Slider, es_module, packed, picture

CSS = (STATIC / "live.css").read_text(encoding="utf-8")
COLOURS = {"": plots.INK, **plots.ROLES}


def _described(key: str, control: Slider | Choice) -> dict:
    kind = "choice" if isinstance(control, Choice) else "slider"
    digits = 0 if isinstance(control, Choice) else control.digits
    return {"key": key, "kind": kind, "digits": digits, **vars(control)}


class ChartWidget(anywidget.AnyWidget):
    """The chart in a page. The page asks with a message, one at a time; the answer is `scene`."""

    _esm, _css = es_module("chart"), CSS
    title = traitlets.Unicode().tag(sync=True)
    controls = traitlets.List().tag(sync=True)
    colours = traitlets.Dict(COLOURS).tag(sync=True)
    values = traitlets.Dict().tag(sync=True)
    scene = traitlets.Dict().tag(sync=True)

    def __init__(self, chart: Chart):
        self._chart, self._serial = chart, 0
        super().__init__(
            title=chart.name,
            controls=[_described(key, c) for key, c in chart.controls.items()],
            values=dict(chart.values),
            scene=packed(chart.scene()),
        )
        chart._views.append(self._redraw)
        self.on_msg(self._asked)

    def _asked(self, _widget, message: dict, _buffers) -> None:
        self._serial = message["serial"]
        self._chart.set(**message["values"])

    def _redraw(self) -> None:
        with self.hold_sync():  # values and scene travel in one message
            self.values = dict(self._chart.values)
            self.scene = packed(self._chart.scene(), self._serial)

    def __repr__(self) -> str:
        return repr(self._chart)


def _core_control(control: Slider | Choice):
    look = {"description": control.label, "style": {"description_width": "10em"}}
    layout = {"width": "30em", "max_width": "100%"}
    if isinstance(control, Choice):
        return ipywidgets.Dropdown(
            options=control.options, value=control.value, layout=layout, **look
        )
    return ipywidgets.FloatSlider(
        value=control.value,
        min=control.low,
        max=control.high,
        step=control.step,
        readout_format=f".{control.digits}f",
        layout=layout,
        **look,
    )


def core_view(chart: Chart) -> ipywidgets.VBox:
    """Return sliders, an image and a line of text; the image is drawn anew at each change."""
    controls = {key: _core_control(c) for key, c in chart.controls.items()}
    image = ipywidgets.Image(format="png", layout={"max_width": "100%"})
    words = ipywidgets.HTML()

    def redraw() -> None:
        scene = chart.scene()
        still = picture(scene)
        image.value, image.width = still.png, str(still.width)
        words.value = html.escape(scene.text)
        for key, control in controls.items():
            control.value = chart.values[key]

    for key, control in controls.items():
        control.value = chart.values[key]
        control.observe(lambda change, key=key: _moved(chart, key, change["new"]), "value")
    chart._views.append(redraw)
    redraw()
    return ipywidgets.VBox([*controls.values(), image, words])


def _moved(chart: Chart, key: str, value) -> None:
    if chart.controls[key].clean(value) != chart.values[key]:
        chart.set(**{key: value})
