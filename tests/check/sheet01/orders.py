"""Who moves first: correct in several styles, and the classic mistakes."""

import torch


def reductions(V):
    return V.min(1).values.max(), V.max(0).values.min()


def amin_amax(V):
    return torch.stack([V.amin(dim=1).amax(), V.amax(dim=0).amin()])


def python_lists(V):
    rows = V.tolist()
    return max(min(row) for row in rows), min(max(column) for column in zip(*rows, strict=True))


def in_numpy(V):
    return [V.numpy().min(axis=1).max(), V.numpy().max(axis=0).min()]


def by_answers(V):
    answers = V.argmin(1)  # [rows]: G's best column against each row
    replies = V.argmax(0)  # [columns]: D's best row against each column
    d_first = torch.stack([V[i, j] for i, j in enumerate(answers)]).max()
    return d_first, torch.stack([V[i, j] for j, i in enumerate(replies)]).min()


def exchanged(V):
    return reductions(V)[::-1]


def transposed(V):
    return reductions(V.T)


def sides_changed(V):
    return V.max(1).values.min(), V.min(0).values.max()


def whole_table(V):
    return V.min(), V.max()


def the_same(V):
    return (reductions(V)[0],) * 2


def averaged(V):
    return V.mean(1).max(), V.mean(0).min()


def one_number(V):
    return V.min(1).values.max()


def positions(V):
    return V.min(1).values.argmax(), V.max(0).values.argmin()


CORRECT = (reductions, amin_amax, python_lists, in_numpy, by_answers)
D_FIRST, G_FIRST = "D moves first", "G moves first"
MISTAKES = {
    exchanged: (D_FIRST, "The two have changed places"),
    transposed: (D_FIRST, "Rows and columns"),
    sides_changed: (D_FIRST, "changed sides"),
    whole_table: (D_FIRST, "Whoever answers"),
    the_same: (G_FIRST, "saddle point"),
    averaged: (D_FIRST, "averages over the answers"),
    one_number: (D_FIRST, "Two numbers"),
    positions: (D_FIRST, "This is not the value when D moves first"),
}
