"""The mutants of worked solutions: what is planted, which must fall, and which may live."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))

import check_quality
import reference_mutants as mutants

from gancourse.check.sheet10 import train


def changes(id):
    return {m.change for m in mutants.mutants(id)}


def test_operators_constants_axes_and_lines_are_changed():
    found = changes("07.3")
    assert {"0.1 -> 0.2", "0.1 -> 0.05"} <= found
    assert "x - mean.view(-1, 1, 1) -> x + mean.view(-1, 1, 1)" in found
    assert any("2 -> 1" in change for change in found)
    assert any(change.endswith("(left out 1)") for change in found)


def test_only_what_the_learner_writes_is_changed():
    source = mutants.solution("10.2")
    lines = source.splitlines()
    texts = {lines[number - 1].strip() for number in mutants.written(source)}
    assert {m.text for m in mutants.mutants("10.2")} <= texts
    assert not any("for _ in range(turns)" in text for text in texts)


def test_the_constants_of_a_training_are_settings():
    found = changes("06.4")
    assert not any(change.startswith(("2000 ->", "torch.manual_seed(")) for change in found)
    assert not any("lr=" in change.split(" -> ")[-1] for change in found)
    assert "opt_G.step() -> pass (left out 1)" in found
    assert mutants.asked("06.4", train=False) == []


def test_a_check_that_sees_nothing_lets_mutants_live(monkeypatch):
    monkeypatch.setattr(mutants, "falls", lambda id, mutation, seed, *more: False)
    lived = list(mutants.survivors("07.4", seeds=1))
    assert len(lived) == len(mutants.asked("07.4"))
    assert "accepted with seed 0" in str(lived[0])


def test_a_mutant_must_fall_with_every_seed(monkeypatch):
    monkeypatch.setattr(mutants, "falls", lambda id, mutation, seed, *more: seed != 2)
    assert {s.seed for s in mutants.survivors("07.4", seeds=3)} == {2}
    assert list(mutants.survivors("07.4", seeds=2)) == []


def test_an_entry_that_names_no_mutant_is_told(monkeypatch):
    stale = {("07.4", "return 1", "1 -> 2"): {"reason": "gone"}}
    monkeypatch.setattr(mutants, "listed", lambda: stale)
    assert mutants.unused("07.4") == list(stale)
    assert "no mutant is ('return 1', '1 -> 2')" in check_quality.mutate("07.4", 1, False).wrong[-1]


@pytest.mark.parametrize("entry", mutants.listed().values(), ids=lambda e: e["exercise"])
def test_each_entry_has_a_reason_or_falls_in_a_training(entry):
    assert bool(entry.get("reason")) != bool(entry.get("trained"))


def test_what_falls_in_a_training_is_asked_with_trainings_only(monkeypatch):
    first = mutants.mutants("07.4")[0]
    monkeypatch.setattr(mutants, "listed", lambda: {("07.4", *first.key): {"trained": True}})
    assert mutants.excused("07.4", first, train=False)
    assert not mutants.excused("07.4", first, train=True)


def over_draws(number, draws=3):
    return check_quality.over_draws(check_quality.modules()["07.4"], number, range(draws))


def test_the_draws_that_judge_an_answer_right_are_counted():
    counts = [over_draws(number) for number in (None, 0, 8)]
    assert [c.name for c in counts] == ["worked solution", "by_fan_in", "stride_forgotten"]
    assert [(c.correct, c.right, c.enough) for c in counts] == [
        (True, 3, True), (True, 3, True), (False, 3, True)
    ]  # fmt: skip


@pytest.mark.parametrize(("number", "enough"), [(None, False), (8, True)])
def test_an_answer_that_is_judged_wrongly_at_times_counts_less(number, enough, monkeypatch):
    told = iter(["", "seed 1: {}", *[""] * 48])
    monkeypatch.setattr(check_quality, "one", lambda *given: next(told))
    found = over_draws(number, 50)
    assert (found.right, found.miss, found.enough) == (49, "seed 1: {}", enough)


def test_answers_that_only_trainings_judge_are_not_counted():
    modules = check_quality.modules()
    module = check_quality.load(modules["10.2"])
    worked, *asked = check_quality.untrained(modules["10.2"])
    trained = [part for part, _ in module.MISTAKES.values() if part == train.REPAIRED]
    assert (worked, len(trained)) == (None, 3)
    assert len(asked) == len(module.CORRECT) + len(module.MISTAKES) - 3
    assert check_quality.untrained(modules["05.4"]) == []
