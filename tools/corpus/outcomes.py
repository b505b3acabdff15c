"""Whether a trained program's samples lie where the real data lie, in words of few numbers.

Real data are cut into regions (the modes, where there are such). A region is reached when at least
a quarter of its real share of the samples lies in it; a sample is near when it lies within the
radius around its region's centre that holds 99 % of the region's real samples, times 1.25.
"""

from dataclasses import dataclass

import numpy as np
from sklearn.cluster import KMeans

from .entry import Program

REGIONS = {
    "ring": 8,
    "grid": 25,
    "grid9": 9,
    "ring6": 6,
    "grid4": 4,
    "moons": 10,
    "pair": 2,
    "line": 2,
    "line3": 3,
    "circles": 10,
    "spirals": 10,
    "swiss": 10,
    "checker": 8,
    "digits": 10,
}
REACHED, NEAR = 0.75, 0.6  # at least: of a sound program
SAMPLES = 1000


@dataclass(frozen=True)
class Outcome:
    """How many of the regions are reached, and the share of samples near real ones."""

    reached: int
    regions: int
    near: float
    finite: bool

    @property
    def works(self) -> bool:
        return self.finite and self.reached >= REACHED * self.regions and self.near >= NEAR

    def __str__(self) -> str:
        word = "works" if self.works else "does not work"
        return f"{word}: reaches {self.reached} of {self.regions}, {self.near:.0%} near"


def outcome(program: Program, sample) -> Outcome:
    """Return what `SAMPLES` samples look like beside twice as many real ones."""
    real = program.real(2 * SAMPLES, np.random.default_rng(0)).reshape(2 * SAMPLES, -1)
    fake = program.back(sample(SAMPLES))
    k = REGIONS[program.data]
    if not np.isfinite(fake).all():
        return Outcome(0, k, 0.0, False)
    centres = KMeans(k, n_init=8, random_state=0).fit(real.astype(np.float64))
    real_region, fake_region = centres.predict(real.astype(np.float64)), centres.predict(fake)
    far = np.linalg.norm(real - centres.cluster_centers_[real_region], axis=1)
    radius = np.array([1.25 * np.quantile(far[real_region == i], 0.99) for i in range(k)])
    near = np.linalg.norm(fake - centres.cluster_centers_[fake_region], axis=1)
    near = near <= radius[fake_region]
    share_real = np.bincount(real_region, minlength=k) / len(real)
    share_fake = np.bincount(fake_region[near], minlength=k) / len(fake)
    return Outcome(int((share_fake >= share_real / 4).sum()), k, float(near.mean()), True)
