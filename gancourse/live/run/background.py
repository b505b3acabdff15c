"""Steps in a background thread, so that the page answers while nets train.

One run trains in a kernel at a time: starting one stops the one before. So a cell that is run twice
leaves one thread, and two runs never fight for the same cores. Where nobody could see or press
anything meanwhile, without a page and in Colab, the same steps run in the foreground.
"""

import atexit
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import perf_counter

from gancourse import machine
from gancourse.live.frontend import frontend

THREAD = "gancourse training"  # the thread's name
EVERY = 0.25  # seconds between two shows, at least
SHARE = 0.1  # of the time that steps take, at most, may go into showing
STATUSES = ("ready", "running", "paused", "stopped", "finished", "failed")

_current: "Background | None" = None  # the run that started last in this kernel


def foreground() -> bool:
    """Tell whether steps must run inside of their cell: with no page, and in Colab.

    News from a thread does not arrive in a Colab page.
    """
    return frontend() == "none" or "google.colab" in sys.modules


def make_way(mine: "Background | None" = None) -> None:
    """Stop the run that is under way in this kernel, unless it is `mine`."""
    global _current
    before, _current = _current, mine
    if before is not None and before is not mine and before.alive:
        before.stop("because another run was started")


atexit.register(make_way)  # a thread inside of PyTorch must not outlive the interpreter


class Background:
    """Takes `step()` again and again until `finished()`, in a daemon thread and under `lock`.

    `show()` is called under the lock too: every so often while steps run, and after each change of
    `status` (one of STATUSES). An exception ends the run and is kept in `error` for `wait`.
    """

    def __init__(
        self,
        step: Callable[[], object],
        finished: Callable[[], bool],
        show: Callable[[], None],
        every: float = EVERY,
    ):
        self._step, self._finished, self._show, self._every = step, finished, show, every
        self.lock = threading.RLock()
        self.status, self.why, self.error = "ready", "", None
        self.spent = 0.0  # seconds in steps and shows; pauses do not count
        self.delay = 0.0  # seconds to rest after each step: slow motion
        self.waiting = False  # a cell waits for the end
        self.reached = False  # a page's buttons are answered while a cell runs
        self._go, self._end = threading.Event(), threading.Event()
        self._thread: threading.Thread | None = None
        self._over = threading.Event()  # is_alive is wrong after an interrupt of join (bpo-45274)
        self._over.set()
        self._due = 0.0

    @property
    def alive(self) -> bool:
        """Whether the thread is there, running or paused."""
        return not self._over.is_set()

    @property
    def locked(self) -> bool:
        """Whether no button is answered now, because a cell waits for the end."""
        return self.waiting and not self.reached

    def start(self) -> None:
        """Start the thread, or let a paused one go on; another run in this kernel stops first."""
        make_way(self)
        if self.alive and self.status == "running":
            return
        self._go.clear()
        if not self.alive:
            self._end.clear()
            self._over.clear()
            self._thread = threading.Thread(target=self._in_thread, name=THREAD, daemon=True)
            self._thread.start()  # it waits for the word to go
        self._turn("running")
        self._go.set()

    def run_here(self) -> None:
        """Take all steps in the calling thread; a first Ctrl-C ends them after the step."""
        make_way(self)
        self._end.clear()
        self._turn("running")
        self._go.set()
        with _interrupt(self._interrupted):
            self._loop()

    def pause(self) -> None:
        """Hold the steps after the one under way, which has ended when this returns."""
        with self.still():
            if self.alive and self.status == "running":
                self._turn("paused")

    def stop(self, why: str = "") -> None:
        """End the run after the step under way; when this returns the thread is gone."""
        if not self.alive:
            return
        self.why = why
        self._end.set()
        self._go.set()
        self._over.wait()
        self._thread.join()

    def wait(self) -> None:
        """Return when the run has ended; raise the error that ended it. An interrupt stops it."""
        self.waiting = True
        try:
            while not self._over.wait(0.1):  # with a time: so an interrupt gets through everywhere
                pass
        except KeyboardInterrupt:
            self.stop("by an interrupt")
        finally:
            self.waiting = False
            self.refresh()
        if self.error is not None:
            raise self.error

    @contextmanager
    def still(self) -> Iterator[None]:
        """Hold back the steps while the block runs. They go on after it, if they did before.

        The lock alone would not do: a thread that gives it back takes it again before others wake.
        """
        self._go.clear()
        try:
            with self.lock:
                yield
        finally:
            if self.status == "running" and self.alive:
                self._go.set()

    def refresh(self) -> None:
        """Show now, unless steps are running: then the next show is near anyhow."""
        if not (self.alive and self.status == "running"):
            with self.lock:
                self._show()

    def rewind(self) -> None:
        """Be as new, after a stop: something else is going to run."""
        self.spent, self._due = 0.0, 0.0
        self._turn("ready")

    def _interrupted(self) -> None:
        self.why = "by an interrupt"
        self._end.set()

    def _turn(self, status: str, why: str = "") -> None:
        with self.lock:
            self.status, self.why = status, why
            if status == "running":
                self.error = None
            self._show()

    def _in_thread(self) -> None:
        try:
            self._loop()
        finally:
            self._over.set()

    def _loop(self) -> None:
        try:
            with machine.one_thread():  # a run's own steps may take more
                self._steps()
            status = "finished" if self._finished() else "stopped"
        except Exception as error:
            self.error, status = error, "failed"
        except BaseException:
            self.status, self.why = "stopped", "by an interrupt"
            raise
        self._turn(status, self.why if status == "stopped" else "")

    def _steps(self) -> None:
        self._go.wait()
        while not (self._end.is_set() or self._finished()):
            self._one()
            if self.delay:
                self._end.wait(self.delay)
            self._go.wait()
        with self.lock:
            self._show()  # what the last steps did may be an error too

    def _one(self) -> None:
        with self.lock:
            if self._end.is_set() or not self._go.is_set():
                return
            began = perf_counter()
            self._step()
            if began >= self._due:
                self._timed_show()
            self.spent += perf_counter() - began

    def _timed_show(self) -> None:
        began = perf_counter()
        self._show()
        now = perf_counter()
        self._due = now + max(self._every, (now - began) * (1 / SHARE - 1))


@contextmanager
def _interrupt(act: Callable[[], None]) -> Iterator[None]:
    """Let a first Ctrl-C call `act` instead of breaking into a step; a second one breaks in."""
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread hears of signals
        return

    def note(number, frame):
        act()
        signal.signal(signal.SIGINT, signal.default_int_handler)

    before = signal.signal(signal.SIGINT, note)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
