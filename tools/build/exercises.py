"""What a source becomes: the lesson, the worked solution, and the sheet with its stubs."""

import re

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_notebook

from build.notebooks import NOTEBOOK_METADATA, digest
from build.sources import Target, read_cells, tags

STUB = 'raise NotImplementedError("your turn")'
REGION = re.compile(
    r"^( *)# BEGIN SOLUTION *\n(.*?)(^ *# INSTEAD *\n(.*?))?^ *# END SOLUTION *$", re.M | re.S
)
GIVEN = re.compile(r"( *)# ?(.*)")


def with_solution(code: str) -> str:
    """Return the code without the marker lines, and without what the exercise has instead."""
    return REGION.sub(lambda region: region[2].rstrip("\n"), code)


def with_stub(code: str) -> str:
    """Return the code with each solution replaced by an error that says it is missing.

    Where the region has a line `# INSTEAD`, by the lines after it, which are comments there.
    """
    return REGION.sub(lambda region: given(region[4]) if region[3] else region[1] + STUB, code)


def given(lines: str) -> str:
    """Return commented lines as code."""
    return "\n".join(GIVEN.sub(r"\1\2", line).rstrip() for line in lines.rstrip("\n").split("\n"))


def folded(hint: str) -> str:
    """Return a hint's markdown as a block that opens on a click."""
    title, _, text = hint.partition("\n")
    title = title.removeprefix("Hint:").strip()
    return f"<details><summary>Hint: {title}</summary>\n\n{text.strip()}\n\n</details>"


def blank(target: Target) -> NotebookNode:
    """Return the notebook that the source builds, without outputs."""
    cells = read_cells(target.source, sheet=target.kind != "lesson")
    if target.kind == "exercise":
        cells = [c for c in cells if not {"hidden", "solution"} & set(tags(c))]
    rewrite = with_stub if target.kind == "exercise" else with_solution
    for cell in cells:
        if cell.cell_type == "code":
            cell.source = rewrite(cell.source)
            if "proof" in tags(cell):
                cell.metadata["jupyter"] = {"source_hidden": True}
        elif "hint" in tags(cell):
            cell.source = folded(cell.source)
    notebook = new_notebook(cells=cells, metadata=nbformat.from_dict(NOTEBOOK_METADATA))
    if target.kind == "exercise":
        notebook.metadata["gancourse"] = {"source": digest(notebook, "source")}
    return notebook
