"""A folder of pictures as an image set: ImageFolder's layout, read once, kept as one file.

`FOLDER`, `FOLDER@64` or `FOLDER@64-grey` names such a set wherever a set is named. Each subfolder
is a class; a folder without any is one class.
"""

import functools
import hashlib
import json
import os
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageOps

from gancourse.data.sets import cache_folder
from gancourse.errors import InputError
from gancourse.store import make_folder, write_whole

SIDES, USUAL = (28, 32, 64), 32  # pixels
COLOURS = {"grey": 1, "colour": 3}
LEAST = 20  # pictures: with fewer nothing is left to learn from, or to compare with
TENTH = 10  # each tenth picture of the folder's order is a test image
LARGE = 2**28  # bytes: what is larger stays on the disk, mapped into memory
ENDINGS = (".jpg", ".jpeg", ".png", ".gif", ".webp", ".bmp", ".tif", ".tiff", ".ppm", ".pgm")
LOOKED_AT = 64  # pictures that say whether a folder is in colour
NAMED = 5  # broken pictures that are named one by one
VERSION = 1  # of the kept files


@dataclass(frozen=True)
class Folder:
    """An image set in a folder of one's own: `side` pixels wide, grey or in colour."""

    path: Path
    side: int
    channels: int
    ruler, measured = None, True  # no classifier was trained on it: `score.pixel_ruler` steps in
    rights = "those of the pictures' owners"

    @property
    def name(self) -> str:
        """How it is named, with all that was chosen for it."""
        colour = next(word for word, n in COLOURS.items() if n == self.channels)
        return f"{self.path}@{self.side}-{colour}"

    @property
    def title(self) -> str:
        return f"the pictures in {self.path}"

    @property
    def shape(self) -> tuple[int, int, int]:
        """The shape of an image, [C, S, S]."""
        return self.channels, self.side, self.side

    @property
    def mark(self) -> str:
        """Another text where a picture is added, removed or written again."""
        return _kept(self)[0].stem

    @property
    def class_names(self) -> tuple[str, ...]:
        return tuple(_kept(self)[1]["class_names"])

    def read(self, split: str) -> tuple[torch.Tensor, torch.Tensor, str]:
        """Return images [N, C, S, S] uint8, labels [N] int64, and where they came from.

        Each tenth picture is a test image. Says once which pictures are left out, and why. Raises
        InputError for a folder with fewer than 20 pictures.
        """
        path, notes = _kept(self)
        whole = np.load(path, mmap_mode="c" if path.stat().st_size > LARGE else None)
        end, last = notes["train"], notes["train"] + notes["test"]
        part = slice(0, end) if split == "train" else slice(end, last)
        labels = torch.tensor(notes["labels"][part], dtype=torch.int64)
        return torch.from_numpy(whole[part]), labels, f"{self.path}, {self.side} pixels wide"


def named(name: str) -> Folder | None:
    """Return the set that "FOLDER", "FOLDER@64" or "FOLDER@64-grey" names; None for no folder.

    The side is 32 pixels by default, and pictures are in colour where some are. Raises InputError
    for another side.
    """
    if not Path(name).is_dir():
        found = re.fullmatch(r"(.+?)@(\d*)(?:-?(grey|gray|colour|color))?", name)
        if not found or not Path(found[1]).is_dir():
            return None
        name, side, colour = found.groups()
    else:
        side, colour = "", None
    if side and int(side) not in SIDES:
        raise InputError(
            f"A folder's pictures are made {', '.join(map(str, SIDES))} pixels wide, and {side} "
            "was asked for: choose one of these."
        )
    colour = {"gray": "grey", "color": "colour"}.get(colour, colour)
    channels = COLOURS[colour] if colour else _channels_in(Path(name))
    return Folder(Path(name).resolve(), int(side or USUAL), channels)


