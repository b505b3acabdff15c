"""What one can measure on a GAN from outside: each function asks one question of tensors or nets.

`gancourse.clinic.signals` asks them while a run trains. Nothing here changes a net: what must be
tried out is tried on a copy.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

from gancourse.score.measures import density_coverage, distances, precision_recall

COMPONENTS = 16


def rows(x: Tensor) -> Tensor:
    """Return one whole number for each row of x [N, ...], the same for the same row: int64 [N]."""
    bits = x.detach().float().flatten(1).contiguous().view(torch.int32).long()  # [N, dim]
    place = torch.arange(1, bits.shape[1] + 1, device=bits.device)
    return (bits * (place * 0x9E3779B97F4A7C1 | 1)).sum(1)  # whole numbers: exact in any order


def auc(real: Tensor, fake: Tensor) -> float:
    """Return how often D gives a real sample the larger logit: 1 D is right, 0.5 it guesses.

    The area under the ROC curve of logits [N] and [M]; equal logits count half. NaN where a logit
    is not finite.
    """
    if not (real.isfinite().all() and fake.isfinite().all()):
        return math.nan
    over = real[:, None] - fake[None]
    return ((over > 0).double() + 0.5 * (over == 0).double()).mean().item()


def matched(total: Tensor, parts: list[Tensor]) -> tuple[int, float]:
    """Return how many of the last `parts` add up to `total`, and the share that they leave over.

    `total` is the gradient that an optimiser uses, `parts` are those that backward brought since
    its last step, all [K]. A share near 0: nothing older is in it.
    """
    best, left, size = (0, 1.0), total.clone(), total.norm().clamp(min=1e-30)
    for count, part in enumerate(reversed(parts), 1):
        left -= part
        share = (left.norm() / size).item()
        if share < best[1]:
            best = (count, share)
    return best


def cosine(a: Tensor, b: Tensor) -> float:
    """Return the cosine of the angle between two vectors [K]; 0 where one of them is 0."""
    return torch.cosine_similarity(a, b, dim=0, eps=1e-30).item()


def spread(x: Tensor) -> float:
    """Return the root of the total variance of x [N, ...]."""
    return x.double().flatten(1).var(0).sum().sqrt().item()


def fit(fake: Tensor, real: Tensor) -> dict[str, float]:
    """Return how fakes [N, ...] lie among real samples [M, ...], N and M at least 6.

    precision: the share of fakes among the real ones; coverage: of real neighbourhoods that hold a
    fake; spread and closeness: theirs over that of the real ones, for the whole and for the
    distance to the nearest neighbour. Vectors of more than COMPONENTS numbers are seen in as many
    principal components of the real ones: among pixels, everybody is everybody's neighbour.
    """
    fake, real = principal(fake.double().flatten(1), real.double().flatten(1))
    return {
        "precision": precision_recall(fake, real)[0],
        "coverage": density_coverage(fake, real)[1],
        "spread": spread(fake) / max(spread(real), 1e-12),
        "closeness": _nearest(fake) / max(_nearest(real), 1e-12),
    }


def principal(fake: Tensor, real: Tensor) -> tuple[Tensor, Tensor]:
    """Return both [N, dim] in the first COMPONENTS principal components of the real ones."""
    if real.shape[1] <= COMPONENTS:
        return fake, real
    mean = real.mean(0)
    axes = torch.linalg.svd(real - mean, full_matrices=False)[2][:COMPONENTS].T
    return (fake - mean) @ axes, (real - mean) @ axes


def _nearest(x: Tensor) -> float:
    return distances(x, x, 2)[0][:, 1].median().item()


def reach(G: nn.Module, z: Tensor) -> tuple[float, float] | None:
    """Return the lowest and the highest value that G can give, or None where it has no limit.

    Tried out with z made 100 and 1000 times as large: a tanh or a sigmoid ends at its limits.
    """
    with torch.no_grad():
        near, far = G(100 * z), G(1000 * z)
    low, high = far.min().item(), far.max().item()
    width = high - low
    grown = max(near.min().item() - low, high - near.max().item())
    return (low, high) if 0 < width < float("inf") and grown < 0.05 * width else None


def by_layer(G: nn.Module, z: Tensor) -> list[float]:
    """Return how much of z is left after each dense or convolutional layer of G.

    For each layer, the root mean square over its units of their standard deviation over z. The
    last number over the first tells whether the signal dies on its way.
    """
    seen = []

    def note(_, __, out: Tensor) -> None:
        seen.append(out.flatten(1).double().var(0).mean().sqrt().item())

    kinds = nn.Linear | nn.Conv2d | nn.ConvTranspose2d
    hooks = [m.register_forward_hook(note) for m in G.modules() if isinstance(m, kinds)]
    with torch.no_grad():
        G(z)
    for hook in hooks:
        hook.remove()
    return seen


def given_time(D: nn.Module, real: Tensor, fake: Tensor, steps: int = 150) -> float:
    """Return D's area under the curve after `steps` steps alone, with these samples standing still.

    D, a copy that may be changed, learns from one half of each and is asked about the other. It
    stays in training mode, as in a GAN, where batch norm sees one kind of samples at a time.
    """
    halves = [x[i::2] for x in (real, fake) for i in (0, 1)]
    opt = torch.optim.Adam(D.parameters(), lr=3e-3)
    D.train().requires_grad_(True)
    for _ in range(steps):
        opt.zero_grad()
        (softplus(-D(halves[0])).mean() + softplus(D(halves[2])).mean()).backward()
        opt.step()
    with torch.no_grad():
        return auc(D(halves[1]).flatten(), D(halves[3]).flatten())


def judge_for(x: Tensor, width: int = 64) -> nn.Module:
    """Return a small new discriminator for samples like x [N, ...]: two hidden layers."""
    return nn.Sequential(
        nn.Flatten(), nn.Linear(x[0].numel(), width), nn.LeakyReLU(0.2),
        nn.Linear(width, width), nn.LeakyReLU(0.2), nn.Linear(width, 1), nn.Flatten(0),
    )  # fmt: skip


def lookalikes(real: Tensor) -> Tensor:
    """Return as many normal vectors as `real` [N, ...] has, with its mean and covariance.

    A net that cannot tell these from the real ones sees no shape, only place and width.
    """
    x = real.flatten(1)
    mean = x.mean(0)
    weights = torch.randn(len(x), len(x)) / max(1, len(x) - 1) ** 0.5
    return (mean + weights.to(x) @ (x - mean)).view_as(real)
