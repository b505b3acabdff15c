"""Answer in complex numbers.

status: graded
after: graded
"""


def answer(x):
    return 2 * x + 0j
