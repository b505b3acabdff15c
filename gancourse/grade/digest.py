"""A hash for each sheet of all that can change its marks, beside the notebook and the seed.

Hashed are the grader, the modules that the sheet's checks import, the data files that these name,
the images that the checks load, the limits, and the versions of PyTorch and Python. What is
imported is read from the sources: what this process happens to have loaded plays no part.
"""

import json
import platform
from functools import cache
from hashlib import sha256
from importlib import import_module
from pathlib import Path

import torch

import gancourse
from gancourse.errors import InputError
from gancourse.grade.box.sandbox import Limits
from gancourse.grade.sources import Sources

PACKAGE = Path(gancourse.__file__).parent


class Digests:
    """The hash of each sheet of the module `checks`, from the sources below `package`."""

    def __init__(self, checks: str, limits: Limits, package: Path = PACKAGE):
        self.checks, self.limits = checks, limits
        self.sources = Sources(package, *_elsewhere(checks))
        # This module decides which marks are recalled, not which are given; it loads images.
        self.sources.modules.pop(__name__, None)
        self.grader = self.sources.below(__package__)

    def of(self, sheet: str) -> str:
        """Return the hash for a sheet."""
        return _hash(json.dumps(self.facts(sheet), sort_keys=True).encode())

    def facts(self, sheet: str) -> dict[str, object]:
        """Return what is hashed: modules, data files and images, each with its own hash."""
        sources = self.sources
        names = sources.closure(self.grader | self._modules_of(sheet))
        data = set().union(*map(sources.data, names - self.grader))
        return {
            "modules": {name: _hash(sources.modules[name].path.read_bytes()) for name in names},
            "data": {sources.relative(path): _hash(path.read_bytes()) for path in data},
            "images": {" ".join(given): images_hash(*given) for given in self.images(names)},
            "limits": repr(self.limits),
            "versions": [torch.__version__, platform.python_version()],
        }

    def _modules_of(self, sheet: str) -> set[str]:
        """Return the sheet's module with all below it, or all checks where it has none."""
        below = self.sources.below
        return below(f"{self.checks}.sheet{sheet}") or below(self.checks)

    def images(self, names: set[str]) -> set[tuple[str, ...]]:
        """Return what the checks among these modules give to `load_images`.

        A name that is not written out there may be any: all image sets are returned for it.
        """
        checks = names & self.sources.below(self.checks)
        given = [a for n in checks for a in self.sources.modules[n].arguments("load_images")]
        plain = {words[:2] for words in given if all(words[:2])}
        return plain if len(plain) == len({w[:2] for w in given}) else plain | _all_images()


def _hash(content: bytes) -> str:
    return sha256(content).hexdigest()


def _elsewhere(checks: str) -> list[Path]:
    """Return the package, or the file, of checks that are no part of gancourse."""
    top = checks.split(".")[0]
    if top == gancourse.__name__:
        return []
    path = Path(import_module(top).__file__)
    return [path.parent if path.name == "__init__.py" else path]


@cache
def images_hash(name: str, split: str = "train") -> str:
    """Return the hash of the images and labels that are there under this name, or the stand-in's.

    Where they cannot be read, which also ends the check, return the sentence that says why.
    """
    from gancourse.data import load_images  # only some sheets' checks load images

    try:
        found = load_images(name, split)
    except InputError as error:
        return str(error)
    return _hash(found.images.numpy().tobytes() + found.labels.numpy().tobytes())


def _all_images() -> set[tuple[str, ...]]:
    from gancourse.data import IMAGE_SETS

    return {(name,) for name in IMAGE_SETS}
