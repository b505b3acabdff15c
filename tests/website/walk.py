"""A walk through the site: every widget of a page moved by mouse, key and touch."""

import json

LARGE, PHONE, ZOOMED = "1280 px", "390 px", "200 %"
SIZES = {  # zoomed to 200 %, a window of 1280 pixels is 640 wide, and each of them is two
    LARGE: {"width": 1280},
    PHONE: {"width": 390},
    ZOOMED: {"width": 640, "device_scale_factor": 2},
}
# What is moved in a widget, by what it is.
MOVED = {"explorer": ".gc-pad", "points": ".gc-run button >> nth=1"}
SLIDER = "input[type=range] >> visible=true >> nth=0"
# All that a widget shows: canvases by their pixels.
SHOWN = """place => place.querySelector('.gc-live').innerHTML
  + [...place.querySelectorAll('canvas')].map(c => c.toDataURL()).join()
  + [...place.querySelectorAll('input')].map(i => i.value).join()"""
OUTSIDE = """place => [...place.querySelectorAll('.gc-live *')].filter(e => e.checkVisibility()
  && !e.closest('svg') && e.getBoundingClientRect().right > innerWidth + 1)
  .slice(0, 2).map(e => e.outerHTML.slice(0, 90))"""


def key(tab, control, is_button: bool) -> None:
    if is_button:
        control.press("Enter")
    elif control.evaluate("e => e.value !== undefined && e.value === e.max"):
        control.press("ArrowLeft")
    else:
        control.press("ArrowRight")


def mouse(tab, control, is_button: bool) -> None:
    if is_button:
        control.click()
        return
    box = control.bounding_box()
    middle = box["y"] + box["height"] / 2
    tab.mouse.move(box["x"] + 0.4 * box["width"], middle)
    tab.mouse.down()
    to = control.evaluate("e => (e.value ?? 0) - e.min > e.max - (e.value ?? 0) ? 0.1 : 0.9")
    tab.mouse.move(box["x"] + to * box["width"], middle, steps=3)
    tab.mouse.up()


def touch(tab, control, is_button: bool) -> None:
    box = control.bounding_box()
    tab.touchscreen.tap(box["x"] + 0.2 * box["width"], box["y"] + 0.5 * box["height"])


INPUTS = {"mouse": mouse, "key": key, "touch": touch}


def alive(place) -> None:
    """Bring a widget near and wait until it lives and has answered."""
    place.scroll_into_view_if_needed()
    place.locator(".gc-live:not([data-idle=false])").wait_for()


def walked(look, first_only: bool = False) -> dict[str, dict[str, str]]:
    """Move the widgets of an open page; return what is wrong by "number kind" and input."""
    found = {}
    for number, place in enumerate(look.tab.locator(".gc-mount").all()):
        if first_only and number:
            break
        kind = place.get_attribute("data-live")
        alive(place)
        control = place.locator(MOVED.get(kind, SLIDER))
        found[f"{number} {kind}"] = {
            name: moved(look.tab, place, control, move) for name, move in INPUTS.items()
        } | {"fits": ", ".join(place.evaluate(OUTSIDE))}
        if place.locator(".gc-link:visible").count():
            found[f"{number} {kind}"]["link"] = place.locator(".gc-link").first.inner_text()
    return found


def moved(tab, place, control, move, patience: int = 20_000) -> str:
    """Make a move; return "" if the widget then shows something else."""
    alive(place)
    control.scroll_into_view_if_needed()
    before = place.evaluate(SHOWN)
    move(tab, control, control.evaluate("e => e.tagName === 'BUTTON'"))
    handle = place.element_handle()
    try:
        tab.wait_for_function(
            f"place => ({SHOWN})(place) !== {json.dumps(before)}", arg=handle, timeout=patience
        )
    except Exception as error:  # Playwright's timeout
        return f"does not move: {type(error).__name__}"
    return ""


def wrong(found: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
    """Return what is wrong, without what is right."""
    bad = {name: {k: v for k, v in row.items() if v} for name, row in found.items()}
    return {name: row for name, row in bad.items() if row}
