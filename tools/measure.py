"""Measure the lessons against the house style's figures for notebooks.

The figures are examples, not limits: the exit code is 0 unless `--strict` finds one of the few
hard limits broken (marked with !!).
"""

import argparse
import re
import statistics
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from build.check import MAX_BYTES
from build.command import ROOT
from build.execute import execute
from build.exercises import blank
from build.notebooks import load
from build.sources import FOLDED, BuildError, Target, read_cells, tags, targets
from nbformat import NotebookNode

NOT_PROSE = re.compile(
    r"```.*?```|\$\$.*?\$\$|\$[^$\n]+\$|`[^`\n]+`|<[^>]+>|(?<=\])\([^)]*\)", re.DOTALL
)
LIVE = re.compile(
    r"\b(bend_D|slide_q|move_logits|phase_plane|feed_pixels|slide_kernel|spoil_digits|two_clouds|"
    r"ask_for|budget|TrainingDashboard|PointGan|LatentExplorer|FaultyRun)\("
)
WORD = re.compile(r"[^\W\d_][\w'’-]*")


@dataclass(frozen=True)
class Figure:
    """One measured value, the range that the style names, and whether it is a hard limit."""

    name: str
    value: float
    low: float
    high: float
    hard: bool = False

    @property
    def fits(self) -> bool:
        return self.low <= self.value <= self.high

    @property
    def mark(self) -> str:
        return "" if self.fits else "!!" if self.hard else "<-"


def words(text: str) -> int:
    """Return the number of words of prose: without formulas, code, tags and link targets."""
    return len(WORD.findall(NOT_PROSE.sub(" ", text)))


def headings(prose: list[str], level: int) -> int:
    """Return how many headings of this level there are."""
    text = re.sub(r"```.*?```", "", "\n\n".join(prose), flags=re.DOTALL)
    return len(re.findall(rf"^#{{{level}}} ", text, re.MULTILINE))


def code_lines(source: str) -> int:
    """Return the number of lines that are not blank."""
    return sum(bool(line.strip()) for line in source.splitlines())


