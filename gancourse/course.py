"""Where the course's own files are: lessons, sheets, and the tables that commands have measured.

They lie beside this package in the repository, and inside of it in an installed wheel.
"""

from pathlib import Path

from gancourse.errors import InputError

PACKAGE = Path(__file__).resolve().parent
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
