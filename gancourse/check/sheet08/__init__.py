from gancourse.check.sheet08.both_steps import EXERCISES  # noqa: F401
