"""Answer an object that runs code when it is unpickled.

status: graded, error
after: graded
"""

import os


class Bomb:
    def __reduce__(self):
        return os.system, ("touch /tmp/gancourse-was-unpickled",)


def answer(x):
    return Bomb()
