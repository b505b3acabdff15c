"""The Littlest JupyterHub: link this file into /opt/tljh/config/jupyterhub_config.d.

The course is installed into the users' environment: sudo -E pip install "gancourse[lab,hub]".
"""

import sys

sys.path.insert(0, "/srv/gancourse/hub")  # the folder of course.py
from course import configure

c = get_config()  # noqa: F821
configure(c, data="/srv/gancourse/data", python="/opt/tljh/user/bin/python")
