"""Facts about a program that were seen as such: who is stepped, what arrives, which way it goes.

Each returns weight and evidence, or None. Where something could not be looked at, it says nothing.
"""

import math

from gancourse.clinic.signals import Signals, finite, late, mean, middle

Found = tuple[float, str] | None  # weight and evidence
BEYOND = 1e4  # logits of this size are divergence
FEW = 5  # measured turns that a fact needs
MOVES, MOST = 10, 0.85  # measured steps that a direction needs, and how many must agree
Names = ("G", "D")


def not_stepped(s: Signals) -> Found:
    for who in Names:
        if s.turns >= 20 and not s.steps[who]:
            return 1.0, f"opt_{who} was never stepped in {s.turns} turns"
    return None


def not_owned(s: Signals) -> Found:
    if any(owned["other"] for owned in s.owned.values()):
        return None  # they went to the wrong optimiser: see `rules.wrong_weights`
    for who, owned in s.owned.items():
        if owned["nobody"]:
            return 1.0, f"{owned['nobody']} of {owned['all']} weights of {who} are in no optimiser"
    return None


def no_gradient(s: Signals) -> Found:
    for who in Names:
        arrived = s.arrived[who]
        if len(arrived) >= 3 and sum(arrived) <= 0.1 * len(arrived):
            return 1.0, f"opt_{who} takes its steps, and no gradient reaches {who} before them"
    return None


def upwards(s: Signals) -> bool | None:
    """Tell whether real samples are "up" in this program: by D's ranks, or else by its steps.

    None where neither says it.
    """
    rank = mean(s.auc)
    if rank > 0.75 or rank < 0.25:
        return rank > 0.5
    pairs = zip(s.pull.get("D on real", ()), s.pull.get("D on fakes", ()), strict=False)
    apart = [real - fake for real, fake in pairs if math.isfinite(real) and math.isfinite(fake)]
    up = sum(x > 0 for x in apart)
    if len(apart) < MOVES or MOST * len(apart) > max(up, len(apart) - up):
        return None
    return up > len(apart) / 2


def with_G(s: Signals, up: bool | None) -> bool | None:
    """Tell whether a step of G moves its fakes to where D moves real samples; None unknown."""
    moves = [x for x in finite(s.pull.get("G on fakes", ())) if x]
    if up is None or len(moves) < MOVES:
        return None
    along = sum((x > 0) == up for x in moves)
    if len(moves) - along >= MOST * len(moves):
        return False
    return True if along >= MOST * len(moves) else None


def wrong_way(s: Signals) -> Found:
    up = upwards(s)
    if up is not True or with_G(s, up) is not False:
        return None
    moves = finite(s.pull["G on fakes"])
    return 0.95, (
        f"a step of G lowers D's score of its own fakes in {sum(x < 0 for x in moves)} of "
        f"{len(moves)} measured turns"
    )


def both_real(s: Signals) -> Found:
    """A step of D moves its answers to real and to fake samples the same way, and they are sure."""
    pairs = list(zip(s.pull.get("D on real", ()), s.pull.get("D on fakes", ()), strict=False))
    pairs = [pair for pair in pairs if all(map(math.isfinite, pair)) and any(pair)]
    alike = sum(real * fake > 0 for real, fake in pairs)
    if len(pairs) < MOVES or alike < MOST * len(pairs) or not late(s.fake) > 0.8:
        return None
    return 0.95, (
        f"a step of D raises its answers to real and to fake samples alike in {alike} of "
        f"{len(pairs)} measured turns, and it gives fakes {late(s.fake):.2f}"
    )


def one_number(s: Signals) -> Found:
    if s.outputs is None or len(s.at) < FEW or s.outputs[0] != s.outputs[1]:
        return None
    return 1.0, f"D answers {s.outputs[0]:g} to every sample"


def not_logits(s: Signals) -> Found:
    """D's answers lie in [0, 1], and the loss is what it is for logits."""
    if s.outputs is None or not (0 <= s.outputs[0] < s.outputs[1] <= 1) or len(s.as_logits) < FEW:
        return None
    told = [s.d_loss[turn] for turn in s.at][-len(s.as_logits) :]
    off = [min(abs(a - b), abs(a - b / 2)) for a, b in zip(told, s.as_logits, strict=False)]
    if not mean(off) < 0.02:
        return None
    low, high = s.outputs
    return 0.95, (
        f"D's answers lie between {low:.2f} and {high:.2f}, and d_loss is the cross-entropy of "
        "logits"
    )


def same_batch(s: Signals) -> Found:
    if len(s.repeated) < FEW or middle(s.repeated) < 1:
        return None
    same = round(sum(s.repeated))
    return 1.0, f"a real batch was the one before in {same} of {len(s.repeated)} looks"


def bad_batch(s: Signals) -> Found:
    if s.bad_batch is None:
        return None
    return 1.0, f"a real batch holds NaN or infinity, first in turn {s.bad_batch}"


def diverged(s: Signals) -> Found:
    sizes = finite(s.largest)
    if s.bad_batch is not None or not sizes or max(sizes) < BEYOND:
        return None
    turn = next(i for i, x in enumerate(s.largest) if not x < BEYOND)
    return 0.9, f"the run diverged: D's answers were beyond {BEYOND:g} in turn {turn}"


def huge_decay(s: Signals) -> Found:
    for who, ratios in s.decay.items():
        if len(ratios) >= 3 and middle(ratios) > 5:
            return 0.95, (
                f"weight decay pulls {who}'s weights to 0 with {middle(ratios):.0f} times the size "
                "of their gradient"
            )
    return None


def another_net(s: Signals) -> Found:
    if s.drawn != "other" or not s.far < 0.3:
        return None
    return 0.95, (
        "the samples you draw come from a net that is not G and lies far from it: they reach "
        f"{100 * s.far:.0f} % of the neighbourhoods of G's own"
    )


FOUND = {
    "bad real batch": bad_batch,
    "a player not stepped": not_stepped,
    "no gradient arrives": no_gradient,
    "weights nobody owns": not_owned,
    "one batch for ever": same_batch,
    "D says one number": one_number,
    "divergence": diverged,
    "G steps the wrong way": wrong_way,
    "fakes called real": both_real,
    "probabilities as logits": not_logits,
    "huge weight decay": huge_decay,
    "another net draws": another_net,
}
