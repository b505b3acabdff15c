"""How far a long cell is, while it runs; at its end nothing of that is left in the output."""

import sys
from collections.abc import Iterable, Iterator

from gancourse.errors import InputError
from gancourse.live.frontend import frontend

EMPTY = {"text/html": "", "text/plain": ""}


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
    options = {"iterable": iterable, "desc": label, "total": total, "leave": False}
    if frontend() == "none" and not sys.stderr.isatty():
        return iter(iterable)
    return _in_a_page(options) if frontend() != "none" and _has_kernel() else _on_a_line(options)


def _has_kernel() -> bool:
    ipython = sys.modules.get("IPython")
    return getattr(ipython.get_ipython() if ipython else None, "kernel", None) is not None


def _on_a_line(options: dict) -> Iterator:
    from tqdm import tqdm

    return iter(tqdm(**options))


def _in_a_page(options: dict) -> Iterator:
    """Show the bar in a place of its own, which is empty afterwards: a saved page has no bar."""
    from IPython.display import display
    from tqdm.notebook import tqdm

    bar = tqdm(**options, display=False)
    place = display(bar.container, display_id=True)
    try:
        yield from bar
    finally:
        place.update(EMPTY, raw=True)
