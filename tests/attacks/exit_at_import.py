"""Leave Python in the cell itself, with a good exit code.

status: crashed
after: graded
"""

import os

os._exit(0)


def answer(x):
    return 2 * x
