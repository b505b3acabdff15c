"""The rules of `gancourse.diagnose`, on signals made by hand: what each one needs, and no more."""

import math
from dataclasses import replace

import pytest
import roots_signals
import upkeep_signals
import ways_signals

import gancourse
from gancourse.clinic import FAULTS, facts, roots, rules, supplies, upkeep
from gancourse.clinic.causes import CAUSES, FACTS
from gancourse.clinic.explanations import EXPLAINS, HABITS, RARE_HABITS, in_order
from gancourse.clinic.rules import diagnose
from gancourse.clinic.signals import Noise, Signals
from gancourse.errors import InputError

GOOD = {"precision": 0.9, "coverage": 0.93, "spread": 1.0, "closeness": 1.1}
BEST = GOOD | {"coverage": 0.95}
POOR = {"precision": 0.02, "coverage": 0.01, "spread": 0.1, "closeness": 0.1}
MOVED = {"G by opt_G": [0.01] * 9, "D by opt_D": [0.01] * 9}
MISSING = {"regions": (4, 8)}  # the samples suffer, and are not poor
WELL, WORSE = GOOD | {"coverage": 0.9}, GOOD | {"coverage": 0.4}
ARRIVED = {"G": [1.0] * 50, "D": [1.0] * 50}
DOWN = {"D on real": [-0.1] * 50, "D on fakes": [0.1] * 50}  # with G's steps up: they disagree
MOVED |= {"D by opt_G": [0.0] * 9, "G by opt_D": [0.0] * 9}


def signals(**changes) -> Signals:
    """Return the signals of a healthy run with some of them changed."""
    sound = Signals(
        turns=1000, steps={"G": 1000, "D": 1000}, d_loss=[1.4] * 1000, g_loss=[-0.7] * 1000,
        at=[*range(1, 1000, 20)], largest=[3.0] * 1000, moved=MOVED,
        real=[0.5] * 50, fake=[0.5] * 50, auc=[0.55] * 50,
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
    "other noise": {"training": Noise(0.5, 0.29, 1.0), **MISSING},
    "not shuffled": {"order": 90.0, **MISSING},
    "range": {"beyond": 0.2, **MISSING},
    "batch norm in eval": {"in_training": {"G": 0.0, "D": 1.0}, **MISSING},
    "batch norm in train": {
        "in_sampling": 1.0, "neighbours": 0.05, "modes": {"train": WORSE, "eval": WELL}
    },
    "mixed batches": {"mixed": 1.0, "mixing": 2.0, **MISSING},
    "init not called": {"start_spread": 1e-4, "start_layers": [0.5, 1e-4], **MISSING},
    "mode collapse": {"fits": [POOR] * 3, "fresh_judge": 1.0, "steps": {"G": 3000, "D": 1000}},
    "D too strong": {
        "fits": [POOR | {"spread": 0.8}] * 3, "auc": [1.0] * 50, "fake": [1e-4] * 50,
        "steps": {"G": 1000, "D": 5000},
    },
    "D too weak": {"fits": [POOR | {"spread": 0.8}] * 3, "sight": 0.55, "fresh_sight": 0.99},
    "rates apart": {
        "fits": [POOR | {"spread": 0.8}] * 3,
        "moved": MOVED | {"D by opt_D": [1e-4] * 9},
        "rates": {"G": [0.01] * 9, "D": [0.001] * 9},
    },
}  # fmt: skip


def penalty(**changes) -> dict:
    slopes = {"graph": [1.0] * 50, "rows": [0.1] * 50, "size": [1.0] * 50, "axes": [5.0] * 50}
    return {"penalty": slopes | changes}


