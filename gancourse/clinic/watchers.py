"""What a recorder sees of samples and logits: real batches, G's samples, D's answers. Lesson 10.

A real sample is one that the program has handed in as such. What D sees beside those and G's own
samples (noisy ones, points between the two) is neither, and is left alone. Two turns of every EVERY
are looked at closely.
"""

import copy
import math
from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

from gancourse.clinic import calls, probes
from gancourse.clinic.calls import Call
from gancourse.clinic.signals import Noise, Signals, mean

EVERY, KEPT = 20, 32  # turns between two close looks, real samples kept of each
BatchNorm = nn.modules.batchnorm._BatchNorm


@dataclass
class Clock:
    """Which turn it is, and whether to look closely: two turns of every EVERY, one to warm up.

    While `still`, the recorder itself is using the nets.
    """

    turn: int = 0
    sampling: bool = False
    still: bool = False

    @property
    def near(self) -> bool:
        return self.turn % EVERY < 2 and not self.sampling and not self.still

    @property
    def measured(self) -> bool:
        return self.turn % EVERY == 1 and not self.sampling and not self.still


@dataclass
class Real:
    """The real batches that were handed in."""

    signals: Signals
    keys: list[Tensor] = field(default_factory=list)  # of this turn's rows
    batches: list[Tensor] = field(default_factory=list)  # of this turn
    kept: list[Tensor] = field(default_factory=list)
    means: list[tuple[Tensor, int]] = field(default_factory=list)
    last: Tensor | None = None  # keys of the batch before

    def saw(self, batch: Tensor, clock: Clock) -> None:
        """Note a batch [N, ...]; of NaN in it always, the rest in turns that are looked at."""
        s, x = self.signals, batch.detach()
        s.handed_in += 1
        s.batch = max(s.batch, len(x))
        if s.bad_batch is None and not x.isfinite().all():
            s.bad_batch = clock.turn
        if not clock.near:
            return
        keys = probes.rows(x)
        if self.last is not None:
            s.repeated.append(float(torch.equal(keys, self.last)))
        self.last = keys
        self.keys.append(keys)
        self.batches.append(x)
        if clock.measured and len(self.batches) == 1 and x.isfinite().all():
            flat = x.flatten(1).float().cpu()
            self.kept.append(flat[:KEPT])
            self.means.append((flat.double().mean(0), len(flat)))

    def close(self) -> None:
        """End a turn."""
        self.keys.clear()
        self.batches.clear()


