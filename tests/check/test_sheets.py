"""The sheets' stubs say "not yet done" and no more, and their headers tell the specs' points."""

import os
import re
from pathlib import Path

import jupytext
import pytest
from build.exercises import with_stub
from check_quality import with_parts

from gancourse.check import Student, check, evaluate, get_exercise, sheet, sheets

ROOT = Path(__file__).resolve().parents[2]
SHORT = os.environ.get("GANCOURSE_LONG") != "1"
SOURCES = {path.name[:2]: path for path in sorted((ROOT / "solutions").glob("[0-9][0-9]_*.py"))}


def cells(number):
    return jupytext.reads(SOURCES[number].read_text(encoding="utf-8"), fmt="py:percent").cells


def names_of(number, rewrite):
    """Return what each exercise cell of a sheet defines, after `rewrite`: id to namespace."""
    found, shared = {}, {}
    for cell in cells(number):
        tags = [t for t in cell.metadata.get("tags", []) if t.startswith("exercise:")]
        if tags:
            namespace = dict(shared)
            exec(compile(rewrite(cell.source), tags[0], "exec"), namespace)
            found[tags[0].removeprefix("exercise:")] = namespace
        elif cell.cell_type == "code" and "import" in cell.source:
            exec(cell.source, shared)
    return found


NUMBERS = [number for number in sheets() if number in SOURCES]
IDS = [exercise.id for number in NUMBERS for exercise in sheet(number)]


def test_each_sheet_has_a_source_and_the_other_way_round():
    assert list(sheets()) == list(SOURCES)


@pytest.fixture(scope="module")
def stubs():
    return {id: names for n in NUMBERS for id, names in names_of(n, with_stub).items()}


PATIENTS = [id for id in IDS if id.startswith("10.")]  # they stand in the sheet as code to mend
STUBS = [id for id in IDS if id not in PATIENTS]


@pytest.mark.parametrize("id", STUBS)
def test_an_untouched_stub_is_not_yet_done_and_nothing_else(id, stubs, capsys):
    exercise = get_exercise(id)
    result = check(id, *(stubs[id][name] for name in exercise.names))
    assert capsys.readouterr().out == ""
    assert repr(result) == f"{id} {exercise.title}: not yet done"
    assert (result.passed, result.score) == (False, 0)


def report_of_stub(id, stubs):
    exercise, student = with_parts(get_exercise(id), None, SHORT), Student()
    answers = {name: student.admit(stubs[id][name]) for name in exercise.names}
    return evaluate(exercise, student, answers, 0, hidden=True)


@pytest.mark.parametrize("id", STUBS)
def test_an_untouched_stub_is_graded_as_not_done(id, stubs):
    report = report_of_stub(id, stubs)
    assert {r.status for r in report.results} == {"not done"}
    assert report.score == 0


@pytest.mark.parametrize("id", PATIENTS)
def test_an_untouched_patient_gets_no_points(id, stubs):
    report = report_of_stub(id, stubs)
    assert {r.status for r in report.results} == {"wrong"}
    assert report.score == 0


@pytest.mark.parametrize("number", NUMBERS)
def test_the_header_tells_minutes_and_points(number):
    header = cells(number)[0].source
    rows = re.findall(r"\| (\d\d\.\d) (.+?) \| (\d+) \| .*? \| (\d+) \|", header)
    wanted = [(e.id, e.title, str(e.minutes), str(e.points)) for e in sheet(number)]
    assert rows == wanted


@pytest.mark.parametrize("number", NUMBERS)
def test_each_exercise_has_a_prompt_a_check_and_two_hints(number):
    sources = [cell.source for cell in cells(number)]
    for exercise in sheet(number):
        prompt = next(s for s in sources if s.startswith(f"## {exercise.id} "))
        assert 20 <= len(prompt.split("\n", 1)[1].split()) <= 60
        assert any(s.startswith(f'result = check("{exercise.id}"') for s in sources)
    hints = [cell for cell in cells(number) if "hint" in cell.metadata.get("tags", [])]
    assert len(hints) == 2 * len(sheet(number))