def quantile_90(values: list[int]) -> float:
    """Return the smallest value that at least nine in ten do not exceed."""
    return sorted(values)[max(0, -(-9 * len(values) // 10) - 1)]


def follows_prose(cells: list[NotebookNode]) -> float:
    """Return the share of code cells that come right after a prose cell."""
    kinds = [cell.cell_type for cell in cells]
    before = [a for a, b in zip(["", *kinds], kinds, strict=False) if b == "code"]
    return before.count("markdown") / max(1, len(before))


def opening(cells: list[NotebookNode]) -> str:
    """Return the prose above the first code cell."""
    kinds = [cell.cell_type for cell in cells]
    first_code = kinds.index("code") if "code" in kinds else len(cells)
    return "\n".join(cell.source for cell in cells[:first_code])


def aims(cells: list[NotebookNode]) -> int:
    """Return the number of list items above the first code cell."""
    return len(re.findall(r"^(?:[-*]|\d+\.) ", opening(cells), re.MULTILINE))


def has_minutes(cells: list[NotebookNode]) -> bool:
    """Tell whether the opening says how many minutes the lesson takes."""
    return bool(re.search(r"\d+\s*min(utes)?\b", opening(cells)))


def has_recap(prose: list[str]) -> bool:
    """Tell whether one of the last two prose cells is a recap."""
    return bool(re.search(r"recap|remember", "\n".join(prose[-2:]), re.IGNORECASE))


def prose_figures(cells: list[NotebookNode]) -> list[Figure]:
    """Return the figures about the text and the notebook's shape."""
    prose = [cell.source for cell in cells if cell.cell_type == "markdown"]
    lengths = [words(text) for text in prose] or [0]
    return [
        Figure("H1", headings(prose, 1), 1, 1, hard=True),
        Figure("H2", headings(prose, 2), 4, 8),
        Figure("cells", len(cells), 25, 45),
        Figure("words of prose", sum(lengths), 900, 1800),
        Figure("words in a prose cell, median", statistics.median(lengths), 30, 60),
        Figure("aims at the top", aims(cells), 2, 4),
        Figure("minutes at the top", has_minutes(cells), 1, 1),
        Figure("recap at the end", has_recap(prose), 1, 1),
    ]


def in_sight(cells: list[NotebookNode]) -> list[NotebookNode]:
    """Return the cells that are not folded."""
    return [cell for cell in cells if not FOLDED.keys() & set(tags(cell))]


def code_figures(cells: list[NotebookNode]) -> list[Figure]:
    """Return the figures about the code that is in sight."""
    cells = in_sight(cells)
    lines = [code_lines(cell.source) for cell in cells if cell.cell_type == "code"] or [0]
    return [
        Figure("lines of code", sum(lines), 0, 150),
        Figure("lines in a code cell, median", statistics.median(lines), 0, 5),
        Figure("lines in a code cell, nine in ten", quantile_90(lines), 0, 12),
        Figure("lines in a code cell, longest", max(lines), 0, 25, hard=True),
        Figure("code cells after prose, %", round(100 * follows_prose(cells)), 75, 100),
    ]


def first_live(cells: list[NotebookNode]) -> int:
    """Return the place of the first code cell that shows something to move, 1 for the first cell.

    Where there is none, one more than there are cells.
    """
    lively = (i for i, c in enumerate(cells, 1) if c.cell_type == "code" and LIVE.search(c.source))
    return next(lively, len(cells) + 1)


def showing(built: NotebookNode) -> float:
    """Return the share of the code cells in sight, which are not folded, that have an output."""
    seen = [c for c in in_sight(built.cells) if c.cell_type == "code"]
    return sum(bool(cell.outputs) for cell in seen) / max(1, len(seen))


def live_figures(cells: list[NotebookNode], built: NotebookNode | None) -> list[Figure]:
    """Return the figures about what moves and what shows something."""
    figures = [
        Figure("code cell with the first widget", first_live(cells), 1, 6),
        Figure("predictions", sum("predict(" in c.source for c in cells), 1, 6),
    ]
    if built is not None:
        share = round(100 * showing(built))
        figures.append(Figure("code cells in sight that show something, %", share, 80, 100))
    return figures


def seconds(target: Target) -> float:
    """Execute the lesson, keep nothing, and return how long it took."""
    notebook = blank(target)
    start = time.perf_counter()
    execute(notebook, target)
    return time.perf_counter() - start


def measure(target: Target, timed: bool = False) -> list[Figure]:
    """Return all figures of one lesson."""
    cells = read_cells(target.source, sheet=False)
    built, _ = load(target.path)
    figures = prose_figures(cells) + code_figures(cells) + live_figures(cells, built)
    if target.path.exists():
        megabytes = target.path.stat().st_size / 1e6
        figures.append(Figure("built notebook, MB", megabytes, 0, MAX_BYTES / 1e6, hard=True))
    if timed:
        figures.append(Figure("seconds to execute", seconds(target), 0, 90))
    return figures


def style(figure: Figure) -> str:
    """Return the range that the style names, as text."""
    low, high = f"{figure.low:g}", f"{figure.high:g}"
    return low if low == high else f"at most {high}" if figure.low == 0 else f"{low} to {high}"


def table(title: str, figures: list[Figure]) -> str:
    """Return the figures as a table, with a mark at each that is outside of the style."""
    outside = sum(not figure.fits for figure in figures)
    rows = [f"{title}: {outside} of {len(figures)} figures outside of the style"]
    for figure in figures:
        value = f"{round(figure.value, 2):g}"
        rows.append(f"  {figure.name:42} {value:>6}  {figure.mark:2}  {style(figure)}")
    return "\n".join(rows)


def parse(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help="which, such as 05 or 05_minimal_gan (all)")
    parser.add_argument("--time", action="store_true", help="also execute, and report the seconds")
    parser.add_argument("--strict", action="store_true", help="fail over a hard limit")
    parser.add_argument("--root", type=Path, default=ROOT, help="the course's folder")
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> int:
    """Print a table for each lesson; return the exit code."""
    options = parse(argv)
    broken = False
    try:
        lessons = targets(options.root.resolve(), options.names)
        for target in (t for t in lessons if t.kind == "lesson"):
            figures = measure(target, options.time)
            print(table(target.source.stem, figures), end="\n\n", flush=True)
            broken |= any(figure.hard and not figure.fits for figure in figures)
    except BuildError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return int(options.strict and broken)


if __name__ == "__main__":
    sys.exit(main())
