"""Make a class of 60 synthetic submissions, grade it twice, and compare with what is expected.

    python tools/demo_class.py [--out FOLDER] [--jobs 2] [--record]

Solved in four styles, half solved, untouched, and every attack of tests/attacks in place of the
answer to 05.1, with the honest answers to 05.2 and 05.3. Each grading is a process of its own, with
draws of its own. Prints a row for each student, what each grading took, the rows of grades.csv that
differ between the two, and the host before and after; ends with 1 unless every row is as expected,
none differs, and the host is untouched. `--record` writes the figures to docs/grading/class.json
and, from there, into docs/grading.md.
"""

import argparse
import hashlib
import itertools
import json
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import check_table
import torch
from bench.turns import Place

from gancourse import check
from gancourse.grade import grade
from gancourse.grade.box.sandbox import Limits
from gancourse.store import write_whole

ROOT = Path(__file__).resolve().parents[1]
ATTACKS = sorted((ROOT / "tests" / "attacks").glob("*.py"))
STUB = "def {name}(*given):\n    raise NotImplementedError('your turn')"
CLASS_SIZE = 60
KEPT, PAGE = ROOT / "docs" / "grading" / "class.json", ROOT / "docs" / "grading.md"
Sources = dict[str, str]


def honest(id: str, style: int = 0) -> str:
    """Return an answer cell: one of the correct answers that `make check-quality` uses."""
    (name,) = check.get_exercise(id).names
    source = (ROOT / f"tests/check/sheet{id[:2]}/{name.lower()}.py").read_text()
    return f"{source}\n\n{name} = CORRECT[{style} % len(CORRECT)]\n"


def stub(id: str) -> str:
    return STUB.format(name=check.get_exercise(id).names[0])


def hostile(attack: Path, id: str) -> str:
    """Return the attack as an answer to the exercise, whatever it is called with."""
    (name,) = check.get_exercise(id).names
    source = attack.read_text().replace("def answer(x):", "def answer(x, *rest, **more):")
    return re.sub(r"\banswer\b", name, source)


def notebook(sources: Sources) -> bytes:
    cells = [_cell("import torch", [])]
    cells += [_cell(text, [f"exercise:{id}"]) for id, text in sources.items()]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).encode()


def _cell(source: str, tags: list[str]) -> dict:
    return {"cell_type": "code", "metadata": {"tags": tags}, "source": source, "outputs": []}


def students(sheet: str = "05") -> Iterator[tuple[str, Sources, set[str]]]:
    """Yield (name, answer cells, the exercises that are solved) for the whole class."""
    ids = [e.id for e in check.sheet(sheet)]
    for style in range(4):
        yield f"solved {style + 1}", {i: honest(i, style) for i in ids}, set(ids)
    for attack in ATTACKS:  # last in the notebook, so that it cannot hurt the honest answers
        cells = {i: honest(i) for i in ids[1:3]} | {ids[0]: hostile(attack, ids[0])}
        yield f"attack {attack.stem}", cells, set(ids[1:3])
    for number in range(CLASS_SIZE - 4 - len(ATTACKS)):
        half = ids[:2] if number % 2 else []
        kind = "half solved" if half else "untouched"
        cells = {i: honest(i, number) if i in half else stub(i) for i in ids}
        yield f"{kind} {number + 1}", cells, set(half)


def host() -> dict[str, object]:
    """Return what student code must not have changed on this machine."""
    processes = [p for p in Path("/proc").glob("[0-9]*/comm") if _is(p, "bwrap")]
    places = (Path(tempfile.gettempdir()), Path("/dev/shm"), ROOT, ROOT / "gancourse", Path("/"))
    entries = [p for place in places if place.is_dir() for p in place.iterdir()]
    core = Path("/proc/sys/kernel/core_pattern")
    return {
        "sandboxes still there": len(processes),
        "files of sandbox users": len([p for p in entries if _owner(p) >= 10**9]),
        "files that an attack would leave": len([p for p in entries if "canary" in p.name]),
        "top of the file system": sorted(os.listdir("/")),
        "PyTorch's own code": hashlib.sha256(Path(torch.__file__).read_bytes()).hexdigest()[:12],
        "core pattern": core.read_text().strip() if core.exists() else "",
    }


def _owner(path: Path) -> int:
    try:
        return path.lstat().st_uid
    except OSError:  # gone meanwhile
        return 0


def _is(comm: Path, name: str) -> bool:
    try:
        return comm.read_text().strip() == name
    except OSError:
        return False


