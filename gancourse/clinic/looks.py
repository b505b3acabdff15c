"""Draws of the run's own samples, and whether they are what G gives. Lesson 10."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor, nn

from gancourse.clinic import calls, conversions, probes
from gancourse.clinic.aside import undisturbed
from gancourse.clinic.comparison import SAMPLES
from gancourse.clinic.conditions import Conditions
from gancourse.clinic.drawer import Drawer
from gancourse.clinic.signals import mean
from gancourse.clinic.watchers import Witness, keep
from gancourse.nets import duplicate


@dataclass
class Look:
    """A draw of the run's own samples [n, ...], and what G gave then, if that is known."""

    turn: int
    x: Tensor
    of_G: Tensor | None = None  # [n, dim]


class Looks:
    """Draws samples as the run does, and leaves no trace of it."""

    def __init__(self, sample: Callable, witness: Witness, labels: Conditions, tried: Callable):
        self.sample, self.witness, self.tried = sample, witness, tried
        self.labels, self.drawer = labels, Drawer(witness, tried)
        self.nets, self.clock, self.signals = witness.nets, witness.clock, witness.signals
        self.kept: list[Look] = []  # the first and the last two
        self.z: list[Tensor] = []
        self.drawn: list[calls.Call] = []  # of G, at the last look
        self.last_drawn: calls.Call | None = None

    def look(self) -> None:
        """Draw samples as the run does, and leave no trace of it."""
        x = self.tried("your samples", self._drawn)
        if x is None:
            return
        self.signals.skipped.pop("your samples", None)  # of an earlier look
        look = Look(self.clock.turn, x)
        self.kept = [*self.kept[:1], *self.kept[1:][-1:], look]
        self.tried("who draws the samples", lambda: self._note_drawer(look))
        self.tried("the net that draws", self.drawer.drew)
        self.tried("labels", lambda: self.labels.drew(self.drawn))
        if self.drawn:
            self.tried("z in sampling", self._note_sampling)

    def _drawn(self) -> Tensor:
        self.witness.drawn.clear()
        with (
            self.clock.used_by("sampling"),
            undisturbed(self.sample, *self.nets.values()),
            self.drawer.watching(),
        ):
            x = calls.as_samples(self.sample(SAMPLES)).clone()
        self.drawn = [*self.witness.drawn]
        self.witness.drawn.clear()
        return x

    def _note_drawer(self, look: Look) -> None:
        """Note whether people see what G gives, more than that, or what another net gives."""
        drawn, x, s = self.drawn, look.x.flatten(1), self.signals
        made = torch.cat([c.out.float().cpu().flatten(1) for c in drawn]) if drawn else None
        if made is None:
            s.drawn = "part" if self.drawer.inside else "other"  # a decoder in G, say
            look.of_G = self._of_G()
            return
        same = made.shape == x.shape and torch.allclose(made, x, atol=1e-6)
        part = len(made) > len(x) and made.shape[1] == x.shape[1] and bool(
            torch.isin(probes.rows(x), probes.rows(made)).all()
        )  # fmt: skip
        s.drawn = "G" if same else "selected" if part else "changed"
        whole = torch.cat([c.out.float().cpu() for c in drawn])
        real = torch.cat(self.witness.real.kept) if self.witness.real.kept else None
        s.spoilt = conversions.spoilt(whole, look.x, real) if s.drawn == "changed" else ""
        look.of_G = x if same else made

    def _of_G(self) -> Tensor | None:
        """Return samples of G itself [n, dim], for the arguments that it had in training."""
        if "G" not in self.witness.seen:
            return None
        with self.clock.used_by("recorder"), undisturbed(*self.nets.values()):
            for m in self.nets["G"].modules():
                m.training = False
            x = calls.samples_of(self.witness.seen["G"].again(self.nets["G"]))
            return x.float().cpu().flatten(1).clone()

    def _note_sampling(self) -> None:
        drawn = [c for c in self.drawn if len(c.x) == len(c.out)]
        self.last_drawn = drawn[-1]
        modes = mean([c.training for c in drawn])
        keep(self.z, torch.cat([c.x.flatten(1) for c in drawn]))
        self.signals.in_sampling = modes
        if not modes > 0:  # no batch norm in training mode: each sample for itself
            return
        G = duplicate(self.nets["G"]).eval()
        with torch.no_grad():
            alone = torch.cat([calls.samples_of(c.again(G)) for c in drawn])
        x = torch.cat([c.out for c in drawn])
        change = (alone - x).double().flatten(1).square().sum(1).mean().item()
        self.signals.neighbours = change / (change + probes.spread(x) ** 2 + 1e-12)

    def _G(self) -> tuple[nn.Module, Callable[[Tensor], Tensor]]:
        """Return a copy of G, and what gives its samples for z with the arguments last drawn."""
        G, call = duplicate(self.nets["G"]), self.last_drawn
        return G, lambda z: calls.samples_of(call.again(G, z))

    def layers(self) -> list[float]:
        """Return what is left of z after each layer of G, see `probes.by_layer`."""
        return probes.by_layer(*self._G(), self.last_drawn.x) if self.last_drawn else []

    def reach(self) -> tuple[float, float] | None:
        """Return the limits of what G can give, in training and to draw, see `probes.reach`."""
        if self.last_drawn is None:
            return None
        G, ends = duplicate(self.nets["G"]).eval(), []
        for call in (self.last_drawn, self.witness.seen.get("G") or self.last_drawn):
            with self.clock.used_by("recorder"):
                run = partial(call.again, G)
                ends.append(probes.reach(lambda z, run=run: calls.samples_of(run(z)), call.x))
        if None in ends:
            return None
        return min(low for low, _ in ends), max(high for _, high in ends)

    def modes(self, real: Tensor) -> dict[str, dict[str, float]]:
        """Return the fit of the samples with batch norm in each mode, see `Drawer.modes`."""
        return self.drawer.modes(real, self.drawn)
