"""The widgets of lessons 01 and 02 in a real page: by keyboard, by pointer, light and dark."""

import os
from pathlib import Path

import pytest
from conftest import ROOT, chart_state, errors_of, run_all

SHOTS = os.environ.get("GANCOURSE_SHOTS")  # a folder to keep screenshots in
THEME = "name => window.jupyterapp.commands.execute('apputils:change-theme', {theme: name})"


def shoot(page, name: str) -> None:
    if SHOTS:
        page.locator(".gc-live").first.scroll_into_view_if_needed()
        page.screenshot(path=Path(SHOTS) / f"{name}.png")


def show(notebook, call: str):
    page = notebook([f"from gancourse import live\n{call}"])
    assert not errors_of(run_all(page))
    return page


def press(page, key: str, control: str, times: int) -> None:
    page.locator(f".gc-live [data-key={control}]").focus()
    for _ in range(times):
        page.keyboard.press(key)


def test_D_is_bent_by_keyboard_until_the_gap_closes(notebook):
    page = show(notebook, "live.bend_D()")
    assert chart_state(page)["gap"] == "0.674"
    shoot(page, "l01_start")
    press(page, "ArrowLeft", "left", 48)
    press(page, "End", "right", 1)
    assert float(chart_state(page)["gap"]) < 0.005
    spoken = page.locator(".gc-live [data-key=left]").get_attribute("aria-valuetext")
    assert spoken == "0.02"
    assert "within 0.01" in page.locator(".gc-text").inner_text()
    shoot(page, "l01_best")


def test_a_grip_is_dragged_and_moved_by_arrow_keys(notebook):
    page = show(notebook, "live.bend_D()")
    grip = page.get_by_label("D at x = 2, at")
    box = grip.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 30, y - 40, steps=8)
    page.mouse.up()
    chart_state(page)
    dragged = float(page.locator(".gc-live [data-key=right]").input_value())
    assert 0.6 < dragged < 0.8
    grip.focus()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Shift+ArrowUp")
    chart_state(page)
    assert float(page.locator(".gc-live [data-key=right]").input_value()) == pytest.approx(
        dragged + 0.06
    )
    assert page.evaluate("document.activeElement.classList.contains('gc-handle')")


def test_python_and_page_share_the_state(notebook):
    page = notebook(
        ["from gancourse import live\nchart = live.bend_D()\nchart", "chart.set(mean=1)"]
    )
    assert not errors_of(run_all(page))
    page.wait_for_selector(".gc-live >> nth=1")
    ids = page.evaluate("[...document.querySelectorAll('.gc-live [id]')].map(e => e.id)")
    assert len(ids) == len(set(ids)) == 4
    means = page.locator(".gc-live [data-key=mean]")
    assert [means.nth(i).input_value() for i in range(2)] == ["1", "1"]
    means.first.press("ArrowRight")
    page.wait_for_function(
        "document.querySelectorAll('.gc-live [data-key=mean]')[1].value === '1.1'"
    )


def test_q_slides_and_the_push_dies(notebook):
    page = show(notebook, "live.slide_q()")
    assert chart_state(page)["W1"] == "2.000"
    shoot(page, "l02_start")
    press(page, "End", "mean", 1)
    far = chart_state(page)
    assert (far["JSD"], far["W1"]) == ("0.693", "5.000")
    assert abs(float(far["mean push on G"])) < 0.02
    shoot(page, "l02_far")
    page.locator(".gc-live [data-key=loss]").select_option("non-saturating")
    page.locator(".gc-live [data-key=shape]").select_option("two bells")
    assert float(chart_state(page)["mean push on G"]) < -3
    page.evaluate(THEME, "JupyterLab Dark")
    page.wait_for_selector("body[data-jp-theme-light=false]", state="attached")
    page.wait_for_timeout(500)
    shoot(page, "l02_dark")
    page.evaluate(THEME, "JupyterLab Light")


def test_the_last_of_many_moves_is_drawn(notebook):
    page = show(notebook, "live.slide_q()")
    page.evaluate("""() => {
      const input = document.querySelector('.gc-live [data-key=mean]');
      for (let i = -50; i <= 30; i++) {
        input.value = i / 10;
        input.dispatchEvent(new Event('input'));
      }
    }""")
    assert chart_state(page)["W1"] == "3.000"


def test_at_200_percent_nothing_is_cut_off(notebook):
    page = show(notebook, "live.slide_q()")
    page.set_viewport_size({"width": 640, "height": 450})  # 1280 x 900 at 200 %
    page.evaluate("window.jupyterapp.shell.collapseLeft()")
    page.wait_for_timeout(500)
    wide = page.evaluate("""() => [...document.querySelectorAll('.gc-live *')]
      .filter(e => e.tagName !== 'OPTION' && e.closest('svg') === null)
      .every(e => e.getBoundingClientRect().right
                  <= document.querySelector('.gc-live').getBoundingClientRect().right + 1)""")
    assert wide
    shoot(page, "l02_200_percent")


def test_core_widgets_take_its_place(notebook):
    page = notebook(
        ["%env GANCOURSE_FRONTEND=ipywidgets", "from gancourse import live\nlive.bend_D()"]
    )
    assert not errors_of(run_all(page))
    image = page.locator(".jp-OutputArea-output img.widget-image")
    before = image.get_attribute("src")
    page.locator(".widget-slider .noUi-handle").first.press("ArrowLeft")
    page.wait_for_function(
        "src => document.querySelector('img.widget-image').src !== src", arg=before
    )
    if SHOTS:
        page.screenshot(path=Path(SHOTS) / "l01_core.png")


FIRST = "01_the_game"
OTHERS = sorted({path.stem for path in (ROOT / "notebooks").glob("[01]*.py")} - {FIRST})


@pytest.mark.parametrize(
    "name", [FIRST, *(pytest.param(name, marks=pytest.mark.long) for name in OTHERS)]
)
def test_a_lesson_runs_in_lab(notebook, name):
    page = notebook(ROOT / "notebooks" / f"{name}.ipynb", f"{name}.ipynb")
    assert not errors_of(run_all(page))
