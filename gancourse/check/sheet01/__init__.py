from gancourse.check.sheet01.g_slopes import EXERCISES  # noqa: F401
