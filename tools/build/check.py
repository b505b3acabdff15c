"""The check: whether each committed notebook is what its source builds. It writes nothing."""

from collections.abc import Iterable
from pathlib import Path

from nbformat import NotebookNode

from build.exercises import blank
from build.maps import map_problems
from build.notebooks import code_cells, load, serialise
from build.outputs import output_problem, reuse, stale
from build.sources import REMEDY, BuildError, Target, orphans, targets

MAX_BYTES = 1_500_000


def too_large(target: Target, text: str) -> str:
    size = len(text.encode()) / 1e6
    limit = MAX_BYTES / 1e6
    return f"{target} is {size:.1f} MB, above {limit} MB: lower the resolution of its figures."


def difference(target: Target) -> str:
    """Return a sentence on how the committed notebook is not what its source builds, or ''."""
    notebook = blank(target)
    old, text = load(target.path)
    if old is None:
        return f"{target} is {'no notebook' if text else 'missing'}: {REMEDY}."
    if len(text.encode()) > MAX_BYTES:
        return too_large(target, text)
    if old.metadata.get("widgets"):
        return f"{target} holds widget state: {REMEDY}."
    cell = first_difference(notebook, old)
    if cell:
        return f"{target} is not what its source builds, first at cell {cell}: {REMEDY}."
    return output_difference(notebook, old, text, target)


def output_difference(notebook: NotebookNode, old: NotebookNode, text: str, target: Target) -> str:
    """Return a sentence on what is wrong with the outputs or the rest of the file, or ''."""
    if target.executed:
        why = stale(notebook, old) or output_problem(old, target)
        if why:
            return f"{target}: {why.rstrip('.')}: {REMEDY}."
        reuse(notebook, old, target)
    elif any(c.outputs or c.execution_count for c in code_cells(old)):
        return f"{target} was executed, and an exercise is handed out blank: {REMEDY} (--force)."
    if serialise(notebook) != text:
        return f"{target} was saved by something else than the build: {REMEDY}."
    return ""


def first_difference(new: NotebookNode, old: NotebookNode) -> str:
    """Return the id of the first cell whose id, type, source or metadata differ, or ''."""
    for a, b in zip(new.cells, old.cells, strict=False):
        if any(a[k] != b.get(k) for k in ("id", "cell_type", "source", "metadata")):
            return a.id
    longer = max(new.cells, old.cells, key=len)
    shorter = min(len(new.cells), len(old.cells))
    return longer[shorter].get("id", "") if len(longer) > shorter else ""


def check(root: Path, names: Iterable[str] = ()) -> list[str]:
    """Return one sentence for each map or notebook that is not what it should be."""
    found = map_problems(root, names)
    for target in targets(root, names):
        try:
            found.append(difference(target))
        except BuildError as error:
            found.append(str(error))
    return list(dict.fromkeys(filter(None, found + orphans(root, names))))
