"""Build the notebooks from their sources, and check that the committed ones are what they build.

    notebooks/NN_topic.py -> notebooks/NN_topic.ipynb   a lesson, executed
    solutions/NN_topic.py -> solutions/NN_topic.ipynb   the worked solution, executed
                          -> exercises/NN_topic.ipynb   what the learner opens, never executed

Sources are jupytext percent scripts. In a sheet (a source in solutions/) the lines between
`# BEGIN SOLUTION` and `# END SOLUTION` become a NotImplementedError in the exercise, or, where a
line `# INSTEAD` stands among them, the code that follows it as comments: a patient to mend. Tags:

    exercise:NN.n     code        the stub of exercise n; the grader finds the answer by it
    hidden            any cell    not in the exercise (hidden tests)
    solution          markdown    not in the exercise
    hint              markdown    first line `Hint: title`, then the text; folded in every notebook
    raises-exception  code        an error is what this cell shows

A notebook is executed when the code of its source changed; prose is rebuilt without that.
"""

import argparse
import hashlib
import json
import os
import re
import sys
import tempfile
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import bundle
import jupytext
import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_raw_cell

from gancourse.jupyter import headless_environment

ROOT = Path(__file__).resolve().parents[1]
CELL_TIMEOUT = 300  # seconds
MAX_BYTES = 1_500_000
STUB = 'raise NotImplementedError("your turn")'
MENDS = "`make build` mends it"

NEW_CELL = {"code": new_code_cell, "markdown": new_markdown_cell, "raw": new_raw_cell}
KEPT_METADATA = ("jupyter", "slideshow", "tags")  # the others are jupytext's own notes
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
CELL_TYPES_OF_TAG = {
    "exercise": ("code",),
    "hidden": ("code", "markdown", "raw"),
    "hint": ("markdown",),
    "raises-exception": ("code",),
    "solution": ("markdown",),
}
SHEET_TAGS = ("exercise", "hidden", "solution")
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
CHANGES_ON_EVERY_BUILD = {
    r"\bat 0x[0-9a-fA-F]+": "a memory address",
    r"\bipykernel_\d+": "the path of a temporary file (of a warning?)",
}
MARKER = re.compile(r"(\s*)# (BEGIN|END) SOLUTION\s*")
REGION = re.compile(
    r"^( *)# BEGIN SOLUTION *\n(.*?)(^ *# INSTEAD *\n(.*?))?^ *# END SOLUTION *$", re.M | re.S
)
GIVEN = re.compile(r"( *)# ?(.*)")
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
        elif "hint" in tags(cell):
            cell.source = folded(cell.source)
    notebook = new_notebook(cells=cells, metadata=nbformat.from_dict(NOTEBOOK_METADATA))
    if target.kind == "exercise":
        notebook.metadata["gancourse"] = {"source": digest(notebook, "source")}
    return notebook


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
        environment = headless_environment(target.root) | {"IPYTHONDIR": profile}
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
        headless_environment(root).get("GANCOURSE_DATA", ""): "the path of this machine's data",
        str(root): "the path of this repository",
        str(root.resolve()): "the path of this repository",
        str(Path.home()): "the path of the home folder",
    }
    return {
        rf"(?<![\w.-]){re.escape(path)}(?![\w-])": meaning
        for path, meaning in paths.items()
        if Path(path).is_absolute() and len(path) > 1
    }


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


def build(target: Target, force: bool = False) -> str:
    """Write the target's notebook if it is not up to date; return what was done."""
    notebook = blank(target)
    old, old_text = load(target.path)
    done = "built"
    if not target.executed:
        refuse_answers(target, old, force)
    elif force or not reuse(notebook, old, target):
        start = time.perf_counter()
        execute(notebook, target)
        done = f"executed in {time.perf_counter() - start:.0f} s"
    problem = output_problem(notebook, target)
    text = serialise(notebook)
    if problem or len(text.encode()) > MAX_BYTES:
        raise BuildError(problem or too_large(target, text))
    if text == old_text:
        return f"{target}: {'up to date' if done == 'built' else done + ', nothing changed'}"
    write(target.path, text)
    return f"{target}: {done}"


