"""Files fetched from mirrors: whole and checked, or not there at all.

torchvision does the download and the checksum. What it lacks is added here: an end to waiting for a
server that sends nothing, and a name beside the target until the file is whole.
"""

import os
import shutil
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future, wait
from contextlib import suppress
from functools import partial
from http.client import HTTPException
from pathlib import Path
from tempfile import mkdtemp
from threading import Thread
from urllib.error import HTTPError, URLError

STALL_S = 20.0  # a mirror from which no chunk (32 kB, or the end) comes for so long is given up
REST_S = 60.0  # and not asked again for so long: a lesson has many files and little time

_FAILURES = (RuntimeError, OSError, HTTPException, ValueError)
_resting: dict[str, float] = {}  # mirror: when it may be asked again


class Unavailable(Exception):
    """The files cannot be had; the message says why, as a part of a sentence."""


def download(wanted: dict[str, str], mirrors: Iterable[str], folder: Path) -> None:
    """Return once each wanted file, {name: MD5}, is whole in the folder.

    Raises Unavailable, with what the last mirror did, when no mirror gave one of them.
    """
    for name, md5 in wanted.items():
        _from_any(mirrors, name, md5, folder)


def sweep(folder: Path) -> None:
    """Remove what killed downloads left in the folder: parts to which nothing was added lately."""
    for part in folder.glob(".*.part"):
        with suppress(OSError):  # another process may be faster
            newest = max(path.stat().st_mtime for path in (part, *part.iterdir()))
            if newest < time.time() - 3 * STALL_S:
                shutil.rmtree(part, ignore_errors=True)


def _from_any(mirrors: Iterable[str], name: str, md5: str, folder: Path) -> None:
    why = "it has no mirror"
    for mirror in mirrors:
        try:
            return _from_one(mirror, name, md5, folder)
        except _FAILURES as error:
            why = f"the last mirror, {mirror}, {_failure(error)}"
    raise Unavailable(why)


def _from_one(mirror: str, name: str, md5: str, folder: Path) -> None:
    if time.monotonic() < _resting.get(mirror, 0):
        raise TimeoutError
    try:
        _fetch(mirror + name, md5, folder / name)
    except TimeoutError:
        _resting[mirror] = time.monotonic() + REST_S
        raise


def _fetch(url: str, md5: str, target: Path) -> None:
    from torchvision.datasets.utils import check_integrity, download_url  # slow to import

    part = _part(target)
    try:
        _watched(partial(download_url, url, part, target.name, md5), part / target.name)
        if not check_integrity(target, md5):  # another process may have put it there by now
            os.replace(part / target.name, target)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _part(target: Path) -> Path:
    """Return a new folder beside the target: two processes, or two tries, never share one."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        return Path(mkdtemp(prefix=f".{target.name}.", suffix=".part", dir=target.parent))
    except OSError as error:
        raise Unavailable(f"{target.parent} cannot be written: {error.strerror}") from error


def _watched(job: Callable[[], None], file: Path) -> None:
    """Run the job that writes the file; raise TimeoutError when the file grows no more.

    A thread, since a socket's timeout does not count the look-up of a name or single bytes that
    drip, and starts again for each of a host's addresses. One that is given up ends by itself: its
    folder is gone.
    """
    done, size = Future(), 0
    Thread(target=_settle, args=(done, job), daemon=True).start()
    while not wait([done], STALL_S).done:
        before, size = size, file.stat().st_size if file.exists() else 0
        if size == before:
            raise TimeoutError
    done.result()


def _settle(done: Future, job: Callable[[], None]) -> None:
    try:
        done.set_result(job())
    except Exception as error:
        done.set_exception(error)


def _failure(error: Exception) -> str:
    reason = getattr(error, "reason", error)
    if isinstance(error, HTTPError):
        return f"answered with HTTP {error.code}"
    if isinstance(reason, TimeoutError):
        return f"sent nothing for {STALL_S:g} s"
    if isinstance(error, URLError):
        return f"could not be reached: {reason}"
    if "corrupted" in str(error):  # torchvision's word for a wrong checksum
        return "sent a file whose checksum is wrong"
    return f"failed: {error}"
