"""The batch: collect, grade what is new, here, in several processes or on a cluster, and write."""

import hashlib
import json
import multiprocessing
import signal
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from functools import cache
from importlib import import_module
from pathlib import Path

import gancourse
from gancourse.check.spec import Exercise
from gancourse.errors import InputError, at_least, choose
from gancourse.grade import report
from gancourse.grade.box import pool
from gancourse.grade.box.sandbox import SANDBOXES, Limits, require
from gancourse.grade.box.wire import clean
from gancourse.grade.collect import Submission, collect
from gancourse.grade.digest import Digests
from gancourse.grade.ipynb import Unusable
from gancourse.grade.job import (
    NOT_GRADED,
    NOT_YET,
    Graded,
    Result,
    grade_task,
    modules_for,
    without_points,
)
from gancourse.grade.notebook import ids_of_sheet, sheets_of
from gancourse.grade.task import Task
from gancourse.store import make_folder

SECONDS_BETWEEN_TABLES, CLUSTER_SECONDS = 2.0, 20
NO_SANDBOX = "Student code runs without a sandbox, with your rights and your files in reach."
CHANGED = (
    "{path} holds a table that was changed after it was written. Each run writes the tables again: "
    "keep marks of your own in a file with a name of your own."
)


class Notice(UserWarning):
    """Something that a teacher has to know, and that stops nothing."""


@dataclass(frozen=True)
class Step:
    """One more notebook is done: how many of how many, its result, and if it was graded now."""

    done: int
    total: int
    result: Result
    fresh: bool


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

    def __post_init__(self):
        limits = self.limits
        if self.budget is not None:
            limits = replace(limits, submission=self.budget)
        if self.time_limit is not None:
            shorter = min(self.time_limit, limits.cell)
            limits = replace(limits, exercise=self.time_limit, cell=shorter)
        object.__setattr__(self, "limits", limits)


def grade(submissions: Path, out: Path, **options) -> Iterator[Step]:
    """Grade a folder or zip of submissions into `out`; return an iterator that does it.

    Options: `jobs` processes; `cluster`, the address of a Dask scheduler that takes the jobs
    instead; `sandbox` "bwrap" or "none"; `sheets`, the numbers that are accepted and expected (all
    known ones, and none is expected, by default); `budget`, the seconds for a submission, and
    `time_limit`, those for an exercise: its cell, or all its parts; `limits`, all limits; `checks`,
    the module with the exercises; `starting`, called with each student whose turn it is, where
    there is one process. What is in `out` from an earlier run is kept where notebook and checks are
    the same. Raises InputError, before anything is graded, for what cannot be used.
    """
    chosen = Options(**options)
    at_least("jobs", chosen.jobs, 1)
    for name in ("budget", "time_limit"):
        _some_time(name, getattr(chosen, name))
    _outside(Path(out), Path(submissions))
    choose("sandbox", chosen.sandbox, SANDBOXES)
    known = _known_sheets(chosen)
    found = list(collect(Path(submissions)))
    require(chosen.sandbox, chosen.limits)
    if chosen.sandbox == "none":
        warnings.warn(NO_SANDBOX, Notice, stacklevel=2)
    make_folder(out)
    return _batch(found, Path(out), chosen, known)


def _some_time(name: str, seconds: float | None) -> None:
    if seconds is not None and not 0 < seconds < 1e6:
        raise InputError(f"{name} is a number of seconds, and {seconds:g} was given: give e.g. 60.")


def _outside(out: Path, submissions: Path) -> None:
    """Raise InputError where the grades would lie among the submissions."""
    if out.resolve().is_relative_to(submissions.resolve()):
        raise InputError(
            f"{out} lies inside {submissions}: the next run would take the grades for submissions. "
            "Name a folder outside."
        )


def _known_sheets(options: Options) -> dict[str, Sequence[Exercise]]:
    checks = import_module(options.checks)
    for number in options.sheets:
        choose("sheet", number, checks.sheets())
    return {n: checks.sheet(n) for n in options.sheets or checks.sheets()}


