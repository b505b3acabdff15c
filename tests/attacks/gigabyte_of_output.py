"""Print a gigabyte to both standard streams.

status: graded
after: graded
"""

import os

for _ in range(1000):
    os.write(1, b"x" * 10**6)
    os.write(2, b"y" * 10**4)
print("z" * 10**7)


def answer(x):
    print("z" * 10**6)
    return x