def _pictures(path: Path) -> tuple[list[tuple[str, int]], list[str]]:
    """Return (path, class) of each file that looks like a picture, and the names of the classes.

    The layout is that of torchvision's ImageFolder, which a link to a folder above keeps busy for
    ever. What a program hides is no picture.
    """
    inside = sorted(e.name for e in os.scandir(path) if e.is_dir() and e.name[0] != ".")
    names = inside or ["."]
    samples = [(file, i) for i, name in enumerate(names) for file in _below(path, name, inside)]
    if len(samples) < LEAST:
        raise InputError(
            f"{path} holds {len(samples)} pictures, in {len(names)} classes, and at least "
            f"{LEAST} are needed: give a folder with a subfolder of pictures for each class, or "
            "with the pictures themselves."
        )
    filled = sorted({label for _, label in samples})  # a subfolder without pictures is none
    new = {label: i for i, label in enumerate(filled)}
    named = [names[i] for i in filled] if inside else ["pictures"]
    return [(file, new[label]) for file, label in samples], named


def _below(path: Path, name: str, classes: list[str]) -> list[str]:
    """Return the pictures of a class in order; each folder counts once, whatever leads to it."""
    others = [path, *(path / other for other in classes)] if classes else []
    seen = {os.path.realpath(other) for other in others} - {os.path.realpath(path / name)}
    found = []
    for at, inside, files in os.walk(path / name, followlinks=True):
        real = os.path.realpath(at)
        if real in seen:
            inside.clear()
            continue
        seen.add(real)
        inside[:] = [folder for folder in inside if folder[0] != "."]
        found.append((at, sorted(file for file in files if _is_picture(file))))
    return [os.path.join(at, file) for at, files in sorted(found) for file in files]


def _is_picture(name: str) -> bool:
    return name[0] != "." and name.lower().endswith(ENDINGS)


def _beside_classes(path: Path, classes: list[str]) -> list[str]:
    """Return a line on pictures that lie beside the subfolders, and so in no class."""
    if classes == ["pictures"]:
        return []
    beside = [e.name for e in os.scandir(path) if e.is_file() and _is_picture(e.name)]
    if not beside:
        return []
    return [
        f"{len(beside)} pictures beside the subfolders of {path} are left out: they are in no "
        "class."
    ]


