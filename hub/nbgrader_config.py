"""nbgrader's exchange on a hub, for teacher and students: a copy is in /etc/jupyter of each server.

GANCOURSE_EXCHANGE is the exchange's folder, which every user may write (`course.py` sets it). The
teacher's course folder has a config of its own (`make nbgrader`), which is read later.
"""

import os

c = get_config()  # noqa: F821
c.Exchange.root = os.environ["GANCOURSE_EXCHANGE"]
c.CourseDirectory.course_id = "gancourse"
# Users of a hub may share one account of the system, and nbgrader asks the system who somebody is.
c.CourseDirectory.student_id = os.environ["JUPYTERHUB_USER"]
