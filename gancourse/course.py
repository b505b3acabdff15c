"""Where the course's own files are: lessons, sheets, measured tables; and the learner's copy.

They lie beside this package in the repository, and inside of it in an installed wheel.
"""

from pathlib import Path

from gancourse.errors import InputError

PACKAGE = Path(__file__).resolve().parent
MARK = ".gancourse"  # the folder that makes a folder a working copy; gancourse.jupyter makes it
HOMES = (PACKAGE / "_course", PACKAGE.parent)  # of a wheel, of the repository


def path(name: str) -> Path:
    """Return the path of one of the course's files or folders, such as "docs/bench/cost.json".

    Raises InputError where this installation does not hold it.
    """
    for home in HOMES:
        if (home / name).exists():
            return home / name
    raise InputError(
        f"This installation of gancourse has no {name}: install the whole course, or clone it."
    )


def working_copy(start: Path | None = None) -> Path | None:
    """Return the working copy that the folder `start` (default: this one) lies in, or None."""
    start = (start or Path.cwd()).resolve()
    return next((f for f in (start, *start.parents) if (f / MARK).is_dir()), None)
