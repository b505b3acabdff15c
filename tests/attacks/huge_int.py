"""Answer a number of a million digits.

status: graded, error
after: graded
"""


def answer(x):
    return 10**1_000_000
