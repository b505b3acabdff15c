"""Exercise 01.4: who moves first."""

import torch
from torch import Tensor

from gancourse.check import facts
from gancourse.check.spec import Again, Draw, Exercise, Part, Wrong
from gancourse.check.student import Handle, Student


def _orders(V: Tensor) -> list[Tensor]:
    return [V.min(1).values.max(), V.max(0).values.min()]


ORDER_MISTAKES = {
    "The two have changed places: first the value when D moves first, max over D of min over G.": (
        lambda V: _orders(V)[::-1]
    ),
    "Rows and columns have changed places: D picks the row, G the column.": (
        lambda V: _orders(V.T)
    ),
    "Here the players have changed sides: D wants V large, G wants it small.": (
        lambda V: [V.max(1).values.min(), V.min(0).values.max()]
    ),
    "Whoever answers sees the other's move and picks within that row or column: first the answer, "
    "row by row or column by column, then the first move.": (lambda V: [V.min(), V.max()]),
    "This averages over the answers: the answer is the other player's best, not a random move.": (
        lambda V: [V.mean(1).max(), V.mean(0).min()]
    ),
}


def _table(draw: Draw, rows: int, columns: int) -> Tensor:
    """Return a table without a saddle point, also none for players who have changed sides.

    Nobody's best first move is the first one in the table.
    """
    for _ in range(1000):
        V = draw.normal(rows, columns)
        values = torch.stack([*_orders(V), *_orders(V.T)]).sort().values
        first = V.amin(1).argmax() * V.amax(0).argmin() == 0
        if values.diff().min() > 0.01 and not first:
            return V
    raise RuntimeError("no table without a saddle point was drawn")


def _two_values(got: object) -> list[float]:
    if isinstance(got, Tensor) and got.dim() == 1:
        got = list(got)
    if not isinstance(got, list) or len(got) != 2:
        raise Wrong(f"Two numbers are asked for, and the answer is {facts.describe(got)}.")
    return [facts.number(g, "Each value", "both are single entries of V") for g in got]


def _judge_orders(student: Student, fn: Handle, V: Tensor, which: tuple[int, ...]) -> None:
    got = _two_values(student.call(fn, [V]))

    def same(want: list[Tensor], at: tuple[int, ...] = (0, 1)) -> bool:
        return all(facts.near(got[i], want[i], 1e-6) for i in at)

    if same(_orders(V), which):
        return
    for meaning, mistake in ORDER_MISTAKES.items():
        if same(mistake(V)):
            raise Wrong(meaning)
    d_first, g_first = _orders(V)
    if d_first != g_first and any(same([value, value]) for value in (d_first, g_first)):
        raise Wrong(
            "Both orders give the same here: that holds only where there is a saddle point."
        )
    first, other = ("D", "G") if which == (0,) else ("G", "D")
    raise Wrong(
        f"This is not the value when {first} moves first and {other} answers with its best."
    )


def d_first(student: Student, fn: Handle, draw: Draw) -> None:
    n = draw.integer(3, 5)
    _judge_orders(student, fn, _table(draw, n, n), (0,))


def g_first(student: Student, fn: Handle, draw: Draw) -> None:
    n = draw.integer(3, 5)
    _judge_orders(student, fn, _table(draw, n, n), (1,))


def any_table(student: Student, fn: Handle, draw: Draw) -> None:
    """Wide, tall, with large values of one sign, and where one player has a single move."""
    n = draw.integer(2, 4)
    wide, tall = 30 * _table(draw, n, 2 * n) - 150, 30 * _table(draw, 2 * n, n) + 150
    tables = [wide, tall, draw.normal(1, n), draw.normal(n, 1)]
    for V in tables:
        _judge_orders(student, fn, V, (0,))
        _judge_orders(student, fn, V, (1,))


EXERCISE = Exercise(
    "01.4",
    "who moves first",
    points=6,
    minutes=10,
    parts=(
        Part("D moves first", 2, d_first),
        Part("G moves first", 2, g_first),
        Part("tables that are not square", 1, any_table),
        Part("other tables", 1, Again((d_first, g_first, any_table)), shown=False),
    ),
    names=("orders",),
    promises=(
        ("when D must move first and G answers", "D moves first"),
        ("when G must move first and D answers", "G moves first"),
        ("Each plays as well as it can.", "D moves first"),
        ("a table V [rows, columns]", "tables that are not square"),
    ),
)
