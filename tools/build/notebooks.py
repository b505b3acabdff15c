"""The notebook as a file: what it says of itself, and how it is read and written."""

import hashlib
import json
import os
from pathlib import Path

import nbformat
from nbformat import NotebookNode

NOTEBOOK_METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {
        "codemirror_mode": {"name": "ipython", "version": 3},
        "file_extension": ".py",
        "mimetype": "text/x-python",
        "name": "python",
        "nbconvert_exporter": "python",
        "pygments_lexer": "ipython3",
    },
}


def code_cells(notebook: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def digest(notebook: NotebookNode, key: str) -> str:
    """Return the SHA-256 of what all code cells hold under `key`, in order."""
    text = json.dumps([cell[key] for cell in code_cells(notebook)], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def stamp(notebook: NotebookNode) -> None:
    """Note in the notebook which code made which outputs."""
    notebook.metadata = nbformat.from_dict(NOTEBOOK_METADATA)
    hashes = {"source": digest(notebook, "source"), "outputs": digest(notebook, "outputs")}
    notebook.metadata["gancourse"] = hashes


def serialise(notebook: NotebookNode) -> str:
    """Return the notebook's file as text: keys sorted, one newline at the end."""
    return nbformat.writes(notebook, version=4).rstrip("\n") + "\n"


def load(path: Path) -> tuple[NotebookNode | None, str]:
    """Return the notebook at `path` (None when there is none to read) and its text."""
    if not path.exists():
        return None, ""
    text = path.read_text(encoding="utf-8")
    try:
        notebook = nbformat.reads(text, as_version=4)
        nbformat.validate(notebook)
    except Exception:  # a damaged file raises many kinds, and all mean "build it anew"
        return None, text
    return notebook, text


def write(path: Path, text: str) -> None:
    """Put `text` at `path` in one step, so that no reader ever sees half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        beside.write_text(text, encoding="utf-8", newline="\n")
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
