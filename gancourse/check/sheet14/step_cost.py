"""Exercise 14.4: the cost of a step."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import torch

from gancourse.check import facts
from gancourse.check.spec import Again, Draw, Exercise, Part, Wrong
from gancourse.check.student import Handle, Student


@dataclass(frozen=True)
class Stack:
    """What a call is given: channels of 4 x 4 convolutions of stride 2, side and batch."""

    channels: Sequence[int]
    side: int
    batch: int
    halve: Callable[[float], float] = lambda side: side // 2

    def layers(self) -> Iterator[tuple[int, int, float]]:
        """Yield for each layer its channels in and out, and the side of what it gives."""
        side = self.side
        for a, b in pairwise(self.channels):
            side = self.halve(side)
            yield a, b, side

    @property
    def kernels(self) -> list[int]:
        """How many weights each layer has."""
        return [16 * a * b for a, b in pairwise(self.channels)]

    @property
    def weights(self) -> int:
        return sum(self.kernels)

    @property
    def outputs(self) -> list[float]:
        """How many numbers each layer gives for an image."""
        return [b * side**2 for _, b, side in self.layers()]

    @property
    def kept(self) -> float:
        """How many numbers of an image are kept."""
        return self.channels[0] * self.side**2 + sum(self.outputs)

    def forward(self) -> list[float]:
        """Return the FLOP of each layer's forward pass on the batch."""
        return [32 * a * b * side**2 * self.batch for a, b, side in self.layers()]

    def flop(self) -> int:
        return 3 * sum(self.forward()) - self.forward()[0]

    def bytes(self, state: float = 4, kept: float = 1, number: int = 4) -> float:
        """Return the bytes: `state` numbers for each weight, `kept` times those of an image."""
        return number * (state * self.weights + kept * self.batch * self.kept)


def _first_by_channels(s: Stack) -> float:
    """Return the FLOP where each layer with as many inputs as the first has a product less."""
    return sum((2 if a == s.channels[0] else 3) * forward
               for a, forward in zip(s.channels, s.forward(), strict=False))  # fmt: skip


