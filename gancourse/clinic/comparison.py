"""The end of a recorded run: its samples beside real ones, and what fresh judges say of both."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from gancourse.clinic import probes, ways
from gancourse.clinic.rules import is_poor
from gancourse.clinic.signals import Signals
from gancourse.clinic.watchers import Witness
from gancourse.nets import duplicate

SAMPLES = 256  # in each look, and of real ones beside them
CLEARLY = 0.5  # of precision and coverage together
ENDS = {"sigmoid": (0.0, 1.0), "tanh": (-1.0, 1.0), "relu": (0.0, math.inf)}
WIDEST = 256  # columns of a table
SEES = 0.7  # the area under the curve of a D that sees enough


def outside(x: Tensor, low: float, high: float) -> float:
    """Return the share of numbers that lie clearly outside of these limits."""
    room = 0.02 * (high - low) if high < math.inf else 0.02 * x.std().item()
    return ((x < low - room) | (x > high + room)).double().mean().item()


def spread_out(real: Tensor) -> Tensor:
    """Return SAMPLES of real samples [N, dim], at even steps."""
    return real[torch.linspace(0, len(real) - 1, min(SAMPLES, len(real))).long()]


def distinct(real: Tensor) -> Tensor:
    """Return each row once: between rows that stand there twice no neighbourhood has a size."""
    first = {}
    for i, row in enumerate(probes.rows(real).tolist()):
        first.setdefault(row, i)
    return real[[*first.values()]]


def what_is_compared(looks: list, real: Tensor, changed: bool) -> list[Tensor | None]:
    """Return the samples [N, dim] of each look as they are shown, or as G gave them.

    Those that are changed for people count as G gave them, unless only the others are like real
    ones: a G may give codes or logits that are no samples yet.
    """
    shown, made = [look.x.flatten(1) for look in looks], [look.of_G for look in looks]
    if not changed or made[-1] is None:
        return made if changed else shown
    some = spread_out(distinct(real))
    alike = [
        x.shape[1] == some.shape[1] and bool(x.isfinite().all()) for x in (shown[-1], made[-1])
    ]
    if not all(alike):
        return shown if alike[0] else made
    fits = [probes.fit(x, some) for x in (shown[-1], made[-1])]
    near = [fit["precision"] + fit["coverage"] for fit in fits]
    return shown if near[0] > near[1] + CLEARLY else made


@dataclass
class Comparison:
    """Fills in a run's signals. Each question that cannot be asked costs itself: see `tried`."""

    signals: Signals
    witness: Witness
    tried: Callable[[str, Callable], object]
    layers: Callable[[], list[float]]
    reach: Callable[[], tuple[float, float] | None]

    def compare(self, looks: list[Tensor | None], real: Tensor, own: list[Tensor]) -> None:
        """Hold the samples of each look [N, dim] against real ones [M, dim].

        `own` are G's own samples, for runs that show people those of another net. Fresh judges cost
        more than all else, and are asked only where the samples are unlike the real ones.
        """
        s, dim = self.signals, real.shape[1]
        for x in looks:
            if x is not None and x.shape[1] != dim:
                s.skipped["samples beside real ones"] = (
                    f"a sample has {x.shape[1]} numbers, and a real one {dim}"
                )
        alike = [x is not None and x.shape[1] == dim and x.isfinite().all() for x in looks]
        kept = [x if like else None for x, like in zip(looks, alike, strict=True)]
        unit = self._unit(real)
        some, near = spread_out(real), spread_out(distinct(real)) / unit
        self.tried("samples beside real ones", lambda: self._fit(kept, near, unit))
        last = kept[-1] if kept else None
        if last is None:
            return
        own, others = [x / unit for x in own[-1:]], distinct(real) / unit
        s.regions = self.tried("regions", lambda: probes.reached(last / unit, real / unit))
        s.best = self.tried("real beside real", lambda: probes.best_fit(others, SAMPLES)) or {}
        s.pile = self.tried("where G ends", lambda: probes.pile(last, some))
        if s.drawn in ("other", "selected") and own and own[-1].isfinite().all():
            s.far = self.tried("the other net", lambda: probes.shared(last / unit, own[-1])) or 0.0
            found = self.tried("G's own regions", lambda: probes.reached(own[-1], real / unit))
            s.own_regions = found
        if s.finite:
            self.tried("fresh judges", lambda: self._judge(some, last) if is_poor(s) else None)
            s.end_layers = self.tried("the last layers", self.layers) or []
            s.limits = self.tried("G's limits", self.reach)
        if s.limits:
            s.beyond = outside(some, *s.limits)
        low, high = ENDS.get(s.ends.get("G", ""), (-math.inf, math.inf))
        if low <= last.min() and last.max() <= high:
            s.closer["beyond G's end"] = [outside(some, low, high)]

    def _unit(self, real: Tensor) -> Tensor | float:
        """Note how wide the columns of a table are; return their sd where those lie far apart."""
        s, seen, sd = self.signals, self.witness.seen.get("D"), real.std(0)
        if seen is None or seen.x.dim() != 2 or real.shape[1] > WIDEST or not sd.any():
            return 1.0
        s.closer["columns"] = [sd[sd > 0].quantile(0.1).item(), sd.max().item()]
        return sd.where(sd > 0, 1.0) if ways.unscaled(s) else 1.0

    def _fit(self, looks: list[Tensor | None], real: Tensor, unit: Tensor | float) -> None:
        s = self.signals
        s.fits = [probes.fit(x / unit, real) for x in looks if x is not None]
        s.looked = [turn for turn, x in zip(s.looked, looks, strict=False) if x is not None]
        if looks[0] is not None:
            s.start_spread = s.fits[0]["spread"]

    def _judge(self, real: Tensor, fake: Tensor) -> None:
        """Ask D and small new nets to tell real samples from others, in the shape that D takes."""
        s, seen = self.signals, self.witness.seen.get("D")
        fits = seen is not None and seen.x[0].numel() == real[0].numel()
        shape = seen.x.shape[1:] if fits else real.shape[1:]
        real, fake = (x.view(-1, *shape).to(fake) for x in (real, fake))
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            cloud, fresh = probes.lookalikes(real), probes.judge_for
            sights = self.tried("D alone", lambda: self._sights(real, cloud))
            s.sight = float("nan") if sights is None else max(sights)
            s.fresh_sight = probes.given_time(fresh(real), real, cloud)
            s.fresh_judge = probes.given_time(fresh(real), real, fake)

    def _sights(self, real: Tensor, cloud: Tensor) -> list[float]:
        """Return what D tells apart when it goes on alone, and, if that is little, when it is new.

        `rules.d_too_weak` speaks below SEES.
        """
        D, end = self.witness.nets["D"], self.signals.ends.get("D", "")
        worn = probes.given_time(duplicate(D), real, cloud, end=end)
        if worn >= SEES:
            return [worn]
        return [worn, probes.given_time(probes.renewed(duplicate(D)), real, cloud, end=end)]
