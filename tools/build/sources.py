"""The sources of the notebooks: which there are, their cells, and what is refused in them."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import jupytext
import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_raw_cell

NEW_CELL = {"code": new_code_cell, "markdown": new_markdown_cell, "raw": new_raw_cell}
KEPT_METADATA = ("jupyter", "slideshow", "tags")  # the others are jupytext's own notes
CELL_TYPES_OF_TAG = {
    "bet": ("code",),
    "exercise": ("code",),
    "hidden": ("code", "markdown", "raw"),
    "hint": ("markdown",),
    "proof": ("code",),
    "raises-exception": ("code",),
    "solution": ("markdown",),
}
REMEDY = "`make build` mends it"
SHEET_TAGS = ("exercise", "hidden", "solution")
FOLDED = {"bet": "# Bet: ", "proof": "# Proof: "}  # how the first line starts: it stays in sight
ASKS = re.compile(r"^live\.predict\(", re.MULTILINE)
MARKER = re.compile(r"(\s*)# (BEGIN|END) SOLUTION\s*")
LOOKS_LIKE_MARKER = re.compile(r"#.*\b(BEGIN|END)[ _-]*SOLUTION", re.IGNORECASE)


class BuildError(Exception):
    """A source or a notebook cannot be used; the message is one sentence for its author."""


@dataclass(frozen=True)
class Target:
    """One notebook: its kind (lesson, solution or exercise), source and path, below a root."""

    kind: str
    source: Path
    path: Path
    root: Path

    def __str__(self) -> str:
        return self.path.relative_to(self.root).as_posix()

    @property
    def executed(self) -> bool:
        return self.kind != "exercise"


def targets(root: Path, names: Iterable[str] = ()) -> list[Target]:
    """Return the notebooks below `root`, or those that `names` chooses (`05`, `05_minimal_gan`)."""
    found = []
    for source in sorted((root / "notebooks").glob("*.py")):
        found.append(Target("lesson", source, source.with_suffix(".ipynb"), root))
    for source in sorted((root / "solutions").glob("[0-9][0-9]_*.py")):
        exercise = root / "exercises" / f"{source.stem}.ipynb"
        found.append(Target("solution", source, source.with_suffix(".ipynb"), root))
        found.append(Target("exercise", source, exercise, root))
    wanted = [Path(name).stem for name in names]
    for name in wanted:
        if not any(is_named(t.path, name) for t in found):
            known = ", ".join(sorted({t.path.stem for t in found})) or "no sources yet"
            raise BuildError(f"No notebook is named {name!r}: there are {known}.")
    return [t for t in found if not wanted or any(is_named(t.path, n) for n in wanted)]


def is_named(path: Path, name: str) -> bool:
    """Tell whether `name` is the notebook's whole name or its number."""
    return path.stem == name or path.stem.startswith(f"{name}_")


def orphans(root: Path, names: Iterable[str] = ()) -> list[str]:
    """Return a sentence for each notebook that no source builds."""
    built = {t.path for t in targets(root)}
    wanted = [Path(name).stem for name in names]
    folders = ("notebooks", "solutions", "exercises")
    found = [p for folder in folders for p in sorted((root / folder).glob("*.ipynb"))]
    return [
        f"{p.relative_to(root).as_posix()} has no source: delete it, or write the source."
        for p in found
        if p not in built and (not wanted or any(is_named(p, n) for n in wanted))
    ]


def read_cells(source: Path, sheet: bool) -> list[NotebookNode]:
    """Return the cells of a percent script, with stable ids and checked tags and markers."""
    cells = []
    for number, raw in enumerate(read_script(source), start=1):
        raw.id = f"{source.stem}-{number:03d}"
        try:
            cells.append(clean_cell(raw))
            check_tags(cells[-1], source.stem[:2], sheet)
            check_title(cells[-1])
            check_markers(cells[-1], sheet)
        except BuildError as error:
            raise BuildError(f"{place(source, raw)}: {error}") from None
    check_exercises(source, cells)
    return cells


def read_script(source: Path) -> list[NotebookNode]:
    """Return the cells as jupytext reads them; raise BuildError for a header that is not valid."""
    try:
        return jupytext.reads(source.read_text(encoding="utf-8"), fmt="py:percent").cells
    except nbformat.ValidationError as error:
        reason = str(error).splitlines()[0]
        raise BuildError(
            f"{source.parent.name}/{source.name}, a cell's header: {reason}; tags are a list, "
            'as in `# %% tags=["hidden"]`.'
        ) from None


