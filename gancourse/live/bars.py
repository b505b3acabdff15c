"""How far a long cell is, while it runs; at its end nothing of that is left in the output."""

import sys
from collections.abc import Iterable, Iterator

from gancourse.errors import InputError
from gancourse.live.frontend import frontend


def progress(iterable: Iterable, label: str = "", total: int | None = None) -> Iterator:
    """Yield the items of `iterable`, and show in the page, or on a terminal, how far it is.

    `total` says how many there are where `len` does not know. Where nobody can look, as when a
    notebook is executed to be committed, nothing is shown and nothing is written. Raises InputError
    for what cannot be gone through.
    """
    if not isinstance(iterable, Iterable):
        raise InputError(
            f"progress goes through a list, a range or the like, and {iterable!r} was given: give "
            "something that `for` takes."
        )
    if frontend() == "none" and not sys.stderr.isatty():
        return iter(iterable)
    from tqdm.auto import tqdm  # a widget in a page

    return iter(tqdm(iterable, desc=label, total=total, leave=False))
