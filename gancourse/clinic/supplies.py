"""Facts about what the nets are given and what people are shown: batches, z, labels, who draws.

Each returns its evidence, or None. Where something could not be looked at, it says nothing.
"""

from gancourse.clinic.signals import Signals, late, mean, middle

Found = str | None  # evidence
FEW = 5  # measured turns that a fact needs
WHOLE = 500  # real samples: a batch of so many may be the whole data
TIED = 10.0  # see `conditions.tied`; labels that belong to their samples reach hundreds
BESIDE = 0.15  # of a sample's variance: of a batch of a few, no longer of a hundred
PART = 0.3  # of the neighbourhoods of G's samples: fewer is another net, or a selection
COLLAPSED = 0.3  # of the spread of real samples
CLEARLY = 0.15  # over three standard errors of two shares of 256 samples


def bad_batch(s: Signals) -> Found:
    if s.bad_batch is None:
        return None
    return f"a real batch holds NaN or infinity, first in turn {s.bad_batch}"


def same_batch(s: Signals) -> Found:
    """The same few real samples in each turn; of WHOLE or more, they may be all there are."""
    if len(s.repeated) < FEW or middle(s.repeated) < 1 or s.batch >= WHOLE:
        return None
    same = round(sum(s.repeated))
    return f"a real batch was the one before in {same} of {len(s.repeated)} looks"


def same_noise(s: Signals) -> Found:
    if len(s.repeated_z) < FEW or middle(s.repeated_z) < 1:
        return None
    same = round(sum(s.repeated_z))
    return f"z was, number by number, that of the last look in {same} of {len(s.repeated_z)}"


def labels_of_others(s: Signals) -> Found:
    alike = mean(s.fake_labels)
    if len(s.fake_labels) >= FEW and alike < 0.7:
        return (
            "D is given fakes with labels that G did not make them with: they are the same for "
            f"{100 * alike:.0f} % of the fakes"
        )
    alike = mean(s.class_labels)
    if len(s.class_labels) >= FEW and alike < 0.7:
        return (
            "the loss of classes asks for labels that G did not make its fakes with: they are the "
            f"same for {100 * alike:.0f} % of the fakes"
        )
    if not s.label_gap < TIED:
        return None
    return (
        "the labels that go with real samples say nothing about them: between two labels "
        f"they differ {s.label_gap:.1f} times as much as chance has it"
    )


def few_conditions(s: Signals) -> Found:
    asked, known = s.asked.get("sampling", 0), s.asked.get("training", 0)
    if not 0 < asked <= 0.75 * known or known > 64:
        return None
    return (
        f"to draw samples, G is asked for {asked} labels, and in training for {known}: they can "
        "show no more of the data"
    )


def selection(s: Signals) -> Found:
    """The samples are some of those that G made, and reach fewer regions."""
    if s.drawn != "selected" or not s.regions or not s.own_regions:
        return None
    if s.regions[0] >= s.own_regions[0] and not s.far < PART:
        return None
    return (
        f"the samples you draw are a part of what G made: that reaches {s.own_regions[0]} of "
        f"{s.own_regions[1]} regions, they reach {s.regions[0]}, and {100 * s.far:.0f} % of the "
        "neighbourhoods of what was made"
    )


def stale_buffers(s: Signals) -> Found:
    """The running statistics of the net that draws are not those of its weights."""
    still, moved = s.copy["buffers of copy"], s.copy["buffers of G"]
    frozen = len(still) > 2 and not any(still) and late(moved, 0.0) > 0.05
    if frozen and late(s.copy["moved"], 0.0) > 0:
        return (
            "the net that draws is a copy of G whose weights move, and its batch norm's running "
            f"statistics are still those of the start; G's have changed by {100 * moved[-1]:.0f} %"
        )
    train, run = s.modes.get("train"), s.modes.get("eval")
    if not (train and run) or s.in_sampling > 0.1:
        return None
    if train["coverage"] - run["coverage"] < 2 * CLEARLY or run["coverage"] > 0.5:
        return None
    return (
        "batch norm's running statistics do not fit the weights: with those of the batch the "
        f"samples reach {100 * train['coverage']:.0f} % of the real neighbourhoods, with the "
        f"running ones {100 * run['coverage']:.0f} %"
    )


def another_net(s: Signals) -> Found:
    if s.drawn != "other":
        return None
    if len(s.copy["moved"]) > 2 and late(s.copy["apart"]) > 0.02:
        moved = s.copy["moved"]
        if not any(moved[len(moved) // 2 :]):
            return (
                "the samples you draw come from a copy of G that stands still: its weights have "
                "not changed since the middle of the run, and G's lie "
                f"{100 * s.copy['apart'][-1]:.0f} % away"
            )
    if not s.far < PART or keeps_up(s):
        return None
    return (
        "the samples you draw come from a net that is not G and lies far from it: they reach "
        f"{100 * s.far:.0f} % of the neighbourhoods of G's own"
    )


def keeps_up(s: Signals) -> bool:
    """Tell whether the net that draws is an average that follows G, two looks behind at most.

    Of a G that goes in circles its samples are far from G's all the same.
    """
    moved, apart = (s.copy[name] for name in ("moved", "apart"))
    return len(moved) > 2 and late(apart) < 2 * late(moved)


def norm_in_train(s: Signals) -> Found:
    """Samples are drawn with batch norm in training mode, and are clearly worse for it."""
    train, run = s.modes.get("train"), s.modes.get("eval")
    if not (s.norms.get("G") and s.in_sampling > 0.1 and train and run):
        return None
    gains = [run[name] - train[name] for name in ("precision", "coverage")]
    if max(gains) < CLEARLY and not (s.neighbours > BESIDE and min(gains) > -CLEARLY / 3):
        return None
    if max(gains) < CLEARLY and s.fit().get("spread", 1.0) < COLLAPSED:
        return None  # of hardly any variance any share is little
    return (
        f"batch norm is in training mode when samples are drawn: {100 * s.neighbours:.0f} % of a "
        f"sample's variance comes from those drawn beside it, and they reach "
        f"{100 * train['coverage']:.0f} % of the real neighbourhoods; after G.eval(), "
        f"{100 * run['coverage']:.0f} %"
    )


def not_shuffled(s: Signals) -> Found:
    if not s.order > max(3.0, by_chance(len(s.at))) or "in turns" in s.asked:
        return None  # classes may take turns where G and D are given them
    return f"the means of real batches vary {s.order:.0f} times as much as those of random batches"


def by_chance(batches: int) -> float:
    """Return what the variance of so many means reaches once in 10,000, over what it is on average.

    For samples of a single number; the chi-squared quantile of Wilson and Hilferty 1931.
    """
    part = 2 / (9 * max(1, batches - 1))
    return (1 - part + 3.72 * part**0.5) ** 3


def one_z(s: Signals) -> Found:
    if s.training.apart == 0:
        return "all numbers of a z are one and the same, so that G's samples lie on a curve"
    if not s.training.within < 0.5:
        return None
    return (
        f"in training the z of one batch differ {s.training.within:.2f} times as much as all z do"
    )


FOUND = {
    "bad real batch": bad_batch,
    "one batch for ever": same_batch,
    "same z for ever": same_noise,
    "labels of others": labels_of_others,
    "few conditions drawn": few_conditions,
    "a selection is drawn": selection,
    "stale buffers": stale_buffers,
    "another net draws": another_net,
    "batch norm in train": norm_in_train,
    "not shuffled": not_shuffled,
    "one z": one_z,
}
