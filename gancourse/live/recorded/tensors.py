"""What PyTorch does to recorded numbers, seen below autograd and vmap, goes on the tape."""

from contextlib import contextmanager

import numpy as np
import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

from gancourse.live.recorded.tape import RecordingError, Tape
from gancourse.live.recorded.traced import Traced, ref

SAME = {name: name for name in (
    "add", "sub", "mul", "div", "neg", "abs", "exp", "log", "tanh", "sigmoid", "relu", "softplus",
    "logaddexp", "gt", "ge", "lt", "le", "eq", "ne", "where", "maximum", "minimum", "sqrt",
)}  # fmt: skip
OPS = SAME | {"pow": "pow", "bitwise_and": "mul", "logical_and": "mul", "logit": "logit"}
MOVES = {"view", "slice", "select", "unsqueeze", "expand", "cat", "stack", "unbind", "detach", "t",
         "transpose", "permute", "split", "squeeze", "_unsafe_view", "clone", "lift_fresh", "alias",
         "reshape"}  # fmt: skip
FLAT = {"zeros_like", "ones_like", "full_like"}


class Seen:
    """Which tensors of a run are recorded, by identity."""

    def __init__(self, tape: Tape):
        self.tape, self._found = tape, {}
        self.lost: dict[int, Tensor] = {}  # by identity: came with a recorded one, such as indices

    def note(self, tensor: Tensor, node: int) -> Tensor:
        self._found[id(tensor)] = (tensor, node)
        return tensor

    def knows(self, value) -> bool:
        return isinstance(value, Tensor) and id(value) in self._found

    def node(self, value) -> int:
        """Return a value's node: a recorded one's, that of a list that holds some, a constant's."""
        listed = value if isinstance(value, list | tuple) else ()
        if any(self.knows(v) or isinstance(v, Traced) for v in listed):
            nodes = [self.node(v) for v in value]
            return self.tape.structure(nodes, [()] * len(nodes), np.stack)
        if self.knows(value):
            return self._found[id(value)][1]
        if isinstance(value, Traced):
            return value.node
        return self.tape.constant(value.detach().numpy() if isinstance(value, Tensor) else value)


class Operations(TorchDispatchMode):
    """Write each operation on a recorded tensor on the tape; refuse what cannot be replayed."""

    def __init__(self, seen: Seen):
        super().__init__()
        self.seen, self.tape, self.reading = seen, seen.tape, False

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        out = function(*args, **kwargs)
        flat = [a for arg in args for a in (arg if isinstance(arg, list | tuple) else [arg])]
        if any(id(a) in self.seen.lost for a in flat):
            raise RecordingError("where a value stood cannot be replayed")
        if any(map(self.seen.knows, flat)) and not self.reading:
            self._record(function.overloadpacket.__name__, args, kwargs, out)
        return out

    def _record(self, name: str, args, kwargs, out) -> None:
        if name in MOVES or name == "_to_copy":
            self._move(name, args, kwargs, out)
        elif name in FLAT and self.seen.node(args[0]) not in self.tape.ragged:
            pass  # a constant
        elif (made := getattr(self, f"_{name.lstrip('_')}", None)) or name in OPS:
            if kwargs.get("alpha", 1) != 1 or kwargs.get("rounding_mode"):
                raise RecordingError(f"torch's {name} with {kwargs} cannot be replayed")
            node = made(*args, **kwargs) if made else self._plainly(OPS[name], args)
            first, *others = out if isinstance(out, tuple) else (out,)
            self.seen.note(first, node)
            self.seen.lost |= {id(other): other for other in others}
        else:
            raise RecordingError(f"torch's {name} cannot be replayed")

    def _plainly(self, name: str, args) -> int:
        settled = args[:1] if name == "softplus" else args[:3]
        return self.tape.node(name, [self.seen.node(a) for a in settled])

    def _move(self, name: str, args, kwargs, out) -> None:
        first = args[0]
        many = isinstance(first, list | tuple)
        tensors = list(first) if many else [first]
        nodes = [self.seen.node(t) for t in tensors]
        if name == "_to_copy":
            if tensors[0].is_floating_point() and not out.is_floating_point():
                raise RecordingError("a recorded number is rounded by its type")
            self.seen.note(out, nodes[0])
            return
        if name in ("detach", "clone", "alias", "lift_fresh"):
            self.seen.note(out, nodes[0])
            return
        operation = getattr(torch.ops.aten, name)

        def arrange(places):
            given = [torch.from_numpy(p.copy()) for p in places]
            moved = operation(given if many else given[0], *args[1:], **kwargs)
            return [m.numpy() for m in moved] if isinstance(moved, list | tuple) else moved.numpy()

        found = self.tape.structure(nodes, [t.shape for t in tensors], arrange)
        pairs = zip(out, found, strict=True) if isinstance(found, list) else [(out, found)]
        for tensor, node in pairs:
            self.seen.note(tensor, node)

    def _rsub(self, x, y, alpha=1) -> int:
        return self.tape.node("sub", [self.seen.node(y), self.seen.node(x)])

    def _log_sigmoid_forward(self, x) -> int:
        return self.tape.node("logsigmoid", [self.seen.node(x)])

    def _softplus_backward(self, grad, x, beta, threshold) -> int:
        slope = self.tape.node("sigmoid", [self.seen.node(x)])
        return self.tape.node("mul", [self.seen.node(grad), slope])

    def _threshold_backward(self, grad, x, threshold) -> int:
        on = self.tape.node("gt", [self.seen.node(x), self.tape.constant(threshold)])
        return self.tape.node("where", [on, self.seen.node(grad), self.tape.constant(0.0)])

    def _sum(self, x, dims=None, keepdim=False, dtype=None) -> int:
        return self._reduce("sum", x, dims, keepdim)

    def _max(self, x, dims=None, keepdim=False) -> int:
        return self._reduce("max", x, dims, keepdim)

    def _mean(self, x, dims=None, keepdim=False, dtype=None) -> int:
        node = self.seen.node(x)
        if node in self.tape.ragged:
            raise RecordingError("the mean of what has no fixed length")
        axes = range(x.ndim) if dims is None else dims
        n = int(np.prod([x.shape[a] for a in axes]))
        total = self._reduce("sum", x, dims, keepdim)
        return self.tape.node("div", [total, self.tape.constant(n)])

    def _reduce(self, op: str, x, dims, keepdim: bool) -> int:
        if keepdim:
            raise RecordingError("keepdim cannot be replayed")
        axes = range(x.ndim) if dims is None else [d % x.ndim for d in dims]
        return self.tape.node(op, [self.seen.node(x)], sorted(axes))

    def _any(self, x, dim=None, keepdim=False) -> int:
        if x.dtype != torch.bool:
            raise RecordingError("any() of numbers cannot be replayed")
        return self._reduce("max", x, None if dim is None else [dim], keepdim)

    def _bitwise_not(self, x) -> int:
        if x.dtype != torch.bool:
            raise RecordingError("the bits of a number cannot be replayed")
        return self.tape.node("sub", [self.tape.constant(1.0), self.seen.node(x)])

    def _kthvalue(self, x, k, dim=-1, keepdim=False) -> int:
        if dim % x.ndim != x.ndim - 1 or keepdim:
            raise RecordingError("kthvalue along another axis than the last cannot be replayed")
        return self.tape.node("kth", [self.seen.node(x)], k - 1)

    def _cumsum(self, x, dim) -> int:
        if dim % x.ndim != x.ndim - 1:
            raise RecordingError("cumsum along another axis than the last cannot be replayed")
        return self.tape.node("cumsum", [self.seen.node(x)])

    def _searchsorted(self, line, x, **options) -> int:
        return self.tape.node("searchsorted", [self.seen.node(line), self.seen.node(x)])

    def _index(self, x, indices) -> int:
        (index,) = indices
        if index is None or index.ndim != 1:
            raise RecordingError("such an index cannot be replayed")
        if index.dtype == torch.bool:
            node = self.tape.node("compress", [self.seen.node(x), self.seen.node(index)])
            self.tape.ragged.add(node)
            return node
        return self.tape.node("index", [self.seen.node(x), self.seen.node(index)])

    def _local_scalar_dense(self, x) -> int:
        raise RecordingError("a recorded tensor is turned into a plain number")


