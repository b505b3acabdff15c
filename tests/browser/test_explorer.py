"""The latent explorer in a real page: what is drawn is what G gives, by pointer and by keyboard."""

import io
import math
import os
from contextlib import suppress
from pathlib import Path

import pytest
from conftest import READY, errors_of, run_all, write_notebook
from kernel import asked
from PIL import Image

from gancourse.live.explorer.facade import OPENINGS

SHOTS = os.environ.get("GANCOURSE_SHOTS")  # a folder to keep screenshots in
COLOURS = (0xD5, 0x5E, 0x00, 0x00, 0x72, 0xB2)  # the mark's orange, the sliders' blue
THEME = "name => window.jupyterapp.commands.execute('apputils:change-theme', {theme: name})"
SHOW = """from gancourse import live, nets
explorer = live.LatentExplorer(nets.load_shipped("mnist"))
explorer"""
SHOWN = """selector => {
  const canvas = document.querySelector(selector);
  const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
  return Array.from(data).filter((_, i) => i % 4 === 0);
}"""
PICTURE = """import json, torch
from gancourse import plots
print(json.dumps({"z": explorer.z.tolist(),
    "pixels": plots.to_pixels(explorer.G(explorer.z[None]).detach()).flatten().tolist()}))"""


@pytest.fixture
def errors(page):
    """Everything that the page writes to its console as an error; none is expected."""
    found = []
    page.on("console", lambda m: found.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda error: found.append(str(error)))
    yield found
    assert not found


def shoot(page, name: str) -> None:
    if SHOTS:
        page.locator(".gc-live").first.scroll_into_view_if_needed()
        page.screenshot(path=Path(SHOTS) / f"{name}.png")


def show(notebook, *more: str):
    page = notebook([SHOW, *more])
    assert not errors_of(run_all(page))
    page.wait_for_selector(".gc-live[data-idle=true]")
    return page


def shown(page, selector: str = ".gc-large") -> list[int]:
    page.wait_for_selector(".gc-live[data-idle=true]")
    return page.evaluate(SHOWN, selector)


def as_drawn(page) -> list[float]:
    """Return z after checking that the page's picture is what G gives for it."""
    pixels, truth = shown(page), asked(page, PICTURE)
    assert max(abs(a - b) for a, b in zip(pixels, truth["pixels"], strict=True)) <= 1
    return truth["z"]


def drawn_at_last(page) -> list[float]:
    """Return z once the page shows what G gives for it: the last picture may be on its way."""
    for _ in range(600):
        with suppress(AssertionError):
            return as_drawn(page)
        page.wait_for_timeout(100)
    return as_drawn(page)


def middle_of_the_strip(page) -> list[int]:
    """Return the strip's middle picture, once the neighbours have come after the picture."""
    page.wait_for_selector(".gc-explorer[data-whole=true]")
    row = shown(page, ".gc-strip canvas")
    width = len(row) // 28
    return [row[y * width + 4 * 29 + x] for y in range(28) for x in range(28)]


def test_the_pad_is_dragged_and_the_pixels_are_those_of_G(notebook, errors):
    page = show(notebook)
    shoot(page, "explorer_start")
    start, before = as_drawn(page), shown(page)
    box = page.locator(".gc-pad").bounding_box()
    middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(*middle)
    page.mouse.down()
    page.mouse.move(middle[0] + 90, middle[1] - 50, steps=25)
    page.mouse.up()
    assert as_drawn(page) != start
    assert shown(page) != before
    pairs = zip(middle_of_the_strip(page), shown(page), strict=True)
    assert max(abs(a - b) for a, b in pairs) <= 1
    values = asked(page, "import json; print(json.dumps(explorer.steering.values))")
    unit = box["width"] / 6
    assert values["u"] == pytest.approx(90 / unit, abs=0.06)
    assert values["v"] == pytest.approx(50 / unit, abs=0.06)
    shoot(page, "explorer_dragged")


