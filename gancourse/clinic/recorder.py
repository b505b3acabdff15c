"""A recorder that watches any GAN's training from outside, for `gancourse.diagnose`. Lesson 10.

It sees what goes into G and D and what comes out, the gradients, what each optimiser holds and
moves, the real batches that are handed to it, and the samples of your own sampling function. It
never sees the code, and it never changes the run: random state, modes and weights are as they were
after each look. A look that fails costs itself, and is named among what was not looked at.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import wraps

import torch
from torch import Tensor, nn

from gancourse.clinic import calls, probes
from gancourse.clinic.answers import Answers
from gancourse.clinic.comparison import SAMPLES, Comparison
from gancourse.clinic.conditions import Conditions
from gancourse.clinic.drawer import Drawer
from gancourse.clinic.holdings import Holdings
from gancourse.clinic.ledger import Ledger
from gancourse.clinic.signals import Signals, mean
from gancourse.clinic.steps import Effects, undisturbed
from gancourse.clinic.watchers import Clock, Witness, noise_of, twin
from gancourse.errors import InputError

LOOK = 150  # turns between two looks


class Recorder:
    """Watches a run: `real(x)` for each real batch, `step(d_loss, g_loss)` after each turn.

    `sample(n)` is the run's own way of drawing n samples for people to look at, a tensor or array
    [n, ...]. Every 20th turn is measured, every 150th turn 256 samples are drawn; `finish()` ends
    it. One optimiser for both players is fine, and so are G(z, y), a D that returns (logit, class)
    and several steps of a player in a turn. Raises InputError where G or D is no module, or where
    an optimiser is none.
    """

    def __init__(self, G, D, opt_G, opt_D, sample: Callable[[int], Tensor]):
        _expect(G=G, D=D, opt_G=opt_G, opt_D=opt_D)
        self.nets, self.sample = {"G": G, "D": D}, sample
        self.clock, self.signals = Clock(), Signals()
        self.witness = Witness(self.nets, self.clock, self.signals, self._guarded)
        opts = {"G": opt_G, "D": opt_D}
        effects = Effects(self.witness, opt_G is opt_D)
        effects = self._guarded("a step's direction", effects.stepped)
        self.ledger = Ledger(self.nets, opts, self.clock, self.signals, self._guarded, effects)
        parts = self.witness, self.signals, self._guarded
        self.answers, self.conditions = Answers(*parts, opts), Conditions(*parts)
        self.holdings = Holdings(self.witness, opts, self.signals, self._guarded)
        self.drawer = Drawer(self.witness, self.signals)
        self.looks: list[Tensor] = []
        self.own: list[Tensor] = []  # G's own samples, where other ones are shown to people
        self.sampled: list[Tensor] = []  # z in the sampling function
        self.last_drawn: calls.Call | None = None
        self._look()
        self.signals.start_layers = self._tried("the first layers", self._layers) or []

    def real(self, batch):
        """Note a real batch, a tensor [N, ...] or (tensor, labels), and return it as it is."""
        x = calls.batch_of(batch)
        if x is None or x.dim() < 2:
            raise InputError(
                "recorder.real takes a batch of real samples, a tensor [N, ...] or a tuple that "
                f"begins with one, and {type(batch).__name__} was given: hand in what D sees."
            )
        self._tried("real batches", lambda: self.witness.real.saw(x, self.clock))
        return batch

    def loader(self, batches: Iterable) -> Iterator:
        """Yield the batches of a loader, each noted as real."""
        for batch in batches:
            yield self.real(batch)

    def step(self, d_loss, g_loss) -> None:
        """Note the end of a turn, with both losses (numbers or scalars)."""
        s, measured = self.signals, self.clock.measured
        for losses, loss in ((s.d_loss, d_loss), (s.g_loss, g_loss)):
            losses.append(float(loss.detach() if isinstance(loss, Tensor) else loss))
        s.largest.append(self.witness.largest)
        if measured:
            s.at.append(self.clock.turn)
            self.ledger.close()
            self._tried("what the losses ask of D", self.answers.close)
            self._tried("labels", self.conditions.close)
        self._tried("what D answers", lambda: self.witness.close(measured))
        self.clock.turn += 1
        s.turns = self.clock.turn
        if s.turns % LOOK == 0:
            self._look()

    def _tried(self, what: str, look: Callable):
        """Return what a look gives; where it fails, note that, and return None."""
        try:
            return look()
        except Exception as error:
            return self._note_failure(what, error)

    def _note_failure(self, what: str, error: Exception) -> None:
        why = str(error).splitlines()[0] if str(error) else "no reason given"
        self.signals.skipped.setdefault(what, f"{type(error).__name__}: {why[:200]}")

    def _guarded(self, what: str, look: Callable) -> Callable:
        @wraps(look)
        def tried(*given, **named):
            try:  # and returns nothing: a hook's answer would change the run
                look(*given, **named)
            except Exception as error:
                self._note_failure(what, error)

        return tried

    def _look(self) -> None:
        """Draw samples as the run does, and leave no trace of it."""
        x = self._tried("your samples", self._drawn)
        if x is None:
            return
        self.looks.append(x)
        self.signals.looked.append(self.clock.turn)
        self._tried("who draws the samples", lambda: self._note_drawer(x))
        self._tried("the net that draws", self.drawer.drew)
        self._tried("labels", self.conditions.drew)
        if self.witness.drawn:
            self._tried("z in sampling", self._note_sampling)

    def _drawn(self) -> Tensor:
        self.witness.drawn.clear()
        with self._no_trace(), self.drawer.watching(), torch.no_grad():
            return calls.as_samples(self.sample(SAMPLES))

    def _note_drawer(self, x: Tensor) -> None:
        """Note whether people see what G gives, more than that, or what another net gives."""
        drawn, s = self.witness.drawn, self.signals
        made = torch.cat([c.out.float().cpu().flatten(1) for c in drawn]) if drawn else None
        if made is None:
            s.drawn = "other"
            if self.witness.seen is not None:
                self.own.append(self._of_G())
            return
        shown = x.flatten(1)
        same = made.shape == shown.shape and torch.allclose(made, shown, atol=1e-6)
        part = len(made) > len(shown) and made.shape[1] == shown.shape[1] and bool(
            torch.isin(probes.rows(shown), probes.rows(made)).all()
        )  # fmt: skip
        s.drawn = "G" if same else "selected" if part else "changed"
        self.own.append(shown if same else made)

    def _of_G(self) -> Tensor:
        """Return samples of G itself [n, dim], for the arguments that it had in training."""
        made = self.witness.seen
        with undisturbed(self.witness):
            for m in self.nets["G"].modules():
                m.training = False
            x = calls.samples_of(self.nets["G"](*made.args, **made.kwargs))
            return x.float().cpu().flatten(1)

    def _note_sampling(self) -> None:
        drawn = [c for c in self.witness.drawn if len(c.x) == len(c.out)]
        self.last_drawn = drawn[-1]
        modes = mean([c.training for c in drawn])
        self.sampled.append(torch.cat([c.x.flatten(1) for c in drawn]))
        self.signals.in_sampling = modes
        if not modes > 0:  # no batch norm in training mode: each sample for itself
            return
        G = twin(self.nets["G"]).eval()
        with torch.no_grad():
            alone = torch.cat([calls.samples_of(G(*c.args, **c.kwargs)) for c in drawn])
        x = torch.cat([c.out for c in drawn])
        change = (alone - x).double().flatten(1).square().sum(1).mean().item()
        self.signals.neighbours = change / (change + probes.spread(x) ** 2 + 1e-12)

    @contextmanager
    def _no_trace(self) -> Iterator[None]:
        was, self.clock.sampling = self.clock.sampling, True
        try:
            with undisturbed(self.witness):
                self.clock.still = False
                yield
        finally:
            self.clock.sampling = was

    def _G(self) -> tuple[nn.Module, Callable[[Tensor], Tensor]]:
        """Return a copy of G, and what gives its samples for z with the arguments last drawn."""
        G, call = twin(self.nets["G"]), self.last_drawn

        def run(z: Tensor) -> Tensor:
            args, kwargs = call.on(z)
            return calls.samples_of(G(*args, **kwargs))

        return G, run

    def _layers(self) -> list[float]:
        return probes.by_layer(*self._G(), self.last_drawn.x) if self.last_drawn else []

    def _reach(self) -> tuple[float, float] | None:
        if self.last_drawn is None:
            return None
        G, run = self._G()
        G.eval()
        return probes.reach(run, self.last_drawn.x)

    def finish(self) -> Signals:
        """Stop watching and return the signals."""
        s = self.signals
        if not s.looked or s.looked[-1] < self.clock.turn:
            self._look()
        watchers = self.ledger, self.witness, self.answers, self.conditions, self.holdings
        for handle in (handle for watcher in watchers for handle in watcher.handles):
            handle.remove()
        self.ledger.count_owned()
        self._tried("what the losses ask of D", self.answers.conclude)
        self._tried("labels", self.conditions.conclude)
        self._tried("weights outside of parameters()", self.holdings.conclude)
        weights = [w for ws in self.ledger.weights.values() for w in ws]
        s.finite = all(w.isfinite().all() for w in weights) and all(
            x.isfinite().all().item() for x in self.looks[-1:]
        )
        self._tried("what went into the nets", self.witness.conclude)
        s.sampling = self._tried("z in sampling", lambda: noise_of(self.sampled)) or s.sampling
        kept = self.witness.real.kept
        if not s.handed_in:
            s.skipped["real batches"] = "none was handed in with recorder.real"
        elif kept and self.looks:
            found = Comparison(s, self.witness, self._tried, self._layers, self._reach)
            own = self.own if s.drawn == "changed" else [x.flatten(1) for x in self.looks]
            found.compare(own, torch.cat(kept), self.own)
            real, made = torch.cat(kept)[:SAMPLES], self.witness.drawn
            s.modes = self._tried("batch norm's modes", lambda: self.drawer.modes(real, made)) or {}
        return s


def _expect(**parts) -> None:
    for name, part in parts.items():
        wanted = torch.optim.Optimizer if name.startswith("opt") else nn.Module
        if not isinstance(part, wanted):
            raise InputError(
                f"Recorder's {name} must be a {wanted.__module__.split('.')[0]} {wanted.__name__}, "
                f"and {type(part).__name__} was given: hand in what the loop trains with."
            )
