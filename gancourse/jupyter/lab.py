"""`gancourse lab`: the learner's copy of the course in JupyterLab.

Without a display the address is printed and served.
"""

import os
import secrets
import signal
import sys
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote, urlencode, urljoin

from gancourse import course
from gancourse.errors import InputError
from gancourse.jupyter import server_arguments, working_copy
from gancourse.openmp import choose_threads

COPY = "my_course"
WELCOME = "notebooks/00_welcome.ipynb"


def has_display(platform: str, environment: Mapping[str, str]) -> bool:
    """Tell whether a browser window can open; only on Linux may there be no display."""
    if not platform.startswith("linux"):
        return True
    return bool(environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY"))


def in_copy(notebook: str, copy: Path) -> Path:
    """Return the notebook of the copy that a path names: itself, or the copy of a course's own.

    Raises InputError where there is none.
    """
    path, copy = Path(notebook).resolve(), copy.resolve()
    for home in (h.resolve() for h in course.HOMES):
        inside = path.is_relative_to(home) and not path.is_relative_to(copy)
        if inside and (copy / path.relative_to(home)).is_file():
            return copy / path.relative_to(home)
    if not Path(notebook).is_absolute() and (copy / notebook).is_file():
        return copy / notebook
    if not path.is_file():
        raise InputError(
            f"There is no notebook {notebook!r}: give the path of one, such as {WELCOME}."
        )
    if not path.is_relative_to(copy):
        raise InputError(f"{notebook!r} is outside of {copy}: copy it there first.")
    return path


def arguments(copy: Path, extra: Sequence[str]) -> list[str]:
    """Return the arguments for JupyterLab: the course's own, then what the user gave."""
    notebooks = [a for a in extra if a.endswith(".ipynb") and not a.startswith("-")]
    given = {a.split("=")[0] for a in extra}  # Jupyter refuses an option that is there twice
    first = in_copy((notebooks or [WELCOME])[0], copy).relative_to(copy.resolve())
    own = [
        f"--ServerApp.root_dir={copy.resolve()}",
        f"--LabApp.default_url=/lab/tree/{quote(first.as_posix())}",
        # With a token of our own Jupyter prints no address, and serve() prints one line instead.
        f"--IdentityProvider.token={secrets.token_hex(24)}",
        "--Application.log_level=ERROR",
        *server_arguments(),
    ]
    if not has_display(sys.platform, os.environ):
        own.append("--no-browser")
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        own.append("--allow-root")
    own = [a for a in own if a.split("=")[0] not in given]
    return own + [a for a in extra if a not in notebooks]


def announcement(server) -> str:
    """Return the line that says where a browser finds the server, token included."""
    page = urljoin(server.connection_url, server.default_url)
    token = server.identity_provider.token
    query = f"?{urlencode({'token': token})}" if token else ""
    return f"JupyterLab is at {page}{query} (Ctrl-C ends it)"


def _refuse_a_locked_home() -> None:
    """Raise InputError where Jupyter cannot keep its own files."""
    from jupyter_core.paths import jupyter_runtime_dir

    folder = Path(jupyter_runtime_dir())
    try:
        folder.mkdir(parents=True, exist_ok=True)
        writable = os.access(folder, os.W_OK)
    except OSError:
        writable = False
    if not writable:
        raise InputError(
            f"Jupyter keeps its own files in {folder}, and it cannot be written: set HOME to a "
            "folder of yours, or JUPYTER_RUNTIME_DIR and JUPYTER_CONFIG_DIR."
        )


def serve(copy: Path, extra: Sequence[str] = ()) -> None:
    """Bring the working copy up to date, say what changed in it, and serve until Ctrl-C.

    Raises InputError where JupyterLab or a folder for its own files is missing.
    """
    if find_spec("jupyterlab") is None:
        raise InputError(
            'JupyterLab is not here, and `gancourse lab` opens it: `pip install "gancourse[lab]"`, '
            "or open the notebooks in the Jupyter that you have."
        )
    _refuse_a_locked_home()
    for sentence in working_copy.update(copy).sentences(copy):
        print(sentence, flush=True)
    chosen = arguments(copy, extra)
    from jupyterlab.labapp import LabApp

    choose_threads(os.environ)
    server = LabApp.initialize_server(argv=chosen)
    # Jupyter's own handler asks for a confirmation, and leaves kernels behind without a terminal.
    signal.signal(signal.SIGINT, lambda *_: server.stop(from_signal=True))
    # The port is bound by a callback of the loop: only after it does the address answer.
    server.io_loop.add_callback(lambda: print(announcement(server), flush=True))
    server.start()
