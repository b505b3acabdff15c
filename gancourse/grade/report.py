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
from gancourse.grade.job import NOT_GRADED, NOT_YET, Graded, Result
from gancourse.store import make_folder, write_whole

TABLE_COLUMNS = ("student", "score", "maximum", "status", "feedback", "note")
MARKS = {HELD: "Holds", WRONG: "Does not hold", ERROR: "Stopped", NOT_DONE: "Not yet done"}


class Row(NamedTuple):
    """A row of grades.csv. `score` is None as long as it is not known."""

    student: str
    sheet: str
    exercise: str
    score: int | None
    maximum: int
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


def _result_path(out: Path, student: str, sheet: str) -> Path:
    return private(out) / "results" / f"{slug(student)}-{sheet}.json"


def remember(out: Path, result: Result) -> None:
    """Keep a result, so that the next run need not grade the same notebook again."""
    text = json.dumps(asdict(result), indent=1)
    write_whole(_result_path(out, result.student, result.sheet), text.encode())


def recall(out: Path, student: str, sheet: str, version: str) -> Result | None:
    """Return the kept result of the same notebook under the same checks, or None."""
    try:
        data = json.loads(_result_path(out, student, sheet).read_text())
        exercises = [Graded(**e) for e in data.pop("exercises")]
        result = Result(**data, exercises=exercises)
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
    return result if result.version == version else None


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
    """Return the rows of grades.csv: one for each exercise, or one for a file without any."""
    rows = []
    for r in results:
        for e in r.exercises:
            rows.append(Row(r.student, r.sheet, e.id, e.score, e.maximum, e.status, e.remark))
        if not r.exercises:
            score = 0 if r.known else None
            rows.append(Row(r.student, r.sheet, "", score, 0, r.status, " ".join(r.notes)))
    return rows


def write_tables(out: Path, by_student: Mapping[str, list[Result]]) -> list[Path]:
    """Write grades.csv, and summary.csv with one line for each student.

    A table that was changed since it was written is kept beside; those copies are returned.
    """
    everything = [r for results in by_student.values() for r in results]
    lines = [summary(student, results) for student, results in by_student.items()]
    tables = {
        "grades.csv": table(grade_rows(everything), Row._fields),
        "summary.csv": table(lines, TABLE_COLUMNS),
    }
    kept = [_keep_changed(out, name) for name in tables]
    for name, content in tables.items():
        write_whole(out / name, content)
    hashes = {name: hashlib.sha256(content).hexdigest() for name, content in tables.items()}
    write_whole(private(out) / "tables.json", json.dumps(hashes).encode())
    return [path for path in kept if path]


def standing(out: Path) -> tuple[int, int]:
    """Return how many students of summary.csv are graded, and how many there are."""
    try:
        text = (out / "summary.csv").read_text(encoding="utf-8-sig")
    except OSError:
        return 0, 0
    rows = list(csv.DictReader(io.StringIO(text)))
    return sum(NOT_YET not in row["status"] for row in rows), len(rows)


def _keep_changed(out: Path, name: str) -> Path | None:
    """Return the copy of a table that somebody has changed, or None where nobody has."""
    path = out / name
    if not path.is_file():
        return None
    content = path.read_bytes()
    try:
        known = json.loads((private(out) / "tables.json").read_text())[name]
    except (OSError, ValueError, KeyError, TypeError):
        known = ""
    if hashlib.sha256(content).hexdigest() == known:
        return None
    number = 1
    while (copy := out / f"{path.stem} changed by hand {number}.csv").exists():
        number += 1
    return write_whole(copy, content)


def summary(student: str, results: list[Result]) -> tuple:
    """Return a student's line: points, and every status other than plain graded.

    The score is None until all of it is known.
    """
    odd = {r.status for r in results} | {e.status for r in results for e in r.exercises}
    known = bool(results) and all(r.known for r in results)
    if NOT_YET in odd:
        odd -= {NOT_GRADED}
    status = ", ".join(sorted(odd - {"graded"})) or ("graded" if known else NOT_YET)
    score, maximum = sum(r.score for r in results), sum(r.maximum for r in results)
    page = f"feedback/{slug(student)}.html"
    return student, score if known else None, maximum, status, page, _note(results)


def _note(results: list[Result]) -> str:
    """Return what a teacher may want to look into: files that were not read, and other marks."""
    notes = [f"{r.file}: {' '.join(r.notes)}" for r in results if r.file and not r.exercises]
    ids = [e.id for r in results for e in r.exercises if e.remark]
    if ids:
        notes.append(f"The notebook's saved check gives other points: {', '.join(ids)}.")
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
        score=sum(r.score for r in results) if all(r.known for r in results) else None,
        maximum=sum(r.maximum for r in results),
        marks=MARKS,
        further=_further,
    )


def write_page(out: Path, student: str, results: list[Result]) -> None:
    """Write a student's feedback page."""
    write_whole(out / "feedback" / f"{slug(student)}.html", page(student, results).encode())
