"""Exercise 11.1: the Frechet distance of two Gaussians."""

from collections.abc import Callable

import torch
from torch import Tensor

from gancourse.check import facts
from gancourse.check.spec import Again, Draw, Exercise, Part, Wrong
from gancourse.check.student import Handle, Odd, Student, StudentError

Gaussian = tuple[Tensor, Tensor]  # mean [d] and covariance [d, d], float64
NOT_FINITE = (
    "The answer is not finite: a root of a negative number. Rounding puts eigenvalues that are 0 a "
    "little below it, and an elementwise root meets negative entries; clamp the eigenvalues at 0."
)
COMPLEX = (
    "The answer is complex: rounding puts eigenvalues that are 0 a little off the real line, and "
    "their roots are complex. Take the real part."
)
SINGULAR_STOPS = (
    "Your code stopped at a singular covariance: of fewer samples than dimensions there is neither "
    "an inverse nor a Cholesky factor; eigenvalues are there."
)


def _root(S: Tensor) -> Tensor:
    """Return the square root of a symmetric matrix without negative eigenvalues."""
    values, vectors = torch.linalg.eigh(S)
    return vectors * values.clamp(min=0).sqrt() @ vectors.T


def _apart(a: Gaussian, b: Gaussian) -> float:
    return (a[0] - b[0]).square().sum().item()


def _traces(a: Gaussian, b: Gaussian) -> float:
    return (a[1].trace() + b[1].trace()).item()


def _overlap(a: Gaussian, b: Gaussian) -> float:
    """Return the trace of (S1 S2)^(1/2), through the symmetric S1^(1/2) S2 S1^(1/2)."""
    root = _root(a[1])
    return _root(root @ b[1] @ root).trace().item()


def frechet(a: Gaussian, b: Gaussian) -> float:
    """Return |m1 - m2|^2 + tr(S1 + S2 - 2 (S1 S2)^(1/2))."""
    return _apart(a, b) + _traces(a, b) - 2 * _overlap(a, b)


def _with(overlap: Callable[[Tensor, Tensor], Tensor]) -> Callable[[Gaussian, Gaussian], float]:
    """Return the distance that comes of another matrix in place of (S1 S2)^(1/2)."""
    return lambda a, b: _apart(a, b) + _traces(a, b) - 2 * overlap(a[1], b[1]).trace().item()


MISTAKES: dict[str, Callable[[Gaussian, Gaussian], float]] = {
    "The means are forgotten: add the square of their distance.": (
        lambda a, b: frechet(a, b) - _apart(a, b)
    ),
    "The distance of the means is not squared.": (
        lambda a, b: frechet(a, b) - _apart(a, b) + _apart(a, b) ** 0.5
    ),
    "The squares of the means' differences are averaged: sum them over the dimensions.": (
        lambda a, b: frechet(a, b) - _apart(a, b) * (1 - 1 / len(a[0]))
    ),
    "Only the means are compared: add the trace of the covariances' part.": _apart,
    "The root is taken of each entry of the product S1 S2: that is no root of the matrix, which "
    "times itself gives S1 S2.": _with(lambda S, T: (S @ T).clamp(min=0).sqrt()),
    "Only the variances are compared, as if all dimensions were independent: multiply the "
    "matrices, and take the matrix's root.": _with(lambda S, T: (S * T).sqrt()),
    "This is the root of the sum S1 + S2: it is that of the product.": (
        _with(lambda S, T: _root(S + T))
    ),
    "The roots are multiplied, S1^(1/2) S2^(1/2): that is the root of S1 S2 only where the two "
    "commute, so that their axes agree.": _with(lambda S, T: _root(S) @ _root(T)),
    "The product S1 S2 is taken for a symmetric matrix, as `eigvalsh` and `eigh` do, which read "
    "its lower half alone: it is symmetric only where the two commute. Take `eigvals`.": (
        _with(lambda S, T: torch.linalg.eigvalsh(S @ T).clamp(min=0).sqrt().diag())
    ),
    "The root is missing: this takes 2 S1 S2 away.": _with(lambda S, T: S @ T),
    "The root is taken away once: it is there twice, as in (a - b)^2.": (
        lambda a, b: frechet(a, b) + _overlap(a, b)
    ),
    "The root is added: take it away.": lambda a, b: frechet(a, b) + 4 * _overlap(a, b),
    "Nothing is taken away: two equal Gaussians would be far apart.": (
        lambda a, b: _apart(a, b) + _traces(a, b)
    ),
    "The covariances' part is averaged over the diagonal: a trace is its sum.": (
        lambda a, b: _apart(a, b) + (frechet(a, b) - _apart(a, b)) / len(a[0])
    ),
    "All entries of the matrix are summed: a trace is the sum of its diagonal.": (
        lambda a, b: _apart(a, b) + (a[1] + b[1] - 2 * _product_root(a[1], b[1])).sum().item()
    ),
    "This is the root of the distance: here, as in FID, it stays squared.": (
        lambda a, b: max(frechet(a, b), 0.0) ** 0.5
    ),
}  # fmt: skip


