"""The sets of 28 pixels at 32 or 64: `fashion@64` wherever a set is named. Lesson 14."""

import re
from dataclasses import dataclass

import torch
import torch.nn.functional as F

from gancourse.data.folders import SIDES
from gancourse.data.sets import IMAGE_SETS, EmbeddedDigits, IdxFiles, Measured
from gancourse.errors import InputError

CHUNK = 4_096  # images at a time: their floats take 64 MB


@dataclass(frozen=True)
class Enlarged(Measured):
    """One of IMAGE_SETS, its images drawn `side` pixels wide."""

    small: IdxFiles | EmbeddedDigits
    key: str  # the small set's name
    side: int
    ruler = None  # no classifier was trained at this side: `score.pixel_ruler` steps in

    @property
    def name(self) -> str:
        return f"{self.key}@{self.side}"

    @property
    def title(self) -> str:
        return f"{self.small.title}, {self.side} pixels wide"

    @property
    def measured(self) -> bool:
        return True

    @property
    def class_names(self) -> tuple[str, ...]:
        return self.small.class_names

    @property
    def rights(self) -> str:
        return self.small.rights

    @property
    def shape(self) -> tuple[int, int, int]:
        """The shape of an image, [C, S, S]."""
        return 1, self.side, self.side

    @property
    def folder(self) -> str:
        return self.small.folder

    def stand_in(self) -> "Enlarged":
        """Return the embedded digits at the same side."""
        return Enlarged(IMAGE_SETS["digits"], "digits", self.side)

    def read(self, split: str) -> tuple[torch.Tensor, torch.Tensor, str]:
        """Return images [N, 1, S, S] uint8, labels [N] int64, and where they came from.

        Raises what the small set does.
        """
        images, labels, source = self.small.read(split)
        large = torch.cat([resized(part, self.side) for part in images.split(CHUNK)])
        return large, labels, f"{source}, drawn {self.side} pixels wide"


def resized(images: torch.Tensor, side: int) -> torch.Tensor:
    """Return images [N, C, S, S] uint8 as [N, C, side, side] uint8, bicubic, side above S."""
    large = F.interpolate(images.float(), size=(side, side), mode="bicubic")
    return large.round_().clamp_(0, 255).to(torch.uint8)


def shrunk(images: torch.Tensor, side: int) -> torch.Tensor:
    """Return images [N, C, S, S] uint8 as [N, C, side, side] uint8, filtered against aliases."""
    if images.shape[-1] == side:
        return images
    size, parts = (side, side), images.split(CHUNK)
    small = [F.interpolate(x.float(), size=size, mode="bicubic", antialias=True) for x in parts]
    return torch.cat(small).round_().clamp_(0, 255).to(torch.uint8)


def named(name: str) -> Enlarged | None:
    """Return the set that "fashion@64" names; None where no set of IMAGE_SETS stands before the @.

    Raises InputError for a side that no net has, and for 28, which is the set itself.
    """
    key, _, side = name.partition("@")
    if key not in IMAGE_SETS or not side:
        return None
    sides = [str(known) for known in SIDES if known != 28]
    found = re.fullmatch(r"(\d+)(-gr[ae]y)?", side)
    if not found or found[1] not in sides:
        raise InputError(
            f"The images of {key} are drawn {' or '.join(sides)} pixels wide, and {name} was asked "
            f"for: write {key}@{sides[-1]}, or {key} for 28 pixels."
        )
    return Enlarged(IMAGE_SETS[key], key, int(found[1]))
