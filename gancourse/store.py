"""Files that are either whole or not there: atomic writing, and safetensors with a clear word.

Tensors go through safetensors, so that opening a stranger's file runs no code.
"""

import errno
import glob
import json
import os
import tempfile
from pathlib import Path

from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from gancourse.errors import InputError

NO_WRITING = (errno.EACCES, errno.EPERM, errno.EROFS)  # rights, or a file system that is read alone

METADATA = "gancourse"  # the one key of a file's own metadata, with ours in it as sorted JSON


def write_whole(path: str | Path, content: bytes) -> Path:
    """Write `content` to `path` so that a reader sees the old file or the new one, never a part."""
    path = Path(path)
    make_folder(path.parent)
    if path.is_dir():
        raise InputError(f"{path} is a folder, and a file was to be written there: name a file.")
    handle, beside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(beside, 0o644)
        os.replace(beside, path)
    except BaseException as error:
        if isinstance(error, OSError) and error.errno and error.filename is None:
            error.filename = str(path)  # a full disk says what it had no room for
        Path(beside).unlink(missing_ok=True)  # Ctrl-C may come after the file took its name
        raise
    return path


def sweep(path: str | Path) -> None:
    """Remove what writers of `path` that were killed have left beside it."""
    path = Path(path)
    for left in path.parent.glob(f".{glob.escape(path.name)}.*"):
        left.unlink(missing_ok=True)


def writable(path: str | Path) -> Path:
    """Return `path` as a folder in which files can be made; InputError where they cannot."""
    path = make_folder(path)
    try:
        with tempfile.TemporaryFile(dir=path):
            return path
    except OSError as error:
        if error.errno not in NO_WRITING:
            raise
        raise InputError(f"{path} cannot be written: no permission; name another folder.") from None


def make_folder(path: str | Path) -> Path:
    """Return `path` as an existing folder; raise InputError where it is, or lies under, a file."""
    path = Path(path)
    try:
        path.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise InputError(
            f"{path} was to be a folder, and it is a file or lies below one: name another folder."
        ) from None
    except OSError as error:
        if error.errno not in NO_WRITING:
            raise
        raise InputError(f"{path} cannot be made: no permission; name another folder.") from None
    return path


def save_tensors(path: str | Path, tensors: dict[str, Tensor], metadata: dict[str, str]) -> Path:
    """Write named tensors and text metadata to a safetensors file, whole or not at all.

    Raises InputError as `tensor_bytes` does.
    """
    return write_whole(path, tensor_bytes(tensors, metadata))


def tensor_bytes(tensors: dict[str, Tensor], metadata: dict[str, str]) -> bytes:
    """Return named tensors and text metadata as a safetensors file's bytes.

    Equal tensors and metadata give equal bytes: safetensors writes several keys in any order, so
    the metadata go into one. Raises InputError for metadata that are not text.
    """
    for name, value in metadata.items():
        if not isinstance(value, str):
            kind = type(value).__name__
            raise InputError(f"The metadata {name!r} must be text, and it is {kind}: use str().")
    on_cpu = {name: t.detach().cpu().contiguous() for name, t in tensors.items()}
    return save(on_cpu, {METADATA: json.dumps(metadata, sort_keys=True)})


def load_tensors(path: str | Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Return (tensors, metadata) of a safetensors file, the metadata sorted by name.

    Raises InputError when there is no such file, or when it is not a whole safetensors file.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"{path} is not a file: give the path of a .safetensors file.")
    try:
        with safe_open(path, framework="pt") as file:
            metadata = _ours(file.metadata() or {})
            return {name: file.get_tensor(name) for name in file.keys()}, metadata  # noqa: SIM118
    except (SafetensorError, OSError, ValueError) as error:
        raise InputError(
            f"{path} is not a whole safetensors file ({_reason(path, error)}): give one that "
            "gancourse wrote."
        ) from None


def _ours(metadata: dict[str, str]) -> dict[str, str]:
    """Return the metadata in a file's own; an older file has a key for each of them."""
    found = json.loads(metadata[METADATA]) if METADATA in metadata else metadata
    if not isinstance(found, dict):
        raise ValueError(f"its metadata {METADATA!r} are no table")
    return dict(sorted(found.items()))


def _reason(path: Path, error: Exception) -> str:
    with path.open("rb") as file:
        start = file.read(2)
    if not start:
        return "it is empty"
    if start[:1] == b"\x80" or start == b"PK":
        return "it looks like a pickle, which could run code"
    return str(error)