def write_class(folder: Path) -> None:
    """Write a notebook for each student."""
    for name, sources, _ in students():
        path = folder / name / "05_minimal_gan.ipynb"
        path.parent.mkdir(parents=True)
        path.write_bytes(notebook(sources))


def graded(folder: Path, out: Path, jobs: int) -> int:
    """Grade the class, print the table; return how many rows are not as expected."""
    points = {e.id: e.points for e in check.sheet("05")}
    expected = {name: sum(map(points.get, right)) for name, _, right in students()}
    wrong = 0
    print(f"{'student':34} {'expected':>8} {'given':>6} {'seconds':>8}  status")
    for step in grade(folder, out, jobs=jobs, limits=Limits(cell=10.0)):
        result = step.result
        same = result.score == expected[result.student]
        wrong += not same
        status = ", ".join(sorted({e.status for e in result.exercises} - {"missing"}))
        print(f"{result.student:34} {expected[result.student]:8} {result.score:6} "
              f"{result.seconds:8.1f}  {status}{'' if same else '   <-- not equal'}")  # fmt: skip
    print(f"Rows that are not as expected: {wrong}.", flush=True)
    return wrong


def apart(folder: Path, out: Path, jobs: int) -> dict:
    """Grade in a process of its own; return its seconds, those of the CPU too, and wrong rows."""
    command = [sys.executable, __file__, "--graded", folder, "--out", out, "--jobs", str(jobs)]
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    wrong = subprocess.run(command).returncode
    seconds, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(f"{seconds:.0f} s, {cpu / CLASS_SIZE:.1f} s of CPU for each submission.", flush=True)
    return {"wrong": wrong, "seconds": round(seconds), "cpu_seconds": round(cpu / CLASS_SIZE, 2)}


def differing(outs: list[Path]) -> int:
    """Return how many rows of grades.csv are not the same in these folders."""
    tables = [(out / "grades.csv").read_text("utf-8-sig").splitlines() for out in outs]
    return sum(len(set(rows)) > 1 for rows in itertools.zip_longest(*tables))


def sentences(record: dict) -> str:
    """Return what was measured, for docs/grading.md."""
    place, runs = record["machine"], record["runs"]
    minutes, cpu = ([run[name] for run in runs] for name in ("seconds", "cpu_seconds"))
    return (
        f"A class of {CLASS_SIZE} for sheet 05, of whom {len(ATTACKS)} handed in an attack (a loop "
        f"without end, a gigabyte of output, a forged mark), graded twice with `--jobs "
        f"{record['jobs']}` and other draws each time: {minutes[0] / 60:.1f} and "
        f"{minutes[1] / 60:.1f} minutes, {cpu[0]:.1f} and {cpu[1]:.1f} s of CPU for a submission. "
        f"{record['differ']} rows of grades.csv differ between the two, and "
        f"{sum(run['wrong'] for run in runs)} of {2 * CLASS_SIZE} scores are not what was honestly "
        f"earned. Load of the machine before: {record['load']}. *`python tools/demo_class.py "
        f"--record` wrote this: {place['cpu']}, {place['cores']} cores, PyTorch {place['torch']}, "
        f"{record['date']}, {record['commit']}.*\n"
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, help="where grades and feedback go [a new folder]")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--record", action="store_true", help="write the figures into docs")
    parser.add_argument("--graded", type=Path, help="grade the class in this folder, once")
    options = parser.parse_args()
    out = options.out or Path(tempfile.mkdtemp(prefix="gancourse-grades-"))
    if options.graded:
        return min(graded(options.graded, out, options.jobs), 255)
    before, load = host(), round(os.getloadavg()[0], 1)
    with tempfile.TemporaryDirectory() as folder:
        write_class(Path(folder))
        outs = [out / "first", out / "again"]
        runs = [apart(Path(folder), each, options.jobs) for each in outs]
    after, differ = host(), differing(outs)
    for name, value in before.items():
        changed = "untouched" if value == after[name] else f"CHANGED to {after[name]}"
        print(f"Host, {name}: {changed}.")
    print(f"Rows of grades.csv that differ: {differ}. Grades and feedback are in {out}.")
    if options.record:
        record = {"jobs": options.jobs, "runs": runs, "differ": differ, "load": load,
                  "machine": Place(1).about(), "date": time.strftime("%F"),
                  "commit": check_table.commit()}  # fmt: skip
        write_whole(KEPT, json.dumps(record, indent=1).encode())
        text = check_table.with_table(PAGE.read_text("utf-8"), "class", sentences(record))
        write_whole(PAGE, text.encode())
    return int(bool(differ or before != after or any(run["wrong"] for run in runs)))


if __name__ == "__main__":
    sys.exit(main())