def _product_root(S: Tensor, T: Tensor) -> Tensor:
    """Return (S T)^(1/2), which is not symmetric, from its eigenvectors."""
    values, vectors = torch.linalg.eig(S @ T)
    return (vectors * values.sqrt() @ torch.linalg.pinv(vectors)).real


def _gaussian(draw: Draw, d: int, rank: int | None = None) -> Gaussian:
    """Return a Gaussian whose covariance has this rank, or all of it."""
    mixed = draw.normal(d, rank or d).double()
    S = mixed @ mixed.T / mixed.shape[1]
    return 1.5 * draw.normal(d).double(), S if rank else S + 0.2 * torch.eye(d).double()


def _value(student: Student, fn: Handle, a: Gaussian, b: Gaussian) -> float:
    got = student.call(fn, [*a, *b])
    if isinstance(got, Odd) and ("complex" in got.what or "holds no numbers" in got.what):
        raise Wrong(COMPLEX)
    if isinstance(got, float) and not -1e300 < got < 1e300:
        raise Wrong(NOT_FINITE)
    if isinstance(got, Tensor) and got.is_floating_point() and not got.isfinite().all():
        raise Wrong(NOT_FINITE)
    return facts.number(got, "The distance", "sum over the dimensions")


def _judge(student: Student, fn: Handle, a: Gaussian, b: Gaussian) -> None:
    """Eigenvalues that are 0 come out as 1e-16 of the largest, and their roots as 1e-8 of it."""
    facts.diagnose(
        _value(student, fn, a, b), frechet(a, b), 1e-5 * max(1.0, _traces(a, b)),
        {meaning: wrong(a, b) for meaning, wrong in MISTAKES.items()},
        "This is not |m1 - m2|^2 + tr(S1 + S2 - 2 (S1 S2)^(1/2)).",
    )  # fmt: skip


def frechet_axes(student: Student, fn: Handle, draw: Draw) -> None:
    """One number, then independent dimensions; the means lie apart, and are not 0."""
    for d in (1, draw.integer(3, 5)):
        gaussians = [
            (3.0 * draw.normal(d).double(), torch.diag(0.3 + draw.normal(d).double().square()))
            for _ in range(2)
        ]
        _judge(student, fn, *gaussians)


def frechet_turned(student: Student, fn: Handle, draw: Draw) -> None:
    d = draw.integer(3, 6)
    for _ in range(2):
        _judge(student, fn, _gaussian(draw, d), _gaussian(draw, d))
    _judge(student, fn, *(_small(_gaussian(draw, d)) for _ in range(2)))


def _small(a: Gaussian) -> Gaussian:
    """Return the Gaussian in other units: the product of two covariances is of size 10^-6."""
    return 0.02 * a[0], 0.001 * a[1]


def frechet_singular(student: Student, fn: Handle, draw: Draw) -> None:
    """Both, or one, without full rank; last each against itself."""
    d = draw.integer(5, 8)
    low, other, full = _gaussian(draw, d, 3), _gaussian(draw, d, 2), _gaussian(draw, d)
    for pair in ((low, other), (full, low), (low, low), (full, full)):
        try:
            _judge(student, fn, *pair)
        except StudentError as error:
            if error.kind in ("LinAlgError", "_LinAlgError"):
                raise Wrong(SINGULAR_STOPS) from None
            raise


AXES, TURNED = "independent dimensions", "axes that differ"
SINGULAR = "singular covariances, and equal ones"
EXERCISE = Exercise(
    "11.1",
    "the Fréchet distance",
    points=6,
    minutes=15,
    parts=(
        Part(AXES, 2, frechet_axes),
        Part(TURNED, 2, frechet_turned),
        Part(SINGULAR, 1, frechet_singular),
        Part(
            "other Gaussians",
            1,
            Again((frechet_axes, frechet_turned, frechet_singular)),
            shown=False,
        ),
    ),
    names=("frechet",),
    withheld=("gancourse.score.measures.fid",),
    promises=(
        (r"$|m_1 - m_2|^2 + \mathrm{tr}(S_1 + S_2 - 2 (S_1 S_2)^{1/2})$", AXES),
        ("with the root of the matrix", TURNED),
        ("one real number", SINGULAR),
        ("0 for equal Gaussians", SINGULAR),
        ("where covariances are singular", SINGULAR),
    ),
)
