"""Return something whose end never ends.

status: time limit
after: graded
"""


class Sticky:
    def __del__(self):
        while True:
            pass


def answer(x):
    Sticky()
    return 2 * x
