"""Close every file there is.

status: crashed
after: graded
"""

import os


def answer(x):
    os.closerange(0, 1000)
    return 2 * x
