"""The table of threads says which setting is best, and whether the course's choice is near it."""

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from bench import report, threads, turns


def result(chosen: float) -> dict:
    rates = {"as chosen": [chosen] * 3, "1": [10.0, 1.0, 10.0], "2": [5.0] * 3}
    return {"machine": turns.Place(2, "cpu").about(), "load": 0.1, "seconds": 0.5,
            "rounds": 3, "rates": {"2": {"points": rates}}}  # fmt: skip


def test_a_setting_is_compared_with_the_best_by_medians():
    rates = result(8.0)["rates"]["2"]["points"]
    assert threads.slower(rates) == {"as chosen": 1.25, "1": 1.0, "2": 2.0}


@pytest.mark.parametrize(("rate", "verdict"), [(9.0, "met"), (8.0, "not met")])
def test_the_report_says_whether_the_choice_is_near_the_best(tmp_path, rate, verdict):
    (tmp_path / "threads.json").write_text(json.dumps(result(rate)))
    assert report.write(tmp_path).endswith(f"(points, beside 2 busy loops) | {verdict} |")
    assert "| points | " in (tmp_path / "README.md").read_text()


def test_busy_loops_are_busy_and_end_with_the_block():
    with threads.busy(2) as loops:
        assert [loop.poll() for loop in loops] == [None, None]
    assert all(loop.returncode for loop in loops)


def test_a_worker_works_on_the_threads_it_is_given(monkeypatch):
    seen = []
    step = threads.partial(seen.append, 0)
    monkeypatch.setitem(threads.WORK, "points", lambda: (step, 1))
    said = []
    threads.serve(io.StringIO('{"work": "points", "seconds": 0.01}\n'), said.append)
    assert json.loads(said[0])["rate"] > 0
    assert seen


def test_a_forced_number_holds_whatever_the_course_would_choose():
    code = ("from bench import threads; threads.force()\n"
            "import torch; from gancourse import machine\n"
            "with machine.threaded('dense'): print(torch.get_num_threads())")  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=Path(threads.__file__).parents[1], check=True,
        capture_output=True, env={**threads.os.environ, "OMP_NUM_THREADS": "2"},
    )  # fmt: skip
    assert done.stdout == b"2\n"


@pytest.mark.parametrize("name", ["points", "explorer, 1"])
def test_the_work_that_is_measured_can_be_done(name):
    before = torch.get_num_threads()
    step, units = threads.WORK[name]()
    step()
    assert units >= 1
    assert torch.get_num_threads() == before
