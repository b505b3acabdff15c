"""A handed-in notebook: its code cells without outputs, and which of them answer what.

Student code is never run or parsed here; names are looked for with a regular expression.
"""

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from gancourse.check.spec import Exercise

MAX_BYTES = 25_000_000
MAX_CELLS, MAX_SOURCE = 1000, 500_000  # cells; characters of code in all
TAG = re.compile(r"exercise:(\w+)\.(\w+)")


class Unusable(Exception):
    """The file cannot be graded: a status of a few words, and a sentence for the feedback."""

    def __init__(self, status: str, sentence: str):
        super().__init__(status, sentence)
        self.status, self.sentence = status, sentence


@dataclass(frozen=True)
class Cell:
    """A code cell: its place among the code cells (from 1), id, tags and source."""

    number: int
    id: str
    tags: tuple[str, ...]
    source: str


@dataclass
class Answer:
    """The cells that answer one exercise, in their order, and what to tell about them."""

    exercise: Exercise
    cells: list[Cell] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def read(data: bytes) -> list[Cell]:
    """Return the code cells of a notebook file, or raise Unusable."""
    if len(data) > MAX_BYTES:
        raise Unusable("too large", f"The file has {len(data) // 1_000_000} MB: clear its outputs.")
    try:
        cells = json.loads(data)["cells"]
        found = [c for c in cells if isinstance(c, dict) and c.get("cell_type") == "code"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise Unusable("not a notebook", "The file is no Jupyter notebook of format 4.") from None
    found = [_cell(number, raw) for number, raw in enumerate(found, start=1)]
    if len(found) > MAX_CELLS or sum(len(c.source) for c in found) > MAX_SOURCE:
        raise Unusable("too large", "The notebook holds more code than any sheet needs.")
    return found


def _cell(number: int, raw: dict) -> Cell:
    metadata, source = raw.get("metadata"), raw.get("source")
    tags = metadata.get("tags") if isinstance(metadata, dict) else None
    tags = tags if isinstance(tags, list) else []
    source = source if isinstance(source, list) else [source]
    text = "".join(part for part in source if isinstance(part, str))
    return Cell(number, str(raw.get("id", "")), tuple(t for t in tags if isinstance(t, str)), text)


def sheet_of(cells: list[Cell], known: Mapping[str, Sequence[Exercise]]) -> str | None:
    """Return the number of the sheet that the notebook answers, or None.

    Most tags decide; where all tags are lost, most of the names that a sheet asks for.
    """
    tagged = Counter(m[1] for c in cells for t in c.tags if (m := TAG.fullmatch(t)))
    for number, _ in tagged.most_common():
        if number in known:
            return number
    if tagged:
        return None
    names = {
        number: sum(any(defines(c, n) for c in cells) for e in exercises for n in e.names)
        for number, exercises in known.items()
    }
    best = max(names, key=names.get, default=None)
    return best if best and names[best] else None


def defines(cell: Cell, name: str) -> bool:
    """Tell whether the cell has a line that defines the name at its left edge."""
    name = re.escape(name)
    return bool(re.search(rf"^((async )?def|class) {name}\b|^{name}\s*[:=]", cell.source, re.M))


def find_answers(cells: list[Cell], exercises: Sequence[Exercise], ids: Mapping[str, str]):
    """Return an Answer for each exercise: by tag, else by cell id, else by the names it asks for.

    `ids` gives the exercise of each cell id of the original sheet.
    """
    answers = [Answer(e, _tagged(cells, e.id)) for e in exercises]
    taken = {c.number for a in answers for c in a.cells}
    for answer in answers:
        if not answer.cells:
            _find_untagged(answer, [c for c in cells if c.number not in taken], ids)
        if len(answer.cells) > 1:
            answer.notes.append(
                f"{len(answer.cells)} cells answer this exercise: they were run in order, and the "
                "last one counts."
            )
        _note_missing_names(answer)
    _note_order(answers)
    return answers


def _tagged(cells: list[Cell], id: str) -> list[Cell]:
    return [c for c in cells if f"exercise:{id}" in c.tags]


def _find_untagged(answer: Answer, cells: list[Cell], ids: Mapping[str, str]) -> None:
    exercise = answer.exercise
    answer.cells = [c for c in cells if ids.get(c.id) == exercise.id]
    if not answer.cells:
        answer.cells = [c for c in cells if any(defines(c, n) for n in exercise.names)]
    answer.notes.append(
        "The cell had lost its tag and was found by what it defines."
        if answer.cells
        else "The cell of this exercise is not in the notebook: it was deleted, or lost its tag."
    )


def _note_missing_names(answer: Answer) -> None:
    missing = [n for n in answer.exercise.names if not any(defines(c, n) for c in answer.cells)]
    if answer.cells and missing:
        answer.notes.append(
            f"The cell does not define {' and '.join(missing)}: was the name changed?"
        )


def _note_order(answers: list[Answer]) -> None:
    furthest = 0
    for answer in answers:
        place = answer.cells[-1].number if answer.cells else furthest
        if place < furthest:
            answer.notes.append("The cell stands before that of an earlier exercise.")
        furthest = max(place, furthest)


def ids_of_sheet(data: bytes) -> dict[str, str]:
    """Return the exercise of each cell id in an original sheet."""
    return {
        c.id: t.removeprefix("exercise:") for c in read(data) for t in c.tags if TAG.fullmatch(t)
    }