def test_arrow_keys_move_the_pad_and_its_sliders_follow(notebook, errors):
    page = show(notebook)
    page.locator(".gc-pad").focus()
    for key in ("ArrowRight", "ArrowUp", "Shift+ArrowRight", "PageDown"):
        page.keyboard.press(key)
    as_drawn(page)
    at = [float(page.locator(f".gc-live [data-key={key}]").input_value()) for key in "uv"]
    assert at == pytest.approx([0.3, -0.45])
    assert "0.30 across along random 1" in page.locator(".gc-pad").get_attribute("aria-label")
    page.locator(".gc-live [data-key=u]").focus()
    page.keyboard.press("ArrowLeft")
    page.wait_for_selector(".gc-pad[aria-label*='0.25 across']")  # a slider's answer has come
    as_drawn(page)


def button(page, name: str):
    return page.locator(".gc-live").get_by_role("button", name=name, exact=True)


def tab(page, name: str) -> None:
    page.locator(".gc-live").get_by_role("tab", name=name, exact=True).click()


def settle(page, code: str, expected) -> None:
    """Wait until `code` prints `expected`: presses of buttons are answered in their turn."""
    for _ in range(3000):
        if asked(page, code) == expected:
            return page.wait_for_selector(".gc-live[data-idle=true]")
        page.wait_for_timeout(100)
    raise AssertionError(f"{code} is {asked(page, code)}, not {expected}")


def pins(page, n: int) -> None:
    settle(page, "print(len(explorer.steering.pins))", n)
    page.wait_for_function(f"document.querySelectorAll('.gc-thumb').length >= {n}")


def test_a_button_whose_action_takes_long_says_so_until_it_has_ended(notebook, errors):
    slow = """import time
pin = explorer.pin
explorer.pin = lambda *names: (time.sleep(4), pin(*names))"""
    page = show(notebook, slow)
    button(page, "Pin this").click()
    page.wait_for_selector(".gc-link:has-text('Working on it.')")
    shoot(page, "explorer_working")
    pins(page, 1)
    page.wait_for_selector(".gc-link", state="hidden")


def test_seeds_pins_film_and_arithmetic_by_buttons(notebook, errors):
    page = show(notebook)
    first = as_drawn(page)
    for n in (1, 2, 3):
        button(page, "Pin this").click()
        pins(page, n)
        button(page, "Somewhere else").click()
        settle(page, "print(explorer.steering.seed)", OPENINGS["mnist", 16] + n)
    assert as_drawn(page) != first
    page.get_by_role("button", name="Go to pin 1", exact=True).click()
    settle(page, f"print(int(explorer.z.tolist() == {first}))", 1)
    tab(page, "Film")
    before = shown(page)
    button(page, "Play film").click()
    page.wait_for_selector(".gc-large[data-film]")
    page.wait_for_function("document.querySelector('.gc-large').dataset.film >= 8")
    assert page.evaluate(SHOWN, ".gc-large") != before
    shoot(page, "explorer_film")
    page.wait_for_selector(".gc-large:not([data-film])")
    assert shown(page) == before
    tab(page, "Add and subtract")
    for n, group in enumerate("abc", 4):
        button(page, f"Pin to {group}").click()
        pins(page, n)
    button(page, "Go to a - b + c").click()
    settle(page, "print(round(explorer.z.norm().item(), 3))", 4.0)
    as_drawn(page)
    shoot(page, "explorer_arithmetic")
    tab(page, "Real images")
    button(page, "Find z for a real image").click()
    page.wait_for_selector(".gc-beside:not([hidden])")
    assert "image to invert" in page.locator(".gc-beside").inner_text()
    as_drawn(page)
    button(page, "Nearest training image").click()
    page.get_by_text("The nearest of").first.wait_for()
    shoot(page, "explorer_compare")


def test_it_works_again_after_a_reload_and_after_a_restart(notebook, page):
    page.on("dialog", lambda dialog: dialog.accept())
    show(notebook)
    page.reload()
    page.wait_for_function("window.jupyterapp?.shell.currentWidget?.sessionContext")
    assert page.evaluate(READY)
    for again in (
        "() => 0",
        "window.jupyterapp.shell.currentWidget.sessionContext.restartKernel()",
    ):
        page.evaluate(again)
        page.evaluate("window.jupyterapp.commands.execute('notebook:clear-all-cell-outputs')")
        page.wait_for_selector(".gc-live", state="detached")
        assert not errors_of(run_all(page))
        start = as_drawn(page)
        page.locator(".gc-pad").focus()
        page.keyboard.press("Shift+ArrowLeft")
        assert as_drawn(page) != start


