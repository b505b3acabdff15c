"""The lessons' charts on the site, without a kernel: they move by mouse, key and touch."""

import json

import pytest

PAGES = ("01_the_game", "02_optimal_discriminator", "03_losses", "04_dynamics", "07_dcgan_parts")
SHOWN = """() => {
  const chart = document.querySelector('.gc-mount .gc-live');
  return chart.querySelector('.gc-panels').innerHTML + chart.querySelector('.gc-text').textContent;
}"""
IDLE = "document.querySelector('.gc-mount .gc-live')?.dataset.idle === 'true'"


def key(tab, slider):
    slider.focus()
    tab.keyboard.press("ArrowRight")


def drag(tab, slider):
    box = slider.bounding_box()
    middle = box["y"] + box["height"] / 2
    tab.mouse.move(box["x"] + 0.5 * box["width"], middle)
    tab.mouse.down()
    tab.mouse.move(box["x"] + 0.85 * box["width"], middle, steps=4)
    tab.mouse.up()


def touch(tab, slider):
    box = slider.bounding_box()
    tab.touchscreen.tap(box["x"] + 0.1 * box["width"], box["y"] + box["height"] / 2)


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("page", PAGES)
def test_a_chart_moves_by_key_mouse_and_touch(look, page, width):
    opened = look(f"notebooks/{page}.html", width, has_touch=True)
    tab = opened.tab
    tab.locator(".gc-mount").first.scroll_into_view_if_needed()
    tab.wait_for_function(IDLE)
    assert not tab.locator(".gc-mount").first.locator("img").count()
    slider = tab.locator(".gc-mount .gc-live input[type=range]").first
    for move in (key, drag, touch):
        before = tab.evaluate(SHOWN)
        slider.scroll_into_view_if_needed()
        move(tab, slider)
        tab.wait_for_function(f"({SHOWN})() !== {json.dumps(before)}")
        tab.wait_for_function(IDLE)
    assert not tab.locator(".gc-link:visible").count()
    assert opened.overflow() == []


def test_a_chart_begins_where_its_cell_says(look):
    tab = look("notebooks/02_optimal_discriminator.html", 1280).tab
    place = tab.locator(".gc-mount").nth(1)  # live.slide_q(mean=5.0)
    place.scroll_into_view_if_needed()
    place.locator(".gc-live[data-idle=true]").wait_for()
    assert place.locator("output").first.inner_text() == "5.0"
    assert "pushed by -0.003" in place.locator(".gc-text").inner_text()


def test_a_grip_moves_and_the_words_follow(look):
    tab = look("notebooks/01_the_game.html", 1280).tab
    place = tab.locator(".gc-mount").first
    place.scroll_into_view_if_needed()
    place.locator(".gc-live[data-idle=true]").wait_for()
    words = place.locator(".gc-text").inner_text()
    grip = place.locator(".gc-handle").first
    box = grip.bounding_box()
    tab.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    tab.mouse.down()
    tab.mouse.move(box["x"] + box["width"] / 2, box["y"] - 60, steps=4)
    tab.mouse.up()
    now = "document.querySelector('.gc-mount .gc-text').textContent"
    tab.wait_for_function(f"{now} !== {json.dumps(words)}")


def test_axe_finds_nothing_serious_in_a_chart(look):
    opened = look("notebooks/04_dynamics.html", 1280)
    opened.tab.locator(".gc-mount").first.scroll_into_view_if_needed()
    opened.tab.wait_for_function(IDLE)
    assert opened.grave() == []


# All that it shows: canvases by their pixels.
LIVE = """() => {
  const live = document.querySelector('.gc-mount .gc-live');
  return live.innerHTML + [...live.querySelectorAll('canvas')].map(c => c.toDataURL()).join();
}"""
LATER = {  # a lesson's first widget: what is moved in it, and how many there are
    "10_failure_clinic": (".gc-reel input[type=range]", 3),
    "11_how_good": ("input[type=range]", 4),
    "12_stable": (".gc-run button >> nth=3", 2),  # Step both
    "13_conditional": ("input[type=range]", 2),
    "14_scaling": ("input[type=range]", 2),
}


def test_what_the_later_lessons_show_moves_by_key(look):
    opened = look("notebooks/10_failure_clinic.html", 1280)
    for page, (moved, count) in LATER.items():
        tab = opened.go(f"notebooks/{page}.html").tab
        assert tab.locator(".gc-mount").count() == count
        place = tab.locator(".gc-mount").first
        place.scroll_into_view_if_needed()
        live = place.locator(".gc-live")
        live.wait_for()
        control = live.locator(moved).first
        before = tab.evaluate(LIVE)
        control.press("Enter" if "button" in moved else "ArrowLeft")
        tab.wait_for_function(f"({LIVE})() !== {json.dumps(before)}")
        assert not tab.locator(".gc-link:visible").count()
        for other in tab.locator(".gc-mount").all()[1:]:
            other.scroll_into_view_if_needed()
            other.locator(".gc-live").wait_for()
