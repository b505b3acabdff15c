"""Write docs/lessons.md: how each lesson opens, what of it shows something, how long it takes.

    python tools/lesson_page.py                    the figures of the notebooks as they are
    python tools/lesson_page.py --seconds [05 ..]  and run these lessons (all), one at a time
    python tools/lesson_page.py --page             only write the page, from what is kept

What is measured is kept in docs/lessons/lessons.json, with its commit and machine. The photographs
beside it are made by `GANCOURSE_SHOTS=docs/lessons pytest tests/website/test_openings.py`, and the
log of a newcomer's walk by `GANCOURSE_WALK=docs/lessons pytest tests/browser/test_newcomer.py`.
"""

import argparse
import json
import os
import resource
import sys
import time
from collections.abc import Iterable
from pathlib import Path

import measure
from bench.turns import Place
from build.notebooks import load
from build.sources import Target, read_cells, targets
from check_table import commit, with_table

from gancourse.store import write_whole
from gancourse.syllabus import LESSONS, Lesson

ROOT = Path(__file__).resolve().parents[1]
FOLDER, PAGE = ROOT / "docs" / "lessons", ROOT / "docs" / "lessons.md"
KEPT = FOLDER / "lessons.json"
THEMES = ("light", "dark")
WALKED = ("00", "05", "06", "09", "02")  # in this order


def lessons() -> list[tuple[Lesson, Target]]:
    """Return the lessons that there are, appendices last, each with its notebook."""
    found = {t.source.stem: t for t in targets(ROOT, []) if t.kind == "lesson"}
    return [(each, found[each.name]) for each in LESSONS if each.name in found]


def figures(lesson: Lesson, target: Target) -> dict:
    """Return the figures of a lesson: cells, first live cell, share that shows, words, minutes."""
    cells, (built, _) = read_cells(target.source, sheet=False), load(target.path)
    live = measure.first_live(cells)
    prose = (cell.source for cell in cells if cell.cell_type == "markdown")
    return {
        "cells": len(cells),
        "live": live if live <= len(cells) else None,
        "shows": round(100 * measure.showing(built)),
        "words": sum(map(measure.words, prose)),
        "minutes": lesson.minutes,
    }


def spent(target: Target) -> dict:
    """Run a lesson in a kernel of one thread; return its seconds of CPU and of the clock."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    clock = measure.seconds(target)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"cpu": round(cpu), "clock": round(clock)}


def told() -> dict:
    """Return what is kept."""
    return json.loads(KEPT.read_text("utf-8")) if KEPT.exists() else {"lessons": {}}


def keep(found: dict) -> None:
    """Write what was measured, and the page."""
    FOLDER.mkdir(exist_ok=True)
    write_whole(KEPT, (json.dumps(found, indent=1) + "\n").encode())
    if PAGE.exists():
        write_whole(PAGE, page(PAGE.read_text("utf-8"), found).encode())


def table(found: dict) -> str:
    """Return the table of figures."""
    place, rows = found["machine"], found["lessons"]
    head = ("lesson", "first live cell", "shows something", "words", "minutes", "seconds of CPU")
    lines = [f"| {' | '.join(head)} |", "|---|--:|--:|--:|--:|--:|"]
    for lesson in LESSONS:
        if row := rows.get(lesson.number):
            live = f"{row['live']} of {row['cells']}" if row["live"] else f"none of {row['cells']}"
            cpu = row.get("run", {}).get("cpu", "not yet")
            numbers = (live, f"{row['shows']} %", f"{row['words']:,}", row["minutes"], cpu)
            lines.append(f"| {lesson.number} {lesson.title} | {' | '.join(map(str, numbers))} |")
    commits = sorted({row["run"]["commit"] for row in rows.values() if "run" in row})
    ran = f", seconds of {', '.join(commits)}" if commits else ""
    where = (f"{place['cpu']}, {place['cores']} cores, PyTorch {place['torch']}; {found['date']}; "
             f"figures of {found['commit']}{ran}.")  # fmt: skip
    return f"{where}\n\n" + "\n".join(lines)


def openings(numbers: Iterable[str]) -> str:
    """Return the photographs of these lessons, light beside dark."""
    titles = {lesson.number: f"{lesson.number} {lesson.title}" for lesson in LESSONS}
    head = f"| lesson | {' | '.join(THEMES)} |\n|---|---|---|\n"
    shots = {n: [f"![{titles[n]}, {theme}](lessons/{n}-{theme}.webp)" for theme in THEMES]
             for n in numbers}  # fmt: skip
    return head + "".join(f"| {titles[n]} | {' | '.join(both)} |\n" for n, both in shots.items())


def walk(logs: dict[str, dict]) -> str:
    """Return the walks by lesson: what was done and what was seen, with the seconds it took."""
    text = ""
    for number, log in logs.items():
        place = f"{log['browser']}, JupyterLab {log['jupyterlab']}; {log['date']}; {log['commit']}"
        rows = "".join(f"| {step['seconds']:.1f} | {cell(step['did'])} | {cell(step['saw'])} |\n"
                       for step in log["steps"])  # fmt: skip
        total = sum(step["seconds"] for step in log["steps"])
        text += (f"### {number}: {len(log['steps'])} steps, {total:,.0f} s\n\n{place}.\n\n"
                 f"| seconds | done | seen |\n|--:|---|---|\n{rows}\n")  # fmt: skip
    return text


def cell(text: str) -> str:
    """Return a text that fits into a table's cell."""
    return text.replace("|", "\\|").replace("\n", " ")


def walks() -> dict[str, dict]:
    """Return the logs that there are, in the order of the walk."""
    paths = {number: FOLDER / f"walk_{number}.json" for number in WALKED}
    return {n: json.loads(path.read_text("utf-8")) for n, path in paths.items() if path.exists()}


def page(text: str, found: dict) -> str:
    """Return the page with its tables."""
    text = with_table(text, "figures", table(found))
    text = with_table(text, "openings", openings(found["lessons"]))
    return with_table(text, "walk", walk(walks()))


def main(argv: list[str] | None = None) -> int:
    """Measure, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", nargs="*", help="run these lessons too (all)")
    parser.add_argument("--page", action="store_true", help="measure nothing")
    options = parser.parse_args(argv)
    found, now = told(), commit()  # before what is kept makes files differ from it
    if options.page:
        keep(found)
        return 0
    rows = found["lessons"]
    for lesson, target in lessons():
        rows[lesson.number] = rows.get(lesson.number, {}) | figures(lesson, target)
    found |= {"machine": Place(threads=1).about(), "commit": now,
              "date": time.strftime("%Y-%m-%d")}  # fmt: skip
    keep(found)
    os.environ["OMP_NUM_THREADS"] = "1"  # threads that wait for each other would be counted
    for lesson, target in lessons() if options.seconds is not None else ():
        if not options.seconds or lesson.number in options.seconds:
            rows[lesson.number]["run"] = spent(target) | {"commit": now}
            keep(found)
            print(lesson.number, rows[lesson.number]["run"], flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
