"""Scores of generated images, in the features of the ruler. Lesson 11.

All numbers compare `n` fakes with the test images, which neither the generator nor the ruler has
learnt from. Real against real is never 0: `floor` measures the same with training images as fakes.
"""

import functools
import json
import warnings
from dataclasses import asdict, dataclass

import torch
from sklearn.neighbors import NearestNeighbors
from torch import Tensor, nn

from gancourse import machine
from gancourse.data import ImageSet, load_images, to_uint8
from gancourse.errors import InputError, at_least
from gancourse.score.ruler import Ruler, classify, features, load_ruler

LEAST = 100  # images: with fewer, 64 features have no covariance to speak of
PROBED = 1000  # fakes whose nearest training image is looked for
COPY_RATIO = 1 / 3  # Yoon et al. 2023
NEIGHBOURS_PR, NEIGHBOURS_DC = 3, 5  # Kynkaanniemi et al. 2019; Naeem et al. 2020


@dataclass(frozen=True)
class ImageReport:
    """How good n fakes are. Shares are from 0 to 1; the best value stands behind each line."""

    data: str
    n: int
    seed: int
    fid: float  # 0; real against real gives `floor`
    floor: float
    kid: float  # 0
    precision: float  # 1: fakes that lie among the real images
    recall: float  # 1: real images that lie among the fakes
    density: float  # 1: how many real neighbourhoods hold a fake, against what is expected
    coverage: float  # 1: real neighbourhoods with a fake in them
    class_names: tuple[str, ...]
    shares: tuple[float, ...]  # of each class, by the ruler's verdict
    class_kl: float  # nats; 0: KL of the shares to the uniform distribution
    copies: float  # 0: share of fakes that are copies of a training image
    copies_of_test: float  # the false alarms: the same share for test images

    @property
    def memorised(self) -> bool:
        """Whether more fakes are copies than five times the false alarms, and at least 1 %."""
        return self.copies > max(0.01, 5 * self.copies_of_test)

    def as_dict(self) -> dict:
        """Return everything as plain data, for JSON."""
        return asdict(self) | {"memorised": self.memorised}

    def __str__(self) -> str:
        pairs = zip(self.class_names, self.shares, strict=True)
        verdict = "the training set is copied" if self.memorised else "nothing is memorised"
        copies = f"{100 * self.copies:.1f} % (test images {100 * self.copies_of_test:.1f} %)"
        rows = [
            ("images", f"{self.n} against the test images of {self.data}, seed {self.seed}"),
            ("FID", f"{self.fid:.2f} (real against real {self.floor:.2f})"),
            ("KID", f"{self.kid:.4f}"),
            ("precision, recall", f"{self.precision:.3f}, {self.recall:.3f}"),
            ("density, coverage", f"{self.density:.3f}, {self.coverage:.3f}"),
            ("classes", ", ".join(f"{name} {100 * share:.1f} %" for name, share in pairs)),
            ("KL of the classes", f"{self.class_kl:.4f} nats"),
            ("copies", f"{copies}: {verdict}"),
        ]
        return "\n".join(f"{name:18} {value}" for name, value in rows)


def fid(x_fake: Tensor, data: str = "mnist") -> float:
    """Return the Frechet distance of images [N, 1, 28, 28] to the test images of `data`.

    |m - m'|^2 + tr(S + S' - 2 (S S')^(1/2)) of the features' means and covariances (Heusel et al.
    2017, arXiv 1706.08500), by torchmetrics in float64. The ruler's features are not Inception's:
    compare the number with others of this ruler only. Raises InputError as `score_images` does.
    """
    return _fid(features(load_ruler(data), _pixels(x_fake)), _reference(data).test)


def score_generator(G: nn.Module, data="mnist", n: int = 10_000, seed: int = 0) -> ImageReport:
    """Return the scores of n samples of G, drawn in evaluation mode from a seed."""
    at_least("n", n, LEAST)
    return score_images(draw(G, n, seed), data, seed)


def score_images(x_fake: Tensor, data: str = "mnist", seed: int = 0) -> ImageReport:
    """Return the scores of images [N, 1, 28, 28] (floats in [-1, 1], or uint8), at least 100.

    They are rounded to 256 levels of grey, as the real ones are. `seed` draws KID's subsets.
    Raises InputError for other shapes and ranges, NaN, and too few images.
    """
    pixels, reference, ruler = _pixels(x_fake), _reference(data), load_ruler(data)
    fake = features(ruler, pixels)
    shares = _shares(ruler.head(fake))
    return ImageReport(
        data=reference.train_set.name, n=len(pixels), seed=seed,
        fid=_fid(fake, reference.test), floor=reference.floor,
        kid=_kid(fake, reference.test, seed),
        **_manifolds(reference.test, fake),
        class_names=reference.train_set.class_names, shares=tuple(shares.tolist()),
        class_kl=torch.xlogy(shares, len(shares) * shares).sum().item(),
        copies=copies(pixels[:PROBED], reference.train_set),
        copies_of_test=reference.copies_of_test,
    )  # fmt: skip


