"""How good are the samples? Points by their modes, images by a small shipped classifier. Lesson 11.

`modes` counts modes of points. For images, `ruler` is the classifier whose features are compared,
`measures` compares them, `copies` looks for training images, and `images` puts it all into one
report; `known` shows what that says of known faults. `bias` takes the number of samples out of FID,
`parzen` is how one scored in 2014, `files` what happens to pictures on their way, and `spoilt` has
real images with a fault of a known size. `obedience` asks whether a conditional generator gives
what it is asked for, `pupils` what a classifier learns from its samples.
"""

from importlib import import_module

_HOME = {
    "HIGH_QUALITY": "modes",
    "ModeReport": "modes",
    "mode_report": "modes",
    "Ruler": "ruler",
    "classify": "ruler",
    "features": "ruler",
    "load_ruler": "ruler",
    "Labels": "obedience",
    "coverage_by_class": "obedience",
    "labels_report": "obedience",
    "ImageReport": "images",
    "few_enough": "images",
    "fid": "images",
    "score_generator": "images",
    "score_images": "images",
}


def __getattr__(name: str):
    """Import what is asked for when it is first asked for: points need no classifier."""
    if name in _HOME:
        return getattr(import_module(f"gancourse.score.{_HOME[name]}"), name)
    raise AttributeError(f"module 'gancourse.score' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(_HOME)
