"""The front page on film: the explorer is moved, then a GAN on points learns.

`GANCOURSE_SHOTS=docs pytest tests/website/test_film.py` writes it to docs/front.webp.
"""

import io
import math
import os
from pathlib import Path

import pytest
from PIL import Image

SHOTS = os.environ.get("GANCOURSE_SHOTS")  # the folder that it goes to
WIDTH, HEIGHT = 760, 640
TOP = "e => scrollTo(0, e.getBoundingClientRect().top + scrollY - 12)"
ROUND = 24  # pictures of a round on the pad
TURNS = [*range(0, 120, 12), *range(120, 420, 30), *range(420, 841, 70)]
COUNT = """Number(document.querySelector('[data-live=points] .gc-numbers b')
  .textContent.replace(',', ''))"""
FRAME_MS, LAST_MS, LIMIT = 120, 1500, 1_500_000  # bytes


def steered(tab) -> list[bytes]:
    """Return pictures of the window while the point goes round on the pad."""
    box, frames = tab.locator(".gc-pad").bounding_box(), []
    for i in range(ROUND):
        turn = 2 * math.pi * i / ROUND
        x, y = box["width"] * math.sin(turn) / 3, box["height"] * math.sin(2 * turn) / 3
        tab.mouse.move(box["x"] + box["width"] / 2 + x, box["y"] + box["height"] / 2 - y, steps=3)
        if i == 0:
            tab.mouse.down()
        frames.append(tab.screenshot())
    tab.mouse.up()
    return frames


def learnt(tab) -> list[bytes]:
    """Return pictures of the window as points learn, each some turns after the last."""
    points = tab.locator("[data-live=points]")
    points.locator(".gc-plane").wait_for()
    points.get_by_role("button", name="Run").click()
    points.evaluate(TOP)  # a click scrolls to its button
    frames = []
    for turn in TURNS:
        tab.wait_for_function(f"{COUNT} >= {turn}", polling=5)
        frames.append(tab.screenshot())
    return frames


def written(frames: list[bytes], path: Path) -> int:
    """Write pictures as a film; return its bytes."""
    pictures = [Image.open(io.BytesIO(frame)).convert("RGB") for frame in frames]
    times = [FRAME_MS] * (len(pictures) - 1) + [LAST_MS]
    pictures[0].save(path, save_all=True, append_images=pictures[1:], duration=times, loop=0,
                     quality=55, method=4, minimize_size=True)  # fmt: skip
    return path.stat().st_size


@pytest.mark.skipif(not SHOTS, reason="a film is made where GANCOURSE_SHOTS says")
def test_the_front_page_on_film(look):
    opened = look("index.html", WIDTH, reduced_motion="reduce")  # it learns when it is seen
    tab = opened.tab
    tab.set_viewport_size({"width": WIDTH, "height": HEIGHT})
    tab.wait_for_selector(".gc-pad[data-mapped]")
    tab.locator(".gc-mount").first.evaluate(TOP)
    tab.wait_for_timeout(300)
    frames = steered(tab)
    tab.locator("[data-live=points]").scroll_into_view_if_needed()
    frames += learnt(tab)
    assert len(set(frames)) > 0.8 * len(frames)
    assert written(frames, Path(SHOTS) / "front.webp") < LIMIT