UP, DOWN_ = [0.1] * 50, [-0.1] * 50
COPY = {"apart": [0.1] * 5, "moved": [0.1] * 4, "buffers of copy": [], "buffers of G": []}
FACTS_SEEN = {
    "bad real batch": {"bad_batch": 7},
    "a player not stepped": {"steps": {"G": 1000, "D": 0}},
    "a player frozen": {"asks": {"G": [1.0] * 50, "D": [0.0] * 50}},
    "cleared before the step": {"cleared": {"G": [0.0] * 50, "D": [1.0] * 50}},
    "no gradient arrives": {"arrived": ARRIVED | {"G": [0.0] * 50}},
    "weights nobody owns": {"stray": {"G": 0, "D": 1152}, **MISSING},
    "one batch for ever": {"repeated": [1.0] * 50, "batch": 64, **MISSING},
    "same z for ever": {"repeated_z": [1.0] * 50},
    "labels of others": {"label_gap": 1.1},
    "few conditions drawn": {"asked": {"training": 8, "sampling": 3}, **MISSING},
    "a selection is drawn": {
        "drawn": "selected", "regions": (4, 8), "own_regions": (4, 8), "far": 0.1
    },
    "D says one number": {"outputs": (1.0, 1.0), "at": list(range(50))},
    "divergence": {"largest": [3.0] * 10 + [1e7], **MISSING},
    "rate falls to zero": {"rates": {"G": [1e-3] + [1e-6] * 49, "D": [1e-3] * 50}, **MISSING},
    "rate below zero": {"rates": {"G": [1e-3] * 40 + [-1e-4] * 10, "D": [1e-3] * 50}, **MISSING},
    "D hardly learns": {
        "rates": {"G": [1e-3] * 50, "D": [1e-6] * 50},
        "moved": MOVED | {"D by opt_D": [1e-6] * 50}, **MISSING
    },
    "steps too long": {"moved": MOVED | {"D by opt_D": [3.0, *[0.01] * 8]}, **MISSING},
    "D learns from G's loss": {"both": [0.5] * 50},
    "penalty without a graph": penalty(graph=[0.0] * 50) | MISSING,
    "penalty over the wrong axis": penalty(rows=[0.9] * 50, axes=[0.05] * 50) | MISSING,
    "critic without a bound": {"linear": 1.0, **MISSING},
    "G steps the wrong way": {
        "wishes": {"D of real": UP, "D of fakes": DOWN_, "G of fakes": DOWN_}
    },
    "fakes called real": {"wishes": {"D of real": UP, "D of fakes": UP, "G of fakes": UP}},
    "probabilities as logits": {
        "outputs": (0.1, 0.9), "at": list(range(50)), "as_logits": [1.4] * 50
    },
    "huge weight decay": {"decay": {"G": [], "D": [80.0] * 50}, **MISSING},
    "another net draws": {"drawn": "other", "far": 0.05, **MISSING},
    "stale buffers": {
        "drawn": "other", "far": 0.8,
        "copy": COPY | {"buffers of copy": [0.0] * 5, "buffers of G": [1.5] * 5}
    },
}  # fmt: skip
FACTS_SEEN |= upkeep_signals.SEEN | roots_signals.SEEN | ways_signals.SEEN
OTHER_EVIDENCE = [
    *upkeep_signals.OTHER_EVIDENCE,
    *roots_signals.OTHER_EVIDENCE,
    *ways_signals.OTHER_EVIDENCE,
    ("weights nobody owns", MISSING | {
        "owned": {"D": {"own": 63, "other": 0, "nobody": 65, "frozen": 0, "all": 128}}
    }),
    ("another net draws", MISSING | {
        "drawn": "other", "far": 0.8, "copy": COPY | {"moved": [0.1, 0.1, 0.0, 0.0]}
    }),
    ("a selection is drawn", {
        "drawn": "selected", "regions": (4, 8), "own_regions": (8, 8), "far": 0.5
    }),
    ("batch norm in train", {
        "in_sampling": 1.0, "neighbours": 0.3, "modes": {"train": WELL, "eval": WELL}
    }),
    ("stale buffers", {"in_sampling": 0.0, "modes": {"train": WELL, "eval": WORSE}}),
    ("fakes called real", {
        "fake": [0.99] * 50, "pull": {"D on real": UP, "D on fakes": UP}
    }),
    ("G steps the wrong way", {
        "auc": [0.99] * 50, "pull": {"G on fakes": [-0.1] * 45 + [0.01] * 5}
    }),
    ("G steps the wrong way", {  # its loss is right, and its optimiser climbs
        "wishes": {"D of real": UP, "D of fakes": DOWN_, "G of fakes": UP},
        "pull": {"G on fakes": DOWN_},
    }),
    ("labels swapped", {"wishes": {"D of real": DOWN_, "D of fakes": UP, "G of fakes": UP}}),
    ("probabilities as logits", {"outputs": (0.1, 0.9), "logistic": 1.0}),
    ("steps too long", {"moved": MOVED | {"D by opt_D": [0.1] * 9}, **MISSING}),
    ("log of zero", {"d_loss": [1.0] * 9 + [math.inf], "largest": [1.0] * 10}),
]  # fmt: skip
NOTHING_WRONG = (
    upkeep_signals.NOTHING_WRONG | roots_signals.NOTHING_WRONG | ways_signals.NOTHING_WRONG
)
NOTHING_WRONG |= {
    "D counts down, and G with it": {
        "auc": [0.1] * 50, "pull": DOWN | {"G on fakes": [-0.1] * 50}
    },
    "D's loss asks for less, and G's with it": {
        "auc": [0.1] * 50, "wishes": {"D of real": DOWN_, "D of fakes": UP, "G of fakes": DOWN_},
        "pull": DOWN | {"G on fakes": DOWN_},
    },
    "D counts down, and G goes anywhere": {
        "auc": [0.3] * 50, "pull": DOWN | {"G on fakes": [-0.1, 0.1] * 25}
    },
    "G's loss is right, and some of its steps overshoot": {
        "wishes": {"D of real": UP, "D of fakes": DOWN_, "G of fakes": UP},
        "pull": {"G on fakes": [0.1, -0.1] * 25},
    },
    "few measured steps": {"auc": [0.99] * 4, "pull": {"G on fakes": [-0.1] * 4}},
    "ranks of a D that has not learned": {
        "auc": [0.0] * 50, "moved": MOVED | {"D by opt_D": [0.0] * 9}
    },
    "a frozen layer": {
        "owned": {"D": {"own": 63, "other": 0, "nobody": 0, "frozen": 65, "all": 128}}
    },
    "an average of G draws": {"drawn": "other", "far": 0.9, "copy": COPY},
    "an average with buffers of its own": {
        "drawn": "other", "far": 0.9,
        "copy": COPY | {"buffers of copy": [0.0, *[1.0] * 4], "buffers of G": [1.5] * 5}
    },
    "a little weight decay": {"decay": {"G": [0.3] * 50, "D": [0.3] * 50}},
    "probabilities with their own loss": {
        "outputs": (0.1, 0.9), "at": list(range(50)), "as_logits": [1.1] * 50
    },
    "batch norm in training mode, and no worse for it": {
        "in_sampling": 1.0, "neighbours": 0.02, "modes": {"train": WELL, "eval": WELL}
    },
    "few conditions of a thousand": {"asked": {"training": 1000, "sampling": 226}, **MISSING},
    "labels that belong": {"label_gap": 80.0},
    "the best of G's samples, from all regions": {
        "drawn": "selected", "regions": (8, 8), "own_regions": (8, 8), "far": 0.7
    },
    "batch norm in training mode, by a few, and better for it": {
        "in_sampling": 1.0, "neighbours": 0.3, "modes": {"train": WELL, "eval": WORSE}
    },
    "the whole data in each turn": {"repeated": [1.0] * 50, "batch": 2000, **MISSING},
    "a rate that falls to zero at the end": {
        "rates": {"G": [1e-3] * 45 + [1e-6] * 5, "D": [1e-3] * 50}, **MISSING
    },
    "a rate that warms up and falls to zero at the end": {
        "rates": {"G": [1e-6] + [1e-3] * 44 + [1e-6] * 5, "D": [1e-3] * 50}, **MISSING
    },
    "limits of weights that are out of use": {"beyond": 0.2, "swapped": ["G"], **MISSING},
    "weights put in place by a functional call": {
        "owned": {"G": {"own": 0, "other": 0, "nobody": 9, "frozen": 0, "all": 9}},
        "arrived": ARRIVED | {"G": [0.0] * 50}, "swapped": ["G"],
    },
    "TTUR": {
        "rates": {"G": [1e-4] * 50, "D": [4e-4] * 50}, "fits": [POOR | {"spread": 0.8}] * 3,
        "moved": MOVED | {"D by opt_D": [0.02] * 9, "G by opt_G": [0.005] * 9}
    },
    "steps apart because a gradient is small, at equal rates": {
        "rates": {"G": [1e-3] * 50, "D": [1e-3] * 50}, "fits": [POOR | {"spread": 0.8}] * 3,
        "moved": MOVED | {"G by opt_G": [1e-4] * 9}
    },
    "a penalty by sample": {"linear": 1.0, **penalty(), **MISSING},
    "a critic that is clipped": {"linear": 1.0, "bounded": "clipped", **MISSING},
    "R1: a slope held at 0": penalty(rows=[0.9] * 50, size=[0.1] * 50, axes=[0.4] * 50) | MISSING,
}  # fmt: skip


