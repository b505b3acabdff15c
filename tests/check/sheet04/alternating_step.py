"""An alternating step of min over x, max over y of x y: several styles, and classic mistakes."""

import numpy as np
import torch


def two_lines(x, y, h):
    x = x - h * y
    return x, y + h * x


def one_expression(x, y, h):
    return x - h * y, h * x + (1 - h * h) * y


def by_autograd(x, y, h):
    x = torch.as_tensor(x, dtype=torch.float64).requires_grad_(True)
    y = torch.as_tensor(y, dtype=torch.float64).requires_grad_(True)
    (slope,) = torch.autograd.grad((x * y).sum(), x)
    x = (x - h * slope).detach()
    (slope,) = torch.autograd.grad((x * y).sum(), y)
    return [x, y.detach() + h * slope]


def as_a_matrix(x, y, h):
    step = torch.tensor([[1, -h], [h, 1 - h * h]], dtype=torch.float64)
    state = torch.stack([torch.as_tensor(x).double(), torch.as_tensor(y).double()])
    return tuple(step @ state)


def in_numpy_in_place(x, y, h):
    x, y = np.array(x, dtype=float), np.array(y, dtype=float)
    x -= h * y
    y += h * x
    return x, y


def simultaneous(x, y, h):
    return x - h * y, y + h * x


def y_first(x, y, h):
    y = y + h * x
    return x - h * y, y


def both_descend(x, y, h):
    x = x - h * y
    return x, y - h * x


def both_ascend(x, y, h):
    x = x + h * y
    return x, y + h * x


def aims_exchanged(x, y, h):
    x = x + h * y
    return x, y - h * x


def own_number(x, y, h):
    return x - h * x, y + h * y


def x_stays(x, y, h):
    return x, y + h * x


def answer_turned_round(x, y, h):
    return two_lines(x, y, h)[::-1]


def only_y(x, y, h):
    return y + h * (x - h * y)


CORRECT = (two_lines, one_expression, by_autograd, as_a_matrix, in_numpy_in_place)
VALUE = "x moves, then y answers"
MISTAKES = {
    simultaneous: (VALUE, "it spirals out"),
    y_first: (VALUE, "y moved first"),
    both_descend: (VALUE, "y walks downhill"),
    both_ascend: (VALUE, "x walks uphill"),
    aims_exchanged: (VALUE, "the other one's aim"),
    own_number: (VALUE, "its own number"),
    x_stays: (VALUE, "x has not moved"),
    answer_turned_round: (VALUE, "return x first"),
    only_y: (VALUE, "should return x and y"),
}
