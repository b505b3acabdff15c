"""The lessons' charts on the site, without a kernel: where they begin, what their grips do."""

import json

IDLE = "document.querySelector('.gc-mount .gc-live')?.dataset.idle === 'true'"


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


def test_a_recorded_training_plays_and_its_slider_stands_below_the_samples(look):
    tab = look("notebooks/08_dcgan_mnist.html").tab
    place = tab.locator("[data-live=training]")
    place.scroll_into_view_if_needed()
    slider = place.locator("input[type=range]")
    slider.wait_for()
    assert place.locator("output").inner_text() == "step 0"
    samples, curves = place.locator(".gc-pixels"), place.locator(".gc-panels svg").first
    tops = [found.bounding_box()["y"] for found in (samples, slider, curves)]
    assert tops == sorted(tops)
    place.get_by_role("button", name="Play").click()
    tab.wait_for_function("document.querySelector('.gc-reel output').textContent === 'step 1,500'")
    assert place.locator(".gc-text").inner_text().endswith("after step 1,500 of 1,500.")


SEARCHES = """window.searches = 0;
for (const kind of [Element, Document]) {
  const found = kind.prototype.querySelectorAll;
  kind.prototype.querySelectorAll = function (...what) {
    window.searches += 1;
    return found.apply(this, what);
  };
}"""


def test_the_theme_does_not_search_what_a_chart_draws(look):
    """It looked for icons in each new mark: a move took 12 seconds where there are 3,000."""
    opened = look("search.html", 1280)
    opened.tab.add_init_script(SEARCHES)
    tab = opened.go("notebooks/11_how_good.html").tab
    assert tab.locator("svg[data-icon]").count() > 3  # its icons are drawn
    place = tab.locator(".gc-mount").first
    place.scroll_into_view_if_needed()
    place.locator(".gc-live[data-idle=true]").wait_for()
    before = tab.evaluate("window.searches")
    place.locator("input[type=range]").first.press("ArrowRight")
    place.locator(".gc-live[data-idle=true]").wait_for()
    assert place.locator("svg *").count() > 2000
    assert tab.evaluate("window.searches") - before < 50
