"""Run every check of the project on two cores, and sum up; exit 1 if any failed.

Nothing but the standard library is needed here, and the Python that runs this runs the checks.
Each test file and each notebook is a process of its own, with one thread for PyTorch; small ones
share one. Three run at a time, the longest first: one often waits, for a page or for a process that
it has started. What a process printed is shown if it failed.
"""

import argparse
import os
import signal
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import durations
from lanes import Lanes, Result, Step, verdict
from shared_data import use_shared_data

from gancourse.jupyter import headless_environment

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = ("notebooks", "solutions")
CELL_TIMEOUT = 900  # seconds; a cell takes 90 at most, and a busy machine may take many times that
KERNEL_TIMEOUT = 300
LIGHT = ("-p", "no:cacheprovider", "-p", "no:nbval")  # nbval costs three seconds of imports
PACK = 240.0  # seconds: small files and notebooks share a process, and its imports, up to this
SHARE = 150.0  # seconds: a longer test file is cut into shares of about this
LANES = 3  # processes at a time on two cores
ROOMS = {  # folder: PACK, and never a share, where each process begins with dear fixtures
    "tests/website": float("inf"),  # a built site
    "tests/browser": 240.0,  # a JupyterLab and a Chromium
}


def python(*arguments: str) -> list[str]:
    return [sys.executable, "-m", *arguments]


def environment(root: Path, base: Mapping[str, str], long: bool = False) -> dict[str, str]:
    """Return the environment of tests: one thread, data beside `root`, full length if `long`."""
    found = {**base, "OMP_NUM_THREADS": "1"} | ({"GANCOURSE_LONG": "1"} if long else {})
    use_shared_data(root, found)
    return found


def checks(root: Path, env: dict[str, str]) -> list[Step]:
    """Return the checks of sources and of what is built from them."""
    tool = {name: str(root / "tools" / name) for name in ("javascript.py", "build")}
    commands = {
        "ruff check": python("ruff", "check", "."),
        "ruff format": python("ruff", "format", "--check", "."),
        "JavaScript lint": [sys.executable, tool["javascript.py"], "lint"],
        "JavaScript tests": [sys.executable, tool["javascript.py"], "test"],
        "notebooks are built": [sys.executable, tool["build"], "--check"],
    }
    return [Step(name, name, command, env) for name, command in commands.items()]


def test_files(root: Path) -> list[str]:
    """Return every test file, by its path from the root."""
    return sorted(p.relative_to(root).as_posix() for p in (root / "tests").rglob("test_*.py"))


def packed(
    files: Iterable[str], seconds: durations.Durations, most: float = PACK
) -> Iterator[list[str]]:
    """Yield the files in groups: long ones alone, small ones together up to `most` seconds."""
    group, spent = [], 0.0
    for file in sorted(files, key=lambda f: -seconds.of(f)):
        if group and spent + seconds.of(file) > most:
            yield group
            group, spent = [], 0.0
        group.append(file)
        spent += seconds.of(file)
    if group:
        yield group


def rooms(root: Path) -> dict[str, list[str]]:
    """Return the test files by folder with fixtures of its own; all the others are of "tests"."""
    found: dict[str, list[str]] = {}
    for file in test_files(root):
        folder = Path(file).parent.as_posix()
        own = folder if (root / folder / "conftest.py").exists() else "tests"
        found.setdefault(own, []).append(file)
    return found


def grouped(root: Path, known: durations.Durations) -> Iterator[tuple[str, list[str]]]:
    """Yield each folder of `rooms` with a group of its files that share a process."""
    for room, files in rooms(root).items():
        groups = packed(files, known, ROOMS.get(room, PACK))
        yield from ((room, group) for group in groups)


def package_steps(root: Path, env: dict[str, str]) -> Iterator[Step]:
    """Yield a step for each group of test files, several for one that takes minutes."""
    known = durations.load(root)
    for room, group in grouped(root, known):
        spent = sum(map(known.of, group))
        shares = 1 if len(group) > 1 or room in ROOMS else round(spent / SHARE) or 1
        for share in range(1, shares + 1):
            part = [f"--share={share}/{shares}"] if shares > 1 else []
            name = " ".join([group[0], *(Path(f).name for f in group[1:]), *part])
            command = python("pytest", *LIGHT, *part, *group)
            yield Step(name, "package tests", command, env, spent / shares)


