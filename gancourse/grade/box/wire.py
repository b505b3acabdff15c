"""What passes between the grader and the sandbox: JSON and raw numbers, read with suspicion.

A frame is two lengths, a JSON tree and the bytes of its tensors. Nothing is unpickled, every size
is checked before memory is taken for it, and a frame that is not exactly as described here raises
WireError. Text that comes out of the sandbox is cleaned here, so that nothing behind has to.
Both sides use this file; it imports nothing that the sandbox must not see.
"""

import json
import math
import re
import select
import socket
import struct
import time
from collections.abc import Callable

import torch
from torch import Tensor

from gancourse.check.student import Handle, Odd

LENGTHS = struct.Struct("<II")
MAX_TREE, MAX_BODY = 1 << 20, 64 << 20  # bytes
MAX_ITEMS, MAX_DEPTH, MAX_DIMS = 50_000, 16, 8
_NAMES = ("bool", "uint8", "int8", "int16", "int32", "int64", "float16", "float32", "float64")
DTYPES = {name: getattr(torch, name) for name in _NAMES}
KINDS = ("module", "function", "optimizer")
Until = float | Callable[[], float] | None
MAX_TEXT = 4000  # characters of one text that comes out of the sandbox
# Half characters, control characters, and marks that turn the direction of the text around them.
UNWRITABLE = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)


def clean(text: str, most: int = MAX_TEXT) -> str:
    """Return a text that any file, page or table can hold: at most so many plain characters."""
    return UNWRITABLE.sub("\ufffd", text[:most])


class WireError(Exception):
    """A value that cannot be sent, or bytes that are no frame."""


class Lost(Exception):
    """The other side has gone."""


class TimeUp(Exception):
    """The other side took longer than it may."""


def pack(value: object) -> bytes:
    """Return a frame that holds a value: plain data, CPU tensors, Handle and Odd."""
    blocks: list[bytes] = []
    tree = json.dumps(_tree(value, blocks)).encode()
    body = b"".join(blocks)
    if len(tree) > MAX_TREE or len(body) > MAX_BODY:
        raise WireError("more data than any answer needs")
    return LENGTHS.pack(len(tree), len(body)) + tree + body


def _tree(value: object, blocks: list[bytes]):
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, list | tuple):
        return [_tree(v, blocks) for v in value]
    if isinstance(value, dict):
        return {"d": {name: _tree(v, blocks) for name, v in value.items()}}
    if isinstance(value, Handle):
        return {"h": [value.id, value.kind]}
    if isinstance(value, Odd):
        return {"o": value.what}
    if isinstance(value, Tensor):
        return _tensor_tree(value, blocks)
    raise WireError(f"a {type(value).__name__} cannot be sent")


def _tensor_tree(t: Tensor, blocks: list[bytes]) -> dict:
    name = str(t.dtype).removeprefix("torch.")
    if name not in DTYPES:
        raise WireError(f"a tensor of {name} cannot be sent")
    blocks.append(t.detach().cpu().contiguous().flatten().view(torch.uint8).numpy().tobytes())
    return {"t": [name, list(t.shape)]}


def unpack(tree: bytes, body: bytes, cleaned: bool = False) -> object:
    """Return the value of a frame, its texts cleaned or as they are; WireError for anything else.

    Never trusts what the frame says.
    """
    try:
        data = json.loads(tree)
    except (ValueError, RecursionError) as error:
        raise WireError(f"no JSON ({type(error).__name__})") from None
    reader = _Reader(body, cleaned)
    value = reader.value(data, 0)
    if reader.at != len(body):
        raise WireError("bytes that belong to no tensor")
    return value


