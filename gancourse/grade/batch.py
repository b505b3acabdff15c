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
from gancourse.grade import overview, report
from gancourse.grade.alike import alike, answers
from gancourse.grade.box.sandbox import SANDBOXES, Limits, require
from gancourse.grade.box.wire import clean
from gancourse.grade.collect import Submission, collect
from gancourse.grade.digest import Digests
from gancourse.grade.exports import Export, exports
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
from gancourse.grade.overrides import student_named
from gancourse.grade.rules import Rules, absent
from gancourse.grade.task import Task
from gancourse.store import make_folder

SECONDS_BETWEEN_TABLES, CLUSTER_SECONDS = 2.0, 20
NO_SANDBOX = "Student code runs without a sandbox, with your rights and your files in reach."
LAST = "{n} notebooks of this sheet: the last one was graded."
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
    _outside(Path(out), Path(submissions))
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
    class_, chosen = _class(Path(out), found, chosen, known, rules, files)
    require(chosen.sandbox, chosen.limits)
    if chosen.sandbox == "none":
        warnings.warn(NO_SANDBOX, stacklevel=2)
    make_folder(out)
    return _batch(class_, found, chosen, known)


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


def _class(
    out: Path, found: list[Submission], options: Options, known, rules: Rules, files: list[Export]
) -> tuple["_Class", Options]:
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
    return _Class(out, list(handed_in), sorted(away), rules, files), options


def _batch(
    class_: "_Class", found: list[Submission], options: Options,
    known: Mapping[str, Sequence[Exercise]],
) -> Iterator[Step]:  # fmt: skip
    tasks, ready = [], []
    for item in _plan(found, options, known, report.secret(class_.out)):
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


class _Class:
    """The results so far, by student; writes pages at once and the tables now and then."""

    def __init__(
        self, out: Path, students: list[str], away: list[str], rules: Rules, files: list[Export]
    ):
        self.out, self.away, self.rules, self.files = out, away, rules, files
        self.by_student: dict[str, list[Result]] = {s: [] for s in students}
        self.written = time.monotonic()
        decided = {o.student for o in rules.overrides}
        self.by_student |= {s: [] for s in away if s in decided and rules.apply(s, [])}

    def marks_of(self, student: str) -> list[Result]:
        """Return a student's results so far, as they count."""
        return self.rules.apply(student, self.by_student[student])

    def finish(self, found: list[Submission], known: Mapping[str, Sequence[Exercise]]) -> list[str]:
        """Write the teacher's page and the files for other programs; return what to say."""
        marks = {student: self.marks_of(student) for student in self.by_student}
        for student in set(self.away) & set(marks):
            report.write_page(self.out, student, marks[student])
        pairs = alike(answers(found, known, _original_ids()))
        away = [student for student in self.away if student not in marks]
        page = overview.write(self.out, marks, pairs, away)
        said = [sentence for file in self.files for sentence in file.write(self.out, marks)]
        return [*said, f"{page} shows how the class did; it is for the teacher alone."]

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
        report.write_page(self.out, result.student, self.marks_of(result.student))

    def write(self) -> None:
        marks = {student: self.marks_of(student) for student in self.by_student}
        for sentence in report.write_tables(self.out, marks):
            warnings.warn(sentence, stacklevel=2)
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
        notes = [*notes, "Handed in late."]
    text = json.dumps([asdict(c) for c in item.cells]) + plain.version + plain.seed
    version = hashlib.sha256(text.encode()).hexdigest()
    return replace(plain, file=item.file, cells=tuple(item.cells), notes=tuple(notes),
                   version=version, attempt=attempt)  # fmt: skip


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
    from joblib import Parallel, delayed

    with _backend(options.cluster):
        jobs = -1 if options.cluster else options.jobs
        parallel = Parallel(n_jobs=jobs, return_as="generator_unordered")
        yield from parallel(delayed(_in_worker)(task) for task in tasks)


def _in_worker(task: Task) -> Result:
    """Grade in a process beside the one that a teacher sees: that one alone heeds Ctrl-C."""
    if multiprocessing.parent_process() is not None:
        with suppress(ValueError):  # a thread of a cluster's worker
            signal.signal(signal.SIGINT, signal.SIG_IGN)
    return grade_task(task)


@contextmanager
def _backend(cluster: str | None) -> Iterator[None]:
    """Let joblib use the Dask cluster at this address, where there is one."""
    if not cluster:
        yield
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
