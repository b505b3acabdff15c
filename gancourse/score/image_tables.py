"""Tables on images: lesson 12's stacks and estimates, 13's labels, fakes, augmentation, 14's sides.

`python tools/tables stacked` (`estimate`, `conditional`, `fakes`, `augmentation`, `sides`) makes
them, and `gancourse.score.tables.measured` reads what it kept.
"""

import base64
import copy
import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from math import log
from statistics import mean

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

from gancourse import machine, nets, train
from gancourse.data import ImageSet, image_set, load_images
from gancourse.data.enlarged import shrunk
from gancourse.errors import at_least, choose
from gancourse.losses import get_loss
from gancourse.score import images, measures, obedience, pupils, stacked
from gancourse.score.bias import class_by_class
from gancourse.score.ruler import features, load_ruler

SAMPLES, SAMPLE_SEED = 5_000, 99  # drawn to score or to learn from, and their z
SHOWN = 6  # samples that a run of seed 0 keeps
LOOKED_AT = 2_000  # images of each kind, by D
PUPIL_STEPS = 1_000  # of a classifier, with fakes or without


class Trained:
    """A table whose rows are recipes: `rows` by name."""

    rows: Mapping[str, train.Recipe]

    def start(self, row: str, seed: int, device: str = "cpu", data: str = "") -> train.State:
        """Return a run of a row on a device that has taken no step yet, with nets for `data`."""
        recipe = self.rows[choose("row of this table", row, self.rows)]
        return train.State(self.suited(recipe, data), seed, device)

    def suited(self, recipe: train.Recipe, data: str) -> train.Recipe:
        """Return a row's recipe with nets that take the images of `data`."""
        return recipe


@dataclass(frozen=True)
class ImageTable(Trained):
    """Rows (recipes by name) on each of `data` (an image set, and how many of its images).

    `measure(state, learnt)` gives a run's scores every `every` steps, from the images it learns,
    which `learn(**data, seed=)` returns. `printed` holds a paper's numbers as {row: {data: text}}.
    """

    source: str
    rows: Mapping[str, train.Recipe]
    data: Mapping[str, dict]  # name: {"name": the image set, "n": how many images, all without}
    steps: int
    every: int
    measure: Callable[[train.State, ImageSet], dict]
    samples: int = SAMPLES
    learn: Callable[..., ImageSet] | None = None  # some_of, unless another is given
    printed: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    sides: bool = False  # the sets have several sides: a row's nets follow them

    def suited(self, recipe: train.Recipe, data: str) -> train.Recipe:
        """Return a row's recipe with nets that take the images of `data`."""
        return recipe.fitted(image_set(self.data[data]["name"]).shape) if self.sides else recipe

    def scores(self, state: train.State, data: str, steps: int) -> Iterator[dict]:
        """Train up to `steps` steps in all; yield {"step", ...} every `every` steps."""
        asked = self.data[choose("data of this table", data, self.data)]
        learnt = (self.learn or some_of)(**asked, seed=state.seed)
        more = at_least("steps", steps, 1) - state.step
        source = train.source_of(learnt.to(state.device), state.recipe)
        for record in train.train(state, source, more) if more > 0 else ():
            if record.step % self.every and record.step != steps:
                continue
            yield {"step": record.step, **self.measure(state, learnt)}

    def said(self, score: dict) -> str:
        """Return a score's numbers for a line on the terminal."""
        return _said(score)


@dataclass(frozen=True)
class Lesson:
    """What a classifier learns from: samples of a shipped generator, or real images (none)."""

    generator: str | None


