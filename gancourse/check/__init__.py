"""The learner's instant check: `check("05.1", d_loss)`. The grader uses the same specs.

Each sheet is a folder `sheetNN` in this package, and each file in it that holds an EXERCISE is one
exercise of that sheet, named as what the learner defines: `sheet05/d_loss.py`.
"""

import secrets
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from gancourse import machine
from gancourse.check import progress
from gancourse.check.result import Board, CheckResult
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
from gancourse.check.student import Handle, NotDone, Odd, Student, StudentError
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


def check(id: str, *answers: object) -> CheckResult:
    """Check the answers to an exercise on fresh random inputs, and say what holds.

    The first line is the verdict; then comes the one part to look at first.

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
    student, seed = Student(), secrets.randbits(48)
    given = {name: student.admit(a) for name, a in zip(exercise.names, answers, strict=True)}
    board = Board()
    with machine.rng_untouched(), machine.one_thread():  # as in grading
        results = board.follow(judged(exercise, student, given, seed))
    report = Verdict(exercise.id, exercise.title, tuple(results))
    result = CheckResult(report, more=exercise.points - report.maximum, seed=seed)
    board.finish(result)
    if result.passed:
        progress.note(exercise.id, result.score)
    return result
