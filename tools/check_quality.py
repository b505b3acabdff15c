"""Measure the checks: correct solutions must pass, classic mistakes fail with the right message.

    python tools/check_quality.py [--only 05.1 ...] [--short] [--train] [--jobs 2]
    python tools/check_quality.py --draws 2000 [--only 05.1 ...]

tests/check/sheetNN/NAME.py mirrors gancourse/check/sheetNN/NAME.py: it has CORRECT (answers) and
MISTAKES (answer: the part that must fail, a phrase of its message), and perhaps SEEDS. A correct
answer is judged in all parts, hidden ones too, and a mistake in the part that must fail, over ten
seeds. `--short` takes two seeds, and of parts that do the same with other draws the first; where a
module has STYLES, only so many of CORRECT are judged by what trains, and every one by the rest. The
worked solution's mechanical mutants (`reference_mutants.py`) must fall as well, with `--train` also
those that only a training shows. Ends with 1 unless every correct answer passed, and every mistake
and every mutant was caught, on every seed.

`--draws N` counts in how many of N draws the worked solution and each correct answer are accepted,
and each mistake is caught with its phrase, by the parts that do not train; ends with 1 where that
is less than 1,999 in 2,000 of a correct answer, or 49 in 50 of a mistake, which may be taken for
another one by chance.
"""

import argparse
import importlib.util
import multiprocessing
import os
import sys
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import cache, partial
from itertools import takewhile
from pathlib import Path
from types import ModuleType

import reference_mutants

from gancourse.check import Student, evaluate
from gancourse.check.spec import Again, Part
from gancourse.errors import choose
from gancourse.machine import seed_everything

ANSWERS = Path(__file__).resolve().parents[1] / "tests" / "check"
SEEDS, SHORT_SEEDS, MUTANT_SEEDS = 10, 2, 3


@dataclass(frozen=True)
class Verdict:
    """One answer to one exercise: whether the check did right on every seed, and what it said."""

    exercise: str
    name: str
    correct: bool
    right: bool
    message: str
    seconds: float


