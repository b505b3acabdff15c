"""What tells a learner's own lines from a library's, and what hash() gives those in a process."""

import builtins
import sys
import sysconfig
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LIBRARIES = (
    str(Path(__file__).parents[1]),
    *(sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")),
    "<frozen",
)


def library(filename: str) -> bool:
    """Tell whether a file belongs to Python, to a library, or to the course."""
    return filename.startswith(LIBRARIES)


@contextmanager
def hashing(process: int | None) -> Iterator[None]:
    """Let hash() in the learner's own lines salt texts as a process of that number does."""
    if process is None:
        yield
        return
    plain = builtins.hash

    def salted(thing: object) -> int:
        if library(sys._getframe(1).f_code.co_filename) or not _salted(thing):
            return plain(thing)
        return plain((process, thing))

    builtins.hash = salted
    try:
        yield
    finally:
        builtins.hash = plain


def _salted(thing: object) -> bool:
    """Tell whether Python salts the hash of a thing: of texts, bytes, and tuples with some."""
    return type(thing) in (str, bytes) or (type(thing) is tuple and any(map(_salted, thing)))
