"""Run the fast tests on the lowest versions that pyproject.toml allows, or on the newest.

    python tools/floors.py [--newest] [arguments for pytest]

The environment is .venv-floors (or .venv-newest); uv makes it at the first run, with this Python.
"""

import argparse
import os
import subprocess
import sys
from pathlib import Path

from shared_data import use_shared_data

ROOT = Path(__file__).resolve().parents[1]
KINDS = {"floors": "lowest-direct", "newest": "highest"}  # environment: uv's resolution
# What trains for long, drives a browser or attacks the sandbox, or sees no version at all.
LEFT_OUT = (
    "browser", "website", "tools", "test_quality", "test_sheets", "test_clinic", "test_diagnose",
    "test_grade_attacks", "test_lab", "test_signals", "test_train_averages",
    "test_train_checkpoints", "test_train_recipes", "test_train_steps", "test_writeups", "run",
)  # fmt: skip


def environment_steps(uv: str, kind: str) -> list[list[str]]:
    """Return the commands that bring the environment to what pyproject.toml says now."""
    folder = ROOT / f".venv-{kind}"
    python, pins = str(folder / "bin" / "python"), str(folder / "pins.txt")
    make = [[uv, "venv", "--quiet", "--python", sys.executable, str(folder)]]
    pip = [uv, "pip"]
    return (make if not folder.exists() else []) + [
        [*pip, "compile", "--quiet", "--upgrade", "--all-extras", "--python", python,
         "--resolution", KINDS[kind], "--output-file", pins, "pyproject.toml"],
        [*pip, "sync", "--quiet", "--python", python, pins],
        [*pip, "install", "--quiet", "--python", python, "--no-deps", "--editable", "."],
    ]  # fmt: skip


def left_out() -> list[Path]:
    """Return the test files and folders of LEFT_OUT; end with a sentence where one is missing."""
    found = {n: [p for p in (ROOT / "tests").rglob(f"{n}*") if n in (p.name, p.stem)]
             for n in LEFT_OUT}  # fmt: skip
    missing = [name for name, paths in found.items() if not paths]
    if missing:
        sys.exit(f"There is no test {', '.join(missing)} to leave out: correct tools/floors.py.")
    return [path for paths in found.values() for path in paths]


def tests(kind: str, arguments: list[str]) -> list[str]:
    """Return the command that runs pytest there: on the arguments, or on all fast tests."""
    python = str(ROOT / f".venv-{kind}" / "bin" / "python")
    fast = [f"--ignore={path}" for path in left_out()]
    return [python, "-m", "pytest", "-q", "-p", "no:cacheprovider", *(arguments or fast)]


def main() -> int:
    """Bring the environment up to date and run the tests; return pytest's exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--uv", default="uv")
    parser.add_argument("--newest", action="store_true", help="the newest versions in their place")
    options, arguments = parser.parse_known_args()
    kind = "newest" if options.newest else "floors"
    for step in environment_steps(options.uv, kind):
        if subprocess.call(step, cwd=ROOT):
            print("This step failed:", *step, file=sys.stderr)
            return 1
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    use_shared_data(ROOT, environment)
    environment.pop("PYTHONPATH", None)
    return subprocess.call(tests(kind, arguments), cwd=ROOT, env=environment)


if __name__ == "__main__":
    sys.exit(main())
