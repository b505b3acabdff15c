"""Never come to the end of the cell.

status: time limit
after: graded
"""

while True:
    pass


def answer(x):
    return 2 * x
