"""Leave processes behind that outlive the exercise, and fill the disk from there.

status: graded
after: graded
"""

import os
import time
from contextlib import suppress

if os.fork() == 0:
    os.setsid()
    if os.fork():
        os._exit(0)
    while True:  # on a full disk too: an error here would answer in the student's place
        with suppress(OSError), open(f"/tmp/{time.time()}", "w") as file:
            file.write("x" * 1000)


def answer(x):
    return x
