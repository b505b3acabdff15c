"""Grading one submission: a sandbox, a fresh process for each exercise, the verdict out here."""

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from importlib import import_module

import torch

from gancourse.check.spec import ERROR, NOT_DONE, Exercise, PartResult, Verdict, evaluate
from gancourse.grade.box.remote import RemoteBench, Session, within_time
from gancourse.grade.box.sandbox import Broken, Limits, Sandbox
from gancourse.grade.notebook import Answer, Cell, find_answers

GRADED, UNTOUCHED, MISSING, SYNTAX, STOPPED = (
    "graded", "not done", "missing", "syntax error", "error",
)  # fmt: skip
NOT_GRADED = "not graded"  # the grader's own failure: tried again on the next run
MAX_DETOURS = 4  # cells that hang or crash and are left out, in one exercise
WARM = {
    "opt": "torch._dynamo",  # the first optimiser imports it, which takes seconds
    "plots": "gancourse.plots",
    "plt": "matplotlib.pyplot",
    "torchvision": "torchvision",
}


@dataclass(frozen=True)
class Task:
    """All that grading one notebook needs, small enough to send to another machine."""

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


@dataclass
class Graded:
    """One exercise of one student: points, a status of a few words, notes, and the parts."""

    id: str
    title: str
    score: int
    maximum: int
    status: str
    notes: list[str] = field(default_factory=list)
    parts: list[dict] = field(default_factory=list)


@dataclass
class Result:
    """One notebook of one student, graded; `status` says why there are no exercises."""

    student: str
    sheet: str
    file: str
    status: str
    notes: list[str]
    exercises: list[Graded]
    seconds: float = 0.0
    version: str = ""

    @property
    def score(self) -> int:
        return sum(e.score for e in self.exercises)

    @property
    def maximum(self) -> int:
        return sum(e.maximum for e in self.exercises)


def exercises_of(checks: str, sheet: str) -> Sequence[Exercise]:
    """Return the exercises of a sheet, from the module that holds the checks."""
    return import_module(checks).sheet(sheet)


def grade_task(task: Task, sandbox: Sandbox | None = None) -> Result:
    """Return the result of one notebook; never raises, whatever a student or this machine does.

    A `sandbox` that is given is used for as long as it lasts; the caller closes it.
    """
    start, threads = time.perf_counter(), torch.get_num_threads()
    result = Result(task.student, task.sheet, task.file, GRADED, list(task.notes), [])
    torch.set_num_threads(1)
    try:
        result.exercises = _Grading(task, sandbox).exercises()
    except Exception as error:  # one student's luck must not end the batch
        result.notes.append(f"The grader failed ({type(error).__name__}: {error}).")
    finally:
        torch.set_num_threads(threads)
    if not result.exercises or any(e.status == NOT_GRADED for e in result.exercises):
        result.status = NOT_GRADED
    result.seconds, result.version = round(time.perf_counter() - start, 2), task.version
    return result


