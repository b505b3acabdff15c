"""The rules of `gancourse.diagnose`, on signals made by hand: what each one needs, and no more."""

import math
from dataclasses import replace

import pytest

import gancourse
from gancourse.clinic import FAULTS, facts, rules
from gancourse.clinic.causes import CAUSES, FACTS
from gancourse.clinic.rules import diagnose
from gancourse.clinic.signals import Noise, Signals
from gancourse.errors import InputError

GOOD = {"precision": 0.9, "coverage": 0.93, "spread": 1.0, "closeness": 1.1}
BEST = GOOD | {"coverage": 0.95}
POOR = {"precision": 0.02, "coverage": 0.01, "spread": 0.1, "closeness": 0.1}
MOVED = {"G by opt_G": [0.01] * 9, "D by opt_D": [0.01] * 9}
ARRIVED = {"G": [1.0] * 50, "D": [1.0] * 50}
DOWN = {"D on real": [-0.1] * 50, "D on fakes": [0.1] * 50}  # with G's steps up: they disagree
MOVED |= {"D by opt_G": [0.0] * 9, "G by opt_D": [0.0] * 9}


def signals(**changes) -> Signals:
    """Return the signals of a healthy run with some of them changed."""
    sound = Signals(
        turns=1000, steps={"G": 1000, "D": 1000}, d_loss=[1.4] * 1000, g_loss=[-0.7] * 1000,
        largest=[3.0] * 1000, real=[0.5] * 50, fake=[0.5] * 50, auc=[0.55] * 50, moved=MOVED,
        carried={"G": [0.0] * 50, "D": [0.0] * 50}, leaked=[0.0] * 50, fits=[GOOD] * 3,
        training=Noise(0.0, 1.0, 1.0), sampling=Noise(0.0, 1.0, 1.0), norms={"G": 2, "D": 2},
        in_training={"G": 1.0, "D": 1.0}, in_sampling=0.0, limits=(-1.0, 1.0), order=1.0,
        start_spread=0.1, start_layers=[0.5, 0.4], sight=0.8, fresh_sight=0.85,
        fresh_judge=0.85, best=BEST, regions=(8, 8), handed_in=1000, arrived=ARRIVED,
        pull={"G on fakes": [0.1] * 50, "D on real": [0.1] * 50, "D on fakes": [-0.1] * 50},
    )  # fmt: skip
    return replace(sound, **changes)


PLANTED = {
    "log of zero": {"d_loss": [1.0] * 9 + [math.inf], "largest": [1.0] * 9 + [80.0]},
    "wrong weights": {"moved": MOVED | {"D by opt_G": [0.01] * 9, "G by opt_G": [0.0] * 9}},
    "no zero_grad": {"carried": {"G": [0.0], "D": [0.9] * 50}},
    "no detach": {"leaked": [1.0] * 50},
    "labels swapped": {
        "auc": [0.1] * 50,
        "fits": [POOR] * 3,
        "pull": DOWN | {"G on fakes": [0.1] * 50},
    },
    "one z": {"training": Noise(0.0, 1.0, 0.0), "fits": [POOR] * 3},
    "other noise": {"training": Noise(0.5, 0.29, 1.0)},
    "not shuffled": {"order": 90.0},
    "range": {"beyond": 0.2},
    "batch norm in eval": {"in_training": {"G": 0.0, "D": 1.0}},
    "batch norm in train": {"in_sampling": 1.0, "neighbours": 0.2},
    "mixed batches": {"mixed": 1.0, "mixing": 2.0},
    "init not called": {"start_spread": 1e-4, "start_layers": [0.5, 1e-4]},
    "mode collapse": {"fits": [POOR] * 3, "fresh_judge": 1.0},
    "D too strong": {"fits": [POOR | {"spread": 0.8}] * 3, "auc": [1.0] * 50, "fake": [1e-4] * 50},
    "D too weak": {"fits": [POOR | {"spread": 0.8}] * 3, "sight": 0.55, "fresh_sight": 0.99},
    "rates apart": {
        "fits": [POOR | {"spread": 0.8}] * 3,
        "moved": MOVED | {"D by opt_D": [1e-4] * 9},
    },
}


