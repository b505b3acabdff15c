"""Run the linter or the tests of the widgets' JavaScript.

    python tools/javascript.py lint    ESLint over sources and tests
    python tools/javascript.py test    node --test over tests/js

Node and npm are no part of the course's environment. Where they are missing, one line says what
was left out, and the exit code is 77.
"""

import hashlib
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SKIPPED = 77  # the exit code of a check that could not be made here
NEEDED = 20  # the oldest node that can run the tools
LINTED = ("gancourse/live/static/src", "tests/js", "eslint.config.mjs")
MANIFESTS = ("package.json", "package-lock.json")
INSTALL = ("ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error",
           "--fetch-retries=1", "--fetch-timeout=30000")  # fmt: skip


class Missing(Exception):
    """What is needed to run JavaScript's tools is not there; the message says what."""


def node() -> str:
    """Return the path of node, or raise Missing where there is none that is new enough."""
    found = shutil.which("node")
    if found is None:
        raise Missing(f"node {NEEDED} or newer is not on this machine")
    said = subprocess.run([found, "--version"], capture_output=True, text=True).stdout.strip()
    number = re.match(r"v(\d+)", said)
    if not number or int(number[1]) < NEEDED:
        raise Missing(f"node {NEEDED} or newer is needed, and this machine has {said or 'none'}")
    return found


def packages(root: Path = ROOT) -> Path:
    """Return the folder of the packages that package-lock.json names, after installing them.

    Nothing is installed when they are there already. Raise Missing where npm cannot get them.
    """
    folder = root / "node_modules"
    wanted = hashlib.sha256((root / "package-lock.json").read_bytes()).hexdigest()
    stamp = folder / ".gancourse"
    if not stamp.exists() or stamp.read_text() != wanted:
        install(folder, wanted)
    return folder


def install(folder: Path, stamp: str) -> None:
    """Install into a folder beside, then put it in place whole: two at once do no harm."""
    npm = shutil.which("npm")
    if npm is None:
        raise Missing("npm is not on this machine")
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".npm-") as beside:
        for name in MANIFESTS:
            shutil.copy(folder.parent / name, beside)
        run = subprocess.run([npm, *INSTALL], cwd=beside, capture_output=True, text=True)
        if run.returncode:
            lines = run.stderr.strip().splitlines() or ["no reason given"]
            raise Missing(f"npm could not install its packages ({lines[0]})")
        (Path(beside) / "node_modules" / ".gancourse").write_text(stamp)
        if folder.exists():
            folder.rename(Path(beside) / "old")
        (Path(beside) / "node_modules").rename(folder)


def command(package: str, script: str, root: Path = ROOT) -> list[str]:
    """Return the start of a command that runs a package's script in node, or raise Missing."""
    return [node(), str(packages(root) / package / script)]


def lint() -> list[str]:
    return [*command("eslint", "bin/eslint.js"), "--max-warnings=0", *LINTED]


def test() -> list[str]:
    found = sorted(str(path) for path in (ROOT / "tests" / "js").glob("*.test.js"))
    return [node(), "--test", "--test-reporter=dot", *found]


def main(argv: list[str] | None = None) -> int:
    """Run what is named; return its exit code, or 77 when it could not be run."""
    named = sys.argv[1:] if argv is None else argv
    steps = {"lint": lint, "test": test}
    if len(named) != 1 or named[0] not in steps:
        print(f"error: one of {', '.join(steps)} is needed, not {' '.join(named) or 'nothing'}.")
        return 2
    try:
        return subprocess.call(steps[named[0]](), cwd=ROOT)
    except Missing as error:
        print(f"JavaScript's {named[0]} is left out: {error}.")
        return SKIPPED


if __name__ == "__main__":
    sys.exit(main())
