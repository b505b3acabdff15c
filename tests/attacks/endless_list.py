"""Answer containers that lie about their size.

status: graded, error, time limit
after: graded
"""


class Endless(list):
    def __iter__(self):
        while True:
            yield self

    def __len__(self):
        return 2


def answer(x):
    return Endless([x])
