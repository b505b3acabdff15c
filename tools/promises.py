"""Print the table of promises: each clause of a prompt, and the part of its check that tests it.

python tools/promises.py [05.1 ...]
"""

import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import jupytext

from gancourse.check import get_exercise, sheet, sheets

SOLUTIONS = Path(__file__).resolve().parents[1] / "solutions"


@cache
def cells(number: str) -> list:
    """Return the cells of a sheet's source, e.g. of "05"."""
    (source,) = SOLUTIONS.glob(f"{number}_*.py")
    return jupytext.read(source, fmt="py:percent").cells


def tags(cell) -> list[str]:
    return cell.metadata.get("tags", [])


def table(ids: Sequence[str] = ()) -> str:
    """Return the table in Markdown, of all exercises or of those that are named."""
    known = [e for number in sheets() for e in sheet(number)]
    wanted = [get_exercise(id) for id in ids] or known
    rows = [f"| {e.id} | {clause} | {part} |" for e in wanted for clause, part in e.promises]
    return "\n".join(["| exercise | the prompt says | tested by |", "|---|---|---|", *rows])


if __name__ == "__main__":
    print(table(sys.argv[1:]))
