"""A recorder that watches any GAN's training from outside, for `gancourse.diagnose`. Lesson 10.

It sees what goes into G and D and what comes out, the gradients, what each optimiser moves, and the
samples of your own sampling function. It never sees the code, and it never changes the run: random
state, modes and weights are as they were after each look.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor

from gancourse.clinic import probes
from gancourse.clinic.signals import Signals, mean
from gancourse.clinic.watchers import Clock, Ledger, Witness, noise_of, twin

LOOK, SAMPLES = 150, 256  # turns between two looks, samples in each


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
        self.signals.in_sampling = mean(modes)
        if not mean(modes) > 0:  # no batch norm in training mode: each sample for itself
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
        self.witness.conclude()
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