def clean_cell(raw: NotebookNode) -> NotebookNode:
    """Return the cell without jupytext's notes; raise BuildError if it cannot be one."""
    if raw.cell_type == "code" and not raw.source.strip():
        raise BuildError("this code cell is empty, and an empty cell is never executed.")
    metadata = {k: v for k, v in raw.metadata.items() if k in KEPT_METADATA}
    try:
        return NEW_CELL[raw.cell_type](raw.source, id=raw.id, metadata=metadata)
    except nbformat.ValidationError as error:
        raise BuildError(f"not valid in a notebook: {str(error).splitlines()[0]}.") from None


def place(path: Path, cell: NotebookNode) -> str:
    """Return where a cell is, for a message: file, number in the source and first line."""
    number = cell.get("id", "?").rpartition("-")[2].lstrip("0")
    first = next(iter(cell.source.strip().splitlines()), "")[:50]
    return f"{path.parent.name}/{path.name}, cell {number} ({first!r})"


def tags(cell: NotebookNode) -> list[str]:
    return cell.metadata.get("tags", [])


def check_tags(cell: NotebookNode, number: str, sheet: bool) -> None:
    """Raise BuildError for a tag that is unknown, misplaced or of another sheet's exercise."""
    for tag in tags(cell):
        name = tag.split(":")[0]
        if name not in CELL_TYPES_OF_TAG or (name != tag and name != "exercise"):
            raise BuildError(f"the tag {tag!r} is unknown; there are {known_tags()}.")
        if cell.cell_type not in CELL_TYPES_OF_TAG[name]:
            raise BuildError(f"the tag {tag!r} does not belong on a {cell.cell_type} cell.")
        if name in SHEET_TAGS and not sheet:
            raise BuildError(f"the tag {tag!r} belongs in a sheet (solutions/), not in a lesson.")
        if name == "exercise" and not re.fullmatch(rf"exercise:{number}\.\w+", tag):
            raise BuildError(f"the tag {tag!r} does not look like 'exercise:{number}.1'.")
    if "hint" in tags(cell) and not cell.source.startswith("Hint:"):
        raise BuildError("a hint starts with a line 'Hint: title', then its text.")


def check_title(cell: NotebookNode) -> None:
    """Raise BuildError for a folded cell without a title, and for a bet that is not folded."""
    if ASKS.search(cell.source) and cell.cell_type == "code" and "bet" not in tags(cell):
        raise BuildError("a cell that asks for a bet shows its answer: tag it 'bet', and fold it.")
    for tag, start in FOLDED.items():
        if tag in tags(cell) and not re.match(rf"{start}\S", cell.source):
            what = {"bet": "what one bets on", "proof": "what is claimed"}[tag]
            raise BuildError(f"a {tag}'s first line is its title, '{start}{what}'.")


def known_tags() -> str:
    return ", ".join(sorted(CELL_TYPES_OF_TAG)).replace("exercise", "exercise:NN.n")


def check_markers(cell: NotebookNode, sheet: bool) -> None:
    """Raise BuildError when solution markers are not in pairs, or a stub has none."""
    lines = [line for line in cell.source.splitlines() if LOOKS_LIKE_MARKER.search(line)]
    markers = [MARKER.fullmatch(line) for line in lines]
    words = [m and m[2] for m in markers]
    if words != ["BEGIN", "END"] * (len(words) // 2):
        raise BuildError("'# BEGIN SOLUTION' and '# END SOLUTION' must stand in pairs.")
    if words and not (sheet and cell.cell_type == "code"):
        raise BuildError("solution markers belong in a code cell of a sheet (solutions/).")
    if not words and any(tag.startswith("exercise:") for tag in tags(cell)):
        raise BuildError("an exercise needs '# BEGIN SOLUTION' and '# END SOLUTION'.")


def check_exercises(source: Path, cells: list[NotebookNode]) -> None:
    """Raise BuildError when two cells carry the same exercise."""
    seen = set()
    for cell in cells:
        for tag in tags(cell):
            if tag.startswith("exercise:") and tag in seen:
                raise BuildError(f"{place(source, cell)}: the tag {tag!r} is used twice.")
            seen.add(tag)
