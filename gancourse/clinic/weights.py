"""How often each cause was right when it stood first: the weights of a diagnosis, measured.

Written by `tools/corpus_quality.py --weights` from the corpus's programs that were tuned on and the
clinic's own runs. A cause that was seldom found is drawn towards all of its kind, among which
count the statements that earlier rules made on programs they had not been tuned on; what follows
from another finding has the weight of all that follow.
"""

SEEN, SUSPECTED, FOLLOWING = 0.90, 0.67, 0.11
WEIGHTS: dict[str, float] = {
    "D hardly learns": 0.92,
    "D learns from G's loss": 0.92,
    "D says one number": 0.92,
    "D too strong": 0.78,
    "D too weak": 0.73,
    "G steps the wrong way": 0.94,
    "a player frozen": 0.92,
    "a player not stepped": 0.94,
    "a selection is drawn": 0.92,
    "another net draws": 0.92,
    "bad real batch": 0.92,
    "batch norm in eval": 0.92,
    "batch norm in train": 0.92,
    "cleared before the step": 0.92,
    "critic without a bound": 0.92,
    "few conditions drawn": 0.92,
    "huge weight decay": 0.92,
    "init not called": 0.92,
    "labels of others": 0.92,
    "labels swapped": 0.94,
    "log of zero": 0.92,
    "mixed batches": 0.92,
    "mode collapse": 0.73,
    "no gradient arrives": 0.95,
    "no zero_grad": 0.94,
    "not shuffled": 0.94,
    "one batch for ever": 0.94,
    "other noise": 0.92,
    "penalty over the wrong axis": 0.92,
    "penalty without a graph": 0.92,
    "probabilities as logits": 0.92,
    "range": 0.94,
    "rate falls to zero": 0.92,
    "rates apart": 0.73,
    "same z for ever": 0.92,
    "stale buffers": 0.92,
    "steps too long": 0.94,
    "weights nobody owns": 0.95,
}
