"""What is counted on other people's loops, and that our causes are held against their words."""

import json
from dataclasses import replace

import corpus_quality
import pytest
from corpus.faults import FAULTS
from corpus.table import programs
from corpus_quality import SAME, judge, record, summary

from gancourse.clinic.causes import CAUSES, FACTS


def row(answers=(), found=(), verdict="sound", error="", right=False):
    return {"answers": list(answers), "found": list(found), "verdict": verdict, "error": error,
            "right": right}  # fmt: skip


def test_the_words_of_both_sides_are_known():
    assert set(SAME) <= set(CAUSES | FACTS)
    assert set().union(*SAME.values()) <= set(FAULTS)


def test_wrong_causes_accusations_and_crashes_are_counted_apart():
    rows = [
        row(["diverged"], [["divergence", 0.9, True]], right=True),
        row(["diverged"], [["mode collapse", 0.5, False]]),
        row(["diverged"], verdict="unknown"),
        row(right=True),
        row(found=[["one z", 0.95, True]]),
        row(verdict="crash", error="ValueError: x"),
    ]
    assert summary(rows) == {
        "faulty": 3, "right": 1, "wrong": 1, "not_known": 1, "sound": 3, "accused": 1,
        "crashes": 1, "sure": 2, "sure_right": 1,
    }  # fmt: skip


@pytest.mark.parametrize("name", ["scaler_step_missing", "sn_old_hook"])
def test_a_program_is_recorded_and_judged(name, tmp_path):
    program = replace(programs()[name], turns=45)
    path = tmp_path / "run.json"
    record(program, 0, path)
    found = judge(program, 0, path)
    assert found["error"] == ""
    assert found["right"], json.dumps(found)


def test_a_crash_is_a_result(tmp_path):
    program = replace(next(iter(programs().values())), run=lambda watch, seed, turns: 1 / 0)
    record(program, 0, tmp_path / "run.json")
    told = json.loads((tmp_path / "run.outcome").read_text())
    assert told["error"].startswith("ZeroDivisionError")


@pytest.mark.parametrize(
    ("part", "file"),
    [("fresh", "corpus_fresh.json"), ("later", "corpus_later.json"), ("all", "corpus.json")],
)
def test_the_fresh_part_has_a_table_of_its_own(part, file, tmp_path, monkeypatch):
    (tmp_path / "docs" / "clinic").mkdir(parents=True)
    monkeypatch.setattr(corpus_quality, "ROOT", tmp_path)
    chosen = ["--half", part, "--table", "--runs", str(tmp_path)]
    monkeypatch.setattr("sys.argv", ["corpus_quality.py", *chosen])
    corpus_quality.main()
    written = [path.name for path in (tmp_path / "docs" / "clinic").iterdir()]
    assert written == [file]
