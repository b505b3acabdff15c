from gancourse.check.sheet09.invert import EXERCISES  # noqa: F401
