"""Three exercises that ask for the same thing, 2 x, so that grading takes milliseconds."""

from functools import partial

from gancourse.check import facts
from gancourse.check.spec import Exercise, Part

SECONDS = 3.0


def _twice(student, answer, draw, n: int) -> None:
    x = draw.normal(n)
    got = facts.tensor(student.call(answer, [x]), [n], "the answer")
    if not ((got - 2 * x.double()).abs() < 1e-5).all():
        raise facts.Wrong("That is not twice x.")


def _exercise(id: str, name: str) -> Exercise:
    shown = Part("four numbers", 2, partial(_twice, n=4), seconds=SECONDS)
    hidden = Part("a secret size", 1, partial(_twice, n=7), shown=False, seconds=SECONDS)
    return Exercise(id, f"twice, {name}", 3, 1, (shown, hidden), (name,))


EXERCISES = [_exercise("90.1", "first"), _exercise("90.2", "answer"), _exercise("90.3", "last")]


def sheets() -> tuple[str, ...]:
    return ("90",)


def sheet(number: str) -> list[Exercise]:
    return EXERCISES