def test_there_is_a_rule_a_lesson_and_a_patient_for_each_cause():
    assert CAUSES.keys() == FAULTS.keys() == PLANTED.keys()
    ruled = facts.FOUND | supplies.FOUND | upkeep.FOUND | roots.FOUND
    assert FACTS.keys() == FACTS_SEEN.keys() | {"summed loss"} == ruled.keys() - CAUSES
    assert CAUSES.keys() | FACTS.keys() == (rules.SEEN | rules.FITTING).keys()


@pytest.mark.parametrize("fact", FACTS_SEEN)
def test_a_fact_is_named_alone_and_as_seen(fact):
    found = diagnose(signals(**FACTS_SEEN[fact]))
    assert [s.cause for s in found.suspicions] == [fact]
    assert found.suspicions[0].seen
    assert str(found).startswith("Seen:\n1. " + fact)


def test_a_sum_over_the_batch_stands_before_the_steps_that_it_makes_too_long():
    found = diagnose(signals(**upkeep_signals.SUMMED))
    assert [(s.cause, s.follows) for s in found.suspicions] == [
        ("summed loss", ""), ("divergence", "summed loss"),
    ]  # fmt: skip


def test_the_remedy_fits_what_was_seen_of_wrong_weights():
    for changes, told in ((PLANTED["wrong weights"], "G.parameters()"),
                          ({"crossed": [1.0] * 50}, "gradients of its own loss")):  # fmt: skip
        (found,) = diagnose(signals(**changes)).suspicions
        assert found.cause == "wrong weights"
        assert told in found.remedy


