"""Who moves first: correct in several styles, and the classic mistakes."""

import numpy as np
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


def sorted_rows(V):
    return V.sort(1).values[:, 0].sort().values[-1], V.sort(0).values[-1].sort().values[0]


def by_duality(V):
    return -(-V).amax(1).amin(), -(-V).amin(0).amax()


def loops(V):
    d_first, g_first = -float("inf"), float("inf")
    for row in V:
        d_first = max(d_first, float(row.min()))
    for column in V.T:
        g_first = min(g_first, float(column.max()))
    return d_first, g_first


def in_an_array(V):
    V = np.asarray(V)
    return np.array([np.max(np.min(V, 1)), np.min(np.max(V, 0))])


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


def other_player_helps(V):
    return V.max(1).values.max(), V.min(0).values.min()


def transposed_second(V):
    return V.min(1).values.max(), V.max(1).values.min()


def first_row_only(V):
    return V[0].min(), V[:, 0].max()


def negated(V):
    return tuple(-v for v in reductions(V))


def rows_of_values(V):
    return V.min(1).values, V.max(0).values


def square_only(V):
    n = min(V.shape)
    return reductions(V[:n, :n])


def within_three(V):
    return V.amin(1).amax().clamp(-3, 3), V.amax(0).amin().clamp(-3, 3)


CORRECT = (
    reductions,
    amin_amax,
    python_lists,
    in_numpy,
    by_answers,
    sorted_rows,
    by_duality,
    loops,
    in_an_array,
)
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
    other_player_helps: (D_FIRST, "This is not the value when D moves first"),
    transposed_second: (G_FIRST, "This is not the value when G moves first"),
    first_row_only: (D_FIRST, ""),
    negated: (D_FIRST, "This is not the value when D moves first"),
    rows_of_values: (D_FIRST, "Each value should be one number"),
    square_only: ("tables that are not square", ""),
    within_three: ("tables that are not square", "This is not the value when D moves first"),
}
