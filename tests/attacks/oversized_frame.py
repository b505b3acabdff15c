"""Announce a frame of four gigabytes.

status: not an answer
after: graded
"""

import os
import stat


def channels():
    for name in os.listdir("/proc/self/fd"):
        try:
            if stat.S_ISSOCK(os.fstat(int(name)).st_mode):
                yield int(name)
        except OSError:
            pass


def send(data):
    for fd in channels():
        os.write(fd, data)


def answer(x):
    send(b"\xff" * 8)
    return 2 * x