def _batch(
    found: list[Submission], out: Path, options: Options, known: Mapping[str, Sequence[Exercise]]
) -> Iterator[Step]:
    class_ = _Class(out, found)
    tasks, ready = [], []
    for item in _plan(found, options, known, report.secret(out)):
        old = item if isinstance(item, Result) else _recalled(out, item)
        ready.append(old) if old else tasks.append(item)
    tasks = _warmed(tasks)
    for task in tasks:
        class_.await_(without_points(task, NOT_YET))
    total, done = len(tasks) + len(ready), 0
    try:
        for fresh, results in ((False, iter(ready)), (True, _graded(tasks, options))):
            for result in results:
                done += 1
                class_.add(result, fresh)
                yield Step(done, total, result, fresh)
            class_.write()
    finally:
        pool.close_idle()
        class_.write()


def _recalled(out: Path, task: Task) -> Result | None:
    return report.recall(out, task.student, task.sheet, task.version)


def _warmed(tasks: list[Task]) -> list[Task]:
    """Give every task the same modules to import first, so that a sandbox serves them all."""
    modules = tuple(sorted(set().union(*(modules_for(t.cells) for t in tasks))))
    return [replace(t, modules=modules) for t in tasks]


class _Class:
    """The results so far, by student; writes pages at once and the tables now and then."""

    def __init__(self, out: Path, found: list[Submission]):
        self.out, self.written = out, time.monotonic()
        self.by_student: dict[str, list[Result]] = {s.student: [] for s in found}

    def await_(self, result: Result) -> None:
        """Take a result that says what is still to be graded."""
        self.by_student[result.student].append(result)

    def add(self, result: Result, fresh: bool) -> None:
        """Take a result in the place of what was awaited; nothing in it can stop the batch."""
        self._place(result)
        try:
            self._write(result, fresh)
        except OSError:  # the disk is full, or not ours: that is nobody's answer
            raise
        except Exception as error:
            note = clean(f"Its page could not be written ({type(error).__name__}).")
            rows = [Graded(e.id, e.title, None, e.maximum, NOT_GRADED) for e in result.exercises]
            result = replace(result, status=NOT_GRADED, notes=[note], exercises=rows)
            self._place(result)
            self._write(result, False)
        if time.monotonic() - self.written > SECONDS_BETWEEN_TABLES:
            self.write()

    def _place(self, result: Result) -> None:
        results = self.by_student[result.student]
        same = (result.sheet, result.file)
        kept = [r for r in results if (r.sheet, r.file) != same]
        results[:] = sorted([*kept, result], key=lambda r: (r.sheet, r.file))

    def _write(self, result: Result, fresh: bool) -> None:
        if fresh and result.status != NOT_GRADED:
            report.remember(self.out, result)
        report.write_page(self.out, result.student, self.by_student[result.student])

    def write(self) -> None:
        for path in report.write_tables(self.out, self.by_student):
            warnings.warn(CHANGED.format(path=path), Notice, stacklevel=2)
        self.written = time.monotonic()


def _plan(
    found: list[Submission], options: Options, known: Mapping[str, Sequence[Exercise]], seed: str
) -> Iterator[Task | Result]:
    """Yield a task for each notebook to grade, and a result for what has none."""
    ids = _original_ids()
    digest = cache(Digests(options.checks, options.limits).of)
    chosen: dict[tuple[str, str], list[Submission]] = {}
    for item in found:
        sheets = [] if item.status else sheets_of(item.cells, known)
        if len(sheets) == 1:
            chosen.setdefault((item.student, sheets[0]), []).append(item)
        else:
            yield _without_grade(item, sheets)
    for (student, sheet), attempts in sorted(chosen.items()):
        yield _task(student, sheet, attempts, Task(
            student, sheet, "", (), f"{seed}/{student}/{sheet}", options.checks, ids,
            options.sandbox, options.limits, version=digest(sheet)))  # fmt: skip
    for student in dict.fromkeys(s.student for s in found):
        for sheet in options.sheets:
            if (student, sheet) not in chosen:
                yield _absent(student, sheet, known[sheet])


