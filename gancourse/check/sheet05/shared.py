"""D's losses that mistakes amount to, for values and for steps; a step where D is sure."""

import math

from torch import Tensor
from torch.nn.functional import softplus

from gancourse.check import facts, twins
from gancourse.check.players import Players
from gancourse.check.spec import Wrong
from gancourse.check.student import Student
from gancourse.losses import cross_entropy_d

# What each mistake means, and the loss that it amounts to: used for values and for steps.
D_MISTAKES = {
    "This is V(D, G) itself, which D wants large; a loss is made small: put a minus before all of "
    "it.": (lambda real, fake: -cross_entropy_d(real, fake)),
    "Real and fake have changed places: D would learn to call the fakes real.": (
        lambda real, fake: cross_entropy_d(fake, real)
    ),
    "The term of the fakes has G's sign: D would be paid for being fooled.": (
        lambda real, fake: softplus(-real).mean() - softplus(fake).mean()
    ),
    "Only the real samples count: D could call everything real and lose nothing.": (
        lambda real, fake: softplus(-real).mean()
    ),
    "Only the fake samples count: D could call everything fake and lose nothing.": (
        lambda real, fake: softplus(fake).mean()
    ),
    "This sums over the batch: a larger batch would mean larger steps; take the mean of each "
    "term.": (lambda real, fake: softplus(-real).sum() + softplus(fake).sum()),
    "This is half of the loss: each term is an expectation of its own; add the two means, do not "
    "average them.": (lambda real, fake: cross_entropy_d(real, fake) / 2),
    "This is in bits: the logarithm of V is the natural one.": (
        lambda real, fake: cross_entropy_d(real, fake) / math.log(2)
    ),
    "The logarithms are taken of means: each sample has its own, and those are averaged.": (
        lambda real, fake: -real.sigmoid().mean().log() - (1 - fake.sigmoid()).mean().log()
    ),
    "The sigmoid is applied twice: these are logits, and a loss 'with logits' applies it itself.": (
        lambda real, fake: cross_entropy_d(real.sigmoid(), fake.sigmoid())
    ),
}


def judge_alive(student: Student, players: Players, who: str, still: str, broken: str) -> None:
    """Say `still` where a step left a player's weights as they were, `broken` where not finite."""
    if twins.same_weights(student, getattr(players, who)):
        raise Wrong(still)
    weights = student.snapshot(getattr(players, who).there)["weights"]
    if not all(isinstance(w, Tensor) and w.isfinite().all() for w in weights.values()):
        raise Wrong(broken)


def judge_repeats(moved: list[dict[str, Tensor]], players: Players) -> None:
    """Refuse a step that is another one where all that it is given is the same."""
    if not facts.all_near(moved[1], moved[0], players.tolerance()):
        raise Wrong(
            "The same players, samples and z give another step each time: take the z that is "
            "given, and draw nothing of your own."
        )
