"""A hook that cannot cost the run: its errors are noted, and copies of a net do not have it."""

from collections.abc import Callable
from contextlib import nullcontext

INERT = nullcontext().__exit__  # takes what it is given and returns None; pickles everywhere


class Hook:
    """Calls `look`; hands what it raises to `failed`, and returns nothing, which changes nothing.

    In a copy of a net that carries it, or in one that comes back from a file, it does nothing:
    only the net that is trained is watched, and it can be copied and saved whole as without.
    """

    def __init__(self, look: Callable, failed: Callable[[Exception], object]):
        self.look, self.failed = look, failed

    def __call__(self, *given, **named) -> None:
        try:
            self.look(*given, **named)
        except Exception as error:
            self.failed(error)

    def giving(self) -> "Giving":
        """Return a hook of the same look that hands on what it returns."""
        return Giving(self.look, self.failed)

    def __deepcopy__(self, memo: dict) -> Callable:
        return INERT

    def __reduce__(self) -> tuple:
        return getattr, (nullcontext(), "__exit__")


class Giving(Hook):
    """Returns what the look returns, None where it fails."""

    def __call__(self, *given, **named) -> object:
        try:
            return self.look(*given, **named)
        except Exception as error:
            self.failed(error)
            return None
