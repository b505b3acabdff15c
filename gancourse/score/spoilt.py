"""Real digits with a fault of a known size, and what six scores say of them. Lesson 11.

The fakes are test images, spoilt; they are compared with other test images, and with training
images for copies. Unspoilt they are as good as can be, and every score is held against what it
says of those.
"""

import functools
from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torchvision.transforms.functional import gaussian_blur

from gancourse import machine
from gancourse.data import ImageSet, load_images
from gancourse.errors import choose
from gancourse.score import copies, measures
from gancourse.score.ruler import Ruler, features, load_ruler

FAKES, REAL, TRAINING, PROBED = 1000, 2000, 10_000, 200  # images: a drag must be answered at once
BLUR, NOISE, FEWEST = 2.0, 0.5, 50  # at the amount 1: sd in pixels, sd in grey, images left


@dataclass(frozen=True, eq=False)
class Spoilt:
    """Images with a fault: uint8 [N, 1, 28, 28], what was done to them, and their scores."""

    images: Tensor
    what: str
    scores: dict[str, float]  # by name: FID, MNIST score, new, precision, recall, coverage


@dataclass(frozen=True, eq=False)
class Evaluator:
    """The six scores, with what they compare to, and the pool of test images that are spoilt."""

    pool: ImageSet  # of these some are spoilt
    real: Tensor  # features [M, 64] of the other test images
    train_set: ImageSet
    ruler: Ruler

    def scores(self, images: Tensor) -> dict[str, float]:
        """Return the six scores of uint8 images [N, 1, 28, 28]."""
        fake = features(self.ruler, images)
        precision, recall = measures.precision_recall(fake, self.real)
        return {
            "FID": measures.fid(fake, self.real),
            "MNIST score": measures.class_score(self.ruler.head(fake)),
            "new": 1 - copies.copied(images[:PROBED], self.train_set),
            "precision": precision,
            "recall": recall,
            "coverage": measures.density_coverage(fake, self.real)[1],
        }


def _some(images: Tensor, n: int, seed: int = 0) -> Tensor:
    return images[torch.randperm(len(images), generator=machine.seed_generator(seed))[:n]]


def _unspoilt(evaluator: Evaluator) -> Tensor:
    return _some(evaluator.pool.images, FAKES)


def without_classes(evaluator: Evaluator, amount: float) -> tuple[Tensor, str]:
    """Return images of the last classes only: a tenth of the amount loses one, 0.9 leaves one."""
    lost = min(round(10 * amount), 9)
    kept = evaluator.pool.images[evaluator.pool.labels >= lost]
    names = ", ".join(evaluator.pool.class_names[:lost]) or "none"
    return _some(kept, FAKES), f"classes lost: {names}"


def blurred(evaluator: Evaluator, amount: float) -> tuple[Tensor, str]:
    """Return images behind a Gaussian blur."""
    x, sd = _unspoilt(evaluator), BLUR * amount
    return (gaussian_blur(x, 13, sd) if sd else x), f"blur of sd {sd:.1f} pixels"


def noisy(evaluator: Evaluator, amount: float) -> tuple[Tensor, str]:
    """Return images with Gaussian noise on each pixel, cut to the range of grey."""
    x, sd = _unspoilt(evaluator), NOISE * amount
    noise = torch.randn(x.shape, generator=machine.seed_generator(1))
    return (x + 255 * sd * noise).clamp(0, 255).round().byte(), f"noise of sd {sd:.2f}"


def with_copies(evaluator: Evaluator, amount: float) -> tuple[Tensor, str]:
    """Return images of which a share are training images."""
    x = _unspoilt(evaluator).clone()
    taken = torch.rand(len(x), generator=machine.seed_generator(2)) < amount
    x[taken] = _some(evaluator.train_set.images, int(taken.sum()))
    return x, f"{taken.double().mean():.0%} are training images"


def fewer(evaluator: Evaluator, amount: float) -> tuple[Tensor, str]:
    """Return fewer of the images, down to 50; those that are left are as good as before."""
    x = _unspoilt(evaluator)
    n = round(len(x) * (FEWEST / len(x)) ** amount)
    return x[:n], f"{n} images in place of {len(x)}"


FAULTS: dict[str, Callable[[Evaluator, float], tuple[Tensor, str]]] = {
    "lose classes": without_classes,
    "blur": blurred,
    "noise": noisy,
    "copies": with_copies,
    "fewer samples": fewer,
}


@functools.cache
def evaluator(data: str = "mnist") -> Evaluator:
    """Return what the images of `data` are spoilt and measured with, the same every time."""
    test, train_set, ruler = load_images(data, "test"), load_images(data), load_ruler(data)
    order = torch.randperm(len(test), generator=machine.seed_generator(0))
    n = min(REAL, len(test) // 2)
    real, pool = order[:n], order[n:]
    return Evaluator(
        replace(test, images=test.images[pool], labels=test.labels[pool]),
        features(ruler, test.images[real]),
        replace(train_set, images=train_set.images[:TRAINING], labels=train_set.labels[:TRAINING]),
        ruler,
    )


@functools.lru_cache(maxsize=256)
def spoil(fault: str, amount: float, data: str = "mnist") -> Spoilt:
    """Return images with a fault of FAULTS, from none at amount 0 to much at 1, and their scores.

    Raises InputError for an unknown fault.
    """
    images, what = FAULTS[choose("fault", fault, FAULTS)](evaluator(data), amount)
    return Spoilt(images, what, evaluator(data).scores(images))


def kept(spoilt: Spoilt, unspoilt: Spoilt) -> dict[str, float]:
    """Return what is left of each score of unspoilt images; of FID, where less is better, 1 / that.

    1 is as good as unspoilt, 0 as bad as can be.
    """
    ratio = {k: v / unspoilt.scores[k] for k, v in spoilt.scores.items()}
    return ratio | {"FID": 1 / ratio["FID"]}
