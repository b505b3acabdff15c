"""Trace, stop or kill the server that started this process.

status: graded, crashed, time limit
after: any
"""

import ctypes
import os
import signal

DONE = []
for pid in {os.getppid(), 1, 2}:
    if ctypes.CDLL(None).ptrace(16, pid, 0, 0) == 0:
        DONE.append(pid)
    for number in (signal.SIGSTOP, signal.SIGKILL):
        try:
            os.kill(pid, number)
        except OSError:
            pass


def answer(x):
    return 2 * x if DONE else x


# ruff: noqa: SIM105
