"""A class on one JupyterHub: simulated users open lesson 00, run it, and drag its explorer.

    python tools/hub_class.py --users 6 --seconds 20
    python tools/hub_class.py --users 1 2 4 8 16 30 --seconds 120 --out docs/hub.json

A user is no browser: a thread of this program that logs in by HTTP, asks the hub for a server, and
speaks the kernel's protocol over a websocket, as a page does: it runs every code cell, then sends a
move of the pad and the next one as soon as the answer is there, ten in a second at most. Where
`--kernel-draws` is given the move asks for the picture, as on a page that cannot run the net;
without it the page draws by itself and the kernel follows, three times in a second. Memory is what
a server and a kernel have to themselves (USS), at the median. One hub for each number of users.
"""

import argparse
import json
import platform
import re
import secrets
import threading
import time
import uuid
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import psutil
import requests
from websocket import create_connection

import hub
from gancourse.store import write_whole

ROOT = Path(__file__).resolve().parents[1]
KEPT, PAGE = ROOT / "docs" / "hub.json", ROOT / "docs" / "hub.md"
MARK = "<!-- tools/hub_class.py writes what is between -->"
LESSON = "notebooks/00_welcome.ipynb"
PATIENCE = 900  # seconds for one answer, with a class on two cores
READY = 0.5  # seconds between two looks whether a server is up


class User:
    """One simulated user: `login`, then `cell` by cell, then `drag`."""

    def __init__(self, url: str, name: str, password: str):
        self.url, self.name, self.password = url, name, password
        self.home, self.session = f"{url}/user/{name}", requests.Session()

    def login(self) -> None:
        """Log in, and wait until the user's server is up."""
        page = f"{self.url}/hub/login"
        self.session.get(page, timeout=PATIENCE)
        form = {"username": self.name, "password": self.password, "_xsrf": self._token("/hub/")}
        self.session.post(page, data=form, allow_redirects=False, timeout=PATIENCE)
        self._hub("POST", f"users/{self.name}/server")
        while not self._hub("GET", f"users/{self.name}")["servers"].get("", {}).get("ready"):
            time.sleep(READY)
        self.session.get(f"{self.home}/lab", timeout=PATIENCE)  # by the hub's OAuth

    def _token(self, path: str) -> str:
        found = (c.value for c in self.session.cookies if c.name == "_xsrf" and c.path == path)
        return next(found, "")

    def _hub(self, method: str, path: str) -> dict:
        headers = {"X-XSRFToken": self._token("/hub/"), "Referer": f"{self.url}/hub/home"}
        answer = self.session.request(
            method, f"{self.url}/hub/api/{path}", headers=headers, timeout=PATIENCE
        )
        answer.raise_for_status()
        return answer.json() if answer.content else {}

    def get(self, path: str) -> dict:
        """Return what the user's own server answers."""
        answer = self.session.get(f"{self.home}/{path}", timeout=PATIENCE)
        answer.raise_for_status()
        return answer.json()

    def open(self, notebook: str) -> list[str]:
        """Open a notebook with a kernel, as a page does; return the sources of its code cells."""
        cells = self.get(f"api/contents/{notebook}")["content"]["cells"]
        headers = {"X-XSRFToken": self._token(f"/user/{self.name}/")}
        wanted = {"path": notebook, "name": "", "type": "notebook", "kernel": {"name": "python3"}}
        answer = self.session.post(
            f"{self.home}/api/sessions", headers=headers, json=wanted, timeout=PATIENCE
        )
        answer.raise_for_status()
        kernel = answer.json()["kernel"]["id"]
        address = f"{self.home}/api/kernels/{kernel}/channels".replace("http", "ws", 1)
        jar = "; ".join(f"{c.name}={c.value}" for c in self.session.cookies)
        self.line = create_connection(address, timeout=PATIENCE, cookie=jar)
        return ["".join(c["source"]) for c in cells if c["cell_type"] == "code"]

    def send(self, kind: str, content: dict) -> str:
        """Send a message to the kernel; return its number."""
        number = uuid.uuid4().hex
        header = {"msg_id": number, "msg_type": kind, "session": self.name, "version": "5.3"}
        header |= {"username": self.name, "date": ""}
        rest = {"parent_header": {}, "metadata": {}, "buffers": [], "content": content}
        self.line.send(json.dumps({"header": header, "channel": "shell", **rest}))
        return number

    def answers(self, number: str) -> Iterator[dict]:
        """Yield what the kernel says about a message, until it is done with it."""
        while True:
            said = self.line.recv()
            message = json.loads(said if isinstance(said, str) else _head(said))
            if message["parent_header"].get("msg_id") != number:
                continue
            yield message
            if message["msg_type"] == "status" and message["content"]["execution_state"] == "idle":
                return

    def cell(self, code: str) -> list[str]:
        """Run a cell; return the widgets that it shows. Raises RuntimeError where it fails."""
        shown = []
        asked = {"code": code, "silent": False, "store_history": True, "stop_on_error": True}
        for message in self.answers(self.send("execute_request", asked)):
            content = message["content"]
            if message["msg_type"] == "error":
                raise RuntimeError(f"{self.name}: {content['ename']}: {content['evalue']}")
            view = content.get("data", {}).get("application/vnd.jupyter.widget-view+json", {})
            shown += [view["model_id"]] if view else []
        return shown

    def drag(self, widget: str, seconds: float, kernel_draws: bool) -> list[float]:
        """Move the pad for so many seconds; return how long each answer took, in seconds."""
        spent, end, pause = [], time.monotonic() + seconds, 0.1 if kernel_draws else 1 / 3
        while (start := time.monotonic()) < end:
            turn = len(spent) % 40 / 10 - 2
            move = {"values": {"x": turn, "y": -turn}, "serial": len(spent) + 1, "brief": True}
            data = {"method": "custom", "content": move}
            for _ in self.answers(self.send("comm_msg", {"comm_id": widget, "data": data})):
                pass
            spent.append(time.monotonic() - start)
            time.sleep(max(0.0, pause - spent[-1]))
        return spent


