"""The table of all programs, and which half each author belongs to."""

from dataclasses import replace
from importlib import import_module

from .entry import Program

TUNING = (
    "dcgan_tutorial",
    "wgan_lab",
    "functional",
    "research",
    "conditional",
    "numpy_student",
    "packer",
    "trainer_framework",
)
UNSEEN = (
    "erik",
    "lightning",
    "keras_like",
    "amp_engineer",
    "sngan",
    "notebook",
    "one_optimiser",
    "cs_assignment",
)
HALVES = {"tuning": TUNING, "unseen": UNSEEN}


def programs(half: str = "all") -> dict[str, Program]:
    """Return name -> program of "tuning", "unseen" or "all"; KeyError for another half."""
    authors = TUNING + UNSEEN if half == "all" else HALVES[half]
    found = {}
    for author in authors:
        for program in import_module(f"{__package__}.authors.{author}").PROGRAMS:
            found[program.name] = replace(program, author=author)
    return found


def half_of(program: Program) -> str:
    return next(half for half, authors in HALVES.items() if program.author in authors)
