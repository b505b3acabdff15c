"""Stacked MNIST: three digits as the colours of one picture, hence 1,000 kinds. Lesson 12.

`python tools/tables stacked` trains on it; the data set is VEEGAN's (Srivastava et al. 2017, arXiv
1705.07761), the numbers of pictures and samples are PacGAN's (Lin et al. 2018, arXiv 1712.04086).
"""

import functools
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from gancourse import machine
from gancourse.data import ImageSet, load_images
from gancourse.errors import InputError, at_least
from gancourse.score.ruler import classify, load_ruler

PICTURES, SAMPLES, KINDS = 128_000, 26_000, 1_000  # to learn from; to score; of three digits
CHUNK = 500  # pictures classified at a time


@dataclass(frozen=True)
class StackedReport:
    """How many of the 1,000 kinds some pictures show, and how evenly."""

    modes: int
    of: int
    reverse_kl: float  # nats; 999 / 2N for N pictures of a perfect sampler

    def __str__(self) -> str:
        return f"{self.modes} of {self.of} kinds, reverse KL {self.reverse_kl:.3f}"


def stack(images: ImageSet, n: int = PICTURES, seed: int = 0) -> ImageSet:
    """Return n pictures uint8 [n, 3, 28, 28] of three digits each, drawn from a seed.

    The digits a, b, c are drawn alike and apart; the label is 100 a + 10 b + c. Raises InputError
    for n below 1, and for images that are not grey or have other than ten classes.
    """
    if images.images.shape[1] != 1 or len(images.class_names) != 10:
        raise InputError(
            f"Grey images of ten classes are stacked, and {images!r} was given: give digits."
        )
    index = torch.randint(
        len(images), (at_least("n", n, 1), 3), generator=machine.seed_generator(seed)
    )
    x = torch.stack([images.images[column, 0] for column in index.T], 1)  # [n, 3, 28, 28]
    names = tuple(f"{number:03d}" for number in range(KINDS))
    labels = _number(images.labels[index])
    return replace(images, images=x, labels=labels, class_names=names)


def kinds(x: Tensor, data: str = "mnist") -> Tensor:
    """Return the number 0..999 that each picture [N, 3, 28, 28] shows, by the ruler of `data`."""
    ruler = load_ruler(data)
    said = [classify(ruler, part.flatten(0, 1)[:, None]).argmax(1) for part in x.split(CHUNK)]
    return _number(torch.cat(said).view(-1, 3))


def stacked_report(numbers: Tensor) -> StackedReport:
    """Return how many of the 1,000 kinds are among numbers int64 [N], and their reverse KL.

    A kind counts with at least one picture; the reverse KL is sum_k (n_k / N) log(1000 n_k / N).
    """
    share = torch.bincount(numbers, minlength=KINDS).double() / len(numbers)
    return StackedReport(
        int((share > 0).sum()), KINDS, torch.xlogy(share, KINDS * share).sum().item()
    )


@functools.cache
def of_real(data: str = "mnist", n: int = SAMPLES) -> dict:
    """Return what n pictures of test digits score, and the share that the ruler misreads."""
    real = stack(load_images(data, "test"), n, seed=99)
    numbers = kinds(real.images, real.name)
    found = stacked_report(numbers)
    return {
        "modes_of_real": found.modes,
        "reverse_kl_of_real": found.reverse_kl,
        "misread": (numbers != real.labels).double().mean().item(),
    }


def _number(digits: Tensor) -> Tensor:
    return (digits * torch.tensor([100, 10, 1])).sum(1)  # of [N, 3]
