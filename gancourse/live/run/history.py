"""A run's curves for a page: read from the device in pieces, thinned, as panels."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

from gancourse import plots
from gancourse.errors import InputError
from gancourse.plots import Mark, Panel
from gancourse.train import COLUMNS, State

NORMS_EVERY = 10  # steps: at each one it would cost a small net a tenth of its speed
SHOWN = 200  # points of a curve, at most
ROOM = 1.06  # beside the last step, so that its number has a place on the axis


def gradient_norm(net: nn.Module) -> Tensor:
    """Return the length of the gradient that the last step left in a net's weights, a scalar."""
    return nn.utils.get_total_norm(p.grad for p in net.parameters() if p.grad is not None)


class Log:
    """What a state's steps saw, as numbers. Nothing waits for the device but `read`.

    `rows` [N, 4] is the history (columns as in `train.COLUMNS`); `norms` [M, 3] has the step and
    the norms of D's and G's gradients.
    """

    def __init__(self, state: State):
        self.state = state
        self.rows, self.norms = np.empty((0, len(COLUMNS))), np.empty((0, 3))
        self._waiting: list[tuple[int, Tensor]] = []

    def note(self) -> None:
        """Measure both gradients now and then; call it after a step of both players."""
        state = self.state
        if state.step % NORMS_EVERY == 0:
            norms = torch.stack([gradient_norm(state.D), gradient_norm(state.G)])
            self._waiting.append((state.step, norms))

    def read(self) -> None:
        """Read what is new. Raises InputError at the first number that is not finite."""
        new = self.state.history[len(self.rows) :]
        if not new:
            return
        first = len(self.rows)
        self.rows = np.concatenate([self.rows, plots.to_numpy(torch.stack(new))])
        self._read_norms()
        bad = np.argwhere(~np.isfinite(self.rows[first:]))
        if len(bad):
            step, column = bad[0]
            raise diverged(f"{COLUMNS[column]} is {new[step][column]:g}", first + step + 1)

    def _read_norms(self) -> None:
        if self._waiting:
            steps, norms = zip(*self._waiting, strict=True)
            table = np.column_stack([steps, plots.to_numpy(torch.stack(norms))])
            self.norms, self._waiting = np.concatenate([self.norms, table]), []

    def last(self, name: str, n: int = 20) -> float | None:
        """Return the mean of a column over the last n steps, or None before the first one."""
        return float(self.rows[-n:, COLUMNS.index(name)].mean()) if len(self.rows) else None

    def panels(self) -> tuple[Panel, Panel, Panel]:
        """Return losses, what D says, and gradient norms by step, each curve thinned."""
        xlim = (0.0, ROOM * max(10, len(self.rows)))
        step, rows = thinned(np.arange(1, len(self.rows) + 1), self.rows)
        at, norms = in_pieces(self.norms[:, 0], np.log10(self.norms[:, 1:].clip(1e-12)))
        half = Mark("dashed", xlim, [0.5, 0.5], "1/2: cannot tell")
        says = (half, *_curves(step, rows[:, 2:], "pq", COLUMNS[2:]))
        return (
            _panel(
                _curves(step, rows[:, :2], "DG", COLUMNS[:2]), xlim, "What each player minimises"
            ),
            Panel(says, "step", "", xlim, (0, 1), "What D says: probability of real"),
            _panel(_curves(at, norms, "DG", ("of D", "of G")), xlim, "Gradient norm, power of 10"),
        )


def diverged(what: str, step: int) -> InputError:
    """Return the error for a run whose numbers are not finite any more."""
    return InputError(
        f"At step {step} {what}: the run has diverged; start again with smaller learning rates."
    )


def thinned(x: np.ndarray, y: np.ndarray, most: int = SHOWN) -> tuple[np.ndarray, np.ndarray]:
    """Return at most `most` points: means of x [N] and of y [N, K] over equal stretches."""
    if len(x) <= most:
        return x, y
    starts = np.arange(0, len(x), -(-len(x) // most))
    sizes = np.diff(np.append(starts, len(x)))
    return np.add.reduceat(x, starts) / sizes, np.add.reduceat(y, starts) / sizes[:, None]


def in_pieces(at: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Thin steps `at` [N] and y [N, K], with NaN where steps were taken that nothing measured.

    A line through the points then breaks there: those steps were another dashboard's.
    """
    ends = np.flatnonzero(np.diff(at) > NORMS_EVERY) + 1
    parts = []
    for xs, ys in zip(np.split(at, ends), np.split(y, ends), strict=True):
        gap = [np.full(1, np.nan), np.full((1, y.shape[1]), np.nan)]
        parts += [gap, thinned(xs, ys, max(1, SHOWN * len(xs) // max(1, len(at))))]
    return tuple(np.concatenate(column) for column in zip(*parts[1:], strict=True))


def _curves(x: np.ndarray, y: np.ndarray, roles: str, names: Sequence[str]) -> tuple[Mark, ...]:
    columns = zip(y.T, roles, names, strict=True)
    return tuple(Mark("line", x, column, name, role) for column, role, name in columns)


def _panel(marks: tuple[Mark, ...], xlim: tuple[float, float], title: str) -> Panel:
    every = np.concatenate([mark.y for mark in marks])
    ylim = plots.range_around(every) if np.isfinite(every).any() else (0.0, 1.0)
    return Panel(marks, "step", "", xlim, ylim, title)
