"""Measure the checks: correct solutions must pass, classic mistakes fail with the right message.

    python tools/check_quality.py [--only 05.1 ...] [--short] [--jobs 2]

tests/check/sheetNN/NAME.py mirrors gancourse/check/sheetNN/NAME.py: it has CORRECT (answers) and
MISTAKES (answer: the part that must fail, a phrase of its message), and perhaps SEEDS. A correct
answer is judged in all parts, hidden ones too, and a mistake in the part that must fail, over ten
seeds. `--short` takes three seeds, and of parts that do the same with other draws the first. Ends
with 1 unless every correct answer passed and every mistake was caught, on every seed.
"""

import argparse
import importlib.util
import multiprocessing
import os
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from types import ModuleType

from gancourse.errors import choose

ANSWERS = Path(__file__).resolve().parents[1] / "tests" / "check"
SEEDS, SHORT_SEEDS = 10, 3


@dataclass(frozen=True)
class Verdict:
    """One answer to one exercise: whether the check did right on every seed, and what it said."""

    exercise: str
    name: str
    correct: bool
    right: bool
    told: str
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


def name_of(answer: object) -> str:
    return getattr(answer, "__name__", type(answer).__name__)


def judge(path: Path, number: int, short: bool = False) -> Verdict:
    """Evaluate one answer of a module over its seeds."""
    start = time.perf_counter()
    answer, part, phrase = list(answers(path))[number]
    seeds = min(getattr(load(path), "SEEDS", SEEDS), SHORT_SEEDS if short else SEEDS)
    problems = (one(path, answer, part, phrase, seed, short) for seed in range(seeds))
    told = next(filter(None, problems), "")
    seconds = time.perf_counter() - start
    return Verdict(exercise_of(path).id, name_of(answer), part is None, not told, told, seconds)


def one(path: Path, answer: object, part: str | None, phrase: str, seed: int, short: bool) -> str:
    """Return what the check did wrong for this answer with this seed, or ''."""
    from gancourse.check import Student, evaluate
    from gancourse.machine import seed_everything

    exercise, student = with_parts(exercise_of(path), part, short), Student()
    seed_everything(seed)  # some answers draw noise of their own
    report = evaluate(
        exercise, student, {exercise.names[0]: student.admit(answer)}, seed, hidden=True
    )
    failed = {r.name: r.message for r in report.results if r.status != "held"}
    if part is None:
        return f"seed {seed}: {failed}" if failed else ""
    caught = part in failed and phrase in failed[part]
    return "" if caught else f"seed {seed}: {failed or f'{part}: held'}"


def with_parts(exercise, part: str | None, short: bool):
    """Return the exercise with this part alone; None: all parts, or in short those that differ.

    What a part draws does not depend on which other parts there are.
    """
    parts = [p for p in exercise.parts if part in (None, p.name)]
    if not parts:
        raise ValueError(f"exercise {exercise.id} has no part {part!r}")
    if short:
        first = {p.run: p for p in reversed(parts)}
        parts = [p for p in parts if first[p.run] is p]
    points = sum(p.points for p in parts)
    return replace(exercise, parts=tuple(parts), points=points, promises=())


def one_thread() -> None:
    """Let each worker compute on one core: the nets are too small for more."""
    import torch

    torch.set_num_threads(1)


def measure(paths: list[Path], jobs: int, short: bool = False) -> list[Verdict]:
    """Return a verdict for each answer of each module."""
    tasks = [(path, number) for path in paths for number in range(len(list(answers(path))))]
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(jobs, mp_context=spawn, initializer=one_thread) as pool:
        return list(pool.map(partial(judge, short=short), *zip(*tasks, strict=True)))


def row(exercise: str, verdicts: list[Verdict]) -> str:
    """Return one line of the table."""
    mine = [v for v in verdicts if v.exercise == exercise]
    correct, mistakes = ([v.right for v in mine if v.correct is kind] for kind in (True, False))
    counts = [f"{sum(found)} of {len(found)}" for found in (correct, mistakes)]
    return f"{exercise:10}{counts[0]:>18}{counts[1]:>18}{sum(v.seconds for v in mine):>10.1f} s"


def table(verdicts: list[Verdict]) -> str:
    """Return the table, and below it each answer that was judged wrongly."""
    head = f"{'exercise':10}{'correct accepted':>18}{'mistakes caught':>18}{'time':>12}"
    rows = [row(exercise, verdicts) for exercise in dict.fromkeys(v.exercise for v in verdicts)]
    wrong = [f"{v.exercise} {v.name}: {v.told}" for v in verdicts if not v.right]
    return "\n".join([head, *rows, *wrong])


def main(argv: list[str] | None = None) -> int:
    """Print the table; return 0 when everything was judged right."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="*", default=[], help="exercises, such as 05.1 (all)")
    parser.add_argument("--jobs", type=int, default=min(2, os.cpu_count() or 1))
    parser.add_argument("--short", action="store_true", help="three seeds, no part twice")
    options = parser.parse_args(argv)
    found = modules()
    for id in options.only:
        choose("exercise", id, found)
    paths = [path for id, path in found.items() if not options.only or id in options.only]
    verdicts = measure(paths, options.jobs, options.short)
    print(table(verdicts))
    return int(not all(v.right for v in verdicts))


if __name__ == "__main__":
    sys.exit(main())
