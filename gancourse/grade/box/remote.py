"""The grader's end of a student in the sandbox: cells to run, and the same methods by name.

After the first thing that goes wrong (time, memory, a crash, a forged frame) nothing more is asked
of a process: every later call says the same as a StudentError, so that `evaluate` goes on to its
end.
"""

import secrets
import signal
import socket
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from gancourse.check.spec import Draw, Exercise, Part
from gancourse.check.student import Handle, NotDone, Odd, Student, StudentError
from gancourse.grade.box.sandbox import Broken, Limits, Sandbox
from gancourse.grade.box.wire import Channel, Lost, TimeUp, Until, WireError
from gancourse.grade.ipynb import Cell

TIME, MEMORY, CRASH, FORGED = "time limit", "memory limit", "crashed", "not an answer"
FATES = {Lost: CRASH, TimeUp: TIME, WireError: FORGED}
KILLED_BY_US = -signal.SIGKILL
OPENING, STOPPING = 20.0, 10.0  # seconds for a fork to answer at all, and for its end
PATIENCE = 4.0  # times the seconds of the processor that a process may use, on the grader's clock
TICK = 0.05  # seconds between two looks at what a process has used


class Budget:
    """The wall time of one submission, from now on, on the grader's clock."""

    def __init__(self, seconds: float):
        self.seconds, self.end = seconds, time.monotonic() + seconds

    @property
    def over(self) -> bool:
        return time.monotonic() >= self.end

    def __call__(self) -> float:
        """Return its end, a time of time.monotonic."""
        return self.end


class Allowance:
    """So many seconds of the processor, and `PATIENCE` times as many on the grader's clock.

    What other programs take of a busy machine is not counted against a student, and who sleeps ends
    all the same. Called, it returns until when may be waited before it is asked again: a time of
    time.monotonic, `last()` at the latest. `used` tells what the processes have used so far.
    """

    def __init__(self, seconds: float, used: Callable[[], float], last: Callable[[], float]):
        self.used, self.last, now = used, last, time.monotonic()
        self.most, self.patient = used() + seconds, now + PATIENCE * seconds
        self.sure = now + seconds  # one processor cannot have given more before

    def __call__(self) -> float:
        if time.monotonic() >= self.sure and (left := self.most - self.used()) > 0:
            self.sure = time.monotonic() + max(left, TICK)
        return min(self.last(), self.patient, self.sure)


class Line:
    """Questions to a process that may be hostile. Each has a ticket, which its reply must bear."""

    def __init__(self, channel: Channel):
        self.channel = channel

    def ask(self, message: dict, until: Until) -> dict:
        """Return the reply; raise WireError, TimeUp or Lost."""
        if self.channel.waiting():
            raise WireError("something nobody asked for")
        self.send(message, until)
        return self.reply(until)

    def send(self, message: dict, until: Until) -> None:
        self.ticket = secrets.token_hex(8)  # a reply written before the question has none
        self.channel.send(message | {"ticket": self.ticket}, until)

    def reply(self, until: Until) -> dict:
        reply = self.channel.receive(until)
        if not isinstance(reply, dict) or reply.get("ticket") != self.ticket:
            raise WireError("a reply to no question")
        return reply

    def close(self) -> None:
        self.channel.sock.close()


class Ended(Exception):
    """A student's process is of no more use; `fate` is how it ended, `sentence` says it."""

    def __init__(self, fate: str, kind: str, sentence: str):
        super().__init__(fate, kind, sentence)
        self.fate, self.kind, self.sentence = fate, kind, sentence


def ended(fate: str, seconds: float, code: int | None, budget: Budget) -> Ended:
    """Return what is said of a process that ended so, of its limit or with its exit status."""
    if fate == TIME and budget.over:
        return Ended(TIME, "Timeout", f"the {budget.seconds:g} seconds of a submission were over")
    sentences = {
        TIME: ("Timeout", f"it was not done after {seconds:g} seconds"),
        MEMORY: ("MemoryError", "it took more memory than an exercise may use"),
        CRASH: ("Exit", f"it ended Python {_how(code)}"),
        FORGED: ("Answer", "what came back is no answer that can be read"),
    }
    return Ended(fate, *sentences[fate])


def _how(code: int | None) -> str:
    if code is None or code == KILLED_BY_US:
        return "(it was killed)"
    if code < 0:
        return f"(signal {-code}, {signal.strsignal(-code)})"
    return f"(exit code {code})"


