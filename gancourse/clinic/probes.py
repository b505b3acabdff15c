"""What one can measure on a GAN from outside: each function asks one question of tensors or nets.

`gancourse.clinic.signals` asks them while a run trains. Nothing here changes a net: what must be
tried out is tried on a copy.
"""

import math
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

from gancourse.clinic.calls import logits_of
from gancourse.errors import InputError
from gancourse.score.measures import NEIGHBOURS_DC, NEIGHBOURS_PR, density_coverage

COMPONENTS = 16
LEFT, LITTLE = 1.5, 0.2  # times what components leave of nearly all real samples; of their spread


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
    principal components of the real ones: among pixels, everybody is everybody's neighbour. What
    such components leave of a fake must be no more than they leave of real ones: of noise it is.
    """
    whole = fake.double().flatten(1), real.double().flatten(1)
    fake, real = principal(*whole)
    seen = left_over(whole, (fake, real))
    between, among, others = (_apart(*pair) for pair in ((fake, real), (real, real), (fake, fake)))
    return {
        "precision": ((between <= _kth(among, NEIGHBOURS_PR)).any(1) & seen).double().mean().item(),
        "coverage": (between <= _kth(among, NEIGHBOURS_DC)).any(0).double().mean().item(),
        "spread": spread(fake) / max(spread(real), 1e-12),
        "closeness": _kth(others, 1).median().item() / max(_kth(among, 1).median().item(), 1e-12),
    }


def _apart(x: Tensor, y: Tensor) -> Tensor:
    """Return all distances [N, M], a row to itself at exactly 0."""
    return torch.cdist(x, y, compute_mode="donot_use_mm_for_euclid_dist")


def _kth(apart: Tensor, k: int) -> Tensor:
    """Return from distances [N, M] those to the k-th neighbour [N], the 0th being the nearest."""
    return apart.topk(min(k + 1, apart.shape[1]), largest=False).values[:, -1]


def principal(fake: Tensor, real: Tensor) -> tuple[Tensor, Tensor]:
    """Return both [N, dim] in the first COMPONENTS principal components of the real ones."""
    if real.shape[1] <= COMPONENTS:
        return fake, real
    mean = real.mean(0)
    axes = torch.linalg.svd(real - mean, full_matrices=False)[2][:COMPONENTS].T
    return (fake - mean) @ axes, (real - mean) @ axes


def left_over(whole: tuple[Tensor, Tensor], kept: tuple[Tensor, Tensor]) -> Tensor:
    """Tell of each fake whether its components leave about as little of it as of real samples.

    `whole` and `kept` are fakes and real samples, before and after `principal`; bool [N].
    """
    (fake, real), n = whole, kept[0].shape[1]
    if real.shape[1] == n:
        return torch.ones(len(fake), dtype=torch.bool)
    rest = [
        ((x - real.mean(0)).square().sum(1) - part.square().sum(1)).clamp(min=0).sqrt()
        for x, part in zip(whole, kept, strict=True)
    ]
    return rest[0] <= max(LEFT * rest[1].quantile(0.99).item(), LITTLE * spread(real))


def best_fit(real: Tensor, n: int) -> dict[str, float]:
    """Return how real samples lie among others, two lots of n or half of what there is."""
    n = min(n, len(real) // 2)
    order = torch.randperm(len(real), generator=torch.Generator().manual_seed(0))
    return fit(real[order[:n]], real[order[n : 2 * n]])


def shared(fake: Tensor, other: Tensor) -> float:
    """Return the share of the neighbourhoods of `other` [M, dim] that hold one of `fake`."""
    return density_coverage(*principal(fake.double(), other.double()))[1]


LEAST_SHARE, FEWEST = 0.02, 0.2  # of a region among real ones; of its samples, to be reached
MANY, REGIONS = 50, 10  # regions at most; how many where the real samples are one piece


def reached(fake: Tensor, real: Tensor) -> tuple[int, int]:
    """Return how many regions of the real samples [M, dim] fakes [N, dim] reach, and of how many.

    Regions are the pieces into which real samples fall when neighbours are joined, or else ten
    clusters. One is reached where at least a fifth of its share of the fakes lies in it.
    """
    from scipy.sparse.csgraph import connected_components  # slow to import

    fake, real = principal(fake.double(), real.double()[:1000])
    apart = torch.cdist(real, real)
    near = _kth(apart, 3).quantile(0.95).item()
    if not near:  # most stand there more than once
        others = real.unique(dim=0)
        near = _kth(torch.cdist(others, others), 3).quantile(0.95).item()
    count, label = connected_components((apart <= 2 * near).numpy())
    share = np.bincount(label, minlength=count) / len(real)
    large = np.flatnonzero(share >= LEAST_SHARE)
    if not 1 < len(large) <= MANY:
        from scipy.cluster.vq import kmeans2  # scikit-learn's takes two seconds to import

        count = min(REGIONS, len(real))
        label = kmeans2(real.numpy(), count, iter=50, minit="++", seed=0)[1]
        share = np.bincount(label, minlength=count) / len(real)
        large = np.arange(count)
    distance, nearest = torch.cdist(fake, real).min(1)
    inside = label[nearest[distance <= 4 * near].numpy()]
    found = np.bincount(inside, minlength=count) / len(fake)
    return int((found[large] >= FEWEST * share[large]).sum()), len(large)


def reach(G: Callable[[Tensor], Tensor], z: Tensor) -> tuple[float, float] | None:
    """Return the lowest and the highest value that G can give, or None where it has no limit.

    Tried out with z made 100 and 1000 times as large: a tanh or a sigmoid ends at its limits.
    """
    with torch.no_grad():
        near, far = G(100 * z), G(1000 * z)
    low, high = far.min().item(), far.max().item()
    width = high - low
    grown = max(near.min().item() - low, high - near.max().item())
    return (low, high) if 0 < width < float("inf") and grown < 0.05 * width else None


def pile(fake: Tensor, real: Tensor) -> tuple[float, float] | None:
    """Return the end of fakes [N, dim] at which many of their numbers lie, as after a ReLU.

    And the share of the real numbers beyond it; None where no end has one in twenty numbers, or
    where no real number lies beyond.
    """
    room = 0.02 * (real.max() - real.min())
    for end, beyond in (
        (fake.min(), real < fake.min() - room),
        (fake.max(), real > fake.max() + room),
    ):
        share = beyond.double().mean().item()
        if (fake == end).double().mean() > 0.05 and share > 0:
            return end.item(), share
    return None


def by_layer(G: nn.Module, run: Callable[[Tensor], Tensor], z: Tensor) -> list[float]:
    """Return how much of z is left after each dense or convolutional layer of G, in `run(z)`.

    For each layer, the root mean square over its units of their standard deviation over z. The
    last number over the first tells whether the signal dies on its way.
    """
    seen = []

    def note(_, __, out: Tensor) -> None:
        seen.append(out.flatten(1).double().var(0).mean().sqrt().item())

    kinds = nn.Linear | nn.Conv2d | nn.ConvTranspose2d
    hooks = [m.register_forward_hook(note) for m in G.modules() if isinstance(m, kinds)]
    with torch.no_grad():
        run(z)
    for hook in hooks:
        hook.remove()
    return seen


def renewed(net: nn.Module) -> nn.Module:
    """Return the net with new weights where its layers can draw them: what its shape can learn."""
    for layer in net.modules():
        if hasattr(layer, "reset_parameters"):
            layer.reset_parameters()
    return net


SURE = 0.95  # of a judge that need not learn on
LOGITS: dict[str, Callable[[Tensor], Tensor]] = {  # of what comes out of a net's last operation
    "sigmoid": lambda p: p.logit(1e-6),
    "tanh": lambda t: (0.5 + 0.5 * t).logit(1e-6),
}


def given_time(D: nn.Module, real: Tensor, fake: Tensor, steps: int = 150, end: str = "") -> float:
    """Return D's area under the curve after `steps` steps alone, with these samples standing still.

    `end` is D's last operation: of a probability the logit is taken, or D would learn next to
    nothing. Raises InputError for a D that gives no one number for each sample.

    D, a copy that may be changed, learns from one half of each and is asked about the other, after
    each third of its steps, and stops where it is sure. It stays in training mode, as in a GAN,
    where batch norm sees one kind of samples at a time.
    """
    halves = [x[i::2] for x in (real, fake) for i in (0, 1)]
    opt = torch.optim.Adam(D.parameters(), lr=3e-3, fused=True)  # a third of the time
    D.train().requires_grad_(True)

    def judged(x: Tensor) -> Tensor:
        answers = logits_of(D(x), len(x))
        if answers is None:
            raise InputError("it gives no one number for each sample")
        return LOGITS.get(end, lambda logits: logits)(answers)

    for step in range(1, steps + 1):
        opt.zero_grad()
        real_now, fake_now = map(judged, halves[::2])
        (softplus(-real_now).mean() + softplus(fake_now).mean()).backward()
        opt.step()
        if step % (steps // 3) == 0:
            with torch.no_grad():
                found = auc(*map(judged, halves[1::2]))
            if found > SURE:
                break
    return found


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