def notebook_steps(
    root: Path, env: dict[str, str], group: str = "notebooks run", folders=FOLDERS
) -> Iterator[Step]:
    """Yield steps that execute the built notebooks: each its own, small ones together."""
    nbval = ["--nbval-lax", "--nbval-current-env", f"--nbval-cell-timeout={CELL_TIMEOUT}",
             f"--nbval-kernel-startup-timeout={KERNEL_TIMEOUT}"]  # fmt: skip
    known = durations.load(root)
    paths = (p for folder in folders for p in sorted((root / folder).glob("*.ipynb")))
    for files in packed((path.relative_to(root).as_posix() for path in paths), known):
        command = [sys.executable, str(root / "tools/run_notebooks.py"), *nbval,
                   "-p", "no:cacheprovider", *files]  # fmt: skip
        yield Step(" ".join(files), group, command, env, sum(map(known.of, files)))


def without_data(env: Mapping[str, str], cache: Path) -> dict[str, str]:
    """Return an environment with no data set, no network for one, and an empty cache."""
    found = {name: value for name, value in env.items() if name != "GANCOURSE_DATA"}
    return found | {"GANCOURSE_OFFLINE": "1", "XDG_CACHE_HOME": str(cache)}


def steps(root: Path, fast: bool = False, long: bool = False) -> list[Step]:
    """Return all steps in their order: the quick checks, then the longest first."""
    env = environment(root, os.environ, long)
    found = list(package_steps(root, env))
    if not fast:
        kernels = environment(root, headless_environment(), long)
        found += notebook_steps(root, kernels)
        if long:
            bare = without_data(kernels, Path(tempfile.mkdtemp()))
            found += notebook_steps(root, bare, "lessons without data", FOLDERS[:1])
    return [*checks(root, env), *sorted(found, key=lambda step: -step.seconds)]


def clock_step(root: Path) -> Step:
    """Return the tests that measure the machine's speed: they run alone, when all else is done."""
    env = environment(root, os.environ, long=True) | {"GANCOURSE_CLOCK": "1"}
    command = python("pytest", *LIGHT, "-m", "clock")
    return Step("speed", "speed", command, env)


def rows(results: Iterable[Result]) -> Iterator[str]:
    """Yield a line for each group of steps: verdict, seconds of the processor, processes."""
    groups: dict[str, list[Result]] = {}
    for result in results:
        groups.setdefault(result.step.group, []).append(result)
    for name, found in groups.items():
        spent, word = sum(r.processor for r in found), verdict(*(r.code for r in found))
        yield f"{name:22} {word:10} {spent:8.1f} s of CPU, processes: {len(found)}"


def summary(results: list[Result]) -> str:
    """Return the table of all checks, and below it the tests that failed."""
    troubles = [f"FAILED {line}" for result in results for line in result.failed]
    return "\n".join(["", "== Summary", *rows(results), *troubles])


def parsed(arguments: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--fast", action="store_true", help="leave out the notebooks' execution")
    parser.add_argument("--long", action="store_true", help="run what is shortened at full length")
    parser.add_argument("--lanes", type=int, default=LANES, help="how many processes at a time")
    parser.add_argument("--verbose", action="store_true", help="print the output of what passed")
    parser.add_argument("--record", action="store_true", help=f"write {durations.TABLE}")
    return parser.parse_args(arguments)


def interrupted(*_) -> None:
    raise KeyboardInterrupt


def main() -> int:
    """Run the steps; return the exit code."""
    options = parsed()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, interrupted)
    start = time.perf_counter()
    lanes = Lanes(ROOT, lambda line: print(line, flush=True), options.verbose)
    try:
        results = lanes.run(steps(ROOT, options.fast, options.long), options.lanes)
        if options.long:
            results += lanes.run([clock_step(ROOT)])
    except KeyboardInterrupt:
        print("Interrupted: every check that was running has been ended.", flush=True)
        return 130
    print(summary(results))
    print(f"In {options.lanes} lanes, {(time.perf_counter() - start) / 60:.1f} minutes", flush=True)
    if options.record:
        durations.save(ROOT, (row for result in results for row in result.durations))
    return int(any(result.verdict == "FAILED" for result in results))


if __name__ == "__main__":
    sys.exit(main())
