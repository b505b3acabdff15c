"""What this machine offers, chosen in one place: device, precision, seeds.

Environment variables that override the choice:
`GANCOURSE_DEVICE` (cpu, cuda, mps) and `GANCOURSE_PRECISION` (fp32, bf16). `GANCOURSE_COMPILE=1`
compiles the nets for a GPU; it is off by default because a short run ends before it pays.
`GANCOURSE_THREADS` is how many threads share convolutions and scores on a CPU.
"""

import ctypes
import functools
import hashlib
import os
import platform
import random
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path

import numpy as np
import torch

from gancourse import openmp
from gancourse.errors import InputError, choose
from gancourse.uncompiled import leave_out_compiler

leave_out_compiler()

DEVICES = ("cpu", "cuda", "mps")
PRECISIONS = ("fp32", "bf16")
THREADS = {  # kind of work: threads; from 0 down, how many cores are left to other programs
    # Measured on two cores (tools/bench threads): two threads against one, beside other work.
    "dense": 1,  # points and MLPs: 11 to 260 times slower; with no other work, no faster
    "convolutions": -2,  # a DCGAN: 2 to 20 times slower, however they wait; alone 1.4 times faster
    "scores": 0,  # few long products: no slower where waiting threads sleep soon (openmp.SPINS)
}


def _available(name: str) -> bool:
    if name == "cuda":
        return torch.cuda.is_available()
    return name == "cpu" or torch.backends.mps.is_available()


def device(name: str | None = None) -> torch.device:
    """Return the device to work on: `name`, else `GANCOURSE_DEVICE`, else CUDA, MPS or the CPU.

    Raises InputError for a name that is unknown or that this machine does not have.
    """
    name = str(name or os.environ.get("GANCOURSE_DEVICE") or "")
    if name == "meta":  # shapes without numbers: tests run the loop on it
        return torch.device(name)
    if not name:
        name = next(d for d in ("cuda", "mps", "cpu") if _available(d))
    kind, _, index = name.partition(":")
    choose("device", kind, DEVICES)
    count = torch.cuda.device_count() if kind == "cuda" else 1
    if not _available(kind) or (index and not (index.isdecimal() and int(index) < count)):
        raise InputError(
            f"Device {name!r} was asked for, and PyTorch sees no such one on this machine: "
            "use 'cpu', or see `gancourse doctor`."
        )
    return torch.device(name)


def fast_bf16(on: torch.device) -> bool:
    """Tell whether bf16 is faster than fp32 on this device: whether it has instructions for it.

    Measured: on a CPU with AVX-512 BF16 the MLP and the DCGAN train about twice as fast in bf16.
    """
    if on.type == "cuda":
        return torch.cuda.get_device_capability(on)[0] >= 8
    if on.type == "cpu":
        return torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
    return False


def precision(name: str | None = None, on: torch.device | None = None) -> str:
    """Return "bf16" or "fp32": `name`, else `GANCOURSE_PRECISION`, else what is faster here."""
    name = name or os.environ.get("GANCOURSE_PRECISION")
    if not name:
        return "bf16" if fast_bf16(on or device()) else "fp32"
    return choose("precision", name, PRECISIONS)


def autocast(on: torch.device, kind: str) -> AbstractContextManager:
    """Return the context in which the nets run: bf16 autocast, or nothing for fp32."""
    if kind == "fp32":
        return nullcontext()
    return torch.autocast(on.type, dtype=torch.bfloat16)


def memory_format(on: torch.device) -> torch.memory_format:
    """Return how the nets lie in memory: channels last, except on MPS.

    Measured on two cores: a DCGAN in fp32 trains 1.2 to 1.3 times as fast, and in bf16 the
    convolutions copy nothing. CUDA's tensor cores want it too (PyTorch's own guide).
    """
    return torch.contiguous_format if on.type == "mps" else torch.channels_last


def compiled(net: torch.nn.Module, on: torch.device) -> torch.nn.Module:
    """Return `net`, compiled in place where `GANCOURSE_COMPILE` asks for it.

    "1" means Inductor, another value names a back end of torch.compile. On a CPU it does not pay
    (measured); on CUDA the training plays back whole steps (`train.graphs`) either way.
    """
    backend = os.environ.get("GANCOURSE_COMPILE") or "0"
    if backend == "1":
        net.compile()
    elif backend != "0":
        net.compile(backend=choose("back end", backend, torch.compiler.list_backends(None)))
    return net


def sent(x: torch.Tensor, on: torch.device) -> torch.Tensor:
    """Return a CPU tensor on the device `on`; to a GPU from pinned memory, so that nobody waits."""
    return x.pin_memory().to(on, non_blocking=True) if on.type == "cuda" else x.to(on)


@functools.cache
def keep_memory() -> None:
    """Let the C library keep freed memory for the next step, instead of handing it back each time.

    Activations are freed and asked for again in each step. With glibc's defaults a textbook fp32
    step on two cores spent a third of its time on fresh pages (9,600 page faults a step).
    Without glibc nothing changes.
    """
    if mallopt := _of_glibc("mallopt"):
        M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # malloc.h
        mallopt(M_MMAP_THRESHOLD, 2**30)
        mallopt(M_TRIM_THRESHOLD, 2**31 - 1)


