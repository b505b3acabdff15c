"""A walk through one notebook in the sandbox: each cell once, each exercise where it is defined.

An exercise is judged in a fork made right after the cell that defines it, as a learner checks it
there; and once more at the end of the notebook, where its answer uses what was bound below. The
better of the two counts, so that no order of the cells costs points that the notebook gave.

Where a cell hangs or ends Python, or an exercise leaves something running, that process is ended
and another one walks again, without the cell and without what is judged already.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from gancourse.check.spec import Exercise, Verdict, evaluate
from gancourse.grade.box import pool
from gancourse.grade.box.remote import (
    CRASH,
    TIME,
    Budget,
    Ended,
    RemoteStudent,
    Session,
    within_time,
)
from gancourse.grade.box.sandbox import Broken, Sandbox
from gancourse.grade.box.wire import Lost, TimeUp, WireError
from gancourse.grade.ipynb import Cell
from gancourse.grade.notebook import Answer
from gancourse.grade.task import Task

MAX_DETOURS = 4  # cells that hang or end Python and are left out
END = 1 << 30  # stands for the end of the notebook among the numbers of its cells


@dataclass
class Judged:
    """How an exercise went: by the definition in code cell `number`; `end` if it did not end well.

    `report` is None where its process did not even open.
    """

    number: int
    report: Verdict | None
    end: Ended | None = None


class Walks:
    """The walks through one notebook: `all` does them, then the rest tells what they found.

    `judged` is by an exercise's place, `problems` and `harmful` are by the number of a code cell.
    """

    def __init__(self, task: Task, exercises: Sequence[Exercise], answers: Sequence[Answer]):
        self.task, self.exercises, self.answers = task, exercises, answers
        self.cells = [c for c in task.cells if c.kind == "code"]
        self.judged: dict[int, Judged] = {}
        self.problems: dict[int, dict] = {}
        self.harmful: dict[int, Ended] = {}
        self._done: dict[tuple[int, int], Judged] = {}
        self._failed: set[tuple[int, int]] = set()
        self._sandbox: Sandbox | None = None
        self._broken = self._finished = False

    def all(self) -> None:
        """Walk until every exercise is judged, or the budget is over; raise Broken."""
        self._sandbox = self._take()
        self.budget = Budget(self.task.limits.submission)
        try:
            while not self._finished and not self.budget.over:
                self._survive()
        finally:
            pool.give(self._sandbox)

    def _survive(self) -> None:
        """Walk once; a sandbox that fails is replaced once."""
        try:
            if not self._sandbox.usable:
                self._sandbox.close()
                self._sandbox = self._take()
            session = Session(self._sandbox, [list(e.names) for e in self.exercises], self.budget)
            try:
                self._finished = self._walk(session)
            finally:
                session.close()
        except Broken:
            if self._broken:
                raise
            self._broken = True

    def _take(self) -> Sandbox:
        return pool.take(self.task.sandbox, self.task.limits, self.task.modules)

    def _walk(self, session: Session) -> bool:
        """Run the cells and judge; tell whether nothing is left for another walk."""
        for cell in self._wanted():
            try:
                problem, defined = session.run(cell)
            except Ended as end:
                self.harmful[cell.number] = end
                return False
            self.problems.pop(cell.number, None)
            if problem:
                self.problems[cell.number] = problem
            for k in defined:
                found = self._judge(session, k, cell.number)
                if k not in self.judged or cell.number >= self.judged[k].number:
                    self.judged[k] = found
                if not session.usable:
                    return False
        return self._judge_again(session)

    def _wanted(self) -> list[Cell]:
        """Return the cells to run: none that has done harm, and after too many of them no more."""
        last = sorted(self.harmful)[MAX_DETOURS:]
        return [
            c for c in self.cells
            if c.number not in self.harmful and not (last and c.number > last[0])
        ]  # fmt: skip

    def _judge_again(self, session: Session) -> bool:
        """Judge at the end of the notebook what uses something that was bound below it."""
        lost = [k for k, found in self.judged.items() if not (found.report and found.report.passed)]
        try:
            changed = session.changed() if lost else []
        except Ended:
            return True
        for k in set(lost) & set(changed):
            again = self._judge(session, k, END)
            if again.report and again.report.score >= _score(self.judged[k]):
                self.judged[k] = again
            if not session.usable:
                return False
        return True

    def _judge(self, session: Session, k: int, number: int) -> Judged:
        """Return how an exercise goes now: judged here, or in an earlier walk at the same place."""
        key = k, number
        if key not in self._done:
            try:
                remote = RemoteStudent(session, k)
            except (Lost, TimeUp, WireError):
                session.close()
                again = key not in self._failed and not self.budget.over
                self._failed.add(key)
                end = Ended(CRASH, "Exit", "it left no room for a process that answers")
                if again:  # in another walk
                    return Judged(number, None, end)
                self._done[key] = Judged(number, None, end)
            else:
                self._done[key] = self._verdict(remote, k, number)
        return self._done[key]

    def _verdict(self, remote: RemoteStudent, k: int, number: int) -> Judged:
        exercise = self.exercises[k]
        timed = within_time(exercise, remote, self.task.limits)
        seed = int.from_bytes(sha256(f"{self.task.seed}/{exercise.id}".encode()).digest()[:6])
        try:
            report = evaluate(timed, remote, remote.answers, seed, hidden=True)
        finally:
            remote.close()
        return Judged(number, report, remote.end)

    def unreached(self, answer: Answer) -> bool:
        """Tell whether a cell of this answer was never run."""
        run = {c.number for c in self._wanted()}
        return bool(answer.cells) and (
            self.budget.over or any(c.number not in run for c in answer.cells)
        )

    def why_unreached(self, notes: list[str]) -> tuple[str, list[str]]:
        """Return the status and the notes of an exercise whose cell was never run."""
        if self.budget.over:
            over = f"The {self.budget.seconds:g} seconds of a submission were over before this one."
            return TIME, [*notes, over]
        return "error", [*notes, "Too many cells before this one hang or end Python."]

    def left_out(self, answer: Answer) -> list[str]:
        """Return which cells before the answer were not run."""
        first = min((c.number for c in answer.cells), default=0)
        return [
            f"Code cell {n} was left out: {end.sentence}."
            for n, end in sorted(self.harmful.items())
            if n < first
        ]

    def doubts(self, answer: Answer) -> list[str]:
        """Return what went wrong in other cells before the answer, which may have cost points."""
        first = min((c.number for c in answer.cells), default=0)
        failed = [
            n
            for n, problem in sorted(self.problems.items())
            if n < first and problem["kind"] != "NotImplementedError"
        ]
        if not failed:
            return []
        return [f"These code cells before it stopped with an error: {', '.join(map(str, failed))}."]


def _score(judged: Judged) -> int:
    return judged.report.score if judged.report else 0
