"""Every file in tests/attacks is one hostile answer; none may score, none may cost another."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import pytest

from gancourse.errors import InputError
from gancourse.grade.box import pool, procs
from gancourse.grade.box.sandbox import Limits, Sandbox, require
from gancourse.grade.box.wire import Lost
from gancourse.grade.ipynb import read
from gancourse.grade.job import grade_task
from gancourse.grade.task import Task

sys.path.insert(0, str(Path(__file__).parents[1] / "grading"))

from notebooks import ATTACKS, SOLVED, answers, expected, notebook, with_answer

LIMITS = Limits(cell=4.0, part=2.0, memory=400 << 20, scratch=8 << 20, processes=48)
ids = [path.stem for path in ATTACKS]


@pytest.fixture(scope="module", autouse=True)
def _sandboxes():
    """All attacks share a sandbox for as long as it lasts, as a class's students do."""
    require_or_skip()
    yield
    pool.close_idle()


def graded(data: bytes):
    task = Task("mallory", "90", "x.ipynb", tuple(read(data)), "7", "toy_checks", limits=LIMITS)
    return grade_task(task).exercises


@pytest.mark.parametrize("attack", ATTACKS, ids=ids)
def test_an_attack_scores_nothing_and_costs_its_own_exercise_alone(attack):
    first, answer, last = graded(with_answer(attack.read_text()))
    assert (first.score, first.status) == (3, "graded")
    assert answer.score == 0
    assert answer.status in expected(attack)["status"]
    assert last.score == 3 or expected(attack)["after"] == ["any"]


def test_the_host_is_untouched():
    """Runs after the attacks above: what they tried to write or to start is nowhere."""
    assert not Path("/tmp/gancourse-was-unpickled").exists()
    assert not list(Path("/").glob("*/core_pattern_canary"))
    assert not [p for p in Path(tempfile.gettempdir()).iterdir() if p.stat().st_uid >= 10**9]
    assert all(os.path.exists(p) for p in ("/dev/null", "/dev/shm"))


def test_shared_memory_is_counted():
    """RLIMIT_DATA does not see it; the watcher does."""
    attack = next(a for a in ATTACKS if a.stem == "shared_memory_bomb")
    with Sandbox("bwrap", replace(LIMITS, memory=100 << 20)) as sandbox:
        channel = sandbox.session()
        channel.send({"exercises": []})
        source = attack.read_text() + "\nanswer(0)"
        channel.send({"number": 1, "source": source, "ticket": "a"})
        with pytest.raises(Lost):
            channel.receive(time.monotonic() + 300)
        assert sandbox.reason == "memory"


def test_processes_that_come_and_go_do_not_blind_the_watcher():
    """One that ended while it was listed once ended the watcher, and with it the limit."""
    require_or_skip()
    churn = subprocess.Popen(["sh", "-c", "while :; do /bin/true & /bin/true & wait; done"])
    until, seen = time.monotonic() + 2, set()
    try:
        while time.monotonic() < until or len(seen) <= 10:
            seen.update(procs.descendants(churn.pid))
    finally:
        churn.kill()
        churn.wait()
    assert len(seen) > 10


def test_an_exercise_that_hangs_twice_is_run_once():
    loop = "while True: pass"
    honest = SOLVED.format(name="answer")
    first, answer, last = graded(notebook(answers(loop, honest, SOLVED.format(name="last"))))
    assert (first.score, first.status) == (0, "time limit")
    assert (answer.score, last.score) == (3, 3)
    assert any("left out" in note for note in last.notes)


@pytest.mark.parametrize("source", ["def answer(x:", "def answer(x):\n return -" + "-(" * 300])
def test_a_cell_that_cannot_be_parsed_costs_its_own_exercise(source):
    first, answer, last = graded(with_answer(source))
    assert [first.score, answer.score, last.score] == [3, 0, 3]
    assert answer.status == "syntax error"


def test_magics_and_shell_lines_are_left_out():
    source = "%timeit 1\n!rm -rf /\nx = !ls\ndef answer(x):\n    return 2 * x\nanswer?"
    assert graded(with_answer(source))[1].score == 3


def test_each_exercise_sees_the_cells_before_it():
    source = "def answer(x):\n    return first(torch.as_tensor(x))"
    assert graded(with_answer(source))[1].score == 3


PRYING = ("look_into_the_server", "read_the_caller", "write_outside", "new_namespaces", "network")


def test_an_ordinary_users_sandbox_is_as_tight(monkeypatch):
    """Root and others start it in different ways; no fork bomb here, as root has no such limit."""
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    require_or_skip()
    pool.close_idle()
    for name in PRYING:
        attack = next(a for a in ATTACKS if a.stem == name)
        assert [e.score for e in graded(with_answer(attack.read_text()))] == [3, 0, 3]
    sandbox = pool.take("bwrap", LIMITS)
    assert sandbox.usable
    sandbox.close()


def test_nothing_survives_a_killed_grader():
    require_or_skip()
    code = (
        "import time; from gancourse.grade.box.sandbox import *; s = Sandbox('bwrap', Limits());"
        "print(s.first, flush=True); time.sleep(600)"
    )
    grader = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    first = int(grader.stdout.readline())
    grader.send_signal(signal.SIGKILL)
    grader.wait()
    until = time.monotonic() + 120
    while Path(f"/proc/{first}").exists() and time.monotonic() < until:
        time.sleep(0.05)
    assert not Path(f"/proc/{first}").exists()


def require_or_skip():
    try:
        require("bwrap", LIMITS)
    except InputError as error:
        pytest.skip(str(error))