@dataclass(frozen=True)
class PupilTable:
    """Rows (what is learnt from) on each of `data` (an image set, and how many images): no run."""

    source: str
    rows: Mapping[str, Lesson]
    data: Mapping[str, dict]
    samples: int = 0
    steps: int = 1  # all is measured at once

    def measured_at_once(self, row: str, data: str, seed: int) -> dict:
        """Return {"step": 1, ...}: errors of a nearest neighbour and of a net that learnt alike."""
        lesson = self.rows[choose("row of this table", row, self.rows)]
        asked = self.data[choose("data of this table", data, self.data)]
        learnt = some_of(**asked, seed=seed)
        if lesson.generator:
            learnt = fakes_like(nets.load_shipped(lesson.generator), learnt, asked["n"], seed)
        test = load_images(asked["name"], "test")
        net = pupils.fit([learnt], 2 * PUPIL_STEPS, seed)
        return {"step": 1, "images": len(learnt),
                "nearest_error": pupils.nearest_error(learnt, test),
                "accuracy": pupils.accuracy(net, test)}  # fmt: skip

    def said(self, score: dict) -> str:
        """Return a score's numbers for a line on the terminal."""
        return _said(score)


def _said(score: dict) -> str:
    numbers = {name: value for name, value in score.items() if isinstance(value, float)}
    return ", ".join(f"{name} {value:.4f}" for name, value in numbers.items())


def some_of(name: str, n: int | None = None, seed: int = 0) -> ImageSet:
    """Return n training images of a set, as many of each class as can be, drawn from a seed.

    All of them for None. Raises InputError for n below 1.
    """
    whole = load_images(name)
    if n is None:
        return whole
    order = torch.randperm(len(whole), generator=machine.seed_generator(seed))
    chosen = class_by_class(order, whole.labels)[: at_least("n", n, 1)]
    return replace(whole, images=whole.images[chosen], labels=whole.labels[chosen])


def fakes_like(G: nn.Module, real: ImageSet, n: int, seed: int) -> ImageSet:
    """Return n samples of a conditional generator as an image set, each class in turn."""
    y = nets.labels_for(G, n)
    x = images.draw(G, n, seed, y=y)
    return replace(real, images=x, labels=y, source="samples of a generator")


def _obeys(state: train.State, learnt: ImageSet) -> dict:
    """Return FID, obedience and coverage within classes of samples of the averaged generator."""
    G = train.averaged_generator(state)
    drawn = fakes_like(G, learnt, SAMPLES, SAMPLE_SEED)
    found = obedience.labels_report(drawn.images, drawn.labels, learnt.name)
    return {
        "fid": images.fid(drawn.images, learnt.name),
        "obedience": found.obedience,
        "ceiling": found.ceiling,
        "class_coverage": found.class_coverage,
        "class_coverage_of_real": found.class_coverage_of_real,
        "obedience_by_class": list(found.obedience_by_class),
        "coverage_by_class": list(found.coverage_by_class),
    }


def _helps(state: train.State, learnt: ImageSet) -> dict:
    """Return a classifier's accuracy on test images: real images alone, and fakes beside them.

    G has seen the same images; of each batch half are its fakes, so that both take as many steps.
    """
    test = load_images(learnt.name, "test")
    G = train.averaged_generator(state)
    fakes = fakes_like(G, learnt, SAMPLES, SAMPLE_SEED + state.seed)
    alone, both, without = (
        pupils.accuracy(pupils.fit(sets, PUPIL_STEPS, state.seed), test)
        for sets in ([learnt], [learnt, fakes], [fakes])
    )
    seen = obedience.obedience(fakes.images, fakes.labels, learnt.name)
    return {"images": len(learnt), "accuracy_real": alone, "accuracy_real_and_fakes": both,
            "accuracy_fakes": without, "gain": both - alone,
            "fid": images.fid(fakes.images, learnt.name), "obedience": seen}  # fmt: skip


