"""The image sets: one record each, with its title, files, classes, rights and ruler.

A set is looked for in the folder `GANCOURSE_DATA`, then in the user cache, then downloaded into it.
`GANCOURSE_OFFLINE=1` never downloads. To add an image set: one entry in `IMAGE_SETS`.
"""

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from platformdirs import user_cache_dir

from gancourse.data import idx, places
from gancourse.data.download import Unavailable, download, sweep
from gancourse.data.origins import origin
from gancourse.errors import InputError

SPLITS = {"train": "train", "test": "t10k"}  # and how their files' names begin
DIGITS = tuple("0123456789")
CLOTHES = ("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker",
           "Bag", "Ankle boot")  # fmt: skip
MNIST_RIGHTS = "Y. LeCun, C. Cortes and C. Burges, CC BY-SA 3.0"
FASHION_RIGHTS = "H. Xiao, K. Rasul and R. Vollgraf, MIT"
UCI_RIGHTS = "E. Alpaydin and C. Kaynak, CC BY 4.0"
MNIST_CONTENTS = {
    "train-images-idx3-ubyte.gz": "6bbc9ace898e44ae57da46a324031adb",
    "train-labels-idx1-ubyte.gz": "a25bea736e30d166cdddb491f175f624",
    "t10k-images-idx3-ubyte.gz": "2646ac647ad5339dbf082846283269ea",
    "t10k-labels-idx1-ubyte.gz": "27ae3e4e09519cfbb04c329615203637",
}
FASHION_CONTENTS = {
    "train-images-idx3-ubyte.gz": "f4a8712d7a061bf5bd6d2ca38dc4d50a",
    "train-labels-idx1-ubyte.gz": "9018921c3c673c538a1fc5bad174d6f9",
    "t10k-images-idx3-ubyte.gz": "8181f5470baa50b63fa0f6fddb340f0a",
    "t10k-labels-idx1-ubyte.gz": "15d484375f8d13e6eb1aabb0c3f46965",
}


class Measured:
    """Of an image set: what its images' shape is, and whether there is a ruler for them."""

    shape = (1, 28, 28)

    @property
    def measured(self) -> bool:
        return self.ruler is not None


@dataclass(frozen=True)
class IdxFiles(Measured):
    """An image set that torchvision knows how to fetch: four .gz files in `<its class>/raw`."""

    title: str
    torchvision: str  # the class in torchvision.datasets: its files, their MD5, its mirrors
    class_names: tuple[str, ...]
    rights: str
    ruler: str | None = None  # whose weights in score/weights measure it
    contents: Mapping[str, str] = field(default_factory=dict)  # the MD5 of each file, unpacked

    @property
    def folder(self) -> str:
        return f"{self.torchvision}/raw"

    @property
    def md5(self) -> dict[str, str]:
        return origin(self.torchvision)[0]

    @property
    def mirrors(self) -> list[str]:
        return origin(self.torchvision)[1]

    def read(self, split: str) -> tuple[torch.Tensor, torch.Tensor, str]:
        """Return images [N, 1, 28, 28] uint8, labels [N] int64, and where they came from.

        Raises Unavailable where the files are not here and cannot be fetched, and InputError where
        they are damaged.
        """
        raw = self._found()
        images, labels = (
            self._read_file(raw, f"{SPLITS[split]}-{kind}-ubyte.gz")
            for kind in ("images-idx3", "labels-idx1")
        )
        return images[:, None], labels.long(), f"{self.title} in {raw}"

    def here(self) -> Path | None:
        """Return the folder that holds all the files, GANCOURSE_DATA before the cache, or None.

        GANCOURSE_DATA may name the folder that holds MNIST/raw, MNIST, or the files themselves.
        """
        given = _given_folder()
        own, *others = places.folders(given, self.torchvision) if given else [None]
        if own and not self._missing(own, partly=True):
            return own
        for raw in others:
            if not self._missing(raw) and self._is_mine(raw):
                return raw
        raw = cache_folder() / self.folder
        return None if self._missing(raw) else raw

    def _is_mine(self, raw: Path) -> bool:
        """Whether the test images there are this set's: names are the same in all sets."""
        name = next(name for name in self.md5 if name.startswith(f"{SPLITS['test']}-images"))
        return self._is_it(name, places.file(raw, name).read_bytes())

    def _is_it(self, name: str, found: bytes) -> bool:
        """Whether these bytes are that file, packed as it was or otherwise, or not packed."""
        return _md5(found) == self.md5[name] or (
            name in self.contents and _md5(idx.unpacked(found)) == self.contents[name]
        )

    def _read_file(self, raw: Path, name: str) -> torch.Tensor:
        """Return the uint8 tensor in a file of the set; raise InputError where it is another."""
        path = places.file(raw, name)
        try:
            found = path.read_bytes()
        except OSError as error:
            raise InputError(
                f"{path} cannot be read ({error.strerror}): make it readable."
            ) from error
        if not self._is_it(name, found):
            raise InputError(
                f"{path} is not the file it should be: {_recognised(found)}; the MD5 expected "
                f"is {self.md5[name]} and the one found {_md5(found)}: {_remedy(path)}."
            )
        return idx.numbers(idx.unpacked(found))

    def _found(self) -> Path:
        raw = cache_folder() / self.folder
        sweep(raw)
        found = self.here()
        if found:
            return found
        missing = self._missing(raw)
        if missing and os.environ.get("GANCOURSE_OFFLINE", "0") not in ("", "0"):
            raise Unavailable("GANCOURSE_OFFLINE is set")
        download({name: self.md5[name] for name in missing}, self.mirrors, raw)
        return raw

    def _missing(self, raw: Path, partly: bool = False) -> list[str]:
        missing = [name for name in self.md5 if places.file(raw, name) is None]
        if partly and 0 < len(missing) < len(self.md5):
            raise InputError(
                f"{raw} must hold the {len(self.md5)} files of {self.title}, and "
                f"{' and '.join(missing)} is not there: put it there, or unset GANCOURSE_DATA."
            )
        return missing


