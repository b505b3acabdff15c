"""Files in the idx format of MNIST, packed with gzip: their numbers, or what is wrong with them."""

import gzip
from zlib import error as ZlibError

import numpy as np
import torch


def unpacked(packed: bytes) -> bytes:
    """Return what a .gz file holds; bytes that are no intact one are returned as they are."""
    try:
        return gzip.decompress(packed)
    except (OSError, EOFError, ZlibError):
        return packed


def numbers(data: bytes) -> torch.Tensor:
    """Return the uint8 tensor in an idx file; layout: 0, 0, 8 (uint8), rank, sizes, values."""
    sizes = np.frombuffer(data, ">i4", count=data[3], offset=4)
    values = np.frombuffer(data, np.uint8, offset=4 + 4 * data[3])
    return torch.from_numpy(values.reshape(sizes).copy())


def flaw(packed: bytes) -> str:
    """Return in words what is wrong with bytes that should have been a known idx .gz file."""
    if not packed:
        return "it is empty"
    try:
        gzip.decompress(packed)
    except EOFError:
        return f"it is cut off after {len(packed)} bytes"
    except (OSError, ZlibError):
        return f"its {len(packed)} bytes are no intact .gz file"
    return "it holds something unknown"
