"""Return an object that is equal to, less than and close to everything.

status: graded, error
after: graded
"""


class Yes(float):
    def __eq__(self, other):
        return True

    __lt__ = __le__ = __gt__ = __ge__ = __ne__ = __eq__
    __hash__ = None

    def __sub__(self, other):
        return Yes(0)

    __rsub__ = __abs__ = __sub__


def answer(x):
    return Yes(0)