def _embedded() -> np.ndarray:
    """Return scikit-learn's digits [1797, 65]: 64 pixels from 0 to 16, and the class.

    They are read from its file: importing scikit-learn takes two seconds of a processor.
    """
    package = find_spec("sklearn")
    try:
        path = Path(package.origin).parent / "datasets" / "data" / "digits.csv.gz"
        return np.loadtxt(path, delimiter=",")
    except (AttributeError, OSError):  # a scikit-learn that keeps it elsewhere
        from sklearn.datasets import load_digits

        return np.column_stack(load_digits(return_X_y=True)).astype(float)


@dataclass(frozen=True)
class EmbeddedDigits(Measured):
    """The 1,797 digits of 8x8 pixels that come with scikit-learn, drawn as large as MNIST's."""

    title: str
    class_names: tuple[str, ...]
    rights: str
    ruler: str | None = None

    def read(self, split: str) -> tuple[torch.Tensor, torch.Tensor, str]:
        """Return images [N, 1, 28, 28] uint8, labels [N] int64, and where they came from.

        The first 1,437 are the training split, the last 360 the test split. Source: E. Alpaydin and
        C. Kaynak, Optical Recognition of Handwritten Digits, UCI repository, CC BY 4.0.
        """
        rows = torch.from_numpy(_embedded())[
            slice(None, -360) if split == "train" else slice(-360, None)
        ]
        images, labels = _enlarged(rows[:, :-1].view(-1, 8, 8) / 16), rows[:, -1].long()
        return images, labels, "scikit-learn's 8x8 digits, enlarged to 28x28"


IMAGE_SETS = {
    "mnist": IdxFiles("MNIST", "MNIST", DIGITS, MNIST_RIGHTS, "mnist", MNIST_CONTENTS),
    "fashion": IdxFiles(
        "Fashion-MNIST", "FashionMNIST", CLOTHES, FASHION_RIGHTS, "fashion", FASHION_CONTENTS
    ),
    "digits": EmbeddedDigits("the digits of scikit-learn", DIGITS, UCI_RIGHTS, ruler="mnist"),
}


def cache_folder() -> Path:
    """Return the folder that downloads are kept in, in torchvision's layout."""
    return Path(user_cache_dir("gancourse", appauthor=False))


def _given_folder() -> Path | None:
    given = os.environ.get("GANCOURSE_DATA")
    if not given:
        return None
    folder = Path(given).expanduser()
    if not folder.is_dir():
        what = "a file" if folder.exists() else "not there"
        raise InputError(
            "GANCOURSE_DATA must name a folder that holds MNIST/raw/*.gz, and "
            f"{given!r} is {what}: correct it, or unset it."
        )
    return folder


def _md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def _recognised(found: bytes) -> str:
    for entry in IMAGE_SETS.values():
        for name in getattr(entry, "md5", {}):
            if entry._is_it(name, found):
                return f"it holds {name} of {entry.title}"
    return idx.flaw(found)


def _remedy(path: Path) -> str:
    if path.is_relative_to(cache_folder()):
        return "delete it and run this again, and it is downloaded once more"
    return "put the original there, or unset GANCOURSE_DATA"


def _enlarged(x: torch.Tensor) -> torch.Tensor:
    """Return images [N, 8, 8] in 0..1 as uint8 [N, 1, 28, 28] that look like MNIST.

    MNIST's digits fill 20x20 pixels and have sharp edges: hence that size and the contrast of 2.
    """
    x = F.interpolate(x[:, None], size=(20, 20), mode="bicubic")
    x = (2 * x - 0.6).clamp(0, 1)
    return F.pad(x, (4, 4, 4, 4)).mul(255).round().to(torch.uint8)
