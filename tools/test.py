"""Run every check of the project, each in order, and sum up; exit 1 if any failed.

Nothing but the standard library is needed here, and the Python that runs this runs the checks.
"""

import argparse
import subprocess
import sys
import time
from pathlib import Path

from gancourse.jupyter import course_environment, headless_environment

ROOT = Path(__file__).resolve().parents[1]
CELL_TIMEOUT = 300  # seconds; nbval's own is 2000, and a dead kernel waits all of it


def python(*arguments: str) -> list[str]:
    return [sys.executable, "-m", *arguments]


def package_steps() -> dict[str, list[str]]:
    """Return the checks of sources, built notebooks and package: name to command."""
    return {
        "ruff check": python("ruff", "check", "."),
        "ruff format": python("ruff", "format", "--check", "."),
        "notebooks are built": [sys.executable, str(ROOT / "tools" / "build.py"), "--check"],
        "package tests": python("pytest"),
    }


def notebook_step(root: Path) -> list[str]:
    """Return the command that executes the built notebooks, or nothing when there are none."""
    folders = ("notebooks", "solutions")
    found = [str(p) for folder in folders for p in sorted((root / folder).glob("*.ipynb"))]
    nbval = ["--nbval-lax", "--nbval-current-env", f"--nbval-cell-timeout={CELL_TIMEOUT}"]
    return python("pytest", *nbval, "-p", "no:cacheprovider", *found) if found else []


def run(name: str, command: list[str], environment: dict[str, str]) -> tuple[str, float]:
    """Run one step and return its verdict and seconds."""
    if not command:
        return "nothing to run", 0.0
    print(f"\n== {name}", flush=True)
    start = time.perf_counter()
    verdict = "FAILED" if subprocess.call(command, cwd=ROOT, env=environment) else "passed"
    seconds = time.perf_counter() - start
    print(f"== {name}: {verdict} in {seconds:.1f} s", flush=True)
    return verdict, seconds


def summary(results: dict[str, tuple[str, float]]) -> str:
    """Return the table of all steps."""
    rows = [f"{name:22} {verdict:15} {spent:7.1f} s" for name, (verdict, spent) in results.items()]
    return "\n".join(["", "== Summary", *rows])


def main() -> int:
    """Run the steps; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--fast", action="store_true", help="leave out the notebooks' execution")
    options = parser.parse_args()

    environment = course_environment(ROOT)
    results = {name: run(name, step, environment) for name, step in package_steps().items()}
    if not options.fast:
        step = notebook_step(ROOT)
        results["notebooks run"] = run("notebooks run", step, headless_environment(ROOT))
    print(summary(results), flush=True)
    return int(any(verdict == "FAILED" for verdict, _ in results.values()))


if __name__ == "__main__":
    sys.exit(main())
