"""Facts about what D is shown, what the losses hear of it, and what the optimisers keep.

Each returns its evidence, or None. Where something could not be looked at, it says nothing.
"""

import math

from gancourse.clinic import facts, ways
from gancourse.clinic.signals import Signals, late, mean, middle

Found = str | None  # evidence
FEW = facts.FEW
PART = 0.25  # of a sample: a convolution may leave out its edge
FLAT = 0.1  # of the unit in which losses measure: a hinge's margin, a logit
LARGEST_SCALE = 30  # of a loss, as a power of two: no scaler goes that far
CUT = 1e-3  # of a gradient's size
CUT_ADAM = 1e-7  # the same for Adam, to which only its eps says how large a gradient is: a scaled
# loss's gradients are divided by 65536 before the step
REACHED = 0.1  # of D's answers in a turn: a clamp that hardly any reaches does no harm
TARGETS, ALIKE = 8, 0.15  # measured turns; of the size of slopes
TELLING = 100  # turns
STILL = 0.01  # a player's whole way, over the size of its weights
WIDER = 1.2  # real samples late in the run, over the early ones, at least
NO_ORDER = 30  # the same, of which no order of the same samples can be the reason
CLAMPS = ("clamp", "clampmin", "clampmax", "hardtanh")


def one_target(s: Signals) -> Found:
    if len(s.same_target) < FEW or mean(s.same_target) < 0.8:
        return targets_of_one_kind(s)
    return (
        "D's loss gives a real sample and a fake with the same answer the same slope, in "
        f"{round(sum(s.same_target))} of {len(s.same_target)} measured turns: whose sample it is "
        "has no part in it, as where [n] and [n, 1] broadcast or where all targets are one"
    )


def targets_of_one_kind(s: Signals) -> Found:
    """Targets that are drawn for each sample, for both kinds from the same numbers."""
    n, sure = len(s.kinds_apart), [1 / max(error, 1e-3) ** 2 for _, error in s.kinds_apart]
    if n < TARGETS or 3 / sum(sure) ** 0.5 > ALIKE:
        return None
    apart = sum(w * x for w, (x, _) in zip(sure, s.kinds_apart, strict=True)) / sum(sure)
    if abs(apart) > ALIKE:
        return None
    return (
        "on average D's loss gives a real sample and a fake with the same answer the same slope, "
        f"to {100 * abs(apart):.0f} % of its size in {n} measured turns: their targets are drawn "
        "from the same numbers"
    )


UNREAD = ("what D sees", "what D is shown", "what the losses ask of D")  # looks


def heard(s: Signals, kind: str) -> list[float]:
    """Return whether a kind was heard, by measured turn; nothing where some could not be read."""
    return [] if any(look in s.skipped for look in UNREAD) else s.heard.get(kind, [])


def left_out(s: Signals, kind: str, other: str) -> bool:
    """Tell whether D's loss hears one kind of samples, and not the other though D is shown it.

    Or though all that D is shown is known, and none is of that kind.
    """
    if sum(heard(s, other)) < FEW or any(heard(s, kind)) or any(heard(s, "other")):
        return False
    looks = zip(heard(s, f"shown {kind}"), heard(s, "odd"), strict=True)
    seen = [shown or not odd for shown, odd in looks]
    return len(seen) >= FEW and all(seen)


def real_left_out(s: Signals) -> Found:
    if not s.handed_in or not left_out(s, "real", "fake"):
        return None
    turns = round(sum(heard(s, "fake")))
    return f"D's loss has a slope at G's fakes in {turns} measured turns, and at real samples never"


def fakes_left_out(s: Signals) -> Found:
    if not left_out(s, "fake", "real"):
        return None
    real = heard(s, "real")
    turns = round(sum(real))
    return f"D's loss has a slope at real samples in {turns} measured turns, and at fakes never"


