"""How a control looks: described for a page, and as a core widget."""

from dataclasses import asdict

import ipywidgets
import numpy as np

from gancourse import plots
from gancourse.live.controls import Choice, Control, LogSlider, Slider, Switch

COLOURS = {"": plots.INK, **plots.ROLES}
KINDS = {Slider: "slider", Choice: "choice", LogSlider: "log", Switch: "switch"}
LAYOUT = {"width": "30em", "max_width": "100%"}


# Core widgets have no script of ours. When the page loses a kernel that it restarts, ipywidgets
# marks each widget with this class, and a style is enough to say what that means.
LOST = """<style>
.gc-core.jupyter-widgets-disconnected::after {
  content: "The kernel was restarted: run the first cell again, then this one.";
  display: block; order: -1;
  font-weight: 600; margin: 4px; padding: 8px 12px;
  color: #222; background: #fff3cd; border-left: 5px solid #d55e00;
}
.gc-core.jupyter-widgets-disconnected > * { opacity: 0.45; pointer-events: none; }
</style>"""


def core_box(*children: ipywidgets.Widget) -> ipywidgets.VBox:
    """Return core widgets below each other; the box says when its kernel was restarted."""
    box = ipywidgets.VBox([*children, ipywidgets.HTML(LOST, layout={"display": "none"})])
    return box.add_class("gc-core")


def described(key: str, control: Control) -> dict:
    """Return a control as JSON for a page."""
    own = asdict(control)
    if isinstance(control, Slider | Choice):
        own["digits"] = getattr(control, "digits", 0)
    return {"key": key, "kind": KINDS[type(control)], **own}


def core_control(control: Control) -> ipywidgets.Widget:
    """Return a core widget with the control's label; its `value` follows what is moved."""
    look = {"description": control.label, "style": {"description_width": "10em"}}
    return MAKERS[type(control)](control, look)


def _slider(control: Slider, look: dict) -> ipywidgets.FloatSlider:
    limits = {"min": control.low, "max": control.high, "step": control.step}
    digits = f".{control.digits}f"
    return ipywidgets.FloatSlider(
        value=control.value, readout_format=digits, layout=LAYOUT, **limits, **look
    )


def _dropdown(control: Choice, look: dict) -> ipywidgets.Dropdown:
    return ipywidgets.Dropdown(options=control.options, value=control.value, layout=LAYOUT, **look)


def _log_slider(control: LogSlider, look: dict) -> ipywidgets.FloatLogSlider:
    low, high = (float(np.log10(v)) for v in (control.low, control.high))
    limits = {"base": 10, "min": low, "max": high, "step": 0.05}
    return ipywidgets.FloatLogSlider(
        value=control.low, readout_format=".2g", layout=LAYOUT, **limits, **look
    )


def _checkbox(_control: Switch, look: dict) -> ipywidgets.Checkbox:
    return ipywidgets.Checkbox(**look)


MAKERS = {Slider: _slider, Choice: _dropdown, LogSlider: _log_slider, Switch: _checkbox}
