"""One kind of error for everything a user can get wrong, and the sentences for it."""

from collections.abc import Iterable
from difflib import get_close_matches


class InputError(ValueError):
    """Something that the caller gave cannot be used.

    The message is one sentence that names the thing, what was expected, what was given and what to
    do. The command line prints it without a traceback and ends with exit code 2.
    """


def choose(kind: str, name: str, options: Iterable[str]) -> str:
    """Return `name` if it is one of `options`; else raise InputError that lists them."""
    options = sorted(options)
    if name in options:
        return name
    close = get_close_matches(str(name), options, n=1)
    hint = f"did you mean {close[0]!r}?" if close else "choose one of these."
    raise InputError(f"Unknown {kind} {name!r}; there are {', '.join(options)}: {hint}")


def at_least(name: str, value: int, minimum: int) -> int:
    """Return `value` if it is a whole number of at least `minimum`; else raise InputError."""
    if isinstance(value, bool) or not isinstance(value, int) or value < minimum:
        raise InputError(
            f"{name} must be a whole number of at least {minimum}, and {value!r} was given: "
            f"give {minimum} or more."
        )
    return value


def in_a_sentence(error: Exception) -> str:
    """Return what went wrong: the text of an InputError, else the kind of error and its text."""
    text = (str(error).strip().splitlines() or ["no more is known"])[0]
    return text if isinstance(error, InputError) else f"{type(error).__name__}: {text}"[:300]
