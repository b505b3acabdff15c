"""Lesson 01's widget: bend D by hand to make V large, then move G to make it small."""

import torch

from gancourse.live.charts import Chart
from gancourse.live.controls import Slider
from gancourse.live.drawings import Drawing, Grip
from gancourse.maths import divergences
from gancourse.plots import Mark, Panel

X = divergences.line(-7, 7, 701)
LOG_P = divergences.log_normal(X, 1.0)
MEANS = divergences.line(-2, 4, 61)
LOG_QS = divergences.log_normal(X, MEANS[:, None])  # [61, 701]: one fake density for each mean
BEST = divergences.best_value(X, LOG_P, LOG_QS)  # [61]
AT = (-2.0, 0.0, 2.0)  # where the three grips hold D


def _densities(log_q, D) -> Panel:
    p, q = LOG_P.exp(), log_q.exp()
    marks = (
        Mark("fill", X, p, "p, real", "p"),
        Mark("fill", X, q, "q, fake", "q"),
        Mark("dashed", X, torch.full_like(X, 0.5), "1/2: D cannot tell"),
        Mark("line", X, D, "D, your classifier", "D"),
    )
    return Panel(marks, "x", "density; D(x)", (-5, 5), (0, 1), "What D says of each x")


def _values(logit, mean: float, value: float, best: float) -> Panel:
    yours = divergences.value(X, LOG_P, LOG_QS, logit)
    marks = (
        Mark("dashed", MEANS, BEST, "best possible D"),
        Mark("line", MEANS, yours, "your D, held still", "D"),
        Mark("points", [mean], [best]),
        Mark("points", [mean], [value], "V now", "q"),
    )
    return Panel(marks, "mean of q (G's move)", "V(D, G)", (-2, 4), (-4, 0), "What V becomes")


def _sentence(value: float, best: float) -> str:
    sentence = f"Your D reaches V = {value:.3f}; the best possible D reaches {best:.3f}."
    if best - value < 0.01:
        return sentence + " You are within 0.01: this is the best D, to the eye."
    return sentence + " Bend D to close the gap."


def _draw(left: float, middle: float, right: float, mean: float) -> Drawing:
    log_q = divergences.log_normal(X, mean)
    logit = divergences.through(X, AT, (left, middle, right))
    value = divergences.value(X, LOG_P, log_q, logit).item()
    best = divergences.best_value(X, LOG_P, log_q).item()
    keys = zip(("left", "middle", "right"), AT, (left, middle, right), strict=True)
    grips = [Grip(f"D at x = {at:g}", (at, d), y=key, role="D") for key, at, d in keys]
    peak = divergences.log_normal(torch.tensor(0.0)).exp().item()
    return Drawing(
        panels=(_densities(log_q, logit.sigmoid()), _values(logit, mean, value, best)),
        text=_sentence(value, best),
        numbers={"V(D, G)": f"{value:.3f}", "best": f"{best:.3f}", "gap": f"{best - value:.3f}"},
        grips=(*grips, Grip("mean of q", (mean, peak), x="mean", role="q")),
    )


def bend_D(**values: float) -> Chart:
    """Return a chart on which D is bent through three grips and q is moved, p = N(1, 1) staying.

    Controls: `left`, `middle`, `right` (D at -2, 0 and 2, from 0.01 to 0.99) and `mean` of q, which
    has sd 1. `values` sets where they start.
    """
    hold = {
        key: Slider(f"D at x = {at:g}", 0.01, 0.99, 0.01, 0.5)
        for key, at in zip(("left", "middle", "right"), AT, strict=True)
    }
    mean = Slider("mean of q", -2.0, 4.0, 0.1, -1.0)
    return Chart("Bend D, move G", _draw, {**hold, "mean": mean}).set(**values)
