"""Facts about the players that were seen as such: who is stepped, what arrives, which way it goes.

Each returns its evidence, or None. Where something could not be looked at, it says nothing.
"""

import math

from gancourse.clinic.signals import Signals, finite, late, mean, middle
from gancourse.clinic.wishes import FEW, MOST, MOVES, agreed, asked_of_real, telling_or_all

Found = str | None  # evidence
BEYOND = 1e4  # logits of this size are divergence
LATE = 0.05  # late in the run, as below
LONG = 0.4  # a step, over the size of the weights
LEARNED = 0.05  # D's way over the size of its weights, from which its ranks say something
UNBOUNDED = ("addmm", "mm", "linear", "convolution")  # ends of a D that may say any number
Names = ("G", "D")


def elsewhere(s: Signals, who: str) -> bool:
    """Tell whether a player goes on moving without a step of the optimiser that was handed in."""
    return not s.steps[who] and len(s.shift[who]) > 1 and s.shift[who][1] > 0


def not_stepped(s: Signals) -> Found:
    for who in Names:
        if s.turns >= 20 and not s.steps[who] and not elsewhere(s, who):
            return f"opt_{who} was never stepped in {s.turns} turns"
    return None


def not_owned(s: Signals) -> Found:
    if any(owned["other"] for owned in s.owned.values()):
        return None  # they went to the wrong optimiser: see `rules.wrong_weights`
    for who, owned in s.owned.items():
        if owned["nobody"] and who not in s.swapped:
            return f"{owned['nobody']} of {owned['all']} weights of {who} are in no optimiser"
    for who, stray in s.stray.items():
        if stray:
            return (
                f"{who} computes with {stray} weights that are not in {who}.parameters(), of a "
                "plain list perhaps, or of a net before it: they are in neither optimiser and have "
                "not moved"
            )
    return None


def own(s: Signals) -> list[str]:
    """Return the players that compute with weights of their own, as `functional_call` does not."""
    return [who for who in Names if who not in s.swapped]


def frozen(s: Signals) -> Found:
    for who in own(s):
        asks = s.asks[who]
        held = s.owned.get(who, {}).get("own", 1)
        if len(asks) >= 3 and max(asks) == 0 and held:
            return (
                f"opt_{who} takes its steps, and all weights of {who} are frozen before each of "
                "them: requires_grad is False"
            )
    return None


def cleared(s: Signals) -> Found:
    for who in own(s):
        gone = s.cleared[who]
        if len(gone) >= 3 and mean(gone) > 0.8:
            return (
                f"a gradient reaches {who} in each turn, and is 0 again when opt_{who} steps: "
                "it was cleared between backward and step"
            )
    return None


def rate_falls(s: Signals) -> Found:
    """A learning rate is below a hundredth of its largest from there on, for half of the run."""
    for who in Names:
        rates = s.rates[who]
        if len(rates) < FEW or not s.at:
            continue
        top = max(rates)
        last = max(i for i, rate in enumerate(rates) if rate >= 0.01 * top)
        turns = [*turns_of(s, len(rates)), s.turns]
        turn = turns[min(last + 1, len(rates))]
        if turn < s.turns / 2:
            return (
                f"opt_{who}'s learning rate falls from {top:g} to {rates[-1]:.1e}; from about "
                f"turn {turn} of {s.turns} on it is below a hundredth of that"
            )
    return None


def rate_below_zero(s: Signals) -> Found:
    for who in Names:
        below = [rate for rate in s.rates[who] if rate < 0]
        if below:
            return (
                f"opt_{who}'s learning rate is below zero, {min(below):.1e}, in {len(below)} of "
                f"{len(s.rates[who])} measured steps: they go up the loss"
            )
    return None


