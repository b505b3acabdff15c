"""Stands in for gancourse.check inside the sandbox: every check does nothing there.

The real one, which knows the references and the hidden parts, is not visible to student code.
"""


def _nothing(*args, **kwargs) -> None:
    return None


def __getattr__(name: str):
    if name.startswith("__"):
        raise AttributeError(name)
    return _nothing
