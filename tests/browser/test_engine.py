"""How fast the page's engine is in Chromium; it runs with WebAssembly and without."""

import base64
import gzip
import statistics

import pytest

from gancourse import live, nets
from gancourse.live.frontend import STATIC, css
from gancourse.nets.files import SHIPPED

ISSUE = """of the issue, same measure: WebAssembly 2.0 ms, start 35-65 ms, 8 / 3 kB
JavaScript 69 ms, 62-114 ms, 5 / 2 kB; onnxruntime-web 15 ms, 1,300 ms, 14,290 / 3,676 kB
tfjs 27 ms, 120-460 ms, 2,044 / 537 kB"""
MEASURE = """async ([script, weights, plain, images]) => {
  const { openGenerator } = await import(URL.createObjectURL(new Blob([script], {type: 'text/javascript'})));
  const bytes = Uint8Array.from(atob(weights), c => c.charCodeAt(0));
  const z = n => Float32Array.from({length: 16}, (_, i) => Math.sin(n + 3.7 * i));
  const began = performance.now();
  const G = openGenerator(bytes, {plain});
  G.pixels(z(0));
  const start = performance.now() - began;
  const times = [];
  for (let n = 0; n < images; n++) {
    const at = performance.now();
    G.pixels(z(n));
    times.push(performance.now() - at);
  }
  return {kind: G.kind, start, times, pixels: [...G.pixels(z(1))]};
}"""  # noqa: E501


@pytest.fixture
def blank(chromium):
    context = chromium.new_context(offline=True)
    yield context.new_page()
    context.close()


def measured(page, plain: bool, images: int = 30) -> dict:
    weights = base64.b64encode((SHIPPED / "mnist.safetensors").read_bytes()).decode()
    script = (STATIC / "engine.js").read_text(encoding="utf-8")
    return page.evaluate(MEASURE, [script, weights, plain, images])


def test_chromium_runs_it_with_and_without_webassembly_to_the_same_pixels(blank):
    fast, plain = measured(blank, False, 1), measured(blank, True, 1)
    assert (fast["kind"], plain["kind"]) == ("WebAssembly", "JavaScript")
    off = sum(a != b for a, b in zip(fast["pixels"], plain["pixels"], strict=True))
    assert off <= 1
    assert len(set(fast["pixels"])) > 50


MOUNT = """async ([script, weights, options]) => {
  const { mountExplorer } = await import(URL.createObjectURL(new Blob([script], {type: 'text/javascript'})));
  const bytes = Uint8Array.from(atob(weights), c => c.charCodeAt(0));
  return Boolean(await mountExplorer(document.body, bytes, options));
}"""  # noqa: E501


def test_any_page_can_mount_the_explorer_where_python_left_it(blank):
    from gancourse.live.explorer import export

    explorer = live.LatentExplorer(nets.load_shipped("fashion"), "fashion")
    script = (STATIC / "engine.js").read_text(encoding="utf-8")
    weights = base64.b64encode((SHIPPED / "fashion.safetensors").read_bytes()).decode()
    blank.set_content(f"<style>{css()}</style>")
    assert blank.evaluate(MOUNT, [script, weights, {"start": export.start(explorer)}])
    blank.locator(".gc-pad").focus()
    blank.keyboard.press("PageUp")
    drawn = blank.evaluate(
        "(c => [...c.getContext('2d').getImageData(0, 0, 28, 28).data].filter((_, i) => !(i % 4)))"
        "(document.querySelector('.gc-large'))"
    )
    truth = explorer.pixels(explorer.steering.plane.at(0, 0.5)[None]).flatten().tolist()
    assert max(abs(a - b) for a, b in zip(drawn, truth, strict=True)) <= 1
    assert not blank.evaluate(MOUNT, [script, base64.b64encode(b"12345678no").decode(), {}])
    assert "not a whole safetensors file" in blank.locator(".gc-link").inner_text()


@pytest.mark.clock
def test_an_image_takes_milliseconds(blank):
    print()
    for plain in (False, True):
        told = measured(blank, plain, 100)
        median, best = statistics.median(told["times"]), min(told["times"])
        print(
            f"{told['kind']}: median {median:.2f} ms, least {best:.2f}, start {told['start']:.0f}"
        )
        assert median < (20 if not plain else 500)
    script = (STATIC / "engine.js").read_bytes()
    print(f"engine.js with the explorer: {len(script):,} bytes, gz {len(gzip.compress(script)):,}")
    print(ISSUE)
