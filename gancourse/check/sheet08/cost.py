"""Exercise 08.1: what a stack of convolutions costs."""

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

import torch
from torch import Tensor

from gancourse.check import facts
from gancourse.check.spec import Again, Draw, Exercise, Part, Wrong
from gancourse.check.student import Handle, Student


def _blocks(channels: Sequence[int], side: int, up: bool) -> Iterator[tuple[int, int, int, int]]:
    """Yield for each block its channels in and out, and the sides of its input and its output."""
    for n_in, n_out in pairwise(channels):
        after = side * 2 if up else side // 2
        yield n_in, n_out, side, after
        side = after


def _weights(channels: Sequence[int], kernel: int = 16) -> int:
    return sum(kernel * n_in * n_out for n_in, n_out in pairwise(channels))


def _flop(channels: Sequence[int], side: int, up: bool) -> int:
    blocks = _blocks(channels, side, up)
    return sum(32 * a * b * (before if up else after) ** 2 for a, b, before, after in blocks)


WEIGHT_MISTAKES: dict[str, Callable[[Sequence[int]], int]] = {
    "The weights count the biases too: these blocks have none.": (
        lambda c: _weights(c) + sum(c[1:])
    ),
    "The weights count one 4 x 4 kernel for each output channel: there is one for each pair of an "
    "input and an output channel.": lambda c: 16 * sum(c[1:]),
    "The weights count one number for each pair of channels: each pair has a kernel of 4 x 4.": (
        lambda c: _weights(c, 1)
    ),
    "The weights take 4 numbers for a kernel: it is 4 x 4, so it has 16.": (
        lambda c: _weights(c, 4)
    ),
    "Blocks with the same channels are counted once: each has weights of its own.": (
        lambda c: sum(16 * a * b for a, b in {*pairwise(c)})
    ),
    "The weights are those of the last block alone: add all blocks.": lambda c: _weights(c[-2:]),
    "The weights are those of the first block alone: add all blocks.": lambda c: _weights(c[:2]),
}


def _swapped(channels: Sequence[int], side: int, up: bool) -> int:
    blocks = _blocks(channels, side, up)
    return sum(32 * a * b * (after if up else before) ** 2 for a, b, before, after in blocks)


