"""Overflow the C stack.

status: crashed, error
after: graded
"""

import sys

sys.setrecursionlimit(10**9)


def answer(x):
    return list(map(answer, [x]))[0]


# ruff: noqa: RUF015
