"""The batch: collect, grade what is new, here, in several processes or on a cluster, and write."""

import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib import import_module
from pathlib import Path

from gancourse import workers
from gancourse.check.spec import Exercise
from gancourse.errors import InputError, at_least, choose
from gancourse.grade import report
from gancourse.grade.box import pool
from gancourse.grade.box.sandbox import SANDBOXES, require
from gancourse.grade.classroom import Classroom, Notice
from gancourse.grade.collect import Submission, collect
from gancourse.grade.exports import Export, exports
from gancourse.grade.job import (
    NOT_GRADED,
    NOT_YET,
    Result,
    grade_task,
    modules_for,
    without_points,
)
from gancourse.grade.notebook import sheets_of
from gancourse.grade.overrides import student_named
from gancourse.grade.plan import Options, plan
from gancourse.grade.rules import Rules
from gancourse.grade.task import Task
from gancourse.store import make_folder

NO_SANDBOX = "Student code runs without a sandbox, with your rights and your files in reach."
OLD = "Not graded again: the notebook or the checks have changed since then."


@dataclass(frozen=True)
class Step:
    """One more notebook is done: how many of how many, its result, and if it was graded now.

    `marks` are the student's results so far, as they count.
    """

    done: int
    total: int
    result: Result
    fresh: bool
    marks: list[Result] = field(default_factory=list)


def grade(submissions: Path, out: Path, **options) -> Iterator[Step]:
    """Grade a folder or zip of submissions into `out`; return an iterator that does it.

    Options: `jobs` processes; `cluster`, the address of a Dask scheduler that takes the jobs
    instead; `sandbox` "bwrap" or "none"; `sheets`, the numbers that are accepted and expected (all
    known ones, and none is expected, by default); `budget`, the seconds for a submission, and
    `time_limit`, those for an exercise: its cell, or all its parts; `limits`, all limits; `checks`,
    the module with the exercises; `starting`, called with each student whose turn it is, where
    there is one process; `saying`, called with what the teacher has to know at the end. What is in
    `out` from an earlier run is kept where notebook and checks are the same, unless `again`; `only`
    names the one student to grade. `attempt`, `late`, `weights` and `overrides` are those of
    `Rules.of`; `worksheet`, `gradebook`, `assignments` and `csv` those of `exports`. Raises
    InputError, before anything is graded, for what cannot be used.
    """
    chosen = Options(**options)
    at_least("jobs", chosen.jobs, 1)
    for name in ("budget", "time_limit"):
        _some_time(name, getattr(chosen, name))
    for path in (out, chosen.worksheet, chosen.gradebook, chosen.csv, chosen.overrides):
        _outside(path, Path(submissions))
    choose("sandbox", chosen.sandbox, SANDBOXES)
    known = _known_sheets(chosen)
    rules = Rules.of(
        known, Path(out), attempt=chosen.attempt, late=chosen.late, weights=chosen.weights,
        overrides=chosen.overrides,
    )  # fmt: skip
    files = exports(
        chosen.worksheet, chosen.gradebook, chosen.csv, sheets=chosen.sheets,
        assignments=chosen.assignments,
    )  # fmt: skip
    found = list(collect(Path(submissions)))
    class_, chosen = _classroom(Path(out), found, chosen, known, rules, files)
    require(chosen.sandbox, chosen.limits)
    if chosen.sandbox == "none":
        warnings.warn(NO_SANDBOX, Notice, stacklevel=2)
    make_folder(out)
    return _batch(class_, found, chosen, known)


def _some_time(name: str, seconds: float | None) -> None:
    if seconds is not None and not 0 < seconds < 1e6:
        raise InputError(f"{name} is a number of seconds, and {seconds:g} was given: give e.g. 60.")


def _outside(path: Path | None, submissions: Path) -> None:
    """Raise InputError where what is no submission lies among the submissions."""
    if path is not None and Path(path).resolve().is_relative_to(submissions.resolve()):
        raise InputError(
            f"{path} lies inside {submissions}: it would be taken for a submission. "
            "Name a place outside."
        )


