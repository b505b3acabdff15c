"""Lesson 03's widget: choose a loss, move both logits, see each player's loss and its slope."""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.func import vmap

from gancourse.live.charts import Chart
from gancourse.live.controls import Choice, Slider
from gancourse.live.drawings import Drawing, Grip
from gancourse.losses import LOSSES, get_loss
from gancourse.plots import Mark, Panel

LIMIT = 6.0
GRID = torch.linspace(-LIMIT, LIMIT, 121, dtype=torch.float64)
CURVES = {  # what it is: its mark, its role and the logit that moves
    "d_loss as the real logit moves": ("line", "p", "real"),
    "d_loss as the fake logit moves": ("line", "q", "fake"),
    "g_loss as the fake logit moves": ("dashed", "G", "fake"),
}


def move_logits(loss: str = "minimax", logit_real: float = 2.0, logit_fake: float = -4.0) -> Chart:
    """Return the chart of both players' losses, and their gradients, by the logit that they move.

    The curves show what each loss becomes when one logit moves and the other one stays. Raises
    InputError for an unknown loss.
    """
    steps = {"low": -LIMIT, "high": LIMIT, "step": 0.1}
    controls = {
        "loss": Choice("loss", tuple(LOSSES), loss),
        "logit_real": Slider("logit of a real sample", value=logit_real, **steps),
        "logit_fake": Slider("logit of a fake sample", value=logit_fake, **steps),
    }
    return Chart("both players' losses by the logit", _draw, controls)


def _functions(loss: str, real: Tensor, fake: Tensor) -> dict[str, Callable[[Tensor], Tensor]]:
    """Return each curve as a function of logits [N]."""
    pair = get_loss(loss)
    of_logit = (
        lambda logit: pair.d_loss(logit, fake),
        lambda logit: pair.d_loss(real, logit),
        lambda logit: pair.g_loss(real, logit),
    )
    return dict(zip(CURVES, map(vmap, of_logit), strict=True))


def _slope(loss: Callable[[Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
    """Return a loss's derivative, of logits [N]; `torch.func.grad` would load a compiler for it."""

    def slope(logit: Tensor) -> Tensor:
        x = logit.clone().requires_grad_()
        return torch.autograd.grad(loss(x).sum(), x)[0]

    return slope


def _draw(loss: str, logit_real: float, logit_fake: float) -> Drawing:
    real, fake = torch.tensor([logit_real, logit_fake], dtype=torch.float64)
    at = {name: real if moves == "real" else fake for name, (_, _, moves) in CURVES.items()}
    losses = _functions(loss, real, fake)
    slopes = {name: _slope(f) for name, f in losses.items()}
    loss_at, slope_at = (
        [f(at[n].view(1)).item() for n, f in table.items()] for table in (losses, slopes)
    )
    panels = (
        _panel("loss", losses, [], (-6.0, 12.0)),
        _panel("gradient", slopes, [(at[n], y) for n, y in zip(at, slope_at, strict=True)]),
    )
    numbers = {"d_loss": loss_at[0], "g_loss": loss_at[2], "D's gradient, real": slope_at[0],
               "D's gradient, fake": slope_at[1], "G's gradient": slope_at[2]}  # fmt: skip
    shown = {label: f"{value + 0.0:.3f}" for label, value in numbers.items()}
    return Drawing(panels, _words(loss, *slope_at), shown, _grips(at, loss_at))


def _panel(ylabel: str, functions: dict, points: list, ylim=(-3.0, 3.0)) -> Panel:
    marks = [
        Mark(kind, GRID, functions[name](GRID), name if ylabel == "loss" else "", role)
        for name, (kind, role, _) in CURVES.items()
    ]
    for (x, y), (_, role, _) in zip(points, CURVES.values(), strict=False):
        marks.append(Mark("points", [x], [y], role=role))
    return Panel(tuple(marks), "logit", ylabel, (-LIMIT, LIMIT), ylim, ylabel)


def _grips(at: dict[str, Tensor], loss_at: list[float]) -> tuple[Grip, ...]:
    return tuple(
        Grip(f"{moves} logit", (at[name].item(), y), x=f"logit_{moves}", role=role)
        for (name, (_, role, moves)), y in zip(CURVES.items(), loss_at, strict=True)
    )


def _words(loss: str, d_real: float, d_fake: float, g_fake: float) -> str:
    """Return in a sentence which way each player pulls, and how hard."""
    return (
        f"{loss}: D pulls the real logit {_pull(d_real)} and the fake one {_pull(d_fake)}; "
        f"G pulls the fake one {_pull(g_fake)}."
    )


def _pull(slope: float) -> str:
    if round(abs(slope), 3) == 0:
        return "nowhere (0.000)"
    return f"{'down' if slope > 0 else 'up'} with {abs(slope):.3f}"
