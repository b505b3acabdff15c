"""A recorder that watches any GAN's training from outside, for `gancourse.diagnose`. Lesson 10.

It sees what goes into G and D and what comes out, the gradients, what each optimiser holds and
moves, the real batches that are handed to it, and the samples of your own sampling function. It
never sees the code, and it never changes the run: random state, modes and weights are as they were
after each look. A look that fails costs itself, and is named among what was not looked at.
"""

from collections.abc import Callable, Iterable, Iterator

import torch
from torch import Tensor, nn

from gancourse import machine
from gancourse.clinic import calls, ways
from gancourse.clinic.answers import Answers
from gancourse.clinic.clock import LOOK, Clock
from gancourse.clinic.closer import Closer
from gancourse.clinic.comparison import SAMPLES, Comparison, what_is_compared
from gancourse.clinic.conditions import Conditions
from gancourse.clinic.holdings import Holdings
from gancourse.clinic.hooks import Hook
from gancourse.clinic.ledger import Ledger
from gancourse.clinic.looks import Looks
from gancourse.clinic.manner import Manner
from gancourse.clinic.optimisers import Optimisers
from gancourse.clinic.shown import Shown
from gancourse.clinic.signals import Signals
from gancourse.clinic.steps import Effects
from gancourse.clinic.tally import Tally
from gancourse.clinic.watchers import Witness, drift_of, noise_of, order_of
from gancourse.errors import InputError