@pytest.mark.parametrize(("cause", "changes"), OTHER_EVIDENCE)
def test_a_cause_is_seen_by_other_evidence_too(cause, changes):
    assert [s.cause for s in diagnose(signals(**changes)).suspicions if s.seen] == [cause]


@pytest.mark.parametrize("habit", sorted((HABITS | RARE_HABITS) - {"summed loss"}))
def test_a_habit_that_does_no_harm_is_a_note(habit):
    found = diagnose(signals(**(PLANTED | FACTS_SEEN)[habit] | {"regions": (8, 8)}))
    assert (found.verdict, found.suspicions) == ("healthy", ())
    assert [note.split(":")[0] for note in found.harmless] == [habit]
    assert f"Seen, as in sound programs too: {habit}: " in str(found)


@pytest.mark.parametrize("habit", sorted(RARE_HABITS))
def test_a_rare_habit_is_accused_where_samples_are_not_close_to_real_ones(habit):
    half = GOOD | {"coverage": 0.5}
    found = diagnose(signals(**(PLANTED | FACTS_SEEN)[habit] | {"regions": (8, 8), "fits": [half]}))
    assert found.first == habit


def test_batch_norm_that_changes_nothing_for_the_better_is_noted():
    habit = "batch norm in training mode, and no worse for it"
    found = diagnose(signals(**NOTHING_WRONG[habit]))
    assert "after G.eval() they would be no better" in found.harmless[0]


def test_the_explanations_speak_of_causes_that_there_are():
    known = set(CAUSES | FACTS)
    assert set(EXPLAINS) <= known
    assert {cause for follow in EXPLAINS.values() for cause in follow} <= known
    assert known >= HABITS | RARE_HABITS


def test_no_two_causes_explain_each_other_among_what_the_losses_ask():
    found = in_order({"labels swapped": 0.95, "fakes called real": 0.9})
    assert found == [("fakes called real", ""), ("labels swapped", "fakes called real")]


@pytest.mark.parametrize("root", sorted(EXPLAINS))
def test_a_root_stands_before_what_follows_from_it(root):
    for cause in EXPLAINS[root]:
        if root not in EXPLAINS.get(cause, ()):
            assert in_order({cause: 1.0, root: 0.1}) == [(root, ""), (cause, root)]


