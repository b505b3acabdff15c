"""What can be wrong with a GAN's training, and a diagnosis that names it. Lesson 10.

To add a cause: an entry in `CAUSES`, a faulty run in `faults.py`, a rule in `rules.py`.
"""

from dataclasses import dataclass

LEAST_TURNS = 200  # fewer say nothing about the samples


@dataclass(frozen=True)
class Cause:
    """A mistake: the lesson that explains it, what to do about it, and what it would show."""

    lesson: str
    remedy: str
    sign: str


CAUSES = {
    "log of zero": Cause(
        "03",
        "compute the loss from logits: softplus, never log of a sigmoid",
        "a loss that is no number any more, and large logits just before",
    ),
    "wrong weights": Cause(
        "05",
        "give G's optimiser G.parameters(), and D's those of D",
        "a net whose weights the other player's optimiser changes",
    ),
    "no zero_grad": Cause(
        "05",
        "call zero_grad before each backward",
        "gradients in use that are older than the last step",
    ),
    "no detach": Cause(
        "05",
        "detach the fakes in D's step",
        "a part of D's loss in the gradient of G, against G's own",
    ),
    "labels swapped": Cause(
        "01",
        "let D call real samples real: check the order of arguments",
        "real samples with the lower logits, turn after turn",
    ),
    "one z": Cause(
        "05",
        "draw one z for each sample: randn(n, z_dim)",
        "z that hardly differ within a batch",
    ),
    "other noise": Cause(
        "09",
        "draw z in sampling as in training",
        "z with another mean or sd in sampling than in training",
    ),
    "not shuffled": Cause(
        "06",
        "shuffle the real samples before each pass",
        "real batches whose means vary far more than those of random batches",
    ),
    "range": Cause(
        "06",
        "scale the images to what G can give: x / 127.5 - 1 for a tanh",
        "real values that lie beyond what G can give",
    ),
    "batch norm in eval": Cause(
        "07",
        "call G.train() again after drawing samples",
        "batch norm in evaluation mode in steps of training",
    ),
    "batch norm in train": Cause(
        "07",
        "call G.eval() before drawing samples",
        "samples that depend on those drawn beside them",
    ),
    "mixed batches": Cause(
        "07",
        "give D the real and the fake samples in two calls",
        "batches of D that hold both kinds of samples",
    ),
    "init not called": Cause(
        "07",
        "call the function that draws the weights; look at their sizes",
        "first samples without spread, and a signal that dies from layer to layer",
    ),
    "mode collapse": Cause(
        "12",
        "give D more steps or a higher rate, or pack its samples",
        "samples in a narrow part of the data, so that any new judge tells them apart",
    ),
    "D too strong": Cause(
        "02",
        "use the non-saturating loss, give D fewer steps, or penalise it",
        "a D that is right in nearly every pair and sure of it, and poor samples",
    ),
    "D too weak": Cause(
        "02",
        "give D hidden layers enough to tell these samples apart",
        "a D that cannot learn by itself what a small new net learns easily",
    ),
    "rates apart": Cause(
        "04",
        "bring the two learning rates to within a factor of ten",
        "steps that change one player's weights over fifteen times as much as the other's",
    ),
}


