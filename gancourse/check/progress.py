"""Which exercises have passed: kept in the learner's working copy, on this machine alone."""

import json
from contextlib import suppress
from datetime import date
from pathlib import Path

from gancourse.errors import InputError
from gancourse.store import write_whole

MARK = ".gancourse"  # the folder that makes a folder a working copy; gancourse.jupyter makes it
PASSED = "passed"  # in MARK: one file for each exercise, so that two kernels never meet in one


def home(start: Path | None = None) -> Path | None:
    """Return the working copy that the folder `start` (default: this one) lies in, or None."""
    start = (start or Path.cwd()).resolve()
    return next((f for f in (start, *start.parents) if (f / MARK).is_dir()), None)


def note(exercise: str, score: int) -> None:
    """Keep that an exercise has passed today, if this is a working copy that can be written."""
    copy = home()
    if copy is not None:
        text = json.dumps({"on": date.today().isoformat(), "score": score})
        with suppress(OSError, InputError):  # a check never fails for its notes
            write_whole(copy / MARK / PASSED / f"{exercise}.json", text.encode())


def passed(copy: Path) -> dict[str, str]:
    """Return the exercises that have passed in a working copy, each with its day."""
    found = {}
    for path in sorted((copy / MARK / PASSED).glob("*.json")):
        with suppress(ValueError, KeyError, TypeError, OSError):
            found[path.stem] = str(json.loads(path.read_text(encoding="utf-8"))["on"])
    return found