class _Grading:
    """The state of one notebook's grading: its sandbox, and the cells found to be harmful."""

    def __init__(self, task: Task, sandbox: Sandbox | None):
        self.task, self.sandbox, self.given = task, sandbox, sandbox
        self.harmful: dict[int, str] = {}
        exercises = exercises_of(task.checks, task.sheet)
        self.answers = find_answers(list(task.cells), exercises, task.ids)

    def exercises(self) -> list[Graded]:
        try:
            return [self._survive(answer) for answer in self.answers]
        finally:
            self._close()

    def _survive(self, answer: Answer) -> Graded:
        try:
            return self._grade(answer)
        except Broken as error:
            self._close()
            return _nothing(answer, NOT_GRADED, f"The sandbox failed ({error}): grade again.")

    def _close(self) -> None:
        if self.sandbox and self.sandbox is not self.given:
            self.sandbox.close()
        self.sandbox = None

    def _grade(self, answer: Answer) -> Graded:
        if not answer.cells:
            return _nothing(answer, MISSING)
        for _ in range(MAX_DETOURS):
            session = self._session()
            try:
                own = {c.number for c in answer.cells}
                cells = self._cells(answer, own)
                session.run(cells, own, answer.exercise.names)
                if session.fate and cells[session.reached].number not in own:
                    self._leave_out(cells[session.reached], session)
                    continue
                return self._judge(answer, session, cells)
            finally:
                session.close()
        return _nothing(answer, STOPPED, "Too many cells before this one hang or end Python.")

    def _session(self) -> Session:
        if self.sandbox and not self.sandbox.usable:
            self._close()
        if not self.sandbox:
            source = "\n".join(c.source for c in self.task.cells)
            modules = tuple(module for word, module in WARM.items() if word in source)
            self.sandbox = Sandbox(self.task.sandbox, self.task.limits, modules)
        return Session(self.sandbox)

    def _cells(self, answer: Answer, own: set[int]) -> list[Cell]:
        last = max(own)
        return [
            c
            for c in self.task.cells
            if c.number in own or (c.number < last and c.number not in self.harmful)
        ]

    def _leave_out(self, cell: Cell, session: Session) -> None:
        self.harmful[cell.number] = session.ending()[1]

    def _judge(self, answer: Answer, session: Session, cells: list[Cell]) -> Graded:
        own = {c.number for c in answer.cells}
        problems = [p for p in session.problems if p["cell"] in range(len(cells))]
        mine = [p for p in problems if cells[p["cell"]].number in own]
        self._note_others(answer, [cells[p["cell"]].number for p in problems if p not in mine])
        answer.notes += [_sentence(p) for p in mine if p["kind"] != "NotImplementedError"]
        if session.fate:
            self._leave_out(cells[session.reached], session)
            answer.notes.append(f"The cell itself did not end well: {session.ending()[1]}.")
            return _nothing(answer, session.fate)
        if mine and len(session.answers) < len(answer.exercise.names):
            return _nothing(answer, _status_of(mine[-1]["kind"]))
        return self._evaluate(answer, session)

    def _note_others(self, answer: Answer, failed: list[int]) -> None:
        first = min(c.number for c in answer.cells)
        left_out = [n for n in self.harmful if n < first]
        answer.notes += [
            f"Code cell {n} was left out: {self.harmful[n]}." for n in sorted(left_out)
        ]
        if failed:
            numbers = ", ".join(map(str, sorted(set(failed))))
            answer.notes.append(f"These code cells before it stopped with an error: {numbers}.")

    def _evaluate(self, answer: Answer, session: Session) -> Graded:
        exercise = answer.exercise
        timed = within_time(exercise, session, self.task.limits.part)
        seed = int.from_bytes(sha256(f"{self.task.seed}/{exercise.id}".encode()).digest()[:6])
        report = evaluate(timed, RemoteBench(session), session.answers, seed, hidden=True)
        return _from_report(report, session.fate, answer.notes)


def _nothing(answer: Answer, status: str, *notes: str) -> Graded:
    e = answer.exercise
    return Graded(e.id, e.title, 0, e.points, status, [*answer.notes, *notes])


def _from_report(report: Verdict, fate: str | None, notes: list[str]) -> Graded:
    status = fate or (UNTOUCHED if report.not_done else GRADED)
    if not fate and all(r.status in (ERROR, NOT_DONE) for r in report.results):
        status = UNTOUCHED if report.not_done else STOPPED
    parts = [_part(r) for r in report.results]
    return Graded(report.id, report.title, report.score, report.maximum, status, notes, parts)


def _part(result: PartResult) -> dict:
    return asdict(result) | {"message": result.message[:1000]}


def _status_of(kind: str) -> str:
    return {"SyntaxError": SYNTAX, "NotImplementedError": UNTOUCHED}.get(kind, STOPPED)


def _sentence(problem: dict) -> str:
    line = f" in line {problem['line']}" if problem["line"] else ""
    said = f": {problem['message']}" if problem["message"] else ""
    return f"The cell stopped with {problem['kind'][:60]}{line}{said}."