# What is a fact about a program as soon as it is seen. The clinic has no faulty run of these.
FACTS = {
    "a player not stepped": Cause(
        "05", "call step() of this player's own optimiser", "an optimiser that never takes a step"
    ),
    "weights nobody owns": Cause(
        "05",
        "give the optimiser all of the net's parameters(), those of layers added later too",
        "weights in no optimiser, though they ask for a gradient",
    ),
    "no gradient arrives": Cause(
        "05",
        "compute G's loss from D(G(z)) without detach, on the fakes and not on real samples",
        "steps taken with no gradient",
    ),
    "G steps the wrong way": Cause(
        "03",
        "check the sign of G's loss and its targets: a step of G should raise D's opinion of it",
        "fakes that D likes less after each step of G",
    ),
    "fakes called real": Cause(
        "01",
        "give D the target 0 for fakes",
        "a step of D that raises its answers to real and to fake samples alike",
    ),
    "D says one number": Cause(
        "03",
        "let D end in one logit without softmax or ReLU",
        "the same answer to every sample",
    ),
    "probabilities as logits": Cause(
        "03",
        "leave out D's sigmoid, or use the loss on probabilities",
        "a loss on logits of a D whose answers lie between 0 and 1",
    ),
    "a player frozen": Cause(
        "05",
        "set requires_grad to True again before this player's step",
        "steps of an optimiser whose weights ask for no gradient",
    ),
    "cleared before the step": Cause(
        "05",
        "call zero_grad before backward, never between backward and step",
        "gradients that come and are 0 when the optimiser steps",
    ),
    "rate below zero": Cause(
        "04", "let the schedule end at zero", "a learning rate below zero: steps up the loss"
    ),
    "rate falls to zero": Cause(
        "04",
        "step the schedule once in an epoch, or let it fall more slowly",
        "a learning rate below a hundredth of its first in half of the run",
    ),
    "D hardly learns": Cause(
        "04",
        "raise D's learning rate to within a factor of ten of G's",
        "a D whose weights are at the end what they were at the start",
    ),
    "steps too long": Cause(
        "04", "lower the learning rates", "steps that move weights by half of their size"
    ),
    "D learns from G's loss": Cause(
        "05",
        "give each loss a backward of its own, and clear D's gradients between G's and D's",
        "one backward that pulls D's answers to fakes both ways",
    ),
    "penalty without a graph": Cause(
        "12",
        "take the slope with create_graph=True",
        "a slope of D that no backward can follow",
    ),
    "penalty over the wrong axis": Cause(
        "12",
        "take the norm by sample: flatten(1).norm(dim=1)",
        "a norm of 1 across the batch, and another one by sample",
    ),
    "critic without a bound": Cause(
        "12",
        "add a gradient penalty, clip in place, or use spectral norm",
        "a loss that is linear in D's answers, which nothing holds",
    ),
    "same z for ever": Cause(
        "05", "draw a new z in each turn; never reseed in the loop", "the same z, look after look"
    ),
    "labels of others": Cause(
        "13",
        "shuffle samples and labels with one permutation",
        "real samples that differ no more between labels than within one",
    ),
    "few conditions drawn": Cause(
        "13",
        "ask for all labels when you judge the samples",
        "fewer labels asked of G in sampling than in training",
    ),
    "a selection is drawn": Cause(
        "11",
        "look at all of G's samples",
        "samples that are a part of G's, and miss what G reaches",
    ),
    "stale buffers": Cause(
        "08",
        "copy or average the buffers too, or run the averaged G in training mode for a while",
        "running statistics of batch norm that are not those of the weights",
    ),
    "one batch for ever": Cause(
        "06", "draw a new batch in each turn", "the same real batch, turn after turn"
    ),
    "bad real batch": Cause(
        "06", "look at the data: NaN or infinity is in it", "a real batch that is not finite"
    ),
    "divergence": Cause(
        "04",
        "lower the rates, or penalise D",
        "logits that grow beyond all bounds before anything else breaks",
    ),
    "huge weight decay": Cause(
        "05",
        "lower weight_decay to 0 or a thousandth",
        "a pull of the weights to 0 that is larger than their gradient",
    ),
    "another net draws": Cause(
        "08",
        "draw from G, or bring the other net's weights and buffers up to date",
        "samples far from what G makes, from a net that is not G",
    ),
}


@dataclass(frozen=True)
class Suspicion:
    """A possible cause, what speaks for it, and how strongly, 0 to 1.

    `seen` says that the evidence is a fact about the program, and no mere symptom; `follows` names
    another finding that brings this one along.
    """

    cause: str
    weight: float
    evidence: str
    seen: bool = False
    follows: str = ""

    @property
    def lesson(self) -> str:
        return (CAUSES | FACTS)[self.cause].lesson

    @property
    def remedy(self) -> str:
        return (CAUSES | FACTS)[self.cause].remedy

    def __str__(self) -> str:
        told = f"{self.cause} ({self.weight:.2f}): {self.evidence}.\n"
        if self.follows:
            return f"{told}   This follows from: {self.follows}."
        return f"{told}   Lesson {self.lesson}. Remedy: {self.remedy}."


SENTENCES = {
    "healthy": "Healthy: nothing suspicious, and the samples are like real ones.",
    "sound": "Sound so far: nothing suspicious, and not yet like real samples.",
    "unknown": "I do not know: no rule fits, and the samples are still far from real ones.",
    "too short": f"I do not know: the run has fewer than {LEAST_TURNS} turns.",
}


@dataclass(frozen=True)
class Diagnosis:
    """What was seen, what is suspected, what was not looked at, and how the samples are.

    Suspicions stand with the strongest first. `verdict` is "suspicious" where there is one,
    "healthy" where the samples reach what real ones reach, "sound" where they are near it,
    "unknown" where they are poor and no rule says why, "too short" where nothing can be said.
    `skipped` names the looks that could not be taken, and why: their causes are not excluded.
    `harmless` are habits that were seen and do these samples no harm.
    """

    verdict: str
    suspicions: tuple[Suspicion, ...]
    samples: str
    skipped: tuple[tuple[str, str], ...] = ()
    harmless: tuple[str, ...] = ()

    @property
    def first(self) -> str:
        """The cause that is suspected most, or the verdict where none is."""
        return self.suspicions[0].cause if self.suspicions else self.verdict

    def __str__(self) -> str:
        numbered = list(enumerate(self.suspicions, 1))
        lines = [] if numbered else [SENTENCES[self.verdict]]
        for title, seen in (("Seen:", True), ("Suspected:", False)):
            mine = [f"{i}. {suspicion}" for i, suspicion in numbered if suspicion.seen is seen]
            lines += [title, *mine] if mine else []
        lines.append(self.samples)
        lines += [f"Seen, harmless here: {note}." for note in self.harmless]
        if self.skipped:
            lines += ["Not looked at:", *(f"- {what} ({why})" for what, why in self.skipped)]
        return "\n".join(lines)
