"""The teacher's page on a class: how each exercise went, the commonest mistakes, who to look at."""

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import jinja2

from gancourse.check.spec import ERROR, WRONG
from gancourse.grade.alike import MAX_SHOWN, Pair
from gancourse.grade.job import NOT_HANDED_IN, Result, whole
from gancourse.grade.report import private, slug
from gancourse.store import write_whole

NUMBER = re.compile(r"-?\d+(\.\d+)?(e[+-]?\d+)?")
MOST = 12  # mistakes on the page
FILE = "class.html"


def distributions(by_student: Mapping[str, list[Result]]) -> list[dict]:
    """Return for each exercise how many students have each number of points.

    Who handed in nothing, is excused, or is not graded yet is not among them.
    """
    found: dict[str, dict] = {}
    for results in by_student.values():
        for e in (e for r in results for e in r.exercises):
            row = found.setdefault(e.id, {"id": e.id, "title": e.title, "scores": [], "most": 0})
            if e.score is None or e.excused or e.status == NOT_HANDED_IN:
                continue
            row["scores"].append(e.score)
            row["most"] = max(row["most"], e.maximum)
    return [_distribution(row) for _, row in sorted(found.items())]


def _distribution(row: dict) -> dict:
    scores = row["scores"]
    counts = Counter(int(score) for score in scores)
    bars = [{"points": k, "count": counts[k]} for k in range(int(row["most"]) + 1)]
    tallest = max([b["count"] for b in bars], default=0) or 1
    for bar in bars:
        bar["height"] = round(100 * bar["count"] / tallest)
    mean = whole(sum(scores) / len(scores)) if scores else None
    return row | {"bars": bars, "mean": mean, "n": len(scores)}


def mistakes(by_student: Mapping[str, list[Result]]) -> list[dict]:
    """Return the commonest messages, with how often each came and how many students met it.

    Two messages that differ in their numbers alone are one: each student has draws of their own.
    """
    found: dict[tuple, dict] = {}
    for student, results in by_student.items():
        for e in (e for r in results for e in r.exercises):
            for part in e.parts:
                if part["status"] in (WRONG, ERROR) and part["message"]:
                    key = (e.id, part["status"], NUMBER.sub("N", part["message"]))
                    new = {"id": e.id, "title": e.title, "stopped": part["status"] == ERROR,
                           "texts": Counter(), "students": set()}  # fmt: skip
                    row = found.setdefault(key, new)
                    row["texts"][part["message"]] += 1
                    row["students"].add(student)
    rows = [
        row | {"text": row["texts"].most_common(1)[0][0], "count": row["texts"].total()}
        for row in found.values()
    ]
    rows.sort(key=lambda row: (-len(row["students"]), -row["count"], row["id"], row["text"]))
    return rows


def without_notebook(
    by_student: Mapping[str, list[Result]], absent: Collection[str]
) -> dict[str, str]:
    """Return who handed in nothing that could be graded, and why not."""
    found = dict.fromkeys(sorted(absent), "nothing was handed in")
    for student, results in by_student.items():
        if not any(r.file and r.exercises for r in results):
            said = [" ".join([f"{r.status}:", *r.notes]).rstrip(":") for r in results if r.status]
            found[student] = " ".join(dict.fromkeys(said)) or "nothing was handed in"
    return found


def page(
    by_student: Mapping[str, list[Result]], pairs: Sequence[Pair], absent: Collection[str] = ()
) -> str:
    """Return the page, standalone HTML in which all text from students is plain text."""
    template = (Path(__file__).parent / "class.html").read_text(encoding="utf-8")
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    rows = mistakes(by_student)
    flat = [(s, r, e) for s, rs in by_student.items() for r in rs for e in r.exercises]
    return environment.from_string(template).render(
        students=len(by_student),
        exercises=distributions(by_student),
        mistakes=rows[:MOST],
        more=len(rows[MOST:]),
        without=without_notebook(by_student, absent),
        waiting=[s for s, rs in by_student.items() if not all(r.known for r in rs)],
        decided=[(s, e.id, e.by_teacher) for s, _, e in flat if e.by_teacher],
        late=[(s, r.sheet, r.late) for s, rs in by_student.items() for r in rs if r.late],
        pairs=pairs[:MAX_SHOWN],
        pairs_more=len(pairs[MAX_SHOWN:]),
        link=lambda student: f"../feedback/{slug(student)}.html",
    )


def write(
    out: Path, by_student: Mapping[str, list[Result]], pairs: Sequence[Pair], absent=()
) -> Path:
    """Write the page where only the teacher may read it."""
    text = page(by_student, pairs, absent)
    return write_whole(private(out) / FILE, text.encode())
