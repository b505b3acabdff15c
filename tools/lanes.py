"""Run commands side by side, each with its output kept until it ends, and stop them all at once.

Only the standard library is needed. A step is one process; each lane takes the next step as soon as
it is free. One lane more than cores keeps all of them at work while some step waits.
"""

import os
import re
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple
from xml.etree import ElementTree

PATIENCE = 15.0  # seconds that an interrupted step has for ending its own children
LEFT_OUT = 77  # the exit code of a step that could not be made here
TAIL = 200  # lines of a failed step's output that are printed


class Step(NamedTuple):
    """A command to run: its name, the row of the summary it counts in, the seconds it may take."""

    name: str
    group: str
    command: Sequence[str]
    environment: Mapping[str, str]
    seconds: float = 0.0


@dataclass
class Result:
    """What a step came to: seconds by the clock and of the processor, and each failed test."""

    step: Step
    code: int
    seconds: float
    processor: float
    output: str
    failed: list[str] = field(default_factory=list)
    durations: list[tuple[str, str, float]] = field(default_factory=list)  # file, test, seconds

    @property
    def verdict(self) -> str:
        return verdict(self.code)


def verdict(*codes: int) -> str:
    """Return what exit codes come to together: FAILED, passed, or left out where all were."""
    if set(codes) == {LEFT_OUT}:
        return "left out"
    return "FAILED" if set(codes) - {0, LEFT_OUT} else "passed"


def cases(report: Path) -> list[ElementTree.Element]:
    """Return the test cases of a JUnit report; none where pytest wrote no whole report."""
    try:
        return list(ElementTree.parse(report).iter("testcase"))
    except (OSError, ElementTree.ParseError):
        return []


def failures(found: Iterable[ElementTree.Element]) -> list[str]:
    """Return each failed test with its reason, one line each.

    A log of half an hour is often cut to its last lines, so the summary repeats what failed.
    """
    lines = []
    for case in found:
        for trouble in (*case.findall("failure"), *case.findall("error")):
            reason = " ".join(plain(trouble.get("message", "")).split())
            lines.append(f"{case.get('classname')}::{case.get('name')}: {reason[:300]}")
    return lines


def durations(found: Iterable[ElementTree.Element]) -> list[tuple[str, str, float]]:
    """Return file, name and seconds of each test."""
    return [(c.get("file", ""), c.get("name", ""), float(c.get("time", 0))) for c in found]


class Lanes:
    """Runs steps in their order, some at a time, and says when each begins and ends."""

    def __init__(self, root: Path, say: Callable[[str], None] = print, verbose: bool = False):
        self.root, self.say, self.verbose = root, say, verbose
        self.lock = threading.Lock()
        self.running: dict[int, subprocess.Popen] = {}
        self.stopped = False

    def run(self, steps: Sequence[Step], lanes: int = 2) -> list[Result]:
        """Return the results of all steps, as they ended; KeyboardInterrupt ends their children."""
        waiting, results = list(steps), []
        work = (waiting, results, len(steps))
        threads = [threading.Thread(target=self._lane, args=work, daemon=True)
                   for _ in range(min(lanes, len(steps)))]  # fmt: skip
        for thread in threads:
            thread.start()
        try:
            for thread in threads:
                while thread.is_alive():
                    thread.join(0.2)
        except BaseException:
            self.stop()
            raise
        return results

    def _lane(self, waiting: list[Step], results: list[Result], total: int) -> None:
        while True:
            with self.lock:
                if not waiting or self.stopped:
                    return
                step = waiting.pop(0)
            result = self._one(step)
            with self.lock:
                if self.stopped:
                    return
                results.append(result)
                self._tell(result, f"[{len(results)}/{total}]")

    def _one(self, step: Step) -> Result:
        """Run one step to its end."""
        with TemporaryDirectory() as folder:
            output, report = Path(folder) / "output", Path(folder) / "report.xml"
            command = [*step.command]
            if "pytest" in command:
                command += [f"--junitxml={report}", "-o", "junit_family=xunit1"]
            start = time.perf_counter()
            code, processor = self._wait(step, command, output)
            seconds = time.perf_counter() - start
            found = cases(report)
            text = plain(output.read_text(encoding="utf-8", errors="replace"))
        failed = failures(found)
        if verdict(code) == "FAILED" and not failed:
            failed = [f"{step.name}: {reason(code)}"]
        return Result(step, code, seconds, processor, text, failed, durations(found))

    def _wait(self, step: Step, command: list[str], output: Path) -> tuple[int, float]:
        """Return the exit code and the processor's seconds of a command, its children's too."""
        with output.open("wb") as sink:
            with self.lock:
                if self.stopped:
                    return -signal.SIGINT, 0.0
                process = subprocess.Popen(
                    command, cwd=self.root, env=dict(step.environment), stdout=sink,
                    stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, start_new_session=True,
                )  # fmt: skip
                self.running[process.pid] = process
                self.say(f"...... {step.name}{expected(step.seconds)}")
            _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        with self.lock:
            del self.running[process.pid]
        return process.returncode, used.ru_utime + used.ru_stime

    def _tell(self, result: Result, count: str) -> None:
        lines = result.output.rstrip().splitlines()
        last = lines[-1].strip("= ") if lines else ""
        spent = f"{result.seconds:.1f} s, {result.processor:.1f} s of CPU"
        text = f"{count} {result.verdict} {result.step.name}: {spent}"
        if self.verbose or result.verdict == "FAILED":
            text = "\n".join([f"\n== {text[len(count) + 1 :]}", *lines[-TAIL:], f"== {text}\n"])
        else:
            text += f" ({last})" * bool(last)
        self.say(text)

    def stop(self) -> None:
        """End every running step: ask it first, as Ctrl-C does, and kill what is left of it."""
        with self.lock:
            self.stopped = True
            pids = list(self.running)
        for pid in pids:
            signalled(pid, signal.SIGINT)
        end = time.monotonic() + PATIENCE
        while self.running and time.monotonic() < end:
            time.sleep(0.05)
        for pid in pids:
            signalled(pid, signal.SIGKILL)


def signalled(group: int, number: int) -> None:
    """Send a signal to a process group, where it is still there."""
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        return


def plain(text: str) -> str:
    """Return a text without colours, as a terminal writes them and as a JUnit report does."""
    return re.sub(r"(?:\x1b|#x1B)\[[0-9;]*m", "", text)


def reason(code: int) -> str:
    """Return what an exit code without a failed test means."""
    if code < 0:
        return f"ended by {signal.Signals(-code).name}, see its output above"
    return f"ended with exit code {code}, see its output above"


def expected(seconds: float) -> str:
    return f" (about {seconds:.0f} s)" if seconds >= 10 else ""
