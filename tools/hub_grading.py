"""How users of a hub fare while their class is graded on the same machine.

    python tools/hub_grading.py --users 6 --seconds 20 --rounds 2

Simulated users (as in `hub_class.py`) run lesson 00 in one hub and then drag its explorer, again
and again: nobody grades, or `gancourse grade` goes through copies of the worked sheet 01 in the
hub's own home folders, with one job or two, at an ordinary or the lowest priority. Writes
docs/hub_grading.json and its table in docs/hub.md.
"""

import argparse
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

import nbformat
from hub_class import LESSON, PAGE, User, machine, quantile

import hub
from gancourse.course import MARK
from gancourse.jupyter.lab import COPY
from gancourse.store import write_whole

ROOT = Path(__file__).resolve().parents[1]
KEPT = ROOT / "docs" / "hub_grading.json"
TABLE = "<!-- tools/hub_grading.py writes what is between -->"
SCENES = {  # jobs of the grader, and its niceness; None: nobody grades
    "nobody grades": None,
    "one job": (1, 0),
    "one job, nice 19": (1, 19),
    "two jobs": (2, 0),
    "two jobs, nice 19": (2, 19),
}
CLASS = 60  # submissions: more than are graded while users drag


def hand_in(homes: Path) -> None:
    """Give so many more users a copy that holds the worked sheet 01, and nothing else."""
    sheet = nbformat.read(ROOT / "solutions" / "01_the_game.ipynb", as_version=4)
    for number in range(CLASS):
        copy = homes / f"absent{number:02d}" / COPY
        (copy / MARK).mkdir(parents=True)
        (copy / "exercises").mkdir()
        nbformat.write(sheet, copy / "exercises" / "01_the_game.ipynb")


def dragged(users: list[User], widgets: list[str], seconds: float) -> list[float]:
    """Let all users drag at once; return how long each answer took, in ms."""
    with ThreadPoolExecutor(len(users)) as pool:
        found = pool.map(lambda u, w: u.drag(w, seconds, kernel_draws=False), users, widgets)
        return [1000 * each for moves in found for each in moves]


def enter(user: User) -> str:
    """Let a user log in and run the lesson; return the explorer's widget."""
    user.login()
    widgets = [widget for cell in user.open(LESSON) for widget in user.cell(cell)]
    return widgets[0]


def grader(homes: Path, out: Path, jobs: int, nice: int) -> subprocess.Popen:
    """Start to grade the class, from its first submission."""
    shutil.rmtree(out, ignore_errors=True)
    asked = ["grade", str(homes), "--out", str(out), "--sheet", "01", "--jobs", str(jobs)]
    return subprocess.Popen(
        [sys.executable, "-m", "gancourse", *asked], start_new_session=True,
        preexec_fn=lambda: os.nice(nice), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip


def scene(users, widgets, homes: Path, out: Path, chosen, seconds: float) -> tuple[list, int]:
    """Return the moves' ms, and how many submissions were graded meanwhile."""
    if chosen is None:
        return dragged(users, widgets, seconds), 0
    process = grader(homes, out, *chosen)
    try:
        while not graded(out):
            still_grading(process)
            time.sleep(0.5)
        before = graded(out)
        found = dragged(users, widgets, seconds), graded(out) - before
        still_grading(process)
        return found
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGINT)
        process.wait()


def still_grading(process: subprocess.Popen) -> None:
    """Raise RuntimeError where the grader has ended: the users would be measured beside nobody."""
    if process.poll() is not None:
        raise RuntimeError(f"The grader ended with {process.returncode} before the dragging did.")


def graded(out: Path) -> int:
    """Return how many submissions have a page."""
    return len(list((out / "feedback").glob("*.html")))


def measure(count: int, seconds: float, rounds: int) -> dict:
    """Return, by scene, the moves' quantiles in ms and the submissions graded in a minute."""
    moves, done = {name: [] for name in SCENES}, dict.fromkeys(SCENES, 0)
    with TemporaryDirectory(prefix="gancourse-hub-") as folder:
        home, port, password = Path(folder), hub.free_port(), secrets.token_hex(8)
        hand_in(home / "homes")
        process = hub.start(home, port, password)
        try:
            url = f"http://127.0.0.1:{port}"
            hub.wait_until_up(url, process)
            users = [User(url, f"user{i}", password) for i in range(count)]
            with ThreadPoolExecutor(count) as pool:
                widgets = list(pool.map(enter, users))
            for name, chosen in [*SCENES.items()] * rounds:
                found, pages = scene(
                    users, widgets, home / "homes", home / "grades", chosen, seconds
                )
                moves[name] += found
                done[name] += pages
                print(f"{name}: p95 {quantile(found, 0.95):.0f} ms, {pages} graded", flush=True)
        finally:
            hub.end(process)
    scenes = {
        name: {f"p{p}": round(quantile(moves[name], p / 100), 1) for p in (50, 95)}
        | {"moves": len(moves[name]), "graded_a_minute": 60 * done[name] / seconds / rounds}
        for name in SCENES
    }
    return {"machine": machine(), "date": time.strftime("%F"), "users": count,
            "seconds": seconds * rounds, "scenes": scenes}  # fmt: skip


def table(data: dict) -> str:
    """Return the table of docs/hub.md."""
    head = (
        f"{data['machine']}; {data['date']}; {data['users']} users, {data['seconds']:g} s of "
        "dragging in each row, other work on the machine meanwhile.\n\n"
        "| the grader | a move, ms: p50 / p95 | submissions graded in a minute |\n|---|---|---|\n"
    )
    rows = (
        f"| {name} | {found['p50']:.0f} / {found['p95']:.0f} | {found['graded_a_minute']:.0f} |\n"
        for name, found in data["scenes"].items()
    )
    return head + "".join(rows)


def with_table(text: str, data: dict) -> str:
    """Return the text of docs/hub.md with another table."""
    before, rest = text.split(TABLE)[0], text.split(TABLE)[-1]
    return f"{before}{TABLE}\n{table(data)}{TABLE}{rest}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--users", type=int, default=6)
    parser.add_argument("--seconds", type=float, default=20.0, help="of dragging, in each scene")
    parser.add_argument("--rounds", type=int, default=2)
    chosen = parser.parse_args()
    data = measure(chosen.users, chosen.seconds, chosen.rounds)
    write_whole(KEPT, json.dumps(data, indent=1).encode())
    write_whole(PAGE, with_table(PAGE.read_text("utf-8"), data).encode())


if __name__ == "__main__":
    main()
