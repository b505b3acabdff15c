"""What the recorder costs: how turns are counted, and that the two runs take turns."""

import itertools
import json
from dataclasses import replace

from bench import recorder
from corpus.table import programs


def test_a_run_counts_each_turn_with_a_quick_one_of_its_kind():
    times = [*range(20), 50.0, 70.0]
    kinds = ["far"] * 20 + ["near"] * 2
    assert recorder.total(times, kinds, ["far"] * 10 + ["near"]) == 10 * 2 + 50


def test_few_turns_are_looked_at_and_fewer_later():
    kinds = recorder.schedule(2400)
    assert kinds[:3] == ["near", "measured", "far"]
    assert kinds.count("look") == 16
    early, late = kinds[:240].count("measured"), kinds[240:720].count("measured")
    assert (early, late) == (12, 3)


def test_both_runs_are_timed_turn_about():
    ticks = itertools.count()
    program = replace(programs()["clip_one_mone"], turns=300)
    row = recorder.measure(program, 150, lambda: float(next(ticks)))
    assert (row["turns"], row["timed"], row["ms_a_turn"]) == (300, 150, 1000)
    assert row["training"] == 0  # by a clock that ticks once for each reading, both cost the same
    assert abs(row["all"] - row["start"] - row["finish"]) < 0.0002  # they are rounded


def test_a_loop_is_measured_again_and_the_others_are_kept(tmp_path):
    out = tmp_path / "cost.json"
    for name, share in (("a", 0.5), ("b", 0.1), ("a", 0.3)):
        recorder.keep({"name": name, "all": share}, out)
    found = json.loads(out.read_text())
    assert [row["name"] for row in found["loops"]] == ["b", "a"]
    assert found["median"] == 0.2


def test_the_numbers_that_are_kept_name_their_loops():
    kept = json.loads(recorder.OUT.read_text())
    assert {row["name"] for row in kept["loops"]} <= set(programs())
