"""The page that the latent explorer exports: it answers with no kernel and no network."""

import os
from pathlib import Path

import pytest

SHOTS = os.environ.get("GANCOURSE_SHOTS")  # a folder to keep screenshots in
SHOWN = """selector => {
  const canvas = document.querySelector(selector);
  const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
  return Array.from(data).filter((_, i) => i % 4 === 0);
}"""
STEPS = """async () => {
  const times = [];
  const square = document.querySelector('.gc-pad');
  for (let i = 0; i < 40; i++) {
    const key = ['ArrowLeft', 'ArrowUp', 'ArrowRight', 'ArrowRight'][i % 4];
    const start = performance.now();
    square.dispatchEvent(new KeyboardEvent('keydown', {key, bubbles: true, cancelable: true}));
    times.push(performance.now() - start);
    await new Promise(requestAnimationFrame);
  }
  return times.sort((a, b) => a - b)[20];
}"""


@pytest.fixture
def exported(chromium, tmp_path):
    """An explorer, and a tab without network that shows the page it exported."""
    from gancourse import live, nets

    explorer = live.LatentExplorer(nets.load_shipped("mnist"))
    path = explorer.export_html(tmp_path / "plane.html")
    assert path.stat().st_size < 1_300_000
    context = chromium.new_context(offline=True)
    page, errors = context.new_page(), []
    page.on("console", lambda m: errors.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(path.as_uri())
    page.wait_for_selector(".gc-pad")
    yield explorer, page
    context.close()
    assert not errors


def test_the_exported_page_answers_with_no_kernel_and_no_network(exported):
    explorer, page = exported
    for keys, at in (
        ((), (0, 0)),
        (("ArrowRight", "ArrowUp", "ArrowUp"), (0.05, 0.1)),
        (("Home",), (-3, 0.1)),
    ):
        page.locator(".gc-pad").focus()
        for key in keys:
            page.keyboard.press(key)
        truth = explorer.pixels(explorer.steering.plane.at(*at)[None]).flatten().tolist()
        drawn = page.evaluate(SHOWN, ".gc-large")
        assert max(abs(a - b) for a, b in zip(drawn, truth, strict=True)) <= 1
    page.locator("[data-key=u]").focus()
    page.keyboard.press("End")
    assert "3.00 across" in page.locator(".gc-pad").get_attribute("aria-label")
    if SHOTS:
        page.screenshot(path=Path(SHOTS) / "explorer_export.png")
    before = page.evaluate(SHOWN, ".gc-large")
    page.get_by_label("direction up").select_option("principal 1")
    assert "along principal 1" in page.locator(".gc-text").inner_text()
    page.get_by_role("button", name="Somewhere else").click()
    assert page.evaluate(SHOWN, ".gc-large") != before


@pytest.mark.clock
def test_a_step_on_the_exported_page_takes_milliseconds(exported):
    median = exported[1].evaluate(STEPS)
    print(f"exported page: a step in {median:.2f} ms")
    assert median < 20
