"""Two players on a ring, a training that is done here, and when a run counts as healthy."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from gancourse.check import twins
from gancourse.check.bench import Bench
from gancourse.check.rings import random_ring
from gancourse.check.spec import Draw, Wrong, timed
from gancourse.check.twins import Twin
from gancourse.losses import cross_entropy_d, non_saturating_g
from gancourse.score import ModeReport, mode_report
from gancourse.toys import Toy

ILL = "The patient is still ill: {}"
LIMIT, TRIES = 30.0, 3  # seconds on two cores, of all tries
ADAM = {"lr": 2e-3, "betas": [0.5, 0.99]}
RING_TURNS, DEEP_TURNS, DIGIT_TURNS = 600, 900, 600
BATCH, N_SAMPLES = 128, 2000
POINTS = {"widths": [64, 64], "shape": [2]}
MISSING, REVERSE_KL, HIGH_QUALITY = 1, 0.6, 0.25


@dataclass(frozen=True)
class Pair:
    """A generator and a discriminator, here and in the bench, and the ring they play on."""

    toy: Toy
    G: Twin
    D: Twin


def ring_pair(bench: Bench, draw: Draw, G: dict = POINTS, D: dict = POINTS) -> Pair:
    toy = random_ring(draw)
    G = twins.twin(bench, draw, "generator/mlp", {"z_dim": 2, "norm": False, **G})
    return Pair(toy, G, twins.twin(bench, draw, "discriminator/mlp", D))


def judge_points(x: Tensor, toy: Toy) -> None:
    """Raise Wrong with what is seen of the samples, unless they lie in the band."""
    report = mode_report(x, toy)
    if report.modes < report.of - MISSING or report.reverse_kl > REVERSE_KL:
        raise Wrong(ILL.format(f"after its training G finds {seen(report)}."))
    if report.share_high_quality < HIGH_QUALITY:
        raise Wrong(ILL.format(f"after its training G reaches {seen(report)}."))


def in_band(bench: Bench, what: str, run: Callable[[], None]) -> None:
    """Train up to TRIES times, each time with other nets; raise the last Wrong where all are ill.

    A healthy run may miss its band too, by bad luck: of the rings one in ten does, at most.
    """

    def tried() -> None:
        for _ in range(TRIES - 1):
            with suppress(Wrong):
                return run()
        return run()

    timed(bench, LIMIT, what, tried)


def seen(report: ModeReport) -> str:
    share = round(100 * report.share_high_quality)
    return (
        f"{report.modes} of {report.of} modes, {share} in 100 samples within 3 sd of a mode, and a "
        f"reverse KL of {report.reverse_kl:.2f} (a run in health misses one mode at most, has at "
        f"least {round(100 * HIGH_QUALITY)} in 100, and a reverse KL of at most {REVERSE_KL})"
    )


@dataclass
class Players:
    """A training that is done here: both nets and their optimisers."""

    G: nn.Module
    D: nn.Module
    lr: float = ADAM["lr"]

    def __post_init__(self):
        options = ADAM | {"lr": self.lr}
        self.opt_G, self.opt_D = (
            torch.optim.Adam(net.parameters(), **options) for net in (self.G, self.D)
        )

    def turn(self, x_real: Tensor, z: Tensor) -> None:
        x_fake = self.G(z)
        self.opt_D.zero_grad()
        cross_entropy_d(self.D(x_real), self.D(x_fake.detach())).backward()
        self.opt_D.step()
        self.opt_G.zero_grad()
        non_saturating_g(None, self.D(x_fake)).backward()
        self.opt_G.step()
