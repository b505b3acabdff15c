"""Which net draws the samples that people see, and whether its weights and buffers keep up.

While the sampling function runs, every module that is called is looked at: one with the weights'
shapes of G is a copy of it, an average or an older state. Lesson 10.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from torch.nn.modules.module import register_module_forward_hook

from gancourse.clinic import calls, probes
from gancourse.clinic.aside import undisturbed
from gancourse.clinic.optimisers import MOST
from gancourse.clinic.watchers import Witness
from gancourse.nets import duplicate


def flat(tensors) -> Tensor:
    """Return all numbers of tensors in one row on the CPU, in float64."""
    parts = [t.detach().double().flatten().cpu() for t in tensors if t.is_floating_point()]
    return torch.cat(parts) if parts else torch.zeros(0, dtype=torch.float64)


def apart(a: Tensor, b: Tensor) -> float:
    """Return the distance of two rows of numbers over the size of the first."""
    return ((a - b).norm() / a.norm().clamp(min=1e-12)).item()


class Drawer:
    """Finds the copy of G that draws, and compares it with G at each look."""

    def __init__(self, witness: Witness, tried: Callable):
        self.signals, self.G, self.tried = witness.signals, witness.nets["G"], tried
        self.shapes = [w.shape for w in self.G.parameters()]
        self.small = sum(shape.numel() for shape in self.shapes) <= MOST
        self.net: nn.Module | None = None  # a copy of G, other than G itself
        self.calls: list[calls.Call] = []  # of the copy, at the last look
        self.before: Tensor | None = None  # the copy's weights at the look before
        self.lent: Tensor | None = None  # G's own weights while it drew: others may be put there
        self.parts = {id(m) for m in self.G.modules() if m is not self.G}
        self.inside = False  # whether a part of G was called at the last look
        self.first: dict[str, Tensor] = {}  # buffers at the first look

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Watch every module that is called in this block."""

        def called(*given) -> None:
            self.tried("the net that draws", self._called, *given)

        self.calls, self.lent, self.inside = [], None, False
        handle = register_module_forward_hook(called, with_kwargs=True)
        try:
            yield
        finally:
            handle.remove()

    def _called(self, net: nn.Module, args: tuple, kwargs: dict, out: object) -> None:
        if net is self.G and self.lent is None and self.small:
            self.lent = flat(net.parameters())
        self.inside |= id(net) in self.parts
        if net is self.G or (self.calls and net is not self.net):
            return
        alike = self.shapes and [w.shape for w in net.parameters()] == self.shapes
        if alike and not any(m is self.G for m in net.modules()):
            self.net = net
            call = calls.note(args, kwargs, lambda _: calls.samples_of(out))
            self.calls += [call] if call is not None else []

    def drew(self) -> None:
        """Note how far the copy that has just drawn lies from G, and whether it moves."""
        s = self.signals
        if not self.calls:
            lent, self.lent = self.lent, None
            if lent is not None and (off := apart(flat(self.G.parameters()), lent)):
                s.note("behind", off)
            return
        now, G = flat(self.net.parameters()), flat(self.G.parameters())
        s.copy["apart"].append(apart(G, now))
        pairs = zip(self.net.parameters(), self.G.parameters(), strict=True)
        if all(a.dtype is b.dtype for a, b in pairs):  # rounded weights lie apart, too
            s.note("behind", s.copy["apart"][-1])
        if self.before is not None:
            s.copy["moved"].append(apart(now, self.before))
        self.before = now
        kinds = nn.modules.batchnorm._BatchNorm
        if any(m.training for m in self.net.modules() if isinstance(m, kinds)):
            return  # it draws by the batch, and its running statistics are not in use
        for who, net in (("copy", self.net), ("G", self.G)):
            buffers = flat(net.buffers())
            start = self.first.setdefault(who, buffers)
            if len(buffers):
                s.copy[f"buffers of {who}"].append(apart(buffers, start))

    def modes(self, real: Tensor, made: list[calls.Call]) -> dict[str, dict[str, float]]:
        """Return the fit of the drawing net's samples, with batch norm in each mode: train, eval.

        `made` are G's calls at the last look. Empty where no batch norm is there, or where the
        samples have another shape than the real ones.
        """
        given = self.calls or made
        net = self.net if self.calls else self.G
        kinds = nn.modules.batchnorm._BatchNorm
        if not given or not any(isinstance(m, kinds) for m in net.modules()):
            return {}
        found = {}
        for name, training in (("train", True), ("eval", False)):
            copied = duplicate(net).train(training)
            with undisturbed(copied):
                parts = [calls.samples_of(call.again(copied)) for call in given]
            x = torch.cat([part.float().cpu().flatten(1) for part in parts])
            if x.shape[1] != real.shape[1] or len(x) < 32 or not x.isfinite().all():
                return {}
            found[name] = probes.fit(x, real)
        return found
