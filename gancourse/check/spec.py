"""What an exercise is, and how answers to it are judged: from plain data, through a student.

A spec never touches a learner's object. `evaluate` is the same in the notebook and in the grader;
only the student, the seed and the hidden parts differ.
"""

import hashlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from gancourse.check.student import Handle, NotDone, Odd, Student, StudentError
from gancourse.check.withheld import Withheld

HELD, WRONG, ERROR, NOT_DONE = "held", "wrong", "error", "not done"
Answers = Mapping[str, Handle | Odd]


class Wrong(Exception):
    """The answer does not hold; the message is one sentence that says what the mistake means."""


class Draw:
    """Fresh random inputs from a seed: the same seed gives the same inputs.

    `once(key, make)` gives the same value to every part of one evaluation: a training that several
    parts look at runs once.
    """

    def __init__(self, seed: int | str, shared: dict | None = None):
        digest = hashlib.sha256(str(seed).encode()).digest()
        self._origin, self._shared = str(seed), {} if shared is None else shared
        self._rng = torch.Generator().manual_seed(int.from_bytes(digest[:7], "big"))

    def normal(self, *shape: int, mean: float = 0.0, sd: float = 1.0) -> Tensor:
        """Return float32 numbers from N(mean, sd^2), of the given shape."""
        return mean + sd * torch.randn(shape, generator=self._rng, dtype=torch.float32)

    def uniform(self, low: float, high: float) -> float:
        """Return one number between low and high."""
        share = torch.rand((), generator=self._rng, dtype=torch.float64).item()
        return low + (high - low) * share

    def integer(self, low: int, high: int) -> int:
        """Return a whole number from low to high, both included."""
        return int(torch.randint(low, high + 1, (), generator=self._rng))

    def choice(self, options: Sequence):
        """Return one of the options."""
        return options[self.integer(0, len(options) - 1)]

    def seed(self) -> int:
        """Return a seed to hand to the learner's code."""
        return self.integer(0, 2**31 - 1)

    def generator(self) -> torch.Generator:
        """Return a new generator, seeded from this draw."""
        return torch.Generator().manual_seed(self.seed())

    def once(self, key: str, make: Callable[["Draw"], object]):
        """Return make(draw) with the draw that belongs to `key`, made once in each evaluation.

        An error (Wrong, StudentError, NotDone) is raised again for each part that asks.
        """
        if key not in self._shared:
            root = self._shared.setdefault("root", self._origin)
            try:
                self._shared[key] = make(Draw(f"{root}/{key}", self._shared))
            except (Wrong, StudentError, NotDone) as error:
                self._shared[key] = error
        if isinstance(self._shared[key], Exception):
            raise self._shared[key]
        return self._shared[key]


@dataclass(frozen=True)
class Part:
    """One thing that must hold. `run(student, answers, draw)` returns None or raises Wrong.

    `answers` is the one answer, or a dict by name where the exercise asks for several. A part with
    shown=False runs in the grader alone. `seconds` of the processor are what a grader allows.
    """

    name: str
    points: int
    run: Callable[[Student, Handle | dict, Draw], None]
    shown: bool = True
    seconds: float = 20.0


@dataclass(frozen=True)
class Again:
    """What a hidden part runs: shown parts once more, on other draws, with the same promises.

    What they share by `Draw.once` is made afresh.
    """

    runs: tuple[Callable[[Student, Handle | dict, Draw], None], ...]

    def __call__(self, student: Student, answers: Handle | dict, draw: Draw) -> None:
        other = Draw(draw.seed())
        for run in self.runs:
            run(student, answers, other)


