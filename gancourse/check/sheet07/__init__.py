from gancourse.check.sheet07.batch_norm import EXERCISES  # noqa: F401
