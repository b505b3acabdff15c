"""Every correct solution passes and every classic mistake is caught: `make check-quality`.

GANCOURSE_LONG=1 takes ten draws in place of two, and trains for each hidden part and mutant too,
and for each style of a correct answer, where a short run takes the first `STYLES` of the module.
"""

import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

import check_quality  # noqa: E402

from gancourse.check import get_exercise, sheet, sheets  # noqa: E402

SHORT = os.environ.get("GANCOURSE_LONG") != "1"
MODULES = check_quality.modules()
each_exercise = pytest.mark.parametrize("id", MODULES)


@pytest.fixture(autouse=True)
def one_thread():
    """Compute on one thread: the nets are too small for more."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.mark.timeout(1800)
@each_exercise
def test_correct_solutions_pass_and_mistakes_are_caught(id):
    path = MODULES[id]
    numbers = check_quality.numbers(path, SHORT)
    verdicts = [check_quality.judge(path, number, SHORT) for number in numbers]
    assert all(v.right for v in verdicts), check_quality.table(verdicts)


def test_every_exercise_has_its_answers_beside_the_tests():
    assert list(MODULES) == [exercise.id for number in sheets() for exercise in sheet(number)]


@each_exercise
def test_a_file_is_named_as_what_the_learner_defines(id):
    assert MODULES[id].stem == get_exercise(id).names[0].lower()
    assert MODULES[id].parent.name == f"sheet{id[:2]}"


@each_exercise
def test_there_are_enough_solutions_and_mistakes(id):
    module = check_quality.load(MODULES[id])
    assert len(module.CORRECT) >= 8
    assert len(module.MISTAKES) >= 12


@pytest.mark.timeout(3600)
@each_exercise
def test_mutants_of_the_worked_solution_fall(id):
    """Each in the shown parts, with every seed; what only a training shows, at full length."""
    found = check_quality.mutate(id, seeds=1 if SHORT else 3, train=not SHORT)
    assert found.wrong == ()


def test_a_check_that_misjudges_is_reported():
    """Whether of an answer or of a mutant."""
    right = check_quality.Verdict("05.1", "a", True, True, "", 1.0)
    missed = check_quality.Verdict("05.1", "b", False, False, "seed 0: all held", 1.0)
    shown = check_quality.table([right, missed])
    assert "1 of 1            0 of 1" in shown
    assert "05.1 b: seed 0: all held" in shown
    lived = check_quality.Mutants("05.1", 3, ("05.1: a line",), 1.0)
    shown = check_quality.table([right], [lived])
    assert "2 of 3" in shown
    assert shown.endswith("05.1: a line")


RIGHT = """
from torch.nn.functional import softplus
def right(real, fake): return softplus(-real).mean() + softplus(fake).mean()
"""


def judged(tmp_path, source):
    """Return what the tool says of answers to 05.1 that are written here."""
    path = tmp_path / "sheet05" / "d_loss.py"
    path.parent.mkdir()
    path.write_text(RIGHT + source)
    return check_quality.judge(path, 0, short=True)


@pytest.mark.parametrize(("id", "seed"), [("11.3", 60)])
def test_a_draw_that_once_refused_the_worked_solution(id, seed):
    answer = check_quality.reference_mutants.worked(id)
    assert check_quality.whole(get_exercise(id), answer, seed, check_quality.Student()) == ""


@pytest.mark.parametrize(
    ("id", "name", "seed"),
    [
        ("01.3", "log_d", 58), ("02.1", "in_double", 12), ("03.2", "alpha_forgotten", 25),
        ("04.3", "at_most_two", 2), ("04.3", "little_friction_is_none", 46),
        ("06.1", "EndsInARoot", 21), ("08.1", "in_single_precision", 11), ("08.3", "amsgrad", 4),
        ("08.4", "rounded_in_between", 22), ("09.1", "columns", 27),
        ("09.4", "of_real_pictures", 47), ("09.4", "without_brightness", 54),
        ("10.4", "cut_off", 56), ("10.5", "slope_doubled", 37),
        ("11.2", "reach_by_absolute_differences", 9), ("11.3", "variance", 23),
        ("11.4", "every_other_pixel", 20), ("12.1", "absolute", 19), ("12.3", "pixels_averaged", 8),
        ("13.1", "classes_of_the_batch", 3), ("13.3", "g_with_an_epsilon", 20),
        ("14.3", "clipped", 16),
    ],
)  # fmt: skip
def test_a_draw_in_which_a_mistake_once_passed_or_was_taken_for_another(id, name, seed):
    path, student = MODULES[id], check_quality.Student()
    (found,) = [f for f in check_quality.answers(path) if f[1] and f[0].__name__ == name]
    exercise = check_quality.with_parts(get_exercise(id), found[1], short=False)
    assert check_quality.one(exercise, *found, seed, student) == ""


def test_a_correct_answer_that_fails_is_told(tmp_path):
    source = "CORRECT = (lambda real, fake: 0.0,)\nMISTAKES = {}"
    verdict = judged(tmp_path, source)
    assert (verdict.right, verdict.correct) == (False, True)
    assert verdict.message.startswith("seed 0: {'both terms")


@pytest.mark.parametrize("phrase", ["", "another meaning"])
def test_a_mistake_that_passes_is_told(phrase, tmp_path):
    part = "exact at logits of 10,000"
    source = f"CORRECT = ()\nMISTAKES = {{right: ({part!r}, {phrase!r})}}"
    verdict = judged(tmp_path, source)
    assert (verdict.right, verdict.message) == (False, f"seed 0: {part}: held")


def test_a_short_run_trains_the_first_styles_and_every_mistake():
    whole, mended = MODULES["05.4"], MODULES["10.4"]
    module = check_quality.load(whole)
    every, styles = range(len(module.CORRECT) + len(module.MISTAKES)), len(module.CORRECT)
    assert check_quality.numbers(whole) == [*every]
    assert check_quality.numbers(whole, short=True) == [0, 1, *every[styles:]]
    assert check_quality.numbers(mended, short=True) == check_quality.numbers(mended)
    assert [check_quality.trains(mended, n, True) for n in (1, 2, 7, 8)] == [
        True,
        False,
        False,
        True,
    ]
    parts = check_quality.with_parts(get_exercise("10.4"), None, True, trained=False).parts
    assert [part.name for part in parts] == [p.name for p in get_exercise("10.4").parts[:3]]


def test_a_part_that_an_exercise_has_not_is_an_error():
    with pytest.raises(ValueError, match="no part 'a rest'"):
        check_quality.with_parts(get_exercise("05.1"), "a rest", short=False)


def test_the_short_run_leaves_out_parts_that_run_again():
    exercise = get_exercise("05.4")
    names = [p.name for p in check_quality.with_parts(exercise, None, short=True).parts]
    assert names == [p.name for p in exercise.parts if p.shown]
    assert check_quality.with_parts(exercise, None, short=False) == replace(exercise, promises=())
