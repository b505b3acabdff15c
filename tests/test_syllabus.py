"""gancourse/syllabus.py: each lesson's record agrees with the files that are there."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from gancourse.syllabus import LESSONS, Lesson

ROOT = Path(__file__).resolve().parents[1]
THERE = [lesson for lesson in LESSONS if not lesson.planned]


def stems(folder):
    return {path.stem for path in (ROOT / folder).glob("[0-9]*.py")}


def test_each_lesson_has_a_record_and_the_other_way_round():
    assert stems("notebooks") == {lesson.name for lesson in THERE}


def test_each_sheet_has_a_record_and_the_other_way_round():
    assert stems("solutions") == {lesson.name for lesson in LESSONS if lesson.difficulty}


def test_a_planned_lesson_promises_no_notebook_and_may_have_its_sheet():
    planned = [lesson for lesson in LESSONS if lesson.planned]
    assert {lesson.number for lesson in planned} <= {"12", "13", "14"}
    assert not any(lesson.needs for lesson in planned)
    assert all(bool(lesson.slug) == bool(lesson.difficulty) for lesson in planned)


def test_a_lesson_needs_only_earlier_ones_and_its_text_names_them():
    numbers = [lesson.number for lesson in LESSONS]
    assert numbers == sorted(numbers, key=lambda number: (not number.isdigit(), number))
    for place, lesson in enumerate(LESSONS):
        assert set(lesson.needs) <= set(numbers[:place]), lesson
    for lesson in THERE:
        text = (ROOT / "notebooks" / f"{lesson.name}.py").read_text()
        named = re.findall(r"[Ll]essons? (\d\d)(?: and (\d\d))?", text)
        assert set(lesson.needs) <= {number for pair in named for number in pair}, lesson


def test_appendices_stand_behind_the_main_line():
    assert [lesson.appendix for lesson in LESSONS] == sorted(lesson.appendix for lesson in LESSONS)
    assert [lesson.number for lesson in LESSONS if lesson.appendix] == ["10a", "10b"]


def test_what_to_remember_fits_into_a_cell_of_a_table():
    assert not [lesson for lesson in LESSONS if re.search(r"[|\n]", lesson.title + lesson.remember)]


def test_a_difficulty_that_is_none_is_refused():
    with pytest.raises(ValueError, match="lesson 15"):
        Lesson("15", "x", "y", difficulty=(1, 4))


def test_it_imports_nothing_heavy():
    code = "import gancourse.syllabus, sys; print(len({'torch', 'numpy'} & set(sys.modules)))"
    said = subprocess.check_output([sys.executable, "-c", code], cwd=ROOT, text=True)
    assert said == "0\n"
