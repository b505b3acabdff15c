"""The widgets of lesson 11 in a real page: by keyboard and by pointer; bars have their names."""

import os
from pathlib import Path

from conftest import ROOT, chart_state, errors_of, run_all

SHOTS = os.environ.get("GANCOURSE_SHOTS")  # a folder to keep screenshots in
LESSON = ROOT / "notebooks" / "11_how_good.ipynb"
OPENING = """() => window.jupyterapp.shell.currentWidget.content.widgets
  .findIndex(c => c.model.sharedModel.source.includes('live.spoil_digits()'))"""
THEME = "name => window.jupyterapp.commands.execute('apputils:change-theme', {theme: name})"


def shoot(page, name: str) -> None:
    if SHOTS:
        page.locator(".gc-live").first.scroll_into_view_if_needed()
        page.screenshot(path=Path(SHOTS) / f"{name}.png")


def show(notebook, call: str):
    page = notebook([f"from gancourse import live\n{call}"])
    assert not errors_of(run_all(page))
    return page


def labels(page) -> list[str]:
    """Return what stands in the last panel of the first chart."""
    last = page.locator(".gc-live .gc-panels > div > svg").last
    return last.locator("text").all_text_contents()


def test_a_fault_is_made_worse_by_keyboard_and_the_score_that_sees_it_falls(notebook):
    page = show(notebook, 'live.spoil_digits("digits", fault="copies", amount=0.5)')
    before = chart_state(page)
    assert set(before) <= set(labels(page))
    shoot(page, "l11_copies")
    page.locator(".gc-live [data-key=amount]").focus()
    page.keyboard.press("End")
    after = chart_state(page)
    assert float(after["new"]) == 0 < float(before["new"])
    assert "new" in page.locator(".gc-text").inner_text()


def test_the_fakes_are_dragged_to_the_point_astray(notebook):
    page = show(notebook, 'live.two_clouds(real="one bell, one point astray")')
    assert set(chart_state(page)) <= set(labels(page))
    shoot(page, "l11_clouds")
    grip = page.get_by_label("centre of the fakes, at")
    box = grip.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 70, y - 70, steps=6)
    page.mouse.up()
    dragged = chart_state(page)
    assert float(dragged["precision"]) > 0.9
    assert float(dragged["coverage"]) < 0.3
    shoot(page, "l11_astray")
    grip.focus()
    page.keyboard.press("ArrowLeft")
    chart_state(page)
    assert page.evaluate("document.activeElement.classList.contains('gc-handle')")


def test_the_lesson_opens_with_digits_to_spoil(notebook):
    page = notebook(LESSON)
    place = page.evaluate(OPENING)
    assert place < 6
    for i in range(place + 2):  # the bet below it, too
        page.evaluate(
            "i => { const book = window.jupyterapp.shell.currentWidget.content;"
            "book.activeCellIndex = i;"
            "return window.jupyterapp.commands.execute('notebook:run-cell'); }",
            i,
        )
    page.wait_for_selector(".gc-live[data-idle=true]")
    for theme in ("Light", "Dark"):
        page.evaluate(THEME, f"JupyterLab {theme}")
        page.wait_for_timeout(1500 if SHOTS else 0)
        shoot(page, f"11-{theme.lower()}")
    page.evaluate(THEME, "JupyterLab Light")
    assert page.locator(".gc-live [data-key=fault]").count() == 1