FACTS_SEEN = {
    "bad real batch": {"bad_batch": 7},
    "a player not stepped": {"steps": {"G": 1000, "D": 0}},
    "no gradient arrives": {"arrived": ARRIVED | {"G": [0.0] * 50}},
    "weights nobody owns": {
        "owned": {"D": {"own": 63, "other": 0, "nobody": 65, "frozen": 0, "all": 128}}
    },
    "one batch for ever": {"repeated": [1.0] * 50},
    "D says one number": {"outputs": (1.0, 1.0), "at": list(range(50))},
    "divergence": {"largest": [3.0] * 10 + [1e7]},
    "G steps the wrong way": {
        "auc": [0.99] * 50, "pull": {"G on fakes": [-0.1] * 45 + [0.1] * 5}
    },
    "fakes called real": {
        "fake": [0.99] * 50, "pull": {"D on real": [0.1] * 50, "D on fakes": [0.1] * 50}
    },
    "probabilities as logits": {
        "outputs": (0.1, 0.9), "at": list(range(50)), "as_logits": [1.4] * 50
    },
    "huge weight decay": {"decay": {"G": [], "D": [80.0] * 50}},
    "another net draws": {"drawn": "other", "far": 0.05},
}  # fmt: skip
NOTHING_WRONG = {
    "D counts down, and G with it": {
        "auc": [0.1] * 50, "pull": DOWN | {"G on fakes": [-0.1] * 50}
    },
    "D counts down, and G goes anywhere": {
        "auc": [0.3] * 50, "pull": DOWN | {"G on fakes": [-0.1, 0.1] * 25}
    },
    "few measured steps": {"auc": [0.99] * 4, "pull": {"G on fakes": [-0.1] * 4}},
    "a frozen layer": {
        "owned": {"D": {"own": 63, "other": 0, "nobody": 0, "frozen": 65, "all": 128}}
    },
    "an average of G draws": {"drawn": "other", "far": 0.9},
    "a little weight decay": {"decay": {"G": [0.3] * 50, "D": [0.3] * 50}},
    "probabilities with their own loss": {
        "outputs": (0.1, 0.9), "at": list(range(50)), "as_logits": [1.1] * 50
    },
}  # fmt: skip


def test_there_is_a_rule_a_lesson_and_a_patient_for_each_cause():
    assert CAUSES.keys() == FAULTS.keys() == PLANTED.keys()
    assert FACTS.keys() == FACTS_SEEN.keys() == facts.FOUND.keys()
    assert CAUSES.keys() | FACTS.keys() == (rules.SEEN | rules.FITTING).keys()


@pytest.mark.parametrize("fact", FACTS_SEEN)
def test_a_fact_is_named_alone_and_as_seen(fact):
    found = diagnose(signals(**FACTS_SEEN[fact]))
    assert [s.cause for s in found.suspicions] == [fact]
    assert found.suspicions[0].seen
    assert str(found).startswith("Seen:\n1. " + fact)


@pytest.mark.parametrize("habit", NOTHING_WRONG)
def test_sound_habits_are_left_alone(habit):
    assert diagnose(signals(**NOTHING_WRONG[habit])).suspicions == ()


@pytest.mark.parametrize(("k", "coverage"), [(7, 0.95), (8, 0.8)])
def test_samples_below_what_real_ones_reach_are_sound_so_far(k, coverage):
    found = diagnose(signals(regions=(k, 8), fits=[GOOD | {"coverage": coverage}] * 3))
    assert found.verdict == "sound"
    assert f"they reach {k} of 8 regions" in str(found)


def test_what_was_not_looked_at_is_said():
    told = str(diagnose(signals(unknown=1.0, skipped={"G's limits": "TypeError: no y"})))
    assert "Not looked at:\n- G's limits (TypeError: no y)\n- D's answers (100 %" in told


@pytest.mark.parametrize("cause", PLANTED)
def test_planted_signals_name_their_cause_alone(cause):
    found = diagnose(signals(**PLANTED[cause]))
    assert [found.first, found.verdict] == [cause, "suspicious"]
    seen = [s.cause for s in found.suspicions if s.cause in rules.SEEN]
    assert seen == ([cause] if cause in rules.SEEN else [])


def test_a_healthy_run_is_left_alone():
    found = gancourse.diagnose(signals())
    assert (found.verdict, found.suspicions) == ("healthy", ())
    assert "nothing suspicious" in str(found)


def test_poor_samples_that_no_rule_explains_are_unknown():
    found = diagnose(signals(fits=[POOR | {"spread": 0.9}] * 3))
    assert found.first == "unknown"
    assert str(found).startswith("I do not know what is wrong")


def test_a_short_run_says_nothing_about_its_samples():
    assert diagnose(signals(turns=50, fits=[POOR] * 3)).first == "too short"
    assert diagnose(signals(turns=50, leaked=[1.0] * 3)).first == "no detach"


def test_symptoms_need_poor_samples():
    assert diagnose(signals(auc=[1.0] * 50, fake=[1e-4] * 50)).first == "healthy"


def test_what_was_seen_stands_before_what_fits():
    found = diagnose(signals(**PLANTED["one z"], fresh_judge=1.0))
    assert [s.cause for s in found.suspicions] == ["one z", "mode collapse"]


def test_an_infinite_loss_with_small_logits_is_no_log_of_zero():
    found = diagnose(signals(d_loss=[1.0] * 9 + [math.nan], largest=[3.0] * 10, finite=False))
    assert found.first == "unknown"


def test_evidence_lesson_and_remedy_are_told():
    told = str(diagnose(signals(**PLANTED["other noise"])))
    assert "sd 0.29 in training" in told
    assert "Lesson 09. Remedy: draw z" in told


def test_empty_signals_are_too_short_to_tell():
    assert diagnose(Signals()).first == "too short"


def test_other_things_than_signals_are_refused():
    with pytest.raises(InputError, match=r"Recorder\.finish\(\) returns, and dict was given"):
        diagnose({})
