"""Lesson 07's widget: which output pixels each input pixel feeds, how often, and the size."""

import torch
from torch import Tensor
from torch.nn import functional as F

from gancourse.live.charts import Chart
from gancourse.live.controls import Choice, Slider
from gancourse.live.drawings import Drawing, Grip
from gancourse.plots import Mark, Panel, columns

UP, DOWN = "transposed", "convolution"
SIDES = {UP: 7, DOWN: 14}  # how many input pixels there are
ROLE = {UP: "G", DOWN: "D"}  # who uses it


def feed_pixels(layer: str = UP, k: int = 3, s: int = 2, p: int = 1, **values) -> Chart:
    """Return the chart of one row of pixels above, the layer's output below, and the overlaps.

    Controls: `layer` (a "transposed" convolution of 7 pixels, a "convolution" of 14), kernel `k`,
    stride `s` and padding `p`; the grip above chooses the input `pixel` whose arrows are coloured.
    Raises InputError for an unknown layer.
    """
    controls = {
        "layer": Choice("layer", (UP, DOWN), layer),
        "k": Slider("kernel k", 1, 7, 1, k),
        "s": Slider("stride s", 1, 3, 1, s),
        "p": Slider("padding p", 0, 3, 1, p),
        "pixel": Slider("input pixel", 0, max(SIDES.values()) - 1, 1, 3, shown=False),
    }
    return Chart("which pixels a layer feeds", _draw, controls).set(**values)


def _matrix(layer: str, k: int, s: int, p: int) -> Tensor:
    """Return how often input pixel i feeds output pixel j, [inputs, outputs]: torch's own layer."""
    apply = F.conv_transpose1d if layer == UP else F.conv1d
    units = torch.eye(SIDES[layer])[:, None]  # [inputs, 1, inputs], one picture for each pixel
    return apply(units, torch.ones(1, 1, k), stride=s, padding=p)[:, 0]


def _draw(layer: str, k: float, s: float, p: float, pixel: float) -> Drawing:
    k, s, p = int(k), int(s), int(p)
    fed = _matrix(layer, k, s, p)
    pixel = min(int(pixel), len(fed) - 1)
    counts = fed.sum(0 if layer == UP else 1)
    inner = _inner(counts, s)
    grip = Grip("input pixel", (pixel, 1), x="pixel", role=ROLE[layer])
    panels = (_arrows(layer, fed, _places(layer, fed, k, s, p), pixel), _counts(layer, counts))
    numbers = {"output side": str(fed.shape[1]), "by formula": _formula(layer, k, s, p),
               "overlaps inside": _spelled(inner)}  # fmt: skip
    return Drawing(panels, _words(layer, fed[pixel], pixel, inner), numbers, (grip,))


def _places(layer: str, fed: Tensor, k: int, s: int, p: int) -> Tensor:
    """Return where each output pixel stands below the inputs: in the middle of what feeds it."""
    j = torch.arange(fed.shape[1])
    return (j + p - (k - 1) / 2) / s if layer == UP else j * s - p + (k - 1) / 2


def _arrows(layer: str, fed: Tensor, places: Tensor, pixel: int) -> Panel:
    others = fed.clone()
    others[pixel] = 0
    marks = (
        _feeding(others, places),
        _feeding(fed - others, places, ROLE[layer]),
        Mark("points", torch.arange(len(fed)), torch.ones(len(fed))),
        Mark("points", places, torch.zeros(len(places)), role=ROLE[layer]),
    )
    left, right = min(0.0, places.min().item()) - 0.5, max(len(fed) - 1, places.max().item()) + 0.5
    ylabel, title = "output below, input above", "What each input pixel feeds"
    return Panel(marks, "place, in input pixels", ylabel, (left, right), (-0.25, 1.25), title)


def _feeding(fed: Tensor, places: Tensor, role: str = "") -> Mark:
    i, j = fed.nonzero(as_tuple=True)
    x, top = i.float(), torch.full((len(i),), 0.95)
    return Mark("arrows", x, top, "", role, places[j] - x, -0.9 * torch.ones(len(i)))


def _counts(layer: str, counts: Tensor) -> Panel:
    """Return bars: how many inputs feed an output, or how many outputs read an input."""
    xlabel, title = (("output pixel", "How many inputs feed each output") if layer == UP else
                     ("input pixel", "How many outputs read each input"))  # fmt: skip
    return Panel((columns(counts, role=ROLE[layer]),), xlabel, "overlap count",
                 (-1, len(counts)), (0, max(4.0, counts.max().item() + 0.5)), title)  # fmt: skip


def _inner(counts: Tensor, s: int) -> list[int]:
    """Return the overlap counts in the middle, over one period of the stride."""
    start = (len(counts) - s + 1) // 2
    return sorted({int(count) for count in counts[start : start + s]})


def _formula(layer: str, k: int, s: int, p: int) -> str:
    n = SIDES[layer]
    if layer == UP:
        return f"({n} - 1) x {s} - 2 x {p} + {k}"
    return f"floor(({n} + 2 x {p} - {k}) / {s}) + 1"


def _spelled(counts: list[int]) -> str:
    return " and ".join(map(str, counts)) + (", uneven" if len(counts) > 1 else ", even")


def _words(layer: str, mine: Tensor, pixel: int, inner: list[int]) -> str:
    fed = mine.nonzero()[:, 0].tolist()
    if not fed:
        return f"Input pixel {pixel} feeds no output pixel; inside, overlaps are {_spelled(inner)}."
    named = ", ".join(map(str, fed))
    return (
        f"Input pixel {pixel} feeds output pixel{'s' * (len(fed) > 1)} {named}; inside, overlaps "
        f"are {_spelled(inner)}."
    )
