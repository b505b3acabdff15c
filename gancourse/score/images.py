"""The report on generated images, in the features of the ruler. Lesson 11.

The real images are the test images: the generator and the ruler have not learnt from them. Real
against real is never perfect, so the report says what as many training images score.
"""

import functools
import json
from dataclasses import asdict, dataclass, replace
from math import isnan

import torch
from torch import Tensor, nn

from gancourse import machine, nets
from gancourse.data import ImageSet, load_images
from gancourse.errors import InputError, at_least
from gancourse.evaluation import evaluating
from gancourse.nets import IMAGE
from gancourse.pixels import to_pixels
from gancourse.score import copies, measures, obedience
from gancourse.score.measures import fid as _fid
from gancourse.score.ruler import Ruler, features, load_ruler

LEAST = 100  # images: with fewer, 64 features have no covariance to speak of
HALF_SCALES = (  # the least and greatest byte that images of a wrong scale have, its name, remedy
    ((127.5, 255), "floats in [0, 1]", "scale them with 2 * x - 1"),
    ((64, 191), "floats in [-0.5, 0.5]", "scale them with 2 * x"),
    ((0, 1), "bytes of 0 and 1", "scale them with 255 * x"),
)
HELD = 2**26  # pixels of a set on the disk that scores hold in memory, four times as many bytes
SPLITS = ("train", "test")
SURE = 0.01  # a smaller share of copies is no evidence


ABOUT_REAL = "(real: as many training images; for copies, test images)"


@dataclass(frozen=True)
class Row:
    """A score in the table of a report: its name there, its format, and what is perfect."""

    score: str  # the field of an ImageReport
    name: str  # {n} stands for the number of images
    form: str
    perfect: str

    def title(self, n: int) -> str:
        return self.name.format(n=f"{n:,}")


ROWS = (
    Row("fid", "FID of {n} images", ".2f", "0"),  # its bias is one of the number of images
    Row("kid", "KID", ".4f", "0"),
    Row("precision", "precision", ".3f", "1"),
    Row("recall", "recall", ".3f", "1"),
    Row("density", "density", ".3f", "1"),
    Row("coverage", "coverage", ".3f", "1"),
    Row("class_kl", "KL of classes, nats", ".4f", "0"),
    Row("copies", "copies of training", ".1%", "0"),
)
LABEL_ROWS = (  # of images that were asked for by label
    Row("obedience", "fits its label", ".1%", "1"),
    Row("class_coverage", "coverage in its class", ".3f", "1"),
)


