"""Facts about how samples are prepared, what no gradient reaches, and losses that are no number.

Each returns its evidence, or None. Where something could not be looked at, it says nothing.
"""

import math

from torch import Tensor

from gancourse.clinic import facts
from gancourse.clinic.signals import Signals, mean, middle

Found = str | None  # evidence
FEW = facts.FEW
STEPS = FEW + 1  # looked at, before a weight that no gradient reached counts
LARGE = 0.2  # of a player's numbers
ROUNDED = 16.6  # the logit from which float32 rounds its sigmoid to 1
NARROW, WIDE = 0.7, 1.4  # a spread over the usual one
OFF = 0.05
AS_THEY_ARE = 0.8  # of the turns looked at
FAR_ABOVE, APART = 30.0, 30.0  # a column's sd over a net's first answers; over another column's
RANGES = ((0.0, 1.0), (-1.0, 1.0), (0.0, 255.0))  # in which pictures are shown


def known(s: Signals, name: str) -> list[float]:
    """Return what was noted turn by turn, without the turns in which there was nothing to note."""
    return [x for x in s.manner.get(name, []) if x >= 0]


def never_as_handed_in(s: Signals) -> bool:
    """Tell whether D is never given real samples as they were handed in: scaled or noised, say."""
    shares = s.manner.get("as handed in", [])
    return len(shares) >= FEW and max(shares) < 0


def judged_raw(s: Signals) -> bool:
    """Tell whether what G gives goes to D as it is, in G's own step: then that is the sample."""
    return mean(s.heard.get("asked", []), 0.0) >= AS_THEY_ARE


def judged_otherwise(s: Signals) -> bool:
    """Tell whether what G gives never goes to D as it is: the program may scale it first."""
    heard = s.heard.get("asked", [])
    return len(heard) >= FEW and not any(heard)


def two_fakes(s: Signals) -> Found:
    """D learns on what G gives, and G's own step comes to it through something else."""
    own, through = known(s, "own"), known(s, "through own")
    if len(own) < FEW or len(through) < FEW or any(through) or not facts.unheard(s):
        return None
    return (
        f"in D's own steps it is shown what G gives, number by number, and in {len(through)} "
        "measured steps of G something else that is made of it: the two see different fakes"
    )


def silent_weights(s: Signals) -> Found:
    for who in facts.own(s):
        share, steps = s.manner.get(f"silent {who}", (0.0, 0))
        if steps >= STEPS and LARGE < share < 0.99:
            names = ", ".join(s.manner[f"silent names {who}"])
            return (
                f"{100 * share:.0f} % of {who}'s weights ({names}) are in its optimiser, and no "
                f"gradient reached them in {steps} steps that were looked at"
            )
    return None


def mute_numbers(s: Signals) -> Found:
    mute, width, steps = s.manner.get("mute", (0, 1, 0))
    if steps < STEPS or not 0.1 * width <= mute < width or "G" in s.swapped:
        return None
    return (
        f"no gradient reaches {mute} of the {width} numbers that G gives, in {steps} steps that "
        "were looked at: they are not used, or what is made of them cannot be differentiated, "
        "as an argmax"
    )


def no_number(s: Signals) -> Found:
    """A loss is NaN while D's answers, some of them below 0, and all weights are finite."""
    if s.nan_from is not None or s.bad_batch is not None or not s.finite or s.outputs is None:
        return None
    for who, losses in (("g", s.g_loss), ("d", s.d_loss)):
        bad = [i for i, loss in enumerate(losses) if math.isnan(loss)]
        if len(bad) < FEW or bad[0] < FEW or s.steps[who.upper()] < s.turns:
            continue  # some give NaN for a turn without a step
        if s.largest[bad[-1]] < ROUNDED and s.outputs[0] < 0:
            return (
                f"{who}_loss is NaN in {len(bad)} of {len(losses)} turns while D's answers are "
                f"finite, from {s.outputs[0]:.2g} to {s.outputs[1]:.2g}: a logarithm or a root "
                "of a number below 0"
            )
    return None


def scale(s: Signals) -> tuple[float, float] | None:
    """Return (a, b) where D is given a x + b for each real x handed in; None where unknown."""
    lines = s.manner.get("scale", [])
    if len(lines) < FEW or any(known(s, "as handed in")):
        return None
    a, b = (middle([part[i] for part in lines]) for i in (0, 1))
    wide = max((abs(x) for part in s.manner["handed in"] for x in part), default=1.0)
    alike = all(abs(x - a) * wide + abs(y - b) < 1e-3 * (abs(a) * wide + abs(b)) for x, y in lines)
    return (a, b) if alike and abs(a) > 1e-9 else None


