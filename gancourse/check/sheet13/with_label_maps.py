"""Exercise 13.1: a label as maps."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import one_hot

from gancourse.check import facts
from gancourse.check.spec import Again, Draw, Exercise, Part, Wrong
from gancourse.check.student import Handle, Student

ALONG_BATCH = (
    "The maps are joined along the batch: more images, not more channels. The channels' axis is 1."
)
ONE_CHANNEL = (
    "The label comes as one channel with a number: then class 9 is nine times class 1, and 4 lies "
    "between 3 and 5. Give each class a channel of its own."
)
ONLY_SEEN = (
    "There are fewer maps than classes: how many there are may not depend on the labels that a "
    "batch happens to have. Give one_hot their number."
)
ONLY_MAPS = "These are the maps alone: join them to x, after its own channels."


@dataclass(frozen=True)
class Case:
    """Images and their labels."""

    x: Tensor  # [N, C, H, W]
    y: Tensor  # int64 [N]
    classes: int

    def given(self) -> list:
        return [self.x, self.y, self.classes]

    @property
    def hot(self) -> Tensor:
        return one_hot(self.y, self.classes).double()  # [N, classes]

    def spread(self, rows: Tensor) -> Tensor:
        """Return numbers [N, K] as constant maps [N, K, H, W]."""
        return rows[:, :, None, None].expand(-1, -1, *self.x.shape[2:])

    def joined(self, maps: Tensor) -> Tensor:
        return torch.cat([self.x.double(), maps], 1)


Join = Callable[[Case], Tensor]


def _right(c: Case) -> Tensor:
    return c.joined(c.spread(c.hot))


def _shuffled(c: Case) -> Tensor:
    """Return maps that a view has cut across: numbers repeated one after the other."""
    H, W = c.x.shape[2:]
    return c.joined(c.hot.repeat(1, H * W).view(len(c.x), c.classes, H, W))


def _one_place(c: Case) -> Tensor:
    maps = torch.zeros(len(c.x), c.classes, *c.x.shape[2:], dtype=torch.float64)
    maps[:, :, 0, 0] = c.hot
    return c.joined(maps)


MISTAKES: dict[str, Join] = {
    "The maps come before x: its own channels are first.": (
        lambda c: torch.cat([c.spread(c.hot), c.x.double()], 1)
    ),
    "The maps are cut across by the view: a map is 1 everywhere or 0 everywhere.": _shuffled,
    "Only one pixel of a map is set: a map is 1 everywhere where the image has its label.": (
        _one_place
    ),
    "0 and 1 have changed places: a map is 1 where the image has its label.": (
        lambda c: c.joined(c.spread(1 - c.hot))
    ),
    "The maps hold -1 and 1: they are 0 for all classes but one.": (
        lambda c: c.joined(c.spread(2 * c.hot - 1))
    ),
    "Each label is one too far: classes count from 0.": (
        lambda c: c.joined(c.spread(c.hot.roll(1, 1)))
    ),
    "Each label is one too low: classes count from 0.": (
        lambda c: c.joined(c.spread(c.hot.roll(-1, 1)))
    ),
    "All images have the label of the first one: each has its own.": (
        lambda c: c.joined(c.spread(c.hot[:1].expand_as(c.hot)))
    ),
    "All images have the labels of the whole batch: each has its own.": (
        lambda c: c.joined(c.spread(c.hot.amax(0, keepdim=True).expand_as(c.hot)))
    ),
    "The maps hold the number of the label: a 1 says which map it is, and that is enough.": (
        lambda c: c.joined(c.spread(c.hot * c.y[:, None]))
    ),
    "The maps hold the image: they are 1 where it has their label, whatever it shows.": (
        lambda c: c.joined(c.spread(c.hot) * c.x[:, :1].double())
    ),
    "The maps stand in the opposite order: that of class 0 is the first.": (
        lambda c: c.joined(c.spread(c.hot.flip(1)))
    ),
    "The maps are 1 divided by the number of classes: they are 1.": (
        lambda c: c.joined(c.spread(c.hot / c.classes))
    ),
    "x has changed: its own channels stay as they are.": (
        lambda c: torch.cat([torch.zeros_like(c.x).double(), c.spread(c.hot)], 1)
    ),
}
SQUARE: dict[str, Join] = {  # where there are as many images as classes
    "The one-hot rows lie along the wrong axis: row i, column k is 1 where image i has label k. "
    "Here classes stand along the batch.": lambda c: c.joined(c.spread(c.hot.T)),
}
NOT_MAPS = (
    "These are not the channels of x, and then one map for each class: 1 everywhere in images with "
    "that label, 0 everywhere in the others."
)


def _case(draw: Draw, N: int, C: int, size: tuple[int, int], classes: int) -> Case:
    """Return a case whose labels tell the batch from the classes."""
    while True:
        y = torch.tensor([draw.integer(0, classes - 1) for _ in range(N)])
        hot = one_hot(y, classes)
        if N == 1 or not (len(y.unique()) == 1 or (classes == N and torch.equal(hot, hot.T))):
            return Case(draw.normal(N, C, *size), y, classes)


def _joined(student: Student, fn: Handle, c: Case) -> Tensor:
    """Return what the answer gives, of the right shape; Wrong that names the axis else."""
    got = student.call(fn, c.given())
    N, C, H, W = c.x.shape
    if isinstance(got, Tensor):
        seen = {len(c.y.unique()), int(c.y.max()) + 1} - {c.classes}
        some = tuple(got.shape) in {(N, C + k, H, W) for k in seen}
        if some and torch.equal(got[:, :C], c.x) and (got[:, C:].amax(1) == 1).all():
            raise Wrong(ONLY_SEEN)
        if tuple(got.shape) == (N, c.classes, H, W):
            raise Wrong(ONLY_MAPS)
        if c.classes > 1 and got.shape[1:] == (C + 1, H, W):
            raise Wrong(ONE_CHANNEL)
        if got.dim() == 4 and len(got) > N:
            raise Wrong(ALONG_BATCH)
    return facts.tensor(got, (N, C + c.classes, H, W), "What comes back")


def _judge(student: Student, fn: Handle, c: Case, more: dict[str, Join] = MISTAKES) -> None:
    mistakes = {meaning: wrong(c) for meaning, wrong in more.items()}
    facts.diagnose(_joined(student, fn, c), _right(c), 1e-6, mistakes, NOT_MAPS)


def maps_of_labels(student: Student, fn: Handle, draw: Draw) -> None:
    """Square images; as many as there are classes, and then fewer."""
    classes, side = draw.integer(4, 6), draw.integer(7, 9)
    _judge(student, fn, _case(draw, classes, 1, (side, side), classes), SQUARE | MISTAKES)
    _judge(student, fn, _case(draw, 3, 1, (side, side), classes))


def maps_of_any_size(student: Student, fn: Handle, draw: Draw) -> None:
    """Several channels, images that are not square, one image alone, classes that do not occur.

    Then large images, images of one pixel, and one class.
    """
    _judge(student, fn, _case(draw, draw.integer(4, 5), draw.integer(2, 3), (3, 5), 7))
    _judge(student, fn, _case(draw, 1, 1, (5, 3), 4))
    low = _case(draw, 4, 2, (4, 6), 3)
    _judge(student, fn, Case(low.x, low.y, 10))
    for N, C, size, classes in ((3, 1, (70, 34), 3), (4, 2, (1, 1), 3), (1, 2, (3, 4), 1)):
        _judge(student, fn, _case(draw, N, C, size, classes))


def maps_gradient(student: Student, fn: Handle, draw: Draw) -> None:
    c = _case(draw, 4, 2, (3, 5), 3)
    shape = (len(c.x), c.x.shape[1] + c.classes, *c.x.shape[2:])
    _joined(student, fn, c)
    along = draw.normal(*shape)
    (got,) = student.call_with_grads(fn, c.given(), [0], along)["grads"]
    if got is None:
        raise Wrong(
            "No gradient reaches x: G learns through these channels, so join the maps to x itself, "
            "with its graph."
        )
    want = along[:, : c.x.shape[1]]
    if not facts.near(facts.tensor(got, want.shape, "The gradient by x"), want, 1e-5):
        raise Wrong("The gradient by x is not that of its own channels: they come out unchanged.")


MAPS, SIZES, GRADIENT = "the maps", "images of any size", "the gradient by x"
EXERCISE = Exercise(
    "13.1",
    "a label as maps",
    points=6,
    minutes=10,
    parts=(
        Part(MAPS, 3, maps_of_labels),
        Part(SIZES, 1, maps_of_any_size),
        Part(GRADIENT, 1, maps_gradient),
        Part(
            "other images",
            1,
            Again((maps_of_labels, maps_of_any_size, maps_gradient)),
            shown=False,
        ),
    ),
    names=("with_label_maps",),
    withheld=("gancourse.nets.label_maps",),
    promises=(
        ("`classes` more channels after its own", MAPS),
        ("1 everywhere in images with that label, 0 everywhere in the others", MAPS),
        ("Images may have any size and number of channels", SIZES),
        ("a batch need not have all labels", SIZES),
        ("The gradient must reach `x`", GRADIENT),
    ),
)
