"""Take memory through memfd, System V and message queues.

status: graded
after: graded
"""

import ctypes
import os

libc = ctypes.CDLL(None)
TAKEN = []
try:
    TAKEN.append(os.memfd_create("x"))
except OSError:
    pass
TAKEN += [n for n in (libc.shmget(0, 1 << 20, 0o1600), libc.msgget(0, 0o1600)) if n >= 0]


def answer(x):
    return 2 * x if TAKEN else x


# ruff: noqa: SIM105
