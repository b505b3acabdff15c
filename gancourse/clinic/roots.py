"""Facts that lie behind symptoms, and what is left where only a symptom was seen.

Each fact returns its evidence, or None. Where something could not be looked at, it says nothing.
"""

import math
from collections import Counter

from gancourse.clinic import facts, supplies, upkeep, ways
from gancourse.clinic.closer import COPIES
from gancourse.clinic.explanations import EXPLAINS
from gancourse.clinic.signals import Signals, finite, late, mean, middle

Found = str | None  # evidence
FEW = facts.FEW
AGREE = 0.9  # a correlation, turn after turn
MOSTLY = 0.9  # of the turns looked at
THROWN = 0.2  # a first step of each player, over the size of its weights
BEHIND = 0.3  # of a step: as far behind G an average of one step lags
CHANGED, AS_THEY_ARE = 0.02, 0.8  # of a batch's variance; of the turns looked at
DRAWS = 10  # labels drawn in training, for each that sampling asks for
SUM = 1e-3  # a rest of D's answers, over what it tells apart
AHEAD, LEAD = 2, 2  # steps of D to one of G; of G to one of D, from which a collapse is the lead's
UNTRIED = 0.8  # the weight of a fact that only programs beside which it was written have shown
OLDER = {
    "penalty over the wrong axis",
    "another net draws",
    "steps too long",
    "D learns from G's loss",
    "critic without a bound",
    "fakes left out",
    "fakes called real",
    "real data change",
    "D held flat",
    "D sees a part",
}
FADED = 0.3  # of the slope that the loss can have at D's answers


def no_weight(s: Signals) -> Found:
    """D's answers to G's fakes stand in a loss, and never with a weight."""
    silent = s.closer.get("own is silent", [])
    if len(silent) < FEW or min(silent) < 1 or mean(s.arrived["G"], 0.0) < 0.9:
        return None
    return (
        f"in all {len(silent)} measured turns a loss holds D's answers to G's fakes, and its slope "
        "at each of them is exactly 0: their weight is 0, and what G learns comes from other terms"
    )


def fakes_left_out(s: Signals) -> Found:
    """The same of a D that gives no number for a sample: an autoencoder's energy."""
    heard = {kind: s.closer.get(f"energy of {kind}", []) for kind in ("real", "fake")}
    if sum(heard["real"]) < FEW or any(heard["fake"]) or any(s.closer.get("others", [])):
        return upkeep.fakes_left_out(s)
    if sum(s.closer.get("shown fake", [])) < FEW:
        return upkeep.fakes_left_out(s)
    return (
        f"D's loss has a slope at what D gives for real samples in {round(sum(heard['real']))} "
        "measured turns, and none at what it gives for fakes: their weight is 0, or they "
        "lie beyond a margin"
    )


def penalty_subtracted(s: Signals) -> Found:
    ways = s.closer.get("penalty", [])
    if len(ways) < FEW or not middle(ways) < -AGREE or max(ways) > 0:
        return None
    return (
        "where D is steeper its loss asks for more of it, and where it is flatter for less, in "
        f"{len(ways)} measured turns: a penalty on D's slope is subtracted"
    )


def no_bound(s: Signals) -> Found:
    """Where a slope of D is computed, with its graph, and no backward comes through it."""
    turns = len(s.penalty["graph"])
    if s.linear != 1 or s.bounded != "idle slope" or turns < FEW:
        return facts.no_bound(s)
    return (
        "D's loss is linear in its answers, as a Wasserstein critic's, and a slope of D that is "
        f"computed in {turns} measured turns enters no loss in any turn; neither clipping nor "
        f"spectral norm was seen, and D's answers reach {facts.size_of(s):.2g}"
    )


def learns_from_two(s: Signals) -> Found:
    """Both losses go backward before D's step, which uses both."""
    shares = s.closer.get("G's backward in D's step", [])
    if len(shares) < max(FEW, AS_THEY_ARE * len(s.at)) or middle(shares) < 0.1:
        return facts.learns_from_both(s)
    return (
        f"before D's step in {len(shares)} measured turns a second backward reached its weights, "
        "that of G's loss: D steps on both, and G's part pulls D's answers to fakes the other way, "
        f"{middle(shares):.1f} times as strongly"
    )


def mute_on_real(s: Signals) -> bool:
    """Tell whether D's loss has no slope at its answers to real samples, whenever looked at."""
    asks = s.wishes.get("D of real", ())
    return len(asks) >= FEW and not any(asks)


