"""Find a net, a loss or a preset by its name; the write-ups' are looked up only when needed.

`gancourse.writeups` adds to each of these tables and is imported for the first name that is not
in the course's own, so that nobody else waits for it. Never taught.
"""

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from gancourse.errors import choose


def find(kind: str, name: str, own: Mapping[str, Any], table: str) -> Any:
    """Return what `own` has under `name`, or else the table of that name in gancourse.writeups.

    Raises InputError, which lists both, where neither has it.
    """
    if isinstance(name, str) and name in own:
        return own[name]
    known = {**own, **getattr(import_module("gancourse.writeups"), table)}
    return known[choose(kind, name, known)]
