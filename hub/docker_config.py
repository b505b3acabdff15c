"""JupyterHub with DockerSpawner: a container of hub/Dockerfile's image for each user."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from course import configure

c = get_config()  # noqa: F821
configure(c, data="/srv/data", python="python")
c.JupyterHub.spawner_class = "docker"
c.JupyterHub.hub_ip = "172.17.0.1"  # Docker's usual bridge: containers reach the hub there
c.DockerSpawner.image = "gancourse"
c.DockerSpawner.volumes = {
    "gancourse-{username}": "/home/jovyan",
    "/srv/gancourse/data": {"bind": "/srv/data", "mode": "ro"},
}
c.DockerSpawner.remove = True  # the container; the volume keeps the user's files
