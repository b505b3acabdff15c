"""Exercise 07.1: a convolution as a matrix."""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F

from gancourse.check import facts
from gancourse.check.spec import Again, Draw, Exercise, Part, Wrong
from gancourse.check.student import Handle, Student


def _matrix(w: Tensor, n: int, s: int, p: int) -> Tensor:
    """Return C [out * out, n * n] in float64, by torch's own layer on pictures of one pixel."""
    units = torch.eye(n * n, dtype=torch.float64).view(-1, 1, n, n)
    return F.conv2d(units, w.double()[None, None], stride=s, padding=p).flatten(1).T


MATRIX_MISTAKES: dict[str, Callable[[Tensor, int, int, int], Tensor]] = {
    "This is the matrix turned over: that is the transposed convolution. C has a row for each "
    "output and a column for each input.": lambda w, n, s, p: _matrix(w, n, s, p).T,
    "The kernel lies on the picture turned round: layers do not flip it, w[0, 0] meets the upper "
    "left pixel.": lambda w, n, s, p: _matrix(w.flip(0, 1), n, s, p),
    "Rows and columns of the kernel have changed places: w[i, j] belongs to row i and column j.": (
        lambda w, n, s, p: _matrix(w.T, n, s, p)
    ),
    "The padding is forgotten: the kernel may hang over the border by p pixels, which are 0.": (
        lambda w, n, s, p: _matrix(w, n, s, 0)
    ),
    "The stride is forgotten: the kernel moves on by s pixels.": (
        lambda w, n, s, p: _matrix(w, n, 1, p)
    ),
    "The outputs stand in another order: row by row, as flatten() reads a picture.": (
        lambda w, n, s, p: _columns_first(_matrix(w, n, s, p), 0)
    ),
    "The inputs stand in another order: row by row, as flatten() reads a picture.": (
        lambda w, n, s, p: _columns_first(_matrix(w, n, s, p), 1)
    ),
}


def _columns_first(C: Tensor, dim: int) -> Tensor:
    """Return C with the pixels along `dim` read column by column."""
    side = round(C.shape[dim] ** 0.5)
    return C.index_select(dim, torch.arange(side * side).view(side, side).T.flatten())


def _judge_matrix(student: Student, fn: Handle, w: Tensor, n: int, s: int, p: int) -> None:
    got, want = student.call(fn, [w, n, s, p]), _matrix(w, n, s, p)
    for meaning, mistake in MATRIX_MISTAKES.items():
        other = mistake(w, n, s, p)
        if _same(got, other) and not _same(got, want):
            raise Wrong(meaning)
    C = facts.tensor(got, want.shape, "C")
    if not facts.near(C, want, 1e-6 * max(1.0, w.abs().max().item())):
        raise Wrong(
            "C times the flattened picture is not the convolution: column j should be what the "
            "layer makes of a picture whose pixel j is 1 and all others 0."
        )


def _same(got: object, want: Tensor) -> bool:
    """Tell whether `got` is a tensor of that shape with those numbers."""
    return isinstance(got, Tensor) and got.shape == want.shape and facts.near(got, want, 1e-6)


def matrix_by_hand(student: Student, fn: Handle, draw: Draw) -> None:
    _judge_matrix(student, fn, draw.normal(3, 3), 4, 1, 0)


def matrix_strided(student: Student, fn: Handle, draw: Draw) -> None:
    """With pixels that a stride leaves over at the border, a kernel of one pixel, and n = k."""
    k, s, p = draw.choice([(3, 2, 1), (4, 2, 1), (2, 2, 1), (5, 2, 2)])
    for side in (5, 6):
        _judge_matrix(student, fn, draw.normal(k, k), side, s, p)
    for n, k, s, p in (
        (8, 3, 3, 1),
        (5, 1, 2, 0),
        (3, 3, 1, 0),
        (7, 4, 2, 1),
        (6, 5, 1, 2),
        (4, 2, 1, 2),
    ):
        _judge_matrix(student, fn, draw.normal(k, k), n, s, p)


def matrix_transposed(student: Student, fn: Handle, draw: Draw) -> None:
    """With a remainder that the stride leaves at the border, which no output reads."""
    w, y = draw.normal(3, 3), draw.normal(3, 3)
    C = facts.tensor(student.call(fn, [w, 8, 3, 1]), (9, 64), "C")
    layer = {"stride": 3, "padding": 1, "output_padding": 1}
    want = F.conv_transpose2d(y[None, None].double(), w[None, None].double(), **layer)[0, 0]
    if not facts.near((C.T @ y.double().flatten()).view(8, 8), want, 1e-5):
        raise Wrong("C turned over is not the transposed convolution: a column is misplaced.")


HAND, STRIDED = "a 3 x 3 kernel on a 4 x 4 picture", "with stride and padding"
TRANSPOSE = "its transpose"
EXERCISE = Exercise(
    "07.1",
    "a convolution as a matrix",
    points=6,
    minutes=15,
    parts=(
        Part(HAND, 2, matrix_by_hand),
        Part(STRIDED, 2, matrix_strided),
        Part(TRANSPOSE, 1, matrix_transposed),
        Part(
            "other kernels",
            1,
            Again((matrix_by_hand, matrix_strided, matrix_transposed)),
            shown=False,
        ),
    ),
    names=("conv_matrix",),
    promises=(
        ("$C$ times the flattened picture is the flattened output", HAND),
        ("Both are flattened row by row, as `flatten()` does", HAND),
        (
            "with kernel `w [k, k]`, stride `s` and padding `p` on pictures of `n` by `n` pixels",
            STRIDED,
        ),
        ("$C^T$ is the transposed convolution", TRANSPOSE),
    ),
)