def _constant_side(channels: Sequence[int], side: int, up: bool) -> int:
    return 2 * _weights(channels) * (side if up else side // 2) ** 2


def _linear_side(channels: Sequence[int], side: int, up: bool) -> int:
    blocks = _blocks(channels, side, up)
    return sum(32 * a * b * (before if up else after) for a, b, before, after in blocks)


def _wrong_positions(up: bool) -> str:
    if up:
        return (
            "The FLOP are four times too many: a transposed convolution puts one kernel down for "
            "each input position, not for each output position."
        )
    return (
        "The FLOP are four times too many: a convolution of stride 2 puts its kernel on every "
        "second position, so count the output's positions."
    )


def _flop_mistakes(channels: Sequence[int], side: int, up: bool) -> dict[str, float]:
    right = _flop(channels, side, up)
    return {
        "These are multiply-adds: each is two FLOP, one multiplication and one addition.": (
            right / 2
        ),
        _wrong_positions(up): _swapped(channels, side, up),
        "The side stays the same for all blocks here: each block doubles or halves it.": (
            _constant_side(channels, side, up)
        ),
        "The FLOP count one row of positions: a picture has side x side of them.": (
            _linear_side(channels, side, up)
        ),
        "The FLOP count each weight once: it is used at each position of the kernel.": (
            2 * _weights(channels)
        ),
        "`up` is not heeded: it says which way the side goes, whether the channels get fewer or "
        "more.": _flop(channels, side, not up),
        "The FLOP count has overflowed: whole numbers of 32 bits end at 2,147,483,647.": (
            (right + 2**31) % 2**32 - 2**31
        ),
        "The FLOP count has lost digits: float32 is exact up to 16,777,216 only.": (
            torch.tensor(float(right)).item()
        ),
    }


def _stack(
    draw: Draw, up: bool, blocks: int = 2, alike: bool = False, turned: bool = False
) -> list:
    """Return the arguments of a call: channels, side and up; no two mistakes give one number.

    Where they are `alike`, all blocks but one have the same channels; where it is `turned`, a
    generator widens and a discriminator narrows.
    """
    steps = [draw.integer(3, 40) * 4 + 1 for _ in range(1 if alike else blocks)]
    steps *= blocks if alike else 1
    channels = [*steps, 1] if up != turned else [1, *reversed(steps)]
    return [channels, draw.choice([3, 5, 7]) * (1 if up else 2**blocks), up]


def _cost(student: Student, fn: Handle, given: list) -> list:
    got = student.call(fn, given)
    if isinstance(got, Tensor) and got.shape == (2,):
        got = list(got)
    if not isinstance(got, list) or len(got) != 2:
        raise Wrong(
            f"cost should return two numbers, weights and FLOP, and gave {facts.describe(got)}."
        )
    return got


def _judge_weights(got: list, channels: Sequence[int]) -> None:
    facts.diagnose(
        facts.number(got[0], "The number of weights", "sum over the blocks"),
        _weights(channels),
        0.5,  # a whole number
        {what: wrong(channels) for what, wrong in WEIGHT_MISTAKES.items()},
        "The number of weights is not the sum of 16 x channels in x channels out over the blocks.",
    )


def _judge_flop(got: list, channels: Sequence[int], side: int, up: bool) -> None:
    facts.diagnose(
        facts.number(got[1], "The number of FLOP", "sum over the blocks"),
        _flop(channels, side, up),
        0.5,
        _flop_mistakes(channels, side, up),
        "The number of FLOP is not the sum over the blocks of 2 x weights x positions of the "
        "kernel.",
    )


BLOCKS = (  # first what tells mistakes apart
    (2, False), (1, False), (4, False), (4, True), (3, False, True),
)  # fmt: skip


def cost_weights(student: Student, fn: Handle, draw: Draw) -> None:
    for up in (False, True):
        for blocks in BLOCKS:
            given = _stack(draw, up, *blocks)
            _judge_weights(_cost(student, fn, given), given[0])


def cost_down(student: Student, fn: Handle, draw: Draw) -> None:
    for blocks in BLOCKS:
        given = _stack(draw, False, *blocks)
        _judge_flop(_cost(student, fn, given), *given)
    _judge_large(student, fn, draw, False)


def cost_up(student: Student, fn: Handle, draw: Draw) -> None:
    for blocks in BLOCKS:
        given = _stack(draw, True, *blocks)
        _judge_flop(_cost(student, fn, given), *given)
    _judge_large(student, fn, draw, True)


def _judge_large(student: Student, fn: Handle, draw: Draw, up: bool) -> None:
    """Judge a stack whose FLOP neither 32 bits nor float32 hold."""
    sides = [2 * n * (1 if up else 2) for n in range(30, 51)]
    stacks = [[[255, 511, 127], side, up] for side in sides]
    given = draw.choice([s for s in stacks if torch.tensor(float(_flop(*s))).item() != _flop(*s)])
    _judge_flop(_cost(student, fn, given), *given)


WEIGHTS, DOWN, UP = "the weights", "the FLOP of a discriminator", "the FLOP of a generator"
EXERCISE = Exercise(
    "08.1",
    "what a stack of convolutions costs",
    points=6,
    minutes=15,
    parts=(
        Part(WEIGHTS, 1, cost_weights),
        Part(DOWN, 2, cost_down),
        Part(UP, 2, cost_up),
        Part("other stacks", 1, Again((cost_weights, cost_down, cost_up)), shown=False),
    ),
    names=("cost",),
    promises=(
        ("Each block has 4 x 4 kernels, stride 2, padding 1, no bias", WEIGHTS),
        ("With `up` it is a transposed convolution that doubles the side", UP),
        ("else a convolution that halves it", DOWN),
        ("the stack's weights", WEIGHTS),
        ("its FLOP for one image: two for each multiply-add, borders counted in full", DOWN),
    ),
)
