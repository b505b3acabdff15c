"""Image sets as one tensor in memory, and toy distributions: the real data. Never taught.

An image set is looked for in the folder `GANCOURSE_DATA`, then in the user cache, then downloaded
into it; with no network the digits embedded in scikit-learn take its place, and a line says so.
`GANCOURSE_OFFLINE=1` never downloads. To add an image set: one entry in `IMAGE_SETS`.
"""

import gzip
import hashlib
import os
from dataclasses import dataclass, replace
from pathlib import Path
from zlib import error as ZlibError

import numpy as np
import torch
import torch.nn.functional as F
from platformdirs import user_cache_dir

from gancourse import machine
from gancourse.download import Unavailable, download, sweep
from gancourse.errors import InputError, at_least, choose
from gancourse.toys import TOYS, Toy, load_points, mixture, on_cpu

__all__ = ["IMAGE_SETS", "TOYS", "IdxFiles", "ImageSet", "Toy", "load_images", "load_points",
           "mixture", "to_uint8"]  # fmt: skip

SPLITS = {"train": "train", "test": "t10k"}  # and how their files' names begin
DIGITS = tuple("0123456789")
CLOTHES = ("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker",
           "Bag", "Ankle boot")  # fmt: skip


@dataclass(frozen=True, eq=False, repr=False)
class ImageSet:
    """Images at rest, with their labels, on one device."""

    images: torch.Tensor  # [N, 1, 28, 28] uint8
    labels: torch.Tensor  # [N] int64
    name: str  # what it really is: "digits" where they took another set's place
    split: str
    source: str  # where it came from, for people
    class_names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.images)

    def __repr__(self) -> str:
        return f"<{self.name} {self.split}: {len(self)} images from {self.source}>"

    def to(self, device: torch.device | str) -> "ImageSet":
        """Return this set on `device`; raises InputError for one that this machine lacks."""
        device = machine.device(device)
        return replace(self, images=self.images.to(device), labels=self.labels.to(device))

    def batch(self, n: int, generator: torch.Generator) -> torch.Tensor:
        """Return n random images (uniform, with replacement), float in [-1, 1], [n, 1, 28, 28].

        The CPU generator draws the same images whatever device the set is on. Raises InputError
        for n below 1 and for anything but a CPU generator.
        """
        return _scaled(self.images.index_select(0, self._draw(n, generator)))

    def labelled_batch(
        self, n: int, generator: torch.Generator
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the images that `batch` would, and their labels: [n, 1, 28, 28] and [n] int64."""
        index = self._draw(n, generator)
        return _scaled(self.images.index_select(0, index)), self.labels[index]

    def scaled(self, index: slice | torch.Tensor = slice(None)) -> torch.Tensor:
        """Return the images at `index` (all by default) as float in [-1, 1], [n, 1, 28, 28]."""
        return _scaled(self.images[index])

    def of_class(self, k: int) -> "ImageSet":
        """Return the part of this set with label k; InputError where no class has that number."""
        if k not in range(len(self.class_names)):
            raise InputError(
                f"A class of {self.name} is a whole number from 0 to {len(self.class_names) - 1}, "
                f"and {k!r} was given: give such a number (the names are in class_names)."
            )
        mine = self.labels == k
        return replace(self, images=self.images[mine], labels=self.labels[mine])

    def _draw(self, n: int, generator: torch.Generator) -> torch.Tensor:
        at_least("The batch size", n, 1)
        index = torch.randint(len(self), (n,), generator=on_cpu(generator))
        return machine.sent(index, self.images.device)


def to_uint8(x: torch.Tensor) -> torch.Tensor:
    """Return float images in [-1, 1] as uint8 in 0..255, the same shape: `scaled` undone.

    Shape [N, 1, 28, 28]. Raises InputError for another shape, for numbers that are not floats, and
    for values outside of [-1, 1] by more than 1e-4.
    """
    wanted = "Images must be a float tensor of shape [N, 1, 28, 28] in [-1, 1]"
    if not isinstance(x, torch.Tensor) or not x.is_floating_point():
        kind = getattr(x, "dtype", type(x).__name__)
        raise InputError(f"{wanted}, and {kind} was given: give what G returns, or `scaled()`.")
    if x.ndim != 4 or x.shape[1:] != (1, 28, 28):
        raise InputError(f"{wanted}, and the shape {[*x.shape]} was given: reshape them.")
    if not ((x >= -1.0001) & (x <= 1.0001)).all():  # also where a value is NaN
        low, high = x.min().item(), x.max().item()
        raise InputError(f"{wanted}, and these go from {low:g} to {high:g}: end G with a tanh.")
    return ((x.float() + 1) * 127.5).round().clamp(0, 255).to(torch.uint8)


@dataclass(frozen=True)
class IdxFiles:
    """An image set that torchvision knows how to fetch: four .gz files in `<its class>/raw`."""

    title: str
    torchvision: str  # the class in torchvision.datasets: its files, their MD5, its mirrors
    class_names: tuple[str, ...]

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

    title: str = "the digits of scikit-learn"
    class_names: tuple[str, ...] = DIGITS

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
    "mnist": IdxFiles("MNIST", "MNIST", DIGITS),
    "fashion": IdxFiles("Fashion-MNIST", "FashionMNIST", CLOTHES),
    "digits": EmbeddedDigits(),
}


def load_images(
    name: str, split: str = "train", device: torch.device | str | None = "cpu"
) -> ImageSet:
    """Return the image set `name` (see IMAGE_SETS), "train" or "test", as an ImageSet on `device`.

    Where it is neither here nor to be had, the set "digits" comes back, and a line is printed: the
    first time with the reason and the remedy.
    Raises InputError for an unknown name, split or device, and for damaged files.
    """
    entry = IMAGE_SETS[choose("image set", name, IMAGE_SETS)]
    choose("split", split, SPLITS)
    device = machine.device(device)
    try:
        found = entry.read(split)
    except Unavailable as why:
        print(_instead(entry, why))
        name, entry = "digits", IMAGE_SETS["digits"]
        found = entry.read(split)
    images, labels, source = found
    return ImageSet(images, labels, name, split, source, entry.class_names).to(device)


def _scaled(images: torch.Tensor) -> torch.Tensor:
    return images.float().div_(127.5).sub_(1)  # exactly -1 at 0 and 1 at 255


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


_told: set[str] = set()  # what has been missed in this process, with the reason


def _instead(entry: IdxFiles, why: Exception) -> str:
    if entry.title in _told:
        return f"{entry.title}: the small digits of scikit-learn stand in for it again."
    _told.add(entry.title)
    given = os.environ.get("GANCOURSE_DATA")
    nor = f", nor in GANCOURSE_DATA ({given})" if given else ""
    return (
        f"{entry.title} is not on this machine{nor}, and was not downloaded ({why}): the small "
        f"digits of scikit-learn stand in for it; connect to the network, or set GANCOURSE_DATA "
        f"to a folder that holds {entry.folder}/*.gz."
    )


def _read_idx(path: Path, md5: dict[str, str]) -> torch.Tensor:
    """Return the uint8 tensor in an idx .gz file; layout: 0, 0, 8 (uint8), rank, sizes, values."""
    try:
        packed = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror}): make it readable.") from error
    found = hashlib.md5(packed, usedforsecurity=False).hexdigest()
    if found != md5[path.name]:
        raise InputError(
            f"{path} is not the file it should be: {_recognised(packed, found)}; the MD5 expected "
            f"is {md5[path.name]} and the one found {found}: {_mend(path)}."
        )
    data = gzip.decompress(packed)
    sizes = np.frombuffer(data, ">i4", count=data[3], offset=4)
    values = np.frombuffer(data, np.uint8, offset=4 + 4 * data[3])
    return torch.from_numpy(values.reshape(sizes).copy())


def _recognised(packed: bytes, md5: str) -> str:
    for entry in IMAGE_SETS.values():
        for name, known in getattr(entry, "md5", {}).items():
            if md5 == known:
                return f"it holds {name} of {entry.title}"
    if not packed:
        return "it is empty"
    try:
        gzip.decompress(packed)
    except EOFError:
        return f"it is cut off after {len(packed)} bytes"
    except (OSError, ZlibError):
        return f"its {len(packed)} bytes are no intact .gz file"
    return "it holds something unknown"


def _mend(path: Path) -> str:
    if path.is_relative_to(cache_folder()):
        return "delete it and run this again, and it is downloaded anew"
    return "put the original there, or unset GANCOURSE_DATA"


def _enlarged(x: torch.Tensor) -> torch.Tensor:
    """Return images [N, 8, 8] in 0..1 as uint8 [N, 1, 28, 28] that look like MNIST.

    MNIST's digits fill 20x20 pixels and have sharp edges: hence that size and the contrast of 2.
    """
    x = F.interpolate(x[:, None], size=(20, 20), mode="bicubic")
    x = (2 * x - 0.6).clamp(0, 1)
    return F.pad(x, (4, 4, 4, 4)).mul(255).round().to(torch.uint8)
