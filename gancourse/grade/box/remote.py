"""The grader's end of a student in the sandbox: the same methods, forwarded by name.

After the first thing that goes wrong (time, memory, a crash, a forged frame) nothing more is asked:
every later call says the same as a StudentError, so that `evaluate` goes on to its end.
"""

import secrets
import signal
import time
from dataclasses import replace
from functools import partial

from gancourse.check.spec import Draw, Exercise, Part
from gancourse.check.student import Handle, NotDone, Odd, Student, StudentError
from gancourse.grade.box.sandbox import Sandbox
from gancourse.grade.box.wire import Lost, TimeUp, WireError
from gancourse.grade.notebook import Cell

TIME, MEMORY, CRASH, FORGED = "time limit", "memory limit", "crashed", "not an answer"
KILLED_BY_US = -signal.SIGKILL


class Session:
    """One exercise in a sandbox: a fresh process that has run the cells, then answers calls.

    `fate` is how it ended before its time (one of the constants above), or None; `reached` is the
    cell that ran last, `answers` and `problems` are what the cells left.
    """

    def __init__(self, sandbox: Sandbox):
        self.sandbox, self.channel = sandbox, sandbox.session()
        self.fate, self.reached, self.problems = None, 0, []
        self.answers: dict[str, Handle | Odd] = {}
        self.allow(sandbox.limits.cell)

    def allow(self, seconds: float) -> None:
        """Let the next calls take so many seconds, all together."""
        self.seconds, self.until = seconds, time.monotonic() + seconds

    def run(self, cells: list[Cell], own: set[int], names: tuple[str, ...]) -> None:
        """Run the cells and learn what the exercise's names stand for."""
        sent = [{"number": c.number, "source": c.source, "own": c.number in own} for c in cells]
        try:
            self.channel.send({"cells": sent, "names": list(names)}, self.until)
            for number in range(len(cells)):
                self._expect({"at": number})
                self.reached = number
                self.allow(self.sandbox.limits.cell)
            self._read_answers(self.channel.receive(self.until), names)
        except (Lost, TimeUp, WireError) as error:
            self._end(error)

    def _expect(self, message: dict) -> None:
        if self.channel.receive(self.until) != message:
            raise WireError("another message than expected")

    def _read_answers(self, message: object, names: tuple[str, ...]) -> None:
        match message:
            case {"answers": dict(answers), "problems": list(problems)}:
                given = {n: a for n, a in answers.items() if isinstance(a, Handle | Odd)}
                self.answers = {n: given[n] for n in names if n in given}
                self.problems = [p for p in problems if _is_problem(p)]
            case _:
                raise WireError("no answers")

    def ask(self, name: str, args: tuple, kwargs: dict) -> object:
        """Return what a method of the student returns in the sandbox; StudentError, NotDone."""
        if self.fate is None:
            try:
                if self.channel.waiting():
                    raise WireError("something nobody asked for")
                ticket = secrets.token_hex(8)  # a reply written before the question has none
                call = {"call": name, "args": list(args), "kwargs": kwargs, "ticket": ticket}
                self.channel.send(call, self.until)
                return _opened(self.channel.receive(self.until), ticket)
            except (Lost, TimeUp, WireError) as error:
                self._end(error)
        raise StudentError(*self.ending())

    def _end(self, error: Exception) -> None:
        self.fate = {Lost: CRASH, TimeUp: TIME, WireError: FORGED}[type(error)]
        self.close()

    def close(self) -> None:
        """End the process; find out why it ended, where it did so by itself."""
        if self.channel is None:
            return
        self.code = self.sandbox.finish(self.channel)
        self.channel = None
        if self.sandbox.reason:
            self.fate = MEMORY

    def ending(self) -> tuple[str, str]:
        """Return the kind and the sentence of what ended this exercise."""
        sentences = {
            TIME: ("Timeout", f"it was not done after {self.seconds:g} seconds"),
            MEMORY: ("MemoryError", "it took more memory than an exercise may use"),
            CRASH: ("Exit", f"it ended Python {self._how()}"),
            FORGED: ("Answer", "what came back is no answer that can be read"),
        }
        return sentences[self.fate]

    def _how(self) -> str:
        if self.code is None or self.code == KILLED_BY_US:
            return "(it was killed)"
        if self.code < 0:
            return f"(signal {-self.code}, {signal.strsignal(-self.code)})"
        return f"(exit code {self.code})"


def _is_problem(problem: object) -> bool:
    match problem:
        case {"cell": int(), "kind": str(), "message": str(), "line": int() | None}:
            return True
    return False


def _opened(reply: object, ticket: str) -> object:
    if not isinstance(reply, dict) or reply.get("ticket") != ticket:
        raise WireError("a reply to no question")
    match reply:
        case {"ok": value}:
            return value
        case {"not_done": True}:
            raise NotDone
        case {"raised": [str(kind), str(message), int() | None as line]}:
            raise StudentError(kind[:60], message[:500], line)
    raise WireError("no reply")


class RemoteBench:
    """Has the methods of gancourse.check.Student; each is carried out in the sandbox."""

    METHODS = Student.METHODS

    def __init__(self, session: Session):
        self._session = session

    def __getattr__(self, name: str):
        if name not in Student.METHODS:
            raise AttributeError(f"a student has no method {name!r}")
        return partial(self._forward, name)

    def _forward(self, name: str, *args, **kwargs):
        return self._session.ask(name, args, kwargs)


def within_time(exercise: Exercise, session: Session, most: float) -> Exercise:
    """Return the exercise with each part held to its seconds, and to `most` at most."""

    def held(part: Part) -> Part:
        def run(student: RemoteBench, answers: object, draw: Draw) -> None:
            session.allow(min(part.seconds, most))
            part.run(student, answers, draw)

        return replace(part, run=run)

    return replace(exercise, parts=tuple(held(p) for p in exercise.parts))
