"""The learner's instant check: `check("05.1", d_loss)`. The grader uses the same specs.

Each sheet is a folder `sheetNN` in this package, and each file in it that holds an EXERCISE is one
exercise of that sheet, named as what the learner defines: `sheet05/d_loss.py`.
"""

import html
import secrets
from collections.abc import Iterable, Iterator
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from textwrap import fill

from gancourse.check.spec import (
    ERROR,
    HELD,
    NOT_DONE,
    WRONG,
    Draw,
    Exercise,
    Part,
    PartResult,
    Verdict,
    Wrong,
    evaluate,
    judged,
)
from gancourse.check.student import Handle, NotDone, Odd, Student, StudentError, rng_untouched
from gancourse.errors import InputError, choose

__all__ = [
    "ERROR",
    "HELD",
    "NOT_DONE",
    "WRONG",
    "CheckResult",
    "Draw",
    "Exercise",
    "Handle",
    "NotDone",
    "Odd",
    "Part",
    "PartResult",
    "Student",
    "StudentError",
    "Verdict",
    "Wrong",
    "check",
    "evaluate",
    "get_exercise",
    "sheet",
    "sheets",
]  # fmt: skip

MARKS = {HELD: "holds", WRONG: "does not hold yet", ERROR: "stopped", NOT_DONE: "not yet done"}


@cache
def sheets() -> tuple[str, ...]:
    """Return the numbers of all sheets, e.g. ("05", "06")."""
    names = sorted(module.name for module in iter_modules(__path__))
    return tuple(name.removeprefix("sheet") for name in names if name.startswith("sheet"))


@cache
def sheet(number: str) -> list[Exercise]:
    """Return the exercises of a sheet, in order; raise InputError for a number that has none."""
    choose("sheet", number, sheets())
    folder = import_module(f"{__name__}.sheet{number}")
    names = [f"{folder.__name__}.{module.name}" for module in iter_modules(folder.__path__)]
    found = [vars(import_module(name)).get("EXERCISE") for name in names]
    return sorted(filter(None, found), key=lambda exercise: int(exercise.id.split(".")[1]))


def get_exercise(id: str) -> Exercise:
    """Return the exercise `id`, e.g. "05.1"; raise InputError for an unknown one."""
    number = str(id).split(".")[0]
    known = sheet(number) if number in sheets() else [e for n in sheets() for e in sheet(n)]
    choose("exercise", id, [e.id for e in known])
    return next(e for e in known if e.id == id)


class CheckResult:
    """How an answer did: `passed`, `score`, `maximum`, and `report` with every part shown.

    `more` is how many points the parts have that run in grading alone.
    """

    def __init__(self, report: Verdict, more: int = 0):
        self.report, self.passed, self.more = report, report.passed, more
        self.score, self.maximum = report.score, report.maximum

    def __repr__(self) -> str:
        if self.report.not_done:
            return f"{self.report.id} {self.report.title}: not yet done"
        done = "passed" if self.passed else "not passed yet"
        points = points_of(self.score, self.maximum)
        points += f" ({self.more} more in grading)" if self.more else ""
        return f"{self.report.id} {self.report.title}: {done}, {points}"

    def _repr_html_(self) -> str:
        """The same words for a page and a screen reader; nothing is said by colour alone."""
        return f'<p role="status"><strong>{html.escape(repr(self))}</strong></p>'


def points_of(score: int, maximum: int) -> str:
    """Return e.g. "1 of 2 points"."""
    return f"{score} of {maximum} point{'' if maximum == 1 else 's'}"


def line_of(result: PartResult) -> str:
    """Return what the learner reads of one part, e.g. "  holds: both terms (2 of 2 points)"."""
    return f"  {MARKS[result.status]}: {result.name} ({points_of(result.points, result.maximum)})"


def check(id: str, *answers: object) -> CheckResult:
    """Check the answers to an exercise on fresh random inputs, and print which parts hold.

    Give what the sheet asks for, in its order: `check("05.1", d_loss)`. The global random state
    stays as it is. Raises InputError for an unknown exercise or another number of answers.
    """
    exercise = get_exercise(id)
    if len(answers) != len(exercise.names):
        wanted = ", ".join([repr(exercise.id), *exercise.names])
        raise InputError(
            f"Exercise {id} asks for {' and '.join(exercise.names)}, and {len(answers)} answers "
            f"were given: call check({wanted})."
        )
    student = Student()
    given = {name: student.admit(a) for name, a in zip(exercise.names, answers, strict=True)}
    with rng_untouched():
        results = tuple(_told(judged(exercise, student, given, secrets.randbits(48))))
    report = Verdict(exercise.id, exercise.title, results)
    return CheckResult(report, more=exercise.points - report.maximum)


def _told(results: Iterable[PartResult]) -> Iterator[PartResult]:
    """Yield the results, each printed at once.

    The same message is said once; that a stub is not done is said by the result, not for each part.
    """
    said = ""
    for result in results:
        if result.status != NOT_DONE:
            print(line_of(result), flush=True)
        if result.message not in ("", said):
            indent = " " * 6
            message = fill(result.message, 88, initial_indent=indent, subsequent_indent=indent)
            print(message, flush=True)
            said = result.message
        yield result
