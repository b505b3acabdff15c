"""Exercise 07.4: the first weights of a transposed convolution."""

import math
from collections.abc import Callable

from gancourse.check import facts
from gancourse.check.spec import Again, Draw, Exercise, Part
from gancourse.check.student import Handle, Student


def _sd(c_in: int, c_out: int, k: int, s: int, a: float) -> float:
    return (2 * s * s / ((1 + a * a) * c_in * k * k)) ** 0.5


SD_MISTAKES: dict[str, Callable[[int, int, int, int, float], float]] = {
    "The stride is forgotten: the k^2 weights of a stamp go to different outputs, and each output "
    "gets k^2 / s^2 of them from a channel.": lambda i, o, k, s, a: _sd(i, o, k, 1, a),
    "The stride counts in both directions: an output gets k^2 / s^2 products from a channel, not "
    "k^2 / s.": lambda i, o, k, s, a: _sd(i, o, k, 1, a) * s**0.5,
    "This counts the output's channels, as a gradient's way back would: an output adds up over the "
    "input's channels.": lambda i, o, k, s, a: _sd(o, i, k, s, a),
    "This counts the output's channels and forgets the stride, as PyTorch's own initialisers do "
    "here: an output adds up c_in k^2 / s^2 products.": lambda i, o, k, s, a: _sd(o, i, k, 1, a),
    "The slope is forgotten: LeakyReLU keeps (1 + a^2) / 2 of the mean square, more than ReLU's "
    "half.": lambda i, o, k, s, a: _sd(i, o, k, s, 0.0),
    "The 2 is missing: the kinked function lets only (1 + a^2) / 2 of the mean square through.": (
        lambda i, o, k, s, a: _sd(i, o, k, s, a) / 2**0.5
    ),
    "The kinked function is forgotten: LeakyReLU keeps (1 + a^2) / 2 of the mean square.": (
        lambda i, o, k, s, a: _sd(i, o, k, s, 1.0) if a else math.nan  # of ReLU: the 2
    ),
    "This is the variance of the weights: take the root.": lambda i, o, k, s, a: (
        _sd(i, o, k, s, a) ** 2
    ),
    "The slope counts squared in a mean square: (1 + a^2) / 2, not (1 + a) / 2.": (
        lambda i, o, k, s, a: _sd(i, o, k, s, a**0.5)
    ),
    "A kernel has k^2 weights for each channel, not k.": (
        lambda i, o, k, s, a: _sd(i, o, k, s, a) * k**0.5
    ),
    "This keeps the mean square of the gradients on their way back, or counts both ways: here it "
    "is that of the outputs.": lambda i, o, k, s, a: (
        (4 * s * s / ((1 + a * a) * (i + o) * k * k)) ** 0.5
    ),
}


def _judge_sd(student: Student, fn: Handle, layer: tuple[int, int, int, int, float]) -> None:
    want = _sd(*layer)
    facts.diagnose(
        facts.number(student.call(fn, list(layer)), "The sd", "all weights have one sd"),
        want,
        1e-4 * want,
        {meaning: f(*layer) for meaning, f in SD_MISTAKES.items()},
        "With weights of this sd the mean square after LeakyReLU is not that of the input.",
    )


def _channels(draw: Draw) -> tuple[int, int]:
    """Return two numbers of channels that differ by other factors than strides and kernels."""
    return draw.choice([96, 128, 160]), draw.choice([7, 11, 13, 17])


def sd_leaky(student: Student, fn: Handle, draw: Draw) -> None:
    for k, s in ((6, 3), (4, 2), draw.choice([(9, 3), (12, 4), (15, 5)])):
        _judge_sd(student, fn, (*_channels(draw), k, s, draw.uniform(0.3, 0.6)))


def sd_relu(student: Student, fn: Handle, draw: Draw) -> None:
    k, s = draw.choice([(6, 3), (9, 3), (8, 4)])
    _judge_sd(student, fn, (*_channels(draw), k, s, 0.0))


def sd_edges(student: Student, fn: Handle, draw: Draw) -> None:
    """No kink at all; a stride of 1; stamps that only touch."""
    for k, s, a in ((4, 2, 1.0), (3, 1, 0.2), (3, 3, 0.2)):
        _judge_sd(student, fn, (*_channels(draw), k, s, a))


LEAKY, RELU, EDGES = "with LeakyReLU", "with ReLU", "no kink, stride 1, no overlap"
EXERCISE = Exercise(
    "07.4",
    "the first weights of G",
    points=6,
    minutes=15,
    parts=(
        Part(LEAKY, 2, sd_leaky),
        Part(RELU, 2, sd_relu),
        Part(EDGES, 1, sd_edges),
        Part("other layers", 1, Again((sd_leaky, sd_relu, sd_edges)), shown=False),
    ),
    names=("weight_sd",),
    promises=(
        ("`c_in` to `c_out` channels, kernel `k`", LEAKY),
        ("followed by LeakyReLU of slope `a`", LEAKY),
        ("a = 0 is ReLU", RELU),
        ("stride `s` that divides `k`", EDGES),
        (
            "keeps the mean square, from its input to LeakyReLU's output, away from the border",
            LEAKY,
        ),
    ),
)
