"""What the grader writes: grades.csv, summary.csv, one page for each student, and its memory.

A page tells what the learner's own check would tell; of the hidden parts it gives number and points
alone. `private/` holds the seed and the results in full, for the teacher.
"""

import csv
import hashlib
import io
import json
import re
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import NamedTuple

import jinja2

from gancourse.check.spec import ERROR, HELD, NOT_DONE, WRONG
from gancourse.grade.job import NOT_GRADED, NOT_YET, Graded, Result, whole
from gancourse.store import make_folder, write_whole

TABLE_COLUMNS = ("student", "score", "maximum", "status", "feedback", "note")
OVERRIDES = "overrides.csv"
CHANGED = (
    "{path} holds a table that was changed after it was written. Each run writes the tables again: "
    "put a mark of your own into {mine} (columns student, exercise, points, reason), which is read "
    "on each run."
)
MARKS = {HELD: "Holds", WRONG: "Does not hold", ERROR: "Stopped", NOT_DONE: "Not yet done"}


class Row(NamedTuple):
    """A row of grades.csv. `score` is None as long as it is not known."""

    student: str
    sheet: str
    exercise: str
    score: float | None
    maximum: float
    status: str
    note: str


def slug(student: str) -> str:
    """Return a file name for a student: readable, and no other student's."""
    plain = re.sub(r"[^A-Za-z0-9]+", "-", student).strip("-")[:60]
    return f"{plain}-{hashlib.sha256(student.encode()).hexdigest()[:8]}"


def private(out: Path) -> Path:
    """Return the folder in `out` that only the teacher may read."""
    folder = make_folder(out / "private")
    folder.chmod(0o700)
    return folder


def secret(out: Path) -> str:
    """Return the seed of this folder's draws, made on the first run and kept."""
    path = private(out) / "seed"
    if not path.is_file():
        write_whole(path, secrets.token_hex(16).encode())
    return path.read_text().strip()


def _result_path(out: Path, student: str, sheet: str, attempt: int) -> Path:
    before = f"-{attempt}" if attempt else ""
    return private(out) / "results" / f"{slug(student)}-{sheet}{before}.json"


def remember(out: Path, result: Result) -> None:
    """Keep a result, so that the next run need not grade the same notebook again."""
    text = json.dumps(asdict(result), indent=1)
    path = _result_path(out, result.student, result.sheet, result.attempt)
    write_whole(path, text.encode())


def recall(
    out: Path, student: str, sheet: str, version: str | None, attempt: int = 0
) -> Result | None:
    """Return the kept result of the same notebook under the same checks, or None.

    Without a version any kept result is returned.
    """
    try:
        data = json.loads(_result_path(out, student, sheet, attempt).read_text())
        exercises = [Graded(**e) for e in data.pop("exercises")]
        result = Result(**data, exercises=exercises)
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
    return result if version in (None, result.version) else None


def harmless(text: object) -> object:
    """Return a cell that a spreadsheet does not take for a formula."""
    risky = isinstance(text, str) and text.lstrip()[:1] in ("=", "+", "-", "@")
    return f"'{text}" if risky else text


