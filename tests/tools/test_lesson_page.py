"""tools/lesson_page.py: the page is what was measured, and has each lesson, photograph and walk."""

import re

import lesson_page

from gancourse.syllabus import LESSONS

NUMBERS = [lesson.number for lesson in LESSONS]
ROW = {"cells": 45, "live": 4, "shows": 91, "words": 1234, "minutes": 40}
PLACE = {"cpu": "a processor", "cores": 2, "torch": "2"}


def test_the_page_is_what_is_kept():
    text = lesson_page.PAGE.read_text("utf-8")
    found = lesson_page.told()
    assert text == lesson_page.page(text, found), "python tools/lesson_page.py --page writes it"
    assert [*found["lessons"]] == NUMBERS


def test_each_lesson_has_a_photograph_in_each_theme_and_all_are_small():
    shots = {path.name: path.stat().st_size for path in lesson_page.FOLDER.glob("*.webp")}
    assert set(shots) == {f"{n}-{theme}.webp" for n in NUMBERS for theme in lesson_page.THEMES}
    assert sum(shots.values()) < 1_000_000


def test_each_walk_is_there_with_bets_moves_and_one_restart():
    walks = lesson_page.walks()
    assert tuple(walks) == lesson_page.WALKED
    did = {n: " ".join(step["did"] for step in log["steps"]) for n, log in walks.items()}
    assert all("bet on" in text and re.search("moved|pressed", text) for text in did.values())
    assert sum(text.count("restarted the kernel") for text in did.values()) == 1


def test_a_row_says_where_the_first_live_cell_is_and_what_was_not_run():
    rows = {
        "05": ROW | {"run": {"cpu": 70, "clock": 400, "commit": "abc"}},
        "10a": ROW | {"live": None},
    }
    text = lesson_page.table({"machine": PLACE, "date": "today", "commit": "c", "lessons": rows})
    assert "| 05 a minimal GAN | 4 of 45 | 91 % | 1,234 | 40 | 70 |" in text
    assert "| none of 45 | 91 % | 1,234 | 40 | not yet |" in text
    assert "figures of c, seconds of abc." in text


def test_a_walk_is_a_table_whose_cells_hold_bars_and_lines():
    step = {"did": "pressed | it", "saw": "one\ntwo", "seconds": 2.25}
    log = {"browser": "B 1", "jupyterlab": "4", "date": "today", "commit": "c", "steps": [step] * 2}
    text = lesson_page.walk({"05": log})
    assert text.startswith("### 05: 2 steps, 4 s\n")
    assert text.count("| 2.2 | pressed \\| it | one two |\n") == 2


def test_the_figures_are_those_of_the_notebook():
    lesson, target = next(pair for pair in lesson_page.lessons() if pair[0].number == "10a")
    found = lesson_page.figures(lesson, target)
    assert (found["live"], found["minutes"]) == (None, lesson.minutes)
    assert 0 < found["shows"] <= 100 < found["words"]
