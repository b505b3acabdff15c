"""Run every check of the project, each in order, and sum up; exit 1 if any failed.

Nothing but the standard library is needed here, and the Python that runs this runs the checks.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

from shared_data import use_shared_data

from gancourse.jupyter import headless_environment

ROOT = Path(__file__).resolve().parents[1]
SKIPPED = 77  # the exit code of a step that could not be made here
CELL_TIMEOUT = 300  # seconds; nbval's own is 2000, and a dead kernel waits all of it


def python(*arguments: str) -> list[str]:
    return [sys.executable, "-m", *arguments]


class Result(NamedTuple):
    """What one step came to: its verdict, its seconds, and a line for each failed test."""

    verdict: str
    seconds: float = 0.0
    failed: Sequence[str] = ()


def package_steps() -> dict[str, list[str]]:
    """Return the checks of sources, built notebooks and package: name to command."""
    return {
        "ruff check": python("ruff", "check", "."),
        "ruff format": python("ruff", "format", "--check", "."),
        "JavaScript lint": [sys.executable, str(ROOT / "tools" / "javascript.py"), "lint"],
        "JavaScript tests": [sys.executable, str(ROOT / "tools" / "javascript.py"), "test"],
        "notebooks are built": [sys.executable, str(ROOT / "tools" / "build"), "--check"],
        "package tests": python("pytest"),
    }


def notebook_step(root: Path) -> list[str]:
    """Return the command that executes the built notebooks, or nothing when there are none."""
    folders = ("notebooks", "solutions")
    found = [str(p) for folder in folders for p in sorted((root / folder).glob("*.ipynb"))]
    nbval = ["--nbval-lax", "--nbval-current-env", f"--nbval-cell-timeout={CELL_TIMEOUT}"]
    return python("pytest", *nbval, "-p", "no:cacheprovider", *found) if found else []


def failures(report: Path) -> list[str]:
    """Return the failed tests of a JUnit report, each with its reason in one line.

    A log of half an hour is often cut to its last lines, so the summary repeats what failed.
    """
    if not report.exists():
        return []
    found = []
    for case in ElementTree.parse(report).iter("testcase"):
        for trouble in (*case.findall("failure"), *case.findall("error")):
            reason = " ".join(trouble.get("message", "").split())
            found.append(f"{case.get('classname')}::{case.get('name')}: {reason[:300]}")
    return found


def run(name: str, command: list[str], environment: dict[str, str]) -> Result:
    """Run one step; what pytest found wrong in it is told by test."""
    if not command:
        return Result("nothing to run")
    print(f"\n== {name}", flush=True)
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        asked = [f"--junitxml={report}"] if "pytest" in command else []
        failed = subprocess.call([*command, *asked], cwd=ROOT, env=environment)
        troubles = failures(report)
    verdict = {0: "passed", SKIPPED: "left out"}.get(failed, "FAILED")
    result = Result(verdict, time.perf_counter() - start, troubles)
    print(f"== {name}: {result.verdict} in {result.seconds:.1f} s", flush=True)
    return result


def summary(results: dict[str, Result]) -> str:
    """Return the table of all steps, and below it the tests that failed."""
    rows = [f"{name:22} {r.verdict:15} {r.seconds:7.1f} s" for name, r in results.items()]
    troubles = [f"FAILED {line}" for r in results.values() for line in r.failed]
    return "\n".join(["", "== Summary", *rows, *troubles])


def main() -> int:
    """Run the steps; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--fast", action="store_true", help="leave out the notebooks' execution")
    options = parser.parse_args()

    use_shared_data(ROOT)
    results = {name: run(name, step, dict(os.environ)) for name, step in package_steps().items()}
    if not options.fast:
        step = notebook_step(ROOT)
        results["notebooks run"] = run("notebooks run", step, headless_environment())
    print(summary(results), flush=True)
    return int(any(r.verdict == "FAILED" for r in results.values()))


if __name__ == "__main__":
    sys.exit(main())
