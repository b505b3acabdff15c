"""What a recorder sees: gradients and steps (`Ledger`), samples and logits (`Witness`). Lesson 10.

Both hang on hooks of the nets' weights, calls and optimisers. They look closely at two turns of
every EVERY.
"""

import copy
import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor, nn

from gancourse.clinic import probes
from gancourse.clinic.signals import Noise, Signals, mean

EVERY, KEPT = 20, 32  # turns between two close looks, real samples kept of each
BatchNorm = nn.modules.batchnorm._BatchNorm


@dataclass
class Clock:
    """Which turn it is, and whether to look closely: two turns of every EVERY, one to warm up."""

    turn: int = 0
    sampling: bool = False

    @property
    def near(self) -> bool:
        return self.turn % EVERY < 2 and not self.sampling

    @property
    def measured(self) -> bool:
        return self.turn % EVERY == 1 and not self.sampling


class Ledger:
    """Books every gradient that reaches a weight, and what each optimiser's step moves."""

    def __init__(self, nets: dict[str, nn.Module], opts: dict, clock: Clock, signals: Signals):
        self.nets, self.clock, self.signals = nets, clock, signals
        self.weights = {who: list(net.parameters()) for who, net in nets.items()}
        self.booked = {"G": [], "D": []}  # one dict for each backward since the player's last step
        self.closed = {"G": True, "D": True}
        self.before_D = 0  # how many had reached G when D stepped
        self.moved: dict[str, float] = {}
        self.handles = [*self._on_weights(), *self._on_steps(opts)]

    def _on_weights(self) -> Iterator:
        for who, weights in self.weights.items():
            for i, weight in enumerate(weights):
                yield weight.register_hook(partial(self._book, who, i))

    def _on_steps(self, opts: dict) -> Iterator:
        for who, opt in opts.items():
            yield opt.register_step_pre_hook(partial(self._before, who))
            yield opt.register_step_post_hook(partial(self._after, who))

    def _book(self, who: str, i: int, grad: Tensor) -> None:
        if self.clock.near:
            booked = self.booked[who]
            if self.closed[who] or not booked or i in booked[-1]:
                booked.append({})
                self.closed[who] = False
            booked[-1][i] = grad.detach().clone()

    def _before(self, who: str, *_) -> None:
        self.closed = {"G": True, "D": True}
        if who == "D":
            self.before_D = len(self.booked["G"])
        if self.clock.measured:
            self._audit(who)
            self._note_layers(who)
            self.old = {net: self._flat(net) for net in self.nets}

    def _after(self, who: str, *_) -> None:
        self.signals.steps[who] += 1
        self.booked[who].clear()
        if self.clock.measured:
            for net, old in self.old.items():
                change = (self._flat(net) - old).norm() / old.norm().clamp(min=1e-12)
                key = f"{net} by opt_{who}"
                self.moved[key] = self.moved.get(key, 0.0) + change.item()

    def _flat(self, net: str) -> Tensor:
        return torch.cat([w.detach().flatten() for w in self.weights[net]])

    def _vector(self, who: str, grads: dict[int, Tensor]) -> Tensor:
        found = (grads.get(i) for i in range(len(self.weights[who])))
        pairs = zip(found, self.weights[who], strict=True)
        return torch.cat([(torch.zeros_like(w) if g is None else g).flatten() for g, w in pairs])

    def _audit(self, who: str) -> None:
        """Compare the gradient that the optimiser will use with those that backward has brought."""
        total = self._vector(who, {i: w.grad for i, w in enumerate(self.weights[who])})
        parts = [self._vector(who, grads) for grads in self.booked[who]]
        used, left = probes.matched(total, parts)
        if total.isfinite().all() and total.any():
            self.signals.carried[who].append(left)
            if who == "G":
                self.signals.leaked.append(self._leak(parts[len(parts) - used :]))

    def _leak(self, parts: list[Tensor]) -> float:
        """Return the size of what came before D's step over the rest, where the two are opposed."""
        own = len(self.booked["G"]) - self.before_D or 1  # both backwards before both steps: last
        early, late = parts[:-own], parts[-own:]
        if not early:
            return 0.0
        early, late = sum(early), sum(late)
        against = probes.cosine(early, late) < -0.2
        return (early.norm() / late.norm().clamp(min=1e-30)).item() if against else 0.0

    def _note_layers(self, who: str) -> None:
        kept = self.signals.gradients[who]
        for name, weight in self.nets[who].named_parameters():
            if weight.dim() > 1:
                norm = 0.0 if weight.grad is None else weight.grad.norm().item()
                kept.setdefault(name.removesuffix(".weight"), []).append(norm)

    def close(self) -> None:
        """Note a measured turn's moves."""
        for net in self.nets:
            for who in self.nets:
                key = f"{net} by opt_{who}"
                self.signals.moved.setdefault(key, []).append(self.moved.pop(key, 0.0))


