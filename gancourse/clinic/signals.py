"""A recorder that watches any GAN's training from outside, for `gancourse.diagnose`. Lesson 10.

It sees what goes into G and D and what comes out, the gradients, what each optimiser moves, and the
samples of your own sampling function. It never sees the code, and it never changes the run: random
state, modes and weights are as they were after each look.
"""

import copy
import json
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, fields
from functools import partial
from pathlib import Path

import torch
from torch import Tensor, nn

from gancourse.clinic import probes
from gancourse.errors import InputError
from gancourse.store import write_whole

EVERY, LOOK, SAMPLES, KEPT = 20, 150, 256, 32
BatchNorm = nn.modules.batchnorm._BatchNorm


@dataclass
class Noise:
    """The z that G was given: mean and sd of its numbers, and how different z are in one batch.

    `within` is the spread of z inside of a batch over that of all z: near 1, or 0 for copies.
    """

    mean: float = math.nan
    sd: float = math.nan
    within: float = math.nan


@dataclass
class Signals:
    """What a recorder saw: plain numbers, by turn where they are lists.

    Lists by turn: `d_loss`, `g_loss`, `largest` (the largest size of a logit so far). Lists by
    measured turn (`at`): `real` and `fake` (mean of D(x), D(G(z))), `auc` (how often D ranks a real
    sample higher), `gradients` (norm by player and layer), `moved` (relative change of a net's
    weights in a turn, by net and by whose optimiser), `carried` (share of a player's gradient that
    is older than its last step), `leaked` (what D's loss left in the gradient that G used, over the
    rest of it; 0 if nothing). Lists by look (`looked`): `fits`, see `probes.fit`.
    """

    turns: int = 0
    steps: dict[str, int] = field(default_factory=lambda: {"G": 0, "D": 0})
    d_loss: list[float] = field(default_factory=list)
    g_loss: list[float] = field(default_factory=list)
    largest: list[float] = field(default_factory=list)
    at: list[int] = field(default_factory=list)
    real: list[float] = field(default_factory=list)
    fake: list[float] = field(default_factory=list)
    auc: list[float] = field(default_factory=list)
    gradients: dict[str, dict[str, list[float]]] = field(default_factory=lambda: {"G": {}, "D": {}})
    moved: dict[str, list[float]] = field(default_factory=dict)
    carried: dict[str, list[float]] = field(default_factory=lambda: {"G": [], "D": []})
    leaked: list[float] = field(default_factory=list)
    looked: list[int] = field(default_factory=list)
    fits: list[dict[str, float]] = field(default_factory=list)
    training: Noise = field(default_factory=Noise)  # z in training
    sampling: Noise = field(default_factory=Noise)  # z in the sampling function
    norms: dict[str, int] = field(default_factory=dict)  # batch norm layers, by player
    in_training: dict[str, float] = field(default_factory=dict)  # share of them in training mode
    in_sampling: float = math.nan  # the same for G in the sampling function
    neighbours: float = 0.0  # how far a sample depends on the others drawn with it, 0 to 1
    mixed: float = 0.0  # share of D's batches in training that hold real and fake samples
    mixing: float = 0.0  # by how many sd D's logits of fakes change when real ones are beside them
    limits: tuple[float, float] | None = None  # of what G can give
    beyond: float = 0.0  # share of real values outside of the limits
    order: float = math.nan  # variance of real batch means over that of random batches
    start_spread: float = math.nan  # the first samples' spread over the real one
    start_layers: list[float] = field(default_factory=list)  # see `probes.by_layer`
    end_layers: list[float] = field(default_factory=list)
    sight: float = math.nan  # how well D, trained alone, tells real from `probes.lookalikes`
    fresh_sight: float = math.nan  # the same for a small new net
    fresh_judge: float = math.nan  # how well a small new net, trained alone, tells the last fakes
    finite: bool = True  # weights and samples at the end

    def fit(self) -> dict[str, float]:
        """Return the mean of the last two looks: precision, coverage, spread, closeness."""
        last = self.fits[-2:]
        return (
            {name: sum(fit[name] for fit in last) / len(last) for name in last[0]} if last else {}
        )

    def curves(self) -> dict[str, list[float]]:
        """Return d_loss, g_loss, D(x) and D(G(z)) by turn, as `plots.curves` takes them.

        The last two were measured at some turns; each number holds until the next.
        """
        ends = [*self.at[1:], self.turns]
        held = {
            name: [value for value, at, end in zip(values, self.at, ends, strict=True)
                   for _ in range(end - at)]
            for name, values in (("D(x)", self.real), ("D(G(z))", self.fake))
        }  # fmt: skip
        return {"d_loss": self.d_loss, "g_loss": self.g_loss, **held}

    def save(self, path: str | Path) -> Path:
        """Write the signals to `path` as JSON, whole or not at all."""
        return write_whole(path, json.dumps(asdict(self)).encode())


def load_signals(path: str | Path) -> Signals:
    """Return the signals that `Signals.save` wrote to `path`; raise InputError for other files."""
    try:
        told = json.loads(Path(path).read_text(encoding="utf-8"))
        told |= {name: Noise(**told[name]) for name in ("training", "sampling")}
        told["limits"] = told["limits"] and tuple(told["limits"])
        if told.keys() != {f.name for f in fields(Signals)}:
            raise KeyError("names of other signals")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"{path} does not hold a recorder's signals ({error}): give a file that Signals.save "
            "wrote."
        ) from None
    return Signals(**told)


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

    def tell(self) -> None:
        """Write into the signals what was seen over the whole run."""
        s = self.signals
        s.norms = {who: len(norms) for who, norms in self.norms.items()}
        s.in_training = {who: _mean(modes) for who, modes in self.modes.items()}
        s.mixed, s.mixing = _mean(self.mixed, 0.0), _mean(self.mixing, 0.0)
        s.training = noise_of(self.z)
        s.order = order_of(self.means, self.real)


