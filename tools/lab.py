"""Open the course in JupyterLab; without a display, print the address and serve.

Arguments go on to JupyterLab; a path that ends in .ipynb opens instead of the welcome notebook.
"""

import os
import secrets
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote, urlencode, urljoin

from gancourse.jupyter import server_arguments
from gancourse.openmp import choose_threads

ROOT = Path(__file__).resolve().parents[1]
WELCOME = "notebooks/00_welcome.ipynb"


def has_display(platform: str, environment: Mapping[str, str]) -> bool:
    """Tell whether a browser window can open; only on Linux may there be no display."""
    if not platform.startswith("linux"):
        return True
    return bool(environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY"))


def start_page(notebook: str) -> str:
    """Return the address, below the server's root, that shows `notebook` in JupyterLab."""
    path = Path(notebook).resolve()
    if not path.is_file() and path != ROOT / WELCOME:
        sys.exit(f"There is no notebook {notebook!r}: give the path of one, such as {WELCOME}.")
    if not path.is_relative_to(ROOT):
        sys.exit(f"{notebook!r} is outside of the course's folder: copy it into {ROOT.name} first.")
    return f"/lab/tree/{quote(path.relative_to(ROOT).as_posix())}" if path.is_file() else "/lab"


def arguments(extra: list[str]) -> list[str]:
    """Return the arguments for JupyterLab: the course's own, then what the user gave."""
    notebooks = [a for a in extra if a.endswith(".ipynb") and not a.startswith("-")]
    given = {a.split("=")[0] for a in extra}  # Jupyter refuses an option that is there twice
    own = [
        f"--ServerApp.root_dir={ROOT}",
        f"--LabApp.default_url={start_page((notebooks or [str(ROOT / WELCOME)])[0])}",
        # With a token of our own Jupyter prints no address, and main() prints one line instead.
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


def main() -> None:
    """Start JupyterLab and serve until Ctrl-C."""
    from jupyterlab.labapp import LabApp

    choose_threads(os.environ)
    server = LabApp.initialize_server(argv=arguments(sys.argv[1:]))
    # Jupyter's own handler asks for a confirmation, and leaves kernels behind without a terminal.
    signal.signal(signal.SIGINT, lambda *_: server.stop(from_signal=True))
    # The port is bound by a callback of the loop: only after it does the address answer.
    server.io_loop.add_callback(lambda: print(announcement(server), flush=True))
    server.start()


if __name__ == "__main__":
    main()
