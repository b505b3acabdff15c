"""A chart with at most four controls, live or as a still picture: what each lesson's widget is.

A chart is controls and a function that turns their values into a `Drawing`. The function computes
through the course's modules; nothing here does. In the page an ES module draws the numbers, which
are sent as bytes; Python holds the state.
"""

from collections.abc import Callable, Mapping

from gancourse import plots
from gancourse.errors import InputError, choose
from gancourse.live.drawings import Drawing, picture
from gancourse.live.frontend import Shown

MAX_CONTROLS = 4  # that are seen; a grip on the chart may move two more


class Chart(Shown):
    """A chart that redraws when its controls move; the value of a cell shows it.

    `draw(**values)` returns a Drawing. `values` holds the state of the controls by name; `set`
    changes it from Python. Shown without a front-end, it is a picture of the present state.
    """

    def __init__(self, name: str, draw: Callable[..., Drawing], controls: Mapping):
        shown = [c for c in controls.values() if c.shown]
        if len(shown) > MAX_CONTROLS:
            raise InputError(
                f"A chart has at most {MAX_CONTROLS} controls, and {name} was given "
                f"{len(shown)}: leave some out."
            )
        self.name, self.draw, self.controls = name, draw, dict(controls)
        self.values = {key: c.clean(c.value) for key, c in controls.items()}
        self._watching: list[Callable[[], object]] = []

    def watch(self, redraw: Callable[[], object]) -> None:
        """Call `redraw()` after each change from now on."""
        self._watching.append(redraw)

    def set(self, **values) -> "Chart":
        """Set controls by name, put on their steps and into their range; return this chart.

        Raises InputError for an unknown control or option.
        """
        known = {choose(f"control of {self.name}", key, self.controls) for key in values}
        self.values |= {key: self.controls[key].clean(values[key]) for key in sorted(known)}
        for redraw in self._watching:
            redraw()
        return self

    def drawing(self) -> Drawing:
        """Return what is to be seen at the present values."""
        return self.draw(**self.values)

    def picture(self) -> plots.Picture:
        """Return a still picture of the present state."""
        return picture(self.drawing())

    def __repr__(self) -> str:
        state = ", ".join(f"{c.label} {c.text(self.values[k])}" for k, c in self.controls.items())
        return f"<{self.name}: {state}>"

    def widget(self):
        """Return a new view of this chart for front-ends that take anywidget's JavaScript."""
        from gancourse.live.chart_view import ChartWidget  # ipywidgets, only where a page shows it

        return ChartWidget(self)

    def core_widget(self):
        """Return a new view of this chart made of core ipywidgets: sliders and an image."""
        from gancourse.live.chart_view import core_view

        return core_view(self)
