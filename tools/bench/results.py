"""The JSON files that hold what was measured, one for each kind of measurement."""

import json
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

from gancourse import train
from gancourse.store import write_whole

OUT = Path(__file__).resolve().parents[2] / "docs" / "bench"


def chosen(only: list[str], known: Iterable[str]) -> list[str]:
    """Return the names asked for, or all that are known; end on an unknown one."""
    unknown = [name for name in only if name not in known]
    if unknown:
        raise SystemExit(f"Unknown: {', '.join(unknown)}; there are: {', '.join(known)}.")
    return only or list(known)


def load(folder: Path, name: str) -> dict:
    """Return what was measured so far under this name, or {}."""
    path = folder / f"{name}.json"
    return json.loads(path.read_text()) if path.exists() else {}


def save(folder: Path, name: str, result: dict) -> None:
    """Write a result as JSON, whole or not at all."""
    write_whole(folder / f"{name}.json", (json.dumps(result, indent=1) + "\n").encode())


def as_now(spec: dict) -> dict:
    """Return a stored spec with the fields that recipes have gained since it was written."""
    full = {"recipe": asdict(train.Recipe(**spec["recipe"]))} if "recipe" in spec else {}
    return json.loads(json.dumps(spec | full))
