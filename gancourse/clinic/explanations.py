"""What follows from what, and which habits do no harm: how facts become a first statement.

A dead gradient explains a collapse, not the reverse. `EXPLAINS` says for each cause which other
findings it brings along; the root stands first, whatever the weights of the rest. `HABITS` are
things that sound programs do too: seen in a run whose samples are well, they are a note.
"""

SYMPTOMS = ("mode collapse", "D too strong", "D too weak", "rates apart")
SIZES = ("divergence", "log of zero", "steps too long", "critic without a bound")
DIRECTIONS = ("labels swapped", "G steps the wrong way", "fakes called real")
DEAD = ("no gradient arrives", "no zero_grad", "range", "init not called", "huge weight decay",
        "D learns from G's loss", *DIRECTIONS, *SIZES, *SYMPTOMS)  # fmt: skip

# A loss that says nothing, or the same of all: what D answers afterwards is chance.
MUTE = ("range", "D too strong", "D too weak", "mode collapse", "rates apart", "D says one number",
        *DIRECTIONS, *SIZES)  # fmt: skip

HALF = tuple(cause for cause in MUTE if cause != "D says one number")  # which silences a loss

EXPLAINS: dict[str, tuple[str, ...]] = {
    "bad real batch": (*DEAD, "D says one number"),
    # A player that does not move leaves everything else as it was at the start, or running away.
    "a player not stepped": ("weights nobody owns", "cleared before the step", *DEAD),
    "a player frozen": ("cleared before the step", "real left out", "fakes left out", *DEAD),
    "cleared before the step": DEAD,
    "D says one number": (
        "cleared before the step",
        "probabilities as logits",
        "real left out",
        "fakes left out",
        *DEAD,
    ),
    "weights nobody owns": DEAD,
    "wrong weights": ("real left out", *DEAD),
    "rate below zero": ("rate falls to zero", "D hardly learns", *DEAD),
    "rate falls to zero": ("a player hardly moves", "D hardly learns", "another net draws", *DEAD),
    "D hardly learns": ("a player hardly moves", *DEAD),
    # A loss that points the wrong way, or nowhere.
    "no gradient arrives": (
        "no zero_grad",
        "range",
        "init not called",
        *DIRECTIONS,
        *SIZES,
        *SYMPTOMS,
    ),
    "labels swapped": ("range", "G steps the wrong way", *SIZES, *SYMPTOMS),
    "fakes called real": (
        "one target for all",
        "range",
        "labels swapped",
        "G steps the wrong way",
        *SIZES,
        *SYMPTOMS,
    ),
    "G steps the wrong way": ("range", *SIZES, *SYMPTOMS),
    "D learns from G's loss": ("range", *SYMPTOMS),
    "probabilities as logits": ("range", *SYMPTOMS),
    "one target for all": tuple(x for x in MUTE if x != "fakes called real"),
    "real left out": (*HALF, "fakes called real", "one target for all"),
    "fakes left out": (*HALF, "one target for all"),
    "D's loss is flat": (*MUTE, "D hardly learns", "a player hardly moves", "no gradient arrives"),
    "old fakes only": MUTE,
    "adversarial weight 0": (*MUTE, "G does not hear D"),
    "penalty subtracted": ("critic without a bound", "D held flat", "a player hardly moves", *MUTE),
    "prepared apart": (*MUTE, "real left out", "real data change"),
    "packs of one sample": MUTE,
    "labels never trained": ("labels of others", *SYMPTOMS),
    "units alike": ("init not called", "D says one number", "a player hardly moves", *MUTE),
    "no average": ("another net draws",),
    "G does not hear D": MUTE,
    "D sees a part": ("numbers without a gradient", *MUTE),
    "D ends in a clamp": (*MUTE, "no gradient arrives", "G does not hear D", "log of zero"),
    "squashed critic": (*MUTE, "no gradient arrives", "a player hardly moves"),
    "D held flat": (*MUTE, "a player hardly moves"),
    "steps undone": (*MUTE, "a player hardly moves"),
    "no zero_grad": ("range", *SIZES, *SYMPTOMS),
    "no detach": ("range", *SYMPTOMS),
    # Steps and sizes.
    # The ranks of a D that is held at 0 are chance.
    "huge weight decay": (
        "range",
        "init not called",
        "D says one number",
        "steps too long",  # over the size of weights that are next to 0
        *DIRECTIONS,
        *SYMPTOMS,
    ),
    "two kinds of fakes": MUTE,
    "weights without a gradient": MUTE,
    "numbers without a gradient": MUTE,
    "a loss is no number": ("log of zero", *MUTE),
    "samples converted wrongly": ("other noise", "another net draws", "range", *SYMPTOMS),
    "real samples changed": ("D sees a part", "another net draws", "range", *SYMPTOMS),
    "other settings in sampling": ("other noise", "another net draws", "range", *SYMPTOMS),
    "along the batch": MUTE,
    "penalty without a graph": ("critic without a bound", "divergence", *SYMPTOMS),
    "penalty over the wrong axis": ("divergence", *SYMPTOMS),
    "critic without a bound": ("divergence", "range", *SYMPTOMS),
    "steps too long": ("divergence", "range", "D says one number", "log of zero", *SYMPTOMS),
    "log of zero": ("divergence", *SYMPTOMS),
    "divergence": ("range", "log of zero", *SYMPTOMS),
    "gradients clipped away": ("a player hardly moves", "D hardly learns", "range", *SYMPTOMS),
    "a player hardly moves": ("D hardly learns", "init not called", *MUTE),
    "summed loss": ("range", *SIZES, *SYMPTOMS),
    "state lost": ("range", *SIZES, *SYMPTOMS),
    "betas swapped": ("range", *DIRECTIONS, *SIZES, *SYMPTOMS),
    "a slope is infinite": ("range", *SIZES, *DIRECTIONS, *SYMPTOMS),
    # What goes in and what is shown.
    "real data change": ("not shuffled", "range", *SIZES, *SYMPTOMS),
    "unscaled data": (
        "range",
        "init not called",
        "a player hardly moves",
        "D held flat",
        *SIZES,
        *SYMPTOMS,
    ),
    "one batch for ever": ("not shuffled", "range", *SYMPTOMS),
    "same z for ever": ("one z", "range", *SYMPTOMS),
    "one z": ("other noise", "range", *SYMPTOMS),
    "not shuffled": ("range", *SYMPTOMS),
    "labels of others": SYMPTOMS,
    "range": ("numbers without a gradient", *SYMPTOMS),
    "other noise": SYMPTOMS,
    "few conditions drawn": SYMPTOMS,
    "a selection is drawn": SYMPTOMS,
    "stale buffers": ("another net draws", "range", *SYMPTOMS),
    "another net draws": ("range", "weights nobody owns", "no gradient arrives", *SYMPTOMS),
    "batch norm in train": SYMPTOMS,
    "batch norm in eval": SYMPTOMS,
    "mixed batches": SYMPTOMS,
    "init not called": SYMPTOMS,
    # Among symptoms: a D without slope explains a G that hardly moves or does not spread.
    "D too weak": ("mode collapse", "D too strong"),  # from far away any D tells what runs away
    "D too strong": ("mode collapse",),
    "rates apart": ("mode collapse", "D too strong", "D too weak"),
}

