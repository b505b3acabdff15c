"""Make a class of 60 synthetic submissions, grade it in one go, and compare with what is expected.

    python tools/demo_class.py [--out FOLDER] [--jobs 2]

Solved in four styles, half solved, untouched, and every attack of tests/attacks in place of the
answer to 05.1, with the honest answers to 05.2 and 05.3. Prints a row for each student and the host
before and after; ends with 1 unless every row is as expected and the host is untouched.
"""

import argparse
import hashlib
import json
import os
import re
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import torch

from gancourse import check
from gancourse.grade import grade
from gancourse.grade.box.sandbox import Limits

ROOT = Path(__file__).resolve().parents[1]
ATTACKS = sorted((ROOT / "tests" / "attacks").glob("*.py"))
STUB = "def {name}(*given):\n    raise NotImplementedError('your turn')"
CLASS_SIZE = 60
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


def write_class(folder: Path) -> dict[str, int]:
    """Write the class; return the score that each student has honestly earned."""
    expected = {}
    for name, sources, right in students():
        path = folder / name / "05_minimal_gan.ipynb"
        path.parent.mkdir(parents=True)
        path.write_bytes(notebook(sources))
        expected[name] = sum(check.get_exercise(i).points for i in right)
    return expected


def run(folder: Path, out: Path, jobs: int) -> bool:
    """Grade the class, print the table; tell whether every row is as expected."""
    expected = write_class(folder)
    start, wrong = time.perf_counter(), 0
    print(f"{'student':34} {'expected':>8} {'given':>6} {'seconds':>8}  status")
    for step in grade(folder, out, jobs=jobs, limits=Limits(cell=10.0)):
        result = step.result
        same = result.score == expected[result.student]
        wrong += not same
        status = ", ".join(sorted({e.status for e in result.exercises} - {"missing"}))
        print(f"{result.student:34} {expected[result.student]:8} {result.score:6} "
              f"{result.seconds:8.1f}  {status}{'' if same else '   <-- not equal'}")  # fmt: skip
    took = time.perf_counter() - start
    print(f"\n{len(expected)} submissions in {took:.0f} s, {took / len(expected):.1f} s each.")
    print(f"Rows that are not as expected: {wrong}.")
    return not wrong


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, help="where grades and feedback go [a new folder]")
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    out = options.out or Path(tempfile.mkdtemp(prefix="gancourse-grades-"))
    before = host()
    with tempfile.TemporaryDirectory() as folder:
        good = run(Path(folder), out, options.jobs)
    after = host()
    for name, value in before.items():
        changed = "untouched" if value == after[name] else f"CHANGED to {after[name]}"
        print(f"Host, {name}: {changed}.")
    print(f"Grades and feedback are in {out}.")
    return 0 if good and before == after else 1


if __name__ == "__main__":
    sys.exit(main())
