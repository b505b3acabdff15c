"""Answer in whole numbers, in complex ones, in bits.

status: graded
after: graded
"""


def answer(x):
    return (2 * x).to(int)