FLOP_MISTAKES: dict[str, Callable[[Stack], float]] = {
    "This is the forward pass alone: backward costs twice as much, once for the weights' gradient "
    "and once for the input's.": lambda s: sum(s.forward()),
    "Backward counts as dear as forward: it has two products for each layer, one for the weights' "
    "gradient and one for the input's.": lambda s: 2 * sum(s.forward()),
    "The images' own gradient is counted: nobody needs it, so the first layer has one product less "
    "in backward.": lambda s: 3 * sum(s.forward()),
    "These are multiply-adds: each is two FLOP.": lambda s: s.flop() / 2,
    "This is the cost of one image: a step has a batch of them.": lambda s: s.flop() / s.batch,
    "The FLOP are four times too many: with stride 2 the kernel stands on the output's places, a "
    "quarter of the input's.": lambda s: 4 * s.flop(),
    "The last layer is the one with a product less: it is the first, whose input are the images.": (
        lambda s: 3 * sum(s.forward()) - s.forward()[-1]
    ),
    "No weights' gradient is counted: backward has one for each layer, besides the input's.": (
        lambda s: 2 * sum(s.forward()) - s.forward()[0]
    ),
    "The FLOP count each weight once: it is used at each place of the kernel.": (
        lambda s: 2 * s.batch * (3 * s.weights - s.kernels[0])
    ),
    "A later layer that takes as many channels as the images have counts as the first: tell the "
    "first one by its place.": _first_by_channels,
    "Halves of pixels are counted: where a side is odd, 7, the layer gives 3 and not 3.5, since "
    "the kernel stands on whole places.": lambda s: replace(s, halve=lambda side: side / 2).flop(),
    "The count has overflowed: whole numbers of 32 bits end at 2,147,483,647, and a step has more "
    "FLOP.": lambda s: (s.flop() + 2**31) % 2**32 - 2**31,
    "The count has lost digits: float32 is exact up to 16,777,216 only.": (
        lambda s: torch.tensor(float(s.flop())).item()
    ),
    "Odd sides are rounded up: where a side is 7, kernels of 4 with stride 2 and padding 1 have 3 "
    "places, not 4.": lambda s: replace(s, halve=lambda side: -(-side // 2)).flop(),
}
BYTE_MISTAKES: dict[str, Callable[[Stack], float]] = {
    "These are numbers: one in float32 has 4 bytes.": lambda s: s.bytes() / 4,
    "Two bytes a number are 16 bits: float32 has 4.": lambda s: s.bytes(number=2),
    "Eight bytes a number are float64: float32 has 4.": lambda s: s.bytes(number=8),
    "Adam's averages are missing: it keeps two numbers for each weight.": lambda s: s.bytes(2),
    "Three numbers for each weight: the gradient, or one of Adam's two averages, is missing.": (
        lambda s: s.bytes(3)
    ),
    "One average of Adam or the gradients are counted twice: weights, gradients, and two averages "
    "are four numbers for each weight.": lambda s: s.bytes(5),
    "These are the weights and the activations: gradients and Adam's averages come on top.": (
        lambda s: s.bytes(1)
    ),
    "The activations are missing: backward needs the images and each layer's output.": (
        lambda s: s.bytes(kept=0)
    ),
    "The weights and what belongs to them are missing: these are the activations alone.": (
        lambda s: s.bytes(0)
    ),
    "The activations are those of one image: a batch is kept.": (
        lambda s: 4 * (4 * s.weights + s.kept)
    ),
    "The weights are multiplied by the batch: all images share them.": (
        lambda s: 4 * s.batch * (4 * s.weights + s.kept)
    ),
    "The images are missing: the first layer's gradient needs them.": (
        lambda s: s.bytes() - 4 * s.batch * s.channels[0] * s.side**2
    ),
    "The last layer's output is missing: what follows it, an activation or a loss, needs it.": (
        lambda s: s.bytes() - 4 * s.batch * s.outputs[-1]
    ),
    "The activations are counted twice, for the gradients too: those are freed as backward goes.": (
        lambda s: s.bytes(kept=2)
    ),
    "Layers with the same channels are counted once: each has weights of its own.": (
        lambda s: s.bytes() - 16 * (s.weights - sum(16 * a * b for a, b in {*pairwise(s.channels)}))
    ),
}


def _stack(draw: Draw, layers: int) -> Stack:
    channels = [draw.integer(1, 3), *(draw.integer(3, 20) * 2 + 1 for _ in range(layers))]
    return Stack(channels, draw.choice([3, 5, 7]) * 2**layers, draw.integer(3, 60) * 2 + 1)


def _stacks(draw: Draw) -> list[Stack]:
    """Return stacks of 1 to 5 layers, down to one pixel; images of any channels, and one alone.

    At last odd sides on the way, equal layers of as many channels as the images, and a large stack.
    """
    alike = draw.integer(2, 5)
    two, three, one, five = (_stack(draw, layers) for layers in (2, 3, 1, 5))
    return [
        replace(two, channels=[draw.choice([2, 4, 5]), *two.channels[1:]]),
        three,
        replace(one, batch=1),
        replace(five, side=2**5),
        replace(_stack(draw, 3), side=draw.choice([13, 15, 22, 27, 28])),
        replace(_stack(draw, 4), channels=[alike, alike, draw.integer(6, 9), alike, alike]),
        Stack([3, 255, 511], 2 * draw.integer(15, 20), 2 * draw.integer(100, 130)),
    ]


def _cost(student: Student, fn: Handle, s: Stack) -> list[float]:
    got = student.call(fn, [list(s.channels), s.side, s.batch])
    return facts.numbers(got, "the FLOP", "the bytes")


def cost_flop(student: Student, fn: Handle, draw: Draw) -> None:
    for s in _stacks(draw):
        facts.diagnose(
            _cost(student, fn, s)[0], s.flop(), 0.5,
            {meaning: wrong(s) for meaning, wrong in FLOP_MISTAKES.items()},
            "The FLOP are not those of one forward product for each layer and two backward, one "
            "for the first layer.",
        )  # fmt: skip


def cost_bytes(student: Student, fn: Handle, draw: Draw) -> None:
    for s in _stacks(draw):
        facts.diagnose(
            _cost(student, fn, s)[1], s.bytes(), 0.5,
            {meaning: wrong(s) for meaning, wrong in BYTE_MISTAKES.items()},
            "The bytes are not 4 for each number: four numbers for each weight, and for each image "
            "of the batch itself and all outputs.",
        )  # fmt: skip


def cost_whole(student: Student, fn: Handle, draw: Draw) -> None:
    """Both are whole numbers, and grow with the batch as they must."""
    s = _stack(draw, 2)
    (flop, bytes_), (more_flop, more) = (
        _cost(student, fn, Stack(s.channels, s.side, n)) for n in (s.batch, 2 * s.batch)
    )
    if abs(more_flop - 2 * flop) > 0.5:
        raise Wrong(
            f"With twice the batch the FLOP go from {flop:,.0f} to {more_flop:,.0f}: each image "
            "costs as much."
        )
    if abs(more - bytes_ - 4 * s.batch * s.kept) > 0.5:
        raise Wrong(
            f"With twice the batch the bytes go from {bytes_:,.0f} to {more:,.0f}: only the "
            "activations grow, by those of the images that were added."
        )


FLOP, BYTES, GROWTH = "the FLOP", "the bytes", "twice the batch"
EXERCISE = Exercise(
    "14.4",
    "the cost of a step",
    points=8,
    minutes=20,
    parts=(
        Part(FLOP, 3, cost_flop),
        Part(BYTES, 3, cost_bytes),
        Part(GROWTH, 1, cost_whole),
        Part("other stacks", 1, Again((cost_flop, cost_bytes, cost_whole)), shown=False),
    ),
    names=("step_cost",),
    withheld=("gancourse.maths.cost.step_cost", "gancourse.maths.cost.dcgan_players",
              "gancourse.maths.cost.kept_bytes"),
    promises=(
        ("its FLOP forward and backward", FLOP),
        ("2 for a multiply-add, borders in full", FLOP),
        ("the images need no gradient", FLOP),
        ("its bytes in float32", BYTES),
        ("weights, gradients, Adam's two averages, the images and each layer's output", BYTES),
        ("on `batch` images", GROWTH),
    ),
)  # fmt: skip
