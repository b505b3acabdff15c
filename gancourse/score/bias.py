"""What FID owes to the number of samples: a bias in 1/N, and what is left without it. Lesson 11."""

from collections.abc import Sequence

import torch
from torch import Tensor

from gancourse import machine
from gancourse.errors import InputError
from gancourse.score.measures import fid


def fids_by_size(
    fake: Tensor,
    real: Tensor,
    sizes: Sequence[int],
    draws: int = 5,
    seed: int = 0,
    labels: Tensor | None = None,
) -> Tensor:
    """Return the FID of `draws` random parts of the features `fake` [N, d], for each size.

    [len(sizes), draws], float64; a part is drawn without replacement, and `real` [M, d] stays
    whole. With `labels` int64 [N] each part has as many of each class as can be. Raises InputError
    for a size beyond N.
    """
    if max(sizes) > len(fake):
        raise InputError(
            f"A part of {len(fake)} features has at most as many, and {max(sizes)} was given: "
            "draw more samples, or give smaller sizes."
        )
    rng = machine.seed_generator(seed)

    def part(n: int) -> Tensor:
        order = torch.randperm(len(fake), generator=rng)
        return fake[(order if labels is None else class_by_class(order, labels))[:n]]

    return torch.tensor(
        [[fid(part(n), real) for _ in range(draws)] for n in sizes], dtype=torch.float64
    )


def class_by_class(order: Tensor, labels: Tensor) -> Tensor:
    """Return `order` [N] with the first of each class before the second of any, and so on."""
    place = torch.zeros_like(order)  # how many of its class come before each
    for k in labels.unique():
        of_it = labels[order] == k
        place[of_it] = torch.arange(int(of_it.sum()))
    return order[place.argsort(stable=True)]


def straight_line(sizes: Sequence[int], fids: Tensor) -> tuple[float, float]:
    """Return FID_inf and c of FID_N = FID_inf + c / N, by least squares.

    `fids` are [len(sizes)] or [len(sizes), draws]. Source: Chong and Forsyth 2020, arXiv
    1911.07023, section 4.
    """
    fids = torch.as_tensor(fids, dtype=torch.float64).reshape(len(sizes), -1)
    inverse = 1 / torch.as_tensor(sizes, dtype=torch.float64)
    design = torch.stack([torch.ones_like(inverse), inverse], 1)
    found = torch.linalg.lstsq(design, fids.mean(1, keepdim=True)).solution
    return found[0].item(), found[1].item()


def exact_bell(n: int, d: int, seed: int = 0) -> Tensor:
    """Return points [n, d], float64, with a mean of exactly 0 and a covariance of exactly 1.

    For FID, which reads no more of them, they are the bell N(0, I) itself. n is more than d.
    """
    x = torch.randn(n, d, generator=machine.seed_generator(seed), dtype=torch.float64)
    x = x - x.mean(0)
    factor = torch.linalg.cholesky(torch.cov(x.T))
    return torch.linalg.solve_triangular(factor, x.T, upper=False).T