def _without_grade(item: Submission, sheets: list[str]) -> Result:
    status, notes = item.status, item.notes
    if sheets:
        status = "two sheets in one file"
        named = " and ".join(sheets)
        notes = [f"The notebook holds exercises of sheets {named}: hand in one file for each."]
    elif not status:
        status, notes = "wrong sheet", ["No exercise of a sheet to be graded is in this notebook."]
    return Result(item.student, "", item.file, status, notes, [])


def _absent(student: str, sheet: str, exercises: Sequence[Exercise]) -> Result:
    rows = [Graded(e.id, e.title, 0, e.points, "not handed in") for e in exercises]
    return Result(student, sheet, "", "not handed in", [], rows)


def _task(student: str, sheet: str, attempts: list[Submission], plain: Task) -> Task:
    """Return the task for a student's last attempt at a sheet."""
    attempts = sorted(attempts, key=lambda a: a.attempt)
    last, notes = attempts[-1], []
    if len(attempts) > 1:
        notes.append(f"{len(attempts)} notebooks of this sheet: the last one was graded.")
    if last.late:
        notes.append("Handed in late.")
    text = json.dumps([asdict(c) for c in last.cells]) + plain.version + plain.seed
    version = hashlib.sha256(text.encode()).hexdigest()
    return replace(plain, file=last.file, cells=tuple(last.cells), notes=tuple(notes),
                   version=version)  # fmt: skip


def _original_ids() -> dict[str, str]:
    """Return the exercise of each cell id, from the sheets beside the package where they are."""
    ids = {}
    for path in sorted((Path(gancourse.__file__).parents[1] / "exercises").glob("*.ipynb")):
        try:
            ids |= ids_of_sheet(path.read_bytes())
        except Unusable:
            continue
    return ids


def _graded(tasks: list[Task], options: Options) -> Iterator[Result]:
    if options.jobs == 1 and not options.cluster:
        for task in tasks:
            options.starting(task.student)
            yield grade_task(task)
        return
    left = list(tasks)
    with _backend(options.cluster):
        try:
            for result in _parallel(left, -1 if options.cluster else options.jobs):
                left = [t for t in left if (t.student, t.sheet) != (result.student, result.sheet)]
                yield result
        except InputError:
            raise
        except Exception:  # a process of the grader was killed, and joblib gives up: one by one
            yield from (_alone(task) for task in left)


def _parallel(tasks: list[Task], jobs: int) -> Iterator[Result]:
    from joblib import Parallel, delayed

    parallel = Parallel(n_jobs=jobs, return_as="generator_unordered")
    yield from parallel(delayed(_in_worker)(task) for task in tasks)


def _alone(task: Task) -> Result:
    """Grade one task in a process of its own: if that one is killed too, it costs this task."""
    try:
        (result,) = _parallel([task], 2)
    except Exception as error:
        note = f"A process of the grader was ended ({type(error).__name__}): grade again."
        return without_points(task, NOT_GRADED, note)
    return result


def _in_worker(task: Task) -> Result:
    """Grade in a process beside the one that a teacher sees: that one alone heeds Ctrl-C."""
    if multiprocessing.parent_process() is not None:
        with suppress(ValueError):  # a thread of a cluster's worker
            signal.signal(signal.SIGINT, signal.SIG_IGN)
    return grade_task(task)


@contextmanager
def _backend(cluster: str | None) -> Iterator[None]:
    """Let joblib use the Dask cluster at this address, or processes here, which end after it."""
    if not cluster:
        from joblib.externals.loky import get_reusable_executor

        try:
            yield
        finally:
            get_reusable_executor().shutdown(wait=True)  # and with them their sandboxes
        return
    try:
        from distributed import Client
    except ImportError:
        raise InputError(
            "--cluster needs Dask, which is not installed: pip install 'gancourse[cluster]'."
        ) from None
    from joblib import parallel_config

    try:
        client = Client(cluster, timeout=CLUSTER_SECONDS)
    except (OSError, ValueError) as error:
        raise InputError(f"No Dask scheduler answers at {cluster} ({error}): start one.") from None
    with client, parallel_config(backend="dask"):
        yield