@torch.no_grad()
def draw(G: nn.Module, n: int, seed: int = 0, chunk: int = 500) -> Tensor:
    """Return n samples of G as uint8 [n, 1, 28, 28], in evaluation mode; G's mode is kept."""
    rng, device = machine.seed_generator(seed), next(G.parameters()).device
    training = G.training
    G.eval()
    parts = [torch.randn(chunk, G.z_dim, generator=rng) for _ in range(-(-n // chunk))]
    x = torch.cat([_pixels(G(z.to(device)), least=1) for z in parts])[:n]
    G.train(training)
    return x


def _pixels(x: Tensor, least: int = LEAST) -> Tensor:
    if not isinstance(x, Tensor) or len(x) < least:
        given = len(x) if isinstance(x, Tensor) else type(x).__name__
        raise InputError(
            f"Scores need at least {least} images as one tensor, and {given} was given: draw more."
        )
    return x.cpu() if x.dtype == torch.uint8 else to_uint8(x.cpu())


@dataclass(frozen=True, eq=False)
class _Reference:
    """What images are compared with, computed once for each image set."""

    train_set: ImageSet
    test: Tensor  # features of the test images [N, 64]
    floor: float
    copies_of_test: float


@functools.cache
def _reference(data: str) -> _Reference:
    ruler, train_set, test_set = load_ruler(data), load_images(data), load_images(data, "test")
    test = features(ruler, test_set.images)
    train = features(ruler, train_set.images[: len(test_set)])
    false_alarms = copies(test_set.images[:PROBED], train_set)
    return _Reference(train_set, test, _fid(train, test), false_alarms)


class _AsTheyAre(nn.Module):
    """What torchmetrics calls a feature extractor, for features that are there already."""

    num_features = Ruler.num_features

    def forward(self, x: Tensor) -> Tensor:
        return x


def _metric(kind: str, **options):
    from torchmetrics.image import fid, kid  # slow to import

    classes = {"fid": fid.FrechetInceptionDistance, "kid": kid.KernelInceptionDistance}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # KID keeps all features: that is the point
        return classes[kind](feature=_AsTheyAre(), **options)


def _fid(fake: Tensor, real: Tensor) -> float:
    metric = _metric("fid").set_dtype(torch.float64)
    metric.update(real.double(), real=True)
    metric.update(fake.double(), real=False)
    return metric.compute().item()


def _kid(fake: Tensor, real: Tensor, seed: int) -> float:
    size = min(1000, len(fake), len(real))
    metric = _metric("kid", subsets=50, subset_size=size)
    metric.update(real, real=True)
    metric.update(fake, real=False)
    with torch.random.fork_rng(devices=[]):  # torchmetrics draws from the global random state
        torch.manual_seed(seed)
        return metric.compute()[0].item()


def _shares(logits: Tensor) -> Tensor:
    classes = logits.argmax(1)
    return torch.bincount(classes, minlength=logits.shape[1]).double() / len(classes)


def _radii(x: Tensor, k: int) -> Tensor:
    """Return the distance of each row to its k-th nearest other row."""
    return _distances(x, x, k + 1)[0][:, k]


def _distances(x: Tensor, among: Tensor, k: int) -> tuple[Tensor, Tensor]:
    """Return distances [N, k] and indices [N, k] of the k rows of `among` nearest to each of x."""
    found = NearestNeighbors(n_neighbors=k, algorithm="brute").fit(among.flatten(1).numpy())
    distance, index = found.kneighbors(x.flatten(1).numpy())
    return torch.from_numpy(distance), torch.from_numpy(index)


def _manifolds(real: Tensor, fake: Tensor) -> dict[str, float]:
    """Return precision, recall, density and coverage of features [N, 64] and [M, 64].

    A point lies among others when it is nearer to one of them than that one's k-th neighbour is.
    k = 3 for precision and recall (Kynkaanniemi et al. 2019, arXiv 1904.06991), 5 for density and
    coverage (Naeem et al. 2020, arXiv 2002.09797).
    """
    real_3, real_5 = _radii(real, NEIGHBOURS_PR), _radii(real, NEIGHBOURS_DC)
    fake_3 = _radii(fake, NEIGHBOURS_PR)
    among_real, held_5, recalled, covered = [], [], [], []
    for part, r3, r5 in zip(real.split(1000), real_3.split(1000), real_5.split(1000), strict=True):
        apart = torch.cdist(part.double(), fake.double())  # [1000, M]
        among_real.append((apart <= r3[:, None]).any(0))
        held_5.append((apart <= r5[:, None]).sum(0))
        recalled.append((apart <= fake_3).any(1))
        covered.append((apart <= r5[:, None]).any(1))
    return {
        "precision": torch.stack(among_real).any(0).double().mean().item(),
        "recall": torch.cat(recalled).double().mean().item(),
        "density": (torch.stack(held_5).sum(0).double().mean() / NEIGHBOURS_DC).item(),
        "coverage": torch.cat(covered).double().mean().item(),
    }


def nearest(pixels: Tensor, train_set: ImageSet, k: int = 1) -> tuple[Tensor, Tensor]:
    """Return distances [N, k] and indices [N, k] of the nearest training images, pixel by pixel.

    pixels are uint8 [N, 1, 28, 28]; a distance is the Euclidean one of grey values in 0..1.
    """
    return _distances(pixels.float() / 255, train_set.images.float() / 255, k)


def copies(pixels: Tensor, train_set: ImageSet) -> float:
    """Return the share of uint8 images [N, 1, 28, 28] that are copies of a training image.

    A copy is at most a third as far from its nearest training image as from the second nearest.
    Source: Yoon et al. 2023, Diffusion probabilistic models generalize when they fail to memorize.
    """
    distance, _ = nearest(pixels, train_set, k=2)
    return (distance[:, 0] <= COPY_RATIO * distance[:, 1]).double().mean().item()


def to_json(report: ImageReport) -> str:
    """Return the report as JSON, the same text for the same numbers."""
    return json.dumps(report.as_dict(), indent=2, sort_keys=True) + "\n"
