"""What one submission needs to be graded, wherever that is."""

from dataclasses import dataclass, field

from gancourse.grade.box.sandbox import Limits
from gancourse.grade.ipynb import Cell


@dataclass(frozen=True)
class Task:
    """All that grading one notebook needs, small enough to send to another machine.

    `modules` are imported before the sandbox takes its first student. `attempt` counts back from
    the last one.
    """

    student: str
    sheet: str
    file: str
    cells: tuple[Cell, ...]
    seed: str
    checks: str = "gancourse.check"
    ids: dict[str, str] = field(default_factory=dict)
    sandbox: str = "bwrap"
    limits: Limits = field(default_factory=Limits)
    notes: tuple[str, ...] = ()
    version: str = ""
    modules: tuple[str, ...] = ()
    attempt: int = 0
