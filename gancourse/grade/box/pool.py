"""Sandboxes that wait for the next student: a start, with PyTorch's import, takes seconds.

One goes back only when nothing of the last student is left in it: no process, no file, no other
change of its scratch folders (`Sandbox.usable`). Each student gets a fresh fork of it anyway.
"""

import atexit
import threading
import time

from gancourse.grade.box.sandbox import Limits, Sandbox

IDLE_SECONDS = 60.0
_idle: list[tuple[float, Sandbox]] = []
_lock = threading.Lock()
_sweeper = threading.Event()  # set while somebody looks after those that wait


def take(kind: str, limits: Limits, modules: tuple[str, ...] = ()) -> Sandbox:
    """Return a sandbox of this kind with these modules imported: a waiting one, or a new one."""
    with _lock:
        for entry in _idle:
            sandbox = entry[1]
            if (sandbox.kind, sandbox.limits, sandbox.modules) == (kind, limits, modules):
                _idle.remove(entry)
                break
        else:
            sandbox = None
    if sandbox and not sandbox.alive():
        sandbox.close()
        return take(kind, limits, modules)
    return sandbox or Sandbox(kind, limits, modules)


def give(sandbox: Sandbox) -> None:
    """Let a sandbox wait for the next student, or end it if it cannot take one."""
    if not sandbox.alive():
        sandbox.close()
        return
    with _lock:
        _idle.append((time.monotonic(), sandbox))
        if not _sweeper.is_set():
            _sweeper.set()
            threading.Thread(target=_sweep, daemon=True).start()


def _sweep() -> None:
    """End what has waited too long, until nothing waits."""
    while True:
        time.sleep(min(IDLE_SECONDS / 4, 5.0))
        close_idle(IDLE_SECONDS)
        with _lock:
            if not _idle:
                _sweeper.clear()
                return


def idle() -> list[Sandbox]:
    """Return the sandboxes that wait."""
    with _lock:
        return [sandbox for _, sandbox in _idle]


def close_idle(seconds: float = 0.0) -> None:
    """End the sandboxes that have waited for so long."""
    with _lock:
        old = [entry for entry in _idle if time.monotonic() - entry[0] >= seconds]
        for entry in old:
            _idle.remove(entry)
    for _, sandbox in old:
        sandbox.close()


atexit.register(close_idle)
