from gancourse.check.sheet03.cross_entropy import EXERCISES  # noqa: F401
