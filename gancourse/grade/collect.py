"""Finding the notebooks in what a teacher downloads: folders and zips of Moodle, Canvas, or plain.

A file is only ever read, through a limit on its size; links are not followed, and nothing is
unpacked to disk. Whatever is wrong with one student's files costs that student alone.
"""

import errno
import hashlib
import heapq
import io
import os
import re
import stat
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path, PurePosixPath

from gancourse.course import MARK
from gancourse.errors import InputError
from gancourse.grade.box.wire import clean
from gancourse.grade.ipynb import MAX_BYTES, Cell, Unusable, read
from gancourse.jupyter.working_copy import sources, text_hash

MOODLE = re.compile(r"(?P<who>[^/]+_\d+)_assignsubmission_(file|onlinetext)_?(?P<rest>/?.*)", re.S)
CANVAS = re.compile(r"(?P<who>[^/_]+)(?P<late>_LATE)?_(?P<id>\d+)_\d+_(?P<file>[^/]+)", re.S)
AGAIN = re.compile(r"-(\d+)(?=\.ipynb$)")
JUNK = re.compile(
    r"(^|/)(__MACOSX|\.ipynb_checkpoints|\.git)(/|$)|(^|/)(\._|\.DS_Store|Thumbs\.db)"
)
MAX_FILES, MAX_TOTAL, MAX_RATIO = 1_000_000, 50_000_000_000, 200
MAX_NOTEBOOKS, MAX_PATH = 50, 1000  # of one student; characters of a path that are looked at
TOO_MANY = f"Over {MAX_NOTEBOOKS} notebooks were handed in: those after them are not read."
MAX_DELIVERED = 5_000_000  # bytes: a larger file is no sheet as the course delivers it
MAX_NAME = 120  # characters of a student's name, or of a file's


@dataclass(frozen=True)
class Found:
    """A file in the download: path, time (of any kind that sorts), and how to read it."""

    path: str
    time: tuple
    read: Callable[[], bytes]


COPY = "a copy of the course"  # stands for one among the files of a student


@dataclass
class Submission:
    """One notebook of one student, or the reason why there is none."""

    student: str
    file: str
    attempt: tuple = (0,)
    late: bool = False
    cells: list[Cell] = field(default_factory=list)
    status: str = ""
    notes: list[str] = field(default_factory=list)


def collect(source: Path) -> Iterator[Submission]:
    """Yield what each student handed in, sorted by name; raise InputError for no such place.

    Whose folder holds a working copy of the course, as on a hub, has handed in its sheets alone.
    """
    if source.is_dir():
        root = source.resolve()
        copies = _copies(root)
        files = _in_copies(root, copies) + _in_folder(root, set(copies))
    elif source.is_file() and zipfile.is_zipfile(source):
        files = _in_zip(source)
    else:
        raise InputError(
            f"{source} is neither a folder nor a zip: give the download of the submissions, or a "
            "folder with one folder for each student."
        )
    files = [f for f in files if not JUNK.search(f.path)]
    if not files:
        raise InputError(f"{source} holds no files: give the download of the submissions.")
    strip = _shared_folder([f.path for f in files])
    yield from _by_student(files, strip)


def _in_copies(root: Path, copies: dict[Path, list[Path]]) -> list[Found]:
    """Return the sheets in working copies, each in its user's folder.

    Only a copy's exercises are looked at, and no link is followed, since the grader's rights are
    not the users'. A sheet whose text is still the course's is not handed in.
    """
    sheets = [path for name, path in sources().items() if name.startswith("exercises/")]
    delivered = {text_hash(path.read_bytes()) for path in sheets if copies}
    found = []
    for home, its in copies.items():
        user = home.relative_to(root).as_posix()
        found.append(Found(f"{user}/{COPY}", (0,), lambda: b""))
        for copy in its:
            which = "" if len(its) == 1 else f"{copy.relative_to(home).as_posix()}/"
            names = _notebooks_in(copy / "exercises")
            for name in names[:MAX_NOTEBOOKS]:
                path = copy / "exercises" / name
                read_it = partial(_read_own, root, path)
                if not _has_text(read_it, delivered):
                    found.append(Found(f"{user}/{_flat(which)}{name}", (_time(path),), read_it))
            if len(names) > MAX_NOTEBOOKS:
                found.append(Found(f"{user}/{_flat(which)}{names[-1]}", (0,), _too_many))
    return found


def _flat(folder: str) -> str:
    """Return a folder's path as the beginning of a file's name: folders tell students apart."""
    return folder.replace("/", " ")


def _notebooks_in(folder: Path) -> list[str]:
    """Return the first names of notebooks in a folder, one more than are read; none in no folder.

    Nothing is opened, so a link put in the folder's place shows names alone.
    """
    try:
        with os.scandir(folder) as entries:
            names = (e.name for e in entries if e.name.endswith(".ipynb"))
            return heapq.nsmallest(MAX_NOTEBOOKS + 1, names)
    except OSError:
        return []


