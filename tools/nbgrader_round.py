"""One assignment goes through nbgrader's exchange on a hub of its own, by nbgrader's real commands.

    python tools/nbgrader_round.py [--home runs/nbgrader_round] [--sheet 01]

A teacher and three students log in to a JupyterHub, and each gives their commands from a kernel of
their own server: generate and release; fetch, answer and submit; collect, autograde, feedback and
its release; fetch of the feedback. `ada` hands in the worked solution, `bob` has answered half of
it, with a slip, `eve` nothing. Stopped and given again it goes on where it was. At its end the
points in nbgrader's gradebook are held against what `check` says to the same answers, and it ends
with 1 where they differ.
"""

import argparse
import csv
import json
import re
import secrets
import shutil
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import javascript
import nbformat
import nbgrader_export
from hub_class import User

import hub
from gancourse.check import get_exercise
from gancourse.jupyter.lab import COPY
from gancourse.store import write_whole

ROOT = Path(__file__).resolve().parents[1]
TEACHER, STUDENTS = "teacher", ("ada", "bob", "eve")
COURSE = "nbgrader_course"  # in the teacher's copy
DONE, REPORT = "done.json", "round.json"
NO_NBGRADER = (
    "nbgrader is not installed here, so no round was made: it is in the extra `nbgrader`, which "
    "`make setup` installs."
)
COMMAND = """\
import os, subprocess, sys
os.environ["PATH"] = os.path.dirname(sys.executable) + os.pathsep + os.environ["PATH"]  # alembic's
asked = {asked!r}
done = subprocess.run([sys.executable, "-m", "nbgrader", *asked], cwd={folder!r},
                      stdin=subprocess.DEVNULL, capture_output=True, text=True)
assert done.returncode == 0, f"nbgrader {{asked}}: {{done.stderr[-1500:]}}"
"""


