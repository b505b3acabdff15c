"""Read address zero.

status: crashed
after: graded
"""

import ctypes


def answer(x):
    ctypes.string_at(0)
