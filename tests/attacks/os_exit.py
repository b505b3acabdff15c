"""Leave Python in the middle of the call.

status: crashed
after: graded
"""

import os


def answer(x):
    os._exit(0)
