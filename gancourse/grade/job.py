"""Grading one submission: its cells run once, a fork for each exercise, the verdict out here."""

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from importlib import import_module

import torch

from gancourse.check.spec import ERROR, NOT_DONE, Exercise, PartResult, evaluate
from gancourse.grade.box.remote import Ended
from gancourse.grade.box.sandbox import Broken
from gancourse.grade.box.wire import clean
from gancourse.grade.ipynb import Cell
from gancourse.grade.notebook import Answer, find_answers, saved_points
from gancourse.grade.task import Task
from gancourse.grade.walk import Judged, Walks

GRADED, UNTOUCHED, MISSING, SYNTAX, STOPPED = (
    "graded", "not done", "missing", "syntax error", "error",
)  # fmt: skip
NOT_GRADED = "not graded"  # the grader's own failure: tried again on the next run
NOT_YET = "not graded yet"
NOT_HANDED_IN = "not handed in"
EXCUSED = "excused"  # by the teacher
WARM = {
    "plots": "gancourse.plots",
    "plt": "matplotlib.pyplot",
    "torchvision": "torchvision",
}


@dataclass
class Graded:
    """One exercise of one student: points, a status of a few words, notes, and the parts.

    `score` is None as long as it is not known. `remark` is for the teacher's table too, and
    `by_teacher` says what a teacher has set, and why.
    """

    id: str
    title: str
    score: float | None
    maximum: float
    status: str
    notes: list[str] = field(default_factory=list)
    parts: list[dict] = field(default_factory=list)
    remark: str = ""
    by_teacher: str = ""

    @property
    def excused(self) -> bool:
        """Whether a teacher has taken the exercise out of this student's points."""
        return self.status == EXCUSED


@dataclass
class Result:
    """One notebook of one student, graded; `status` says why there are no exercises.

    `attempt` counts back from the last one, 0. `late` says what `off` takes from the points.
    """

    student: str
    sheet: str
    file: str
    status: str
    notes: list[str]
    exercises: list[Graded]
    seconds: float = 0.0
    version: str = ""
    attempt: int = 0
    off: float = 0.0
    late: str = ""

    @property
    def known(self) -> bool:
        """Whether every exercise has its points, be they 0."""
        waiting = self.status in (NOT_GRADED, NOT_YET)
        return not waiting and all(e.score is not None for e in self.exercises)

    @property
    def score(self) -> float:
        """The points that are known, less what being late takes off."""
        return whole(sum(e.score or 0 for e in self.exercises) - self.off)

    @property
    def maximum(self) -> float:
        return whole(sum(e.maximum for e in self.exercises))


def whole(points: float) -> float:
    """Return points with at most two decimals, and none where there are none."""
    points = round(points, 2)
    return int(points) if points == int(points) else points


def exercises_of(checks: str, sheet: str) -> Sequence[Exercise]:
    """Return the exercises of a sheet, from the module that holds the checks."""
    return import_module(checks).sheet(sheet)


def modules_for(cells: Sequence[Cell]) -> set[str]:
    """Return the modules that are worth importing before code like this runs."""
    source = "\n".join(c.source for c in cells)
    return {module for word, module in WARM.items() if word in source}


def without_points(task: Task, status: str, *notes: str) -> Result:
    """Return the result of a notebook whose points are not known, as `status` says."""
    exercises = exercises_of(task.checks, task.sheet)
    rows = [Graded(e.id, e.title, None, e.points, status) for e in exercises]
    said = [*task.notes, *notes]
    return Result(task.student, task.sheet, task.file, status, said, rows, attempt=task.attempt)


def grade_task(task: Task) -> Result:
    """Return the result of one notebook; never raises, whatever a student or this machine does."""
    start, threads = time.perf_counter(), torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        result = _graded(task)
    except Exception as error:  # one student's luck must not end the batch
        said = clean(f"The grader failed ({type(error).__name__}: {error}).", 500)
        result = without_points(task, NOT_GRADED, said)
    finally:
        torch.set_num_threads(threads)
    result.seconds, result.version = round(time.perf_counter() - start, 2), task.version
    result.attempt = task.attempt
    return result


