"""Every correct solution passes and every classic mistake is caught: `make check-quality`."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tools"))

import check_quality  # noqa: E402

MODULES = sorted(check_quality.QUALITY.glob("ex*.py"))


def test_every_exercise_is_measured():
    from gancourse.check import sheet, sheets

    measured = [check_quality.load(path).EXERCISE for path in MODULES]
    assert measured == [exercise.id for number in sheets() for exercise in sheet(number)]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_there_are_enough_solutions_and_mistakes(path):
    module = check_quality.load(path)
    assert len(module.CORRECT) >= 3
    assert len(module.MISTAKES) >= 5


def test_a_check_that_misjudges_is_reported():
    right = check_quality.Verdict("05.1", "a", True, True, "", 1.0)
    missed = check_quality.Verdict("05.1", "b", False, False, "seed 0: all held", 1.0)
    shown = check_quality.table([right, missed])
    assert "1 of 1            0 of 1" in shown
    assert "05.1 b: seed 0: all held" in shown


@pytest.mark.timeout(1800)
def test_all_correct_solutions_pass_and_all_mistakes_are_caught():
    tool = [sys.executable, str(ROOT / "tools" / "check_quality.py")]
    done = subprocess.run(tool, capture_output=True, text=True, timeout=1750, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
