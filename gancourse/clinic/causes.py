"""What can be wrong with a GAN's training, and a diagnosis that names it. Lesson 10.

To add a cause: an entry in `CAUSES`, a faulty run in `faults.py`, a rule in `rules.py`.
"""

from dataclasses import dataclass

from gancourse.clinic.mistakes import FACTS, Cause

LEAST_TURNS = 200  # fewer say nothing about the samples


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
        "scale the real samples to what G can give: bytes with x / 127.5 - 1 for a tanh",
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
        "bring the two learning rates close to each other: begin with a factor of two",
        "steps that change one player's weights over fifteen times as much as the other's",
    ),
}


@dataclass(frozen=True)
class Suspicion:
    """A possible cause, what speaks for it, and how strongly, 0 to 1.

    `seen` says that the evidence is a fact about the program, and no mere symptom; `follows` names
    another finding that brings this one along, and `instead` is a remedy that fits the evidence
    better than the cause's own.
    """

    cause: str
    weight: float
    evidence: str
    seen: bool = False
    follows: str = ""
    instead: str = ""

    @property
    def lesson(self) -> str:
        return (CAUSES | FACTS)[self.cause].lesson

    @property
    def remedy(self) -> str:
        return self.instead or (CAUSES | FACTS)[self.cause].remedy

    def __str__(self) -> str:
        text = f"{self.cause} ({self.weight:.2f}): {self.evidence}.\n"
        if self.follows:
            return f"{text}   This follows from: {self.follows}."
        return f"{text}   Lesson {self.lesson}. Remedy: {self.remedy}."


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
    `harmless` are habits that were seen and do these samples no harm; `symptoms` those of which
    nothing that was seen says where they come from.
    """

    verdict: str
    suspicions: tuple[Suspicion, ...]
    samples: str
    skipped: tuple[tuple[str, str], ...] = ()
    harmless: tuple[str, ...] = ()
    symptoms: tuple[str, ...] = ()

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
        lines += [f"A symptom, and why was not seen: {what}." for what in self.symptoms]
        lines.append(self.samples)
        lines += [f"Seen, as in sound programs too: {note}." for note in self.harmless]
        if self.skipped:
            lines += ["Not looked at:", *(f"- {what} ({why})" for what, why in self.skipped)]
        return "\n".join(lines)