def _at_its_side(state: train.State, learnt: ImageSet) -> dict:
    """Return the FID of samples of the averaged generator, all drawn 28 pixels wide.

    So the ruler of the small set measures large images, too; test images go the same way, and
    `fid_of_real` is what as many training images have. A few samples are kept as they are.
    """
    ruler, shape = load_ruler(learnt.name.partition("@")[0]), tuple(learnt.images.shape[1:])
    x = images.draw(train.averaged_generator(state), SAMPLES, SAMPLE_SEED, shape=shape)
    test, fakes, real = (
        features(ruler, shrunk(part, ruler.shape[-1]))
        for part in (load_images(learnt.name, "test").images, x, learnt.images[:SAMPLES])
    )
    found = {"fid": measures.fid(fakes, test), "fid_of_real": measures.fid(real, test)}
    return found if state.seed else found | {"samples": packed(x[:SHOWN])}


def packed(x: Tensor) -> str:
    """Return images [N, 1, S, S] uint8, side by side, as the text of a PNG that JSON can hold."""
    buffer = io.BytesIO()
    Image.fromarray(torch.cat(list(x[:, 0]), 1).numpy()).save(buffer, format="png", optimize=True)
    return base64.b64encode(buffer.getvalue()).decode()


def unpacked(text: str) -> Tensor:
    """Return the images [N, 1, S, S] uint8 that `packed` made a text of."""
    strip = torch.from_numpy(np.array(Image.open(io.BytesIO(base64.b64decode(text)))))
    return torch.stack(strip.split(len(strip), 1))[:, None]


def _stacked(name: str, n: int, seed: int) -> ImageSet:
    """Return n pictures of three training digits each, drawn from a seed."""
    return stacked.stack(load_images(name), n, seed)


def _kinds(state: train.State, learnt: ImageSet) -> dict:
    """Return the kinds of three digits among samples of the averaged generator; what real ones do.

    The ruler of the digits reads each colour by itself.
    """
    G = train.averaged_generator(state)
    x = images.draw(G, stacked.SAMPLES, SAMPLE_SEED, shape=learnt.images.shape[1:])
    found = asdict(stacked.stacked_report(stacked.kinds(x, learnt.name)))
    return found | stacked.of_real(learnt.name, stacked.SAMPLES)


def _estimates(state: train.State, learnt: ImageSet) -> dict:
    """Return what D says of the distance between real images and samples of G, and their FID.

    With Wasserstein's loss it is the mean of D over 2,000 real images less that over as many
    samples, an estimate of their distance. Else it is cross-entropy's of the Jensen-Shannon
    divergence, (log 4 - d_loss) / 2. D looks as in training, at each kind by itself.
    """
    G, D = train.averaged_generator(state), copy.deepcopy(state.D).train()
    real = learnt.batch(LOOKED_AT, machine.seed_generator(SAMPLE_SEED))
    fake = train.sample(G, LOOKED_AT, SAMPLE_SEED)
    with torch.no_grad():
        logits = [D(x.to(state.device)).float() for x in (real, fake)]
    d_loss = get_loss(state.recipe.loss).d_loss(*logits).item()
    estimate = -d_loss if state.recipe.loss == "wasserstein" else (log(4) - d_loss) / 2
    fid = images.fid(images.draw(G, SAMPLES, SAMPLE_SEED), learnt.name)
    return {"estimate": estimate, "fid": fid}


_COLOUR = {"width": 32, "channels": 3}
_THREE = train.get_preset("dcgan", G={"z_dim": 100, "depth": 0, **_COLOUR}, D=_COLOUR)
_PAIRS = replace(
    _THREE, D={**_COLOUR, "norm": False}, r1=1.0, r2=1.0, lr_G=5e-4, lr_D=5e-4, betas=(0.0, 0.99)
)

_HALF = {"G": {"z_dim": 16, "width": 32, "depth": 1}}  # half the width of the presets' nets


def _half(preset: str) -> train.Recipe:
    recipe = train.get_preset(preset, **_HALF)
    return replace(recipe, D=recipe.D | {"width": 32})


