"""What this machine offers, chosen in one place: device, precision, seeds. Never taught.

Environment variables that override the choice:
`GANCOURSE_DEVICE` (cpu, cuda, mps) and `GANCOURSE_PRECISION` (fp32, bf16).
"""

import os
import random
from contextlib import AbstractContextManager, nullcontext

import numpy as np
import torch

from gancourse.errors import InputError, choose

DEVICES = ("cpu", "cuda", "mps")
PRECISIONS = ("fp32", "bf16")


def _available(name: str) -> bool:
    if name == "cuda":
        return torch.cuda.is_available()
    return name == "cpu" or torch.backends.mps.is_available()


def device(name: str | None = None) -> torch.device:
    """Return the device to work on: `name`, else `GANCOURSE_DEVICE`, else CUDA, MPS or the CPU.

    Raises InputError for a name that is unknown or that this machine does not have.
    """
    name = str(name or os.environ.get("GANCOURSE_DEVICE") or "")
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
    torch.manual_seed(seed)
    return generator
