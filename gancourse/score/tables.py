"""Tables of papers, run again: rows of recipes, the data, and what the papers print.

`python tools/tables NAME` makes one and keeps it in docs/tables/NAME.json; lesson 12 reads that
file, and trains one row live through the same functions. Those on images are `image_tables`.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace

import numpy as np
import torch

from gancourse import course, machine, train
from gancourse.data.toys import Toy, load_points
from gancourse.errors import at_least, choose
from gancourse.score.image_tables import IMAGE_TABLES, Trained
from gancourse.score.modes import mode_report
from gancourse.train.remedies import REMEDIES, with_remedy

POINTS, SAMPLES, SAMPLE_SEED = 100_000, 2_500, 99  # training points; samples scored, their z
COLUMNS = {  # of points, by score: title, factor, digits
    "modes": ("modes", 1, 1),
    "share_high_quality": ("% high quality", 100, 1),
    "reverse_kl_high_quality": ("KL", 1, 2),
}
OF_IMAGES = {"modes": ("modes", 1, 1), "reverse_kl": ("KL", 1, 3)}


@dataclass(frozen=True)
class Table(Trained):
    """Rows (recipes by name) on each of `data` (toy distributions), trained for `steps` steps.

    `every` so many steps a run is scored. `printed` holds a paper's numbers as {row: {data: text}}.
    `elsewhere` holds rows that another paper prints, likewise, below ours and without runs.
    With `in_images` both count real images, and a row of twice the batch takes half the steps.
    """

    source: str
    rows: Mapping[str, train.Recipe]
    data: Mapping[str, dict]  # name: load_points' arguments
    steps: int
    every: int
    printed: Mapping[str, Mapping[str, str]]
    samples: int = SAMPLES
    in_images: bool = False
    elsewhere: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def turns(self, recipe: train.Recipe, steps: int) -> int:
        """Return how many steps of this recipe `steps` of the table are."""
        return max(1, round(steps / recipe.batch)) if self.in_images else steps

    def toy(self, data: str) -> Toy:
        """Return the distribution that is called `data` in this table."""
        return load_points(**self.data[choose("data of this table", data, self.data)])

    def scores(self, state: train.State, data: str, steps: int) -> Iterator[dict]:
        """Train up to `steps` steps in all; yield {"step", "modes", ...} every `every` steps.

        It learns from the same 100,000 points, drawn once from the run's seed, and is scored on
        2,500 samples. A G that has diverged ends the run with 0 modes.
        """
        toy = self.toy(data)
        points = toy.sample(POINTS, machine.seed_generator(state.seed))
        last = self.turns(state.recipe, at_least("steps", steps, 1))
        every, more = self.turns(state.recipe, self.every), last - state.step

        def sample_real(n: int, rng: torch.Generator) -> torch.Tensor:
            return points[torch.randint(POINTS, (n,), generator=rng)]

        for record in train.train(state, sample_real, more) if more > 0 else ():
            if record.step % every and record.step != last:
                continue
            x = train.sample(state.G, SAMPLES, SAMPLE_SEED).cpu()
            if not x.isfinite().all():
                yield {"step": record.step, "modes": 0, "of": len(toy.centres), "diverged": True}
                return
            found = asdict(mode_report(x, toy))  # JSON has no NaN: no sample of high quality
            yield {"step": record.step} | {k: None if v != v else v for k, v in found.items()}

    def said(self, score: dict) -> str:
        """Return a score's numbers for a line on the terminal."""
        return f"{score['modes']} modes of {score['of']}"


def _pacgan(pack: int) -> train.Recipe:
    """Return PacGAN's recipe: 100 packs a step, so that D sees as many inputs in each row."""
    return train.Recipe("pacgan", lr_G=1e-4, lr_D=1e-4, betas=(0.8, 0.999), batch=100 * pack,
                        pack=pack, ema=0.0, precision="fp32")  # fmt: skip


_WIDTHS = {"widths": (64, 64, 64), "shape": (2,)}
_R3GAN = train.Recipe(
    "mlp", G={"z_dim": 2, "norm": False, **_WIDTHS}, D=_WIDTHS, loss="relativistic", r1=0.1, r2=0.1,
    lr_G=1e-3, lr_D=1e-3, betas=(0.0, 0.99), batch=128, ema=0.0, precision="fp32",
)  # fmt: skip

_POINTS = {"widths": (64, 64), "shape": (2,)}
_SMALL = train.Recipe(  # that of live.PointGan
    "mlp", G={"z_dim": 2, "norm": False, **_POINTS}, D=_POINTS, lr_G=1e-3, lr_D=1e-3,
    betas=(0.0, 0.999), ema=0.0, precision="fp32",
)  # fmt: skip

_BATCHES = {f"batch {batch:,}": replace(_SMALL, batch=batch) for batch in (32, 128, 512, 2048)}
_FASTER = {
    f"batch {batch:,}, rates x {times}": replace(
        _SMALL, batch=batch, lr_G=times * _SMALL.lr_G, lr_D=times * _SMALL.lr_D
    )
    for batch, times in ((512, 2), (2048, 4))  # the square root of the batch's growth from 128
}

