"""nbgrader's exchange on a hub, for teacher and students: /etc/jupyter/nbgrader_config.py of each server.

GANCOURSE_EXCHANGE is the exchange's folder, which every user may write (`hub/course.py` sets it). The
teacher's course folder has a config of its own (`make nbgrader`), which says more and is read later.
"""

import os

c = get_config()  # noqa: F821
c.Exchange.root = os.environ["GANCOURSE_EXCHANGE"]
c.CourseDirectory.course_id = "gancourse"
# Users of a hub may share one account of the system, and nbgrader asks the system who somebody is.
c.CourseDirectory.student_id = os.environ["JUPYTERHUB_USER"]
