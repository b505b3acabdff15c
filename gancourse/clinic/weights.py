"""How often each cause was right when it stood first: the weights of a diagnosis, measured.

Written by `tools/corpus_quality.py --weights` from the tuning programs of the corpus and the
clinic's own runs. A cause that was seldom found is drawn towards all of its kind; what follows from
another finding has the weight of all that follow.
"""

SEEN, SUSPECTED, FOLLOWING = 0.95, 0.7, 0.1
WEIGHTS: dict[str, float] = {}
