from gancourse.check.sheet10.turn import EXERCISES  # noqa: F401
