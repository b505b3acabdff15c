"""The learner's copy of the course: made once, brought up to date, and never written over.

A notebook whose text is still that of some edition of the course is replaced by the new edition; if
it was run, it goes to the folder EARLIER as it was. One whose text the learner changed stays, and
the new edition is laid beside it, once.
"""

import hashlib
import json
import os
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from gancourse import course
from gancourse.course import MARK
from gancourse.errors import InputError
from gancourse.store import NO_WRITING, make_folder, write_whole

EARLIER = "earlier"  # in MARK: notebooks that were run, and replaced since
DELIVERED = "delivered.json"  # in MARK: by file, the hashes of what was delivered
NEW_EDITION = " (new edition"  # in the name of one that is laid beside the learner's
FOLDERS = ("notebooks", "exercises", "solutions")
AT_THE_TOP = {"notebooks/progress.ipynb": "progress.ipynb"}


@dataclass
class Update:
    """What one update did, by the names of the files."""

    made: list[str] = field(default_factory=list)
    replaced: list[str] = field(default_factory=list)
    beside: list[tuple[str, str]] = field(default_factory=list)  # (the learner's, the new edition)

    def sentences(self, copy: Path) -> list[str]:
        """Return what a learner should know of it, a line each; nothing where nothing changed."""
        lines = []
        if self.made and not (self.replaced or self.beside):
            lines.append(f"Your copy of the course is in {copy}: change in it what you like.")
        if self.replaced:
            lines.append(f"Brought up to date: {_some(self.replaced)}.")
        for mine, new in self.beside:
            lines.append(f"You changed {mine}, so it stays; the new edition is {new}.")
        return lines


@dataclass
class Delivered:
    """What is known of one file: every edition's hashes, and the texts that were laid there.

    `whole` and `texts` are noted before a file is written and `laid` after it, so that a kill in
    between makes no edition look like the learner's work, and leaves none out.
    """

    whole: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    laid: list[str] = field(default_factory=list)

    def note(self, content: bytes) -> None:
        self.whole = sorted({*self.whole, _hash(content)})
        self.texts = sorted({*self.texts, text_hash(content)})

    def is_edition(self, content: bytes) -> bool:
        """Tell whether this is an edition as it was delivered, not even run."""
        return _hash(content) in self.whole

    def has_text(self, content: bytes) -> bool:
        """Tell whether the text of the cells is an edition's: the learner at most ran it."""
        return text_hash(content) in self.texts


def _some(names: list[str]) -> str:
    more = len(names) - 3
    return ", ".join(names[:3]) + (f" and {more} more" if more > 0 else "")


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:32]


def text_hash(content: bytes) -> str:
    """Return the hash of a notebook's cells, kinds and text alone; of any other file, of it all."""
    try:
        cells = [(c["cell_type"], "".join(c["source"])) for c in json.loads(content)["cells"]]
        return _hash(json.dumps(cells).encode())
    except (ValueError, KeyError, TypeError, RecursionError):
        return _hash(content)


def sources() -> dict[str, Path]:
    """Return the notebooks of this edition: their names in a copy, and where they lie."""
    found = {}
    for folder in FOLDERS:
        for path in sorted(course.path(folder).glob("*.ipynb")):
            name = f"{folder}/{path.name}"
            found[AT_THE_TOP.get(name, name)] = path
    return found


def update(copy: str | Path) -> Update:
    """Make the working copy at `copy`, or bring it up to date; return what was done.

    Raises InputError where no folder can be there, and where one is that is neither empty nor a
    working copy. A kill at any moment loses nothing, and the next update goes on.
    """
    copy = make_folder(copy)
    if not (copy / MARK).is_dir() and any(copy.iterdir()):
        raise InputError(
            f"{copy} is not empty and no copy of the course: name another folder, or a new one."
        )
    try:
        return _updated(copy)
    except OSError as error:
        if error.errno not in NO_WRITING:
            raise
        place = error.filename or copy
        raise InputError(
            f"{place} cannot be written: no permission; name a folder of your own."
        ) from None


def _updated(copy: Path) -> Update:
    known, done = _known(copy), Update()
    new = {name: path.read_bytes() for name, path in sources().items()}
    for name, content in new.items():
        known.setdefault(name, Delivered()).note(content)
    _save(copy, known)
    for name, content in new.items():
        _bring(copy, name, content, known[name], done)
    _save(copy, known)
    return done


def _known(copy: Path) -> dict[str, Delivered]:
    try:
        noted = json.loads((copy / MARK / DELIVERED).read_text(encoding="utf-8"))
        return {name: Delivered(**lists) for name, lists in noted.items()}
    except (FileNotFoundError, ValueError, TypeError, AttributeError):
        return {}  # then every notebook there counts as changed, and stays


def _save(copy: Path, known: dict[str, Delivered]) -> None:
    text = json.dumps({name: vars(d) for name, d in known.items()}, indent=1, sort_keys=True)
    path = copy / MARK / DELIVERED
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        write_whole(path, text.encode())


def _bring(copy: Path, name: str, content: bytes, known: Delivered, done: Update) -> None:
    path, text = copy / name, text_hash(content)
    old = path.read_bytes() if path.exists() else None
    if old is None:
        if _put(path, content):
            done.made.append(name)
    elif known.has_text(old):
        if text_hash(old) != text and _replaced(copy, path, old, content, known):
            done.replaced.append(name)
    elif text not in known.laid:
        beside = _lay_beside(path, content, known)
        done.beside.append((name, beside.relative_to(copy).as_posix()))
    known.laid = sorted({*known.laid, text})


def _put(path: Path, content: bytes) -> bool:
    """Write a new file, whole or not at all; tell whether there was none before."""
    make_folder(path.parent)
    handle, part = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        os.chmod(part, 0o644)
        try:
            os.link(part, path)  # refuses where a file is; a renaming would write over it
        except FileExistsError:
            return False
        except OSError:  # a file system without links
            if path.exists():
                return False
            os.rename(part, path)
        return True
    finally:
        Path(part).unlink(missing_ok=True)


def _replaced(copy: Path, path: Path, old: bytes, content: bytes, known: Delivered) -> bool:
    """Put the new edition in place of an old one, which is kept if it was run."""
    aside = copy / MARK / EARLIER / f"{path.stem} {_hash(old)[:8]}.ipynb"
    make_folder(aside.parent)
    os.replace(path, aside)
    if not known.has_text(aside.read_bytes()):  # saved by its owner in this very moment
        os.replace(aside, path)
        return False
    put = _put(path, content)
    if known.is_edition(aside.read_bytes()):
        aside.unlink()
    return put


def _lay_beside(path: Path, content: bytes, known: Delivered) -> Path:
    """Write the new edition beside the learner's notebook, under a name that is free for it."""
    for number in range(1, 1000):
        count = "" if number == 1 else f" {number}"
        beside = path.with_name(f"{path.stem}{NEW_EDITION}{count}).ipynb")
        if beside.exists() and known.is_edition(beside.read_bytes()):
            beside.unlink()
        if _put(beside, content):
            return beside
    raise InputError(f"{path.parent} holds a thousand new editions of {path.name}: clear it.")