class _Reader:
    """Turns a JSON tree and the bytes beside it into a value, within limits."""

    def __init__(self, body: bytes, cleaned: bool):
        self.body, self.at, self.items = body, 0, 0
        self.text = clean if cleaned else str

    def value(self, data: object, depth: int) -> object:
        self.items += 1
        if self.items > MAX_ITEMS or depth > MAX_DEPTH:
            raise WireError("too many or too deep values")
        if isinstance(data, list):
            return [self.value(d, depth + 1) for d in data]
        if isinstance(data, dict):
            return self.marked(data, depth)
        if isinstance(data, str):
            return self.text(data)
        if type(data) is int and not -(2**63) <= data < 2**63:
            raise WireError("a whole number of over 64 bits")
        return data

    def marked(self, data: dict, depth: int) -> object:
        readers = {"d": self.mapping, "t": self.tensor, "h": self.handle, "o": self.odd}
        if len(data) != 1 or next(iter(data)) not in readers:
            raise WireError("an unknown kind of value")
        ((mark, content),) = data.items()
        return readers[mark](content, depth)

    def mapping(self, content: object, depth: int) -> dict:
        if not isinstance(content, dict):
            raise WireError("a mapping that is none")
        return {self.text(name): self.value(v, depth + 1) for name, v in content.items()}

    def handle(self, content: object, depth: int) -> Handle:
        match content:
            case [int(number), str(kind)] if kind in KINDS and type(number) is int and number >= 0:
                return Handle(number, kind)
        raise WireError("a handle that is none")

    def odd(self, content: object, depth: int) -> Odd:
        if not isinstance(content, str):
            raise WireError("a description that is none")
        return Odd(self.text(content))

    def tensor(self, content: object, depth: int) -> Tensor:
        match content:
            case [str(name), list(shape)] if name in DTYPES and _is_shape(shape):
                return self._numbers(DTYPES[name], shape)
        raise WireError("a tensor that is none")

    def _numbers(self, dtype: torch.dtype, shape: list[int]) -> Tensor:
        size = math.prod(shape) * dtype.itemsize
        part = bytearray(self.body[self.at : self.at + size])
        if len(part) != size:
            raise WireError("a tensor with too few bytes")
        self.at += size
        if not part:
            return torch.empty(shape, dtype=dtype)
        if dtype is torch.bool:  # a byte other than 0 and 1 would be no bool
            return torch.frombuffer(part, dtype=torch.uint8).view(shape) != 0
        return torch.frombuffer(part, dtype=dtype).view(shape)


def _is_shape(shape: list) -> bool:
    whole = all(type(n) is int and 0 <= n <= MAX_BODY for n in shape)
    return whole and len(shape) <= MAX_DIMS and math.prod(max(n, 1) for n in shape) <= MAX_BODY


class Channel:
    """One end of a stream socket that carries frames.

    `until` is a time of time.monotonic, or a function that gives one: asked again then, it may give
    a later one. `cleaned` says that texts which come in are not to be trusted.
    """

    def __init__(self, sock: socket.socket, cleaned: bool = False):
        self.sock, self.cleaned = sock, cleaned

    def send(self, value: object, until: Until = None) -> None:
        """Send one frame; raise WireError, TimeUp or Lost."""
        frame = memoryview(pack(value))
        while frame:
            try:
                self.sock.settimeout(_left(until))
                frame = frame[self.sock.send(frame) :]
            except TimeoutError:
                continue  # it may have more time by now
            except OSError:
                raise Lost from None

    def receive(self, until: Until = None) -> object:
        """Return the value of the next frame; raise WireError, TimeUp or Lost."""
        n_tree, n_body = LENGTHS.unpack(self._read(LENGTHS.size, until))
        if n_tree > MAX_TREE or n_body > MAX_BODY:
            raise WireError("a frame larger than any answer needs")
        return unpack(self._read(n_tree, until), self._read(n_body, until), self.cleaned)

    def send_socket(self, sock: socket.socket) -> None:
        """Give the other side a socket; raise Lost."""
        try:
            self.sock.settimeout(5)
            socket.send_fds(self.sock, [b"s"], [sock.fileno()])
        except OSError:
            raise Lost from None

    def receive_socket(self) -> socket.socket:
        """Return the socket that the other side gives; raise Lost."""
        self.sock.settimeout(None)
        _, fds, _, _ = socket.recv_fds(self.sock, 1, 1)
        if not fds:
            raise Lost
        return socket.socket(fileno=fds[0])

    def waiting(self) -> bool:
        """Tell whether something lies there unread, or the other side has gone."""
        return bool(select.select([self.sock], [], [], 0)[0])

    def _read(self, size: int, until: Until) -> bytes:
        data = bytearray()
        while len(data) < size:
            try:
                self.sock.settimeout(_left(until))
                part = self.sock.recv(min(size - len(data), 1 << 16))
            except TimeoutError:
                continue  # it may have more time by now
            except OSError:
                raise Lost from None
            if not part:
                raise Lost
            data += part
        return bytes(data)


def _left(until: Until) -> float | None:
    if until is None:
        return None
    left = (until() if callable(until) else until) - time.monotonic()
    if left <= 0:
        raise TimeUp
    return left
