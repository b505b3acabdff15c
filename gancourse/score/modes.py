"""How good are the samples? Points: modes covered, share of high quality, reverse KL. Lesson 11."""

from dataclasses import dataclass

import torch
from torch import Tensor

from gancourse.data.toys import Toy
from gancourse.errors import InputError

HIGH_QUALITY = 3.0  # standard deviations from the nearest mode


@dataclass(frozen=True)
class ModeReport:
    """What `mode_report` counts: of `of` modes, `modes` have a sample of high quality."""

    modes: int
    of: int
    share_high_quality: float  # 0..1
    reverse_kl: float  # nats, of all samples
    reverse_kl_high_quality: float  # nats, of those of high quality; NaN where there are none

    def __str__(self) -> str:
        share = f"{100 * self.share_high_quality:.1f} % of high quality"
        return f"{self.modes} of {self.of} modes, {share}, reverse KL {self.reverse_kl:.3f}"


def mode_report(points: Tensor, toy: Toy) -> ModeReport:
    """Return how well points [N, dim] cover the modes of a mixture.

    Each point belongs to its nearest mode and is of high quality within 3 sd of it; a mode counts
    with at least one such point. With n_k the points of mode k, the reverse KL to the uniform
    histogram is sum_k (n_k / N) log(K n_k / N). A perfect sampler has 98.89 % of high quality in
    2-D (1 - e^-4.5) and a reverse KL of (K - 1) / 2N. Source: PacGAN, arXiv 1712.04086, section
    4.1, whose program counts n_k over points of high quality alone: compare its table with
    `reverse_kl_high_quality`. Raises InputError for points of another shape, for none, and for
    points that are not finite.
    """
    points = _points(points, toy)
    distance, nearest = torch.cdist(points, toy.centres).min(1)  # [N], [N]
    good = distance <= HIGH_QUALITY * toy.sds[nearest]
    K = len(toy.centres)
    return ModeReport(
        modes=len(nearest[good].unique()),
        of=K,
        share_high_quality=good.double().mean().item(),
        reverse_kl=_reverse_kl(nearest, K),
        reverse_kl_high_quality=_reverse_kl(nearest[good], K),
    )


def _reverse_kl(nearest: Tensor, K: int) -> float:
    """Return KL(histogram || uniform) of the modes' numbers in `nearest`, NaN for none."""
    share = torch.bincount(nearest, minlength=K) / len(nearest)  # [K]
    return torch.xlogy(share, K * share).sum().item()


def _points(points: Tensor, toy: Toy) -> Tensor:
    given = f"{[*points.shape]}" if isinstance(points, Tensor) else type(points).__name__
    if given != f"[{len(points)}, {toy.dim}]" or not len(points):
        raise InputError(
            f"Points of {toy.name} are a tensor of shape [N, {toy.dim}], and {given} was given: "
            "give one point a row."
        )
    if not points.isfinite().all():
        raise InputError(
            f"Points of {toy.name} must be finite, and some are not: the generator diverged; "
            "train it with a smaller learning rate."
        )
    return points.detach().cpu().double()
