"""What every JupyterHub of the course shares: a hub's own config file calls `configure(c)`.

    import sys; sys.path.insert(0, "/path/to/hub")
    from course import configure
    configure(c, data="/srv/gancourse/data", cores=1, memory="1.5G")

It says nothing of who may log in, nor of the spawner: those are the hub's.
"""

import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
WELCOME = "/lab/tree/notebooks/00_welcome.ipynb"
IDLE = 3600  # seconds after which a server that nobody uses is ended; the files stay


def configure(
    c,
    data=None,
    cores=1,
    memory="1.5G",
    python=sys.executable,
    culler=sys.executable,
    exchange=None,
):
    """Let each user's server open the course in a working copy of their own.

    `data` is a folder with MNIST's files, read by all; `cores` and `memory` are a user's limits,
    which DockerSpawner, KubeSpawner and SystemdSpawner enforce and local processes do not. PyTorch
    computes on so many threads as there are cores. `python` is that of the environment that has
    the course, as a user's server sees it, `culler` the hub's own. `exchange` is the folder of
    nbgrader's exchange, which all may write: the servers then have nbgrader's pages and its config.
    """
    c.Spawner.cmd = [python, "-m", "gancourse.jupyter.hub"]
    c.Spawner.default_url = WELCOME
    c.Spawner.cpu_limit, c.Spawner.mem_limit = cores, memory
    c.Spawner.start_timeout = c.Spawner.http_timeout = 180  # a whole class at once, on two cores
    c.Spawner.environment.update({"GANCOURSE_DATA": data} if data else {})
    if exchange:  # nbgrader_config.py lies beside this file
        c.Spawner.environment.update({"GANCOURSE_EXCHANGE": exchange, "JUPYTER_CONFIG_PATH": HERE})
    c.JupyterHub.load_roles.extend([{
        "name": "idle-culler",
        "scopes": ["list:users", "read:users:activity", "read:servers", "delete:servers"],
        "services": ["idle-culler"],
    }])  # fmt: skip
    c.JupyterHub.services.extend([{
        "name": "idle-culler",
        "command": [culler, "-m", "jupyterhub_idle_culler", f"--timeout={IDLE}"],
    }])  # fmt: skip
