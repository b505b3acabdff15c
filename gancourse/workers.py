"""Work that joblib's processes on this machine share, with manners, or those of a Dask cluster.

Grading, sweeps and lesson 12's tables use it. Dask is optional: pip install 'gancourse[cluster]'.
"""

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import cache, partial
from typing import TypeVar

from gancourse.errors import InputError

CLUSTER_SECONDS = 20  # until a scheduler must have answered
WATCH_SECONDS = 0.5  # from one look at the parent to the next
Item, Result = TypeVar("Item"), TypeVar("Result")


def unordered(call: Callable[[Item], Result], items: Iterable[Item], jobs: int) -> Iterator[Result]:
    """Yield `call(item)` of each item as it is done, by so many processes, or by the cluster.

    Ctrl-C is for the process that called, not for those that work. Raises what a call raises, and
    joblib's or Dask's error where a process is killed.
    """
    if _clients:
        yield from _by_cluster(partial(_beside, call), items)
        return
    from multiprocessing import resource_tracker

    from joblib import Parallel, delayed
    from joblib.externals.loky.backend import resource_tracker as loky_tracker

    for tracker in (resource_tracker, loky_tracker):
        tracker.ensure_running()  # its own start lets Ctrl-C through again, so it comes first
    parallel = Parallel(n_jobs=jobs, return_as="generator_unordered")
    with _interrupts_later():
        results = parallel(delayed(partial(_beside, call))(item) for item in items)
    yield from results


_clients: list = []  # Dask's, where `backend` has one


def _by_cluster(call: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
    """Yield results as Dask's workers have them.

    Not through joblib: with a single worker that computes here, in the process that called.
    """
    from distributed import as_completed

    for future in as_completed(_clients[-1].map(call, list(items), pure=False)):
        yield future.result()


def _beside(call: Callable[[Item], Result], item: Item) -> Result:
    """Work in a process beside the one that a person sees: that one alone heeds Ctrl-C.

    Where that one is killed, this one ends: the same command may be started again by then.
    """
    if multiprocessing.parent_process() is not None:
        _end_with(os.getppid())
        with suppress(ValueError):  # a thread of a cluster's worker
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            with suppress(AttributeError):  # Windows
                signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    return call(item)


@cache
def _end_with(parent: int) -> None:
    """End this process when another takes its parent's place."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(WATCH_SECONDS)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


@contextmanager
def _interrupts_later() -> Iterator[None]:
    """Hold Ctrl-C back while processes start, which inherit that: it is heard when they have."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def backend(cluster: str | None) -> Iterator:
    """Let `unordered` use the Dask cluster at this address, or processes here, which end after it.

    Yields Dask's client, or None. Raises InputError where Dask is not installed, or no scheduler
    answers there.
    """
    if not cluster:
        from joblib.externals.loky import get_reusable_executor

        try:
            yield None
        finally:
            get_reusable_executor().shutdown(wait=True)  # and with them what they started
        return
    try:
        from distributed import Client
    except ImportError:
        raise InputError(
            "A cluster needs Dask, which is not installed: pip install 'gancourse[cluster]'."
        ) from None
    try:
        client = Client(cluster, timeout=CLUSTER_SECONDS)
    except (OSError, ValueError) as error:
        raise InputError(f"No Dask scheduler answers at {cluster} ({error}): start one.") from None
    with client:
        _clients.append(client)
        try:
            yield client
        finally:
            _clients.pop()


def one_thread_each(client, cluster: str) -> None:
    """Raise InputError where a worker would train two runs in one process."""
    threads = client.nthreads()
    if not threads or max(threads.values()) > 1:
        given = f"{max(threads.values())} threads in one" if threads else "no worker"
        raise InputError(
            "Runs in one process would draw from one random state, so that each worker has one "
            f"thread, and the cluster at {cluster} has {given}: start its workers with "
            "--nthreads 1."
        )