@dataclass(frozen=True)
class ImageReport(measures.Scores):
    """How good n fakes are, with what n training images score (`real`); `print` shows a table."""

    data: str
    n: int
    n_real: int
    seed: int
    class_names: tuple[str, ...]
    copies: float  # perfect: 0; share of the first 1,000 fakes that copy a training image
    false_alarms: float  # the same share of test images, which are copies of none
    real: measures.Scores
    labels: obedience.Labels | None = None  # of a conditional generator

    @property
    def rows(self) -> tuple[Row, ...]:
        """The scores that there are, as rows of a table."""
        return ROWS + (LABEL_ROWS if self.labels else ())

    def of(self, score: str) -> float:
        """Return a score of these images, one of `rows`."""
        return getattr(self.labels if hasattr(self.labels, score) else self, score)

    @property
    def memorised(self) -> bool:
        """Whether more fakes are copies than five times the false alarms, and than 1 %."""
        return self.copies > max(SURE, 5 * self.false_alarms)

    @property
    def verdict(self) -> str:
        """One sentence on copying, and the share of each class."""
        copying = "The training set is copied." if self.memorised else "No copying is seen."
        labels = f"{self._worst()}\n" if self.labels else ""
        note = load_ruler(self.data).note
        note = f"\n{note}" if note else ""
        return f"classes in %: {self._classes()}\n{labels}{copying}{note}"

    def _worst(self) -> str:
        """Return the class that is obeyed least, and the one that is covered least."""
        said = []
        for what, shares in (
            ("obeyed", self.labels.obedience_by_class),
            ("covered", self.labels.coverage_by_class),
        ):
            least = min((s for s in shares if not isnan(s)), default=None)
            name = "not measured" if least is None else self.class_names[shares.index(least)]
            said.append(f"{what}: {name}" + ("" if least is None else f" ({least:.1%})"))
        return f"least of its labels {said[0]}, least {said[1]}"

    def of_real(self, score: str) -> float:
        """Return what real images score: training images, and test images for copies and labels."""
        others = {"copies": self.false_alarms}
        if self.labels:
            others["obedience"] = self.labels.ceiling
            others["class_coverage"] = self.labels.class_coverage_of_real
        return others[score] if score in others else getattr(self.real, score)

    def facts(self) -> dict:
        """Return everything as a dictionary that JSON can hold."""
        facts = asdict(self) | {"memorised": self.memorised}
        return facts if self.labels else {k: v for k, v in facts.items() if k != "labels"}

    def to_json(self) -> str:
        """Return everything as JSON, the same text for the same numbers."""
        return json.dumps(self.facts(), indent=2, sort_keys=True) + "\n"

    def __str__(self) -> str:
        head = f"{self.n:,} images against {self.n_real:,} test images of {self.data}"
        return "\n".join(
            [
                f"{head}, seed {self.seed}",
                f"{'':24}{'these':>9}{'real':>9}{'perfect':>9}",
                *(self._line(row) for row in self.rows),
                ABOUT_REAL,
                self.verdict,
            ]
        )

    def _line(self, row: Row) -> str:
        mine, real = self.of(row.score), self.of_real(row.score)
        return f"{row.title(self.n):24}{mine:>9{row.form}}{real:>9{row.form}}{row.perfect:>9}"

    def _classes(self) -> str:
        pairs = zip(self.class_names, self.shares, strict=True)
        return ", ".join(f"{name} {100 * share:.1f}" for name, share in pairs)


@machine.threaded("scores")
def fid(x_fake: Tensor, data: str = "mnist") -> float:
    """Return the Frechet distance of images [N, 1, 28, 28] to the test images of `data`.

    The ruler's features are not Inception's: compare the number with others of this ruler, of as
    many images. Raises InputError as `score_images` does.
    """
    reference = reference_of(data)
    return _fid(features(reference.ruler, _pixels(x_fake, reference)), reference.test)


def score_generator(G: nn.Module, data="mnist", n: int = 10_000, seed: int = 0) -> ImageReport:
    """Return the scores of n samples of G, drawn in evaluation mode from a seed.

    A conditional G is asked for each class in turn, and the report says whether it obeys.
    Raises InputError for n below 100, and as `score_images` does.
    """
    at_least("n", n, LEAST)
    x, y = draw(G, n, seed, shape=load_ruler(data).shape), nets.labels_for(G, n)
    found = score_images(x, data, seed)
    if y is None or nets.classes_of(G) != len(found.class_names):
        return found
    return replace(found, labels=obedience.labels_report(x, y, data))


@machine.threaded("scores")
def score_images(x_fake: Tensor, data: str = "mnist", seed: int = 0) -> ImageReport:
    """Return the scores of images [N, 1, 28, 28], floats in [-1, 1] or uint8, at least 100.

    They are rounded to 256 levels of grey, as the real ones are. `seed` draws KID's subsets.
    Raises InputError for other shapes and ranges, floats that look as if they were in [0, 1] or
    [-0.5, 0.5], NaN, too few images and unknown data.
    """
    reference = reference_of(data)
    return report(reference, _pixels(x_fake, reference), seed)


