"""How long each test file and notebook takes: the table tests/durations.json.

It decides what is run first and what runs within a minute, never what is run at all: a file that it
does not know counts as `UNKNOWN` seconds. `python tools/test.py --record` writes it.
"""

import json
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

TABLE = Path("tests") / "durations.json"
UNKNOWN = 10.0  # seconds of a file that is not in the table
SLOW = 0.5  # seconds from which a single test is noted


class Durations:
    """Seconds by file, and within a file by test, as they were when they were recorded."""

    def __init__(self, files: dict[str, dict] | None = None):
        self.files = files or {}

    def of(self, file: str) -> float:
        """Return the seconds of a test file or notebook, by its path from the root."""
        return self.files.get(file, {}).get("seconds", UNKNOWN)

    def slow(self, file: str) -> dict[str, float]:
        """Return the seconds of the file's tests that take more than half a second."""
        return self.files.get(file, {}).get("slow", {})


def load(root: Path) -> Durations:
    """Return the table of the checkout at `root`, empty where there is none."""
    path = root / TABLE
    return Durations(json.loads(path.read_text(encoding="utf-8")) if path.exists() else None)


def table(found: Iterable[tuple[str, str, float]]) -> dict[str, dict]:
    """Return the table of (file, test, seconds): the sum of each file and its slow tests."""
    seconds, slow = defaultdict(float), defaultdict(dict)
    for file, test, spent in found:
        seconds[file] += spent
        if spent >= SLOW and not file.endswith(".ipynb"):
            slow[file][test] = round(spent, 1)
    return {file: {"seconds": round(seconds[file], 1), "slow": dict(sorted(slow[file].items()))}
            for file in sorted(seconds)}  # fmt: skip


def save(root: Path, found: Iterable[tuple[str, str, float]]) -> Path:
    """Write what a run took into the table; return its path. Files that are gone are forgotten."""
    before = {f: row for f, row in load(root).files.items() if (root / f).exists()}
    path, rows = root / TABLE, before | table(found)
    path.write_text(json.dumps(dict(sorted(rows.items())), indent=1) + "\n", encoding="utf-8")
    return path