IMAGE_TABLES = {
    "stacked": ImageTable(
        "Stacked MNIST: PacGAN (Lin et al. 2018, arXiv 1712.04086) and R3GAN's Table 1 "
        "(Huang et al. 2025, arXiv 2501.05441)",
        {
            "GAN": _THREE,
            "PacGAN2": replace(_THREE, pack=2, batch=2 * _THREE.batch),
            "GAN + R1 + R2": _PAIRS,
            "RpGAN + R1 + R2": replace(_PAIRS, loss="relativistic"),
        },
        {"stacked MNIST": {"name": "mnist", "n": stacked.PICTURES}},
        steps=64_000,  # 32 epochs of PacGAN's batches
        every=1_000,
        measure=_kinds,
        samples=stacked.SAMPLES,
        learn=_stacked,
        printed={
            "GAN": {"stacked MNIST": "78.9±6.5 / 4.50±.13"},
            "PacGAN2": {"stacked MNIST": "1000±0 / .06±.003"},
            "GAN + R1 + R2": {"stacked MNIST": "693 / .9270"},
            "RpGAN + R1 + R2": {"stacked MNIST": "1000 / .0781"},
        },
    ),
    "estimate": ImageTable(
        "Arjovsky et al. 2017 (arXiv 1701.07875), Figures 3 and 4, in numbers: what D's loss says "
        "of the distance, beside FID; on nets of half the presets' width, without an average of G",
        {
            "WGAN-GP": replace(_half("wgan-gp"), ema=0.0),
            "WGAN, clipped at 0.01": replace(_half("wgan-gp"), ema=0.0, gp=0.0, clip=0.01),
            "cross-entropy": replace(_half("dcgan"), ema=0.0),
        },
        {"mnist": {"name": "mnist"}},
        steps=1_500,
        every=150,
        measure=_estimates,
    ),
    "conditional": ImageTable(
        "Our own: three ways to use a label, on nets of half the presets' width",
        {
            "concatenation": _half("cdcgan-concat"),
            "projection": _half("cdcgan"),
            "AC-GAN": _half("acgan"),
        },
        {"mnist": {"name": "mnist"}, "fashion": {"name": "fashion"}},
        steps=6_000,
        every=500,
        measure=_obeys,
    ),
    "augmentation": ImageTable(
        "Our own: a small CNN on few images, with and without fakes of a G that saw the same ones",
        {"plain": _half("cdcgan"), "DiffAugment": _half("cdcgan-diffaug")},
        {f"{n:,}": {"name": "mnist", "n": n} for n in (100, 1_000, 10_000)},
        steps=6_000,
        every=600,
        measure=_helps,
    ),
    "sides": ImageTable(
        "Our own: the two presets on Fashion-MNIST at 28 pixels and drawn 64 pixels wide",
        {name: train.get_preset(name) for name in ("dcgan-quick", "dcgan")},
        {name: {"name": name} for name in ("fashion", "fashion@64")},
        steps=12_000,
        every=3_000,
        measure=_at_its_side,
        sides=True,
    ),
    "fakes": PupilTable(
        "Radford et al. 2016 (arXiv 1511.06434, appendix) and Ravuri and Vinyals 2019 (arXiv "
        "1905.10887), on MNIST: classifiers of samples alone beside those of real images",
        {"real images": Lesson(None), "samples": Lesson("mnist-conditional")},
        {f"{n:,}": {"name": "mnist", "n": n} for n in (1_000, 10_000, 50_000)},
    ),
}


def means(name: str, runs: list[dict], score: str) -> dict[tuple[str, str], tuple[float, int]]:
    """Return {(row, data): (mean over seeds of a run's last score, number of seeds)}.

    `runs` are the records in the table `name`. Rows and data come in the table's order.
    """
    table = IMAGE_TABLES[choose("table", name, IMAGE_TABLES)]
    found = {}
    for data in table.data:
        for row in table.rows:
            ends = [r["scores"][-1][score] for r in runs if (r["row"], r["data"]) == (row, data)]
            if ends:
                found[row, data] = mean(ends), len(ends)
    return found