class Calls(TorchFunctionMode):
    """Let recorded numbers pass into PyTorch's functions, and out of them by item() and numpy()."""

    def __init__(self, operations: Operations):
        super().__init__()
        self.operations, self.seen = operations, operations.seen

    def __torch_function__(self, function, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        name = getattr(function, "__name__", "")
        if name in ("item", "numpy") and args and self.seen.knows(args[0]):
            return Traced(self.seen.tape, self._read(args[0]), self.seen.node(args[0]))
        if name in ("tolist", "__array__") and self.seen.knows(args[0]):
            raise RecordingError("a recorded tensor is turned into plain numbers")
        if name == "cdist" and any(map(self.seen.knows, args)):
            if len(args) != 2 or kwargs.get("p", 2) != 2 or any(a.ndim != 2 for a in args):
                raise RecordingError("only Euclidean distances of rows are replayed")
            apart = args[0][:, None] - args[1][None]
            return (apart * apart).sum(2).sqrt()
        if name in ("tensor", "as_tensor"):
            return self._tensor(function, args, kwargs)
        given = [self._tensor_of(a) if isinstance(a, Traced) else a for a in args]
        kwargs = {k: self._tensor_of(v) if isinstance(v, Traced) else v for k, v in kwargs.items()}
        return function(*given, **kwargs)

    def _read(self, tensor: Tensor) -> np.ndarray:
        self.operations.reading = True
        found = tensor.detach().numpy()
        self.operations.reading = False
        return found

    def _tensor(self, function, args, kwargs):
        first = args[0]
        inside = isinstance(first, list | tuple) and any(isinstance(a, Traced) for a in first)
        if inside:
            node = ref(self.seen.tape, first)
            value = [a.value.item() if isinstance(a, Traced) else a for a in first]
            return self.seen.note(function(value, *args[1:], **kwargs), node)
        if isinstance(first, Traced):
            return self._tensor_of(first).to(kwargs.get("dtype", torch.float64))
        return function(*args, **kwargs)

    def _tensor_of(self, number: Traced) -> Tensor:
        made = torch.from_numpy(np.array(number.value, dtype=np.float64))
        return self.seen.note(made, number.node)


@contextmanager
def recorded_tensors(tape: Tape):
    """Record what PyTorch does to the numbers of `tape` inside of the block."""
    operations = Operations(Seen(tape))
    with operations, Calls(operations):
        yield operations.seen
