"""Does a conditional generator give what it is asked for, and all of it? Lesson 13.

The ruler, a classifier of the same images, says which class it sees. It errs on real images too:
that is the ceiling of obedience. Coverage is counted within each class, against real images of that
class alone: a generator that always gives the same seven obeys and covers next to nothing.
"""

import functools
import math
from dataclasses import dataclass

import torch
from torch import Tensor

from gancourse import machine
from gancourse.data import ImageSet, load_images
from gancourse.errors import InputError
from gancourse.score import measures
from gancourse.score.ruler import features, load_ruler


@dataclass(frozen=True)
class Labels:
    """How well images fit the labels that were asked for; shares from 0 to 1, by class in order.

    Coverage is NaN for a class with too few real test images, and left out of the means.
    """

    obedience: float  # perfect: `ceiling`; images that the ruler gives their label
    ceiling: float  # the same share of real test images, with their own labels
    obedience_by_class: tuple[float, ...]
    coverage_by_class: tuple[float, ...]  # perfect: `expected_by_class`
    expected_by_class: tuple[float, ...]  # mean coverage of as many real images of the class

    @property
    def class_coverage(self) -> float:
        """The mean of the classes' coverage."""
        return _mean(self.coverage_by_class)

    @property
    def class_coverage_of_real(self) -> float:
        """The mean coverage that as many real images would reach."""
        return _mean(self.expected_by_class)


def obedience(images: Tensor, y: Tensor, data: str = "mnist") -> float:
    """Return the share of images [N, 1, 28, 28] in which the ruler sees their label y [N].

    Raises InputError where images and labels are not as many, and as `load_ruler` does.
    """
    return _right(_seen(images, _fitting(images, y), data)[1], y)


def ceiling(data: str = "mnist") -> float:
    """Return the obedience of the real test images, which the ruler has not learnt from."""
    return _right(_test(data)[1], _test(data)[2])


def coverage_by_class(images: Tensor, y: Tensor, data: str = "mnist") -> list[float]:
    """Return for each class the coverage of its real test images by the images of that label.

    It is 0 for a class with no image, and never quite 1: `measures.expected_coverage`. It is NaN
    where a class has no more than `measures.NEIGHBOURS_DC` real test images. Raises InputError as
    `obedience` does.
    """
    fake, _ = _seen(images, _fitting(images, y), data)
    real, logits, y_real = _test(data)
    return _coverage(fake, y, real, y_real, logits.shape[1])[0]


@machine.threaded("scores")
def labels_report(images: Tensor, y: Tensor, data: str = "mnist") -> Labels:
    """Return obedience and coverage of images [N, 1, 28, 28], overall and by class.

    Raises InputError as `obedience` does.
    """
    fake, logits = _seen(images, _fitting(images, y), data)
    real, real_logits, y_real = _test(data)
    classes = real_logits.shape[1]
    covered, expected = _coverage(fake, y, real, y_real, classes)
    each = tuple(_right(logits[y == k], y[y == k]) for k in range(classes))
    return Labels(
        _right(logits, y), _right(real_logits, y_real), each, tuple(covered), tuple(expected)
    )


def _coverage(
    fake: Tensor, y: Tensor, real: Tensor, y_real: Tensor, classes: int
) -> tuple[list[float], list[float]]:
    """Return the coverage of each class, and what as many real images would cover on average."""
    covered, expected = [], []
    for k in range(classes):
        mine, theirs = fake[y == k], real[y_real == k]
        if len(theirs) <= measures.NEIGHBOURS_DC:
            covered.append(math.nan)
            expected.append(math.nan)
            continue
        covered.append(measures.density_coverage(mine, theirs)[1] if len(mine) else 0.0)
        expected.append(measures.expected_coverage(len(theirs), len(mine)))
    return covered, expected


def _mean(values: tuple[float, ...]) -> float:
    """Return the mean of the numbers that are known; NaN where none is."""
    known = [value for value in values if not math.isnan(value)]
    return sum(known) / len(known) if known else math.nan


def _right(logits: Tensor, y: Tensor) -> float:
    return (logits.argmax(1) == y).double().mean().item() if len(y) else 0.0


def _seen(images: Tensor, y: Tensor, data: str) -> tuple[Tensor, Tensor]:
    """Return the ruler's features [N, 64] and logits [N, K] of images."""
    ruler = load_ruler(data)
    seen = features(ruler, images)
    return seen, ruler.head(seen).detach()


def _fitting(images: Tensor, y: Tensor) -> Tensor:
    if not isinstance(y, Tensor) or y.dtype != torch.int64 or y.shape != (len(images),):
        given = f"{y.dtype} {list(y.shape)}" if isinstance(y, Tensor) else repr(y)
        raise InputError(
            f"There must be one int64 label for each of {len(images)} images, and {given} was "
            "given: give the labels that they were made for."
        )
    return y


@functools.cache
def _test(data: str) -> tuple[Tensor, Tensor, Tensor]:
    """Return features, logits and labels of the test images of a set."""
    test: ImageSet = load_images(data, "test")
    return *_seen(test.images, test.labels, data), test.labels
