"""What a JupyterHub starts for each user, whatever its spawner: `python -m gancourse.jupyter.hub`.

It brings the user's working copy up to date, fits PyTorch's threads to the cores that the hub
allows, and becomes the hub's own server.
"""

import os
import sys
from collections.abc import Mapping, MutableMapping, Sequence
from importlib.util import find_spec
from pathlib import Path

from gancourse.errors import InputError
from gancourse.jupyter import lab, working_copy
from gancourse.openmp import choose_threads

EXCHANGE = "GANCOURSE_EXCHANGE"  # nbgrader's folder, where the hub has one
COPY = "GANCOURSE_COPY"  # the folder of a user's copy; without it my_course in the home folder


def allowed_cores(environment: Mapping[str, str]) -> int | None:
    """Return how many whole cores JupyterHub's CPU_LIMIT allows, at least 1; None without one."""
    try:
        limit = float(environment.get("CPU_LIMIT") or "nan")
    except ValueError:
        return None
    return max(1, int(limit)) if limit > 0 else None


def fit_threads(environment: MutableMapping[str, str]) -> None:
    """Let the course compute on no more threads than the hub allows cores.

    A spawner limits time and not threads: with more threads than cores each waits for the others.
    """
    choose_threads(environment)
    if cores := allowed_cores(environment):
        environment.setdefault("GANCOURSE_THREADS", str(cores))


def copy_of(environment: Mapping[str, str]) -> Path:
    """Return where a user's working copy is."""
    return Path(environment.get(COPY) or Path.home() / lab.COPY)


def command(copy: Path, extra: Sequence[str]) -> list[str]:
    """Return the command of the hub's server on a working copy, with the course's settings."""
    hubs = ("--IdentityProvider.token", "--Application.log_level", "--no-browser")
    if os.environ.get(EXCHANGE):  # assignments are fetched and handed in on nbgrader's pages
        hubs += ("--ServerApp.jpserver_extensions",)
    own = [a for a in lab.arguments(copy, extra) if a.split("=")[0] not in hubs]
    return [sys.executable, "-m", "jupyterhub.singleuser", "--log-level=WARN", *own]


def serve(extra: Sequence[str]) -> None:
    """Bring the copy up to date and become the server; a copy that cannot be updated is said.

    Raises InputError where JupyterHub is missing.
    """
    if find_spec("jupyterhub") is None:
        raise InputError(
            "JupyterHub is not here, and a hub starts its servers by it: "
            '`pip install "gancourse[hub]"`.'
        )
    copy = copy_of(os.environ)
    try:
        for sentence in working_copy.update(copy).sentences(copy):
            print(sentence, flush=True)
    except (InputError, OSError) as error:  # a full disk, say: what is there can be opened
        if not copy.is_dir():
            raise
        print(f"The working copy is as it was: {error}", flush=True)
    fit_threads(os.environ)
    chosen = command(copy, extra)
    os.chdir(copy)
    os.execv(chosen[0], chosen)


def main() -> None:
    """Become the server of the user for whom a hub started this."""
    try:
        serve(sys.argv[1:])
    except (InputError, OSError) as error:
        sys.exit(f"Error: {error}")


if __name__ == "__main__":
    main()
