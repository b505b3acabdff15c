"""An image set as one tensor in memory; without a network, scikit-learn's digits in its place."""

import os
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from gancourse import machine
from gancourse.data import enlarged, folders
from gancourse.data.download import Unavailable
from gancourse.data.sets import IMAGE_SETS, SPLITS, EmbeddedDigits, IdxFiles
from gancourse.data.toys import on_cpu
from gancourse.errors import InputError, at_least, choose


@dataclass(frozen=True, eq=False, repr=False)
class ImageSet:
    """Images at rest, with their labels, on one device."""

    images: torch.Tensor  # [N, C, S, S] uint8, [N, 1, 28, 28] but for folders of one's own
    labels: torch.Tensor  # [N] int64
    name: str  # what it really is: "digits" where they took another set's place
    split: str
    source: str  # where it came from, for people
    class_names: tuple[str, ...]
    on_disk: bool = False  # mapped from a file that is too large for memory
    mark: str = ""  # of a folder of pictures: another one where a picture is changed

    def __len__(self) -> int:
        return len(self.images)

    def __repr__(self) -> str:
        return f"<{self.name} {self.split}: {len(self)} images from {self.source}>"

    def to(self, device: torch.device | str) -> "ImageSet":
        """Return this set on `device`; raises InputError for one that this machine lacks.

        What is mapped from the disk stays there; its batches are sent one by one.
        """
        device = machine.device(device)
        if self.on_disk:
            return self
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


def image_set(name: str) -> IdxFiles | EmbeddedDigits | enlarged.Enlarged | folders.Folder:
    """Return the record of an image set: one of IMAGE_SETS, "fashion@64", or "FOLDER@64-grey".

    Raises InputError for a name that is none of these.
    """
    if name in IMAGE_SETS:
        return IMAGE_SETS[name]
    found = folders.named(name) or enlarged.named(name)
    if found:
        return found
    if os.sep in name or "@" in name or Path(name).exists():
        raise InputError(
            f"{name} names no folder of pictures: give a folder, with a subfolder for each class, "
            "as FOLDER, FOLDER@64 or FOLDER@64-grey."
        )
    return IMAGE_SETS[choose("image set", name, IMAGE_SETS)]


def load_images(
    name: str, split: str = "train", device: torch.device | str | None = "cpu"
) -> ImageSet:
    """Return the image set `name`, "train" or "test", as an ImageSet on `device`.

    `name` is one of IMAGE_SETS, one of these enlarged, or a folder of pictures (see `image_set`).
    Where it is not here and cannot be fetched, the set "digits" comes back, and a line is printed:
    the first time with the reason and the remedy.
    Raises InputError for an unknown name, split or device, and for damaged files.
    """
    entry = image_set(name)
    choose("split", split, SPLITS)
    device = machine.device(device)
    try:
        found = entry.read(split)
    except Unavailable as why:
        print(_instead(entry, why))
        entry = getattr(entry, "stand_in", lambda: IMAGE_SETS["digits"])()
        name = "digits"
        found = entry.read(split)
    images, labels, source = found
    name = getattr(entry, "name", name)
    large = images.nbytes > folders.LARGE and isinstance(entry, folders.Folder)
    mark = getattr(entry, "mark", "")
    return ImageSet(images, labels, name, split, source, entry.class_names, large, mark).to(device)


def _scaled(images: torch.Tensor) -> torch.Tensor:
    return images.float().div_(127.5).sub_(1)  # exactly -1 at 0 and 1 at 255


_missed: set[str] = set()  # what has been missed in this process, with the reason


def _instead(entry: IdxFiles, why: Exception) -> str:
    if entry.title in _missed:
        return f"{entry.title}: the small digits of scikit-learn stand in for it again."
    _missed.add(entry.title)
    given = os.environ.get("GANCOURSE_DATA")
    place = f" or in GANCOURSE_DATA ({given})" if given else ""
    return (
        f"{entry.title} is not on this machine{place}, and was not downloaded ({why}): the small "
        f"digits of scikit-learn stand in for it; connect to the network, or set GANCOURSE_DATA "
        f"to a folder that holds {entry.folder}/*.gz."
    )
