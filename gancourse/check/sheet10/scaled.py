"""Exercise 10.3: data that G cannot reach."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from gancourse.check import facts
from gancourse.check.sheet10.digits import (
    DISTANCE,
    SIDE,
    Z_DIM,
    digit_G,
    frechet,
    pixels,
    train_digits,
)
from gancourse.check.sheet10.shared import FAULTY, N_SAMPLES, in_band
from gancourse.check.spec import Again, Draw, Exercise, Part, Wrong
from gancourse.check.student import Handle, Student


def _of_pixels(student: Student, scaled: Handle, x: Tensor) -> Tensor:
    return facts.tensor(student.call(scaled, [x]), x.shape, "What scaled returns")


RANGE_MISTAKES: dict[str, Callable[[Tensor], Tensor]] = {
    FAULTY.format(
        "the real pixels run from -0.42 to 2.82, and tanh ends at 1. No G can make white, and D "
        "tells every sample by that."
    ): lambda x: (x / 255 - 0.1307) / 0.3081,
    "The data run from 0 to 1: half of what tanh can give stays unused, and its middle, where G "
    "begins, is black.": lambda x: x / 255,
    "The data run from 0 to 2, and tanh from -1 to 1: subtract 1.": lambda x: x / 127.5,
    "Values beyond tanh's range are cut off: several greys become one white, and G learns pictures "
    "that are not the data.": lambda x: ((x / 255 - 0.1307) / 0.3081).clamp(-1, 1),
    "The data are bent by a tanh of their own: greys lie no longer evenly between black and "
    "white.": lambda x: ((x / 255 - 0.1307) / 0.3081).tanh(),
    "255 becomes 0.992 and 0 becomes -1: greys run from 0 to 255, and the middle is 127.5.": (
        lambda x: x / 128 - 1
    ),
    "0 becomes -0.996 and 255 becomes 0.996: divide by what lies between the middle and an end.": (
        lambda x: (x - 127.5) / 128
    ),
    "The picture is turned into its negative: 0 becomes -1 and 255 becomes 1.": (
        lambda x: 1 - x / 127.5
    ),
    "The data are only centred: from -0.5 to 0.5 half of what tanh can give stays unused.": (
        lambda x: x / 255 - 0.5
    ),
    "White is well within reach, and the range is not filled: divided by 3 the same numbers run "
    "from -0.14 to 0.94.": lambda x: (x / 255 - 0.1307) / 0.3081 / 3,
}
ROOM = 0.002  # half a grey is 0.004: (x - 128) / 128 ends at 0.992, and is no answer


def _judge_range(got: Tensor, x: Tensor) -> None:
    facts.diagnose(
        got,
        x.double() / 127.5 - 1,
        ROOM,
        {meaning: wrong(x.double()) for meaning, wrong in RANGE_MISTAKES.items()},
        "The pixels 0 to 255 should fill tanh's range, -1 to 1, in even steps.",
    )


def range_fits(student: Student, scaled: Handle, draw: Draw) -> None:
    ramp = torch.arange(2.0 * SIDE * SIDE) % 256  # every grey at least once
    x = ramp[torch.randperm(len(ramp), generator=draw.generator())].view(2, -1)
    _judge_range(_of_pixels(student, scaled, x), x)
    if not torch.equal(student.left()["given"][0], x):
        raise Wrong(
            "scaled writes over the pixels that it is given: whoever asks twice would get them "
            "scaled twice. Make new numbers, with no `_` at the end of an operation."
        )


def range_of_a_batch(student: Student, scaled: Handle, draw: Draw) -> None:
    for N in (draw.integer(2, 6), 1):
        _dim(student, scaled, draw, N)
    _darkest(student, scaled, draw)


def _dim(student: Student, scaled: Handle, draw: Draw, N: int) -> None:
    x = 60.0 + 100.0 * torch.rand(N, SIDE * SIDE, generator=draw.generator())
    got = _of_pixels(student, scaled, x)
    stretched = 2 * (x - x.min()) / (x.max() - x.min()) - 1
    low, high = x.amin(1, keepdim=True), x.amax(1, keepdim=True)
    each = 2 * (x - low) / (high - low) - 1
    if facts.near(got, stretched, 6 * ROOM) or facts.near(got, each, 6 * ROOM):
        raise Wrong(
            "The scale depends on the batch: a dim batch is stretched until its brightest pixel is "
            "white. The same pixel should always become the same number."
        )
    _judge_range(got, x)


def _darkest(student: Student, scaled: Handle, draw: Draw) -> None:
    """Batches whose pixels are a few of 255 at most, or 1, and one that is all black."""
    for brightest in (draw.integer(2, 4), 1, 0):
        x = (torch.rand(2, SIDE * SIDE, generator=draw.generator()) * (brightest + 1)).floor()
        got = student.call(scaled, [x])
        known = isinstance(got, Tensor) and got.shape == x.shape
        if not (known and facts.near(got, x.double() / 127.5 - 1, ROOM)):
            raise Wrong(
                f"A batch whose brightest pixel is {brightest} of 255 is nearly black, and should "
                f"stay so: the pixels run from 0 to 255 in each batch, and {brightest} becomes "
                f"{brightest / 127.5 - 1:.3f} in this one, too."
            )


def _scaled_run(student: Student, scaled: Handle, draw: Draw) -> None:
    x_real = _of_pixels(student, scaled, pixels()).float()
    G = digit_G(student, draw).here.float()
    train_digits(G, x_real, draw)
    x = _drawn(G, draw)
    distance, limits = frechet(x, x_real), (x_real.min().item(), x_real.max().item())
    if distance > DISTANCE:
        beyond = (x_real.abs() > 1.02).double().mean().item()
        raise Wrong(
            FAULTY.format(
                f"after its training the samples lie {distance:.2f} from the data (in health "
                f"{DISTANCE} at most). The real pixels run from {limits[0]:.2f} to "
                f"{limits[1]:.2f}, {100 * beyond:.0f} in 100 of them outside of tanh's range."
            )
        )


def _drawn(G: nn.Module, draw: Draw) -> Tensor:
    G.eval()
    with torch.no_grad():
        return G(draw.normal(N_SAMPLES, Z_DIM)).flatten(1)


def range_repaired(student: Student, scaled: Handle, draw: Draw) -> None:
    in_band(student, "The training", lambda: _scaled_run(student, scaled, draw))


FITS, DIM = "the pixels fill what G can give", "a dim batch stays dim"
REPAIRED = "the repaired run draws digits"
EXERCISE = Exercise(
    "10.3",
    "a D that never doubts",
    points=6,
    minutes=10,
    parts=(
        Part(FITS, 2, range_fits),
        Part(DIM, 1, range_of_a_batch),
        Part(REPAIRED, 2, range_repaired, seconds=90.0),
        Part("other pixels", 1, Again((range_fits, range_of_a_batch)), shown=False),
    ),
    names=("scaled",),
    withheld=("gancourse.clinic.working.scaled",),
    promises=(
        ("all of tanh's range, and no more", FITS),
        ("Return pixels [N, 196] from 0 to 255", DIM),
        ("the repaired run must reach the band of healthy runs", REPAIRED),
    ),
)
