"""What a recorder saw of a run, as plain numbers. Lesson 10."""

import json
import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path

from gancourse.errors import InputError
from gancourse.store import write_whole


@dataclass
class Noise:
    """The z that G was given: mean and sd of its numbers, and how different z are in one batch.

    `within` is the spread of z inside of a batch over that of all z: near 1, or 0 for copies;
    `apart` is the largest difference of two numbers of one z.
    """

    mean: float = math.nan
    sd: float = math.nan
    within: float = math.nan
    apart: float = math.inf


def _players() -> dict[str, list[float]]:
    return {"G": [], "D": []}


def _copies() -> dict[str, list[float]]:
    return {"apart": [], "moved": [], "buffers of copy": [], "buffers of G": []}


@dataclass
class Signals:
    """What a recorder saw: plain numbers, by turn where they are lists.

    Lists by turn: `d_loss`, `g_loss`, `largest` (the largest size of a logit so far). Lists by
    measured turn (`at`): `real` and `fake` (mean of D(x), D(G(z))), `auc` (how often D ranks a real
    sample higher), `gradients` (norm by player and layer), `moved` (relative change of a net's
    weights in a turn, by net and by whose optimiser), `carried` (share of a player's gradient that
    is older than its last step), `leaked` (what D's loss left in the gradient that G used, over the
    rest of it; 0 if nothing). By measured step of a player: `arrived` (1 where a gradient had
    reached it), `decay` (weight decay's pull over the gradient's size), `pull` (how the step
    changed D's mean answers). `moved` has each player's own steps a second time, over the weights
    that are not frozen ("G that asks"). Lists by look (`looked`): `fits`, see `probes.fit`.
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
    sight: float = (
        math.nan
    )  # how well D's shape, trained alone, tells real from `probes.lookalikes`
    fresh_sight: float = math.nan  # the same for a small new net
    fresh_judge: float = math.nan  # how well a small new net, trained alone, tells the last fakes
    finite: bool = True  # weights and samples at the end
    owned: dict[str, dict[str, int]] = field(default_factory=dict)  # see `Ledger.count_owned`
    arrived: dict[str, list[float]] = field(default_factory=lambda: {"G": [], "D": []})
    decay: dict[str, list[float]] = field(default_factory=lambda: {"G": [], "D": []})
    pile: tuple[float, float] | None = None  # a value that G often ends at, share of real beyond
    pull: dict[str, list[float]] = field(default_factory=dict)  # see `steps.Effects`
    handed_in: int = 0  # real batches
    batch: int = 0  # real samples in the largest of them
    bad_batch: int | None = None  # the turn of the first real batch that holds NaN or infinity
    repeated: list[float] = field(default_factory=list)  # whether a batch was the one before
    unknown: float = 0.0  # share of D's batches that hold neither real samples nor G's
    outputs: tuple[float, float] | None = None  # the lowest and highest that D gave
    as_logits: list[float] = field(default_factory=list)  # cross-entropy, were they logits
    drawn: str = "G"  # who draws: G; some of what it made, "selected"; "changed"; a "part"; "other"
    far: float = math.nan  # share of G's own samples that those of another net reach
    regions: tuple[int, int] | None = None  # of the real samples: reached, in all
    best: dict[str, float] = field(default_factory=dict)  # the fit of real samples to real ones
    own_regions: tuple[int, int] | None = None  # the same for all of what G made, see `drawn`
    skipped: dict[str, str] = field(default_factory=dict)  # probes that could not run, and why
    # What `answers`, `conditions`, `drawer` and `holdings` see of the program itself.
    cleared: dict[str, list[float]] = field(default_factory=_players)  # gradient came, was gone
    rates: dict[str, list[float]] = field(default_factory=_players)  # the optimiser's, at steps
    asks: dict[str, list[float]] = field(default_factory=_players)  # share of weights not frozen
    stray: dict[str, int] = field(default_factory=dict)  # numbers in use outside of parameters()
    wishes: dict[str, list[float]] = field(default_factory=dict)  # of D's answers, see `answers`
    swapped: list[str] = field(default_factory=list)  # players whose calls use others' weights
    both: list[float] = field(default_factory=list)  # G's pull over D's own, in D's own backward
    linear: float = math.nan  # 1 where D's loss is linear in its answers, 0 where not
    logistic: float = math.nan  # 1 where it is the cross-entropy of logits, with targets 0 and 1
    bounded: str = ""  # what in D's weights bounds its slope
    penalty: dict[str, list[float]] = field(
        default_factory=lambda: {"graph": [], "rows": [], "size": [], "axes": []}
    )  # D's slope at points: with a graph; off 1 by sample; its size; off 1 along an axis
    label_gap: float = math.nan  # how far real samples differ between labels, see `conditions.tied`
    asked: dict[str, int] = field(default_factory=dict)  # labels of G, see `Conditions`
    repeated_z: list[float] = field(default_factory=list)  # whether z was that of the last look
    copy: dict[str, list[float]] = field(default_factory=_copies)  # by look, see `drawer.Drawer`
    modes: dict[str, dict[str, float]] = field(default_factory=dict)  # fit by batch norm's mode
    # What `optimisers` and `shown` see.
    betas: dict[str, list[float]] = field(default_factory=_players)  # Adam's, at the end
    forgot: dict[str, list[float]] = field(default_factory=_players)  # 1: its state was empty
    kept: dict[str, list[float]] = field(default_factory=_players)  # used over booked gradient
    shift: dict[str, list[float]] = field(default_factory=_players)  # from the start, a later turn
    leftover: list[float] = field(default_factory=list)  # G's loss in the gradient that D uses
    crossed: list[float] = field(default_factory=list)  # 1: a step of D on G's loss alone
    heard: dict[str, list[float]] = field(default_factory=dict)  # by kind, see `shown`
    stale: list[float] = field(default_factory=list)  # share of D's fakes that it had seen before
    class_labels: list[float] = field(default_factory=list)  # the same, of a loss of classes
    fake_labels: list[float] = field(default_factory=list)  # share with G's own label
    blind: float = 0.0  # share of a sample's numbers to which D's slope is always 0
    ends: dict[str, str] = field(default_factory=dict)  # what a net ends in: "sigmoid", "tanh"
    even: float = math.nan  # 1 where all answers of a call get one slope, whatever they are
    kinds_apart: list[tuple[float, float]] = field(default_factory=list)  # see shown.kinds_apart
    same_target: list[float] = field(default_factory=list)  # 1: one slope by answer for both kinds
    summed: float = math.nan  # 1 where the loss is a sum over the batch
    width: list[float] = field(default_factory=list)  # of D's answers in a turn: largest - lowest
    nan_from: tuple[int, int] | None = None  # first turn with a NaN answer, 1 if its first was fine
    manner: dict[str, list] = field(default_factory=dict)  # see `manner.Manner`
    drift: float = math.nan  # real samples' spread late over early in the run, at least
    closer: dict[str, list[float]] = field(default_factory=dict)  # see `closer.Closer`
    spoilt: str = ""  # what is done to samples after G, see `conversions`

    def note(self, name: str, value: float) -> None:
        """Append a number to a list of `closer`."""
        self.closer.setdefault(name, []).append(value)

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
        stored = json.loads(Path(path).read_text(encoding="utf-8"))
        if "told" in stored:  # its name in older files
            stored["label_gap"] = stored.pop("told")
        stored |= {name: Noise(**stored[name]) for name in ("training", "sampling")}
        for pair in ("limits", "outputs", "regions", "own_regions", "pile", "nan_from"):
            stored[pair] = stored[pair] and tuple(stored[pair])
        if stored.keys() != {f.name for f in fields(Signals)}:
            raise KeyError("names of other signals")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"{path} does not hold a recorder's signals ({error}): give a file that Signals.save "
            "wrote."
        ) from None
    return Signals(**stored)


def finite(values: Iterable[float]) -> list[float]:
    return [value for value in values if math.isfinite(value)]


def mean(values: Iterable[float], empty: float = math.nan) -> float:
    """Return the mean of the finite values."""
    values = finite(values)
    return sum(values) / len(values) if values else empty


def late(values: list[float], empty: float = math.nan) -> float:
    """Return the mean of the second half of what was measured."""
    return mean(values[len(values) // 2 :], empty)


def middle(values: list[float], empty: float = 0.0) -> float:
    """Return the median of the finite values."""
    values = sorted(finite(values))
    return values[len(values) // 2] if values else empty
