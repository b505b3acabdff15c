"""Measuring a hub while its class is graded: a grader that is dead is not measured."""

import subprocess
import sys

import hub_grading
import pytest


@pytest.mark.parametrize("pages", [0, 1])
def test_a_grader_that_has_died_ends_the_measurement(pages, tmp_path, monkeypatch):
    def dies(homes, out, jobs, nice):
        (out / "feedback").mkdir(parents=True)
        for number in range(pages):
            (out / "feedback" / f"{number}.html").touch()
        process = subprocess.Popen([sys.executable, "-c", "exit(3)"], start_new_session=True)
        process.wait()
        return process

    monkeypatch.setattr(hub_grading, "grader", dies)
    monkeypatch.setattr(hub_grading, "dragged", lambda *given: [1.0])
    with pytest.raises(RuntimeError, match="ended with 3"):
        hub_grading.scene([], [], tmp_path, tmp_path / "out", (2, 0), 1.0)
