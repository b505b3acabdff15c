"""What is to be graded: a task for each notebook that counts, a result for what has none."""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cache
from pathlib import Path

import gancourse
from gancourse.check.spec import Exercise
from gancourse.grade.box.sandbox import Limits
from gancourse.grade.collect import Submission
from gancourse.grade.digest import Digests
from gancourse.grade.ipynb import Unusable
from gancourse.grade.job import Result
from gancourse.grade.notebook import ids_of_sheet, sheets_of
from gancourse.grade.rules import absent
from gancourse.grade.task import Task

LATE = "Handed in late."
LAST = "{n} notebooks of this sheet: the last one was graded."


@dataclass(frozen=True)
class Options:
    """How to grade; see `grade`."""

    jobs: int = 1
    cluster: str | None = None
    sandbox: str = "bwrap"
    sheets: tuple[str, ...] = ()
    checks: str = "gancourse.check"
    time_limit: float | None = None
    budget: float | None = None
    limits: Limits = field(default_factory=Limits)
    starting: Callable[[str], None] = lambda student: None
    saying: Callable[[str], None] = lambda sentence: None
    only: str | None = None
    again: bool = False
    attempt: str = "last"
    late: str | None = None
    weights: tuple[str, ...] = ()
    overrides: Path | None = None
    worksheet: Path | None = None
    gradebook: Path | None = None
    assignments: tuple[str, ...] = ()
    csv: Path | None = None

    def __post_init__(self):
        limits = self.limits
        if self.budget is not None:
            limits = replace(limits, submission=self.budget)
        if self.time_limit is not None:
            shorter = min(self.time_limit, limits.cell)
            limits = replace(limits, exercise=self.time_limit, cell=shorter)
        object.__setattr__(self, "limits", limits)


def plan(
    found: list[Submission], options: Options, known: Mapping[str, Sequence[Exercise]], seed: str
) -> Iterator[Task | Result]:
    """Yield a task for each notebook to grade, and a result for what has none."""
    ids = original_ids()
    digest = cache(Digests(options.checks, options.limits).of)
    chosen: dict[tuple[str, str], list[Submission]] = {}
    for item in found:
        sheets = [] if item.status else sheets_of(item.cells, known)
        if len(sheets) == 1:
            chosen.setdefault((item.student, sheets[0]), []).append(item)
        else:
            yield _without_grade(item, sheets)
    for (student, sheet), attempts in sorted(chosen.items()):
        plain = Task(
            student, sheet, "", (), f"{seed}/{student}/{sheet}", options.checks, ids,
            options.sandbox, options.limits, version=digest(sheet))  # fmt: skip
        attempts.sort(key=lambda a: a.attempt, reverse=True)
        counted = attempts if options.attempt == "best" else attempts[:1]
        for k, item in enumerate(counted):
            extra = [] if len(attempts) == len(counted) else [LAST.format(n=len(attempts))]
            yield _task(item, k, extra, plain)
    for student in dict.fromkeys(s.student for s in found):
        for sheet in options.sheets:
            if (student, sheet) not in chosen:
                yield absent(student, sheet, known[sheet])


def _without_grade(item: Submission, sheets: list[str]) -> Result:
    status, notes = item.status, item.notes
    if sheets:
        status = "two sheets in one file"
        named = " and ".join(sheets)
        notes = [f"The notebook holds exercises of sheets {named}: hand in one file for each."]
    elif not status:
        status, notes = "wrong sheet", ["No exercise of a sheet to be graded is in this notebook."]
    return Result(item.student, "", item.file, status, notes, [])


def _task(item: Submission, attempt: int, notes: list[str], plain: Task) -> Task:
    """Return the task for one notebook; `attempt` counts back from the last."""
    if item.late:
        notes = [*notes, LATE]
    text = json.dumps([asdict(c) for c in item.cells]) + plain.version + plain.seed
    version = hashlib.sha256(text.encode()).hexdigest()
    return replace(plain, file=item.file, cells=tuple(item.cells), notes=tuple(notes),
                   version=version, attempt=attempt)  # fmt: skip


def original_ids() -> dict[str, str]:
    """Return the exercise of each cell id, from the sheets beside the package where they are."""
    ids = {}
    for path in sorted((Path(gancourse.__file__).parents[1] / "exercises").glob("*.ipynb")):
        try:
            ids |= ids_of_sheet(path.read_bytes())
        except Unusable:
            continue
    return ids
