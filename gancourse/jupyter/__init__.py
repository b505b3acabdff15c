"""How the course runs Jupyter: the kernels' environment and the server's settings.

Only the standard library is imported here, so that a tool can use it before anything else works.
"""

import os
from pathlib import Path

from gancourse.openmp import choose_threads

SETTINGS = Path(__file__).with_name("settings")
WEBSOCKET = "gancourse.jupyter.nodelay.NoDelayConnection"
NBGRADER = ("formgrader", "validate_assignment", "assignment_list", "course_list")


def headless_environment() -> dict[str, str]:
    """Return this process's environment for notebooks that no page will show."""
    environment = os.environ | {"GANCOURSE_FRONTEND": "none", "PYTHONHASHSEED": "0"}
    # The kernel chooses the inline backend itself, and only when nothing else is named.
    environment.pop("MPLBACKEND", None)
    choose_threads(environment)
    return environment


def server_arguments() -> list[str]:
    """Return the arguments for JupyterLab that make widgets answer fast and the page quiet.

    The settings folder turns off comms over subshells and the news pop-up, the connection class
    turns off Nagle's delay, a read-only extension manager asks no package index, and encryption
    between server and kernel, where both can, spares a warning for each kernel. nbgrader's pages
    are for teachers: they stay out of a learner's way. The course's own extension says what a lost
    widget was.
    """
    extensions = {f"nbgrader.server_extensions.{name}": False for name in NBGRADER}
    extensions["gancourse.jupyter.extension"] = True
    return [
        f"--LabApp.app_settings_dir={SETTINGS}",
        f"--ServerApp.kernel_websocket_connection_class={WEBSOCKET}",
        "--LabApp.extension_manager=readonly",
        "--KernelManager.transport_encryption=auto",
        f"--ServerApp.jpserver_extensions={extensions}",
    ]
