"""Mechanical mutants of the worked solutions: each that changes the answer must fail its check.

A mutant is the solution with one place changed: an operator, a constant, an axis, a line left out
(`mutations.py`). It is judged by the parts that the learner sees, and must fail on every seed. What
is the same by another name, or only falls where a training shows it, stands with its reason in
`reference_mutants.toml`.
"""

import ast
import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from itertools import takewhile
from pathlib import Path

import jupytext
from mutations import Mutation, mutations, planted

from gancourse.check import Student, get_exercise
from gancourse.check.spec import HELD, Exercise, Part, judged
from gancourse.machine import seed_everything

ROOT = Path(__file__).resolve().parents[1]
LISTED = Path(__file__).with_suffix(".toml")
TRAINING = 20.0  # seconds: a part that may take more trains
BEGIN, END = "# BEGIN SOLUTION", "# END SOLUTION"
SETTING = r"\d|torch\.manual_seed|torch\.optim\.\w+\(.* -> torch\.optim\.\w+\("
LEFT_OUT = ast.Assign | ast.AugAssign | ast.Expr | ast.If | ast.For | ast.With


@dataclass(frozen=True)
class Survivor:
    """A mutant that a check accepted: which, and with which seed."""

    exercise: str
    mutation: Mutation
    seed: int

    def __str__(self) -> str:
        where = f"{self.exercise}: {self.mutation.text}\n      {self.mutation.change}"
        return f"{where}\n      accepted with seed {self.seed}"


@cache
def cells(sheet: str) -> list:
    (source,) = (ROOT / "solutions").glob(f"{sheet}_*.py")
    return jupytext.read(source, fmt="py:percent").cells


@cache
def names_before(sheet: str) -> dict:
    """Return what the sheet's cells that import define, for its answers to use."""
    names: dict = {}
    for cell in cells(sheet):
        tagged = any(tag.startswith("exercise:") for tag in cell.metadata.get("tags", []))
        if cell.cell_type == "code" and not tagged and "import" in cell.source:
            exec(cell.source, names)
    return names


def solution(id: str) -> str:
    """Return the source of the cell of an exercise; its worked solution stands between marks."""
    tag = f"exercise:{id}"
    (cell,) = (c for c in cells(id[:2]) if tag in c.metadata.get("tags", []))
    return cell.source


def written(source: str) -> set[int]:
    """Return the numbers of the lines that the learner writes."""
    inside, found = False, set()
    for number, line in enumerate(source.splitlines(), 1):
        inside = (inside or line.strip() == BEGIN) and line.strip() != END
        found |= {number} if inside else set()
    return found


def answer(id: str, source: str) -> object:
    """Return what the source of a cell defines for the exercise."""
    names = dict(names_before(id[:2]))
    exec(compile(source, f"<{id}>", "exec"), names)
    return names[get_exercise(id).names[0]]


def worked(id: str) -> object:
    """Return the worked solution of an exercise."""
    return answer(id, solution(id))


def mutants(id: str) -> list[Mutation]:
    """Return the mutants of the worked solution, each source once.

    Where the whole exercise is a training its constants, its seed and what its optimisers are told
    are settings, and stay.
    """
    source = solution(id)
    lines = written(source)
    every = [m for m in (*mutations(source), *left_out(source)) if m.line in lines]
    if not quick_parts(get_exercise(id)):
        every = [m for m in every if not re.match(SETTING, m.change)]
    return list({m.source: m for m in every}.values())


def left_out(source: str) -> list[Mutation]:
    """Return the mutants that leave one statement out; alike ones are numbered."""
    tree, seen, found = ast.parse(source), Counter(), []
    for node in ast.walk(tree):
        if isinstance(node, LEFT_OUT) and not _docstring(node):
            mutation = planted(source, node, None)
            if mutation:
                seen[mutation.key] += 1
                change = f"{mutation.change} (left out {seen[mutation.key]})"
                found.append(replace(mutation, change=change))
    return found


def _docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def quick_parts(exercise: Exercise) -> tuple[Part, ...]:
    """Return the shown parts that come before any training."""
    shown = exercise.chosen(hidden=False)
    return tuple(takewhile(lambda part: part.seconds <= TRAINING, shown))


def falls(id: str, mutation: Mutation, seed: int, train: bool, student: Student) -> bool:
    """Tell whether a shown part fails the mutant; with `train` those that train are asked too."""
    exercise = get_exercise(id)
    parts = exercise.chosen(hidden=False) if train else quick_parts(exercise)
    asked = replace(exercise, parts=parts, points=sum(p.points for p in parts), promises=())
    try:
        given = {asked.names[0]: student.admit(answer(id, mutation.source))}
    except Exception:  # the mutated cell itself stops
        return True
    seed_everything(seed)
    return any(result.status != HELD for result in judged(asked, student, given, seed))


@cache
def listed() -> dict[tuple[str, str, str], dict]:
    """Return the mutants that may survive: {(exercise, line, change): entry}."""
    entries = tomllib.loads(LISTED.read_text(encoding="utf-8"))["mutant"]
    return {(e["exercise"], e["line"], e["change"]): e for e in entries}


def excused(id: str, mutation: Mutation, train: bool) -> bool:
    """Tell whether the list lets this mutant live; one that a training fails, without it only."""
    entry = listed().get((id, *mutation.key))
    return entry is not None and not (train and "trained" in entry)


def asked(id: str, train: bool = False) -> list[Mutation]:
    """Return the mutants that must fall: all but those that the list excuses."""
    if not train and not quick_parts(get_exercise(id)):
        return []
    return [mutation for mutation in mutants(id) if not excused(id, mutation, train)]


def survivors(id: str, seeds: int, train: bool = False) -> Iterator[Survivor]:
    """Yield the mutants of a worked solution that its check accepts, though they must fall."""
    student = Student()  # one for all: what is withheld is looked up once
    for mutation in asked(id, train):
        lived = next((s for s in range(seeds) if not falls(id, mutation, s, train, student)), None)
        if lived is not None:
            yield Survivor(id, mutation, lived)


def unused(id: str) -> list[tuple[str, str, str]]:
    """Return the entries of the list for an exercise that name no mutant of it."""
    known = {(id, *m.key) for m in mutants(id)}
    return [key for key in listed() if key[0] == id and key not in known]
