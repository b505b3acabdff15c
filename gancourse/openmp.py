"""What OpenMP reads once, when PyTorch is imported: so it is set before. Standard library only.

Threads that wait for each other spin for a while before they sleep. With libgomp's 300,000 turns,
some milliseconds, they hold on to cores that other programs want.
"""

from collections.abc import MutableMapping

KERNEL = "GANCOURSE_KERNEL"  # set where OMP_NUM_THREADS is for the loops in a notebook alone
SPINS = "10000"  # turns before a waiting thread sleeps; `python tools/bench threads` measures them


def sleep_sooner(environment: MutableMapping[str, str]) -> None:
    """Let waiting threads sleep after SPINS turns, unless the environment says how they wait."""
    if not environment.get("OMP_WAIT_POLICY"):
        environment.setdefault("GOMP_SPINCOUNT", SPINS)


def choose_threads(environment: MutableMapping[str, str]) -> None:
    """Let loops in a notebook compute on one thread, unless `OMP_NUM_THREADS` says on how many.

    Their nets are small: see `gancourse.machine.THREADS`, by which the course computes its own. A
    kernel's environment says so, because a library that is imported must not.
    """
    sleep_sooner(environment)
    if not environment.get("OMP_NUM_THREADS"):
        environment |= {"OMP_NUM_THREADS": "1", KERNEL: "1"}
