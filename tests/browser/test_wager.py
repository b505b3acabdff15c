"""A prediction in a real page: the answer comes with the first choice, and nothing is sent."""

from conftest import READY, errors_of, run_all

CODE = """from gancourse import live
live.predict("Which?", ["left", "right"], "right", "It turns that way.")"""


def test_the_first_choice_shows_the_answer_and_stands(notebook):
    page = notebook([CODE])
    assert not errors_of(run_all(page))
    page.wait_for_selector(".gc-wager")
    assert "turns" not in page.locator(".gc-wager").inner_text()
    left = page.get_by_role("button", name="left", exact=True)
    left.focus()
    page.keyboard.press("Enter")
    assert page.locator(".gc-wager .gc-text").inner_text() == "No: right. It turns that way."
    page.get_by_role("button", name="right").dispatch_event("click")
    assert page.locator(".gc-wager .gc-text").inner_text().startswith("No:")
    assert left.get_attribute("aria-pressed") == "true"


def test_shift_enter_runs_the_cell_from_inside_a_bet_and_a_slider(notebook):
    slider = "from gancourse import live\nlive.bend_D()"
    page = notebook([CODE, slider, "41 + 1"])
    assert not errors_of(run_all(page))
    count = "() => jupyterapp.shell.currentWidget.content.widgets.map(c => c.model.executionCount)"
    for cell, inside in enumerate((".gc-wager button", ".gc-live input[type=range]")):
        before = page.evaluate(count)[cell]
        page.locator(inside).first.click()
        page.keyboard.press("Shift+Enter")
        page.wait_for_function(f"before => ({count})()[{cell}] > before", arg=before)
        active = "() => jupyterapp.shell.currentWidget.content.activeCellIndex"
        assert page.evaluate(active) == cell + 1


def test_a_saved_notebook_asks_in_words_once_its_kernel_is_gone(notebook):
    page = notebook([CODE], "saved.ipynb")
    assert not errors_of(run_all(page))
    page.wait_for_selector(".gc-wager")
    page.evaluate("window.jupyterapp.commands.execute('docmanager:save')")
    here = page.url
    page.goto(here)  # the kernel still runs: the widget is there again
    page.wait_for_selector(".gc-wager")
    page.evaluate("window.jupyterapp.serviceManager.sessions.shutdownAll()")
    page.goto("about:blank")
    page.goto(here)
    page.wait_for_function("window.jupyterapp?.shell.currentWidget?.sessionContext")
    assert page.evaluate(READY)  # a new kernel, which knows nothing of that widget
    page.wait_for_selector("text=run this cell to move it")
    assert page.locator("text=Which? (left / right)").count()
    assert not page.locator("text=Error displaying widget").count()
