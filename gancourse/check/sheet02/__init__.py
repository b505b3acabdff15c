from gancourse.check.sheet02.slope_of_c import EXERCISES  # noqa: F401
