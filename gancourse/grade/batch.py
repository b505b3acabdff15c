"""The batch: collect, grade what is new, here, in several processes or on a cluster, and write."""

import hashlib
import json
import time
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from importlib import import_module
from pathlib import Path

import gancourse
from gancourse.check.spec import Exercise
from gancourse.errors import InputError, at_least, choose
from gancourse.grade import report
from gancourse.grade.box.sandbox import SANDBOXES, Limits, require
from gancourse.grade.collect import Submission, collect
from gancourse.grade.job import NOT_GRADED, Graded, Result, Task, grade_task
from gancourse.grade.notebook import Unusable, ids_of_sheet, sheet_of
from gancourse.store import make_folder

SECONDS_BETWEEN_TABLES, CLUSTER_SECONDS = 2.0, 20
NO_SANDBOX = "Student code runs without a sandbox, with your rights and your files in reach."


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
    limits: Limits = field(default_factory=Limits)

    def __post_init__(self):
        if self.time_limit:
            shorter = min(self.time_limit, self.limits.cell)
            limits = replace(self.limits, part=self.time_limit, cell=shorter)
            object.__setattr__(self, "limits", limits)


def grade(submissions: Path, out: Path, **options) -> Iterator[Step]:
    """Grade a folder or zip of submissions into `out`; return an iterator that does it.

    Options: `jobs` processes; `cluster`, the address of a Dask scheduler that takes the jobs
    instead; `sandbox` "bwrap" or "none"; `sheets`, the numbers that are accepted and expected (all
    known ones, and none is expected, by default); `time_limit`, the most seconds that one part of
    an exercise may take; `limits`, all limits; `checks`, the module with the exercises. What is in
    `out` from an earlier run is kept where notebook and checks are the same. Raises InputError,
    before anything is graded, for what cannot be used.
    """
    chosen = Options(**options)
    at_least("jobs", chosen.jobs, 1)
    choose("sandbox", chosen.sandbox, SANDBOXES)
    known = _known_sheets(chosen)
    found = list(collect(Path(submissions)))
    require(chosen.sandbox, chosen.limits)
    if chosen.sandbox == "none":
        warnings.warn(NO_SANDBOX, stacklevel=2)
    make_folder(out)
    return _batch(found, Path(out), chosen, known)


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
    total, done = len(tasks) + len(ready), 0
    try:
        for fresh, results in ((False, iter(ready)), (True, _graded(tasks, options))):
            for result in results:
                done += 1
                class_.add(result, fresh)
                yield Step(done, total, result, fresh)
    finally:
        class_.write()


def _recalled(out: Path, task: Task) -> Result | None:
    return report.recall(out, task.student, task.sheet, task.version)


class _Class:
    """The results so far, by student; writes pages at once and the tables now and then."""

    def __init__(self, out: Path, found: list[Submission]):
        self.out, self.written = out, time.monotonic()
        self.by_student: dict[str, list[Result]] = {s.student: [] for s in found}

    def add(self, result: Result, fresh: bool) -> None:
        if fresh and result.status != NOT_GRADED:
            report.remember(self.out, result)
        results = self.by_student[result.student]
        results.append(result)
        results.sort(key=lambda r: (r.sheet, r.file))
        report.write_page(self.out, result.student, results)
        if time.monotonic() - self.written > SECONDS_BETWEEN_TABLES:
            self.write()

    def write(self) -> None:
        report.write_tables(self.out, self.by_student)
        self.written = time.monotonic()


def _plan(
    found: list[Submission], options: Options, known: Mapping[str, Sequence[Exercise]], seed: str
) -> Iterator[Task | Result]:
    """Yield a task for each notebook to grade, and a result for what has none."""
    ids, digest = _original_ids(), _digest(options)
    chosen: dict[tuple[str, str], list[Submission]] = {}
    for item in found:
        sheet = None if item.status else sheet_of(item.cells, known)
        if sheet is None:
            yield _without_grade(item)
        else:
            chosen.setdefault((item.student, sheet), []).append(item)
    for (student, sheet), attempts in sorted(chosen.items()):
        yield _task(student, sheet, attempts, Task(
            student, sheet, "", (), f"{seed}/{student}/{sheet}", options.checks, ids,
            options.sandbox, options.limits, version=digest))  # fmt: skip
    for student in dict.fromkeys(s.student for s in found):
        for sheet in options.sheets:
            if (student, sheet) not in chosen:
                yield _absent(student, sheet, known[sheet])


def _without_grade(item: Submission) -> Result:
    status, notes = item.status, item.notes
    if not status:
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


def _digest(options: Options) -> str:
    """Return a hash of all that can change a grade, beside the notebook and the seed."""
    package = Path(gancourse.__file__).parent
    files = sorted(p for folder in ("check", "grade") for p in (package / folder).rglob("*.py"))
    files += sorted(package.glob("*.py"))
    files += [Path(import_module(options.checks).__file__)]
    sources = b"".join(p.read_bytes() for p in files)
    return hashlib.sha256(sources + repr(options.limits).encode()).hexdigest()


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
        yield from map(grade_task, tasks)
        return
    from joblib import Parallel, delayed

    with _backend(options.cluster):
        jobs = -1 if options.cluster else options.jobs
        parallel = Parallel(n_jobs=jobs, return_as="generator_unordered")
        yield from parallel(delayed(grade_task)(task) for task in tasks)


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