# Common in sound programs: accused only where the samples suffer.
HABITS = frozenset({
    "mixed batches", "other noise", "few conditions drawn", "another net draws",
    "critic without a bound", "penalty without a graph", "one batch for ever",
    "a selection is drawn", "steps too long", "G does not hear D", "D ends in a clamp",
    "squashed critic", "D held flat", "summed loss", "gradients clipped away", "state lost",
    "prepared apart",
    "two kinds of fakes", "weights without a gradient", "numbers without a gradient",
    "samples converted wrongly", "real samples changed", "other settings in sampling",
    "along the batch",
})  # fmt: skip
# Rare in sound programs: a note only where the samples are close to real ones.
RARE_HABITS = frozenset({
    "batch norm in eval", "not shuffled", "range", "init not called", "weights nobody owns",
    "rate falls to zero", "rate below zero", "D hardly learns", "huge weight decay", "divergence",
    "penalty over the wrong axis", "a player hardly moves", "betas swapped", "one target for all",
    "old fakes only", "D sees a part", "real data change", "unscaled data", "units alike",
    "penalty subtracted",
})  # fmt: skip


def in_order(weights: dict[str, float]) -> list[tuple[str, str]]:
    """Return causes, roots first, each with the first cause that explains it, or "".

    `weights` are those of what was found. Of roots, and of what follows, the heavier stands first.
    """
    roots = {cause: [root for root in weights if cause in EXPLAINS.get(root, ())]
             for cause in weights}  # fmt: skip
    why = {  # the root that nothing else explains, if there is one
        cause: max(found, key=lambda root: (not roots[root], weights[root]), default="")
        for cause, found in roots.items()
    }
    placed: list[str] = []
    while len(placed) < len(weights):
        left = [cause for cause in weights if cause not in placed]
        free = [
            cause
            for cause in left
            if not any(cause in EXPLAINS.get(other, ()) for other in left if other != cause)
        ]
        placed.append(max(free or left, key=lambda cause: (not why[cause], weights[cause])))
    return [(cause, why[cause]) for cause in placed]
