"""What may be wrong with a run: from the signals of a recorder to ranked suspicions. Lesson 10.

`diagnose` reads numbers only, never the code. A rule of the first kind has seen the mistake itself
(D's weights moved by G's optimiser); a rule of the second kind knows only its symptoms, needs
samples that are poor, and speaks after the first kind. What is a habit of sound programs too is a
note where the samples are well, and what another finding explains stands after it.
"""

import math

from gancourse.clinic import facts, roots, supplies, upkeep, ways, weights, wishes
from gancourse.clinic.causes import LEAST_TURNS, Diagnosis, Suspicion
from gancourse.clinic.explanations import HABITS, RARE_HABITS, in_order
from gancourse.clinic.signals import Signals, finite, late, mean, middle
from gancourse.errors import InputError

# Thresholds, chosen on seeds 0 to 6 of the clinic's faults and settings, measured on 7 and 8.
POOR_COVERAGE, POOR_PRECISION, POOR_SPREAD = 0.33, 0.15, 0.6
FEW_REGIONS = 0.4  # of all: as few are a collapse, half a distribution is not
NARROW = 0.5  # a collapsed G's spread, over the real one
Found = str | None  # the evidence


# Rules of the first kind: the mistake itself was seen.


def log_of_zero(s: Signals) -> Found:
    """A loss is infinite or NaN while the logits were finite, and large enough to be rounded."""
    sick = [i for i, loss in enumerate(s.d_loss) if not math.isfinite(loss)]
    sick += [i for i, loss in enumerate(s.g_loss) if not math.isfinite(loss)]
    if not sick:
        return None
    at = min(sick)
    worst = [loss for loss in (s.d_loss[at], s.g_loss[at]) if not math.isfinite(loss)]
    if s.largest[at] <= 1 and s.bad_batch is None and any(map(math.isinf, worst)):
        return (
            f"a loss of turn {at} is infinite while D's answers lie between 0 and 1: it takes the "
            "logarithm of a probability that has become 0"
        )
    size = s.largest[at] if math.isfinite(s.largest[at]) else max(finite(s.largest[:at]), default=0)
    if not ways.ROUNDED <= size < facts.BEYOND or s.bad_batch is not None:
        return None
    return (
        f"the loss of turn {at} is {s.d_loss[at]:g}, and D's logits were as large as {size:.3g}: "
        f"above {ways.ROUNDED} the sigmoid is rounded to 1"
    )


def wrong_weights(s: Signals) -> Found:
    crossed = upkeep.on_the_other_loss(s)
    if crossed or any(upkeep.shared_out(s, who) for who in facts.Names):
        return crossed
    own, other, back = (
        late(s.moved.get(key, []), 0.0) for key in ("G by opt_G", "D by opt_G", "G by opt_D")
    )
    if other > 0:
        return (
            f"a step of opt_G changes D's weights by {100 * other:.2g} % and G's by "
            f"{100 * own:.2g} %"
        )
    if back > 0:
        return f"a step of opt_D changes G's weights by {100 * back:.2g} %"
    return upkeep.stepped_by_both(s) if suffers(s) else None


def no_zero_grad(s: Signals) -> Found:
    for who, shares in s.carried.items():
        share = middle(shares)
        if share > 0.3:
            return (
                f"gradients from before the last step of opt_{who} were not cleared: they are "
                f"{100 * share:.0f} % of what it uses"
            )
    left = middle(s.leftover)
    if len(s.leftover) >= facts.FEW and left > 0.1:
        return (
            f"what G's loss left in D's gradients was not cleared before D's own: it pulls the "
            f"other way, and is {100 * left:.0f} % of what opt_D uses"
        )
    return None


def no_detach(s: Signals) -> Found:
    leak = middle(s.leaked)
    if leak < 0.05:
        return None
    return f"D's loss leaves a gradient in G that points against G's own, {leak:.2f} times as large"


