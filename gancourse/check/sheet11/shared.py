"""What exercises of sheet 11 share: a mistake is named where it fits again and again."""

from collections.abc import Callable, Mapping

from torch import Tensor

from gancourse.check import facts
from gancourse.check.cases import Case
from gancourse.check.spec import Wrong


def judge_again(
    ask: Callable[[Case], Tensor],
    case: Case,
    another: Callable[[], Case],
    right: Callable[[Case], Tensor],
    mistakes: Mapping[str, Callable[[Case], Tensor]],
    else_: str,
) -> None:
    """Return None if ask(case) is right; else raise Wrong: a mistake that fits always, or `else_`.

    Shares of a few samples may agree by chance: what leads to the answer found is named only where
    it does so in three other cases, too.
    """
    if facts.near(got := ask(case), right(case), 1e-5):
        return
    found = [what for what, wrong in mistakes.items() if facts.near(got, wrong(case), 1e-5)]
    for _ in range(3 if found else 0):
        got = ask(case := another())
        found = [what for what in found if facts.near(got, mistakes[what](case), 1e-5)]
    raise Wrong(next(iter(found), else_))