@functools.cache
def _channels_in(path: Path) -> int:
    """Return 3 where one of the pictures looked at has a colour, else 1."""
    samples, _ = _pictures(path)
    for file, _ in samples[:: max(1, len(samples) // LOOKED_AT)]:
        try:
            pixels = pixels_of(file, 64, 3)
        except Exception:  # it is named when it is read
            continue
        if (pixels != pixels[:1]).any():
            return 3
    return 1


def pixels_of(file: str | Path, side: int, channels: int) -> np.ndarray:
    """Return the middle square of a picture as uint8 [C, side, side]; transparent is white.

    Raises what Pillow does for a file that is none, or broken.
    """
    with Image.open(file) as picture:
        picture = _eight_bits(ImageOps.exif_transpose(picture))
        if "A" in picture.getbands() or "transparency" in picture.info:
            picture = picture.convert("RGBA")
            picture = Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture)
        picture = picture.convert("L" if channels == 1 else "RGB")
        square = ImageOps.fit(picture, (side, side), Image.Resampling.LANCZOS)
    return np.atleast_3d(np.asarray(square)).transpose(2, 0, 1)


def _eight_bits(picture: Image.Image) -> Image.Image:
    """Return a grey picture of 16 bits as one of 8: Pillow would cut off what is above 255."""
    if not picture.mode.startswith("I"):
        return picture
    return Image.fromarray((np.asarray(picture).clip(0, 2**16 - 1) >> 8).astype(np.uint8))


@functools.cache
def _kept(folder: Folder) -> tuple[Path, dict]:
    """Return the file that keeps a folder's pixels, made now if it is not there, and its notes."""
    samples, names = _pictures(folder.path)
    path = cache_folder() / "folders" / f"{_digest(folder, samples)}.npy"
    notes = path.with_suffix(".json")
    if not (path.exists() and notes.exists()):
        found = _read(folder, samples, path)
        found["class_names"] = names
        write_whole(notes, json.dumps(found).encode())
    found = json.loads(notes.read_text("utf-8"))
    for line in [*_beside_classes(folder.path, names), *_left_out(found["broken"])]:
        print(line)
    if found["train"] + found["test"] < LEAST:
        raise InputError(
            f"{folder.path} holds {found['train'] + found['test']} pictures that can be read, and "
            f"at least {LEAST} are needed: give others."
        )
    learnt = set(found["labels"][: found["train"]])
    for label, name in enumerate(found["class_names"]):
        if label not in learnt:
            raise InputError(
                f"The class {name} of {folder.path} has no picture to learn from: add some, or "
                "move its subfolder away."
            )
    return path, found


def _digest(folder: Folder, samples: list[tuple[str, int]]) -> str:
    """Return a name for what is read: other files, or other sizes and dates, have another."""
    found = hashlib.sha256(f"{VERSION} {folder.side} {folder.channels}".encode())
    for file, label in samples:
        try:
            about = os.stat(file)
            when = f"{about.st_size}\0{about.st_mtime_ns}"
        except OSError:  # a link that leads nowhere: it is named as a broken picture
            when = ""
        found.update(f"\0{file}\0{label}\0{when}".encode())
    return found.hexdigest()[:32]


def _read(folder: Folder, samples: list[tuple[str, int]], path: Path) -> dict:
    """Write the pixels of all pictures to `path`, training images first; return notes on them."""
    from tqdm import tqdm

    beside = _file_beside(path)
    counts, labels, broken = [0, 0], [], []
    tests = samples[TENTH - 1 :: TENTH]
    train = [sample for i, sample in enumerate(samples) if i % TENTH != TENTH - 1]
    try:
        rows = np.lib.format.open_memmap(beside, "w+", np.uint8, (len(samples), *folder.shape))
        _take_room(Path(beside))
        with tqdm(total=len(samples), desc=f"reading {folder.path}", disable=None) as bar:
            for kind, part in enumerate((train, tests)):
                for file, label in part:
                    bar.update()
                    try:
                        rows[len(labels)] = pixels_of(file, folder.side, folder.channels)
                    except Exception as error:  # whatever a decoder says of a broken file
                        name = os.path.relpath(file, folder.path)
                        broken.append([name, f"{type(error).__name__}: {error}"[:120]])
                        continue
                    labels.append(label)
                    counts[kind] += 1
        rows.flush()
        del rows
        os.replace(beside, path)
    finally:
        Path(beside).unlink(missing_ok=True)
    return {"train": counts[0], "test": counts[1], "labels": labels, "broken": broken}


UNWRITTEN = (
    "The pictures are kept as one file in {folder}, and it cannot be written ({why}): make room "
    "there, or set XDG_CACHE_HOME to a folder of yours."
)


def _file_beside(path: Path) -> str:
    """Return a new file beside `path`; InputError where the cache cannot be written."""
    try:
        make_folder(path.parent)
        handle, beside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except (InputError, OSError) as error:
        why = getattr(error, "strerror", None) or error
        raise InputError(UNWRITTEN.format(folder=path.parent, why=why)) from None
    os.close(handle)
    return beside


def _take_room(path: Path) -> None:
    """Take the disk's room for a file that is mapped: on a full disk a write to it would kill us.

    Raises InputError where there is none.
    """
    if not hasattr(os, "posix_fallocate"):  # Windows, macOS
        return
    try:
        with path.open("r+b") as file:
            os.posix_fallocate(file.fileno(), 0, path.stat().st_size)
    except OSError as error:
        raise InputError(UNWRITTEN.format(folder=path.parent, why=error.strerror)) from None


def _left_out(broken: list[list[str]]) -> list[str]:
    """Return a line for each broken picture, and a count of those beyond the first few."""
    lines = [f"{name} is left out: it is no whole picture ({why})." for name, why in broken[:NAMED]]
    more = len(broken) - NAMED
    return [*lines, f"{more} more are left out."] if more > 0 else lines
