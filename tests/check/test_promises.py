"""What the prompt names the visible check tests; a hidden part holds other draws and no more."""

import pytest

from gancourse.check import sheet, sheets
from gancourse.check.spec import Again

EXERCISES = [e for number in sheets() for e in sheet(number) if e.promises]
each = pytest.mark.parametrize("exercise", EXERCISES, ids=lambda e: e.id)


def test_sheets_06_to_10_say_what_their_prompts_promise():
    said = {e.id for e in EXERCISES}
    assert all(e.id in said for n in sheets() if n >= "06" for e in sheet(n))


@each
def test_each_clause_of_a_prompt_names_a_shown_part(exercise):
    shown = {part.name for part in exercise.parts if part.shown}
    assert {name for _, name in exercise.promises} <= shown


@each
def test_each_shown_part_tests_a_clause_of_the_prompt(exercise):
    tested = {name for _, name in exercise.promises}
    assert {part.name for part in exercise.parts if part.shown} <= tested


@pytest.mark.parametrize("exercise", [e for e in EXERCISES if e.id >= "06"], ids=lambda e: e.id)
def test_a_hidden_part_runs_shown_parts_again(exercise):
    shown = {part.run for part in exercise.parts if part.shown}
    for part in exercise.parts:
        runs = part.run.runs if isinstance(part.run, Again) else (part.run,)
        assert set(runs) <= shown
