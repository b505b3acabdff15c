"""The image sets: one record each, with its title, files, classes, rights and ruler.

A set is looked for in the folder `GANCOURSE_DATA`, then in the user cache, then downloaded into it.
`GANCOURSE_OFFLINE=1` never downloads. To add an image set: one entry in `IMAGE_SETS`.
"""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from platformdirs import user_cache_dir

from gancourse.data import idx
from gancourse.data.download import Unavailable, download, sweep
from gancourse.errors import InputError

SPLITS = {"train": "train", "test": "t10k"}  # and how their files' names begin
DIGITS = tuple("0123456789")
CLOTHES = ("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker",
           "Bag", "Ankle boot")  # fmt: skip
MNIST_RIGHTS = "Y. LeCun, C. Cortes and C. Burges, CC BY-SA 3.0"
FASHION_RIGHTS = "H. Xiao, K. Rasul and R. Vollgraf, MIT"
UCI_RIGHTS = "E. Alpaydin and C. Kaynak, CC BY 4.0"


@dataclass(frozen=True)
class IdxFiles:
    """An image set that torchvision knows how to fetch: four .gz files in `<its class>/raw`."""

    title: str
    torchvision: str  # the class in torchvision.datasets: its files, their MD5, its mirrors
    class_names: tuple[str, ...]
    rights: str
    ruler: str | None = None  # whose weights in score/weights measure it

    @property
    def folder(self) -> str:
        return f"{self.torchvision}/raw"

    @property
    def md5(self) -> dict[str, str]:
        return dict(self._origin.resources)

    @property
    def mirrors(self) -> list[str]:
        return list(self._origin.mirrors)

    @property
    def _origin(self) -> type:
        from torchvision import datasets  # slow to import, and points need none of it

        return getattr(datasets, self.torchvision)

    def read(self, split: str) -> tuple[torch.Tensor, torch.Tensor, str]:
        """Return images [N, 1, 28, 28] uint8, labels [N] int64, and where they came from.

        Raises Unavailable where the files are not here and cannot be fetched, and InputError where
        they are damaged.
        """
        raw = self._found()
        images, labels = (
            _read_idx(raw / f"{SPLITS[split]}-{kind}-ubyte.gz", self.md5)
            for kind in ("images-idx3", "labels-idx1")
        )
        return images[:, None], labels.long(), f"{self.title} in {raw}"

    def here(self) -> Path | None:
        """Return the folder that holds all the files, GANCOURSE_DATA before the cache, or None."""
        given = _given_folder()
        if given and not self._missing(given / self.folder, partly=True):
            return given / self.folder
        raw = cache_folder() / self.folder
        return None if self._missing(raw) else raw

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
        missing = [name for name in self.md5 if not (raw / name).is_file()]
        if partly and 0 < len(missing) < len(self.md5):
            raise InputError(
                f"{raw} must hold the {len(self.md5)} files of {self.title}, and "
                f"{' and '.join(missing)} is not there: put it there, or unset GANCOURSE_DATA."
            )
        return missing


@dataclass(frozen=True)
class EmbeddedDigits:
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
        from sklearn.datasets import load_digits  # slow to import

        digits = load_digits()
        part = slice(None, -360) if split == "train" else slice(-360, None)
        images = _enlarged(torch.from_numpy(digits.images[part]) / 16)
        labels = torch.from_numpy(digits.target[part]).long()
        return images, labels, "scikit-learn's 8x8 digits, enlarged to 28x28"


IMAGE_SETS = {
    "mnist": IdxFiles("MNIST", "MNIST", DIGITS, MNIST_RIGHTS, ruler="mnist"),
    "fashion": IdxFiles("Fashion-MNIST", "FashionMNIST", CLOTHES, FASHION_RIGHTS, ruler="fashion"),
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


def _read_idx(path: Path, md5: dict[str, str]) -> torch.Tensor:
    """Return the uint8 tensor in a file whose MD5 is known; raise InputError for another one."""
    try:
        packed = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror}): make it readable.") from error
    found = hashlib.md5(packed, usedforsecurity=False).hexdigest()
    if found != md5[path.name]:
        raise InputError(
            f"{path} is not the file it should be: {_recognised(packed, found)}; the MD5 expected "
            f"is {md5[path.name]} and the one found {found}: {_remedy(path)}."
        )
    return idx.unpacked(packed)


def _recognised(packed: bytes, md5: str) -> str:
    for entry in IMAGE_SETS.values():
        for name, known in getattr(entry, "md5", {}).items():
            if md5 == known:
                return f"it holds {name} of {entry.title}"
    return idx.flaw(packed)


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
