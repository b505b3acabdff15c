"""A faulty run in JupyterLab: films move, a cause is chosen, an edit trains, a score is kept."""

import json

from conftest import errors_of, run_all
from kernel import asked

SHOW = """from dataclasses import replace
from gancourse import live
run = live.FaultyRun({name!r})
run.setting = replace(run.setting, steps=60)
run"""
PLANES = "() => [...document.querySelectorAll('.gc-plane')].map(c => c.toDataURL())"


def opened(notebook, *names: str):
    page = notebook([SHOW.format(name=name) for name in names])
    assert not errors_of(run_all(page))
    page.wait_for_selector(".gc-faulty")
    return page


def choose(page, cause: str, which: int = 0):
    page.locator(".gc-faulty").nth(which).get_by_role("button", name=cause, exact=True).press(
        "Enter"
    )


def test_the_slider_moves_both_films_by_keys(notebook):
    page = opened(notebook, "one z")
    before = page.evaluate(PLANES)
    slider = page.get_by_role("slider", name="turn")
    slider.press("Home")
    after = page.evaluate(PLANES)
    assert all(a != b for a, b in zip(before[:2], after[:2], strict=True))
    assert page.locator(".gc-reel output").inner_text() == "turn 0"
    assert page.locator(".gc-plane:visible").count() == 2
    page.get_by_role("button", name="Play").press("Enter")
    page.wait_for_function("document.querySelector('.gc-reel output').textContent !== 'turn 0'")


def test_the_first_choice_counts_and_the_score_is_the_pages(notebook):
    page = opened(notebook, "one z", "no detach")
    assert page.locator(".gc-editor:visible").count() == 0
    choose(page, "mode collapse")
    assert page.locator(".gc-faulty .gc-text").first.inner_text().startswith("No.")
    choose(page, "one z")
    assert page.locator(".gc-faulty .gc-text").first.inner_text().startswith("Yes, one z")
    choose(page, "no detach", 1)
    page.wait_for_function("[...document.querySelectorAll('.gc-score')].every(s => s.textContent)")
    scores = page.locator(".gc-score").all_inner_texts()
    assert set(scores) == {"Named at the first try: 1 of 2."}
    assert page.locator(".gc-editor:visible").count() == 2


def test_an_edit_trains_and_one_that_breaks_is_said(notebook):
    page = opened(notebook, "one z")
    choose(page, "one z")
    code = page.get_by_role("textbox", name="The lines that hold the mistake")
    code.fill("def noise(n, setting):\n    return torch.randn(n, setting.z_dim)")
    page.get_by_role("button", name="Train these lines").press("Enter")
    page.wait_for_selector(".gc-faulty[data-status=finished]")
    status = page.locator(".gc-faulty [role=status]")
    page.wait_for_function(
        "document.querySelector('.gc-faulty [role=status]').textContent.includes('ound')"
    )
    assert page.locator(".gc-plane:visible").count() == 3
    assert asked(page, "import json; print(json.dumps(run.said))") == status.inner_text()
    code.fill("def noise(")
    page.get_by_role("button", name="Train these lines").press("Enter")
    page.wait_for_function(
        "document.querySelector('.gc-faulty [role=status]').textContent.includes('no program')"
    )
    page.get_by_role("button", name="Undo my edits").press("Enter")
    assert code.input_value() == json.loads(json.dumps(asked(
        page, "import json; print(json.dumps(run.code))")))  # fmt: skip


def test_after_a_restart_it_says_so_and_the_films_still_move(notebook):
    page = opened(notebook, "one z")
    choose(page, "one z")
    page.evaluate("window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()")
    line = page.locator(".gc-faulty .gc-link")
    line.wait_for(state="visible", timeout=60_000)
    assert line.inner_text() == "The kernel was restarted: run the first cell again, then this one."
    before = page.evaluate(PLANES)
    page.locator(".gc-faulty [type=range]").press("Home")
    page.wait_for_function(f"({PLANES})()[0] !== {json.dumps(before[0])}")
