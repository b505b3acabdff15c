"""Which outputs may stay: made by the same code, without errors or paths of this machine."""

import json
import re
from pathlib import Path

from nbformat import NotebookNode

from build.execute import kernel_environment
from build.notebooks import code_cells, digest, stamp
from build.sources import Target, place, tags

WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
CHANGES_ON_EVERY_BUILD = {
    r"\bat 0x[0-9a-fA-F]+": "a memory address",
    r"\bipykernel_\d+": "the path of a temporary file (of a warning?)",
}


def reuse(notebook: NotebookNode, old: NotebookNode | None, target: Target) -> bool:
    """Copy the old notebook's outputs if the same code made them; tell whether that went well."""
    if old is None or stale(notebook, old) or output_problem(old, target):
        return False
    for new_cell, old_cell in zip(code_cells(notebook), code_cells(old), strict=True):
        new_cell.outputs = old_cell.outputs
        new_cell.execution_count = old_cell.execution_count
    stamp(notebook)
    return True


def stale(notebook: NotebookNode, old: NotebookNode) -> str:
    """Return why the old outputs do not come from this notebook's code, or ''."""
    noted = old.metadata.get("gancourse", {})
    if noted.get("source") != digest(notebook, "source"):
        return "its outputs come from other code"
    if noted.get("outputs") != digest(old, "outputs"):
        return "its outputs were changed after the build"
    counts = [cell.get("execution_count") for cell in code_cells(old)]
    if counts != list(range(1, len(code_cells(notebook)) + 1)):
        return "its cells were not executed once each, in order"
    return ""


def output_problem(notebook: NotebookNode, target: Target) -> str:
    """Return what must not stand in a committed output, with its cell, or ''."""
    secrets = machine_paths(target.root)
    for cell in code_cells(notebook):
        for output in cell.outputs:
            problem = problem_of(output, cell, secrets)
            if problem:
                return f"{place(target.path, cell)}: its output holds {problem}"
    return ""


def problem_of(output: NotebookNode, cell: NotebookNode, secrets: dict[str, str]) -> str:
    """Return what must not stand in this output, or ''."""
    if output.output_type == "error" and "raises-exception" not in tags(cell):
        return f"an error ({output.ename}) and the cell has no tag 'raises-exception'."
    if WIDGET_VIEW in output.get("data", {}):
        return "a widget's view, which shows nothing without its kernel: show a picture."
    for pattern, meaning in (CHANGES_ON_EVERY_BUILD | secrets).items():
        found = re.search(pattern, output_text(output))
        if found:
            return f"{meaning}, which is not the same on each build or machine: {found[0]!r}."
    return ""


def output_text(output: NotebookNode) -> str:
    """Return all text of an output: streams, errors, and data that is not a picture's bytes."""
    data = {k: v for k, v in output.get("data", {}).items() if readable(k)}
    texts = [output.get("text", ""), output.get("evalue", ""), *output.get("traceback", [])]
    return "\n".join(texts + [v if isinstance(v, str) else json.dumps(v) for v in data.values()])


def readable(mime: str) -> bool:
    return mime.startswith(("text/", "application/")) or mime == "image/svg+xml"


def machine_paths(root: Path) -> dict[str, str]:
    """Return patterns of this machine's paths, with what each is."""
    paths = {
        kernel_environment(root).get("GANCOURSE_DATA", ""): "the path of this machine's data",
        str(root): "the path of this repository",
        str(root.resolve()): "the path of this repository",
        str(Path.home()): "the path of the home folder",
    }
    return {
        rf"(?<![\w.-]){re.escape(path)}(?![\w-])": meaning
        for path, meaning in paths.items()
        if Path(path).is_absolute() and len(path) > 1
    }
