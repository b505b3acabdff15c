"""How a control looks: described for a page, and as a core widget."""

from dataclasses import asdict

import ipywidgets
import numpy as np

from gancourse import plots
from gancourse.live.controls import Choice, Control, LogSlider, Slider, Switch

COLOURS = {"": plots.INK, **plots.ROLES}
KINDS = {Slider: "slider", Choice: "choice", LogSlider: "log", Switch: "switch"}
LAYOUT = {"width": "30em", "max_width": "100%"}


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