def turns_of(s: Signals, n: int) -> list[int]:
    """Return the turn of each of n things that were noted at steps, as often in each turn.

    Measured turns lie closer at the start of a run.
    """
    return [s.at[i * len(s.at) // n] for i in range(n)]


def pace(s: Signals, who: str) -> float:
    """Return the relative change of a player's weights in one of its own steps; 0 if unknown."""
    steps = s.steps[who] / max(1, s.turns)
    return late(s.moved.get(f"{who} by opt_{who}", []), 0.0) / max(steps, 1e-9)


def travelled(s: Signals, who: str, key: str = "{0} by opt_{0}") -> float:
    """Return the length of a player's way in the whole run, over the size of its weights."""
    moves = s.moved.get(key.format(who), [])
    ends = [*s.at[1:], s.turns]  # each move is that of a turn until the next measured one
    held = [(move, end - at) for move, at, end in zip(moves, s.at, ends, strict=False)
            if math.isfinite(move)]  # fmt: skip
    length = sum(turns for _, turns in held)
    return sum(move * turns for move, turns in held) / max(1, length) * s.turns


def way_of_asking(s: Signals, who: str) -> float:
    """Return the same over the weights that ask for a gradient: frozen ones do not drown it."""
    return max(travelled(s, who), travelled(s, who, "{0} that asks"))


def hardly_learns(s: Signals) -> Found:
    """D's weights go next to nowhere, by a rate far below G's."""
    way, rates = way_of_asking(s, "D"), {who: late(s.rates[who], 0.0) for who in Names}
    if s.turns < 200 or not 0 < way < 0.05 or not rates["D"] < 0.05 * rates["G"]:
        return None
    return (
        f"D hardly learns: all its steps together move its weights by {100 * way:.1g} % of their "
        f"size, at a rate of {rates['D']:.1g}; G's rate is {rates['G']:.1g}"
    )


def steps_too_long(s: Signals) -> Found:
    for who in Names:
        steps = max(1.0, s.steps[who] / max(1, s.turns))
        moves = [move / steps for move in s.moved.get(f"{who} by opt_{who}", [])]
        if late(moves, 0.0) > LATE:
            return (
                f"late in the run a step of opt_{who} still moves {who}'s weights by "
                f"{100 * late(moves):.0f} %"
            )
        longest = max(finite(moves), default=0.0)
        if longest > LONG:
            return f"a step of opt_{who} moves {who}'s weights by {100 * longest:.0f} %"
    return None


def learns_from_both(s: Signals) -> Found:
    """In one backward D is asked to tell fakes and not to tell them, and steps on the sum."""
    share = middle(s.both)
    if len(s.both) < FEW or share < 0.1:
        return None
    return (
        "one backward holds D's loss and G's, and D steps on both: G's part pulls D's answers to "
        f"fakes the other way, {share:.1f} times as strongly"
    )


def penalty_constant(s: Signals) -> Found:
    graph = s.penalty["graph"]
    if len(graph) < FEW or mean(graph) > 0.1 or s.bounded in ("clipped", "spectral norm"):
        return None  # what bounds D already leaves the slope to be looked at
    return (
        "D's slope at its input is taken without create_graph: it is "
        f"{late(s.penalty['size']):.2g} late in the run, and no penalty on it can reach D's weights"
    )


def penalty_axis(s: Signals) -> Found:
    """D's slope has norm 1 along a single axis, over the batch say, and not by sample."""
    rows, axes = late(s.penalty["rows"]), late(s.penalty["axes"])
    if len(s.penalty["axes"]) < FEW or mean(s.penalty["graph"]) < 0.5:
        return None
    if not (axes < 0.15 and rows > 0.3 and rows > 3 * axes):
        return None
    return (
        "the norm of D's slope is held at 1 along one axis, over the batch or the channels; by "
        f"sample it is {late(s.penalty['size']):.2g}"
    )


def no_bound(s: Signals) -> Found:
    """A Wasserstein critic: D's loss is linear in its answers, and nothing bounds its slope."""
    if s.linear != 1 or s.bounded or mean(s.penalty["graph"], 0.0) > 0:
        return None
    return (
        "D's loss is linear in its answers, as a Wasserstein critic's, and neither a penalty "
        "on its slope that reaches its weights nor clipping nor spectral norm was seen; its "
        f"answers reach {size_of(s):.2g}"
    )


def size_of(s: Signals) -> float:
    return max((abs(x) for x in s.outputs or ()), default=0.0)


def usual_gradient(s: Signals, who: str) -> float:
    """Return the root mean square of a player's gradient over its weights, the median of looks."""
    layers = [*s.gradients[who].values()]
    whole = [math.hypot(*norms) for norms in zip(*layers, strict=False)]
    return middle(whole) / max(1, s.owned.get(who, {}).get("all", 1)) ** 0.5


FLAT = ": its loss has slope 0 at D's answers to G's samples, as behind a relu or a clamp"


def no_gradient(s: Signals) -> Found:
    for who in own(s):
        arrived = s.arrived[who]
        if len(arrived) >= 3 and sum(arrived) <= 0.1 * len(arrived):
            return f"opt_{who} takes its steps, and no gradient reaches {who} before them" + (
                FLAT if who == "G" and mean(s.closer.get("own is silent", []), 0.0) > 0.9 else ""
            )
    return None


def upwards(s: Signals) -> bool | None:
    """Tell whether real samples are "up" in this program: by D's loss, its ranks or its steps.

    None where neither says it, and where D has not learned: then its ranks are chance.
    """
    asked = asked_of_real(s)
    if asked is not None:
        return asked
    rank, ranked = mean(s.auc), len(finite(s.auc)) >= FEW
    if travelled(s, "D") < LEARNED:
        return None
    if ranked and (rank > 0.75 or rank < 0.25):
        return rank > 0.5
    return mostly(apart(s))


def apart(s: Signals) -> list[float]:
    """Return for each measured step of D by how much it moves real samples above fakes."""
    pairs = zip(s.pull.get("D on real", ()), s.pull.get("D on fakes", ()), strict=False)
    return [real - fake for real, fake in pairs if math.isfinite(real) and math.isfinite(fake)]


def mostly(moves: list[float]) -> bool | None:
    """Tell whether moves go up, where nearly all of them agree."""
    up = sum(x > 0 for x in moves)
    if len(moves) < MOVES or MOST * len(moves) > max(up, len(moves) - up):
        return None
    return up > len(moves) / 2


def with_G(s: Signals, up: bool | None) -> bool | None:
    """Tell whether G moves its fakes to where D moves real samples, by its loss; None unknown.

    Its steps have to go that way, too: an optimiser can climb what it should descend. Where the
    loss was not seen, G's steps alone say it, by what they do to D's answers.
    """
    asked = agreed(s.wishes.get("G of fakes", ()))
    moves = telling_or_all(s.pull.get("G on fakes", ()))
    if up is None or (asked is None and len(moves) < MOVES):
        return None
    along = sum((x > 0) == up for x in moves)
    against = len(moves) >= MOVES and len(moves) - along >= MOST * len(moves)
    if asked is not None:
        return asked is up and not against
    return False if against else True if along >= MOST * len(moves) else None


def unheard(s: Signals) -> Found:
    """G steps, and no backward before its steps comes to it through D's answers to its fakes."""
    asked = {name: [x for x in wishes if x] for name, wishes in s.wishes.items()}
    if not s.steps.get("G") or asked.get("G of fakes"):
        return None
    if not all(len(asked.get(f"D of {kind}", ())) >= FEW for kind in ("real", "fakes")):
        return None
    return (
        f"none of {len(s.wishes.get('G of fakes', ()))} measured steps of G has a gradient through "
        "D's answers to its fakes: G learns from another net, a copy of D say, or not from D at all"
    )


def wrong_way(s: Signals) -> Found:
    up = upwards(s)
    if up is not True or with_G(s, up) is not False:
        return None
    asked = [x for x in s.wishes.get("G of fakes", ()) if x]
    if agreed(asked) is False:
        return (
            "G's loss asks for lower answers of D to G's own fakes, in "
            f"{sum(x < 0 for x in asked)} of {len(asked)} measured turns, and D's loss gives "
            "higher ones to real samples"
        )
    moves = telling_or_all(s.pull["G on fakes"])
    return (
        f"a step of G lowers D's score of its own fakes in {sum(x < 0 for x in moves)} of "
        f"{len(moves)} telling turns"
    )


def both_real(s: Signals) -> Found:
    """D's loss asks for the same of real and of fake samples."""
    real, fake = asked_of_real(s), agreed(s.wishes.get("D of fakes", ()))
    if real is not None and real is fake:
        way = "higher" if real else "lower"
        return (
            f"D's loss asks for {way} answers to real samples and to fakes alike, turn after "
            f"turn, and it gives fakes {late(s.fake):.2f}"
        )
    if None not in (real, fake):  # it asks for opposite ones: a critic's level means nothing
        return None
    pairs = list(zip(s.pull.get("D on real", ()), s.pull.get("D on fakes", ()), strict=False))
    pairs = [pair for pair in pairs if all(map(math.isfinite, pair)) and any(pair)]
    alike = sum(real * fake > 0 for real, fake in pairs)
    if len(pairs) < MOVES or alike < MOST * len(pairs) or not late(s.fake) > 0.8:
        return None
    return (
        f"a step of D raises its answers to real and to fake samples alike in {alike} of "
        f"{len(pairs)} measured turns, and it gives fakes {late(s.fake):.2f}"
    )


def one_number(s: Signals) -> Found:
    if s.outputs is None or len(s.at) < FEW or s.outputs[0] != s.outputs[1]:
        return None
    end = s.ends.get("D", "")
    softmax = "; it ends in a softmax, over one unit" if end == "softmax" else ""
    return f"D answers {s.outputs[0]:g} to every sample{softmax}"


def not_logits(s: Signals) -> Found:
    """D's answers lie in [0, 1], and the loss is what it is for logits."""
    if s.outputs is None or not (0 <= s.outputs[0] < s.outputs[1] <= 1):
        return None
    if s.ends.get("D") in UNBOUNDED:
        return None  # a layer's answers that happen to lie there
    if s.logistic == 1:
        return (
            f"D's answers lie between {s.outputs[0]:.2f} and {s.outputs[1]:.2f}, and their slopes "
            "are those of a cross-entropy of logits"
        )
    if len(s.as_logits) < FEW:
        return None
    losses = [s.d_loss[turn] for turn in s.at][-len(s.as_logits) :]
    off = [min(abs(a - b), abs(a - b / 2)) for a, b in zip(losses, s.as_logits, strict=False)]
    if not mean(off) < 0.02:
        return None
    low, high = s.outputs
    return (
        f"D's answers lie between {low:.2f} and {high:.2f}, and d_loss is the cross-entropy of "
        "logits"
    )


def diverged(s: Signals) -> Found:
    sizes = finite(s.largest)
    if s.bad_batch is not None or not sizes or max(sizes) < BEYOND:
        return None
    turn = next(i for i, x in enumerate(s.largest) if not x < BEYOND)
    return f"the run diverged: D's answers were beyond {BEYOND:g} in turn {turn}"


def huge_decay(s: Signals) -> Found:
    for who, ratios in s.decay.items():
        if len(ratios) >= 3 and middle(ratios) > 5:
            return (
                f"weight decay pulls {who}'s weights to 0 with {middle(ratios):.0f} times the size "
                "of their gradient"
            )
    return None


FOUND = {
    "a player not stepped": not_stepped,
    "a player frozen": frozen,
    "cleared before the step": cleared,
    "no gradient arrives": no_gradient,
    "weights nobody owns": not_owned,
    "rate below zero": rate_below_zero,
    "rate falls to zero": rate_falls,
    "D hardly learns": hardly_learns,
    "steps too long": steps_too_long,
    "D learns from G's loss": learns_from_both,
    "D says one number": one_number,
    "divergence": diverged,
    "G steps the wrong way": wrong_way,
    "fakes called real": both_real,
    "probabilities as logits": not_logits,
    "huge weight decay": huge_decay,
    "penalty without a graph": penalty_constant,
    "penalty over the wrong axis": penalty_axis,
    "critic without a bound": no_bound,
}
