"""The explorer of a conditional generator in a real page: digit keys and the row of classes."""

from conftest import errors_of, run_all
from kernel import asked

SHOW = """from gancourse import live, nets
explorer = live.LatentExplorer(nets.load_shipped("mnist-conditional"))
explorer"""
SHOWN = """selector => {
  const canvas = document.querySelector(selector);
  const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
  return Array.from(data).filter((_, i) => i % 4 === 0);
}"""
TRUTH = """import json
print(json.dumps({"label": explorer.values()["label"], "z": explorer.z.tolist(),
    "pixels": explorer.pixels(explorer.z[None]).flatten().tolist()}))"""
ROW = ".gc-thumbs[aria-label=Classes] .gc-thumb"


def near(a, b) -> bool:
    return max(abs(x - y) for x, y in zip(a, b, strict=True)) <= 2


def test_keys_and_buttons_ask_for_a_class_at_the_same_z(notebook):
    page = notebook([SHOW])
    assert not errors_of(run_all(page))
    page.wait_for_selector(".gc-live[data-idle=true]")
    assert page.locator(ROW).count() == 10
    before = asked(page, TRUTH)
    assert before["label"] == "0"
    page.locator(".gc-pad").focus()
    page.keyboard.press("7")
    page.wait_for_selector(f"{ROW}[aria-pressed=true] >> text=7")
    after = asked(page, TRUTH)
    assert after["label"] == "7"
    assert after["z"] == before["z"]
    assert near(page.evaluate(SHOWN, ".gc-large"), after["pixels"])
    assert near(page.evaluate(SHOWN, f"{ROW}[aria-pressed=true] canvas"), after["pixels"])
    page.locator(ROW).nth(3).click()
    page.wait_for_selector(f"{ROW}[aria-pressed=true] >> text=3")
    assert asked(page, TRUTH)["label"] == "3"