def labels_swapped(s: Signals) -> Found:
    """D gives real samples the lower logits, and keeps on doing so."""
    if facts.travelled(s, "D") < facts.LEARNED or roots.mute_on_real(s):
        return None  # its ranks are chance
    real, fakes = wishes.asked_of_real(s), wishes.agreed(s.wishes.get("G of fakes", ()))
    if real is False and fakes is True:
        return (
            "D's loss asks for lower answers to real samples than to fakes, and G's loss for "
            f"higher ones: a real sample gets the larger one in {100 * mean(s.auc):.0f} % of pairs"
        )
    apart = facts.apart(s) if not s.penalty["graph"] else []  # a penalty may bring them together
    if real and facts.mostly(apart) is False and len(apart) >= 2 * facts.MOVES:
        return (
            "D's loss asks for higher answers to real samples, and a step of D brings them down "
            f"against those to fakes in {sum(x < 0 for x in apart)} of {len(apart)} measured turns"
        )
    if real or facts.diverged(s):  # what D gives has another cause
        return None
    ranks, agrees = finite(s.auc), facts.with_G(s, up=False)
    if agrees or (agrees is None and mean(ranks) > 0.1):  # this D may count the other way
        return None
    below = sum(rank < 0.5 for rank in ranks) / max(1, len(ranks))
    if len(ranks) < facts.FEW or below < 0.9 or mean(ranks) > 0.4:
        return None
    return f"D gives a real sample the larger logit in only {100 * mean(ranks):.0f} % of pairs"


def other_noise(s: Signals) -> Found:
    a, b = s.training, s.sampling
    known = all(map(math.isfinite, (a.mean, a.sd, b.mean, b.sd)))
    if not known or a.within < 0.5:  # of copies, the mean is that of a few draws
        return None
    if abs(a.mean - b.mean) < 0.2 * b.sd and 0.8 * b.sd < a.sd < 1.25 * b.sd:
        return None
    of_a_net = mean(s.closer.get("z of a net", []), 0.0) > 0.9
    return (
        f"z has mean {a.mean:.2f} and sd {a.sd:.2f} in training, mean {b.mean:.2f} and sd "
        f"{b.sd:.2f} in sampling"
        + "; in training it is a net's, and what is to keep that at the z of sampling does not"
        * of_a_net
    )


def out_of_range(s: Signals) -> Found:
    if not roots.range_is_structural(s) or ways.never_as_handed_in(s):
        return None
    if s.pile is not None and s.pile[1] > 0.02:
        end, share = s.pile
        return f"many of G's numbers are {end:.2f}, and {100 * share:.0f} % of real ones lie beyond"
    if found := ways.beyond_the_end(s):
        return found
    if s.limits is None or s.beyond < 0.02 or "G" in s.swapped or ways.judged_otherwise(s):
        return None
    low, high = s.limits
    return (
        f"G gives numbers from {low:.2f} to {high:.2f}, and {100 * s.beyond:.0f} % of the real "
        "ones lie outside"
    )


def norm_in_eval(s: Signals) -> Found:
    for who in ("G", "D"):
        share = s.in_training.get(who, math.nan)
        if s.norms.get(who) and share < 0.9:
            return (
                f"{who}'s batch norm is in training mode in only {100 * share:.0f} % of its "
                "training steps"
            )
    return None


def mixed_batches(s: Signals) -> Found:
    if s.mixed < 0.1 or s.mixing < 0.1:
        return None
    return (
        f"{100 * s.mixed:.0f} % of D's batches hold real and fake samples; alone, the fakes' "
        f"logits change by {s.mixing:.1f} sd, through batch norm"
    )


def weak_start(s: Signals) -> Found:
    """Of z, next to nothing reaches the output of the first G."""
    first, last = (s.start_layers or [math.nan])[0], (s.start_layers or [math.nan])[-1]
    if not (last < 0.02 * first and s.start_spread < 0.02):
        return None
    return (
        f"at the start, {last / first:.1e} of what z does to the first layer reaches the last one, "
        f"and the samples spread {s.start_spread:.1e} times as wide as the real ones"
    )


# Rules of the second kind: the symptoms fit. They speak only where the samples are poor.


def collapsed(s: Signals) -> Found:
    """The samples are much narrower than the real ones, or in few places, and any judge sees it."""
    fit, (found, regions) = s.fit(), s.regions or (1, 1)
    if not fit or not s.fresh_judge > 0.8:
        return None
    few = found <= FEW_REGIONS * regions and fit["precision"] > 2 * POOR_PRECISION
    if not few and not (fit["coverage"] < 0.3 and fit["spread"] < NARROW):
        return None
    return (
        f"the samples reach {found} of {regions} regions, lie near {100 * fit['coverage']:.0f} % "
        f"of the real ones and spread {fit['spread']:.2f} times as wide"
    )


