"""The settings: data, nets and budget of a run that works, and how its samples are judged.

Everything here is small: a run takes seconds, and a mistake shows.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d

from gancourse import losses
from gancourse.data import load_images, toys
from gancourse.errors import choose
from gancourse.score.measures import fid
from gancourse.score.modes import ModeReport, mode_report

N_SAMPLES, COMPONENTS, SIDE = 1600, 16, 14
he = partial(nn.init.kaiming_normal_, a=0.2)  # He et al. 2015, for LeakyReLU 0.2
torch_default = partial(nn.init.kaiming_uniform_, a=5**0.5)  # what nn.Linear does by itself
dcgan = partial(nn.init.normal_, std=0.02)  # Radford et al. 2016


@dataclass(frozen=True)
class Setting:
    """Where a fault lies: what the working program is given, and the band its samples reach.

    `G` and `D` are the widths of the hidden layers, `norm` puts batch norm in them. Images are the
    embedded digits at 14 x 14, as vectors of pixels from 0 to 255. `seconds` is what a run takes on
    a free core.
    """

    name: str
    G: tuple[int, ...] = (64, 64)
    D: tuple[int, ...] = (64, 64)
    toy: toys.Toy | None = None
    z_dim: int = 2
    norm: bool = False
    init: Callable[[Tensor], Tensor] = torch_default
    loss: str = "minimax"
    lr: float = 1e-3
    batch: int = 128
    steps: int = 1500
    good: float = 0.4  # points: the least share of high quality

    @property
    def images(self) -> bool:
        return self.toy is None

    @property
    def pair(self) -> losses.Loss:
        return losses.get_loss(self.loss)

    def last(self) -> nn.Module:
        """Return what G ends in: tanh for images."""
        return nn.Tanh() if self.images else nn.Identity()


RING, GRID = toys.ring(sd=0.05), toys.grid(gap=1.0, sd=0.1)
FAR = toys.ring(radius=40.0, sd=4.0)
SETTINGS = {
    "ring": Setting("ring", toy=RING),
    "grid": Setting(
        "grid", (128, 128), (128, 128), GRID, loss="non-saturating", steps=3000, good=0.25
    ),
    "far": Setting("far", toy=FAR, init=he, loss="non-saturating", lr=3e-3, good=0.25),
    "deep": Setting("deep", (32,) * 8, toy=RING, init=he),
    "digits": Setting(
        "digits", (128, 256), (256, 128), None, 32, norm=True, init=dcgan, batch=64, steps=1200
    ),
    "plain": Setting(
        "plain", (128, 256), (256, 128), None, 32, init=he, loss="non-saturating", batch=64,
        steps=1200,
    ),
}  # fmt: skip


def get_setting(name: str) -> Setting:
    """Return the setting called `name`, one of SETTINGS; raise InputError for another name."""
    return SETTINGS[choose("setting", name, SETTINGS)]


@cache
def real_data(setting: Setting) -> Tensor:
    """Return the training data at rest: points [8192, 2], sorted by angle, or pixels [1437, 196].

    Data often come sorted: these do too, points by their angle, digits by their class.
    """
    if setting.toy is None:
        digits = load_images("digits")
        small = avg_pool2d(digits.images.float(), 28 // SIDE).flatten(1)
        return small[digits.labels.argsort(stable=True)]
    x = setting.toy.sample(8192, torch.Generator().manual_seed(0))
    return x[torch.atan2(x[:, 1], x[:, 0]).argsort()]


def as_images(x: Tensor) -> Tensor:
    """Return vectors [N, 196] as images [N, 1, 14, 14], for a picture."""
    return x.view(-1, 1, SIDE, SIDE)


@dataclass(frozen=True)
class Outcome:
    """How a run's samples are. Points have `modes`, images `distance`.

    `distance` is the Frechet distance to the real images in their 16 principal components, over the
    real variance there; a set of unrelated images has 1 and more. `wobble` is how far two samples
    of the same z lie apart, over how far those of different z do: 0 for a map, 1 for noise.
    """

    wobble: float
    modes: ModeReport | None = None
    distance: float = float("nan")

    def __str__(self) -> str:
        words = str(self.modes) if self.modes else f"distance {self.distance:.2f}"
        return words + (f", wobble {self.wobble:.2f}" if self.wobble > WOBBLE else "")


MISSING, REVERSE_KL, DISTANCE, WOBBLE = 1, 0.4, 0.2, 0.01


def in_band(outcome: Outcome | None, setting: Setting) -> bool:
    """Tell whether the samples are as good as the setting's healthy runs make them."""
    if outcome is None or outcome.wobble > WOBBLE:
        return False
    if outcome.modes is None:
        return outcome.distance <= DISTANCE
    found = outcome.modes
    return (
        found.modes >= found.of - MISSING
        and found.reverse_kl <= REVERSE_KL
        and found.share_high_quality >= setting.good
    )


def judge(
    setting: Setting,
    sample: Callable[[Tensor], Tensor],
    draw: Callable[[int], Tensor],
    rng: torch.Generator | None = None,
):
    """Return the Outcome of `sample(z)` with z from `draw(n)`; None where samples are not finite.

    Draws from `rng`, or from the global random state.
    """
    z = draw(N_SAMPLES)
    x = sample(z)
    if not x.isfinite().all():
        return None
    other = torch.randperm(len(z), generator=rng)  # the same z in other company
    return Outcome(wobble(x[other], sample(z[other])), *_quality(setting, x))


def wobble(x: Tensor, again: Tensor) -> float:
    """Return E |x - x'|^2 / 2 Var x for samples x, x' [N, dim] of the same z, 0 for a map."""
    spread = 2 * x.var(0).sum().clamp(min=1e-12)
    return ((x - again).square().sum(1).mean() / spread).item()


def _quality(setting: Setting, x: Tensor) -> tuple:
    if setting.toy is not None:
        return mode_report(x, setting.toy), float("nan")
    mean, basis, real = _components()
    made = (x - mean) @ basis  # [N, 16]
    return None, fid(made, real) / real.var(0).sum().item()


@cache
def _components() -> tuple[Tensor, Tensor, Tensor]:
    """Return the digits' mean [196], principal axes [196, 16] and coordinates [N, 16]."""
    x = real_data(SETTINGS["digits"]) / 127.5 - 1
    mean = x.mean(0)
    basis = torch.linalg.svd(x - mean, full_matrices=False)[2][:COMPONENTS].T
    return mean, basis, (x - mean) @ basis