def trim_memory() -> None:
    """Hand back what lies free between the blocks in use, which the C library never does by itself.

    Blocks of many sizes leave gaps that the next ones do not fit into. Without it a DCGAN in bf16
    whose nets mix 5 x 5 convolutions and dropout took half a megabyte more in each step, with
    glibc's own settings too: 8 GB after 17,000.
    """
    if malloc_trim := _of_glibc("malloc_trim"):
        malloc_trim(0)


@functools.cache
def _of_glibc(name: str) -> Callable[..., int] | None:
    """Return a function of the C library that only glibc has; None elsewhere."""
    return getattr(ctypes.CDLL(None), name, None) if sys.platform == "linux" else None


def cores() -> int:
    """Return how many cores this process may use: affinity and a container's quota count."""
    from joblib import cpu_count  # slow to import, and only large work asks

    return cpu_count(only_physical_cores=True)


def processor() -> str:
    """Return the processor's name, for a record of what was measured on it."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    return next(names, "") or platform.processor() or platform.machine()


def given_threads() -> int | None:
    """Return what `GANCOURSE_THREADS` says, at most as many as cores; None where it says nothing.

    Raises InputError where it is no number.
    """
    given = os.environ.get("GANCOURSE_THREADS")
    if given and not (given.isdecimal() and int(given) > 0):
        raise InputError(
            f"GANCOURSE_THREADS is a whole number of at least 1, and {given!r} was given: "
            "give one, or unset it."
        )
    return min(int(given), cores()) if given else None


def kind_of(*players: torch.nn.Module) -> str:
    """Return what kind of work these nets are, of THREADS: convolutions, or dense."""
    layers = (layer for net in players for layer in net.modules())
    conv = torch.nn.modules.conv._ConvNd
    return "convolutions" if any(isinstance(layer, conv) for layer in layers) else "dense"


def threads(kind: str) -> int:
    """Return on how many threads work of this kind, one of THREADS, is computed.

    For what is worth sharing, `GANCOURSE_THREADS` says it, else THREADS, but never more than
    PyTorch's own number. None of it changes from hour to hour: how many threads add up a sum
    decides its last bits, and the same seed gives the same bits.
    """
    count = THREADS[choose("kind of work", kind, THREADS)]
    if count > 0:
        return count
    return given_threads() or min(max(1, cores() + count), _pytorch_threads())


def _pytorch_threads() -> int:
    """Return PyTorch's own number, except in the course's kernels, where 1 is for others' loops."""
    return cores() if os.environ.get(openmp.KERNEL) else torch.get_num_threads()


@contextmanager
def computing(count: int) -> Iterator[None]:
    """Compute on so many threads in this block. Other threads of the process keep theirs."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@contextmanager
def threaded(kind: str) -> Iterator[None]:
    """Compute in this block on as many threads as suit this kind of work, one of THREADS."""
    with computing(threads(kind)):
        yield


def one_thread() -> AbstractContextManager:
    """Return a context that computes on one thread: a few small pictures that a person waits for.

    Measured with the shipped generator on two cores: nine pictures take 3 ms either way, but on one
    occasion of twenty it costs another 10 ms to wake the second thread, whose core the browser
    wants.
    """
    return computing(1)


def seed_generator(seed: int = 0) -> torch.Generator:
    """Return a CPU generator seeded with `seed`; raise InputError when that is no seed."""
    if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed < 2**32:
        raise InputError(
            f"A seed is a whole number from 0 to 2**32 - 1, and {seed!r} was given: give one."
        )
    return torch.Generator().manual_seed(seed)


def seed_everything(seed: int = 0) -> torch.Generator:
    """Seed Python, NumPy and PyTorch, and return a CPU generator with the same seed."""
    generator = seed_generator(seed)
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002  (libraries that use NumPy's global state)
    seed_torch(seed)
    return generator


def seed_torch(seed: int) -> None:
    """Seed PyTorch as `torch.manual_seed` does, and faster where there is no GPU to be seeded.

    For each kind of GPU that is not in use yet that one formats the stack: 0.1 ms, and 1 ms deep
    inside of pytest or a kernel, which a check pays a thousand times.
    """
    if _accelerated():
        torch.manual_seed(seed)
    else:
        torch.default_generator.manual_seed(seed)


@functools.cache
def _accelerated() -> bool:
    """Tell whether PyTorch sees a GPU; asking starts none, so that a process may still fork."""
    counts = torch.cuda.device_count(), torch.xpu.device_count()
    return any(counts) or torch.backends.mps.is_available()


def stir(seed: int) -> str:
    """Seed everything, and draw so that no seed leads back; return `random_digest`."""
    seed_everything(seed)
    random.random()
    np.random.random()  # noqa: NPY002
    torch.rand(())
    return random_digest()


def random_digest() -> str:
    """Return a digest of the random states that `seed_everything` sets: a draw changes it."""
    state = np.random.get_state()  # noqa: NPY002
    parts = repr((random.getstate(), state[2:])).encode(), state[1], torch.get_rng_state()
    return hashlib.sha256(b"".join(bytes(part) for part in parts)).hexdigest()


@contextmanager
def rng_untouched() -> Iterator[None]:
    """Give the global random states of Python, NumPy and PyTorch (CPU) back as they were."""
    states = random.getstate(), np.random.get_state(), torch.get_rng_state()  # noqa: NPY002
    try:
        yield
    finally:
        random.setstate(states[0])
        np.random.set_state(states[1])  # noqa: NPY002
        torch.set_rng_state(states[2])
