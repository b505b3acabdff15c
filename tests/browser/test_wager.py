"""A prediction in a real page: the answer comes with the first choice, and nothing is sent."""

from conftest import errors_of, run_all

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
