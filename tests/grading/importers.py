"""What the importers of Moodle and Canvas do with a file, written from their public source.

Moodle: mod/assign/feedback/offline/{importgradeslib,locallib}.php, lib/csvlib.class.php,
mod/assign/feedback/file/importziplib.php. Canvas: lib/gradebook_importer.rb. Only the rules are
here, in words of our own; a file that these refuse is refused there.
"""

import csv
import io
import re
import zipfile

ENGLISH = {
    "id": "Identifier", "grade": "Grade", "modified": "Last modified (grade)",
    "comments": "Feedback comments", "participant": "Participant ", "point": ".",
}  # fmt: skip
GERMAN = {
    "id": "ID", "grade": "Bewertung", "modified": "Zuletzt geändert (Bewertung)",
    "comments": "Feedback als Kommentar", "participant": "Teilnehmer/in", "point": ",",
}  # fmt: skip


class Refused(Exception):
    """The platform says no to the whole file."""


def php_rows(text: str, delimiter: str, escape: str = "\\") -> list[list[str]]:
    """Read CSV as PHP's fgetcsv does: a quote after the escape character ends nothing."""
    rows, row, cell, inside, k = [], [], "", False, 0
    while k < len(text):
        c = text[k]
        if inside and c == escape and k + 1 < len(text):
            cell, k = cell + c + text[k + 1], k + 1
        elif inside and c == '"' and text[k + 1 : k + 2] == '"':
            cell, k = cell + '"', k + 1
        elif c == '"' and (inside or not cell):
            inside = not inside
        elif not inside and c == delimiter:
            row, cell = [*row, cell], ""
        elif not inside and c == "\n":
            rows, row, cell = [*rows, [*row, cell]], [], ""
        else:
            cell += c
        k += 1
    return [r for r in [*rows, [*row, cell]] if r != [""]]


def moodle(data: bytes, participants: dict[int, str], *, maximum=100.0, words=ENGLISH,
           delimiter=",", encoding="utf-8", escape="\\") -> dict[str, tuple]:  # fmt: skip
    """Return {user: (grade or None where it is skipped, comment)} as Moodle takes a worksheet."""
    text = data.decode(encoding).removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    rows = php_rows(text.strip(), delimiter, escape)
    if any(len(row) != len(rows[0]) for row in rows):
        raise Refused("rows of different lengths")
    at = {key: rows[0].index(words[key]) for key in ("id", "grade", "modified", "comments")
          if words[key] in rows[0]}  # fmt: skip
    if not {"id", "grade", "modified"} <= set(at):
        raise Refused("a column is missing")
    found = {}
    for row in rows[1:]:
        number = row[at["id"]].encode()[len(words["participant"].encode()) :]
        user = participants.get(int(number)) if number.isdigit() else None
        if user is None:
            continue
        grade = _unformatted(row[at["grade"]], words["point"])
        if grade is not None and not 0 <= grade <= maximum:
            grade = None  # out of range: skipped without a word
        found[user] = (grade, row[at["comments"]] if "comments" in at else "")
    return found


def _unformatted(text: str, point: str) -> float | None:
    text = text.strip().replace(" ", "").replace(point, ".")
    digits = re.match(r"-?\d*(\.\d+)?", text)[0]  # PHP's (float) stops at what is no number
    return float(digits or 0) if text else None


def moodle_zip(data: bytes, participants: dict[int, str]) -> dict[str, dict[str, bytes]]:
    """Return {user: {name: content}} of the feedback files that Moodle takes from a zip."""
    found: dict[str, dict[str, bytes]] = {}
    archive = zipfile.ZipFile(io.BytesIO(data))
    for path in archive.namelist():
        parts = path.split("/")
        if parts[-1].startswith((".", "~")):
            continue
        for k, part in enumerate(parts):
            words = part.split("_", 4)
            plugin = tuple(words[2:4])
            if len(words) < 5 or not words[1].isdigit():  # before 4.1 the last "_" is needed
                continue
            user = participants.get(int(words[1]))
            if user and plugin in (("assignsubmission", "file"), ("assignfeedback", "file")):
                name = "/".join([words[4], *parts[k + 1 :]]).lstrip("/")
                found.setdefault(user, {})[name] = archive.read(path)
                break
    return found


def canvas(data: bytes, students: dict[int, str], assignments: dict[int, str]) -> dict[str, dict]:
    """Return {student: {assignment: grade}} as Canvas takes a gradebook; raise for a new one."""
    text = data.decode("utf-8")
    delimiter = _canvas_delimiter(text.splitlines()[:3])
    rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    header = rows[0]
    if len(header) < 4 or "Student" not in header[0] or "ID" not in header[1]:
        raise Refused("invalid header row")
    before = 3
    if re.search(r"SIS\s+Login\s+ID", header[2]):
        before += 1
    elif re.search(r"SIS\s+User\s+ID", header[2]) and re.search(r"SIS\s+Login\s+ID", header[3]):
        before += 2
    if "Section" not in header[before - 1]:
        raise Refused("invalid header row")
    columns = {}
    for c, title in enumerate(header[before:], before):
        if re.search("(Current|Final|Override) (Score|Points|Grade)", title):
            continue
        named = re.fullmatch(r"(.*)\s\((\d+)\)", title)
        if not named or int(named[2]) not in assignments:
            raise Refused(f"a new assignment {title!r}")
        columns[c] = int(named[2])
    found = {}
    for row in rows[1:]:
        if not row or "Points Possible" in row[0] or re.fullmatch("[;, ]*", "".join(row)):
            continue
        if all(re.fullmatch(r"\s*(Muted|Manual Posting.*)?\s*", cell) for cell in row):
            continue
        if not row[1].isdigit() or int(row[1]) not in students:
            raise Refused(f"a new student {row[0]!r}")
        grades = {k: _canvas_number(row[c].strip()) for c, k in columns.items()}
        found[students[int(row[1])]] = grades
    return found


def _canvas_number(text: str) -> str:
    if not re.fullmatch(r"-?[0-9.,]+%?", text):
        return text
    *parts, last = re.split("[,.]", text)
    return f"{''.join(parts)}.{last}" if parts else last


def _canvas_delimiter(lines: list[str]) -> str:
    """A delimiter counts only where it cuts the first three lines into equally many cells."""
    counts = {}
    for delimiter in ";,":
        sizes = {len(next(csv.reader([line], delimiter=delimiter))) for line in lines}
        counts[delimiter] = sizes.pop() if len(sizes) == 1 else 0
    return ";" if counts[";"] > counts[","] else ","
