"""Lesson 14's budget sheet in a real page: by keyboard and by pointer, and where it opens."""

import os
from pathlib import Path

from conftest import ROOT, chart_state, errors_of, run_all

SHOTS = os.environ.get("GANCOURSE_SHOTS")  # a folder to keep screenshots in
LESSON = ROOT / "notebooks" / "14_scaling.ipynb"
OPENING = """() => window.jupyterapp.shell.currentWidget.content.widgets
  .findIndex(c => c.model.sharedModel.source.includes('live.budget('))"""
RUN = """i => { const book = window.jupyterapp.shell.currentWidget.content;
  book.activeCellIndex = i;
  return window.jupyterapp.commands.execute('notebook:run-cell'); }"""
THEME = "name => window.jupyterapp.commands.execute('apputils:change-theme', {theme: name})"


def show(notebook, call: str):
    page = notebook([f"from gancourse import live\n{call}"])
    assert not errors_of(run_all(page))
    return page


def test_a_larger_side_costs_more_and_more_hours_give_more(notebook):
    page = show(notebook, "live.budget(rate=1e11)")
    before = chart_state(page)
    page.locator(".gc-live [data-key=side]").select_option("64")
    larger = chart_state(page)
    assert before["an image"] == "117 MFLOP" != larger["an image"]
    page.locator(".gc-live [data-key=hours]").focus()
    page.keyboard.press("End")
    assert float(chart_state(page)["price"]) > float(larger["price"])


def test_the_dot_is_dragged_along_the_line_to_more_devices(notebook):
    page = show(notebook, "live.budget(rate=1e11)")
    before = chart_state(page)
    grip = page.get_by_label("devices, at")
    grip.focus()
    page.keyboard.press("ArrowRight")
    two = chart_state(page)
    assert float(two["price"]) == 2 * float(before["price"])
    box = grip.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 120, y, steps=6)
    page.mouse.up()
    assert float(chart_state(page)["price"]) > float(two["price"])
    assert "devices give" in page.locator(".gc-text").inner_text()


def test_the_lesson_opens_with_the_budget(notebook):
    page = notebook(LESSON)
    place = page.evaluate(OPENING)
    assert place < 6
    for i in range(place + 1):
        page.evaluate(RUN, i)
    page.wait_for_selector(".gc-live[data-idle=true]")
    for theme in ("Light", "Dark"):
        page.evaluate(THEME, f"JupyterLab {theme}")
        page.wait_for_timeout(1500 if SHOTS else 0)
        if SHOTS:
            page.locator(".gc-live").first.scroll_into_view_if_needed()
            page.screenshot(path=Path(SHOTS) / f"14-{theme.lower()}.png")
    page.evaluate(THEME, "JupyterLab Light")
