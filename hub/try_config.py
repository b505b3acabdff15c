"""The hub of `make hub`, for trying: on this machine alone, any name and one password, no limits.

Users are folders below GANCOURSE_HUB and not accounts: whoever logs in can read what the others
have. A hub for a class takes another spawner: see docs/hub.md.
"""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from course import configure

from gancourse.jupyter.lab import COPY

HOME = Path(os.environ["GANCOURSE_HUB"])  # the hub's own files, and its users'
c = get_config()  # noqa: F821
configure(c, os.environ.get("GANCOURSE_DATA"), exchange=os.environ.get("GANCOURSE_EXCHANGE"))

c.JupyterHub.bind_url = os.environ["GANCOURSE_HUB_URL"]
c.JupyterHub.hub_port = int(os.environ["GANCOURSE_HUB_PORT"])
c.JupyterHub.db_url = f"sqlite:///{HOME / 'hub.sqlite'}"
c.JupyterHub.cookie_secret_file = str(HOME / "cookie_secret")
c.ConfigurableHTTPProxy.command = [os.environ["GANCOURSE_HUB_PROXY"]]
c.ConfigurableHTTPProxy.api_url = os.environ["GANCOURSE_HUB_PROXY_API"]
c.ConfigurableHTTPProxy.pid_file = str(HOME / "proxy.pid")
c.JupyterHub.authenticator_class = "shared-password"
c.SharedPasswordAuthenticator.user_password = os.environ["GANCOURSE_HUB_PASSWORD"]
c.Authenticator.allow_all = True
c.Authenticator.username_pattern = r"[a-z0-9][\w-]*"  # they name folders
c.JupyterHub.spawner_class = "simple"
c.SimpleLocalProcessSpawner.home_dir_template = str(HOME / "homes" / "{username}")
c.JupyterHub.concurrent_spawn_limit = 0  # nobody of a class is sent away
if hasattr(os, "geteuid") and os.geteuid() == 0:
    c.Spawner.args = ["--allow-root"]


def own_folder(spawner):
    """Keep a user's copy below their own home, which the simple spawner calls so alone."""
    spawner.environment["GANCOURSE_COPY"] = str(HOME / "homes" / spawner.user.name / COPY)


c.Spawner.pre_spawn_hook = own_folder
