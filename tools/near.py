"""Run the tests nearest to a change, as many as a minute allows, and say what was left out.

    make test-near FILE=gancourse/losses.py      (without FILE: what git says has changed)

Near is counted in imports: a test that imports the file comes before one that imports what imports
it. How long each takes is in tests/durations.json. `make test` runs everything.
"""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import durations
from imports import Graph
from test import LIGHT, ROOT, environment, python

BUDGET = 45.0  # seconds of tests; with the start of Python and of PyTorch it is under a minute


class Chosen(NamedTuple):
    """A test file to run, without some of its tests."""

    file: str
    without: tuple[str, ...] = ()


class Plan(NamedTuple):
    """What is run and what is left out, each with its seconds."""

    run: list[Chosen]
    left: dict[str, float]


def starts(graph: Graph, files: Iterable[str]) -> list[str]:
    """Return the modules at which the search begins: the files, or those that name them."""
    return [s for f in files for s in ([f] if f in graph.nodes else graph.mentions(f))]


def nearest(graph: Graph, files: list[str], known: durations.Durations) -> list[str]:
    """Return the test files that lead to `files`: by imports between, own name first, then time."""
    far = graph.distances(starts(graph, files))
    names = {Path(f).stem for f in files}

    def order(test: str):
        own = Path(test).stem.removeprefix("test_") in names
        return (far[test], not own, known.of(test), test)

    return sorted((f for f in far if Path(f).name.startswith("test_")), key=order)


def plan(tests: list[str], known: durations.Durations, budget: float = BUDGET) -> Plan:
    """Return what fits into the budget in this order; of a long file its quick tests."""
    run, left = [], {}
    for file in tests:
        seconds, without = known.of(file), []
        for test, spent in sorted(known.slow(file).items(), key=lambda item: -item[1]):
            if seconds > budget:
                seconds -= spent
                without.append((f"{file}::{test}", spent))
        if seconds > budget:
            left[file] = known.of(file)
            continue
        budget -= seconds
        run.append(Chosen(file, tuple(test for test, _ in without)))
        left.update(without)
    return Plan(run, left)


def executed(graph: Graph, files: list[str]) -> dict[str, float]:
    """Return the notebooks that lead to `files`, with their seconds."""
    far, known = graph.distances(starts(graph, files)), durations.load(graph.root)
    found = (f.removesuffix(".py") + ".ipynb" for f in sorted(far)
             if f.startswith(("notebooks/", "solutions/")))  # fmt: skip
    return {file: known.of(file) for file in found if (graph.root / file).exists()}


def described(plan: Plan, notebooks: dict[str, float]) -> str:
    """Return the sentences on what is run and on what is left out."""
    lines = ["Run, nearest first:"]
    lines += [f"  {c.file}" + f" without {len(c.without)} slow tests" * bool(c.without)
              for c in plan.run] or ["  no test"]  # fmt: skip
    for title, left in (("tests", plan.left), ("notebooks", notebooks)):
        if left:
            lines.append(f"Left out, {title} of about {sum(left.values()):.0f} s:")
            lines += [f"  {name} ({seconds:.0f} s)" for name, seconds in left.items()]
    return "\n".join(lines)


def command(plan: Plan) -> list[str]:
    """Return pytest's command for a plan, or nothing where it holds no test."""
    apart = [f"--deselect={test}" for chosen in plan.run for test in chosen.without]
    files = [chosen.file for chosen in plan.run]
    return python("pytest", "-q", *LIGHT, *apart, *files) if files else []


def linted(files: list[str]) -> list[list[str]]:
    """Return ruff's commands for the files that it reads."""
    sources = [f for f in files if f.endswith(".py")]
    checks = (("check",), ("format", "--check"))
    return [python("ruff", *check, "-q", *sources) for check in checks] if sources else []


def changed(root: Path) -> list[str]:
    """Return the files that differ from the last commit, new ones too."""
    git = ["git", "-C", str(root), "status", "--porcelain", "--untracked-files=all"]
    lines = subprocess.run(git, capture_output=True, text=True, check=True).stdout.splitlines()
    return [line[3:].split(" -> ")[-1].strip('"') for line in lines if "D" not in line[:2]]


def inside(root: Path, names: list[str]) -> list[str]:
    """Return paths from the root; SystemExit names one that is no file of the project."""
    paths = [Path(name).resolve() for name in names]
    for name, path in zip(names, paths, strict=True):
        if not (path.is_file() and path.is_relative_to(root)):
            raise SystemExit(f"{name} is no file of the project: give one, as gancourse/losses.py.")
    return [path.relative_to(root).as_posix() for path in paths]


def main(arguments: list[str] | None = None) -> int:
    """Run ruff and the nearest tests; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="*", help="the files that changed")
    parser.add_argument("--seconds", type=float, default=BUDGET, help="how long tests may take")
    parser.add_argument("--list", action="store_true", help="say what would run, and end")
    options = parser.parse_args(arguments)
    start = time.perf_counter()
    files = inside(ROOT, options.files) or changed(ROOT)
    graph, known = Graph(ROOT), durations.load(ROOT)
    chosen = plan(nearest(graph, files, known), known, options.seconds)
    print("Changed:", *(files or ["nothing"]))
    print(described(chosen, executed(graph, files)), flush=True)
    if options.list:
        return 0
    env = environment(ROOT, os.environ)
    codes = [subprocess.call(c, cwd=ROOT, env=env) for c in [*linted(files), command(chosen)] if c]
    print(f"{'FAILED' if any(codes) else 'passed'} in {time.perf_counter() - start:.0f} s")
    return int(any(codes))


if __name__ == "__main__":
    sys.exit(main())
