"""The measures themselves, on features [N, d] that are there already. Lesson 11.

`real` are features of real images, `fake` of others; both lie on the CPU.
"""

import math
import warnings
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from gancourse import machine

NEIGHBOURS_PR, NEIGHBOURS_DC = 3, 5  # Kynkaanniemi et al. 2019; Naeem et al. 2020
KID_SUBSETS, KID_SIZE = 50, 1000
FEW = 200  # points whose distances are computed without a search


@dataclass(frozen=True)
class Scores:
    """How near images come to real ones. Shares are from 0 to 1."""

    fid: float  # perfect: 0
    kid: float  # 0
    precision: float  # 1; fakes that lie among the real images
    recall: float  # 1; real images that lie among the fakes
    density: float  # 1; fakes in the real neighbourhoods, against what is expected
    coverage: float  # 1; real neighbourhoods with a fake in them
    shares: tuple[float, ...]  # of each class, by the ruler's verdict
    class_kl: float  # 0; KL of the shares to the uniform distribution, in nats


def scores(fake: Tensor, real: Tensor, logits: Tensor, seed: int = 0) -> Scores:
    """Return all scores of features [N, d] against [M, d]; logits [N, K] are those of the fakes."""
    shares = class_shares(logits)
    return Scores(
        fid(fake, real),
        kid(fake, real, seed),
        *precision_recall(fake, real),
        *density_coverage(fake, real),
        tuple(shares.tolist()),
        torch.xlogy(shares, len(shares) * shares).sum().item(),
    )


def fid(fake: Tensor, real: Tensor) -> float:
    """Return the Frechet distance of features [N, d] and [M, d], by torchmetrics in float64.

    |m - m'|^2 + tr(S + S' - 2 (S S')^(1/2)) of their means and covariances. Source: Heusel et al.
    2017, arXiv 1706.08500, equation 6.
    """
    from torchmetrics.image.fid import FrechetInceptionDistance  # slow to import

    metric = FrechetInceptionDistance(_AsTheyAre(fake.shape[1])).set_dtype(torch.float64)
    metric.update(real.double(), real=True)
    metric.update(fake.double(), real=False)
    return metric.compute().item()


def kid(fake: Tensor, real: Tensor, seed: int = 0) -> float:
    """Return the squared kernel distance of features [N, d] and [M, d], by torchmetrics.

    The kernel is (<x, y> / c + 1)^3 with c the mean of |x|^2 over the real ones, where Binkowski et
    al. divide by d: so it does not depend on the features' scale, and is no number of theirs.
    It is a mean over 50 subsets of at most 1000, which `seed` draws, and unbiased: a little below 0
    is possible. Source: Binkowski et al. 2018, arXiv 1801.01401, section 4.
    """
    from torchmetrics.image.kid import KernelInceptionDistance  # slow to import

    size, gamma = min(KID_SIZE, len(fake), len(real)), 1 / real.square().sum(1).mean().item()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # it keeps all features: that is the point
        metric = KernelInceptionDistance(
            _AsTheyAre(fake.shape[1]), subsets=KID_SUBSETS, subset_size=size, gamma=gamma
        )
    metric.update(real.double(), real=True)
    metric.update(fake.double(), real=False)
    with torch.random.fork_rng(devices=[]):  # torchmetrics draws from the global random state
        torch.manual_seed(machine.seed_generator(seed).initial_seed())
        return metric.compute()[0].item()


class _AsTheyAre(nn.Module):
    """What torchmetrics calls a feature extractor, for features that are there already."""

    def __init__(self, num_features: int):
        super().__init__()
        self.num_features = num_features

    def forward(self, x: Tensor) -> Tensor:
        return x


def class_shares(logits: Tensor) -> Tensor:
    """Return the share of each class [K], float64, by the largest of logits [N, K]."""
    counts = torch.bincount(logits.argmax(1), minlength=logits.shape[1])
    return counts.double() / len(logits)


def class_score(logits: Tensor) -> float:
    """Return exp E KL(p(y|x) || p(y)) of logits [N, K]: from 1 to K, the number of classes.

    In Inception's logits it is the Inception score, in those of a classifier of digits the MNIST
    score. It sees no real image. Source: Salimans et al. 2016, arXiv 1606.03498, section 4.
    """
    log_p = logits.double().log_softmax(1)
    log_mean = log_p.logsumexp(0) - math.log(len(log_p))
    return (log_p.exp() * (log_p - log_mean)).sum(1).mean().exp().item()


def precision_recall(fake: Tensor, real: Tensor, k: int = NEIGHBOURS_PR) -> tuple[float, float]:
    """Return the share of fakes that lie among the real ones, and of real ones among the fakes.

    A point lies among others when it is no further from one of them than that one's k-th neighbour
    is. Where neighbours are far apart this is easily fooled: plain noise has a precision of 0.93
    against Fashion-MNIST. Source: Kynkaanniemi et al. 2019, arXiv 1904.06991, equations 1 to 3.
    """
    return _among(fake, real, k), _among(real, fake, k)


def _among(x: Tensor, others: Tensor, k: int) -> float:
    within = [part.any(0) for part in _within(x, others, k)]
    return torch.stack(within).any(0).double().mean().item()


def density_coverage(fake: Tensor, real: Tensor, k: int = NEIGHBOURS_DC) -> tuple[float, float]:
    """Return in how many real neighbourhoods a fake lies, over k, and the share that hold a fake.

    A real point's neighbourhood reaches to its k-th neighbour. Density exceeds 1 where fakes crowd.
    Source: Naeem et al. 2020, arXiv 2002.09797, section 3.
    """
    parts = [(part.sum().item(), part.any(1).sum().item()) for part in _within(fake, real, k)]
    held, covered = map(sum, zip(*parts, strict=True))
    return held / (k * len(fake)), covered / len(real)


def expected_coverage(n_real: int, n_fake: int, k: int = NEIGHBOURS_DC) -> float:
    """Return the mean coverage of n_fake samples of the real distribution itself, whatever it is.

    1 - prod_{i<k} (n_real - 1 - i) / (n_real + n_fake - 1 - i): all orders of the distances from a
    real point are equally likely. The mean density is 1. Source: Naeem et al. 2020, section 3.3.
    """
    left = range(n_real - k, n_real)  # n_real - 1 - i for i below k
    return 1 - math.prod(n / (n + n_fake) for n in left)


def reach(x: Tensor, k: int) -> Tensor:
    """Return the distance [N] from each row of x to its k-th neighbour, itself not counted."""
    if len(x) > FEW:
        return distances(x, x, k + 1)[0][:, k]
    exact = torch.cdist(x.double(), x.double(), compute_mode="donot_use_mm_for_euclid_dist")
    return exact.kthvalue(k + 1, 1).values


def _within(x: Tensor, centres: Tensor, k: int) -> Iterator[Tensor]:
    """Yield for 1,000 centres at a time which x lie in their neighbourhoods, bool [1000, N]."""
    limits = reach(centres, k).split(1000)
    for part, limit in zip(centres.split(1000), limits, strict=True):
        yield torch.cdist(part.double(), x.double()) <= limit[:, None]


def distances(x: Tensor, among: Tensor, k: int) -> tuple[Tensor, Tensor]:
    """Return distances [N, k] and indices [N, k] of the k rows of `among` nearest to each of x."""
    from sklearn.neighbors import NearestNeighbors  # slow to import

    found = NearestNeighbors(n_neighbors=k, algorithm="brute").fit(among.flatten(1).numpy())
    distance, index = found.kneighbors(x.flatten(1).numpy())
    return torch.from_numpy(distance), torch.from_numpy(index)
