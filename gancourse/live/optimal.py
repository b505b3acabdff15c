"""Lesson 02's widget: slide and widen q against p; D*, the divergences and G's push follow."""

import torch

from gancourse.data.toys import two_bumps
from gancourse.live.charts import Chart
from gancourse.live.controls import Choice, Slider
from gancourse.live.drawings import Drawing
from gancourse.maths import divergences
from gancourse.plots import Mark, Panel

X = divergences.line(-20, 20, 4001)  # wide enough for the KL of the widest q at the last mean
EDGE = 8.0  # of what is shown: three sd of the bell of the first setting, at the last mean
SHOWN = slice(1200, 2801, 4)  # from -EDGE to EDGE
FAKES = torch.tensor([-2.0, -1.0, 0.0, 1.0, 2.0], dtype=X.dtype)  # z of those whose push is drawn
ROWS = -1.05 - 0.1 * torch.arange(5.0)  # one below the other, so that no arrow hides another
SHAPES = {
    "one bell": divergences.log_normal(X, 0.0, 0.7),
    "two bells": two_bumps(gap=4.0, sd=0.6).log_density(X[:, None]),
}
LONGEST = 3.0  # what an arrow tends to, in units of x, as its push grows; half of it at push 1


def _densities(log_p, log_q, D) -> Panel:
    x, p, q = X[SHOWN], log_p.exp()[SHOWN], log_q.exp()[SHOWN]
    marks = (
        Mark("fill", x, p, "p, real", "p"),
        Mark("fill", x, q, "q, fake", "q"),
        Mark("line", x, D[SHOWN], "D* = p / (p + q)", "D"),
    )
    top = max(1.05, 1.1 * q.max().item())
    return Panel(marks, "x", "density; D*(x)", (-EDGE, EDGE), (0, top), "The best D")


def _pushed(mean: float, width: float, push) -> tuple[Mark, Mark]:
    """Return five fake samples and the arrow of each: its length is LONGEST |v| / (1 + |v|)."""
    every = mean + width * FAKES
    seen = every.abs() <= EDGE
    at, rows = every[seen], ROWS[seen]
    v = push[torch.searchsorted(X, at)]
    length = LONGEST * v / (1 + v.abs())
    return (
        Mark("points", at, rows, "a fake sample", "q"),
        Mark("arrows", at, rows, "the push on it", "G", length, 0 * at),
    )


def _integrand(log_p, log_q, logit, pushed: tuple[Mark, Mark]) -> Panel:
    x, f = X[SHOWN], divergences.value_density(log_p, log_q, logit)[SHOWN]
    blind = divergences.value_density(log_p, log_q, torch.zeros_like(logit))[SHOWN]
    marks = (
        Mark("fill", x, f, "p log D* + q log(1 - D*)", "D"),
        Mark("dashed", x, blind, "the same with D = 1/2"),
        *pushed,
    )
    return Panel(
        marks, "x", "integrand of V", (-EDGE, EDGE), (-1.6, 0.8), "What V sums, and G's push"
    )


def _number(value: float) -> str:
    return f"{value:z.3f}" if abs(value) < 1000 else f"{value:.0f}"


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
    pushed = _integrand(log_p, log_q, logit, _pushed(mean, width, push))
    return Drawing((_densities(log_p, log_q, logit.sigmoid()), pushed), sentence, numbers)


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
