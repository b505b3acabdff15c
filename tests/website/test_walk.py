"""Every page's widgets move by mouse, key and touch, on a phone, at 1280 pixels and at 200 %.

Each day the first widget of each page on a phone; with GANCOURSE_LONG=1 all of them at all sizes,
and a table of it.
"""

import os
import re

import pytest
from walk import LARGE, PHONE, SIZES, ZOOMED, walked, wrong

LONG = bool(os.environ.get("GANCOURSE_LONG"))
MOUNT = re.compile(r'class="gc-mount" data-live="')
LIVELY = {  # a page: how many widgets live on it
    "index": 2, "notebooks/00_welcome": 1, "notebooks/01_the_game": 3,
    "notebooks/02_optimal_discriminator": 2, "notebooks/03_losses": 2, "notebooks/04_dynamics": 3,
    "notebooks/05_minimal_gan": 4, "notebooks/06_mlp_gan_mnist": 4, "notebooks/07_dcgan_parts": 3,
    "notebooks/08_dcgan_mnist": 1, "notebooks/09_latent_space": 1,
    "notebooks/10_failure_clinic": 3, "notebooks/11_how_good": 4, "notebooks/12_stable": 2,
    "notebooks/13_conditional": 2, "notebooks/14_scaling": 2,
}  # fmt: skip


def pages_with_widgets(site) -> dict[str, int]:
    """Return how many widgets each page has, of those that have some."""
    counted = {p.relative_to(site).as_posix(): len(MOUNT.findall(p.read_text("utf-8")))
               for p in site.rglob("*.html")}  # fmt: skip
    return {page: n for page, n in sorted(counted.items()) if n}


@pytest.mark.parametrize("size", [LARGE, PHONE, ZOOMED] if LONG else [PHONE])
def test_every_widget_moves_by_mouse_key_and_touch(site, look, size):
    there = pages_with_widgets(site)
    assert there == {f"{page}.html": n for page, n in LIVELY.items()}
    opened = look("search.html", has_touch=True, **SIZES[size])
    bad, count = {}, 0
    for page in there:
        found = walked(opened.go(page), first_only=not LONG)
        count += len(found)
        if found := wrong(found):
            bad[page] = found
        if wide := opened.overflow():
            bad.setdefault(page, {})["page"] = wide
    print(f"\n{size}: {count} widgets on {len(there)} pages by 3 inputs, wrong: {bad or 'none'}")
    assert count == (sum(there.values()) if LONG else len(there))
    assert bad == {}