def table(rows: Iterable[tuple], columns: tuple[str, ...]) -> bytes:
    """Return rows as CSV, in UTF-8 with the mark that makes spreadsheets read it so."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([harmless(cell) for cell in row] for row in rows)
    return text.getvalue().encode("utf-8-sig")


def grade_rows(results: Iterable[Result]) -> list[Row]:
    """Return the rows of grades.csv: one for each exercise, or one for a file without any.

    What being late takes off has a row of its own.
    """
    rows = []
    for r in results:
        for e in r.exercises:
            note = " ".join(filter(None, (e.by_teacher, e.remark)))
            rows.append(Row(r.student, r.sheet, e.id, e.score, e.maximum, e.status, note))
        if not r.exercises:
            score = 0 if r.known else None
            rows.append(Row(r.student, r.sheet, "", score, 0, r.status, " ".join(r.notes)))
        if r.late:
            rows.append(Row(r.student, r.sheet, "", whole(-r.off), 0, "late", r.late))
    return rows


def write_tables(out: Path, by_student: Mapping[str, list[Result]]) -> list[str]:
    """Write grades.csv, and summary.csv with one line for each student; return what to say."""
    everything = [r for results in by_student.values() for r in results]
    lines = [summary(student, results) for student, results in by_student.items()]
    tables = {
        "grades.csv": table(grade_rows(everything), Row._fields),
        "summary.csv": table(lines, TABLE_COLUMNS),
    }
    return write_files(out, tables)


def write_table(out: Path, name: str, content: bytes) -> tuple[Path, list[str]]:
    """Write one table into `out`; return its path, and what to say as `write_files` does."""
    said = write_files(out, {name: content})
    return out / name, said


def write_files(out: Path, tables: Mapping[str, bytes]) -> list[str]:
    """Write tables into `out`; return a sentence for each that had been changed by hand.

    The changed one is kept beside. What is to be written is known before it is there, and what was
    there until then: a run that ends in between takes neither for a change.
    """
    memory = private(out) / "tables.json"
    known = _hashes(memory)
    said = [s for name in tables for s in _keep_changed(out / name, known.get(name, []), out)]
    hashes = {name: hashlib.sha256(content).hexdigest() for name, content in tables.items()}
    new = {name: [*known.get(name, [])[-1:], hash] for name, hash in hashes.items()}
    if any(known.get(name, [])[-1:] != [hash] for name, hash in hashes.items()):
        write_whole(memory, json.dumps(known | new).encode())
    for name, content in tables.items():
        write_whole(out / name, content)
    return said


def standing(out: Path) -> tuple[int, int]:
    """Return how many students of summary.csv are graded, and how many there are."""
    try:
        text = (out / "summary.csv").read_text(encoding="utf-8-sig")
    except OSError:
        return 0, 0
    rows = list(csv.DictReader(io.StringIO(text)))
    return sum(NOT_YET not in row["status"] for row in rows), len(rows)


def _hashes(memory: Path) -> dict[str, list[str]]:
    """Return the hashes of each table's last two versions."""
    try:
        found = json.loads(memory.read_text())
        return {name: [h] if isinstance(h, str) else list(h) for name, h in found.items()}
    except (OSError, ValueError, AttributeError, TypeError):
        return {}


def _keep_changed(path: Path, known: list[str], out: Path) -> list[str]:
    """Keep a copy of a table that somebody has changed, and return the sentence that says so."""
    if not path.is_file():
        return []
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() in known:
        return []
    number = 1
    while (copy := path.with_name(f"{path.stem} changed by hand {number}.csv")).exists():
        number += 1
    return [CHANGED.format(path=write_whole(copy, content), mine=out / OVERRIDES)]


def summary(student: str, results: list[Result]) -> tuple:
    """Return a student's line: points, and every status other than plain graded.

    The score is None until all of it is known.
    """
    odd = {r.status for r in results} | {e.status for r in results for e in r.exercises}
    known = bool(results) and all(r.known for r in results)
    if NOT_YET in odd:
        odd -= {NOT_GRADED}
    status = ", ".join(sorted(odd - {"graded"})) or ("graded" if known else NOT_YET)
    score, maximum = whole(sum(r.score for r in results)), whole(sum(r.maximum for r in results))
    page = f"feedback/{slug(student)}.html"
    return student, score if known else None, maximum, status, page, _note(results)


def _note(results: list[Result]) -> str:
    """Return what a teacher may want to look into: files that were not read, and other marks."""
    notes = [f"{r.file}: {' '.join(r.notes)}" for r in results if r.file and not r.exercises]
    ids = [e.id for r in results for e in r.exercises if e.remark]
    if ids:
        notes.append(f"The notebook's saved check gives other points: {', '.join(ids)}.")
    notes += [f"{e.id}: {e.by_teacher}." for r in results for e in r.exercises if e.by_teacher]
    notes += [f"{r.sheet}: {r.late}." for r in results if r.late]
    return " ".join(notes)


def _further(exercise: dict) -> list[dict]:
    """Return the lines on the hidden parts: how many, and their points, and nothing else."""
    hidden = [p for p in exercise["parts"] if not p["shown"]]
    lines = []
    for held in (True, False):
        some = [p for p in hidden if (p["status"] == HELD) == held]
        points = sum(p["maximum"] for p in some)
        if some:
            checks = f"{len(some)} further check{'s' * (len(some) > 1)} of this exercise"
            verdict = "held" if held else "did not hold"
            worth = f"({points} point{'s' * (points != 1)})"
            kind = "held" if held else "lost"
            lines.append({"kind": kind, "text": f"{checks} {verdict} {worth}."})
    return lines


def page(student: str, results: list[Result]) -> str:
    """Return a student's feedback as one standalone HTML page."""
    template = (Path(__file__).parent / "feedback.html").read_text(encoding="utf-8")
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    return environment.from_string(template).render(
        student=student,
        results=[asdict(r) for r in results],
        score=whole(sum(r.score for r in results)) if all(r.known for r in results) else None,
        maximum=whole(sum(r.maximum for r in results)),
        marks=MARKS,
        further=_further,
    )


def write_page(out: Path, student: str, results: list[Result]) -> None:
    """Write a student's feedback page."""
    write_whole(out / "feedback" / f"{slug(student)}.html", page(student, results).encode())
