"""What a recorder sees of samples and logits: real batches, G's samples, D's answers. Lesson 10.

A real sample is one that the program has handed in as such. What D sees beside those and G's own
samples (noisy ones, points between the two) is neither, and is left alone.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NoReturn

import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

from gancourse.clinic import calls, places, probes
from gancourse.clinic.calls import Call
from gancourse.clinic.clock import Clock
from gancourse.clinic.signals import Noise, Signals, mean
from gancourse.clinic.tally import Tally
from gancourse.errors import InputError
from gancourse.nets import duplicate

KEPT, MOST = 32, 64  # real samples kept of a batch; batches kept of a long run
BATCHES = 8  # of a measured turn that are kept whole
ENOUGH, ERRORS = 128, 2.5  # samples for a spread, and how far it may be off
BatchNorm = nn.modules.batchnorm._BatchNorm


def keep(kept: list, x: object) -> None:
    """Append x; of a long list every other entry goes, so that it never holds more than MOST."""
    kept.append(x)
    if len(kept) > MOST:
        del kept[1::2]


@dataclass
class Real:
    """The real batches that were handed in."""

    signals: Signals
    keys: list[Tensor] = field(default_factory=list)  # of this turn's rows
    batches: list[Tensor] = field(default_factory=list)  # of this turn, [N, dim], if measured
    width: int = 0  # numbers of a sample
    kept: list[Tensor] = field(default_factory=list)
    means: list[tuple[Tensor, int]] = field(default_factory=list)
    last: Tensor | None = None  # keys of the batch before

    def saw(self, batch: Tensor, clock: Clock) -> None:
        """Note a batch [N, ...] of a turn that is looked at."""
        x = batch.detach()
        keys = probes.rows(x)
        if self.last is not None:
            self.signals.repeated.append(float(torch.equal(keys, self.last)))
        self.last, self.width = keys, x[0].numel()
        if clock.measured and not self.keys and x.isfinite().all():
            flat = x.flatten(1).float()
            keep(self.kept, flat[:KEPT].cpu().clone())
            keep(self.means, (flat.double().mean(0).cpu(), len(flat)))
        if clock.measured and len(self.batches) < BATCHES:
            self.batches.append(x.flatten(1).float().clone())
        self.keys.append(keys)

    def end_turn(self) -> None:
        self.keys.clear()
        self.batches.clear()


def nothing(who: str, out: object) -> NoReturn:
    """Raise InputError where what a net gave, or was given, cannot be read."""
    if who == "G" and calls.samples_of(out) is not None:
        raise InputError("G is called without a tensor, so that its z is not seen: hand it z")
    given = [f"{str(x.dtype)[6:]} {list(x.shape)}" for x in calls.tensors(out)]
    wanted = "tensor of real numbers" if who == "G" else "real number for each sample"
    raise InputError(f"{who} gave {', '.join(given) or type(out).__name__}, and no {wanted}")


class Witness:
    """Sees what goes into G and D and what comes out, and which of D's samples are G's."""

    def __init__(
        self,
        nets: dict[str, nn.Module],
        clock: Clock,
        signals: Signals,
        tally: Tally,
        guard: Callable[[str, Callable], Callable],
    ):
        self.nets, self.clock, self.signals, self.tally = nets, clock, signals, tally
        self.norms = {who: _batch_norms(net) for who, net in nets.items()}
        self.real = Real(signals)
        self.calls: list[Call] = []  # of G in this turn
        self.made: list[Tensor] = []  # keys of the rows that came out of them
        self.without_z: list[Tensor] = []  # and of those that G made from no tensor
        self.judged: list[tuple[Call, Tensor, Tensor]] = []  # of D: and which rows are real, fake
        self.drawn: list[Call] = []  # of G, in the sampling function
        self.seen: dict[str, Call] = {}  # the last call of each net in a measured turn
        self.z: list[Tensor] = []
        self.modes = {"G": [], "D": []}
        self.mixed: list[float] = []
        self.mixing: list[float] = []
        self.logits: dict[str, Tensor] = {}
        self.unknown = {"D": 0, "seen": 0}
        # Other watchers: of calls in measured turns and in the sampling function, and, in every
        # turn, of an x for D from which a slope can be asked.
        self.listeners: dict[str, list[Callable]] = {"G": [], "D": []}
        self.on_leaf: Callable[[Tensor], None] | None = None
        # And of each call in the turn before a measured one, with what came out.
        self.ahead: dict[str, list[Callable]] = {"G": [], "D": []}
        self.at: int | str | None = None  # D's argument that is the sample, where another is first
        self.curious = False  # whether they hear of all turns that are not measured
        saw = {"G": guard("what G makes", self._saw_G), "D": guard("what D sees", self._saw_D)}
        self.handles = [
            part.register_forward_hook(saw[who], with_kwargs=True)
            for who, net in nets.items()
            for part in _called(net)
        ]

    def _saw_G(self, net: nn.Module, args: tuple, kwargs: dict, out: object) -> None:
        sampling = self.clock.user == "sampling"
        if not (self.clock.measured or sampling):
            self._tell_ahead("G", args, kwargs, out)
            return
        call = calls.note(args, kwargs, lambda _: calls.samples_of(out))
        if call is None:
            self._tell("G", None, args, kwargs, out)
            made = calls.samples_of(out)
            if made is not None and not sampling:
                self.without_z.append(probes.rows(calls.bare(made)))
            nothing("G", out)
            return
        call.training = _mode(self.norms["G"])
        if sampling:
            self.drawn.append(call)
        else:
            self.seen["G"] = call
            self.calls.append(call)
            self.made.append(probes.rows(call.out))
        self._tell("G", call, args, kwargs, out)

    def _saw_D(self, net: nn.Module, args: tuple, kwargs: dict, out: object) -> None:
        args = _pointed_out(self, args, kwargs)
        if self.clock.user == "training" and self.on_leaf is not None:
            given = calls.looked_at(args, kwargs)
            if given is not None and given[1].requires_grad and given[1].is_leaf:
                self.on_leaf(given[1])
        if not self.clock.measured:
            if self.clock.user == "training":
                self.tally.answer(args, kwargs, out)
                self._tell_ahead("D", args, kwargs, out)
            elif self.clock.user == "sampling":
                self._tell("D", None, args, kwargs, out)
            return
        call = calls.note(args, kwargs, lambda x: calls.logits_of(out, len(x)))
        if call is None:
            self._tell("D", None, args, kwargs, out)
            self._note_lost(args, kwargs, out)
            nothing("D", out)
            return
        self.tally.answers.append(calls.bare(call.out))
        call.out, call.training = call.out.float(), _mode(self.norms["D"])
        (real, at_real), (fake, at_fake) = (
            places.whose(call.x, keys, self.like)
            for keys in (self.real.keys, self.made + self.without_z)
        )
        both = real & fake  # a pack of one of each, or a fake beside a real condition: neither
        for kind, place in (("real", at_real), ("fake", at_fake)) if not both.any() else ():
            if place is not None:  # the samples begin there in wider rows
                self.signals.note(f"{kind} at", float(place))
        real, fake = real & ~both, fake & ~both
        self.judged.append((call, real, fake))
        self.seen["D"] = call
        self._tell("D", call, args, kwargs, out)
        self._note_call(call, real, fake)

    def _tell(self, who: str, call: Call | None, args: tuple, kwargs: dict, out: object) -> None:
        """Hand a call that is looked at, and what was seen of it, to the other watchers."""
        for look in self.listeners[who]:
            look(call, args, kwargs, out)

    def _tell_ahead(self, who: str, args: tuple, kwargs: dict, out: object) -> None:
        for look in self.ahead[who] if self.clock.near or self.curious else ():
            look(args, kwargs, out)

    def _note_lost(self, args: tuple, kwargs: dict, out: object) -> None:
        """Note how many answers came for how many samples, where it is an axis of the sample's."""
        call = calls.note(args, kwargs, lambda _: calls.samples_of(out))
        if call is None:
            return
        n, k = len(call.x), len(call.out)
        handed = {len(batch) for batch in self.real.batches}
        if not 1 < k < n or k not in call.x.shape[1:] or call.x.dim() < 3 or k in handed:
            return
        if n % k or not self._packs(call):
            for what, count in (("answers", k), ("samples", n)):
                self.signals.note(f"{what} of a batch", float(count))

    def _packs(self, call: Call) -> bool:
        """Tell whether D packs a batch itself: another first sample changes some of its answers."""
        D, other = duplicate(self.nets["D"]).eval(), call.x.clone()
        other[0] = call.x[-1]
        with torch.no_grad():
            one, two = (calls.samples_of(call.again(D, x)) for x in (call.x, other))
        changed = (one != two).flatten(1).any(1).sum().item()
        return 0 < changed < len(one)

    @property
    def like(self) -> int:
        """How many numbers a sample has: one of G's, or a real one; 0 where none was seen."""
        return next((c.out[0].numel() for c in self.calls if len(c.out)), 0) or self.real.width

    def whose(self, x: Tensor, keys: list[Tensor]) -> Tensor:
        """Return for each row of x whether it is one of those, bool [N], see `places.whose`."""
        return places.whose(x, keys, self.like)[0]

    def _note_call(self, call: Call, real: Tensor, fake: Tensor) -> None:
        both = bool(fake.any() and real.any())
        if self.norms["D"]:
            self.mixed.append(float(both))
            self.modes["D"].append(call.training)
        if fake.any() or call.on_x:
            shown = probes.rows(call.x.flatten(1)[fake][:, : self.like])
            pairs = zip(self.calls, self.made, strict=True)
            used = [(c, keys) for c, keys in pairs if len(c.x) == len(c.out)]
            there = [c for c, keys in used if torch.isin(shown, keys).any()]
            for made in (there or [c for c, _ in used])[-1:]:
                keep(self.z, made.x.flatten(1).clone())
                self.signals.note("z of a net", float(made.on_x))
                self.modes["G"].append(made.training)
        self.unknown["seen"] += 1
        self.unknown["D"] += not (real.any() or fake.any())
        self._note_ends(call.out)
        if both and self.norms["D"]:
            self.mixing.append(self._alone(call, fake))
        for who, mine in (("real", real), ("fake", fake)):
            if mine.any():
                self.logits.setdefault(who, call.out[mine])  # the first of a turn: D's own

    def _note_ends(self, logit: Tensor) -> None:
        """Note the lowest and the highest that D gave."""
        logit = logit[logit.isfinite()]
        if len(logit):
            ends = torch.stack(logit.aminmax()).tolist()
            low, high = self.signals.outputs or ends
            self.signals.outputs = min(low, ends[0]), max(high, ends[1])

    def _alone(self, call: Call, fake: Tensor) -> float:
        """Return by how many sd D's logits of these fakes change when they come alone."""
        D, made = duplicate(self.nets["D"]), call.out[fake]
        with torch.no_grad():
            shift = calls.logits_of(call.again(D, call.x[fake]), len(made)).float() - made
        return (shift.square().mean().sqrt() / call.out.std().clamp(min=1e-6)).item()

    def close(self) -> None:
        """End a measured turn."""
        seen = dict.fromkeys(("real", "fake", "auc"), math.nan)
        try:
            real, fake = self.logits.get("real"), self.logits.get("fake")
            seen |= {who: x.sigmoid().mean().item() for who, x in self.logits.items()}
            if real is not None and fake is not None:
                seen["auc"] = probes.auc(real, fake)
                as_logits = softplus(-real).mean() + softplus(fake).mean()
                self.signals.as_logits.append(as_logits.item())
        finally:
            for name, value in seen.items():
                getattr(self.signals, name).append(value)
            for kept in (self.calls, self.made, self.without_z, self.judged, self.logits):
                kept.clear()

    def conclude(self) -> None:
        """Write into the signals what was counted over the whole run."""
        s = self.signals
        s.norms = {who: len(norms) for who, norms in self.norms.items()}
        s.in_training = {who: mean(modes) for who, modes in self.modes.items()}
        s.mixed, s.mixing = mean(self.mixed, 0.0), mean(self.mixing, 0.0)
        s.unknown = self.unknown["D"] / max(1, self.unknown["seen"])


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
    flat = every.flatten(1)
    apart = (flat - flat[:, :1]).abs().max().item() if flat.shape[1] > 1 else math.inf
    return Noise(every.mean().item(), every.std().item(), within, apart)


