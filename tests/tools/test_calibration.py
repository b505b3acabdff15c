"""Whether weights are shares: what is counted, and the file of weights that is written."""

import pytest
from calibration import (
    Statement,
    by_cause,
    by_weight,
    interval,
    measured,
    statements,
    write_weights,
)

from gancourse.clinic import weights
from gancourse.clinic.causes import CAUSES, FACTS, Diagnosis, Suspicion


def told(cause="one z", weight=0.95, kind="seen", right=True):
    return Statement(cause, weight, kind, right)


def test_statements_are_right_where_the_author_says_the_same():
    found = Diagnosis(
        "suspicious",
        (Suspicion("one z", 0.9, "", True), Suspicion("mode collapse", 0.1, "", False, "one z")),
        "",
    )
    assert statements(found, {"one z"}) == [
        Statement("one z", 0.9, "seen", True),
        Statement("mode collapse", 0.1, "follows", False),
    ]


def test_an_interval_holds_its_share_and_stays_between_0_and_1():
    low, high = interval(9, 10)
    assert 0.55 < low < 0.9 < high < 1
    assert interval(5, 5)[1] == 1


def test_bins_hold_the_share_that_was_right():
    bins = by_weight([told(), told(right=False), told(weight=0.1, kind="follows", right=False)])
    assert [(b["n"], b["share"]) for b in bins] == [(1, 0.0), (2, 0.5)]


def test_a_cause_is_drawn_towards_its_kind_and_what_follows_does_not_count():
    many = [told("one z")] * 30 + [told("range", right=False)] * 2
    many += [told("range", kind="follows", right=True)]
    assert by_cause(many) == {"one z": [30, 30], "range": [0, 2]}
    kinds, found = measured(many)
    assert found["one z"] > kinds["seen"] > found["range"] > 0


def test_weights_are_written_where_they_are_read(tmp_path):
    path = tmp_path / "weights.py"
    path.write_text('"""Head."""\n\nSEEN, SUSPECTED, FOLLOWING = 0, 0, 0\nWEIGHTS = {}\n')
    write_weights(path, [told()] * 10)
    space = {}
    exec(path.read_text(), space)
    assert path.read_text().startswith('"""Head."""')
    assert space["WEIGHTS"] == {"one z": pytest.approx(0.93, abs=0.02)}


def test_the_weights_in_use_are_of_known_causes_and_are_probabilities():
    assert set(weights.WEIGHTS) <= set(CAUSES | FACTS)
    assert all(0 < weight < 1 for weight in weights.WEIGHTS.values())
    assert 0 < weights.FOLLOWING < weights.SUSPECTED < weights.SEEN < 1