def _graded(task: Task) -> Result:
    exercises = exercises_of(task.checks, task.sheet)
    answers = find_answers(task.cells, exercises, task.ids)
    walks = Walks(task, exercises, answers)
    failed = ""
    try:
        walks.all()
    except Broken as error:
        failed = clean(f"The sandbox failed ({error}): grade again.", 500)
    rows = [_row(walks, k, answer, failed) for k, answer in enumerate(answers)]
    status = NOT_GRADED if any(r.score is None for r in rows) else GRADED
    return Result(task.student, task.sheet, task.file, status, list(task.notes), rows)


def _row(walks: Walks, k: int, answer: Answer, failed: str) -> Graded:
    own = {c.number for c in answer.cells}
    mine = [walks.problems[n] for n in sorted(own) if n in walks.problems]
    notes = answer.notes + [_sentence(p) for p in mine if p["kind"] != "NotImplementedError"]
    hung = [walks.harmful[n] for n in sorted(own) if n in walks.harmful]
    notes += [f"The cell itself did not end well: {e.sentence}." for e in hung]
    judged = walks.judged.get(k)
    if judged and judged.report:
        row = _from_report(judged, notes)
    elif judged:
        row = _nothing(
            answer, judged.end.fate, [*notes, f"It was not judged: {judged.end.sentence}."]
        )
    elif failed:
        return _nothing(answer, NOT_GRADED, [*notes, failed], None)
    else:
        row = _undefined(walks, answer, notes, mine, hung)
    row.notes += walks.left_out(answer)
    if row.score < row.maximum:
        row.notes += answer.doubts + walks.doubts(answer)
    _compare(row, walks.task.cells)
    return row


def _undefined(
    walks: Walks, answer: Answer, notes: list[str], mine: list[dict], hung: list[Ended]
) -> Graded:
    """Return the row of an exercise whose names no cell has defined."""
    if hung:
        return _nothing(answer, hung[-1].fate, notes)
    if mine:
        return _nothing(answer, _status_of(mine[-1]["kind"]), notes)
    if walks.unreached(answer):
        return _nothing(answer, *walks.why_unreached(notes))
    if not answer.cells:
        return _nothing(answer, f"{answer.gone} cell" if answer.gone else MISSING, notes)
    report = evaluate(answer.exercise, None, {}, 0, hidden=True)  # says that a name is missing
    return _from_report(Judged(0, report), notes)


def _nothing(answer: Answer, status: str, notes: list[str], score: int | None = 0) -> Graded:
    e = answer.exercise
    return Graded(e.id, e.title, score, e.points, status, notes)


def _from_report(judged: Judged, notes: list[str]) -> Graded:
    report, fate = judged.report, judged.end.fate if judged.end else None
    status = fate or (UNTOUCHED if report.not_done else GRADED)
    if not fate and all(r.status in (ERROR, NOT_DONE) for r in report.results):
        status = UNTOUCHED if report.not_done else STOPPED
    parts = [_part(r) for r in report.results]
    return Graded(report.id, report.title, report.score, report.maximum, status, notes, parts)


def _part(result: PartResult) -> dict:
    return asdict(result) | {"message": clean(result.message, 1000)}


def _compare(row: Graded, cells: Sequence[Cell]) -> None:
    """Say where the notebook's saved output of `check` is not what grading found."""
    said = saved_points(cells, row.id)
    found = sum(p["points"] for p in row.parts if p["shown"])
    if said and said[0] != found:
        row.remark = (
            f"The notebook's saved check says {said[0]} of {said[1]} points; for the same parts "
            f"grading found {found}."
        )


def _status_of(kind: str) -> str:
    return {"SyntaxError": SYNTAX, "NotImplementedError": UNTOUCHED}.get(kind, STOPPED)


def _sentence(problem: dict) -> str:
    line = f" in line {problem['line']}" if problem["line"] else ""
    said = f": {problem['message']}" if problem["message"] else ""
    return f"The cell stopped with {problem['kind'][:60]}{line}{said}."