def _head(said: bytes) -> str:
    """Return the JSON part of a message that has buffers behind it."""
    count = int.from_bytes(said[:4], "big")
    first, second = (int.from_bytes(said[4 * i : 4 * i + 4], "big") for i in (1, 2))
    return said[first : second if count > 1 else None].decode()


def visit(user: User, seconds: float, kernel_draws: bool, drag: threading.Barrier) -> dict:
    """Let a user log in, run the lesson and drag; return the seconds of each, and all moves.

    Moves begin together, when the last user has run the lesson.
    """
    try:
        start = time.monotonic()
        user.login()
        server = time.monotonic() - start
        cells, widgets, spent = user.open(LESSON), [], []
        for code in cells:
            begin = time.monotonic()
            widgets += user.cell(code)
            spent.append(time.monotonic() - begin)
        drag.wait()
        moves = user.drag(widgets[0], seconds, kernel_draws)
    except Exception as error:
        drag.abort()
        return {"error": f"{type(error).__name__}: {error}"}
    return {"server": server, "first_cell": spent[0], "lesson": sum(spent), "moves": moves}


def memory(of: Iterable[psutil.Process]) -> dict[str, float]:
    """Return the MB that servers and kernels have to themselves, at the median."""
    kinds: dict[str, list[float]] = {"server": [], "kernel": []}
    for process in of:
        words = " ".join(process.cmdline())
        kind = "kernel" if "ipykernel" in words else "server" if "singleuser" in words else None
        if kind:
            kinds[kind].append(process.memory_full_info().uss / 1e6)
    return {kind: round(median(found), 1) for kind, found in kinds.items() if found}