@cache
def load(path: Path) -> ModuleType:
    """Return the module of answers at `path`, imported afresh."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def exercise_of(path: Path):
    """Return the Exercise that the answers at `path` are for: the one of the file it mirrors."""
    name = f"gancourse.check.{path.parent.name}.{path.stem}"
    return importlib.import_module(name).EXERCISE


def modules() -> dict[str, Path]:
    """Return the files of answers, by the exercise they are for, in order: {"01.1": path, ...}."""
    return dict(sorted((exercise_of(path).id, path) for path in ANSWERS.glob("sheet*/*.py")))


def answers(path: Path) -> Iterator[tuple[object, str | None, str]]:
    """Yield each answer of a module with the part that must fail (None: none) and the phrase."""
    module = load(path)
    yield from ((answer, None, "") for answer in module.CORRECT)
    yield from ((answer, *expected) for answer, expected in module.MISTAKES.items())


def numbers(path: Path, short: bool = False) -> list[int]:
    """Return the numbers of the answers that are judged."""
    every = range(len(list(answers(path))))
    return [n for n in every if trains(path, n, short) or quick(exercise_of(path).parts)]


def trains(path: Path, number: int, short: bool) -> bool:
    """Tell whether an answer is judged by the parts that train: all, in short `STYLES` correct."""
    module = load(path)
    styles = getattr(module, "STYLES", len(module.CORRECT)) if short else len(module.CORRECT)
    return not styles <= number < len(module.CORRECT)


def quick(parts: Iterable[Part]) -> list[Part]:
    """Return the parts before the first that trains; those after it may look at what it trained."""
    return list(takewhile(lambda part: part.seconds <= reference_mutants.TRAINING, parts))


def name_of(answer: object) -> str:
    return getattr(answer, "__name__", type(answer).__name__)


def judge(path: Path, number: int, short: bool = False) -> Verdict:
    """Evaluate one answer of a module over its seeds."""
    start = time.perf_counter()
    answer, part, phrase = list(answers(path))[number]
    seeds = min(getattr(load(path), "SEEDS", SEEDS), SHORT_SEEDS if short else SEEDS)
    student = Student()  # one for all seeds: what is withheld is looked up once
    exercise = with_parts(exercise_of(path), part, short, trains(path, number, short))
    problems = (one(exercise, answer, part, phrase, seed, student) for seed in range(seeds))
    message = next(filter(None, problems), "")
    seconds = time.perf_counter() - start
    return Verdict(exercise.id, name_of(answer), part is None, not message, message, seconds)


def one(exercise, answer: object, part: str | None, phrase: str, seed: int, student) -> str:
    """Return what the check did wrong for this answer with this seed, or ''."""
    if part is None:
        return whole(exercise, answer, seed, student)
    failed = _failed(exercise, answer, seed, student)
    caught = part in failed and phrase in failed[part]
    return "" if caught else f"seed {seed}: {failed or f'{part}: held'}"


def whole(exercise, answer: object, seed: int, student: Student) -> str:
    """Return which parts a correct answer fails with this seed, or ''."""
    failed = _failed(exercise, answer, seed, student)
    return f"seed {seed}: {failed}" if failed else ""


def _failed(exercise, answer: object, seed: int, student: Student) -> dict[str, str]:
    seed_everything(seed)  # some answers draw noise of their own
    report = evaluate(
        exercise, student, {exercise.names[0]: student.admit(answer)}, seed, hidden=True
    )
    return {r.name: r.message for r in report.results if r.status != "held"}


def with_parts(exercise, part: str | None, short: bool, trained: bool = True):
    """Return the exercise with this part alone; None: all parts, or in short those that differ.

    Without `trained` the parts that train are left out. What a part draws does not depend on which
    other parts there are.
    """
    parts = [p for p in exercise.parts if part in (None, p.name)]
    if not parts:
        raise ValueError(f"exercise {exercise.id} has no part {part!r}")
    if short:
        first = {p.run: p for p in reversed(parts)}
        parts = [p for p in parts if first[p.run] is p and not isinstance(p.run, Again)]
    parts = parts if trained else quick(parts)
    return with_only(exercise, parts)


def with_only(exercise, parts: Iterable[Part]):
    """Return the exercise with these parts alone."""
    parts = tuple(parts)
    return replace(exercise, parts=parts, points=sum(p.points for p in parts), promises=())


def one_thread() -> None:
    """Let each worker compute on one core: the nets are too small for more."""
    import torch

    torch.set_num_threads(1)


def measure(paths: list[Path], jobs: int, short: bool = False) -> list[Verdict]:
    """Return a verdict for each answer of each module."""
    tasks = [(path, number) for path in paths for number in numbers(path, short)]
    return _spread(partial(judge, short=short), tasks, jobs)


def _spread(work, tasks: list[tuple], jobs: int) -> list:
    """Return work(*task) for each task, `jobs` at a time."""
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(jobs, mp_context=spawn, initializer=one_thread) as pool:
        return list(pool.map(work, *zip(*tasks, strict=True)))


@dataclass(frozen=True)
class Mutants:
    """An exercise's mutants: how many, and what is wrong (survivors, entries that name none)."""

    exercise: str
    number: int
    wrong: tuple[str, ...]
    seconds: float


def mutate(id: str, seeds: int, train: bool) -> Mutants:
    """Judge the mutants of one worked solution."""
    start = time.perf_counter()
    lived = [str(survivor) for survivor in reference_mutants.survivors(id, seeds, train)]
    stale = [f"{id}: no mutant is {key[1:]}" for key in reference_mutants.unused(id)]
    number = len(reference_mutants.asked(id, train))
    return Mutants(id, number, (*lived, *stale), time.perf_counter() - start)


@dataclass(frozen=True)
class Counted:
    """In how many of some draws an answer was judged right, and the first miss."""

    exercise: str
    name: str
    correct: bool
    right: int
    draws: int
    miss: str

    @property
    def enough(self) -> bool:
        """Whether as many as is asked of a correct answer, or of a mistake."""
        asked = (1999, 2000) if self.correct else (49, 50)
        return asked[1] * self.right >= asked[0] * self.draws


