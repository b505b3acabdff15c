"""Take memory without end.

status: error, time limit, memory limit, crashed
after: graded
"""

import torch


def answer(x):
    kept = []
    while True:
        kept.append(torch.ones(10**8))