def as_given(s: Signals, real: Tensor) -> Tensor:
    """Return real samples as D is given them, where that is how G's are given: bytes scaled, say.

    Else as they were handed in.
    """
    line = scale(s)
    if line is None or not judged_raw(s):
        return real
    a, b = line
    return a * real + b


def described(a: float, b: float) -> str:
    return f"{a:.3g} x {'-' if b < 0 else '+'} {abs(b):.3g}"


def converted(s: Signals) -> Found:
    """Samples are changed for people, and not by the reverse of what real ones are for D."""
    line, shown = scale(s), s.manner.get("shown", [])
    if line is None or len(shown) != 2 or s.drawn != "changed":
        return None
    (a, b), (c, d) = line, shown
    low, high = (middle([part[i] for part in s.manner["handed in"]]) for i in (0, 1))
    there = [c * (a * x + b) + d for x in (low, high)]
    off = max(abs(got - x) for got, x in zip(there, (low, high), strict=True))
    if off < OFF * (high - low) or any(shows(there, ends) for ends in RANGES):
        return None
    return (
        f"real samples come to D as {described(a, b)}, and G's are shown as {described(c, d)}: a "
        f"real one that goes both ways is {described(c * a, c * b + d)} of itself"
    )


def shows(there: list[float], ends: tuple[float, float]) -> bool:
    """Tell whether real samples that go both ways end where pictures are shown from."""
    wide = ends[1] - ends[0]
    return all(abs(got - end) < OFF * wide for got, end in zip(there, ends, strict=True))


def changed_on_the_way(s: Signals) -> Found:
    """Real samples lose what they were handed in with before D: rounded, or scaled once more."""
    rounded = known(s, "rounded")
    if len(rounded) >= FEW and not any(known(s, "as handed in")) and not any(known(s, "round")):
        return (
            f"in {len(rounded)} measured turns all numbers of the real samples that D is given are "
            "whole ones; those handed in are not, and neither are the fakes"
        )
    line, ends = scale(s), s.manner.get("handed in", [])
    if (
        line is None
        or s.ends.get("G") not in ("tanh", "sigmoid")
        or s.drawn != "G"
        or not judged_raw(s)
    ):
        return None
    low, high = (-1.0 if s.ends["G"] == "tanh" else 0.0), 1.0
    inside = all(low - OFF <= x <= high + OFF for part in ends for x in part)
    if not inside or abs(line[0]) > 0.5:
        return None
    return (
        f"real samples are handed in from {mean(x for x, _ in ends):.2g} to "
        f"{mean(x for _, x in ends):.2g}, as G's last layer gives them, and D is given "
        f"{described(*line)}: they are scaled once more"
    )


def beyond_the_end(s: Signals) -> Found:
    """G's last operation cannot give what the real samples hold, and D is given what G gives."""
    (beyond,) = s.closer.get("beyond G's end") or [0.0]
    if beyond < 0.02 or s.drawn != "G" or not judged_raw(s):
        return None
    return (
        f"G ends in a {s.ends['G']}, and {100 * beyond:.0f} % of the real numbers lie beyond what "
        "that can give"
    )


def settings(s: Signals) -> Found:
    """Samples are drawn with a number that training never used, and spread otherwise for it."""
    spread = mean(s.manner.get("spread", []))
    if not s.manner.get("settings") or NARROW < spread < WIDE or math.isnan(spread):
        return None
    return (
        f"G is called with {', '.join(s.manner['settings'])} to draw samples, and never so in "
        f"training: they spread {spread:.2f} times as wide as what G gives otherwise"
    )


def unscaled(s: Signals) -> Found:
    """Columns of a table as they are: of one of them D hears, and a net begins far below it."""
    low, high = s.closer.get("columns") or (1.0, 1.0)
    if not (high > FAR_ABOVE and high > APART * low):
        return None
    return (
        f"the columns of real samples have standard deviations from {low:.2g} to {high:.3g}: D "
        "hears little but the widest, and G begins far below it"
    )


def along(s: Signals) -> Found:
    for layer in s.manner.get("along the batch", []):
        return f"{layer}: the first axis is its time, as long as batch_first is False"
    return None


FOUND = {
    "two kinds of fakes": two_fakes,
    "weights without a gradient": silent_weights,
    "numbers without a gradient": mute_numbers,
    "a loss is no number": no_number,
    "samples converted wrongly": converted,
    "real samples changed": changed_on_the_way,
    "other settings in sampling": settings,
    "along the batch": along,
    "unscaled data": unscaled,
}