TABLES = {
    "batch": Table(
        "Our own: one small GAN at several batches, counted in real points",
        _BATCHES | _FASTER,
        {"grid": {"name": "grid", "gap": 0.6, "sd": 0.03}},
        steps=1_200_000,
        every=60_000,
        printed={},
        in_images=True,
    ),
    "remedies": Table(
        "Our own: the remedies of lesson 12 on one small GAN; WGAN-GP with its own loss besides",
        {name: with_remedy(_SMALL, name) for name in REMEDIES}
        | {
            "WGAN-GP, Wasserstein, 5 steps of D": replace(
                with_remedy(_SMALL, "WGAN-GP"), loss="wasserstein", steps_D=5
            )
        },
        {"grid": {"name": "grid", "gap": 0.6, "sd": 0.03}},
        steps=1_500,
        every=250,
        printed={},
    ),
    "pacgan": Table(
        "PacGAN (Lin et al. 2018, arXiv 1712.04086), Table 1: 10 runs of 400,000 steps",
        {"GAN": _pacgan(1), "PacGAN2": _pacgan(2), "PacGAN4": _pacgan(4)},
        {"grid": {"name": "grid"}, "ring": {"name": "ring"}},
        steps=400_000,
        every=1_000,
        printed={
            "GAN": {"ring": "6.3±.5 / 98.2±.2 / .45±.09", "grid": "17.3±.8 / 94.8±.7 / .70±.07"},
            "PacGAN2": {
                "ring": "7.9±.1 / 95.6±2.0 / .07±.03",
                "grid": "23.8±.7 / 91.3±.8 / .13±.04",
            },
            "PacGAN4": {
                "ring": "7.8±.1 / 95.9±1.4 / .07±.02",
                "grid": "24.8±.2 / 93.6±.6 / .04±.01",
            },
        },
        elsewhere={"GAN, in VEEGAN's Table 1": {"ring": "1 / 99.3 / -", "grid": "3.3 / 0.5 / -"}},
    ),
    "r3gan": Table(
        "R3GAN (Huang et al. 2025, arXiv 2501.05441), Table 1: stacked MNIST of 1,000 modes",
        {
            "RpGAN + R1 + R2": _R3GAN,
            "GAN + R1 + R2": replace(_R3GAN, loss="non-saturating"),
            "RpGAN + R1": replace(_R3GAN, r2=0.0),
            "GAN + R1": replace(_R3GAN, loss="non-saturating", r2=0.0),
        },
        {"grid": {"name": "grid", "gap": 0.5, "sd": 0.0125}},
        steps=4_000,
        every=500,
        printed={
            "RpGAN + R1 + R2": {"stacked MNIST": "1000 / - / .0781"},
            "GAN + R1 + R2": {"stacked MNIST": "693 / - / .9270"},
            "RpGAN + R1": {"stacked MNIST": "fails"},
            "GAN + R1": {"stacked MNIST": "fails"},
        },
    ),
    **IMAGE_TABLES,
}


class Markdown(str):
    """A text that a notebook shows as Markdown."""

    def _repr_markdown_(self) -> str:
        return str(self)


def measured(name: str) -> dict:
    """Return what `python tools/tables NAME` has measured so far: machine, command, runs."""
    return json.loads(course.path(f"docs/tables/{name}.json").read_text("utf-8"))


def curves(name: str, data: str) -> dict[str, list[list[dict]]]:
    """Return the scores of each row's runs on `data`, one list for each seed, rows in order."""
    runs = [run for run in measured(name)["runs"].values() if run["data"] == data]
    found = {row: [run["scores"] for run in runs if run["row"] == row] for row in TABLES[name].rows}
    return {row: scores for row, scores in found.items() if scores}


def beside(name: str, data: str, printed: str = "") -> Markdown:
    """Return a table of our rows on `data`, beside what the paper prints (on `printed`, or `data`).

    Ours are means over seeds, with the standard error where there are several: modes, percent of
    high quality, reverse KL as the paper has it (over samples of high quality alone; "of 7" where a
    run had none and so no KL). Of stacked digits, which have no such quality: modes, reverse KL.
    """
    columns = OF_IMAGES if name in IMAGE_TABLES else COLUMNS
    titles = " / ".join(title for title, *_ in columns.values())
    paper = f"the paper, on {printed}" if printed else "the paper"
    lines = [f"| | seeds | steps | ours: {titles} | {paper} |", f"|{'---|' * 5}"]
    for row, runs in curves(name, data).items():
        ends = [scores[-1] for scores in runs]
        steps = sorted({end["step"] for end in ends})
        said = f"{steps[0]:,}" if len(steps) == 1 else f"{steps[0]:,} to {steps[-1]:,}"
        theirs = TABLES[name].printed.get(row, {}).get(printed or data, "")
        lines.append(f"| {row} | {len(runs)} | {said} | {_said(ends, columns)} | {theirs} |")
    more = getattr(TABLES[name], "elsewhere", {})
    lines += [f"| {row} | | | | {on[data]} |" for row, on in more.items() if data in on]
    return Markdown("\n".join(lines))


def _said(ends: list[dict], columns: Mapping[str, tuple[str, int, int]]) -> str:
    texts = []
    for key, (_, times, digits) in columns.items():
        numbers = [times * end[key] for end in ends if end.get(key) is not None]
        left = f" of {len(numbers)}" if 0 < len(numbers) < len(ends) else ""
        texts.append(_mean(numbers, digits) + left)
    return " / ".join(texts)


def _mean(numbers: list[float], digits: int) -> str:
    if not numbers:
        return "-"
    mean = f"{np.mean(numbers):.{digits}f}"
    if len(numbers) == 1:
        return mean
    return f"{mean}±{np.std(numbers, ddof=1) / len(numbers) ** 0.5:.{digits}f}"
