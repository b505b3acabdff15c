"""Faulty runs without their names: what they show, and a cause to choose. Lesson 10."""

import random
from dataclasses import dataclass
from functools import cached_property

from gancourse import plots
from gancourse.clinic import settings
from gancourse.clinic.causes import CAUSES
from gancourse.clinic.facts import pace
from gancourse.clinic.faults import FAULTS, Run, diff, train_repaired, train_run
from gancourse.clinic.rules import diagnose, gradient_ratio
from gancourse.clinic.signals import Signals, finite, late, mean, middle
from gancourse.errors import InputError, choose

FIRST = "mode collapse"  # the failure that everybody has heard of
ORDER = [FIRST, *(n for n in random.Random(10).sample(list(FAULTS), len(FAULTS)) if n != FIRST)]


@dataclass(frozen=True)
class Case:
    """A faulty run by a number, from 1. It is trained when first looked at.

    The same number and seed show the same run.
    """

    number: int
    seed: int = 0

    def __post_init__(self):
        if not isinstance(self.number, int) or not 1 <= self.number <= len(ORDER):
            raise InputError(f"There are cases 1 to {len(ORDER)}, and {self.number!r} was given.")

    @property
    def name(self) -> str:
        """The right cause: what the run is called in FAULTS."""
        return ORDER[self.number - 1]

    @cached_property
    def run(self) -> Run:
        return train_run(self.name, self.seed)

    @cached_property
    def repaired(self) -> Run:
        """The same training with the remedy applied."""
        return train_repaired(self.name, self.seed)

    def samples(self, repaired: bool = False) -> plots.Picture:
        """Return what the run draws: a film of points, or the last images."""
        run = self.repaired if repaired else self.run
        if not run.setting.images:
            return plots.point_film(run.frames, settings.real_data(run.setting)[::16])
        title, x = run.frames[-1]
        x = settings.as_images(x.clamp(-1, 1))
        return plots.image_grid(x, 16, alt=f"64 samples of case {self.number} at {title}.")

    def curves(self) -> plots.Picture:
        """Return both losses, D(x) and D(G(z)) by turn."""
        return plots.curves(self.run.signals.curves())

    def gradients(self) -> plots.Picture:
        """Return the norm of each layer's gradient, the mean over the run; at least 1e-12."""
        found = self.run.signals.gradients
        sizes = {
            who: [max(mean(norms, 0.0), 1e-12) for norms in layers.values()]
            for who, layers in found.items()
        }
        return plots.by_layer(sizes, "gradient", f"Case {self.number}")

    def numbers(self, repaired: bool = False) -> dict[str, float]:
        """Return what else was measured, by what it is; `repaired`: in the sound twin's run.

        The twin has the same setting and seed, so that numbers beside each other can be compared.
        """
        return numbers((self.repaired if repaired else self.run).signals)

    def choose(self, cause: str) -> str:
        """Return what speaks for a cause or against it, and the remedy where it is the right one.

        `cause` is one of gancourse.clinic.causes.CAUSES; raises InputError for another.
        """
        choose("cause", cause, CAUSES)
        found = {s.cause: s.evidence for s in diagnose(self.run.signals).suspicions}
        sign = CAUSES[cause].sign
        if cause == self.name:
            return (
                f"Yes, {cause}: {found.get(cause, sign)}.\nLesson {CAUSES[cause].lesson}. Remedy: "
                f"{CAUSES[cause].remedy}.\n{diff(FAULTS[cause])}"
            )
        if cause in found:
            return (
                f"It fits, and it is not the cause. Seen is this: {found[cause]}. What else could "
                "bring that about?"
            )
        return f"No. {cause[0].upper()}{cause[1:]} would show {sign}, and this run does not."


def numbers(s: Signals) -> dict[str, float]:
    """Return the numbers of a run in which single mistakes differ, by what they are."""
    measured = {
        "how often D is right": late(s.auc),
        "largest logit": max(finite(s.largest), default=float("nan")),
        "G's gradient over D's": gradient_ratio(s),
        "change of D by opt_G": late(s.moved.get("D by opt_G", [])),
        "pace of G": pace(s, "G"),
        "pace of D": pace(s, "D"),
        "old share of D's gradient": middle(s.carried["D"]),
        "D's loss in G's gradient": middle(s.leaked),
        "spread of z in a batch": s.training.within,
        "mean of z in training": s.training.mean,
        "mean of z in sampling": s.sampling.mean,
        "order of real batches": s.order,
        "real values out of reach": s.beyond,
        "G's norm layers in training mode": s.in_training.get("G", float("nan")),
        "share of a sample from its neighbours": s.neighbours,
        "mixed batches": s.mixed,
        "spread of the first samples": s.start_spread,
        "D alone, against lookalikes": s.sight,
        "a new net alone, against them": s.fresh_sight,
    }
    return {name: float(f"{value:.3g}") for name, value in measured.items()}
