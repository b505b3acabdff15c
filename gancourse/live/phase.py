"""Lesson 04's widget: the phase plane of the Dirac-GAN. Start where you click, watch the path."""

import numpy as np

from gancourse.live.charts import Chart
from gancourse.live.controls import Choice, Slider
from gancourse.live.drawings import Drawing, Grip
from gancourse.live.recorded.traced import tabled
from gancourse.losses import LOSSES
from gancourse.maths import dynamics
from gancourse.plots import Mark, Panel, cross, field_arrows

LIMIT, STEPS = 2.5, 400
PENALTIES = {  # as shown: the penalty and its weight
    "none": ("none", 0.0),
    "R1, weight 0.3": ("R1", 0.3),
    "R1, weight 1": ("R1", 1.0),
    "R1, weight 5": ("R1", 5.0),
    "instance noise, sd 1": ("instance noise", 1.0),
    "WGAN-GP, weight 0.1": ("WGAN-GP", 0.1),
    "WGAN-GP, weight 0.8": ("WGAN-GP", 0.8),
    "consensus, weight 0.3": ("consensus", 0.3),
}


def phase_plane(loss: str = "minimax", penalty: str = "none", h: float = 0.2, **values) -> Chart:
    """Return the chart of a path of both players, and of their losses along it.

    Controls: `loss`, `penalty` (see PENALTIES), the step size `h`, the `order` of the updates, and
    the start (`theta`, `psi`), which the dot on the plane moves. Raises InputError for an unknown
    name.
    """
    start = {"low": -LIMIT, "high": LIMIT, "step": 0.05, "shown": False}
    controls = {
        "loss": Choice("loss", tuple(LOSSES), loss),
        "penalty": Choice("penalty", tuple(PENALTIES), penalty),
        "h": Slider("step size h", 0.05, 1.0, 0.05, h),
        "order": Choice("order of updates", dynamics.ORDERS, "simultaneous"),
        "theta": Slider("start of G", value=1.0, **start),
        "psi": Slider("start of D", value=1.0, **start),
    }
    return Chart("phase plane of the Dirac-GAN", _draw, controls).set(**values)


def _draw(loss: str, penalty: str, h: float, order: str, theta: float, psi: float) -> Drawing:
    field = dynamics.dirac(loss, *PENALTIES[penalty])
    states = dynamics.path(field, (theta, psi), h, STEPS, order)
    numbers = _numbers(field, states, h, order)
    start = Grip("start", (theta, psi), x="theta", y="psi", anywhere=True)
    panels = (_plane(field, states), _curves(loss, states))
    return Drawing(panels, _words(states), numbers, (start,))


def _plane(field: dynamics.Field, states: np.ndarray) -> Panel:
    marks = (
        field_arrows(field, LIMIT),
        cross(LIMIT),
        Mark("line", *states.T),
    )
    limits = (-LIMIT, LIMIT)
    title = "Click to choose the start"
    return Panel(marks, "G's number θ", "D's number ψ", limits, limits, title, equal=True)


def _curves(loss: str, states: np.ndarray) -> Panel:
    steps, curves = np.arange(len(states)), dynamics.losses_along(loss, states)
    every = np.clip(np.concatenate(curves), -5, 10)
    marks = [Mark("line", steps, y, name, name[0].upper())
             for name, y in zip(("d_loss", "g_loss"), curves, strict=True)]  # fmt: skip
    ylim = (every.min() - 0.2, every.max() + 0.2)
    title = "Losses without penalty and noise"
    return Panel(tuple(marks), "step", "loss", (0, STEPS), ylim, title)


def _numbers(field: dynamics.Field, states: np.ndarray, h: float, order: str) -> dict[str, str]:
    rests = np.abs(field(np.array([1e-9, 1e-9]))).max() < 1e-6
    modulus = _modulus(field, h, order) if rests else None
    first, last = (np.hypot(*states[i]) for i in (0, -1))
    return {
        "modulus of a step at 0": f"{modulus:.4f}" if rests else "none: 0 is no rest",
        "distance at the start": f"{first:.2f}",
        f"after {STEPS} steps": f"{last:.3g}",
    }


def _modulus(field: dynamics.Field, h: float, order: str) -> float:
    J = dynamics.jacobian(field)
    return tabled(lambda step: dynamics.modulus(J, step, order), h)


def _words(states: np.ndarray) -> str:
    distance = np.hypot(*states.T)
    first, late = distance[0], distance[-STEPS // 4 :]
    if first == 0:
        return "Started at the equilibrium, the players stay there."
    if late.max() < 0.01 * first:
        return "The path converges to the equilibrium."
    if late.max() >= dynamics.ENOUGH:
        return "The path leaves for good."
    grown = late.max() / first
    trend = "nearer to" if grown < 0.9 else "further from" if grown > 1.1 else "as far from"
    than = "as" if trend == "as far from" else "than"
    return (
        f"In the last quarter the path is {trend} the equilibrium {than} at the start: at most "
        f"{grown:.2g} times that distance."
    )