def _known_sheets(options: Options) -> dict[str, Sequence[Exercise]]:
    checks = import_module(options.checks)
    for number in options.sheets:
        choose("sheet", number, checks.sheets())
    return {n: checks.sheet(n) for n in options.sheets or checks.sheets()}


def _classroom(
    out: Path, found: list[Submission], options: Options, known, rules: Rules, files: list[Export]
) -> tuple[Classroom, Options]:
    """Return the class, and the options with the whole name of the student in `only`."""
    handed_in: dict[str, list[Result]] = {}
    for item in found:
        mine = handed_in.setdefault(item.student, [])
        sheets = [] if item.status else sheets_of(item.cells, known)
        mine += [Result(item.student, s, item.file, NOT_YET, [], []) for s in sheets[:1]]
    for file in files:
        file.check(handed_in)
    away = set().union(*(file.absent(handed_in) for file in files))
    sheets = options.sheets or {r.sheet for rs in handed_in.values() for r in rs}
    if options.only is not None:
        options = replace(options, only=student_named(options.only, handed_in, "--only"))
    rules = rules.named([*handed_in, *away], sheets)
    return Classroom(out, list(handed_in), sorted(away), rules, files), options


def _batch(
    class_: Classroom, found: list[Submission], options: Options,
    known: Mapping[str, Sequence[Exercise]],
) -> Iterator[Step]:  # fmt: skip
    tasks, ready = [], []
    for item in plan(found, options, known, report.secret(class_.out)):
        old = item if isinstance(item, Result) else _recalled(class_.out, item, options)
        if isinstance(old, Result):
            ready.append(old)
        elif options.only in (None, item.student):
            tasks.append(item)
        else:
            class_.await_(without_points(item, NOT_YET))
    tasks = _warmed(tasks)
    for task in tasks:
        class_.await_(without_points(task, NOT_YET))
    total, done = len(tasks) + len(ready), 0
    try:
        for fresh, results in ((False, iter(ready)), (True, _graded(tasks, options))):
            for result in results:
                done += 1
                class_.add(result, fresh)
                yield Step(done, total, result, fresh, class_.marks_of(result.student))
            class_.write()
    finally:
        pool.close_idle()
        class_.write()
    for sentence in class_.finish(found, known):
        options.saying(sentence)


def _recalled(out: Path, task: Task, options: Options) -> Result | None:
    """Return what an earlier run found: of this notebook, or for whom is not graded now, of any."""
    mine = options.only in (None, task.student)
    if options.again and mine:
        return None
    old = report.recall(out, task.student, task.sheet, task.version, task.attempt)
    if old or mine:
        return old
    old = report.recall(out, task.student, task.sheet, None, task.attempt)
    return old and replace(old, notes=[*old.notes, OLD])


def _warmed(tasks: list[Task]) -> list[Task]:
    """Give every task the same modules to import first, so that a sandbox serves them all."""
    modules = tuple(sorted(set().union(*(modules_for(t.cells) for t in tasks))))
    return [replace(t, modules=modules) for t in tasks]


def _graded(tasks: list[Task], options: Options) -> Iterator[Result]:
    if options.jobs == 1 and not options.cluster:
        for task in tasks:
            options.starting(task.student)
            yield grade_task(task)
        return
    left = list(tasks)
    with workers.backend(options.cluster):
        try:
            for result in _parallel(left, -1 if options.cluster else options.jobs):
                left = [t for t in left if _key(t) != _key(result)]
                yield result
        except InputError:
            raise
        except Exception:  # a process of the grader was killed, and joblib gives up: one by one
            yield from (_alone(task) for task in left)


def _key(item: Task | Result) -> tuple[str, str, int]:
    return item.student, item.sheet, item.attempt


def _parallel(tasks: list[Task], jobs: int) -> Iterator[Result]:
    return workers.unordered(grade_task, tasks, jobs)


def _alone(task: Task) -> Result:
    """Grade one task in a process of its own: if that one is killed too, it costs this task."""
    try:
        (result,) = _parallel([task], 2)
    except Exception as error:
        note = f"A process of the grader was ended ({type(error).__name__}): grade again."
        return without_points(task, NOT_GRADED, note)
    return result
