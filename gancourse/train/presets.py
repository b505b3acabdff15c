"""Recipes by name: to add one, an entry here. `gancourse train --help` prints their names."""

from dataclasses import replace
from typing import NamedTuple

from gancourse.errors import choose
from gancourse.train.recipe import Recipe

PRESETS = {
    "mlp": Recipe("mlp", lr_G=1e-3, lr_D=1e-3, ema=0.995),
    "dcgan": Recipe(
        "dcgan",
        G={"z_dim": 16, "width": 64, "depth": 1},
        D={"width": 64, "depth": 1},
        lr_G=2e-3,
        lr_D=2e-3,
        batch=64,
    ),
    "dcgan-quick": Recipe(  # for minutes: half the width, faster rates; see BUDGETS
        "dcgan",
        G={"z_dim": 16, "width": 32, "depth": 1},
        D={"width": 32, "depth": 1},
        lr_G=6e-3,
        lr_D=6e-3,
        betas=(0.0, 0.99),
        batch=64,
        ema_buffers=True,
    ),
    "dcgan-large": Recipe(  # for an hour and more
        "dcgan",
        G={"z_dim": 16, "width": 128, "depth": 1},
        D={"width": 128, "depth": 1},
        lr_G=1e-3,
        lr_D=1e-3,
        batch=64,
        ema=0.9998,
        anneal=(27_000, 36_000),
    ),
}

# Lesson 12's remedies on the default's nets. No batch norm in D: a penalty is of one sample.
_STEADY = replace(
    PRESETS["dcgan"], D={"width": 64, "depth": 1, "norm": False}, lr_G=5e-4, lr_D=5e-4
)
PRESETS |= {
    "wgan-gp": replace(  # Gulrajani et al. 2017, algorithm 1: weight 10, five steps of D
        _STEADY, loss="wasserstein", gp=10.0, steps_D=5, betas=(0.0, 0.9)
    ),
    "sn-hinge": replace(  # Miyato et al. 2018; hinge as in Zhang et al. 2019, arXiv 1805.08318
        _STEADY, loss="hinge", spectral=True, betas=(0.0, 0.9)
    ),
    "r3gan": replace(  # Huang et al. 2025: relativistic pairs, both penalties
        _STEADY, loss="relativistic", r1=1.0, r2=1.0, betas=(0.0, 0.99)
    ),
}

# Lesson 13: labels for both nets, in the three ways that D may use them.
_LABELS = replace(PRESETS["dcgan"], net="cdcgan", classes=10)


def _using(how: str, **changes) -> Recipe:
    return replace(_LABELS, D={**_LABELS.D, "how": how}, **changes)


PRESETS |= {
    "cdcgan": _using("projection"),  # Miyato and Koyama 2018
    "cdcgan-long": _using("projection", anneal=(4_500, 6_000)),  # for an hour
    "cdcgan-concat": _using("concatenation"),  # Mirza and Osindero 2014, in a DCGAN
    "acgan": _using("auxiliary"),  # Odena et al. 2017
    "cdcgan-diffaug": _using("projection", augment="translation,cutout"),  # Zhao et al. 2020
}

# The write-ups of lesson 10a, each as its article describes it; where that names no value, the
# comment says so. A variant differs by what its name says.
_DENSE = Recipe("writeup-000", lr_G=1e-3, lr_D=1e-3, ema=0.995)  # rates and batch: not in print
_TUTORIAL = Recipe(  # rates in print, their betas Keras' defaults, the batch not in print
    "writeup-001", lr_G=1e-4, lr_D=1e-4, betas=(0.9, 0.999), batch=8, ema=0.995
)
_STACK = Recipe("writeup-002", lr_G=1e-3, lr_D=1e-3, batch=64, ema=0.995)  # nothing in print
_DEEP = {"depth": 324}
_FAST = {"lr_G": 1e-3, "lr_D": 1e-3, "betas": (0.5, 0.999)}
# What somebody would change today: batches of 64, momentum 0.5, a longer average.
_TODAY = {"lr_G": 5e-4, "lr_D": 5e-4, "betas": (0.5, 0.999), "batch": 64, "ema": 0.999}