class Witness:
    """Sees what goes into G and D and what comes out, and which of D's samples are G's."""

    def __init__(self, nets: dict[str, nn.Module], clock: Clock, signals: Signals):
        self.nets, self.clock, self.signals = nets, clock, signals
        self.norms = {who: _batch_norms(net) for who, net in nets.items()}
        self.calls: list[tuple[Tensor, Tensor, float]] = []  # of G in this turn: z, sample, mode
        self.drawn: list[tuple[Tensor, Tensor, float]] = []  # the same, in the sampling function
        self.z: list[Tensor] = []
        self.modes = {"G": [], "D": []}
        self.mixed: list[float] = []
        self.mixing: list[float] = []
        self.real: list[Tensor] = []
        self.means: list[tuple[Tensor, int]] = []
        self.logits: dict[str, Tensor] = {}
        self.largest, self.kept = 0.0, False
        self.handles = [
            nets["G"].register_forward_hook(self._saw_G),
            nets["D"].register_forward_hook(self._saw_D),
        ]

    def _saw_G(self, _, args: tuple, x: Tensor) -> None:
        calls = self.drawn if self.clock.sampling else self.calls
        if self.clock.near or self.clock.sampling:
            calls.append((args[0].detach(), x.detach(), _mode(self.norms["G"])))

    def _saw_D(self, _, args: tuple, logit: Tensor) -> None:
        logit = logit.detach().float().flatten()
        self.largest = max(self.largest, logit.abs().max().item())
        if self.clock.measured:
            x = args[0].detach()
            fake = self._whose(x)
            self._note_training(x, fake)
            if len(logit) == len(x):
                self._note_verdict(x, logit, fake)

    def _whose(self, x: Tensor) -> Tensor:
        """Return for each row of x whether G gave it in this turn, bool [N]."""
        if not self.calls:
            return torch.zeros(len(x), dtype=torch.bool)
        keys = [probes.rows(made) for _, made, _ in self.calls]
        return torch.isin(probes.rows(x), torch.cat(keys)).cpu()

    def _note_training(self, x: Tensor, fake: Tensor) -> None:
        both = bool(fake.any() and not fake.all())
        if self.norms["D"]:
            self.mixed.append(float(both))
            self.modes["D"].append(_mode(self.norms["D"]))
        if fake.any():
            used = [call for call in self.calls if len(call[0]) == len(call[1])]
            self.z += [z for z, _, _ in used[-1:]]
            self.modes["G"] += [mode for _, _, mode in used[-1:]]
        if not fake.all():
            self._keep(x[~fake])

    def _keep(self, real: Tensor) -> None:
        real = real.flatten(1).cpu()
        if not self.kept:
            self.kept = True
            self.real.append(real[:KEPT])
            self.means.append((real.double().mean(0), len(real)))

    def _note_verdict(self, x: Tensor, logit: Tensor, fake: Tensor) -> None:
        if fake.any() and not fake.all() and self.norms["D"]:
            self.mixing.append(self._alone(x[fake], logit[fake]))
        for who, mine in (("real", ~fake), ("fake", fake)):
            if mine.any():
                self.logits.setdefault(who, logit[mine])  # the first of a turn: D's own

    def _alone(self, x: Tensor, logit: Tensor) -> float:
        """Return by how many sd D's logits of these fakes change when they come alone."""
        D = twin(self.nets["D"], self)
        with torch.no_grad():
            shift = D(x).float().flatten() - logit
        return (shift.square().mean().sqrt() / logit.std().clamp(min=1e-6)).item()

    def close(self, measured: bool) -> None:
        """End a turn."""
        if measured:
            self._note_means()
        self.calls.clear()
        self.logits.clear()
        self.kept = False

    def _note_means(self) -> None:
        s, real, fake = self.signals, self.logits.get("real"), self.logits.get("fake")
        nothing = real is None or fake is None
        s.real.append(math.nan if real is None else real.sigmoid().mean().item())
        s.fake.append(math.nan if fake is None else fake.sigmoid().mean().item())
        s.auc.append(math.nan if nothing else probes.auc(real, fake))

    def conclude(self) -> None:
        """Write into the signals what was seen over the whole run."""
        s = self.signals
        s.norms = {who: len(norms) for who, norms in self.norms.items()}
        s.in_training = {who: mean(modes) for who, modes in self.modes.items()}
        s.mixed, s.mixing = mean(self.mixed, 0.0), mean(self.mixing, 0.0)
        s.training = noise_of(self.z)
        s.order = order_of(self.means, self.real)


def twin(net: nn.Module, *watchers: object) -> nn.Module:
    """Return a copy of a net without the hooks of those who watch it."""
    watched = [w for watcher in watchers for w in (watcher, *vars(watcher).values())]
    made = copy.deepcopy(net, {id(w): w for w in watched})
    made._forward_hooks.clear()
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