def old_fakes(s: Signals) -> Found:
    again = s.stale[len(s.stale) // 2 :]
    if len(s.stale) < FEW or sum(share > 0 for share in again) < 0.8 * len(again):
        return None
    fresh = heard(s, "fake")
    ahead = heard(s, "fresh ahead")  # the turns looked at may be those of a pool, and no others
    if any(fresh[len(fresh) // 2 :] + ahead[len(ahead) // 2 :]) or sum(heard(s, "asked")) < FEW:
        return None  # where G's samples are rounded for D, nothing of this turn is known
    return (
        "in the turns that were looked at D is no longer shown, in its own steps, what G makes in "
        f"them, and {100 * mean(again):.0f} % of the fakes that it is shown it had seen before, "
        "number by number"
    )


def deaf(s: Signals) -> Found:
    """D is asked about G's fakes, G learns, and its loss has no slope at D's answers or in D."""
    asked = sum(heard(s, "asked"))
    if asked < FEW or any(heard(s, "own")) or mean(s.arrived["G"], 0.0) < 0.9:
        return None
    for_G = s.owned.get("D", {}).get("other", 0)  # a head of D's, for codes
    if (any(heard(s, "through D")) and not for_G) or any(heard(s, "hidden")):
        return None  # features of D's body may be what G learns from
    if not any(heard(s, "real")) or "G" in s.swapped or "D" in s.swapped:
        return None
    return (
        f"D is asked about G's fakes in {round(asked)} measured turns, and G's loss has no slope "
        "at its answers or in its layers: what reaches G comes from other terms"
    )


MASK = (
    "let each player step on the gradients of its own loss alone; where one optimiser serves both, "
    "take G's gradients away in D's step, and D's in G's"
)


def on_the_other_loss(s: Signals) -> Found:
    """D's steps take the gradient of G's loss alone: see `rules.wrong_weights`."""
    if len(s.crossed) < FEW or mean(s.crossed) < 1:
        return None
    return (
        f"in {len(s.crossed)} measured turns D's steps take the gradient of G's loss alone, and "
        "never that of a loss on real samples"
    )


def shared_out(s: Signals, who: str) -> bool:
    """Tell whether the other optimiser has a smaller part of a player's weights for itself.

    So it is for a head of D that names codes: InfoGAN's G learns with it.
    """
    held = s.owned.get(who, {"own": 0, "other": 0, "all": 0})
    return held["own"] > held["other"] > 0 and held["own"] + held["other"] <= held["all"]


def stepped_by_both(s: Signals) -> Found:
    """Weights are in both nets and in both optimisers, as in sound programs, too."""
    twice = [held["own"] + held["other"] - held["all"] for held in s.owned.values()]
    if min(twice, default=0) <= 0:
        return None
    return (
        f"G and D hold {min(twice)} weights in common, and both optimisers step them: each undoes "
        "what the other has done"
    )


def flat_loss(s: Signals) -> Found:
    """From the first turn on D's loss has no slope at its answers, and its steps move nothing."""
    asks = [*s.wishes.get("D of real", ()), *s.wishes.get("D of fakes", ())]
    moved = s.moved.get("D by opt_D", [])
    still = moved.count(0.0)
    if len(asks) < 2 * FEW or any(asks) or still < max(FEW, 0.8 * len(moved)) or "D" in s.swapped:
        return None
    if 5 * s.steps["D"] < s.turns:  # another optimiser may step D
        return None
    if facts.one_number(s):  # of which every loss is flat
        return None
    return (
        f"in {len(moved)} measured turns D's loss has no slope at its answers to real samples, "
        f"and none at those to fakes, and in {still} of them not one of D's weights moves; d_loss "
        f"ends at {s.d_loss[-1]:.3g}"
    )


def sees_a_part(s: Signals) -> Found:
    if not s.blind >= PART or len(s.at) < FEW:
        return None
    return f"D's slope is 0, for each sample and in each look, at {100 * s.blind:.0f} % of a sample"


def clamped(s: Signals) -> Found:
    cut = max(heard(s, "at an end"), default=0.0)
    if s.ends.get("D") not in CLAMPS or s.outputs is None or not cut > REACHED:
        return None
    return (
        f"D's last operation is {s.ends['D']}, and in a turn {100 * cut:.0f} % of its "
        f"answers are {s.outputs[0]:.2f} or {s.outputs[1]:.2f}, where it has no slope"
    )


def squashed(s: Signals) -> Found:
    if s.ends.get("D") not in ("tanh", "sigmoid") or s.even != 1 or s.outputs is None:
        return None
    if not s.outputs[0] < s.outputs[1]:
        return None  # another fault: it says one number
    return (
        f"D ends in a {s.ends['D']}, and its loss is linear in the answers, as a Wasserstein "
        f"critic's: they reach {s.outputs[0]:.2f} and {s.outputs[1]:.2f}, where no slope is left"
    )


def held_flat(s: Signals) -> Found:
    width = middle(s.width[len(s.width) // 2 :], math.inf)
    if s.bounded not in ("penalty", "clipped") or len(s.width) < FEW or not width < FLAT:
        return None
    if s.even != 0:
        return None  # a loss that is linear in D's answers has no unit
    if facts.travelled(s, "D") < facts.LEARNED:
        return None
    why = "its weights are clipped" if s.bounded == "clipped" else "its slope is penalised"
    return f"late in the run D's answers to all samples of a turn lie within {width:.2g}, and {why}"


def summed(s: Signals) -> Found:
    if s.summed != 1 or s.batch < 8:
        return None
    if not (facts.steps_too_long(s) or facts.diverged(s) or not s.finite):
        return None
    return (
        f"a single answer has a weight of 1 in the loss, and not of 1/{s.batch}: it is summed "
        "over the batch"
    )


def scaled(s: Signals, who: str) -> bool:
    """Tell whether a loss's scale was divided out before each step: powers of two, and no clip."""
    powers = [math.log2(share) for share in s.kept[who] if 0 < share < math.inf]
    return bool(powers) and all(
        abs(power - round(power)) < 1e-3 and power > -LARGEST_SCALE for power in powers
    )


def cut_off(s: Signals) -> Found:
    """Clipped, and not only scaled back: the player goes nowhere."""
    for who in facts.own(s):
        share, way = middle(s.kept[who], 1.0), facts.way_of_asking(s, who)
        most = CUT_ADAM if s.betas[who] else CUT
        if len(s.kept[who]) < FEW or share >= most or scaled(s, who):
            continue
        cut = f"the gradient that opt_{who} uses is {share:.1e} times as large as the one that came"
        small, eps = facts.usual_gradient(s, who), s.closer.get(f"eps {who}", [0.0])[0]
        if 0 < small < eps:
            return (
                f"{cut}: {small:.1e} for a weight, below the eps of {eps:g} that is added to it, "
                "so that steps get short"
            )
        if share > 0 and 0 < way < STILL:
            return f"{cut}, and all its steps together move {who}'s weights by {100 * way:.1g} %"
    return None


def hardly_moves(s: Signals) -> Found:
    """By its rate alone: Adam's steps do not grow with the gradient, which may have vanished."""
    for who in (who for who in facts.own(s) if s.betas[who]):
        way = facts.way_of_asking(s, who)
        if s.turns >= 200 and 0 < way < STILL and s.steps[who] >= 0.2 * s.turns:
            return (
                f"all steps of opt_{who} together move {who}'s weights by {100 * way:.1g} % of "
                f"their size, at a rate of {late(s.rates[who], 0.0):.1g}"
            )
    return None


def undone(s: Signals) -> Found:
    """Steps go on after the later of two looks, which may be one of the last turns of a few."""
    for who in facts.own(s):
        way = facts.travelled(s, who)
        if s.turns < TELLING or not late(s.moved.get(f"{who} by opt_{who}", []), 0.0) > 0:
            continue
        if way > STILL and s.shift[who] and min(s.shift[who]) == 0:
            return (
                f"the steps of opt_{who} move {who}'s weights by {100 * way:.0f} % of their size "
                "in all, and at the end they are, bit for bit, what they were before"
            )
    return None


def state_lost(s: Signals) -> Found:
    for who in facts.Names:
        forgot = s.forgot[who]
        if len(forgot) >= FEW and mean(forgot) > 0.8:
            return (
                f"opt_{who} had nothing in its state before {round(sum(forgot))} of {len(forgot)} "
                "later steps: its moments were thrown away"
            )
    return None


def betas(s: Signals) -> Found:
    for who in facts.Names:
        if len(s.betas[who]) == 2 and s.betas[who][0] > s.betas[who][1]:
            first, second = s.betas[who]
            return (
                f"opt_{who} has betas=({first:g}, {second:g}): the mean is taken over "
                f"{1 / max(1 - first, 1e-9):.0f} steps and its scale over "
                f"{1 / max(1 - second, 1e-9):.0f}"
            )
    return None


def real_changes(s: Signals) -> Found:
    """The real samples spread wider and wider, or narrower, as no order of the same ones does."""
    narrower = max(s.closer.get("narrower", []), default=0.0)
    if not (s.drift > WIDER and not s.order > 3) and not max(s.drift, narrower) > NO_ORDER:
        return None
    times, way = (s.drift, "wide") if s.drift > narrower else (narrower, "narrow")
    return (
        f"real samples spread at least {times:.3g} times as {way} late in the run as early in it: "
        "what is done to a batch may be done to the data themselves"
    )


def infinite_slope(s: Signals) -> Found:
    """Weights become NaN though the loss, and all answers before it, were finite."""
    if s.nan_from is None or s.bad_batch is not None or not s.d_loss:
        return None
    turn, later = s.nan_from
    if turn >= len(s.d_loss) or turn >= len(s.largest) or not s.largest[turn] < facts.BEYOND:
        return None
    if not later and any(heard(s, "odd")) and not any(heard(s, "shown real")):
        return None  # the NaN may have come in with samples that nobody handed in
    of_fakes = bool(later) and math.isnan(s.d_loss[turn]) and turn > 0  # D's are fine so far
    here = [s.d_loss[turn]] if later and not of_fakes else []
    known = [*s.d_loss[:turn], *s.g_loss[:turn], *here]
    if not known or not all(map(math.isfinite, known)) or (not later and not turn):
        return None
    if of_fakes:
        return (
            f"D's answers to fakes are NaN from turn {turn} on, those to real samples are not, and "
            f"both losses were finite before it: G's step there met an infinite slope, as a root's "
            "is at 0, unless G's own layers give NaN"
        )
    return (
        f"D's answers are NaN from turn {turn} on, and until then both losses are finite and its "
        f"answers at most {s.largest[turn]:.2g}: a slope was infinite, as a root's is at 0"
    )


FOUND = {
    "one target for all": one_target,
    "real left out": real_left_out,
    "fakes left out": fakes_left_out,
    "D's loss is flat": flat_loss,
    "old fakes only": old_fakes,
    "G does not hear D": deaf,
    "D sees a part": sees_a_part,
    "D ends in a clamp": clamped,
    "squashed critic": squashed,
    "D held flat": held_flat,
    "summed loss": summed,
    "gradients clipped away": cut_off,
    "a player hardly moves": hardly_moves,
    "steps undone": undone,
    "state lost": state_lost,
    "betas swapped": betas,
    "real data change": real_changes,
    "a slope is infinite": infinite_slope,
    **ways.FOUND,
}