@dataclass(frozen=True)
class Exercise:
    """An exercise of a sheet: `names` are what it asks the learner to define.

    `withheld` are the package's functions and classes, by dotted name, that do what it asks the
    learner to write ("gancourse.losses.cross_entropy_d"): they are not there while it is judged.
    `promises` are the clauses of its prompt, each with the name of the shown part that tests it.
    """

    id: str
    title: str
    points: int
    minutes: int
    parts: tuple[Part, ...]
    names: tuple[str, ...]
    withheld: tuple[str, ...] = ()
    promises: tuple[tuple[str, str], ...] = ()

    def __post_init__(self):
        if self.points != sum(part.points for part in self.parts):
            raise ValueError(f"exercise {self.id}: its parts do not add up to {self.points} points")
        if len({part.name for part in self.parts}) != len(self.parts):
            raise ValueError(f"exercise {self.id}: two parts have the same name")

    def chosen(self, hidden: bool) -> tuple[Part, ...]:
        """Return the parts that the learner sees, or all."""
        return tuple(part for part in self.parts if part.shown or hidden)


@dataclass(frozen=True)
class PartResult:
    """How one part went; status: held, wrong, error, not done. Points only where it holds."""

    name: str
    points: int
    maximum: int
    status: str
    message: str = ""
    shown: bool = True


@dataclass(frozen=True)
class Verdict:
    """How one exercise went: its parts in order."""

    id: str
    title: str
    results: tuple[PartResult, ...]

    @property
    def score(self) -> int:
        return sum(r.points for r in self.results)

    @property
    def maximum(self) -> int:
        return sum(r.maximum for r in self.results)

    @property
    def passed(self) -> bool:
        return all(r.status == HELD for r in self.results)

    @property
    def not_done(self) -> bool:
        return all(r.status == NOT_DONE for r in self.results)


def _given(exercise: Exercise, answers: Answers) -> Handle | dict[str, Handle]:
    for name in exercise.names:
        if name not in answers:
            raise StudentError("NameError", f"{name} is not defined in this exercise")
        if not isinstance(answers[name], Handle):
            raise Wrong(f"{name} is {answers[name].what}, not a function or a class.")
    given = {name: answers[name] for name in exercise.names}
    return given if len(given) > 1 else given[exercise.names[0]]


def _status(
    exercise: Exercise, part: Part, student: Student, answers: Answers, draw: Draw
) -> tuple:
    try:
        if exercise.withheld:
            student.withhold(list(exercise.withheld))
        part.run(student, _given(exercise, answers), draw)
    except NotDone:
        return NOT_DONE, ""
    except Wrong as wrong:
        return WRONG, str(wrong)
    except StudentError as error:
        if error.kind == Withheld.__name__:
            return WRONG, error.message
        line = f" in line {error.line}" if error.line else ""
        return ERROR, f"Your code stopped with {error.kind}{line}: {error.message}"
    except Exception as error:  # data of a shape that no honest answer has
        return ERROR, f"What your code gave back cannot be read ({type(error).__name__})."
    return HELD, ""


def judged(
    exercise: Exercise, student: Student, answers: Answers, seed: int, hidden: bool = False
) -> Iterator[PartResult]:
    """Yield the result of each part as soon as it is known; see `evaluate`."""
    shared = {"root": f"{seed}/{exercise.id}"}
    for part in exercise.chosen(hidden):
        draw = Draw(f"{seed}/{exercise.id}/{part.name}", shared)
        status, message = _status(exercise, part, student, answers, draw)
        earned = part.points if status == HELD else 0
        yield PartResult(part.name, earned, part.points, status, message, part.shown)


def evaluate(
    exercise: Exercise, student: Student, answers: Answers, seed: int, hidden: bool = False
) -> Verdict:
    """Return how the answers do: every part in its order, on inputs drawn from `seed`.

    `hidden` adds the parts that the learner does not see. The inputs of a part do not depend on
    which other parts run.
    """
    results = tuple(judged(exercise, student, answers, seed, hidden))
    return Verdict(exercise.id, exercise.title, results)


def timed(student: Student, limit: float, what: str, run: Callable[[], object]):
    """Return run(); raise Wrong when it took more than `limit` seconds.

    Both clocks must say so: on a busy machine the wall clock counts other people's work, and on
    many cores the processor time counts threads that wait.
    """
    wall, cpu = time.perf_counter(), student.cpu_seconds()
    value = run()
    if min(time.perf_counter() - wall, student.cpu_seconds() - cpu) > limit:
        raise Wrong(f"{what} took more than {limit:g} seconds: take fewer steps or smaller nets.")
    return value