class Round:
    """The steps of a round, each done once: `play` does those that are left."""

    def __init__(self, home: Path, source: Path):
        self.home, self.source, self.name = home, source, source.stem
        self.users: dict[str, User] = {}
        path = home / DONE
        self.seconds = json.loads(path.read_text()) if path.exists() else {}

    def folder(self, user: str) -> Path:
        """Return the folder of a user's server."""
        return self.home / "homes" / user / COPY

    def notebook(self, user: str) -> Path:
        """Return a student's own copy of the assignment."""
        return self.folder(user) / self.name / f"{self.name}.ipynb"

    @property
    def course(self) -> Path:
        return self.folder(TEACHER) / COURSE

    def enter(self, url: str, password: str) -> None:
        """Let everybody log in, and open a kernel in their own server."""
        for name in (TEACHER, *STUDENTS):
            user = self.users[name] = User(url, name, password)
            user.login()
            user.open("progress.ipynb")

    def play(self) -> None:
        """Do what is left of the round."""
        self._step("export", lambda: nbgrader_export.export(self.course, [self.source]))
        self._commands(TEACHER, self.course, "generate_assignment", "release_assignment")
        for student in STUDENTS:
            self._step(f"{student} sees it", lambda s=student: self._listed(s))
            self._commands(student, self.folder(student), "fetch_assignment")
            self._step(f"{student} answers", lambda s=student: self._answer(s))
            self._commands(student, self.folder(student), "submit")
        self._commands(
            TEACHER, self.course, "collect", "autograde", "generate_feedback", "release_feedback"
        )
        for student in STUDENTS:
            self._commands(student, self.folder(student), "fetch_feedback")
        self._step("export of grades", lambda: self._run(TEACHER, self.course, "export"))

    def _commands(self, user: str, folder: Path, *names: str) -> None:
        for name in names:
            self._step(f"{user} {name}", lambda n=name: self._run(user, folder, n, self.name))

    def _step(self, name: str, act: Callable[[], object]) -> None:
        if name in self.seconds:
            return
        start = time.monotonic()
        act()
        self.seconds[name] = round(time.monotonic() - start, 1)
        print(f"{self.seconds[name]:6.1f} s  {name}", flush=True)
        write_whole(self.home / DONE, json.dumps(self.seconds, indent=1).encode())

    def _run(self, user: str, folder: Path, *asked: str) -> None:
        self.users[user].cell(COMMAND.format(asked=asked, folder=str(folder)))

    def _listed(self, student: str) -> None:
        """Raise RuntimeError where the page *Assignments* of a student's server has it not."""
        found = self.users[student].get("assignments?course_id=gancourse")
        if self.name not in [each["assignment_id"] for each in found["value"]]:
            raise RuntimeError(f"{student}'s page shows no {self.name}: {found}")

    def _answer(self, student: str) -> None:
        """Write a student's answers into their copy, as their page saves them."""
        path = self.notebook(student)
        mine = nbformat.read(path, as_version=4)
        shown = nbformat.read(self.course / "source" / self.name / path.name, as_version=4)
        worked = {c.metadata.nbgrader.grade_id: c.source for c in shown.cells if _is_answer(c)}
        answers = [c for c in mine.cells if _is_answer(c)]
        count = {"ada": len(answers), "bob": len(answers) // 2, "eve": 0}[student]
        for cell in answers[:count]:
            text = worked[cell.metadata.nbgrader.grade_id]
            cell.source = re.sub(r"\n *### (BEGIN|END) SOLUTION", "", text)
        if student == "bob":
            answers[0].source += half_right(answers[0])
        write_whole(path, nbformat.writes(mine).encode())


def _is_answer(cell) -> bool:
    return cell.metadata.get("nbgrader", {}).get("solution", False)


def half_right(cell) -> str:
    """Return lines after an answer that spoil it for some inputs, and cost a part of its points."""
    name = re.search(r"^def (\w+)", cell.source, re.M)[1]
    return (
        f"\n\nright = {name}\n\n\ndef {name}(*given):\n"
        '    import warnings\n\n    warnings.warn("a warning is no mistake", stacklevel=2)\n'
        "    return right(*given) if len(given[0]) == len(given[-1]) else right(*given) + 1.0\n"
    )


def points_by_check(notebook: Path) -> dict[str, int]:
    """Return the points of each exercise when the notebook's cells run here in order."""
    space, found = {"__name__": "__main__"}, {}
    for cell in nbformat.read(notebook, as_version=4).cells:
        if cell.cell_type != "code":
            continue
        if id := nbgrader_export.checked(cell):
            answer = [space.get(name) for name in get_exercise(id).names]
            found[id] = space["check"](id, *answer).score
        else:
            exec(cell.source, space)
    return found


def points_by_nbgrader(course: Path) -> dict[str, float]:
    """Return each student's points, from the gradebook's own export."""
    with open(course / "grades.csv", newline="") as file:
        return {row["student_id"]: float(row["raw_score"]) for row in csv.DictReader(file)}


def record(found: Round) -> dict:
    """Return what came out: versions, seconds, each student's points both ways, feedback."""
    graded, students = points_by_nbgrader(found.course), {}
    for name in STUDENTS:
        here = points_by_check(found.notebook(name))
        pages = sorted((found.folder(name) / found.name / "feedback").rglob("*.html"))
        students[name] = {"nbgrader": graded.get(name), "check": sum(here.values()),
                          "exercises": here, "feedback": [p.name for p in pages]}  # fmt: skip
    packages = ("nbgrader", "jupyterhub", "jupyterlab", "nbconvert")
    return {"sheet": found.name, "date": time.strftime("%F"), "students": students,
            "versions": {name: version(name) for name in packages},
            "seconds": found.seconds}  # fmt: skip


def played(home: Path, source: Path) -> dict:
    """Start a hub, play what is left of the round, and return what came out."""
    exchange = home / "exchange"
    exchange.mkdir(parents=True, exist_ok=True)
    exchange.chmod(0o777)  # nbgrader asks for that: every user hands in here
    port, password = hub.free_port(), secrets.token_hex(8)
    process = hub.start(home, port, password, exchange=exchange)
    try:
        hub.wait_until_up(f"http://127.0.0.1:{port}", process)
        found = Round(home, source)
        found.enter(f"http://127.0.0.1:{port}", password)
        found.play()
    finally:
        hub.end(process)
    report = record(found)
    write_whole(home / REPORT, json.dumps(report, indent=1).encode())
    return report


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--home", type=Path, default=ROOT / "runs" / "nbgrader_round")
    parser.add_argument("--sheet", default="01")
    parser.add_argument("--again", action="store_true", help="from the beginning")
    chosen = parser.parse_args()
    if find_spec("nbgrader") is None:
        print(NO_NBGRADER)
        return 0
    if chosen.again:
        shutil.rmtree(chosen.home, ignore_errors=True)
    source = next((ROOT / "solutions").glob(f"{chosen.sheet}_*.py"))
    try:
        report = played(chosen.home.resolve(), source)
    except javascript.Missing as missing:
        print(f"No hub can start here: {missing}.")
        return 1
    for name, row in report["students"].items():
        print(
            f"{name}: {row['nbgrader']:g} points, and {row['check']} by `check`; {row['feedback']}"
        )
    same = all(row["nbgrader"] == row["check"] for row in report["students"].values())
    return 0 if same and all(row["feedback"] for row in report["students"].values()) else 1


if __name__ == "__main__":
    sys.exit(main())
