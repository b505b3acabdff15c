"""Running a notebook's code in a kernel of its own."""

import re
import tempfile
from pathlib import Path

from nbformat import NotebookNode
from shared_data import use_shared_data

from build.notebooks import code_cells, stamp
from build.sources import BuildError, Target, place
from gancourse.jupyter import headless_environment

CELL_TIMEOUT = 300  # seconds


def kernel_environment(root: Path) -> dict[str, str]:
    """Return the environment of the kernels: no page, and the data beside the checkout."""
    environment = headless_environment()
    use_shared_data(root, environment)
    return environment


def execute(notebook: NotebookNode, target: Target) -> None:
    """Run the notebook's code and keep its outputs; raise BuildError at the first error."""
    from nbclient import NotebookClient
    from nbclient.exceptions import CellControlSignal, DeadKernelError

    started = []
    client = NotebookClient(
        notebook,
        timeout=CELL_TIMEOUT,
        startup_timeout=120,
        kernel_name="python3",
        record_timing=False,
        store_widget_state=False,
        on_cell_start=lambda cell, cell_index: started.append(cell),
        resources={"metadata": {"path": str(target.source.parent)}},
        extra_arguments=["--IPKernelApp.log_level=ERROR"],
    )
    # An empty folder for IPython, so that nobody's own start-up files run.
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        environment = kernel_environment(target.root) | {"IPYTHONDIR": profile}
        try:
            client.execute(env=environment)
        except (CellControlSignal, DeadKernelError, RuntimeError) as error:
            where = place(target.path, started[-1]) if started else str(target)
            raise BuildError(f"{where} failed:\n{last_lines(error)}") from None
    tidy(notebook)
    stamp(notebook)


def last_lines(error: Exception, count: int = 8) -> str:
    """Return the end of an error's text, without colours, indented."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", getattr(error, "traceback", "") or "")
    lines = [line for line in text.splitlines() if line.strip()] or str(error).splitlines()[:2]
    return "\n".join(f"    {line}" for line in lines[-count:])


def tidy(notebook: NotebookNode) -> None:
    """Join the pieces of printed text, and leave of an allowed error only its last line."""
    from nbconvert.preprocessors import CoalesceStreamsPreprocessor

    CoalesceStreamsPreprocessor().preprocess(notebook, {})
    for cell in code_cells(notebook):
        for output in cell.outputs:
            if output.output_type == "error":  # tracebacks hold paths and colours
                output.traceback = [f"{output.ename}: {output.evalue}"]
