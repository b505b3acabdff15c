"""Pretend that somebody pressed Ctrl-C.

status: error
after: graded
"""


def answer(x):
    raise KeyboardInterrupt
