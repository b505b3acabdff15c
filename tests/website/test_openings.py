"""How each lesson opens on the site, in light and in dark.

`GANCOURSE_SHOTS=docs/lessons pytest tests/website/test_openings.py` writes the photographs there.
"""

import io
import os
from pathlib import Path

import pytest
from lesson_page import THEMES
from PIL import Image

from gancourse.syllabus import LESSONS

SHOTS = os.environ.get("GANCOURSE_SHOTS")  # the folder that they go to
WIDTH, HEIGHT, SMALL = 1100, 1600, (440, 640)  # so tall that the first live thing is in it
LIMIT = 1_000_000  # bytes of all


@pytest.mark.skipif(not SHOTS, reason="photographs are taken where GANCOURSE_SHOTS says")
def test_the_openings_in_light_and_in_dark(look):
    folder, means = Path(SHOTS), {}
    for theme in THEMES:
        opened = look("index.html", WIDTH, color_scheme=theme, reduced_motion="reduce")
        for lesson in LESSONS:
            tab = opened.go(f"notebooks/{lesson.name}.html").tab
            tab.set_viewport_size({"width": WIDTH, "height": HEIGHT})
            tab.wait_for_timeout(3000)  # what moves in the window comes to life
            picture = Image.open(io.BytesIO(tab.screenshot())).convert("RGB").resize(SMALL)
            picture.save(folder / f"{lesson.number}-{theme}.webp", quality=45, method=6)
            means[theme, lesson.number] = picture.convert("L").resize((1, 1)).getpixel((0, 0))
    assert all(means["light", n.number] > means["dark", n.number] + 60 for n in LESSONS)
    assert sum(path.stat().st_size for path in folder.glob("*.webp")) < LIMIT
