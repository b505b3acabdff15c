"""The training loop: recipes, a state that saves and resumes exactly, two steps, an iterator.

`steps` is the algorithm, `recipe` and `presets` are its choices, `state` is all that a run depends
on, `averages` and `checkpoint` come on top, and `run` is a run in a folder.
"""

from gancourse.train.alone import steps_alone
from gancourse.train.augment import diff_augment
from gancourse.train.averages import averaged_generator, ema_step, sample
from gancourse.train.checkpoint import begun, load_state, save_state
from gancourse.train.presets import BUDGETS, PRESETS, WRITEUP_PRESETS, get_preset, within
from gancourse.train.recipe import Recipe
from gancourse.train.state import COLUMNS, State
from gancourse.train.steps import (
    Record,
    Source,
    both_steps,
    d_step,
    g_step,
    note,
    one_step,
    real_batch,
    source_of,
    train,
)

__all__ = ["BUDGETS", "COLUMNS", "PRESETS", "WRITEUP_PRESETS", "Recipe", "Record", "Source",
           "State", "averaged_generator", "begun", "both_steps", "d_step", "diff_augment",
           "ema_step", "g_step", "get_preset", "load_state", "note", "one_step", "real_batch",
           "sample", "save_state", "source_of", "steps_alone", "train", "within"]  # fmt: skip