def mode_collapse(s: Signals) -> Found:
    """The samples have collapsed, and G is far ahead of D."""
    seen, lead = collapsed(s), s.steps["G"] / max(1, s.steps["D"])
    if seen and lead >= roots.LEAD:
        return f"G takes {lead:.2g} steps to each of D, and {seen}"
    return seen


def d_too_strong(s: Signals) -> Found:
    """D is right about nearly every sample and sure of it, so G learns little from its answer."""
    sure, fakes = late(s.auc), late(s.fake)
    if not (sure > 0.97 and fakes < 0.1) or facts.unheard(s):
        return None
    return (
        f"D ranks {100 * sure:.1f} % of pairs rightly"
        + ("" if s.linear == 1 else f" and gives fakes {fakes:.1e} on average")
        + f"; G's gradient is {gradient_ratio(s):.1e} times D's"
    )


def d_too_weak(s: Signals) -> Found:
    """D, trained alone, cannot tell what a small new net tells easily."""
    if not (s.sight < 0.7 and s.fresh_sight > s.sight + 0.15) or s.bounded == "spectral norm":
        return None  # such a D is held back on purpose, and the new net is not
    return (
        f"trained alone, D ranks {100 * s.sight:.0f} % of pairs rightly, of a real sample and a "
        f"normal one of the same mean and covariance; a new net, {100 * s.fresh_sight:.0f} %"
    )


def rates_apart(s: Signals) -> Found:
    """Both steps and rates are far apart: else small steps follow from small gradients."""
    G, D = facts.pace(s, "G"), facts.pace(s, "D")
    if not (min(G, D) > 0 and max(G / D, D / G) > 15):
        return None
    g, d = (late(s.rates[who], 0.0) for who in ("G", "D"))
    if min(g, d) > 0 and (g / d if G > D else d / g) < 8:
        return None
    faster, slower = ("G", "D") if G > D else ("D", "G")
    return (
        f"a step moves {faster}'s weights by {100 * max(G, D):.2g} % and {slower}'s by "
        f"{100 * min(G, D):.2g} %"
    )


def gradient_ratio(s: Signals) -> float:
    """Return the late gradient of G over that of D, each summed over layers."""
    G, D = (sum(late(norms, 0.0) for norms in s.gradients[who].values()) for who in ("G", "D"))
    return G / max(D, 1e-30)


SEEN = {
    **facts.FOUND,
    **supplies.FOUND,
    **upkeep.FOUND,
    **roots.FOUND,
    "log of zero": log_of_zero,
    "wrong weights": wrong_weights,
    "no zero_grad": no_zero_grad,
    "no detach": no_detach,
    "labels swapped": labels_swapped,
    "other noise": other_noise,
    "range": out_of_range,
    "batch norm in eval": norm_in_eval,
    "mixed batches": mixed_batches,
    "init not called": weak_start,
}
NEW = (roots.FOUND | ways.FOUND).keys() - roots.OLDER
FITTING = {
    "mode collapse": mode_collapse,
    "D too strong": d_too_strong,
    "D too weak": d_too_weak,
    "rates apart": rates_apart,
}


def diagnose(signals: Signals) -> Diagnosis:
    """Return what may be wrong with a run, from the signals of `gancourse.clinic.signals.Recorder`.

    What was seen stands before what is only suspected, a root before what follows from it. A weight
    is the share of programs on which such a statement was right. Raises InputError for anything but
    Signals.
    """
    if not isinstance(signals, Signals):
        raise InputError(
            f"diagnose reads the Signals that Recorder.finish() returns, and "
            f"{type(signals).__name__} was given: record the run first."
        )
    poor = is_poor(signals)
    fitting = FITTING if poor else {"mode collapse": mode_collapse} if suffers(signals) else {}
    rules = SEEN | (fitting if signals.turns >= LEAST_TURNS else {})
    found = {cause: seen for cause, rule in rules.items() if (seen := rule(signals))}
    harmless = frozenset() if suffers(signals) else HABITS
    harmless |= RARE_HABITS if is_close(signals) else frozenset()
    harmless -= roots.grave(signals)
    notes = {cause: found.pop(cause) for cause in [*found] if cause in harmless}
    symptoms = [f"{cause}: {found.pop(cause)}" for cause in roots.without_one(signals, found)]
    other = {"wrong weights": upkeep.MASK} if upkeep.on_the_other_loss(signals) else {}
    suspicions = [
        Suspicion(
            cause, weight_of(cause, root), found[cause], cause in SEEN, root, other.get(cause, "")
        )
        for cause, root in in_order({cause: weight_of(cause) for cause in found})
    ]
    suspicions.sort(key=lambda suspicion: not suspicion.seen)  # stable
    listed = [f"{cause}: {evidence}" for cause, evidence in notes.items()] + beside(signals)
    skipped, deaf = dict(signals.skipped), facts.unheard(signals)
    skipped |= {f"opt_{who}'s steps": "it takes none, and the weights move all the same"
                for who in facts.Names if facts.elsewhere(signals, who)}  # fmt: skip
    if deaf:
        skipped["what G learns from"] = deaf
    for who in signals.swapped:
        skipped[f"{who}'s weights"] = "each call puts other ones in their place"
    if signals.unknown > 0.5:
        share = f"{100 * signals.unknown:.0f} % of what D sees is neither a real sample nor G's"
        skipped["D's answers"] = share
    verdict, about = _verdict(signals, poor, suspicions), about_samples(signals)
    return Diagnosis(
        verdict, tuple(suspicions), about, tuple(skipped.items()), tuple(listed), tuple(symptoms)
    )