class Recorder:
    """Watches a run: call `step(d_loss, g_loss)` after each turn of the players, then `finish()`.

    `sample(n)` is the run's own way of drawing n samples for people to look at. Every 20th turn is
    measured, every 150th turn 256 samples are drawn. D must return logits [N].
    """

    def __init__(self, G, D, opt_G, opt_D, sample: Callable[[int], Tensor]):
        self.nets, self.sample = {"G": G, "D": D}, sample
        self.clock, self.signals = Clock(), Signals()
        opts = {"G": opt_G, "D": opt_D}
        self.ledger = Ledger(self.nets, opts, self.clock, self.signals)
        self.witness = Witness(self.nets, self.clock, self.signals)
        self.looks: list[Tensor] = []
        self.sampled: list[Tensor] = []  # z in the sampling function
        self._look()
        self.signals.start_layers = self._layers()

    def step(self, d_loss, g_loss) -> None:
        """Note the end of a turn, with both losses (numbers or scalars)."""
        s, measured = self.signals, self.clock.measured
        s.d_loss.append(float(d_loss))
        s.g_loss.append(float(g_loss))
        s.largest.append(self.witness.largest)
        if measured:
            s.at.append(self.clock.turn)
            self.ledger.close()
        self.witness.close(measured)
        self.clock.turn += 1
        s.turns = self.clock.turn
        if s.turns % LOOK == 0:
            self._look()

    def _look(self) -> None:
        """Draw samples as the run does, and leave no trace of it."""
        self.witness.drawn.clear()
        with self._no_trace(), torch.no_grad():
            x = self.sample(SAMPLES)
        self.looks.append(x.detach().cpu())
        self.signals.looked.append(self.clock.turn)
        if self.witness.drawn:
            self._note_sampling()

    def _note_sampling(self) -> None:
        z, x = (torch.cat(parts) for parts in list(zip(*self.witness.drawn, strict=True))[:2])
        modes = [mode for _, _, mode in self.witness.drawn]
        self.sampled.append(z)
        self.signals.in_sampling = _mean(modes)
        if not _mean(modes) > 0:  # no batch norm in training mode: each sample for itself
            return
        with torch.no_grad():
            alone = twin(self.nets["G"], self).eval()(z)
        change = (alone - x).double().flatten(1).square().sum(1).mean().item()
        self.signals.neighbours = change / (change + probes.spread(x) ** 2 + 1e-12)

    @contextmanager
    def _no_trace(self) -> Iterator[None]:
        G = self.nets["G"]
        modes = [(m, m.training) for m in G.modules()]
        buffers = [(b, b.clone()) for b in G.buffers()]
        self.clock.sampling = True
        with torch.random.fork_rng(devices=[]):
            yield
        self.clock.sampling = False
        for module, mode in modes:
            module.training = mode
        for buffer, old in buffers:
            buffer.copy_(old)

    def _layers(self) -> list[float]:
        return probes.by_layer(twin(self.nets["G"], self), self.sampled[-1]) if self.sampled else []

    def finish(self) -> Signals:
        """Stop watching and return the signals."""
        if self.signals.looked[-1] < self.clock.turn:
            self._look()
        for handle in (*self.ledger.handles, *self.witness.handles):
            handle.remove()
        s, weights = self.signals, [w for ws in self.ledger.weights.values() for w in ws]
        s.finite = (
            all(w.isfinite().all() for w in weights) and self.looks[-1].isfinite().all().item()
        )
        self.witness.tell()
        s.sampling = noise_of(self.sampled)
        if self.witness.real:
            self._compare(torch.cat(self.witness.real))
        return s

    def _compare(self, real: Tensor) -> None:
        """Hold the samples against the real ones that went by, as many of them."""
        s, chosen = self.signals, torch.linspace(0, len(real) - 1, min(SAMPLES, len(real)))
        real = real[chosen.long()]
        looks = [x.flatten(1) if x.isfinite().all() else None for x in self.looks]
        s.fits = [probes.fit(x, real) for x in looks if x is not None]
        s.looked = [turn for turn, x in zip(s.looked, looks, strict=True) if x is not None]
        if looks[0] is not None:
            s.start_spread = s.fits[0]["spread"]
        if s.finite:
            self._try_out(real, self.looks[-1])

    def _try_out(self, real: Tensor, fake: Tensor) -> None:
        s, G, D = self.signals, *(twin(self.nets[who], self) for who in ("G", "D"))
        shaped = real.view(-1, *fake.shape[1:]).to(fake)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            cloud, fresh = probes.lookalikes(shaped), probes.judge_for
            s.sight = probes.given_time(D, shaped, cloud)
            s.fresh_sight = probes.given_time(fresh(shaped), shaped, cloud)
            s.fresh_judge = probes.given_time(fresh(shaped), shaped, fake)
        if self.sampled:
            s.end_layers = self._layers()
            s.limits = probes.reach(G.eval(), self.sampled[-1])
        if s.limits:
            low, high = s.limits
            room = 0.02 * (high - low)
            s.beyond = ((real < low - room) | (real > high + room)).double().mean().item()


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


def _mean(values: list[float], empty: float = math.nan) -> float:
    return sum(values) / len(values) if values else empty


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