class Witness:
    """Sees what goes into G and D and what comes out, and which of D's samples are G's."""

    def __init__(
        self,
        nets: dict[str, nn.Module],
        clock: Clock,
        signals: Signals,
        guard: Callable[[str, Callable], Callable],
    ):
        self.nets, self.clock, self.signals = nets, clock, signals
        self.norms = {who: _batch_norms(net) for who, net in nets.items()}
        self.real = Real(signals)
        self.calls: list[Call] = []  # of G in this turn
        self.judged: list[tuple[Call, Tensor, Tensor]] = []  # of D: and which rows are real, fake
        self.drawn: list[Call] = []  # of G, in the sampling function
        self.seen: Call | None = None  # the last of G in training
        self.seen_D: Call | None = None
        self.z: list[Tensor] = []
        self.modes = {"G": [], "D": []}
        self.mixed: list[float] = []
        self.mixing: list[float] = []
        self.outputs: list[Tensor] = []  # D's, a few of each measured turn
        self.logits: dict[str, Tensor] = {}
        self.largest = 0.0
        self.unknown = {"D": 0, "seen": 0}
        saw = {"G": guard("what G makes", self._saw_G), "D": guard("what D sees", self._saw_D)}
        self.handles = [
            net.register_forward_hook(saw[who], with_kwargs=True) for who, net in nets.items()
        ]

    def _saw_G(self, _, args: tuple, kwargs: dict, out: object) -> None:
        if not (self.clock.near or self.clock.sampling) or self.clock.still:
            return
        z, x = calls.looked_at(args, kwargs), calls.samples_of(out)
        if z is None or x is None:
            return
        seen = self.drawn if self.clock.sampling else self.calls
        mode = _mode(self.norms["G"])
        seen.append(Call(args, kwargs, z[0], z[1].detach(), x.detach(), x.requires_grad, mode))
        if seen is self.calls:
            self.seen = seen[-1]

    def _saw_D(self, _, args: tuple, kwargs: dict, out: object) -> None:
        if self.clock.still or self.clock.sampling:
            return
        x = calls.looked_at(args, kwargs)
        logit = None if x is None else calls.logits_of(out, len(x[1]))
        if logit is None:
            return
        logit = logit.detach().float()
        self.largest = max(self.largest, logit.abs().max().item())
        if self.clock.measured:
            graph, mode = x[1].requires_grad, _mode(self.norms["D"])
            call = Call(args, kwargs, x[0], x[1].detach(), logit, graph, mode)
            real, fake = self._whose(call.x, self.real.keys), self._whose(call.x, self._made())
            self.judged.append((call, real, fake))
            self.seen_D = call
            self._note_call(call, real, fake)

    def _made(self) -> list[Tensor]:
        return [probes.rows(call.out) for call in self.calls]

    def _whose(self, x: Tensor, keys: list[Tensor]) -> Tensor:
        """Return for each row of x whether it is one of those, bool [N].

        A row of a pack is, where all that are packed in it are; a row to which something was
        appended, a label say, is, where its beginning is.
        """
        none = torch.zeros(len(x), dtype=torch.bool)
        like = next((c.out[0].numel() for c in self.calls), 0) or next(
            (b[0].numel() for b in self.real.batches), 0
        )
        if not keys or not like:
            return none
        keys, flat = torch.cat(keys), x.flatten(1)
        wide = flat.shape[1]
        if wide == like:
            return torch.isin(probes.rows(flat), keys).cpu()
        if wide > like and wide % like == 0:
            packed = torch.isin(probes.rows(flat.reshape(-1, like)), keys)
            if packed.any():
                return packed.view(len(x), -1).all(1).cpu()
        return torch.isin(probes.rows(flat[:, :like]), keys).cpu() if wide > like else none

    def _note_call(self, call: Call, real: Tensor, fake: Tensor) -> None:
        both = bool(fake.any() and real.any())
        if self.norms["D"]:
            self.mixed.append(float(both))
            self.modes["D"].append(call.training)
        if fake.any() or call.graph:
            used = [c for c in self.calls if len(c.x) == len(c.out)]
            self.z += [c.x.flatten(1) for c in used[-1:]]
            self.modes["G"] += [c.training for c in used[-1:]]
        self.unknown["seen"] += 1
        self.unknown["D"] += not (real.any() or fake.any())
        self.outputs.append(call.out[:KEPT])
        if both and self.norms["D"]:
            self.mixing.append(self._alone(call, fake))
        for who, mine in (("real", real), ("fake", fake)):
            if mine.any():
                self.logits.setdefault(who, call.out[mine])  # the first of a turn: D's own

    def _alone(self, call: Call, fake: Tensor) -> float:
        """Return by how many sd D's logits of these fakes change when they come alone."""
        D = twin(self.nets["D"])
        args, kwargs = call.on(call.x[fake])
        with torch.no_grad():
            shift = calls.logits_of(D(*args, **kwargs), int(fake.sum())).float() - call.out[fake]
        return (shift.square().mean().sqrt() / call.out.std().clamp(min=1e-6)).item()

    def close(self, measured: bool) -> None:
        """End a turn."""
        if measured:
            self._note_means()
        self.calls.clear()
        self.judged.clear()
        self.logits.clear()
        self.real.close()

    def _note_means(self) -> None:
        s, real, fake = self.signals, self.logits.get("real"), self.logits.get("fake")
        nothing = real is None or fake is None
        s.real.append(math.nan if real is None else real.sigmoid().mean().item())
        s.fake.append(math.nan if fake is None else fake.sigmoid().mean().item())
        s.auc.append(math.nan if nothing else probes.auc(real, fake))
        if not nothing:
            s.as_logits.append((softplus(-real).mean() + softplus(fake).mean()).item())

    def conclude(self) -> None:
        """Write into the signals what was seen over the whole run."""
        s = self.signals
        s.norms = {who: len(norms) for who, norms in self.norms.items()}
        s.in_training = {who: mean(modes) for who, modes in self.modes.items()}
        s.mixed, s.mixing = mean(self.mixed, 0.0), mean(self.mixing, 0.0)
        s.training = noise_of(self.z)
        s.order = order_of(self.real.means, self.real.kept)
        s.unknown = self.unknown["D"] / max(1, self.unknown["seen"])
        if self.outputs:
            every = torch.cat(self.outputs)
            every = every[every.isfinite()]
            if len(every):
                s.outputs = (every.min().item(), every.max().item())


def twin(net: nn.Module) -> nn.Module:
    """Return a copy of a net that nobody watches."""
    made = copy.deepcopy(net)
    made._forward_hooks.clear()
    made._forward_hooks_with_kwargs.clear()
    return made


def _batch_norms(net: nn.Module) -> list[nn.Module]:
    return [layer for layer in net.modules() if isinstance(layer, BatchNorm)]


def _mode(norms: list[nn.Module]) -> float:
    """Return the share of batch norm layers in training mode; NaN where there are none."""
    return sum(norm.training for norm in norms) / len(norms) if norms else math.nan


def noise_of(batches: list[Tensor]) -> Noise:
    """Return mean and sd of the numbers in batches of z [N, z_dim], and the spread in one."""
    if not batches:
        return Noise()
    every = torch.cat(batches).double()
    inside = torch.stack([z.double().var(0).mean() for z in batches if len(z) > 1]).mean()
    within = (inside / every.var(0).mean().clamp(min=1e-12)).sqrt().item()
    return Noise(every.mean().item(), every.std().item(), within)


def order_of(means: list[tuple[Tensor, int]], real: list[Tensor]) -> float:
    """Return the variance of batch means over what it is for random batches: near 1 if shuffled."""
    if len(means) < 5:
        return math.nan
    n = sum(size for _, size in means) / len(means)
    between = torch.stack([mean for mean, _ in means]).var(0).sum()
    return (n * between / torch.cat(real).double().var(0).sum().clamp(min=1e-12)).item()
