"""What the prompt names the visible check tests; a hidden part holds other draws and no more."""

import json

import check_quality
import check_table
import promises
import pytest

from gancourse.check import get_exercise, sheet, sheets
from gancourse.check.spec import Again

EXERCISES = [e for number in sheets() for e in sheet(number) if e.promises]
MUTANTS = check_quality.Mutants("05.1", 10, ("a mutant that lives",), 0.1)
each = pytest.mark.parametrize("exercise", EXERCISES, ids=lambda e: e.id)


def test_each_exercise_says_what_its_prompt_promises():
    assert [e.id for e in EXERCISES] == [e.id for number in sheets() for e in sheet(number)]


def test_the_page_has_the_table_and_what_was_measured():
    record = json.loads(check_table.KEPT.read_text("utf-8"))
    text = check_table.PAGE.read_text("utf-8")
    assert text == check_table.page(text, record), "python tools/check_table.py --page writes it"
    assert record["exercises"].keys() == check_quality.modules().keys()


def test_what_was_judged_wrongly_stands_with_its_message(monkeypatch):
    verdict = check_quality.Verdict("05.1", "mean_of_both", False, False, "seed 0: held", 0.1)
    monkeypatch.setattr(check_quality, "judge", lambda *given: verdict)
    monkeypatch.setattr(check_quality, "mutate", lambda *given, **more: MUTANTS)
    monkeypatch.setattr(check_quality, "numbers", lambda *given: [0])
    found = check_table.judged("05.1", short=True)
    assert (found["mistakes"], found["mutants"]) == ([0, 1], [9, 10])
    assert found["wrong"] == ["mean_of_both: seed 0: held", "a mutant that lives"]


@each
def test_each_clause_of_a_prompt_names_a_shown_part(exercise):
    shown = {part.name for part in exercise.parts if part.shown}
    assert {name for _, name in exercise.promises} <= shown


@each
def test_each_shown_part_tests_a_clause_of_the_prompt(exercise):
    tested = {name for _, name in exercise.promises}
    assert {part.name for part in exercise.parts if part.shown} <= tested


@each
def test_a_hidden_part_runs_shown_parts_again(exercise):
    shown = {part.run for part in exercise.parts if part.shown}
    for part in exercise.parts:
        runs = part.run.runs if isinstance(part.run, Again) else (part.run,)
        assert set(runs) <= shown


def words(text):
    """Return a text's words, without the marks of a comment's line."""
    return " ".join(text.split())


def before(cells):
    return [c.source for c in cells if c.cell_type == "markdown"]


@each
def test_a_clause_stands_in_the_prompt_or_in_the_stub(exercise):
    """Or before the first exercise, where it is said of all."""
    cells = promises.cells(exercise.id[:2])
    stub = next(i for i, c in enumerate(cells) if f"exercise:{exercise.id}" in promises.tags(c))
    prompt = next(c.source for c in cells if c.source.startswith(f"## {exercise.id} "))
    first = next(i for i, c in enumerate(cells) if c.source.startswith("## "))
    said = " ".join(words(c) for c in (prompt, cells[stub].source, *before(cells[:first])))
    assert [clause for clause, _ in exercise.promises if words(clause) not in said] == []


def test_the_table_has_a_row_for_each_clause():
    rows = promises.table(["05.1"]).splitlines()
    assert rows[:2] == ["| exercise | the prompt says | tested by |", "|---|---|---|"]
    assert len(rows) == 2 + len(get_exercise("05.1").promises)
    assert "| 05.1 | stay exact at logits of 10,000 | exact at logits of 10,000 |" in rows
