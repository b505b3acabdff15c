"""Which cells of a notebook answer what.

Student code is never run or parsed here; names are looked for with a regular expression.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from gancourse.check.spec import Exercise
from gancourse.grade.ipynb import Cell, has_conflict, read

TAG = re.compile(r"exercise:(\w+)\.(\w+)")


@dataclass
class Answer:
    """The code cells that answer one exercise, in their order, and what to tell about them.

    `doubts` are said only where the answer does not get all points. `gone` is "Markdown" or "raw"
    where that is what the exercise's cell is now.
    """

    exercise: Exercise
    cells: list[Cell] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)
    gone: str = ""


def sheets_of(cells: Sequence[Cell], known: Mapping[str, Sequence[Exercise]]) -> list[str]:
    """Return the numbers of the sheets that the notebook answers, the main one first.

    Most tags decide; where all tags are lost, most of the names that a sheet asks for. A second
    sheet counts with at least two exercises, and half of its own.
    """
    tagged = {m[0]: m[1] for c in cells for t in c.tags if (m := TAG.fullmatch(t))}
    numbers = Counter(tagged.values())
    ranked = [n for n, _ in numbers.most_common() if n in known]
    if ranked:
        return ranked[:1] + [n for n in ranked[1:] if numbers[n] >= max(2, len(known[n]) / 2)]
    if numbers:
        return []
    names = {
        number: sum(any(defines(c, n) for c in cells) for e in exercises for n in e.names)
        for number, exercises in known.items()
    }
    best = max(names, key=names.get, default=None)
    return [best] if best and names[best] else []


def defines(cell: Cell, name: str) -> bool:
    """Tell whether the cell has a line that defines or imports the name at its left edge."""
    name = re.escape(name)
    ways = (
        rf"^((async )?def|class) {name}\b",
        rf"^{name}\s*[:=]",
        rf"^(from \S+ )?import ([^#\n]*[ ,(])?{name}[ \t]*([,;#)]|$)",
    )
    return any(re.search(way, cell.source, re.M) for way in ways)


def find_answers(
    cells: Sequence[Cell], exercises: Sequence[Exercise], ids: Mapping[str, str]
) -> list[Answer]:
    """Return an Answer for each exercise: by tag, else by cell id, else by the names it asks for.

    `ids` gives the exercise of each cell id of the original sheet. Cells below that define the
    names again answer it too.
    """
    code = [c for c in cells if c.kind == "code"]
    answers = [Answer(e, _tagged(code, e.id)) for e in exercises]
    taken = {c.number for a in answers for c in a.cells}
    for answer in answers:
        free = [c for c in code if c.number not in taken]
        if not answer.cells:
            _find_untagged(answer, free, ids)
        _find_gone(answer, [c for c in cells if c.kind != "code"], ids)
        _find_below(answer, free)
        _note_missing_names(answer)
        _note_conflicts(answer)
    _note_order(answers)
    return answers


def _tagged(cells: Sequence[Cell], id: str) -> list[Cell]:
    return [c for c in cells if f"exercise:{id}" in c.tags]


def _find_untagged(answer: Answer, cells: list[Cell], ids: Mapping[str, str]) -> None:
    exercise = answer.exercise
    answer.cells = [c for c in cells if ids.get(c.id) == exercise.id]
    if not answer.cells:
        answer.cells = [c for c in cells if any(defines(c, n) for n in exercise.names)]
    if answer.cells:
        answer.notes.append("The cell had lost its tag and was found by what it defines.")


def _find_gone(answer: Answer, others: list[Cell], ids: Mapping[str, str]) -> None:
    """Say where the exercise's cell has gone, or that it is one of Markdown now."""
    id = answer.exercise.id
    gone = [c for c in others if f"exercise:{id}" in c.tags or ids.get(c.id) == id]
    if gone:
        answer.gone = gone[0].kind
        answer.notes.append(
            f"The cell of this exercise is a {answer.gone} cell now, so it was not run: turn it "
            "back into a code cell."
        )
    elif not answer.cells:
        answer.notes.append(
            "The cell of this exercise is not in the notebook: it was deleted, or lost its tag."
        )


def _find_below(answer: Answer, cells: list[Cell]) -> None:
    mine = {c.number for c in answer.cells}
    below = [
        c
        for c in cells
        if mine and c.number not in mine and c.number > min(mine)
        and any(defines(c, n) for n in answer.exercise.names)
    ]  # fmt: skip
    answer.cells = sorted([*answer.cells, *below], key=lambda c: c.number)
    if len(answer.cells) > 1:
        numbers = ", ".join(str(c.number) for c in answer.cells)
        answer.notes.append(
            f"{len(answer.cells)} cells answer this exercise (code cells {numbers}): they were run "
            "in order, and the last definition counts."
        )


def _note_missing_names(answer: Answer) -> None:
    missing = [n for n in answer.exercise.names if not any(defines(c, n) for c in answer.cells)]
    if answer.cells and missing:
        answer.doubts.append(
            f"The cell does not define {' and '.join(missing)}: was the name changed?"
        )


def _note_conflicts(answer: Answer) -> None:
    for cell in answer.cells:
        if has_conflict(cell.source):
            answer.notes.append(
                f"Code cell {cell.number} holds the marks of a merge conflict (<<<<<<<, =======, "
                ">>>>>>>): choose one side."
            )


def _note_order(answers: list[Answer]) -> None:
    furthest = 0
    for answer in answers:
        place = answer.cells[0].number if answer.cells else furthest
        if place < furthest:
            answer.notes.append("The cell stands before that of an earlier exercise.")
        furthest = max(place, furthest)


def saved_points(cells: Sequence[Cell], id: str) -> tuple[int, int] | None:
    """Return (points, maximum) of an exercise as the notebook's last saved check says, or None."""
    found = [(points, most) for c in cells for i, points, most in c.said if i == id]
    return found[-1] if found else None


def ids_of_sheet(data: bytes) -> dict[str, str]:
    """Return the exercise of each cell id in an original sheet."""
    return {
        c.id: t.removeprefix("exercise:") for c in read(data) for t in c.tags if TAG.fullmatch(t)
    }
