"""Answer a list that holds itself, a million deep.

status: graded, error, crashed
after: graded
"""


def answer(x):
    deep = [x]
    for _ in range(10**5):
        deep = [deep]
    deep.append(deep)
    return deep
