"""What the kernel says of a process and of all below it: how many, their memory, their time."""

import os
from contextlib import suppress
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100
PAGE = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096


def cpu_seconds(first: int) -> float:
    """Return the processor time of a process, of all below it and of those it waited for."""
    return sum(map(_ticks, descendants(first))) / TICKS


def _ticks(pid: int) -> int:
    """Return a process's own ticks and those of its children that were waited for."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    return sum(map(int, fields[11:15]))


def descendants(first: int) -> list[int]:
    """Return a process and all below it, by number."""
    found, todo = [], [first]
    while todo and len(found) < 4096:
        pid = todo.pop()
        found.append(pid)
        for thread in _threads(pid):
            with suppress(OSError):
                todo += map(int, Path(f"/proc/{pid}/task/{thread}/children").read_text().split())
    return found


def _threads(pid: int) -> list[str]:
    try:
        return os.listdir(f"/proc/{pid}/task")
    except OSError:  # a process may end at any moment
        return []


def held(first: int, exact: bool) -> int:
    """Return the bytes of memory that a process and all below it hold.

    The exact way gives each process its share of what it shares with others; the other way counts
    that once for each process, which is never too little, and cheap.
    """
    return sum((_share if exact else _resident)(pid) for pid in descendants(first))


def _resident(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE
    except (OSError, IndexError):
        return 0


def _share(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))
