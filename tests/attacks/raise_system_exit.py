"""Raise what `except Exception` does not catch, with a text that fails.

status: error
after: graded
"""


class Rude(BaseException):
    def __str__(self):
        raise SystemExit

    __repr__ = __str__


def answer(x):
    raise Rude