def weight_of(cause: str, root: str = "") -> float:
    """Return how often a finding was right: of its own, or of those that follow from another."""
    if root:
        return weights.FOLLOWING
    usual = weights.SEEN if cause in SEEN else weights.SUSPECTED
    return weights.WEIGHTS.get(cause, roots.UNTRIED if cause in NEW else usual)


def beside(s: Signals) -> list[str]:
    """Return what was seen that changes samples and makes them no worse."""
    if not (s.norms.get("G") and s.in_sampling > 0.1 and s.modes) or supplies.norm_in_train(s):
        return []
    return [
        "batch norm is in training mode when samples are drawn, and after G.eval() they would be "
        "no better"
    ]


def _verdict(signals: Signals, poor: bool, suspicions: list[Suspicion]) -> str:
    if suspicions:
        return "suspicious"
    if signals.turns < LEAST_TURNS:
        return "too short"
    if not signals.fits:
        return "sound" if signals.finite else "unknown"
    return "unknown" if poor else "healthy" if is_like_real(signals) else "sound"


def is_like_real(signals: Signals) -> bool:
    """Tell whether the samples reach what real ones reach, within the error of so many.

    Both are shares of 256, and the samples' one is a mean of two looks.
    """
    fit, best, (found, regions) = signals.fit(), signals.best, signals.regions or (0, 1)
    return found == regions and all(
        fit[name]
        >= best.get(name, 2.0) - 3 * (1.5 * max(0.02, best[name] * (1 - best[name])) / 256) ** 0.5
        for name in ("precision", "coverage")
    )


def suffers(signals: Signals) -> bool:
    """Tell whether the samples are poor or miss a quarter of the real regions."""
    found, regions = signals.regions or (1, 1)
    return is_poor(signals) or found < 0.75 * regions


def is_close(signals: Signals) -> bool:
    """Tell whether the samples reach all regions and three quarters of what real ones reach."""
    fit, best, (found, regions) = signals.fit(), signals.best, signals.regions or (0, 1)
    if not fit or not best or found < regions or not 0.8 < fit["spread"] < 1.25:
        return False
    return all(fit[name] >= 0.75 * best[name] for name in ("precision", "coverage"))


def is_poor(signals: Signals) -> bool:
    """Tell whether the samples are unlike the real ones, by neighbours and by spread."""
    fit = signals.fit()
    if signals.finite and not fit:
        return False  # no real batch was handed in, or no samples: nothing to hold them against
    return not signals.finite or not (
        fit["coverage"] >= POOR_COVERAGE
        and fit["precision"] >= POOR_PRECISION
        and fit["spread"] >= POOR_SPREAD
    )  # fmt: skip


def about_samples(signals: Signals) -> str:
    """Return how the samples at the end of a run are, in one sentence."""
    fit = signals.fit()
    if not signals.finite or not fit:
        return "There were no samples to look at." if signals.finite else "The run is not finite."
    reached = "{} of {} regions of the real ones and ".format(*signals.regions or "??")
    return (
        f"Of the samples, {100 * fit['precision']:.0f} % lie among the real ones; they reach "
        f"{reached}{100 * fit['coverage']:.0f} % of their neighbourhoods, and spread "
        f"{fit['spread']:.2f} times as wide."
        + " They have collapsed: any new net tells them apart."
        * bool(collapsed(signals))
    )
