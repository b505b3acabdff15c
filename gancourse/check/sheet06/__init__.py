from gancourse.check.sheet06.train_gan import EXERCISES  # noqa: F401
