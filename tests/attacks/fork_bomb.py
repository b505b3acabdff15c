"""Fork without end, in sessions of their own.

status: crashed, time limit, error, not an answer, graded
after: graded
"""

import os


def answer(x):
    while True:
        try:
            if os.fork() == 0:
                os.setsid()
        except OSError:
            pass
