from gancourse.check.sheet05.d_step import EXERCISES, random_ring  # noqa: F401
