"""A slip costs the part that is about it and no other; a verdict on a run says what was seen."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))

import check_quality
import reference_mutants

from gancourse.check import Student, Wrong, evaluate, get_exercise
from gancourse.check.sheet06 import train_gan
from gancourse.check.sheet10.shared import judge_points
from gancourse.data.toys import ring

RETURNED, CLEARED = "both losses are returned", "old gradients are cleared"
D_STEP, G_STEP = "D moves one step down its loss", "G moves one step, against the new D"
ONCE = "one call of G, and one way back"
MOVES, LEARNS = "G moves down its own loss alone", "D learns from real and fake"
SLIPS = [
    ("08.2", "d_uphill", {D_STEP}),
    ("08.2", "halved_for_d", {D_STEP, RETURNED}),
    ("08.2", "d_moves_twice", {D_STEP}),
    ("08.2", "saturating", {G_STEP, RETURNED}),
    ("08.2", "own_step_for_g", {G_STEP}),
    ("08.2", "graph_kept_and_cleared", {ONCE}),
    ("08.2", "nothing_cleared", {CLEARED}),
    ("08.2", "exchanged", {RETURNED}),
    ("13.3", "fakes_with_real_labels_for_d", {D_STEP}),
    ("13.3", "fakes_with_real_labels_for_g", {G_STEP}),
    ("13.3", "saturating", {G_STEP}),
    ("13.3", "nothing_cleared", {CLEARED}),
    ("14.3", "never_cleared", {"old gradients"}),
    ("14.3", "all_parts_alike", {"a smaller last part"}),
    ("10.1", "d_without_clearing", {LEARNS}),
    ("10.1", "d_uphill", {LEARNS}),
    ("10.1", "verdict_detached", {LEARNS}),
    ("10.1", "g_never_cleared", {MOVES}),
    ("10.1", "other_loss_detached", {MOVES}),
    ("10.1", "detached_for_both", {MOVES}),
]


def failed(id, name):
    """Return the shown parts, but those that train, that do not hold for one of the mistakes.

    With what is said of each.
    """
    exercise = get_exercise(id)
    parts = reference_mutants.quick_parts(exercise)
    exercise = replace(exercise, parts=parts, points=sum(p.points for p in parts))
    module, student = check_quality.load(check_quality.modules()[id]), Student()
    given = {exercise.names[0]: student.admit(getattr(module, name))}
    results = evaluate(exercise, student, given, 0).results
    return {r.name: r.message for r in results if r.status != "held"}


@pytest.mark.parametrize(("id", "name", "parts"), SLIPS, ids=[f"{s[0]} {s[1]}" for s in SLIPS])
def test_a_slip_of_one_player_costs_its_own_part_alone(id, name, parts):
    assert failed(id, name).keys() == parts


@pytest.mark.parametrize("id", ["05.2", "05.3"])
def test_of_a_step_on_other_noise_nobody_says_that_gradients_were_left(id):
    assert "another step each time" in failed(id, "own_noise")[CLEARED]


def seen(x):
    with pytest.raises(Wrong) as wrong:
        judge_points(x.double(), ring(sd=0.05))
    return str(wrong.value)


def test_where_no_mode_is_found_the_shares_of_the_modes_are_not_told():
    told = seen(torch.zeros(500, 2))
    assert "0 of 8 modes" in told
    assert "KL" not in told


def test_of_modes_that_are_found_the_shares_are_told():
    toy = ring(sd=0.05)
    many, few = toy.centres[:1].repeat(900, 1), toy.centres.repeat(5, 1)
    assert "8 of 8 modes and shares its samples out unevenly" in seen(torch.cat([many, few]))
    spread = torch.cat([toy.centres, 3 * torch.randn(400, 2)])
    assert "in health at least 25 do" in seen(spread)


def test_noise_is_no_mode_collapse():
    report = train_gan.DigitReport(readable=0.04, classes=0, spread=0.7)
    judge = train_gan.EXERCISE.parts[1].run
    with pytest.raises(Wrong, match="make them readable first"):
        judge(None, None, Once(report))
    with pytest.raises(Wrong, match="Mode collapse"):
        judge(None, None, Once(replace(report, readable=0.5, classes=3)))


class Once:
    """A draw whose training is known already."""

    def __init__(self, report):
        self.report = report

    def once(self, key, make):
        return None, self.report
