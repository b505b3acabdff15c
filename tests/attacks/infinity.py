"""Answer infinity.

status: graded
after: graded
"""


def answer(x):
    return x / 0