def penalty_axis(s: Signals) -> Found:
    """What the loss asks of D's slope points along one axis, and not along a sample's whole slope.

    NaN stands for a loss that asks for something else, and -1 for a sample's whole slope. Where
    few numbers have a slope, another axis may fit by chance.
    """
    axes = s.closer.get("axis of the norm", [])
    if axes and {*axes} == {-1.0}:  # elsewhere its norm is 1 by chance
        return None
    axis, times = Counter(axes).most_common(1)[0] if axes else (-1, 0)
    if len(axes) < FEW or not axis >= 0 or times < MOSTLY * len(axes):
        return facts.penalty_axis(s)
    over = "over the batch" if axis == 0 else f"along axis {axis:.0f} of it alone"
    return (
        f"the penalty takes the norm of D's slope {over}, not that of a sample's whole slope, "
        f"which is {late(s.penalty['size']):.2g}"
    )


def batch_lost(s: Signals) -> Found:
    """D gives as many answers as a sample has steps, say, and not one for each sample."""
    given, n = (s.closer.get(f"{what} of a batch", []) for what in ("answers", "samples"))
    if len(given) < FEW or {*given} & {*n} or len({*given}) > 1:
        return ways.along(s)
    return (
        f"D gives {given[0]:.0f} answers for a batch of {n[0]:.0f} samples: what stands first in "
        "them is an axis of the sample, and of the batch one sample is left, as by out[-1] in "
        "place of out[:, -1]"
    )


def trained_elsewhere(s: Signals) -> Found:
    """G is called with other weights in training, and with its own, which rest, to draw samples."""
    if not s.closer.get("own weights draw") or s.closer.get("behind"):  # lent for the draw
        return supplies.another_net(s)
    return (
        "in training each call of G has other weights put in the place of its own, and samples "
        "are drawn with its own: what was learnt was never written into them"
    )