def _too_many() -> bytes:
    raise Unusable("too many files", TOO_MANY)


def _homes(root: Path) -> list[Path]:
    """Return the folders of students: those in `root`, or in the one folder around all of them."""
    homes = _folders(root)
    if len(homes) == 1 and not MOODLE.match(homes[0].name):
        below = _folders(homes[0])
        marked = any(MARK in (b.name, *(f.name for f in _folders(b))) for b in below)
        if len(below) > 1 and not marked:
            return below
    return homes


def _folders(folder: Path) -> list[Path]:
    """Return the folders in one, links and those of systems left out; none where it is closed."""
    try:
        with os.scandir(folder) as entries:
            names = [e.name for e in entries if e.is_dir(follow_symlinks=False)]
    except OSError:
        return []
    return [folder / name for name in sorted(names) if not JUNK.search(name)]


def _copies(root: Path) -> dict[Path, list[Path]]:
    """Return the working copies in each student's folder that holds some, however deep."""
    found: dict[Path, list[Path]] = {}
    for home in _homes(root):
        for folder, names, _ in os.walk(home):  # passes over what is closed, and over links
            if MARK in names:
                found.setdefault(home, []).append(Path(folder))
                names.clear()
            names.sort()
    return found


def _has_text(read_it: Callable[..., bytes], delivered: set[str]) -> bool:
    try:
        return text_hash(read_it(most=MAX_DELIVERED)) in delivered
    except Exception:  # whatever is wrong is said when it is read
        return False


def _read_own(root: Path, path: Path, most: int = MAX_BYTES) -> bytes:
    """Return a user's file; raise Unusable where a link is on the way, or comes there meanwhile."""
    *folders, name = path.relative_to(root).parts
    handle = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    try:
        for folder in folders:
            below = _open(folder, os.O_DIRECTORY, handle)
            os.close(handle)
            handle = below
        return _read_file(name, handle, most)
    finally:
        os.close(handle)


def _in_folder(root: Path, but: set[Path]) -> list[Found]:
    """Return all files below a folder, but for those in these folders."""
    found = []

    def closed(error: OSError) -> None:
        """Let a student be in the tables whose folder cannot be opened."""
        inside = Path(error.filename).relative_to(root).as_posix()
        found.append(Found(f"{inside}/", (0,), lambda: b""))

    for folder, names, files in os.walk(root, onerror=closed):
        if not names and not files and folder != str(root):
            inside = Path(folder).relative_to(root).as_posix()
            found.append(Found(f"{inside}/", (0,), lambda: b""))
        names[:] = [name for name in names if Path(folder, name) not in but]
        links = [n for n in names if os.path.islink(os.path.join(folder, n))]
        for name in sorted([*files, *links]):
            path = Path(folder, name)
            inside = path.relative_to(root).as_posix()
            found.append(Found(inside, (_time(path),), lambda p=path: _read_file(p)))
        if len(found) > MAX_FILES:
            raise InputError(f"{root} holds over {MAX_FILES} files: give the submissions alone.")
    return found


def _time(path: Path) -> float:
    try:
        return path.lstat().st_mtime
    except OSError:  # gone meanwhile: reading it will say so
        return 0.0


def _open(path: str | Path, flags: int, at: int | None = None) -> int:
    """Return a descriptor of a path, below the folder of descriptor `at`; raise Unusable."""
    try:
        return os.open(path, os.O_RDONLY | os.O_NOFOLLOW | flags, dir_fd=at)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENOTDIR):  # the second of a link to a folder
            raise Unusable("a link", "A link was handed in, and links are not followed.") from None
        raise Unusable("not readable", f"The file cannot be read ({error.strerror}).") from None


def _read_file(path: str | Path, at: int | None = None, most: int = MAX_BYTES) -> bytes:
    handle = _open(path, os.O_NONBLOCK, at)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise Unusable("not a file", "What was handed in is no ordinary file.")
    with os.fdopen(handle, "rb") as file:
        return _limited(file, most)


def _limited(file: io.BufferedIOBase, most: int = MAX_BYTES) -> bytes:
    data = file.read(most + 1)
    if len(data) > most:
        raise Unusable(
            "too large", f"The file is larger than {most // 1_000_000} MB: clear its outputs."
        )
    return data


def _in_zip(path: Path) -> list[Found]:
    archive = zipfile.ZipFile(path)
    entries = [info for info in archive.infolist() if not info.is_dir()]
    if len(entries) > MAX_FILES:
        raise InputError(f"{path} holds over {MAX_FILES} files: give the submissions alone.")
    spent = [0]
    return [
        Found(_clean(info), info.date_time, lambda i=info: _read_entry(archive, i, spent))
        for info in entries
    ]


