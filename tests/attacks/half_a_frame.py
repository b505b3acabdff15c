"""Send the beginning of a frame, and nothing more.

status: time limit, not an answer
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


import struct
import time


def answer(x):
    send(struct.pack("<II", 1000, 1000) + b"{")
    time.sleep(1000)


# ruff: noqa: E402