class Recorder:
    """Watches a run: `real(x)` for each real batch, `step(d_loss, g_loss)` after each turn.

    `sample(n)` is the run's own way of drawing n samples for people to look at, a tensor or array
    [n, ...]. Some turns are looked at closely (`clock`), every 150th turn 256 samples are drawn;
    `finish()` ends it. One optimiser for both players is fine, and so are G(z, y), a D that returns
    (logit, class) and several steps of a player in a turn. Raises InputError where G or D is no
    module or holds no numbers yet, where an optimiser is none, and where the first batch or the
    first losses are none; later ones cost only themselves.
    """

    def __init__(self, G, D, opt_G, opt_D, sample: Callable[[int], Tensor]):
        _expect(G=G, D=D, opt_G=opt_G, opt_D=opt_D)
        if not callable(sample):
            raise InputError(
                f"Recorder's sample must be a function of n, and {type(sample).__name__} was "
                "given: hand in how your loop draws samples to look at."
            )
        self.nets = {"G": G, "D": D}
        self.clock, self.signals = Clock(), Signals()
        self.tally = Tally(self.signals)
        self.witness = Witness(self.nets, self.clock, self.signals, self.tally, self._guarded)
        opts = {"G": opt_G, "D": opt_D}
        effects = Effects(self.witness, opt_G is opt_D)
        effects = self._guarded("a step's direction", effects.stepped)
        self.ledger = Ledger(self.nets, opts, self.clock, self.signals, self._guarded, effects)
        parts = self.witness, self.ledger, self.signals, self._guarded
        self.answers, self.holdings = Answers(*parts), Holdings(*parts)
        self.conditions = Conditions(self.witness, self.signals, self._guarded)
        self.optimisers = Optimisers(self.ledger, self.signals, self._guarded)
        self.manner = Manner(self.witness, self.ledger, self.signals, self._guarded)
        self.shown = Shown(self.witness, self.answers, self.ledger, self.signals, self._guarded)
        self.closer = Closer(self.witness, self.answers, self.ledger, self.signals, self._guarded)
        self.looks = Looks(sample, self.witness, self.conditions, self._tried)
        self.finished = False
        self.looks.look()
        self.signals.start_layers = self._tried("the first layers", self.looks.layers) or []
        self._tried("gradients", self.ledger.attend)

    def real(self, batch):
        """Note a real batch, a tensor [N, ...] or (tensor, labels), and return it as it is."""
        s, x = self.signals, calls.batch_of(batch)
        if self.finished:
            return batch
        if x is not None and x.dim() > 1:
            s.handed_in += 1
            self._tried("real batches", self._note_real, x)
            return batch
        wrong = InputError(
            "recorder.real takes a batch of real samples, a tensor [N, ...] or a tuple that "
            f"begins with one, and {type(batch).__name__} was given: hand in what D sees."
        )
        if not s.handed_in:
            raise wrong
        self._note_failure("some real batches", wrong)
        return batch

    def _note_real(self, x: Tensor) -> None:
        self.signals.batch = max(self.signals.batch, len(x))
        self.tally.real(x, self.clock.turn)
        self._tried("data written over", self.closer.handed, x)
        if self.clock.near and len(x):
            self.witness.real.saw(x, self.clock)

    def loader(self, batches: Iterable) -> "Batches":
        """Return the same batches, each noted as real when it comes out, as often as you like."""
        return Batches(self, batches)

    def step(self, d_loss, g_loss) -> None:
        """Note the end of a turn, with both losses (numbers or scalars)."""
        if self.finished:
            self.signals.skipped["the turns after finish()"] = "the recorder had been stopped"
            return
        clock, s = self.clock, self.signals
        try:
            self.tally.close(d_loss, g_loss)
        except InputError as wrong:
            if not clock.turn:
                raise
            self._note_failure("some losses", wrong)
        if clock.measured:
            s.at.append(clock.turn)
            self._tried("losses and real batches", self.tally.settle)
            self._tried("what D is shown", self.shown.close)
            self._tried("which terms have weight", self.closer.close)
            self._tried("how samples are prepared", self.manner.close)
            self._tried("what the losses ask of D", self.answers.close)
            self._tried("labels", self.conditions.close)
            self.ledger.close()
            self._tried("what optimisers hold", self.optimisers.close)
            self._tried("what D answers", self.witness.close)
        self.answers.let_go()
        self._tried("data written over", self.closer.end_turn)
        self.shown.ahead.clear()
        self.witness.real.end_turn()
        clock.tick()
        s.turns = clock.turn
        self._tried("gradients", self.ledger.attend)
        if s.turns % LOOK == 0:
            self.looks.look()

    def _tried(self, what: str, look: Callable, *given):
        """Return what a look gives; where it fails, note that, and return None."""
        try:
            return look(*given)
        except Exception as error:
            return self._note_failure(what, error)

    def _note_failure(self, what: str, error: Exception) -> None:
        why = (str(error).splitlines() or ["no reason given"])[0][:200]
        if not isinstance(error, InputError):  # those are sentences already
            why = f"it cannot be tried on this program, {type(error).__name__}: {why}"
        self.signals.skipped.setdefault(what, why)

    def _guarded(self, what: str, look: Callable) -> Hook:
        return Hook(look, lambda error: self._note_failure(what, error))

    @machine.rng_untouched()  # a library that is imported only now may draw
    def finish(self) -> Signals:
        """Stop watching and return the signals."""
        if self.finished:
            return self.signals
        s, witness = self.signals, self.witness
        kept = self.looks.kept
        if not kept or kept[-1].turn < self.clock.turn:
            self.looks.look()
        self.finished = True
        self.ledger.let_go()
        self.answers.let_go()
        for handle in (*self.ledger.handles, *witness.handles):
            handle.remove()
        self.ledger.weights = {who: list(net.parameters()) for who, net in self.nets.items()}
        self.ledger.count_owned()
        self._tried("what the losses ask of D", self.answers.conclude)
        self._tried("what D is shown", self.shown.conclude)
        self._tried("what optimisers hold", self.optimisers.conclude)
        self._tried("units that are copies", self.closer.conclude, self.optimisers.start)
        self._tried("labels", self.conditions.conclude)
        self._tried("weights outside of parameters()", self.holdings.conclude)
        self._tried("losses and real batches", self.tally.settle)
        weights = [w for ws in self.ledger.weights.values() for w in ws]
        s.finite = all(w.isfinite().all() for w in weights) and all(
            look.x.isfinite().all().item() for look in self.looks.kept[-1:]
        )
        self._tried("what went into the nets", witness.conclude)
        for look in self.looks.kept[-1:]:
            self._tried("how samples are prepared", self.manner.conclude, look.x, look.of_G,
                        self.optimisers.start)  # fmt: skip
        s.training = self._tried("z in training", lambda: noise_of(witness.z)) or s.training
        s.sampling = self._tried("z in sampling", lambda: noise_of(self.looks.z)) or s.sampling
        self._tried("the order of real batches", self._note_order)
        self._tried("samples beside real ones", self._compare)
        return s

    def _note_order(self) -> None:
        self.signals.order = order_of(self.witness.real.means, self.witness.real.kept)
        self.signals.drift = drift_of(self.witness.real.kept)
        self.signals.note("narrower", drift_of(self.witness.real.kept[::-1]))

    def _compare(self) -> None:
        """Hold the samples against the real ones, if there are both."""
        s, real, looks = self.signals, self.witness.real.kept, self.looks.kept
        s.looked = [look.turn for look in looks]
        if not s.handed_in:
            s.skipped["real batches"] = "none was handed in with recorder.real"
        if not real or not looks:
            return
        real = ways.as_given(s, torch.cat(real))
        seen = what_is_compared(looks, real, s.drawn == "changed")
        own = [look.of_G for look in looks if look.of_G is not None]
        found = Comparison(s, self.witness, self._tried, self.looks.layers, self.looks.reach)
        found.compare(seen, real, own)
        s.modes = self._tried("batch norm's modes", self.looks.modes, real[:SAMPLES]) or {}


class Batches:
    """A loader's batches, each noted as real; what else the loader can do, it can, too."""

    def __init__(self, recorder: Recorder, batches: Iterable):
        self.recorder, self.batches, self.ahead = recorder, batches, None

    def __iter__(self) -> Iterator:
        return (self.recorder.real(batch) for batch in self.batches)

    def __next__(self):
        self.ahead = self.ahead or iter(self)
        return next(self.ahead)

    def __len__(self) -> int:
        return len(self.batches)

    def __getattr__(self, name: str):
        return getattr(self.batches, name)


def _expect(**parts) -> None:
    for name, part in parts.items():
        wanted = torch.optim.Optimizer if name.startswith("opt") else nn.Module
        if not isinstance(part, wanted):
            raise InputError(
                f"Recorder's {name} must be a {wanted.__module__.split('.')[0]} {wanted.__name__}, "
                f"and {type(part).__name__} was given: hand in what the loop trains with."
            )
        weights = list(part.parameters()) if wanted is nn.Module else []
        if any(w.is_meta or isinstance(w, nn.UninitializedParameter) for w in weights):
            raise InputError(
                f"Recorder's {name} has weights without numbers (on the device meta, or of a lazy "
                "layer that has seen no batch): give it its numbers first."
            )