def no_average(s: Signals) -> Found:
    """The copy of G that draws lies behind G by a part of one step: it keeps none of its past."""
    behind = s.closer.get("behind", [])
    behind, step = behind[len(behind) // 2 :], facts.pace(s, "G")
    if len(behind) < 3 or not 0 < min(behind) <= max(behind) < BEHIND * step:
        return None
    return (
        f"the averaged weights that draw lie {middle(behind):.1e} from G's, and G moves by "
        f"{step:.1e} in a step: they keep hardly anything of earlier steps, as where decay and "
        "1 - decay are interchanged"
    )


def spoilt(s: Signals) -> Found:
    """Where D judges what is made of G's numbers, by a softmax say, that may be drawn, too."""
    return (s.spoilt or ways.converted(s)) if ways.judged_raw(s) else None


def prepared_apart(s: Signals) -> Found:
    """One kind of samples is changed before D sees it, by chance, and the other comes as it is.

    Or the two stand in other places of what D is given.
    """
    at = {kind: s.closer.get(f"{kind} at", []) for kind in ("real", "fake")}
    if min(map(len, at.values())) >= FEW and {*at["real"]}.isdisjoint(at["fake"]):
        first = {kind: round(places[0]) + 1 for kind, places in at.items()}
        return (
            f"real samples begin at number {first['real']} of what D is given, and G's at number "
            f"{first['fake']}: what stands beside them has changed sides, and D knows them by that"
        )
    least = max(FEW, AS_THEY_ARE * len(s.at))
    for kind, other in (("real", "fake"), ("fake", "real")):
        turned = s.closer.get(f"{kind} moved", [])
        as_they_are = mean(upkeep.heard(s, other), 0.0) >= AS_THEY_ARE
        if len(turned) >= least and as_they_are and f"{other} moved" not in s.closer:
            return (
                f"before D sees them, {kind} samples are shifted, turned or mirrored: they keep "
                f"their numbers, in other places. {other} ones come as they are"
            )
    for kind, other in (("real", "fake"), ("fake", "real")):
        if kind == "fake" and not ways.judged_raw(s):
            continue  # what D judges is made of G's numbers, in both steps
        whole, part = (s.closer.get(f"{kind} changed{some}", []) for some in ("", " in part"))
        rest, which = (part, "some ") if len(part) > len(whole) else (whole, "")
        if len(rest) < least or middle(rest) < CHANGED:
            continue
        if f"{other} changed in part" in s.closer or (rest is whole and any(upkeep.heard(s, kind))):
            continue
        if not mean(upkeep.heard(s, other), 0.0) >= AS_THEY_ARE:
            continue
        return (
            f"before D sees them, {which}{kind} samples are changed, and not only scaled: "
            f"{100 * middle(rest):.0f} % of their variance is new. {other} ones come as they are"
        )
    return None


def packs_of_one(s: Signals) -> Found:
    """Packs that hold one sample m times: D sees no more in them, or knows them by that."""
    twice = {kind: s.closer.get(f"{kind} twice in a pack", []) for kind in ("real", "fake")}
    often = [kind for kind, shares in twice.items() if len(shares) >= FEW and middle(shares) > 0.9]
    if not often:
        return None
    other = next((kind for kind, shares in twice.items() if shares and kind not in often), "")
    return f"packs of {' and of '.join(often)} samples hold one of them more than once" + (
        f", and those of {other} ones do not: D knows them by that" if other else ""
    )


def never_trained(s: Signals) -> Found:
    asked, known = s.asked.get("sampling", 0), s.asked.get("training", 0)
    if "in turns" in s.asked:
        return None  # another class in each turn: few of the turns are looked at
    if not 0 < known <= asked / 2 or len(s.at) * s.batch < DRAWS * asked:
        return None
    real = s.asked.get("real", 0)
    why = (
        f"D is told {real} of real samples, and fakes are not asked for all of them"
        if real > known
        else "the data that are loaded are a part of what is wanted"
    )
    return (
        f"to draw samples, G is asked for {asked} labels, and in training {known} of them came "
        f"up: {why}"
    )


def written_over(s: Signals) -> Found:
    scaled = s.closer.get("scaled again", [])
    if sum(scaled) >= FEW and mean(scaled) > 0.5:
        return (
            f"in {round(sum(scaled))} of {len(scaled)} looks a real batch from the same place in "
            "the data had been scaled or shifted since the last time: the data are written over"
        )
    turns, as_before = (s.closer.get(name, []) for name in ("rewritten", "unchanged after all"))
    if len(turns) < FEW or 10 * len(as_before) > len(turns):  # one sample may look like another
        return upkeep.real_changes(s)
    return (
        "real batches are views of a larger tensor and are changed in place after they were handed "
        f"in, and {len(turns)} of them came back as they had been left: the data are written over"
    )


def steps_too_long(s: Signals) -> Found:
    """Or the first ones are long, and lead both players to where nothing moves them any more."""
    if found := facts.steps_too_long(s):
        return found
    moves = {who: finite(s.moved.get(f"{who} by opt_{who}", [])) for who in facts.Names}
    if any(len(found) < FEW or max(found[:2]) < THROWN for found in moves.values()):
        return None
    if any(late(found) > 0.01 * max(found[:2]) for found in moves.values()):
        return None
    if not s.fit().get("spread", 1.0) < 0.1:
        return None
    return (
        f"a first step moves G's weights by {100 * max(moves['G'][:2]):.0f} % and D's by "
        f"{100 * max(moves['D'][:2]):.0f} %, late ones not a hundredth of that: the players were "
        "thrown to where their losses are flat"
    )


def called_real(s: Signals) -> Found:
    """Or D's loss asked for the same of both, had it soon, and has no slope from then on."""
    asked = [s.wishes.get(f"D of {kind}", []) for kind in ("real", "fakes")]
    pairs = [pair for pair in zip(*asked, strict=False) if all(map(math.isfinite, pair))]
    signs = {wish > 0 for pair in pairs for wish in pair if wish}
    still = sum(not any(pair) for pair in pairs)
    if len(signs) != 1 or not any(all(pair) for pair in pairs) or 2 * still < len(pairs):
        return facts.both_real(s)
    return (
        f"D's loss asks for {'higher' if signs.pop() else 'lower'} answers to real samples and to "
        f"fakes alike, and has no slope at either in {still} of {len(pairs)} measured turns, as it "
        "has what it asks for"
    )


def flat_for_G(s: Signals) -> Found:
    """A critic is clipped or penalised so hard that G, whose steps are its slopes, stands still."""
    width = middle(s.width[len(s.width) // 2 :], math.inf)
    way = facts.way_of_asking(s, "G")
    if s.even != 1 or s.bounded not in ("penalty", "clipped") or len(s.width) < FEW or s.betas["G"]:
        return upkeep.held_flat(s)
    if not (width < 1e-3 and 0 < way < upkeep.STILL) or facts.travelled(s, "D") < facts.LEARNED:
        return upkeep.held_flat(s)
    why = "its weights are clipped" if s.bounded == "clipped" else "its slope is penalised"
    return (
        f"late in the run D's answers to all samples of a turn lie within {width:.1g}, as {why}, "
        f"and on such slopes all of G's steps together move its weights by {100 * way:.1g} %"
    )


def by_itself(s: Signals) -> Found:
    """D is a sum of what it makes of single numbers: it never sees two of them together.

    Or it is given the batch's numbers in rows that are no samples.
    """
    torn = s.closer.get("real torn", [])
    if len(torn) >= max(FEW, AS_THEY_ARE * len(s.at)) and not any(upkeep.heard(s, "shown real")):
        return (
            "each row that D is given holds numbers of several real samples, and all of none: "
            "rows and columns are mixed up, as by a reshape in place of a transposition"
        )
    rest, bent, mixed = [*(s.closer.get("together") or [math.nan] * 2), math.nan][:3]
    if not rest < SUM or not bent > 10 * SUM:
        return upkeep.sees_a_part(s)
    if mixed > 10 * SUM:
        return (
            "D's answers are each made of the same number of several samples, and of no sample's "
            "two: rows and columns are mixed up inside of D, as by a reshape in place of a "
            "transposition"
        )
    return (
        "D's answer is a sum over the numbers of a sample, each for itself: exchanging numbers "
        f"between two samples changes the sum of their answers by {rest:.1g} of what D tells apart"
    )


def units_alike(s: Signals) -> Found:
    for who in facts.Names:
        units, apart = (s.closer.get(f"copies in {who}") or [0.0, math.nan])[:2]
        if units:
            end = (
                "and at the end they still have: they get the same gradient and stay alike"
                if apart < COPIES
                else "and so have those of its other layers: only biases tell them apart"
            )
            return (
                f"all {units:.0f} units of a layer of {who} have the same weights at the start, "
                f"{end}"
            )
    return None


# What is only a symptom where nothing else was seen.


def range_is_structural(s: Signals) -> bool:
    """Tell whether G's end holds its numbers: a layer that may give any number does not."""
    return s.ends.get("G") not in facts.UNBOUNDED


def strong_for_a_reason(s: Signals) -> bool:
    """Tell whether it was seen why D is ahead: more steps of it, longer ones, or a faded slope.

    Else a D that is right of everything is what every fault of G looks like.
    """
    steps = s.steps["D"] / max(1, s.steps["G"])
    asked = [abs(x) for x in s.wishes.get("G of fakes", ()) if math.isfinite(x)]
    faded = len(asked) >= FEW and middle(asked[len(asked) // 2 :]) < FADED * min(1.0, max(asked))
    rates = [late(s.rates[who], 0.0) for who in ("D", "G")]
    return steps >= AHEAD or faded or rates[0] >= 4 * rates[1] > 0


def without_one(s: Signals, found: dict[str, str]) -> list[str]:
    """Return the symptoms among what was found of which nothing says where they come from.

    A collapse is seen in the samples, and a D that is right of all fakes is what most faults of G
    look like: neither is a cause of itself.
    """
    known = {"mode collapse": s.steps["G"] >= LEAD * max(1, s.steps["D"]),
             "D too strong": strong_for_a_reason(s)}  # fmt: skip
    bare = [cause for cause in known if cause in found and not known[cause]]
    causes = found.keys() - set(bare)
    return [x for x in bare if not any(x in EXPLAINS.get(cause, ()) for cause in causes)]


def grave(s: Signals) -> frozenset[str]:
    """Return habits that are seen in samples like real ones, too: they are the text's."""
    found = {"samples converted wrongly"} if s.spoilt and ways.judged_raw(s) else set()
    if facts.penalty_constant(s) and facts.no_bound(s) and late(s.penalty["rows"], 0.0) > 1:
        found.add("penalty without a graph")  # a critic that its slope alone could have bounded
    return frozenset(found)


FOUND = {
    "penalty over the wrong axis": penalty_axis,
    "steps too long": steps_too_long,
    "along the batch": batch_lost,
    "another net draws": trained_elsewhere,
    "D learns from G's loss": learns_from_two,
    "adversarial weight 0": no_weight,
    "critic without a bound": no_bound,
    "fakes left out": fakes_left_out,
    "fakes called real": called_real,
    "penalty subtracted": penalty_subtracted,
    "no average": no_average,
    "samples converted wrongly": spoilt,
    "prepared apart": prepared_apart,
    "packs of one sample": packs_of_one,
    "labels never trained": never_trained,
    "real data change": written_over,
    "D held flat": flat_for_G,
    "D sees a part": by_itself,
    "units alike": units_alike,
}
