"""Many runs at once: presets, settings and seeds, each combination a run; one table. Lesson 14.

`plan` says which runs there are, `runs` carries one out, `table` puts them together. joblib shares
them among processes, or a Dask cluster does.
"""

from gancourse.sweep.command import sweep
from gancourse.sweep.plan import Task, planned

__all__ = ["Task", "planned", "sweep"]
