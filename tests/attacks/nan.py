"""Answer NaN, which no comparison with `>` rejects.

status: graded
after: graded
"""


def answer(x):
    return x * float("nan")
