"""Answer a hundred million numbers.

status: graded, error
after: graded
"""

import torch


def answer(x):
    return torch.zeros(1, 1).expand(10**4, 10**4)