def _called(net: nn.Module) -> list[nn.Module]:
    """Return what is called as this player: the net, or the nets of a list of several."""
    return [*net.children()] if isinstance(net, nn.ModuleList | nn.ModuleDict) else [net]


def _pointed_out(witness: Witness, args: tuple, kwargs: dict) -> tuple:
    """Return D's arguments by place, marked where its sample is not the first: D(y, x)."""
    found = dict(calls.numbers(args, kwargs))
    if len(found) < 2:
        return args
    keys = witness.real.keys + witness.made + witness.without_z
    if witness.at is None and witness.clock.measured and keys:
        known = [place for place, x in found.items()
                 if places.whose(calls.bare(x), keys, witness.like)[0].any()]  # fmt: skip
        if known and known[0] != next(iter(found)):
            witness.at = known[0]
    if witness.at not in found:
        return args
    given = calls.Given(args)
    given.at = witness.at
    return given


def drift_of(real: list[Tensor]) -> float:
    """Return at least how far the last third of real samples kept spreads over the first third.

    The spread is the mean distance to the median of both, none counted for more than one in twenty
    is: outliers have no say in it, and a median of distances would jump between two circles. It is
    taken as large for the first third, and as small for the last, as ERRORS standard errors allow.
    NaN for few samples.
    """
    n = len(real) // 3
    if sum(len(x) for x in real[:n]) < ENOUGH or sum(len(x) for x in real[-n:]) < ENOUGH:
        return math.nan
    early, late = (torch.cat(part).double() for part in (real[:n], real[-n:]))
    centre = torch.cat([early, late]).median(0).values
    far = [(x - centre).norm(dim=1) for x in (early, late)]
    most = torch.cat(far).quantile(0.95)
    early, late = (distances.clamp(max=most) for distances in far)
    off = [ERRORS * distances.std().item() / len(distances) ** 0.5 for distances in (early, late)]
    return max(0.0, late.mean().item() - off[1]) / max(early.mean().item() + off[0], 1e-12)


def order_of(means: list[tuple[Tensor, int]], real: list[Tensor]) -> float:
    """Return the variance of batch means over what it is for random batches: near 1 if shuffled.

    Of few batches it varies: see `supplies.by_chance`.
    """
    if len(means) < 5:
        return math.nan
    n = sum(size for _, size in means) / len(means)
    between = torch.stack([mean for mean, _ in means]).var(0).sum()
    return (n * between / torch.cat(real).double().var(0).sum().clamp(min=1e-12)).item()
