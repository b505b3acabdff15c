"""Lesson 02's widget: slide and widen q against p; D*, the divergences and G's push follow."""

import math

import torch

from gancourse.data.toys import two_bumps
from gancourse.live.charts import Chart
from gancourse.live.controls import Choice, Slider
from gancourse.live.drawings import Drawing
from gancourse.maths import divergences
from gancourse.plots import Mark, Panel

X = divergences.line(-20, 20, 4001)  # wide enough for the KL of the widest q at the last mean
SHOWN = slice(1400, 2601, 4)  # from -6 to 6
ARROWS = slice(1400, 2601, 50)
SHAPES = {
    "one bell": divergences.log_normal(X, 0.0, 0.7),
    "two bells": two_bumps(gap=4.0, sd=0.6).log_density(X[:, None]),
}
LONGEST = 0.45  # an arrow, in units of x: a little less than from one to the next


def _densities(log_p, log_q, D) -> Panel:
    x, p, q = X[SHOWN], log_p.exp()[SHOWN], log_q.exp()[SHOWN]
    marks = (
        Mark("fill", x, p, "p, real", "p"),
        Mark("fill", x, q, "q, fake", "q"),
        Mark("line", x, D[SHOWN], "D* = p / (p + q)", "D"),
    )
    top = max(1.05, 1.1 * q.max().item())
    return Panel(marks, "x", "density; D*(x)", (-6, 6), (0, top), "The best D")


def _arrows(log_q, push) -> Mark:
    """Return the push on fake samples, where there are any; lengths shrink smoothly to LONGEST."""
    keep = log_q[ARROWS] > math.log(1e-3)
    x, v = X[ARROWS][keep], push[ARROWS][keep]
    length = LONGEST * torch.tanh(v / 3)
    return Mark("arrows", x, torch.full_like(x, -0.9), "push on G", "G", length, 0 * x)


def _integrand(log_p, log_q, logit, push) -> Panel:
    x, f = X[SHOWN], divergences.value_density(log_p, log_q, logit)[SHOWN]
    blind = divergences.value_density(log_p, log_q, torch.zeros_like(logit))[SHOWN]
    marks = (
        Mark("fill", x, f, "p log D* + q log(1 - D*)", "D"),
        Mark("dashed", x, blind, "the same with D = 1/2"),
        _arrows(log_q, push),
    )
    return Panel(marks, "x", "integrand of V", (-6, 6), (-1, 0.5), "What V sums, and G's push")


def _number(value: float) -> str:
    return f"{value:.3f}" if abs(value) < 1000 else f"{value:.0f}"


def _draw(shape: str, mean: float, width: float, loss: str) -> Drawing:
    log_p, log_q = SHAPES[shape], divergences.log_normal(X, mean, width)
    logit = divergences.optimal_logit(log_p, log_q)
    push = divergences.push(X, logit, loss)
    found = {
        "C(G)": divergences.best_value(X, log_p, log_q),
        "JSD": divergences.jsd(X, log_p, log_q),
        "KL(p‖q)": divergences.kl(X, log_p, log_q),
        "KL(q‖p)": divergences.kl(X, log_q, log_p),
        "W1": divergences.wasserstein1(X, log_p, log_q),
        "mean push on G": divergences.expectation(X, log_q, push),
    }
    numbers = {name: _number(v.item()) for name, v in found.items()}
    sentence = (
        f"JSD is {numbers['JSD']} of at most 0.693, W1 is {numbers['W1']}; with the {loss} loss, "
        f"G's samples are pushed by {numbers['mean push on G']} on average."
    )
    panels = (_densities(log_p, log_q, logit.sigmoid()), _integrand(log_p, log_q, logit, push))
    return Drawing(panels, sentence, numbers)


def slide_q(**values) -> Chart:
    """Return a chart on which q = N(mean, width^2) slides and widens under a p that stays.

    Controls: `shape` of p ("one bell", "two bells"), `mean` and `width` of q, and G's `loss`
    ("saturating", "non-saturating"), which sets the push. `values` sets where they start.
    """
    controls = {
        "mean": Slider("mean of q", -5.0, 5.0, 0.1, 2.0),
        "width": Slider("width of q (sd)", 0.1, 2.0, 0.05, 0.7),
        "shape": Choice("shape of p", tuple(SHAPES), "one bell"),
        "loss": Choice("loss of G", divergences.G_LOSSES, "saturating"),
    }
    return Chart("Slide q against p", _draw, controls).set(**values)
