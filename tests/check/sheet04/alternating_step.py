"""An alternating step of min over x, max over y of x y: several styles, and classic mistakes."""

import math
from typing import NamedTuple

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
    return tuple(torch.einsum("ij,j...->i...", step, state))


def in_numpy_in_place(x, y, h):
    x, y = np.array(x, dtype=float), np.array(y, dtype=float)
    x -= h * y
    y += h * x
    return x, y


def one_stacked_tensor(x, y, h):
    x, y = torch.as_tensor(x), torch.as_tensor(y)
    x = x - h * y
    return torch.stack([x, y + h * x])


def an_array(x, y, h):
    x = np.asarray(x) - h * np.asarray(y)
    return np.stack([x, np.asarray(y) + h * x])


class Named(NamedTuple):
    x: object
    y: object


def a_named_pair(x, y, h):
    new = Named(x=x - y * h, y=None)
    return new._replace(y=y + new.x * h)


def with_an_optimiser(x, y, h):
    players = [torch.tensor(np.asarray(v, dtype=float), requires_grad=True) for v in (x, y)]
    for player, sign in zip(players, (1, -1), strict=True):
        optimiser = torch.optim.SGD([player], lr=h)
        optimiser.zero_grad()
        (sign * players[0] * players[1]).sum().backward()
        optimiser.step()
    return tuple(player.detach() for player in players)


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


def y_stays(x, y, h):
    return x - h * y, y


def two_steps(x, y, h):
    return two_lines(*two_lines(x, y, h), h)


def no_step_size(x, y, h):
    x = x - y
    return x, y + x


def half_a_step(x, y, h):
    return two_lines(x, y, h / 2)


def on_the_circle(x, y, h):
    return math.cos(h) * x - math.sin(h) * y, math.sin(h) * x + math.cos(h) * y


def for_numbers_only(x, y, h):
    return two_lines(float(x), float(y), h)


CORRECT = (
    two_lines,
    one_expression,
    by_autograd,
    as_a_matrix,
    in_numpy_in_place,
    one_stacked_tensor,
    an_array,
    a_named_pair,
    with_an_optimiser,
)
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
    y_stays: (VALUE, "y has not moved"),
    two_steps: (VALUE, "This is not"),
    no_step_size: (VALUE, "This is not"),
    half_a_step: (VALUE, "This is not"),
    on_the_circle: (VALUE, "This is not"),
    for_numbers_only: ("many games at once", "stopped with"),
}
