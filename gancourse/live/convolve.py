"""Lesson 07's first widget: a kernel laid on a picture, and the one number that it gives there."""

import torch
from torch import Tensor
from torch.nn import functional as F

from gancourse.live.charts import Chart
from gancourse.live.controls import Choice, Slider
from gancourse.live.drawings import Drawing, Grip
from gancourse.plots import Mark, Panel

KERNELS = {
    "left edges": [[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]],
    "upper edges": [[-1.0, -2, -1], [0, 0, 0], [1, 2, 1]],
    "blur": [[1.0, 2, 1], [2, 4, 2], [1, 2, 1]],
    "one pixel": [[0.0, 0, 0], [0, 1, 0], [0, 0, 0]],
}
SIDE = 14
START = {"column": 4, "up": 6}


def digit() -> Tensor:
    """Return a 7 of 14 x 14 pixels from 0 to 9, the same everywhere."""
    x = torch.zeros(SIDE, SIDE)
    x[2:4, 3:11] = 9
    for i in range(9):  # its stem, slanted
        x[3 + i, 9 - i // 2 - 1 : 9 - i // 2 + 1] = 9
    soft = F.avg_pool2d(F.pad(x[None, None], (1, 1, 1, 1)), 3, 1)[0, 0]
    return (0.6 * x + 0.4 * soft).round()


def convolved(x: Tensor, kernel: str, s: int, p: int) -> Tensor:
    """Return torch's own convolution of x [H, W] with a kernel of KERNELS, [H', W']."""
    w = torch.tensor(KERNELS[kernel])
    return F.conv2d(x[None, None], w[None, None], stride=s, padding=p)[0, 0]


def slide_kernel(kernel: str = "left edges", s: int = 1, p: int = 0, **values) -> Chart:
    """Return the chart of a 3 x 3 kernel on a picture, and of all that it gives at a stride.

    Controls: `kernel` (one of KERNELS), stride `s` and padding `p`; the grip on the right moves the
    window, by its output's place: `column` from the left, `up` from below. Raises InputError for an
    unknown kernel.
    """
    last = SIDE + 1
    controls = {
        "kernel": Choice("kernel", tuple(KERNELS), kernel),
        "s": Slider("stride s", 1, 3, 1, s),
        "p": Slider("padding p", 0, 2, 1, p),
        "column": Slider("column", 0, last, 1, START["column"], shown=False),
        "up": Slider("rows from below", 0, last, 1, START["up"], shown=False),
    }
    return Chart("a kernel laid on a picture", _draw, controls).set(**values)


def _draw(kernel: str, s: float, p: float, column: float, up: float) -> Drawing:
    s, p, x, w = int(s), int(p), digit(), torch.tensor(KERNELS[kernel])
    out = convolved(x, kernel, s, p)
    side = len(out)
    i, j = side - 1 - min(int(up), side - 1), min(int(column), side - 1)
    padded = F.pad(x, (p, p, p, p))
    window = padded[i * s : i * s + 3, j * s : j * s + 3]
    top, left = len(padded) - i * s, j * s  # in cells of the padded picture, from below and left
    panels = (
        _cells("The picture, 0 to 9; the window is on it", padded, 9.0, (left, top - 3, 3)),
        _cells("What the kernel gives at each place", out, max(1.0, out.abs().max().item()),
               (j, side - 1 - i, 1)),
    )  # fmt: skip
    grip = Grip("the window", (j, side - 1 - i), "column", "up", "D", True, panel=1)
    numbers = {"here": f"{out[i, j]:g}", "from": f"{len(x)} x {len(x)}", "to": f"{side} x {side}"}
    return Drawing(panels, _sum(window, w), numbers, (grip,))


def _sum(window: Tensor, w: Tensor) -> str:
    """Return the sum in words, the products that are not zero."""
    terms = [f"{a:g} x {b:g}" for a, b in zip(w.flatten(), window.flatten(), strict=True) if a * b]
    return f"{' + '.join(terms) or '0'} = {(w * window).sum():g}".replace("+ -", "- ")


def _cells(title: str, x: Tensor, top: float, box: tuple[int, int, int]) -> Panel:
    """Return numbers [H, W] as squares: ink above 0, the fakes' colour below; with a frame."""
    side = len(x)
    row, column = torch.meshgrid(torch.arange(side), torch.arange(side), indexing="ij")
    at = (column.flatten(), (side - 1 - row).flatten())
    shade = (x / top).flatten()
    left, low, wide = box
    corners = torch.tensor([[0.0, 0], [1, 0], [1, 1], [0, 1], [0, 0]])
    frame = corners * wide + torch.tensor([left, low]) - 0.5
    marks = (
        Mark("cells", *at, x2=shade.clamp(min=0)),
        Mark("cells", *at, role="q", x2=(-shade).clamp(min=0)),
        Mark("line", *frame.T, role="D"),
    )
    limits = (-0.5, side - 0.5)
    return Panel(marks, "column", "row, from below", limits, limits, title, equal=True)