def refuse_answers(target: Target, old: NotebookNode | None, force: bool) -> None:
    """Raise BuildError rather than overwrite an exercise notebook in which somebody worked.

    Work shows as cells that were run, or as code that is not what the last build wrote.
    """
    if old is None or force:
        return
    built = old.metadata.get("gancourse", {}).get("source")
    edited = built is not None and built != digest(old, "source")
    if edited or any(c.execution_count for c in code_cells(old)):
        raise BuildError(
            f"{target} holds somebody's work: save it elsewhere, or overwrite it with --force."
        )


def too_large(target: Target, text: str) -> str:
    size = len(text.encode()) / 1e6
    limit = MAX_BYTES / 1e6
    return f"{target} is {size:.1f} MB, above {limit} MB: lower the resolution of its figures."


def difference(target: Target) -> str:
    """Return a sentence on how the committed notebook is not what its source builds, or ''."""
    notebook = blank(target)
    old, text = load(target.path)
    if old is None:
        return f"{target} is {'no notebook' if text else 'missing'}: {MENDS}."
    if len(text.encode()) > MAX_BYTES:
        return too_large(target, text)
    if old.metadata.get("widgets"):
        return f"{target} holds widget state: {MENDS}."
    cell = first_difference(notebook, old)
    if cell:
        return f"{target} is not what its source builds, first at cell {cell}: {MENDS}."
    return output_difference(notebook, old, text, target)


def output_difference(notebook: NotebookNode, old: NotebookNode, text: str, target: Target) -> str:
    """Return a sentence on what is wrong with the outputs or the rest of the file, or ''."""
    if target.executed:
        why = stale(notebook, old) or output_problem(old, target)
        if why:
            return f"{target}: {why.rstrip('.')}: {MENDS}."
        reuse(notebook, old, target)
    elif any(c.outputs or c.execution_count for c in code_cells(old)):
        return f"{target} was executed, and an exercise is handed out blank: {MENDS} (--force)."
    if serialise(notebook) != text:
        return f"{target} was saved by something else than the build: {MENDS}."
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
    """Return one sentence for each notebook that is not what it should be; write nothing."""
    found = []
    for target in targets(root, names):
        try:
            found.append(difference(target))
        except BuildError as error:
            found.append(str(error))
    return list(dict.fromkeys(filter(None, found + orphans(root, names))))


def attempt(target: Target, force: bool) -> tuple[bool, str]:
    """Build one notebook; return whether that went well, and a line that says so."""
    try:
        return True, build(target, force)
    except BuildError as error:
        return False, f"error: {error}"


def build_all(wanted: list[Target], force: bool, jobs: int) -> bool:
    """Build the notebooks, `jobs` at a time, and print how each went; tell whether all did."""
    results = {}  # a sheet's two notebooks fail with the same sentence: print it once
    with ThreadPoolExecutor(max(1, jobs)) as pool:
        try:
            for good, line in pool.map(lambda target: attempt(target, force), wanted):
                if line not in results:
                    print(line, file=sys.stdout if good else sys.stderr, flush=True)
                results[line] = good
        except KeyboardInterrupt:
            os._exit(130)  # threads would go on to the end; kernels end with their parent
    return all(results.values())


def parse(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help="which, such as 05 or 05_minimal_gan (all)")
    parser.add_argument("--check", action="store_true", help="write nothing; fail if not built")
    parser.add_argument("--force", action="store_true", help="execute also what did not change")
    parser.add_argument("--root", type=Path, default=ROOT, help="the course's folder")
    parser.add_argument("-j", "--jobs", type=int, default=1, help="notebooks at once (1)")
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> int:
    """Build or check; return the exit code."""
    options = parse(argv)
    root = options.root.resolve()
    try:
        if options.check:
            found = check(root, options.names) + ([] if options.names else bundle.check(root))
            print("\n".join(found) or "Each notebook and each bundle is what its source builds.")
            return int(bool(found))
        wanted = targets(root, options.names)
        bundled = bool(options.names) or bundle.build(root, options.force)
        return int(not (build_all(wanted, options.force, options.jobs) and bundled))
    except BuildError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
