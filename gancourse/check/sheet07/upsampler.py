"""Exercise 07.2: from a side to a larger one."""

import torch
from torch import Tensor
from torch.nn import functional as F

from gancourse.check import facts
from gancourse.check.spec import Again, Draw, Exercise, Part, Wrong
from gancourse.check.student import Handle, Student


def _layer(value: object) -> tuple[int, int, int]:
    """Return kernel, stride and padding; Wrong unless they are three whole numbers."""
    if isinstance(value, Tensor) and value.shape == (3,):
        value = list(value)
    if not isinstance(value, list) or len(value) != 3:
        raise Wrong(f"The answer should be three numbers k, s, p, and is {facts.describe(value)}.")
    found = [facts.number(v, name) for v, name in zip(value, "ksp", strict=True)]
    if any(v != round(v) for v in found):
        raise Wrong(
            "k, s and p are whole numbers; k - s must be even, for half of it is cut off at either "
            "end."
        )
    k, s, p = map(round, found)
    if k < 1 or s < 1 or p < 0:
        raise Wrong("A kernel and a stride are at least 1, and a padding is not below 0.")
    return k, s, p


def _upsampler(student: Student, fn: Handle, n: int, m: int) -> tuple[int, int, int]:
    return _layer(student.call(fn, [n, m]))


def _judge_size(k: int, s: int, p: int, n: int, m: int) -> None:
    """Raise Wrong unless torch's own layer makes m of n."""
    side = (n - 1) * s - 2 * p + k
    if side == m:
        return
    if (m + 2 * p - k) // s + 1 == n and side < m:
        raise Wrong(
            f"A convolution takes {m} to {n} with these, but the way back stops at {side}: the "
            "stride rounds down, so solve (n - 1) s - 2p + k = m."
        )
    if (n + 2 * p - k) // s + 1 == m:
        raise Wrong(
            f"A convolution takes {n} to {m} with these. The layer here is a transposed one, and "
            f"makes {side}: (n - 1) s - 2p + k."
        )
    raise Wrong(
        f"A transposed convolution with k = {k}, s = {s}, p = {p} makes {side} of {n}, not {m}: "
        "its side is (n - 1) s - 2p + k."
    )


EVEN_STRIDES, ODD_STRIDES = (2, 4, 6), (3, 5, 7)


def _sides(draw: Draw) -> tuple[int, int]:
    """Return the smallest side that the prompt names, and another one."""
    return 8, draw.integer(9, 30)


def sizes_double(student: Student, fn: Handle, draw: Draw) -> None:
    for n in _sides(draw):
        _judge_size(*_upsampler(student, fn, n, 2 * n), n, 2 * n)


def sizes_larger(student: Student, fn: Handle, draw: Draw) -> None:
    for s in (*ODD_STRIDES, *EVEN_STRIDES):
        for n in _sides(draw):
            _judge_size(*_upsampler(student, fn, n, s * n), n, s * n)


def _judge_overlap(k: int, s: int, p: int, n: int, wanted: int) -> None:
    if s != wanted:
        raise Wrong(f"For {wanted} times the side the stride should be {wanted}, and yours is {s}.")
    if k % s:
        raise Wrong(
            f"Checkerboard: with k = {k} and s = {s} some pixels are fed {-(-k // s)} times, "
            f"others {k // s} (along a row): the stride must divide the kernel."
        )
    if k < 2 * s:
        raise Wrong(
            f"With k = s = {k} the stamps only touch: no pixel is fed by two inputs, and each "
            "input paints a tile of its own. Take a larger multiple of s."
        )
    counts = F.conv_transpose1d(torch.ones(1, 1, n), torch.ones(1, 1, k), stride=s, padding=p)[0, 0]
    quarter = -(-len(counts) // 4)  # rounded up: no more than the middle half is asked
    half = counts[quarter:-quarter]
    if half.min() < half.max():
        raise Wrong(
            f"k = {k} is so large for {n} inputs that the border, where some are missing, reaches "
            "the middle half: take a smaller multiple of s."
        )


def sizes_overlap(student: Student, fn: Handle, draw: Draw) -> None:
    for wanted in (*EVEN_STRIDES, *ODD_STRIDES):
        for n in _sides(draw):
            k, s, p = _upsampler(student, fn, n, wanted * n)
            _judge_size(k, s, p, n, wanted * n)
            _judge_overlap(k, s, p, n, wanted)


TWICE, LARGER, EVEN = "twice the side", "up to seven times the side", "even overlaps"
EXERCISE = Exercise(
    "07.2",
    "choosing kernel, stride, padding",
    points=6,
    minutes=15,
    parts=(
        Part(TWICE, 2, sizes_double),
        Part(LARGER, 1, sizes_larger),
        Part(EVEN, 2, sizes_overlap),
        Part("other sides", 1, Again((sizes_double, sizes_larger, sizes_overlap)), shown=False),
    ),
    names=("upsampler",),
    promises=(
        ("a transposed convolution that makes $m = s\\,n$ pixels of $n$", TWICE),
        ("for $n \\ge 8$ and $s$ from 2 to 7", LARGER),
        (
            "fed by the same number of inputs, two or more",
            EVEN,
        ),
        ("No `output_padding`", TWICE),
    ),
)