WRITEUP_PRESETS = {
    "writeup-000": _DENSE,
    "writeup-000-printed": replace(_DENSE, D={"norm": "last"}),
    "writeup-000-squared": replace(_DENSE, loss="squared-generator"),
    "writeup-000-sgd": replace(_DENSE, optimiser="sgd", lr_G=0.05, lr_D=0.05),
    "writeup-000-tanh": replace(_DENSE, G={"squash": "tanh"}),
    "writeup-000-conv": replace(_DENSE, D={"conv": True}),
    "writeup-001": _TUTORIAL,
    "writeup-001-squared": replace(_TUTORIAL, loss="squared-probability"),
    "writeup-001-no-dropout": replace(_TUTORIAL, D={"dropout": 0.0}),
    "writeup-001-fast": replace(_TUTORIAL, **_FAST),
    "writeup-001-today": replace(_TUTORIAL, **_TODAY),
    "writeup-002": _STACK,
    "writeup-002-printed": replace(_STACK, G={**_DEEP, "remedy": "none"}),
    "writeup-002-he": replace(_STACK, G={**_DEEP, "remedy": "he"}),
    "writeup-002-norm": replace(_STACK, G={**_DEEP, "remedy": "norm"}),
    "writeup-002-skips": replace(_STACK, G={**_DEEP, "remedy": "skips"}),
    "writeup-002-shallow": replace(_STACK, G={"remedy": "none"}),
    "writeup-002-today": replace(_STACK, **_TODAY, r1=1.0),  # its D is far stronger than its G
    "writeup-003": replace(_TUTORIAL, net="writeup-003"),
    "writeup-003-momentum": replace(_TUTORIAL, net="writeup-003", G={"momentum": 0.99}),
    "writeup-003-today": replace(_TUTORIAL, net="writeup-003", **_TODAY),
    "writeup-003-mlp": replace(_TUTORIAL, net="writeup-003", D={"mlp": True}),
    "writeup-004": replace(_TUTORIAL, net="writeup-004"),
    "writeup-004-no-dropout": replace(_TUTORIAL, net="writeup-004", D={"dropout": 0.0}),
    "writeup-004-today": replace(_TUTORIAL, net="writeup-004", **_TODAY),
}


class Budget(NamedTuple):
    """Up to so many minutes in a precision, `preset` stands for another name."""

    bf16: float  # minutes
    fp32: float
    preset: str

    @property
    def limits(self) -> str:
        """Both limits in words."""
        return f"up to {self.bf16:g} ({self.fp32:g} in fp32)"


# What a preset's name stands for where `gancourse train` is given a time on a processor. Measured
# on one core: docs/bench, "The recipe for minutes". In fp32 a step takes longer, so that the narrow
# nets stay ahead for longer.
BUDGETS: dict[str, tuple[Budget, ...]] = {"dcgan": (Budget(2.0, 5.0, "dcgan-quick"),)}


def within(name: str, minutes: float | None, precision: str) -> str:
    """Return the preset that `name` stands for in a run of so many minutes, by BUDGETS.

    `precision` is that of the run, bf16 or fp32. Without a time, or with a longer one than the
    table has, it is `name` itself.
    """
    rows = BUDGETS.get(name, ()) if minutes is not None else ()
    return next((row.preset for row in rows if minutes <= getattr(row, precision)), name)


def get_preset(name: str, **changes) -> Recipe:
    """Return the recipe called `name`, of PRESETS or WRITEUP_PRESETS, with the fields in `changes`.

    Raises InputError for an unknown name.
    """
    known = PRESETS | WRITEUP_PRESETS
    return replace(known[choose("preset", name, known)], **changes)
