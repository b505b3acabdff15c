"""Known cases: what the scores say of images whose fault is known. Lesson 11.

`python -m gancourse.score.known mnist` prints the table.
"""

import argparse
from collections.abc import Callable
from dataclasses import replace

import torch
from torch import Tensor
from torchvision.transforms.functional import gaussian_blur

from gancourse import machine
from gancourse.data import IMAGE_SETS, ImageSet, load_images
from gancourse.score.images import ImageReport, Reference, report
from gancourse.score.ruler import load_ruler

Case = Callable[[ImageSet, int, torch.Generator], Tensor]
FEW = 50  # training images, copied again and again
COLUMNS = ("FID", "KID", "prec.", "recall", "density", "cover.", "KL", "copies", "copied")


def _drawn(images: Tensor, n: int, rng: torch.Generator) -> Tensor:
    return images[torch.randperm(len(images), generator=rng)[:n]]


def copied(train_set: ImageSet, n: int, rng: torch.Generator) -> Tensor:
    """Return n training images: real against real, and nothing but copies."""
    return _drawn(train_set.images, n, rng)


def few(train_set: ImageSet, n: int, rng: torch.Generator) -> Tensor:
    """Return 50 training images, again and again."""
    return _drawn(train_set.images, FEW, rng).repeat(-(-n // FEW), 1, 1, 1)[:n]


def no_zeros(train_set: ImageSet, n: int, rng: torch.Generator) -> Tensor:
    """Return n training images, none of the class 0."""
    return _drawn(train_set.images[train_set.labels != 0], n, rng)


def blurred(train_set: ImageSet, n: int, rng: torch.Generator) -> Tensor:
    """Return n training images behind a Gaussian blur of one pixel."""
    return gaussian_blur(copied(train_set, n, rng), 7, 1.0)


def collapsed(train_set: ImageSet, n: int, rng: torch.Generator) -> Tensor:
    """Return one blurred training image n times."""
    return blurred(train_set, 1, rng).repeat(n, 1, 1, 1)


def noise(train_set: ImageSet, n: int, rng: torch.Generator) -> Tensor:
    """Return n images of uniform noise."""
    return torch.randint(0, 256, (n, 1, 28, 28), generator=rng, dtype=torch.uint8)


CASES: dict[str, Case] = {
    "training images": copied,
    "50 of them, repeated": few,
    "no class 0": no_zeros,
    "blurred": blurred,
    "one image, repeated": collapsed,
    "noise": noise,
}


def known_cases(reference: Reference, n: int = 10_000, seed: int = 0) -> dict[str, ImageReport]:
    """Return the report on up to n images of each of CASES, and on one half of the test images.

    That half is measured against the other one: the only images here that are real, new to the
    ruler, and no copies.
    """
    n = min(n, len(reference.train_set))
    reports = {"test half against half": half_against_half(reference, seed)}
    for name, case in CASES.items():
        x = case(reference.train_set, n, machine.seed_generator(seed))
        reports[name] = report(reference, x, seed)
    return reports


def half_against_half(reference: Reference, seed: int = 0) -> ImageReport:
    """Return the report on a random half of the test images against the other half."""
    test = reference.test_set
    order = torch.randperm(len(test), generator=machine.seed_generator(seed))
    mine, other = order.chunk(2)
    half = replace(test, images=test.images[other], labels=test.labels[other])
    return report(replace(reference, test_set=half), test.images[mine], seed)


def table(reports: dict[str, ImageReport]) -> str:
    """Return one line for each report."""
    head = f"{'':24}" + "".join(f"{name:>10}" for name in COLUMNS)
    return "\n".join([head, *(f"{name:24}{_cells(r)}" for name, r in reports.items())])


def _cells(r: ImageReport) -> str:
    numbers = (f"{r.fid:.2f}", f"{r.kid:.4f}", f"{r.precision:.3f}", f"{r.recall:.3f}",
               f"{r.density:.3f}", f"{r.coverage:.3f}", f"{r.class_kl:.4f}", f"{r.copies:.1%}",
               "yes" if r.memorised else "no")  # fmt: skip
    return "".join(f"{cell:>10}" for cell in numbers)


def main() -> None:
    """Print the table of known cases of one image set."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", choices=sorted(IMAGE_SETS))
    parser.add_argument("--n", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    images, test = load_images(options.data), load_images(options.data, "test")
    reference = Reference(load_ruler(options.data), images, test)
    print(table(known_cases(reference, options.n, options.seed)))


if __name__ == "__main__":
    main()
