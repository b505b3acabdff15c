"""What is wrong with a program as soon as it is seen: facts, and what to do about each. Lesson 10.

To add one: an entry here and a rule in `facts`, `supplies`, `upkeep` or `roots`.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Cause:
    """A mistake: the lesson that explains it, what to do about it, and what it would show."""

    lesson: str
    remedy: str
    sign: str


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
        "compute G's loss from D(G(z)) without detach, on the fakes and not on real samples, and "
        "with a slope at every answer (no relu or clamp around it)",
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
        "raise D's learning rate close to G's: begin with half of it",
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
        "give D each sample's own label: shuffle samples and labels with one permutation, and hand "
        "fakes over with the label that G was asked for",
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
    # What the losses, the optimisers and D's input do, as it was seen.
    "one target for all": Cause(
        "01",
        "give real samples and fakes targets of their own, of the very shape of D's answers",
        "a loss that gives a real and a fake sample of the same answer the same slope",
    ),
    "real left out": Cause(
        "01", "add the term of the real samples to D's loss", "a D whose loss hears only fakes"
    ),
    "fakes left out": Cause(
        "01", "add the term of the fakes to D's loss", "a D whose loss hears only real samples"
    ),
    "D's loss is flat": Cause(
        "03",
        "look at which answers D's loss is made of: those to real samples in one term, those to "
        "fakes in the other",
        "a loss without a slope at D's answers, in which its two terms cancel, say",
    ),
    "old fakes only": Cause(
        "05",
        "draw new fakes in each turn; a pool of old ones may only be a part of them",
        "fakes that D had seen before, number by number, and none of this turn",
    ),
    "G does not hear D": Cause(
        "05",
        "let D's answer to G's fakes into G's loss, with a weight above 0",
        "a G that learns, and not from D's answers, though D is asked",
    ),
    "D sees a part": Cause(
        "05",
        "give D whole samples: look at slices and indices in its forward",
        "numbers of a sample at which D's slope is always 0",
    ),
    "D ends in a clamp": Cause(
        "03",
        "leave the clamp out: use logits with softplus, or a sigmoid",
        "an output that is cut off, and has no slope where it is",
    ),
    "squashed critic": Cause(
        "12",
        "let a critic end in a linear layer",
        "a loss that is linear in answers that a tanh or a sigmoid holds",
    ),
    "D held flat": Cause(
        "12",
        "give the penalty less weight, or clip at a larger number",
        "a D that is penalised or clipped, and whose answers hardly differ",
    ),
    "summed loss": Cause(
        "04",
        "take the mean over the batch, or a rate smaller by its size",
        "a slope of 1 for a single answer, at steps that are too long",
    ),
    "gradients clipped away": Cause(
        "04", "clip at a size that gradients have", "steps on a thousandth of the gradient"
    ),
    "a player hardly moves": Cause(
        "04",
        "raise this player's learning rate, or the number at which its gradients are clipped",
        "weights that are at the end where they were at the start",
    ),
    "steps undone": Cause(
        "05",
        "put weights back only to where they were before the steps that were a trial",
        "steps that move the weights, and weights that are where they were",
    ),
    "state lost": Cause(
        "05",
        "keep one optimiser, with its state, for the whole training",
        "an optimiser whose moments are gone before a later step",
    ),
    "betas swapped": Cause(
        "04", "give Adam betas=(0.5, 0.999), the smaller one first", "a first beta above the second"
    ),
    "real data change": Cause(
        "06",
        "change a copy of the batch: x + noise or 2 * x - 1, never x.add_(noise) or x.mul_(2)",
        "real samples that come back changed, or spread wider the longer training goes on",
    ),
    "unscaled data": Cause(
        "06",
        "standardise each column, (x - mean) / sd, and undo that when you show samples",
        "columns of real samples whose standard deviations lie far apart",
    ),
    "adversarial weight 0": Cause(
        "05",
        "give D's answer a weight above 0 in G's loss, from early in the run",
        "a slope of exactly 0 at D's answers to G's fakes, in every turn",
    ),
    "penalty subtracted": Cause(
        "12", "add the penalty to D's loss", "a loss that falls the steeper D is where it is steep"
    ),
    "no average": Cause(
        "08",
        "ema = decay * ema + (1 - decay) * new, with a decay near 1",
        "averaged weights that lie less than a step behind G's",
    ),
    "prepared apart": Cause(
        "06",
        "do to fakes what you do to real samples before D sees them, in both players' steps",
        "real samples that are changed before D, and fakes that are not",
    ),
    "packs of one sample": Cause(
        "12",
        "take m samples for a pack, real ones and fakes alike",
        "packs of real samples in which one stands m times",
    ),
    "labels never trained": Cause(
        "13",
        "let each label that you draw come up in training: in what the loader holds, and among "
        "those that fakes are asked for",
        "more labels asked of G in sampling than in training",
    ),
    "units alike": Cause(
        "07",
        "draw the weights at random, with normal_ and not constant_",
        "units of a layer with the same weights",
    ),
    "a slope is infinite": Cause(
        "03",
        "add a small number under the root, or before the logarithm",
        "weights that become NaN while the losses and all answers are finite",
    ),
    "two kinds of fakes": Cause(
        "05",
        "hand D the same fakes in both steps: activated, scaled and augmented alike",
        "a D that learns on one kind of fakes, and a G that is scored on another",
    ),
    "weights without a gradient": Cause(
        "05",
        "see that these layers have a part in the output: a fade-in's alpha, a last loss kept",
        "weights in an optimiser that no gradient ever reached",
    ),
    "numbers without a gradient": Cause(
        "05",
        "put a softmax, or a Gumbel softmax, in the place of argmax or rounding",
        "entries of G's last layer that no gradient ever reached",
    ),
    "a loss is no number": Cause(
        "03",
        "take no logarithm of a score that may be below 0: softplus of a logit, or the score",
        "a loss that is NaN while all answers are finite, some of them below 0",
    ),
    "samples converted wrongly": Cause(
        "06",
        "show samples by the reverse of what is done to real ones",
        "samples changed for people otherwise than real ones are for D",
    ),
    "real samples changed": Cause(
        "06",
        "scale once, in floating point, and hand in what D sees",
        "real samples that D is given otherwise than they were handed in",
    ),
    "other settings in sampling": Cause(
        "09",
        "call G to draw samples as in training",
        "an argument of G that only the sampling function gives",
    ),
    "along the batch": Cause(
        "05",
        "give the recurrent layer batch_first=True, and take its last step by out[:, -1]",
        "an RNN that runs from sample to sample, or as many answers as a sample has steps",
    ),
}