def quantile(found: list[float], share: float) -> float:
    """Return the value below which `share` of them lie."""
    ordered = sorted(found)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def measure(users: int, seconds: float, kernel_draws: bool) -> dict:
    """Start a hub, let so many users in at once, and return what they met."""
    with TemporaryDirectory(prefix="gancourse-hub-") as folder:
        port, password = hub.free_port(), secrets.token_hex(8)
        process = hub.start(Path(folder), port, password)
        try:
            url = f"http://127.0.0.1:{port}"
            hub.wait_until_up(url, process)
            barrier = threading.Barrier(users + 1)
            with ThreadPoolExecutor(users) as pool:
                names = (f"user{i}" for i in range(users))
                found = [pool.submit(visit, User(url, name, password), seconds, kernel_draws,
                                     barrier) for name in names]  # fmt: skip
                with suppress(threading.BrokenBarrierError):
                    barrier.wait()  # all have run the lesson
                used = memory(psutil.Process(process.pid).children(recursive=True))
                rows = [each.result() for each in found]
        finally:
            hub.end(process)
    return summary(rows, used)


def summary(rows: list[dict], used: dict[str, float]) -> dict:
    """Return the figures of a class: seconds at the median and the worst, ms of the moves."""
    errors = [row["error"] for row in rows if "error" in row]
    well = [row for row in rows if "error" not in row]
    first = [each for each in errors if "BrokenBarrierError" not in each]  # the others only waited
    found = {"users": len(rows), "failed": len(errors), "errors": first[:3], "MB": used}
    for name in ("server", "first_cell", "lesson") if well else ():
        seconds = [row[name] for row in well]
        found[name] = {"median": round(median(seconds), 2), "worst": round(max(seconds), 2)}
    moves = [1000 * s for row in well for s in row["moves"]]
    if moves:
        found["move_ms"] = {f"p{p}": round(quantile(moves, p / 100), 1) for p in (50, 95, 99)}
        found["move_ms"]["count"] = len(moves)
    return found


def page(data: dict) -> str:
    """Return the table of docs/hub.md."""
    way = "the kernel draws each picture" if data["kernel_draws"] else "the page draws"
    head = (
        f"{data['machine']}; {data['date']}; {data['seconds']:g} s of dragging, {way}.\n\n"
        "| users at once | failed | server, s | first cell, s | whole lesson, s "
        "| a move, ms: p50 / p95 | MB alone: server / kernel |\n|---|---|---|---|---|---|---|\n"
    )
    return head + "".join(map(_row, data["classes"]))  # fmt: skip


def _row(found: dict) -> str:
    def both(name: str) -> str:
        return f"{found[name]['median']:.0f} to {found[name]['worst']:.0f}" if name in found else ""

    move, used = found.get("move_ms", {}), found["MB"]
    cells = [found["users"], found["failed"], *map(both, ("server", "first_cell", "lesson")),
             f"{move['p50']:.0f} / {move['p95']:.0f}" if move else "",
             f"{used.get('server', 0):.0f} / {used.get('kernel', 0):.0f}"]  # fmt: skip
    return f"| {' | '.join(map(str, cells))} |\n"


def with_table(text: str, data: dict) -> str:
    """Return the text of docs/hub.md with another table."""
    before, rest = text.split(MARK)[0], text.split(MARK)[-1]
    return f"{before}{MARK}\n{page(data)}{MARK}{rest}"


def machine() -> str:
    """Return what the class ran on."""
    text = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    name = re.search(r"model name\s*: (.*)", text)
    memory = round(psutil.virtual_memory().total / 1e9)
    return f"{name[1] if name else platform.machine()}, {psutil.cpu_count()} cores, {memory} GB"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--users", type=int, nargs="+", default=[6])
    parser.add_argument("--seconds", type=float, default=120.0, help="of dragging")
    parser.add_argument("--kernel-draws", action="store_true", help="each move asks for a picture")
    parser.add_argument("--out", type=Path)
    chosen = parser.parse_args()
    rows = []
    for users in chosen.users:
        rows.append(measure(users, chosen.seconds, chosen.kernel_draws))
        print(json.dumps(rows[-1]), flush=True)
        if chosen.out:
            data = {"machine": machine(), "seconds": chosen.seconds, "date": time.strftime("%F"),
                    "kernel_draws": chosen.kernel_draws, "classes": rows}  # fmt: skip
            write_whole(chosen.out, json.dumps(data, indent=1).encode())
            if chosen.out.resolve() == KEPT:
                write_whole(PAGE, with_table(PAGE.read_text("utf-8"), data).encode())


if __name__ == "__main__":
    main()
