"""What may be done to D against instability, by name: fields of a recipe. Lesson 12."""

from dataclasses import replace

from gancourse.errors import choose
from gancourse.train.recipe import Recipe

OFF = {"r1": 0.0, "r2": 0.0, "gp": 0.0, "clip": 0.0, "spectral": False, "pack": 1}
REMEDIES = {  # the weights suit points in a square of side 3
    "none": {},
    "clipping": {"clip": 0.1},
    "WGAN-GP": {"gp": 1.0},
    "spectral norm": {"spectral": True},
    "R1": {"r1": 0.1},
    "R1 + R2": {"r1": 0.1, "r2": 0.1},
    "packing 2": {"pack": 2},
    "packing 4": {"pack": 4},
}


def with_remedy(recipe: Recipe, name: str) -> Recipe:
    """Return the recipe with this remedy, one of REMEDIES, and no other."""
    return replace(recipe, **(OFF | REMEDIES[choose("remedy", name, REMEDIES)]))


def remedy_of(recipe: Recipe) -> str:
    """Return the name of the remedy that a recipe has."""
    return next(name for name in REMEDIES if with_remedy(recipe, name) == recipe)
