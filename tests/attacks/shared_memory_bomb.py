"""Take memory that RLIMIT_DATA does not count.

status: memory limit, time limit
after: graded
"""

import mmap


def answer(x):
    taken = mmap.mmap(-1, 1 << 32)
    block = b"x" * (1 << 24)
    while True:
        taken.write(block)
