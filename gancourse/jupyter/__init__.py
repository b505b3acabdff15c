"""How the course runs Jupyter: the kernels' environment and the server's settings. Never taught.

Only the standard library is imported here, so that a tool can use it before anything else works.
"""

import os
from pathlib import Path

from gancourse.openmp import choose_threads

SETTINGS = Path(__file__).with_name("settings")
WEBSOCKET = "gancourse.jupyter.nodelay.NoDelayConnection"
NBGRADER = ("formgrader", "validate_assignment", "assignment_list", "course_list")


def course_environment(root: Path) -> dict[str, str]:
    """Return this process's environment, with `GANCOURSE_DATA` set where `root` has data near.

    A folder `shared/data` beside the repository serves as `GANCOURSE_DATA` when that is unset.
    """
    environment = dict(os.environ)
    data = Path(root).resolve().parent / "shared" / "data"
    if data.is_dir():
        environment.setdefault("GANCOURSE_DATA", str(data))
    return environment


def headless_environment(root: Path) -> dict[str, str]:
    """Return the environment in which notebooks are executed without a page to show them."""
    environment = course_environment(root)
    environment.update(GANCOURSE_FRONTEND="none", PYTHONHASHSEED="0")
    # The kernel chooses the inline backend itself, and only when nothing else is named.
    environment.pop("MPLBACKEND", None)
    choose_threads(environment)
    return environment


def server_arguments() -> list[str]:
    """Return the arguments for JupyterLab that make widgets answer fast and the page quiet.

    The settings folder turns off comms over subshells and the news pop-up, the connection class
    turns off Nagle's delay, a read-only extension manager asks no package index, and encryption
    between server and kernel, where both can, spares a warning for each kernel. nbgrader's pages
    are for teachers: they stay out of a learner's way.
    """
    nbgrader = {f"nbgrader.server_extensions.{name}": False for name in NBGRADER}
    return [
        f"--LabApp.app_settings_dir={SETTINGS}",
        f"--ServerApp.kernel_websocket_connection_class={WEBSOCKET}",
        "--LabApp.extension_manager=readonly",
        "--KernelManager.transport_encryption=auto",
        f"--ServerApp.jpserver_extensions={nbgrader}",
    ]
