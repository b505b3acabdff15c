"""The command line: build what changed, or check that all is built."""

import argparse
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import bundle
import webassembly
from nbformat import NotebookNode

import build as package
from build.check import MAX_BYTES, check, too_large
from build.execute import execute
from build.exercises import blank
from build.maps import write_maps
from build.notebooks import code_cells, digest, load, serialise, write
from build.outputs import output_problem, reuse
from build.sources import BuildError, Target, targets

ROOT = Path(__file__).resolve().parents[2]


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
    parser = argparse.ArgumentParser(description=package.__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help="which, such as 05 or 05_minimal_gan (all)")
    parser.add_argument("--check", action="store_true", help="write nothing; fail if not built")
    parser.add_argument("--force", action="store_true", help="execute also what did not change")
    parser.add_argument("--root", type=Path, default=ROOT, help="the course's folder")
    parser.add_argument("-j", "--jobs", type=int, default=1, help="notebooks at once (1)")
    return parser.parse_args(argv)


def scripts(root: Path) -> list[str]:
    """Return a sentence for each script of the widgets that is not what its source builds."""
    return webassembly.check(root) + bundle.check(root)


def main(argv: list[str] | None = None) -> int:
    """Build or check; return the exit code."""
    options = parse(argv)
    root = options.root.resolve()
    try:
        if options.check:
            found = check(root, options.names) + ([] if options.names else scripts(root))
            print("\n".join(found) or "Each notebook and each bundle is what its source builds.")
            return int(bool(found))
        print("".join(f"{line}\n" for line in write_maps(root, options.names)), end="", flush=True)
        bundled = bool(options.names) or (
            webassembly.build(root, options.force) and bundle.build(root, options.force)
        )
        wanted = targets(root, options.names)
        return int(not (build_all(wanted, options.force, options.jobs) and bundled))
    except BuildError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
