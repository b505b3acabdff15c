"""Start threads without end.

status: time limit, error, crashed, memory limit
after: graded
"""

import threading
import time


def answer(x):
    while True:
        try:
            threading.Thread(target=time.sleep, args=(1000,)).start()
        except RuntimeError:
            pass


# ruff: noqa: SIM105