@machine.threaded("scores")
@torch.no_grad()
def draw(
    G: nn.Module, n: int, seed: int = 0, chunk: int = 500, y=None, shape: tuple[int, ...] = IMAGE
) -> Tensor:
    """Return n samples of G as uint8 [n, *shape], in evaluation mode; G's mode is kept.

    A larger n only adds samples. A conditional G is asked for the class y, for labels y [n], or for
    each class in turn. Raises InputError where they are no such images in [-1, 1], and for labels
    that do not fit.
    """
    rng, device = machine.seed_generator(seed), next(G.parameters()).device
    parts = [(torch.randn(chunk, G.z_dim, generator=rng),) for _ in range(-(-n // chunk))]
    labels = nets.labels_for(G, n, y)
    if labels is not None:  # what is drawn beyond n is thrown away
        whole = torch.cat([labels, labels[-1:].expand(len(parts) * chunk - n)])
        parts = [(z, part) for (z,), part in zip(parts, whole.split(chunk), strict=True)]
    with evaluating(G):
        pixels = [to_pixels(G(*(t.to(device) for t in part)), shape) for part in parts]
    x = torch.cat(pixels)[:n]
    return x if n < LEAST else _refuse_half_scales(x, HALF_SCALES[:2])


def _pixels(x: Tensor, reference: "Reference") -> Tensor:
    pixels = to_pixels(x, reference.ruler.shape, LEAST)
    return _refuse_half_scales(pixels, HALF_SCALES[:2] if x.is_floating_point() else HALF_SCALES)


def _refuse_half_scales(x: Tensor, scales=HALF_SCALES) -> Tensor:
    """Return pixels [N, 1, 28, 28]; raise InputError where they show another scale's traces.

    Floats in [0, 1] or [-0.5, 0.5] are floats in [-1, 1], so that no range betrays them; as bytes
    they begin and end where no set of images does.
    """
    low, high = (edge.item() for edge in x.aminmax())
    if low == high:
        return x
    for edges, scale, remedy in scales:
        if abs(low - edges[0]) <= 1 and abs(high - edges[1]) <= 1:
            raise InputError(
                "Images must be uint8 in 0..255 or floats in [-1, 1], and these look as if they "
                f"were {scale}: {remedy}."
            )
    return x


@dataclass(frozen=True, eq=False)
class Reference:
    """What images are compared with. All is computed once, and only when asked for."""

    ruler: Ruler
    train_set: ImageSet
    test_set: ImageSet

    @functools.cached_property
    def test(self) -> Tensor:
        """The features of the test images [M, 64]."""
        return features(self.ruler, self.test_set.images)

    @functools.cached_property
    def false_alarms(self) -> float:
        """The share of test images that are taken for copies."""
        return copies.copied(self.test_set.images, self.train_set)

    def scores(self, pixels: Tensor, seed: int = 0) -> measures.Scores:
        """Return the scores of uint8 images [N, 1, 28, 28]."""
        fake = features(self.ruler, pixels)
        return measures.scores(fake, self.test, self.ruler.head(fake), seed)


@functools.cache
def reference_of(data: str) -> Reference:
    ruler = load_ruler(data)  # first: it knows which sets there are
    sets = [few_enough(load_images(data, split)) for split in SPLITS]
    least = measures.NEIGHBOURS_DC + 1  # an image and its neighbours
    if min(map(len, sets)) < least:
        raise InputError(
            f"{data} has {len(sets[0])} images to learn from and {len(sets[1])} to compare with, "
            f"and scores need {least} of each: give a folder of at least {10 * least} pictures."
        )
    return Reference(ruler, *sets)


def few_enough(images: ImageSet) -> ImageSet:
    """Return an image set, or of one on the disk so many random images as scores can hold."""
    if not images.on_disk:
        return images
    most = HELD // images.images[0].numel()
    index = torch.randperm(len(images), generator=machine.seed_generator())[:most].sort().values
    held = images.images.index_select(0, index), images.labels[index]
    return replace(images, images=held[0], labels=held[1], on_disk=False)


@functools.cache
def floor(reference: Reference, n: int) -> measures.Scores:
    """Return the scores of n training images, all of them where there are fewer."""
    index = torch.randperm(len(reference.train_set), generator=machine.seed_generator(0))[:n]
    return reference.scores(reference.train_set.images[index])


def report(reference: Reference, pixels: Tensor, seed: int = 0) -> ImageReport:
    """Return the report on uint8 images [N, 1, 28, 28]."""
    train_set = reference.train_set
    return ImageReport(
        **vars(reference.scores(pixels, seed)),
        data=train_set.name, n=len(pixels), n_real=len(reference.test), seed=seed,
        class_names=train_set.class_names, copies=copies.copied(pixels, train_set),
        false_alarms=reference.false_alarms, real=floor(reference, len(pixels)),
    )  # fmt: skip
