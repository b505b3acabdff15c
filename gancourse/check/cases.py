"""Inputs that tell mistakes from the right answer, and from each other."""

from collections.abc import Callable, Mapping
from itertools import combinations
from typing import TypeVar

from torch import Tensor

from gancourse.check import facts

TRIES, GAP = 12, 1e-4
Case = TypeVar("Case")
Value = Tensor | float


def each(mistakes: Mapping[str, Callable[[Case], Value]]) -> Callable[[Case], dict[str, Value]]:
    """Return a function of a case: what each of these mistakes leads to in it."""
    return lambda case: {meaning: of(case) for meaning, of in mistakes.items()}


def telling(
    make: Callable[[], Case],
    right: Callable[[Case], Value],
    mistakes: Callable[[Case], Mapping[str, Value]],
    gap: float = GAP,
) -> Case:
    """Return the case of at most 12 in which mistakes agree with `right`, or each other, least.

    `mistakes` gives what each of them leads to; values within `gap` agree. Some do by chance (the
    shares of a few samples, a mean of numbers about 0): what agrees with `right` weighs most.
    """
    found = []
    for _ in range(TRIES):
        case = make()
        answers, want = list(mistakes(case).values()), right(case)
        missed = sum(facts.near(got, want, gap) for got in answers)
        alike = sum(facts.near(a, b, gap) for a, b in combinations(answers, 2))
        found.append((100 * missed + alike, case))
        if not missed + alike:
            break
    return min(found, key=lambda scored: scored[0])[1]
