"""Lesson 14's budget sheet in a real page: by keyboard and by pointer."""

from conftest import chart_state, errors_of, run_all


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