class Session:
    """A fresh process in the sandbox that runs one student's cells, and is forked to be judged.

    `exercises` holds the names that each exercise asks for; an exercise is meant by its place.
    """

    def __init__(self, sandbox: Sandbox, exercises: list[list[str]], budget: Budget):
        self.sandbox, self.budget = sandbox, budget
        self.exercises = exercises
        self.line = Line(sandbox.session())
        try:
            self.line.channel.send({"exercises": exercises}, time.monotonic() + OPENING)
        except (Lost, TimeUp):
            self.close()
            raise Broken("a student's process did not start") from None

    def run(self, cell: Cell) -> tuple[dict | None, list[int]]:
        """Run a cell; return what went wrong, or None, and the exercises it defines; Ended."""
        most = self.sandbox.limits.cell
        reply = self._ask({"number": cell.number, "source": cell.source}, most)
        match reply:
            case {"problem": None | dict() as problem, "defined": list(defined)}:
                return problem if _is_problem(problem) else None, self._places(defined)
        raise self._end(WireError(), most)

    def changed(self) -> list[int]:
        """Return the exercises that use what was bound after their cell; Ended."""
        match self._ask({"end": True}, OPENING):
            case {"changed": list(changed)}:
                return self._places(changed)
        raise self._end(WireError(), OPENING)

    def fork(self, k: int) -> Line:
        """Return the line to a new process that holds the answers to an exercise; Lost, TimeUp."""
        ours, theirs = socket.socketpair()
        until = self.allowance(OPENING)
        with theirs:
            self.line.send({"fork": k}, until)
            self.line.channel.send_socket(theirs)
        self.line.reply(until)
        return Line(Channel(ours, cleaned=True))

    def allowance(self, seconds: float) -> Allowance:
        """Return the time for a question: so many seconds, within the budget."""
        return Allowance(seconds, self.sandbox.cpu_seconds, self.budget)

    def stop(self) -> int | None:
        """End the process of the last fork; return how it ended; WireError, TimeUp or Lost."""
        code = self.line.ask({"stop": True}, time.monotonic() + STOPPING).get("code")
        return code if isinstance(code, int) else None

    def _places(self, found: list) -> list[int]:
        return [k for k in range(len(self.exercises)) if k in found]

    def _ask(self, message: dict, seconds: float) -> dict:
        try:
            return self.line.ask(message, self.allowance(seconds))
        except (Lost, TimeUp, WireError) as error:
            raise self._end(error, seconds) from None

    def _end(self, error: Exception, seconds: float) -> Ended:
        code = self.close()
        fate = MEMORY if self.sandbox.reason else FATES[type(error)]
        return ended(fate, seconds, code, self.budget)

    def close(self) -> int | None:
        """End all that the student started; return how the process that ran the cells ended."""
        if self.line is None:
            return None
        code, self.line = self.sandbox.finish(self.line.channel), None
        return code

    @property
    def usable(self) -> bool:
        return self.line is not None and self.sandbox.usable


class RemoteStudent:
    """One exercise in a fork of the student's process, by the methods of gancourse.check.Student.

    `answers` is what the exercise's names stand for, `end` how the process ended before its time.
    Raises Lost, TimeUp or WireError where it does not even open.
    """

    METHODS = Student.METHODS

    def __init__(self, session: Session, k: int):
        limits, self.before = session.sandbox.limits, session.sandbox.processes()
        self.session, self.budget, self.end = session, session.budget, None
        self.whole = session.allowance(limits.exercise or session.budget.seconds)
        self.line = session.fork(k)
        self.allow(OPENING)
        self.answers = self._opened(session.exercises[k])

    def _opened(self, names: list[str]) -> dict[str, Handle | Odd]:
        match self.line.ask({"open": True}, self.until):
            case {"answers": dict(found)}:
                return {n: a for n, a in found.items() if n in names and _is_answer(a)}
        raise WireError("no answers")

    def allow(self, seconds: float) -> None:
        """Let the next calls take so many seconds, all together."""
        self.seconds, self.until = seconds, Allowance(seconds, self.cpu_seconds, self.whole)

    def __getattr__(self, name: str):
        if name not in Student.METHODS:
            raise AttributeError(f"a student has no method {name!r}")
        return partial(self._forward, name)

    def cpu_seconds(self) -> float:
        """Return the processor time used so far, as the kernel counts it, not the student."""
        return self.session.sandbox.cpu_seconds()

    def _forward(self, name: str, *args, **kwargs):
        """Return what a method of the student returns in the sandbox; StudentError, NotDone."""
        if self.end is None:
            try:
                call = {"call": name, "args": list(args), "kwargs": kwargs}
                return _value(self.line.ask(call, self.until))
            except (Lost, TimeUp, WireError) as error:
                self._ended(error)
        raise StudentError(self.end.kind, self.end.sentence)

    def _ended(self, error: Exception) -> None:
        fate, code = FATES[type(error)], self._stop()
        if self.session.sandbox.reason:
            fate = MEMORY
        self.end = ended(fate, self.seconds, code, self.budget)

    def close(self) -> None:
        """End the process; where that fails, or something of it lives on, end the session."""
        if self.end is None:
            self._stop()
        self.line.close()

    def _stop(self) -> int | None:
        code = None
        try:
            code = self.session.stop()
        except (Lost, TimeUp, WireError):
            self.session.close()
        if self.session.usable and self.session.sandbox.processes() > self.before:
            self.session.close()
        return code


def _is_answer(thing: object) -> bool:
    return isinstance(thing, Handle | Odd)


def _is_problem(problem: object) -> bool:
    match problem:
        case {"kind": str(), "message": str(), "line": int() | None}:
            return True
    return False


def _value(reply: dict) -> object:
    match reply:
        case {"ok": value}:
            return value
        case {"not_done": True}:
            raise NotDone
        case {"raised": [str(kind), str(message), int() | None as line, *bases]}:
            names = tuple(name for name in bases if isinstance(name, str))
            raise StudentError(kind[:60], message[:500], line, names)
    raise WireError("no reply")


def within_time(exercise: Exercise, remote: RemoteStudent, limits: Limits) -> Exercise:
    """Return the exercise with each part held to its seconds, and to those that a part may take.

    Where an exercise as a whole has its time, each part may take what is left of that.
    """

    def held(part: Part) -> Part:
        def run(student: RemoteStudent, answers: object, draw: Draw) -> None:
            remote.allow(limits.exercise or min(part.seconds, limits.part))
            part.run(student, answers, draw)

        return replace(part, run=run)

    return replace(exercise, parts=tuple(held(p) for p in exercise.parts))