def test_a_dead_gradient_explains_a_collapse_and_says_so():
    found = diagnose(signals(**FACTS_SEEN["D says one number"], arrived=ARRIVED | {"G": [0.0] * 50},
                             **PLANTED["mode collapse"]))  # fmt: skip
    said = [(s.cause, s.follows) for s in found.suspicions]
    assert said == [("D says one number", ""), ("no gradient arrives", "D says one number"),
                    ("mode collapse", "D says one number")]  # fmt: skip
    assert "This follows from: D says one number." in str(found)


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


@pytest.mark.parametrize(("k", "first"), [(3, "mode collapse"), (4, "sound")])
def test_few_regions_are_a_collapse_and_half_of_them_are_not(k, first):
    half, ahead = GOOD | {"coverage": 0.4}, {"G": 2000, "D": 1000}
    found = diagnose(signals(regions=(k, 8), fits=[half] * 3, fresh_judge=0.95, steps=ahead))
    assert found.first == first


def test_a_collapse_without_a_lead_of_G_is_seen_in_the_samples_and_has_no_cause():
    found = diagnose(signals(**PLANTED["mode collapse"] | {"steps": {"G": 1000, "D": 1000}}))
    assert (found.verdict, found.suspicions) == ("unknown", ())
    assert "They have collapsed" in found.samples
    assert "They have collapsed" not in diagnose(signals()).samples


def test_a_part_of_D_that_only_G_steps_is_an_arrangement():
    moved = MOVED | {"D by opt_G": [0.01] * 9}
    held = {"own": 90, "other": 10, "nobody": 0, "frozen": 0, "all": 100}
    for owned, first in ((held, "healthy"), (held | {"own": 100}, "wrong weights")):
        assert diagnose(signals(moved=moved, owned={"D": owned})).first == first


def test_a_D_whose_answers_G_never_uses_is_told_and_not_blamed():
    deaf = {"D of real": UP, "D of fakes": DOWN_, "G of fakes": [0.0] * 50}
    strong = PLANTED["D too strong"]
    found = diagnose(signals(wishes=deaf, **strong))
    assert (found.verdict, found.skipped[0][0]) == ("unknown", "what G learns from")
    assert "none of 50 measured steps of G" in str(found)
    assert diagnose(signals(wishes=deaf | {"G of fakes": UP}, **strong)).first == "D too strong"


def test_a_step_of_D_against_its_own_loss_is_seen_unless_a_penalty_may_do_it():
    against = {"wishes": {"D of real": UP, "G of fakes": UP}, "auc": [0.1] * 50, "pull": DOWN}
    assert diagnose(signals(**against)).first == "labels swapped"
    assert diagnose(signals(**against, **penalty(), linear=0.0)).first == "healthy"


def test_a_healthy_run_is_left_alone():
    found = gancourse.diagnose(signals())
    assert (found.verdict, found.suspicions) == ("healthy", ())
    assert "nothing suspicious" in str(found)


def test_poor_samples_that_no_rule_explains_are_unknown():
    found = diagnose(signals(fits=[POOR | {"spread": 0.9}] * 3))
    assert found.first == "unknown"
    assert str(found).startswith("I do not know: no rule fits")


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


DENSE = [*range(1, 240, 20), *range(241, 1500, 80)]  # the measured turns of a run of 1500


def test_a_way_is_that_of_all_turns_though_measured_ones_lie_closer_at_the_start():
    moved = [1e-3 if turn < 240 else 1e-5 for turn in DENSE]
    run = signals(turns=1500, at=DENSE, moved=MOVED | {"D by opt_D": moved})
    assert facts.travelled(run, "D") == pytest.approx(0.24 + 0.0126, rel=0.01)


@pytest.mark.parametrize(("since", "falls"), [(600, True), (850, False)])
def test_a_rate_falls_for_half_of_the_turns_and_not_of_the_measured_ones(since, falls):
    rates = [1e-3 if turn < since else 1e-6 for turn in DENSE for _ in range(2)]  # steps in a turn
    run = signals(turns=1500, at=DENSE, rates={"G": rates, "D": [1e-3] * 56})
    assert bool(facts.rate_falls(run)) is falls
