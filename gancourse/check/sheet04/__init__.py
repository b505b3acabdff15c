from gancourse.check.sheet04.d_step_r1 import EXERCISES  # noqa: F401