def test_two_notebooks_at_once_do_not_mix(lab, notebook, errors):
    page = show(notebook)
    _address, folder = lab
    write_notebook(folder / "second.ipynb", [SHOW.replace('t"))', 't"), seed=5)')])
    page.evaluate("window.jupyterapp.commands.execute('docmanager:open', {path: 'second.ipynb'})")
    page.wait_for_function("window.jupyterapp.shell.currentWidget.title.label === 'second.ipynb'")
    assert page.evaluate(READY)
    assert not errors_of(run_all(page))
    second = ".jp-NotebookPanel:not(.lm-mod-hidden) .gc-live"
    page.locator(f"{second} .gc-pad").focus()
    page.keyboard.press("End")
    page.wait_for_selector(f"{second}[data-idle=true]")
    truth = asked(page, PICTURE)
    drawn = page.evaluate(SHOWN, f"{second} .gc-large")
    assert max(abs(a - b) for a, b in zip(drawn, truth["pixels"], strict=True)) <= 1
    assert asked(page, "print(int(explorer.steering.values['u']))") == 3
    page.evaluate("window.jupyterapp.commands.execute('application:activate-previous-tab')")
    page.wait_for_function("window.jupyterapp.shell.currentWidget.title.label !== 'second.ipynb'")
    assert asked(page, "print(int(explorer.steering.values['u']))") == 0


CONTRAST = """() => {
  const pen = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
  const over = colours => {
    pen.fillStyle = '#fff';
    pen.fillRect(0, 0, 1, 1);
    for (const colour of colours) { pen.fillStyle = colour; pen.fillRect(0, 0, 1, 1); }
    return pen.getImageData(0, 0, 1, 1).data;
  };
  const light = rgb => [0.2126, 0.7152, 0.0722].reduce((sum, weight, i) => {
    const v = rgb[i] / 255;
    return sum + weight * (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
  }, 0);
  const behind = node => node ? [...behind(node.parentElement), getComputedStyle(node).backgroundColor] : [];
  return [...document.querySelectorAll('.gc-live *')]
    .filter(n => n.checkVisibility() && [...n.childNodes].some(c => c.nodeType === 3 && c.data.trim()))
    .filter(n => n.tagName !== 'OPTION')
    .map(n => {
      const [a, b] = [light(over([...behind(n), getComputedStyle(n).color])), light(over(behind(n)))];
      return [n.textContent, (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)];
    });
}"""  # noqa: E501


def nodes(page) -> list[dict]:
    """Return what assistive technology is told of the widget, as Chromium works it out."""
    session = page.context.new_cdp_session(page)
    root = session.send("DOM.getDocument")["root"]["nodeId"]
    node = session.send("DOM.querySelector", {"nodeId": root, "selector": ".gc-live"})["nodeId"]
    session.send("Accessibility.enable")
    found = session.send("Accessibility.queryAXTree", {"nodeId": node})["nodes"]
    return [n for n in found if not n["ignored"]]


def focusable(node: dict) -> bool:
    properties = {p["name"]: p["value"].get("value") for p in node.get("properties", [])}
    return bool(properties.get("focusable"))