def _clean(info: zipfile.ZipInfo) -> str:
    return "/".join(p for p in info.filename.replace("\\", "/").split("/") if p not in ("", "."))


def _read_entry(archive: zipfile.ZipFile, info: zipfile.ZipInfo, spent: list[int]) -> bytes:
    if ".." in _clean(info).split("/"):
        raise Unusable("a path outside", "The zip names a path outside of itself.")
    if stat.S_ISLNK(info.external_attr >> 16):
        raise Unusable("a link", "A link was handed in, and links are not followed.")
    if info.file_size > MAX_RATIO * max(info.compress_size, 1) and info.file_size > 1_000_000:
        raise Unusable("a zip bomb", "The file is packed as a zip bomb is.")
    if spent[0] > MAX_TOTAL:
        raise Unusable("too large", "The zip holds more than fits: grade it in parts.")
    try:
        with archive.open(info) as file:
            data = _limited(file)
    except Unusable:
        raise
    except Exception as error:  # damaged or encrypted: zipfile and zlib raise many kinds
        raise Unusable("not readable", clean(f"The zip is damaged here ({error}).")) from None
    spent[0] += len(data)
    return data


def _shared_folder(paths: list[str]) -> int:
    """Return how many leading folders all paths share, where students stand below them."""
    shared = 0
    while True:
        parts = [p.split("/") for p in paths]
        heads = {p[shared] for p in parts if len(p) > shared}
        below = {p[shared + 1] for p in parts if len(p) > shared + 2}
        if len(heads) != 1 or len(below) < 2 or MOODLE.match(next(iter(heads))):
            return shared
        if any(len(p) < shared + 2 for p in parts):
            return shared
        shared += 1


def student_of(path: str) -> tuple[str, str, bool]:
    """Return (student, path of the file below, late) for a path in the download."""
    if found := MOODLE.match(path):
        return found["who"], found["rest"].lstrip("/_"), False
    if "/" in path:
        who, _, rest = path.partition("/")
        return who, rest, False
    if found := CANVAS.fullmatch(path):
        return f"{found['who']}_{found['id']}", found["file"], bool(found["late"])
    return PurePosixPath(path).stem, path, False


def printable(name: str) -> str:
    """Return a name that any table can hold; two names never become one.

    One that has to be changed, or cut, gets a few letters of its own hash.
    """
    plain = name.encode("utf-8", "replace").decode()
    plain = "".join(c if c.isprintable() else "?" for c in plain)
    if plain == name and len(name) <= MAX_NAME:
        return name
    own = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{plain[: MAX_NAME - 9]}~{own}"


def _by_student(files: list[Found], strip: int) -> Iterator[Submission]:
    students: dict[str, list[Submission]] = {}
    others: dict[str, list[str]] = {}
    for found in sorted(files, key=lambda f: f.path):
        path = "/".join(found.path.split("/")[strip:])[:MAX_PATH]
        raw, rest, late = student_of(path)
        who = printable(raw)
        given = students.setdefault(who, [])
        if rest.lower().endswith(".ipynb"):
            given += _submissions(who, rest, late, found, len(given))
        elif rest:
            others.setdefault(who, []).append(rest)
    for who, given in students.items():
        yield from given or [_without_notebook(who, others.get(who, []))]


def _without_notebook(who: str, others: list[str]) -> Submission:
    """Return the submission of a student whose files are no notebooks."""
    packed = [n for n in others if n.lower().endswith((".zip", ".7z", ".rar", ".tar", ".gz"))]
    if packed:
        note = "A packed file was handed in, and is not opened: hand in the .ipynb inside it."
        return Submission(who, printable(packed[0]), status="a zip", notes=[note])
    note = "No .ipynb file was handed in."
    if COPY in others:
        note = "The sheets in this copy of the course are as they were delivered."
    elif others:
        note = f"{note[:-1]}, but {printable(others[0])}."
    return Submission(who, "", status="no notebook", notes=[note])


def _submissions(
    who: str, rest: str, late: bool, found: Found, before: int
) -> Iterator[Submission]:
    """Yield a student's notebook; one of too many is not read."""
    if before < MAX_NOTEBOOKS:
        yield _submission(who, rest, late, found)
    elif before == MAX_NOTEBOOKS:
        yield Submission(
            who, printable(rest), (0,), late, status="too many files", notes=[TOO_MANY]
        )


def _submission(who: str, rest: str, late: bool, found: Found) -> Submission:
    again = AGAIN.search(rest)
    attempt = (int(again[1][:9]) if again else 0, found.time)
    submission = Submission(who, printable(rest), attempt, late)
    try:
        submission.cells = read(found.read())
    except Unusable as reason:
        submission.status, submission.notes = reason.status, [reason.sentence]
    except Exception as error:  # nothing that one hands in may stop the others
        said = clean(f"The file cannot be read ({type(error).__name__}: {error}).", 300)
        submission.status, submission.notes = "not readable", [said]
    return submission