def over_draws(path: Path, number: int | None, seeds: range) -> Counted:
    """Judge one answer by what does not train; `number` None is the worked solution."""
    exercise = exercise_of(path)
    if number is None:
        answer, part, phrase = reference_mutants.worked(exercise.id), None, ""
        name = "worked solution"
    else:
        answer, part, phrase = list(answers(path))[number]
        name = name_of(answer)
    exercise = with_parts(exercise, part, short=False, trained=False)
    student = Student()  # one for all draws: what is withheld is looked up once
    seen = (one(exercise, answer, part, phrase, seed, student) for seed in seeds)
    misses = [miss for miss in seen if miss]
    right, draws = len(seeds) - len(misses), len(seeds)
    return Counted(exercise.id, name, part is None, right, draws, next(iter(misses), ""))


def untrained(path: Path) -> list[int | None]:
    """Return the worked solution and the numbers of answers but those that only trainings judge."""
    parts = [part.name for part in quick(exercise_of(path).parts)]
    if not parts:
        return []
    return [None, *(n for n, (_, part, _) in enumerate(answers(path)) if part in (None, *parts))]


def count(paths: list[Path], jobs: int, draws: int) -> list[Counted]:
    """Judge each answer over so many draws, but for those that only trainings judge."""
    tasks = [(path, number) for path in paths for number in untrained(path)]
    return _spread(partial(over_draws, seeds=range(draws)), tasks, jobs)


def row(exercise: str, verdicts: list[Verdict], mutants: list[Mutants]) -> str:
    """Return one line of the table."""
    mine = [v for v in verdicts if v.exercise == exercise]
    correct, mistakes = ([v.right for v in mine if v.correct is kind] for kind in (True, False))
    counts = [f"{sum(found)} of {len(found)}" for found in (correct, mistakes)]
    planted = [m for m in mutants if m.exercise == exercise]
    counts += [f"{m.number - len(m.wrong)} of {m.number}" for m in planted] or ["-"]
    seconds = sum(v.seconds for v in (*mine, *planted))
    return f"{exercise:10}{''.join(f'{c:>18}' for c in counts)}{seconds:>10.1f} s"


def table(verdicts: list[Verdict], mutants: list[Mutants] = ()) -> str:
    """Return the table, and below it each answer and each mutant that was judged wrongly."""
    titles = ("correct accepted", "mistakes caught", "mutants fallen")
    head = f"{'exercise':10}{''.join(f'{title:>18}' for title in titles)}{'time':>12}"
    ids = dict.fromkeys(v.exercise for v in verdicts)
    rows = [row(exercise, verdicts, list(mutants)) for exercise in ids]
    wrong = [f"{v.exercise} {v.name}: {v.message}" for v in verdicts if not v.right]
    return "\n".join([head, *rows, *wrong, *(line for m in mutants for line in m.wrong)])


def counted(found: list[Counted]) -> str:
    """Return the table of `--draws`."""
    rows = [f"{c.exercise:10}{c.name:36}{c.right:>6} of {c.draws}  {c.miss}" for c in found]
    return "\n".join(rows)


def main(argv: list[str] | None = None) -> int:
    """Print the table; return 0 when everything was judged right."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="*", default=[], help="exercises, such as 05.1 (all)")
    parser.add_argument("--jobs", type=int, default=min(2, os.cpu_count() or 1))
    parser.add_argument("--short", action="store_true", help="two seeds, no part twice")
    parser.add_argument("--train", action="store_true", help="judge mutants by trainings as well")
    parser.add_argument("--draws", type=int, help="count the draws that judge answers right")
    options = parser.parse_args(argv)
    found = modules()
    for id in options.only:
        choose("exercise", id, found)
    paths = {id: path for id, path in found.items() if not options.only or id in options.only}
    if options.draws:
        counts = count(list(paths.values()), options.jobs, options.draws)
        print(counted(counts))
        return int(not all(c.enough for c in counts))
    verdicts = measure(list(paths.values()), options.jobs, options.short)
    seeds = 1 if options.train else MUTANT_SEEDS
    mutants = _spread(partial(mutate, seeds=seeds, train=options.train), [(i,) for i in paths],
                      options.jobs)  # fmt: skip
    print(table(verdicts, mutants))
    return int(not all(v.right for v in verdicts) or any(m.wrong for m in mutants))


if __name__ == "__main__":
    sys.exit(main())