def test_everything_has_a_name_and_can_be_read_in_both_themes(notebook, errors):
    """Names and roles as Chromium tells them, the tab order, contrast."""
    page = show(notebook)
    for name in ("Move", "More directions", "Film", "Add and subtract", "Real images", "Save"):
        tab(page, name)
        seen = [n for n in nodes(page) if focusable(n)]
        assert len(seen) >= 10
        assert not [n for n in seen if not n["name"].get("value", "").strip()]
        assert "generic" not in {n["role"]["value"] for n in seen}
        assert page.locator(".gc-page:visible .gc-controls > label").count() <= 4
    tab(page, "Move")
    page.locator(".gc-pad").focus()
    order = []
    for _ in range(8):
        page.keyboard.press("Tab")
        order.append(page.evaluate("document.activeElement.textContent.slice(0, 8)"))
    assert order[:3] == ["Somewher", "Pin this", "Move"]
    for theme, name in (("JupyterLab Light", "light"), ("JupyterLab Dark", "dark")):
        page.evaluate(THEME, theme)
        page.wait_for_timeout(1500)
        ratios = page.evaluate(CONTRAST)
        assert len(ratios) > 10
        assert not [ratio for ratio in ratios if ratio[1] < 4.5]
        shoot(page, f"explorer_{name}")
    page.evaluate(THEME, "JupyterLab Light")
    page.set_viewport_size({"width": 640, "height": 450})  # 1280 x 900 at 200 %
    page.evaluate("window.jupyterapp.shell.collapseLeft()")
    page.wait_for_timeout(1000)
    live = page.evaluate(
        "(n => [n.scrollWidth, n.clientWidth])(document.querySelector('.gc-live'))"
    )
    assert live[0] <= live[1] + 1
    shoot(page, "explorer_200_percent")


TRAINS = """from gancourse import live, load_images, train
state = train.State(train.get_preset("mlp"), 0, "cpu")
dashboard = live.TrainingDashboard(state, load_images("mnist").batch, steps=100_000)
explorer = dashboard.explorer()
explorer"""


def test_the_pad_answers_while_the_net_trains_and_training_goes_on(notebook, errors):
    page = notebook([TRAINS, "shown = dashboard.run()"])
    assert not errors_of(run_all(page))
    settle(page, "print(int(state.step > 30))", 1)
    first = shown(page)
    page.wait_for_function(
        f"old => String(({SHOWN})('.gc-large')) !== old", arg=",".join(map(str, first))
    )
    page.locator(".gc-pad").focus()
    steps = [asked(page, "print(state.step)")]
    for key in ("Home", "PageUp", "Shift+ArrowUp", "End"):
        page.keyboard.press(key)
        page.wait_for_selector(".gc-live[data-idle=true]")
        steps.append(asked(page, "print(state.step)"))
    assert steps[0] < steps[-1]
    assert asked(page, "print(int(explorer.steering.values['u']))") == 3
    shoot(page, "explorer_training")
    asked(page, "dashboard.pause(); print(0)")
    drawn_at_last(page)
    asked(page, "dashboard.stop(); print(0)")


def tour(page) -> list[bytes]:
    """Return screenshots of the widget along a round on the pad, with the pixels compared."""
    box, frames = page.locator(".gc-pad").bounding_box(), []
    live = page.locator(".gc-live")
    for i in range(36):
        turn = 2 * math.pi * i / 36
        x, y = box["width"] * math.sin(turn) / 3, box["height"] * math.sin(2 * turn) / 3
        page.mouse.move(box["x"] + box["width"] / 2 + x, box["y"] + box["height"] / 2 - y, steps=3)
        if i == 0:
            page.mouse.down()
        as_drawn(page)
        frames.append(live.screenshot())
    page.mouse.up()
    return frames


def film_of(frames: list[bytes], path: Path, width: int = 520) -> None:
    """Write screenshots as a GIF of 64 greys and the two colours of the widget."""
    greys = [level for i in range(64) for level in 3 * [round(i * 255 / 63)]]
    palette = Image.new("P", (1, 1))
    palette.putpalette([*greys, *COLOURS])
    pictures = [Image.open(io.BytesIO(f)).convert("RGB") for f in frames]
    size = (width, round(width * pictures[0].height / pictures[0].width))
    small = [p.resize(size).quantize(palette=palette, dither=Image.Dither.NONE) for p in pictures]
    small[0].save(path, save_all=True, append_images=small[1:], duration=110, loop=0)


def test_every_stop_of_a_round_on_the_pad_shows_what_G_gives(notebook, errors):
    page = show(notebook)
    frames = tour(page)
    assert len(set(frames)) > 30
    if SHOTS:
        film_of(frames, Path(SHOTS) / "explorer.gif")
