"""The failure clinic: faulty runs to diagnose and repair, a recorder for any loop. Lesson 10.

A setting is a run that works (`SETTINGS`), a fault the same program with a line or two changed
(`FAULTS`). `train_run(name)` trains either with a recorder attached, `train_repaired(name)` takes
the change back, `diff(fault)` shows it; `Case(n)` is a faulty run without its name. `diagnose`
reads the signals of a `Recorder` alone.
"""

from gancourse.clinic.cases import Case, numbers
from gancourse.clinic.causes import CAUSES
from gancourse.clinic.faults import (
    FAULTS,
    Fault,
    Run,
    diff,
    get_fault,
    program,
    train_repaired,
    train_run,
)
from gancourse.clinic.recorder import Recorder
from gancourse.clinic.rules import diagnose
from gancourse.clinic.settings import (
    SETTINGS,
    Outcome,
    Setting,
    as_images,
    get_setting,
    in_band,
    judge,
    real_data,
)
from gancourse.clinic.signals import Signals, load_signals

__all__ = ["CAUSES", "FAULTS", "SETTINGS", "Case", "Fault", "Outcome", "Recorder", "Run", "Setting",
           "Signals", "as_images", "diagnose", "diff", "get_fault", "get_setting", "in_band",
           "judge", "load_signals", "numbers", "program", "real_data", "train_repaired",
           "train_run"]  # fmt: skip
