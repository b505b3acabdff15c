"""What exercises of sheet 11 share: a case that tells each mistake from the others."""

from collections.abc import Callable, Mapping
from itertools import combinations
from typing import TypeVar

from torch import Tensor

from gancourse.check import facts
from gancourse.check.spec import Draw, Wrong

TRIES, GAP = 12, 1e-4
Case = TypeVar("Case")


def telling(
    draw: Draw,
    make: Callable[[Draw], Case],
    right: Callable[[Case], Tensor],
    mistakes: Mapping[str, Callable[[Case], Tensor]],
) -> Case:
    """Return the case of at most 12 in which mistakes agree with `right`, or each other, least.

    Shares of a few samples may agree by chance: what agrees with `right` weighs most.
    """
    found = []
    for _ in range(TRIES):
        case = make(draw)
        answers, want = [wrong(case) for wrong in mistakes.values()], right(case)
        missed = sum(facts.near(got, want, GAP) for got in answers)
        alike = sum(facts.near(a, b, GAP) for a, b in combinations(answers, 2))
        found.append((100 * missed + alike, case))
        if not missed + alike:
            break
    return min(found, key=lambda scored: scored[0])[1]


def judge_twice(
    ask: Callable[[Case], Tensor],
    case: Case,
    another: Callable[[], Case],
    right: Callable[[Case], Tensor],
    mistakes: Mapping[str, Callable[[Case], Tensor]],
    else_: str,
) -> None:
    """Return None if ask(case) is right; else raise Wrong: a mistake that fits twice, or `else_`.

    Shares of a few samples may agree by chance: what leads to the answer found is named only where
    it does so in another case, too.
    """
    if facts.near(got := ask(case), right(case), 1e-5):
        return
    found = {what: wrong for what, wrong in mistakes.items() if facts.near(got, wrong(case), 1e-5)}
    if found:
        got = ask(case := another())
        found = {what for what, wrong in found.items() if facts.near(got, wrong(case), 1e-5)}
    raise Wrong(next(iter(found), else_))
