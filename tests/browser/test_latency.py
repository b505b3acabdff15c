"""How fast the explorer answers, beside `interact` with matplotlib and the same generator.

Both stand in one page under the course's settings, and take turns, so that a busy machine slows
both. The table is printed; only ratios are judged. Each has an aim, which a machine that does
nothing else reaches, and a bound. Other work on two cores costs the faster one more, so missing the
aim in three tries is a warning; missing the bound fails anywhere.
"""

import statistics
import time
import warnings

import pytest
from conftest import errors_of, run_all
from kernel import asked

pytestmark = pytest.mark.clock
ROUNDS, PRESSES, DRAG = 4, 10, 3.0  # turns of each; key presses, and seconds of a drag, in a turn
TRIES = 3
FASTER = {"aim": 2, "bound": 1.4}  # times: the answer to a key, and the pictures a second of a drag
LATE = {"aim": 2, "bound": 3}  # times as late the p95 of the answers may be while a net trains
BOTH = """import torch
from gancourse import live, nets
G = nets.load_shipped("mnist")
explorer = live.LatentExplorer(G)
explorer"""
INTERACT = """%matplotlib inline
import ipywidgets
import matplotlib.pyplot as plt
plane = explorer.steering.plane
@torch.no_grad()
def draw(u):
    plt.imshow(G(plane.at(u, 0.0)[None])[0, 0], cmap="gray", vmin=-1, vmax=1)
    plt.axis("off")
    plt.show()
ipywidgets.interact(draw, u=ipywidgets.FloatSlider(min=-3, max=3, step=0.05));"""
# What is seen: the canvas's pixels, or the address of the picture that matplotlib sent.
WATCH = """() => {
  const seen = {
    explorer: () => {
      const canvas = document.querySelector('.gc-large');
      const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
      let hash = 0, blank = true;
      for (let i = 0; i < data.length; i += 4) {
        hash = (hash * 31 + data[i]) | 0;
        if (data[i] && data[i + 3] === 255) blank = false;
      }
      return blank ? 'blank' : hash;
    },
    interact: () => {
      const image = document.querySelector('.widget-interact img, .widget-output img');
      return image && image.complete && image.naturalWidth ? image.src : 'blank';
    },
  };
  window.watched = name => seen[name]();
  window.pressed = (name, selector) => new Promise(done => {
    const node = document.querySelector(selector);
    const before = seen[name]();
    node.addEventListener('keydown', () => {
      const start = performance.now();
      const look = () => {
        const now = seen[name]();
        if (now !== before && now !== 'blank') done(performance.now() - start);
        else if (performance.now() - start > 10000) done(null);
        else setTimeout(look, 1);
      };
      look();
    }, {once: true, capture: true});
  });
  // While G trains its picture changes without a key, so the answer to the key itself is timed.
  window.answered = selector => new Promise(done => {
    const root = document.querySelector('.gc-live');
    document.querySelector(selector).addEventListener('keydown', () => {
      const start = performance.now();
      const look = () => root.dataset.idle === 'true' ? done(performance.now() - start) : setTimeout(look, 1);
      setTimeout(look, 0);
    }, {once: true, capture: true});
  });
  window.film = name => {
    const told = {frames: 0, blank: 0};
    let last = seen[name](), going = true;
    const look = () => {
      const now = seen[name]();
      if (now === 'blank') told.blank += 1;
      else if (now !== last) { told.frames += 1; last = now; }
      if (going) setTimeout(look, 4);
    };
    look();
    window.cut = () => { going = false; return told; };
  };
}"""  # noqa: E501
FOCUS = {"explorer": ".gc-pad", "interact": ".widget-interact .noUi-handle"}


def press(page, name: str, key: str) -> float:
    """Return the milliseconds from a key press to changed pixels."""
    page.evaluate(
        "([name, selector]) => { window.took = window.pressed(name, selector) }",
        [name, FOCUS[name]],
    )
    page.keyboard.press(key)
    took = page.evaluate("window.took")
    assert took is not None, f"{name} did not change after {key}"
    page.wait_for_timeout(60)
    return took


def presses(page, name: str, turn: int) -> list[float]:
    page.locator(FOCUS[name]).focus()
    keys = ("ArrowRight", "ArrowLeft")[turn % 2]
    return [press(page, name, keys) for _ in range(PRESSES)]


def drag(page, name: str) -> dict:
    """Drag to and fro for some seconds; return how many different pictures, and blanks, came."""
    handle = page.locator(FOCUS[name] if name == "interact" else ".gc-pad-mark").bounding_box()
    x, y = handle["x"] + handle["width"] / 2, handle["y"] + handle["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.evaluate("name => window.film(name)", name)
    start, i = time.monotonic(), 0
    while (seconds := time.monotonic() - start) < DRAG:
        page.mouse.move(x + 2 * abs(i % 50 - 25), y)
        i += 1
    told = page.evaluate("window.cut()")
    page.mouse.move(x, y)
    page.mouse.up()
    page.wait_for_timeout(400)
    return {"fps": told["frames"] / seconds, "blank": told["blank"]}


def p95(times: list[float]) -> float:
    return statistics.quantiles(times, n=20)[-1]


def compared(page) -> dict:
    """Return each one's times and frames, measured in turns."""
    times, drags = {"explorer": [], "interact": []}, {"explorer": [], "interact": []}
    for turn in range(ROUNDS):
        for name in times:
            times[name] += presses(page, name, turn)
            drags[name].append(drag(page, name))
    return {
        name: {
            "median_ms": round(statistics.median(times[name]), 1),
            "p95_ms": round(p95(times[name]), 1),
            "fps": round(statistics.median(d["fps"] for d in drags[name]), 1),
            "blank": sum(d["blank"] for d in drags[name]),
        }
        for name in times
    }


def test_the_explorer_answers_faster_than_interact(notebook):
    page = notebook([BOTH, INTERACT])
    assert not errors_of(run_all(page))
    page.wait_for_selector(".widget-interact img, .widget-output img")
    page.evaluate("window.jupyterapp.shell.collapseLeft()")
    page.evaluate(WATCH)
    ratios = []
    for _ in range(TRIES):
        table = compared(page)
        mine, theirs = table["explorer"], table["interact"]
        print(f"explorer {mine}\ninteract {theirs}")
        assert mine["blank"] == 0
        keys, frames = theirs["median_ms"] / mine["median_ms"], mine["fps"] / theirs["fps"]
        ratios.append(min(keys, frames))
        if ratios[-1] >= FASTER["aim"]:
            return
    warnings.warn(f"explorer {mine}, interact {theirs}: {max(ratios):.2f} times", stacklevel=1)
    assert max(ratios) >= FASTER["bound"]


TRAINS = """from gancourse import live, load_images, train
state = train.State(train.get_preset("dcgan"), 0, "cpu")
dashboard = live.TrainingDashboard(state, load_images("mnist").batch, steps=100_000)
explorer = dashboard.explorer()
explorer"""


def answers(page, turn: int) -> list[float]:
    """Return the milliseconds from each key press to its answer on the canvas."""
    times = []
    for _ in range(2 * PRESSES):  # for a p95
        page.evaluate("selector => { window.took = window.answered(selector) }", FOCUS["explorer"])
        page.keyboard.press(("ArrowRight", "ArrowLeft")[turn % 2])
        times.append(page.evaluate("window.took"))
        page.wait_for_timeout(60)
    return times


def in_turns(page) -> dict[str, float]:
    """Return the p95 of the answers at rest and while it trains, and print a table."""
    times, steps = {"rest": [], "training": []}, []
    for turn in range(ROUNDS):
        for name, code in (("training", "dashboard.run()"), ("rest", "dashboard.pause()")):
            steps.append(asked(page, f"{code}; print(state.step)"))
            page.wait_for_timeout(1500)
            times[name] += answers(page, turn)
    late = {name: p95(t) for name, t in times.items()}
    for name, t in times.items():
        print(f"{name}: median {statistics.median(t):.1f} ms, p95 {late[name]:.1f} ms")
    trained = [b - a for a, b in zip(steps[::2], steps[1::2], strict=True)]
    print("steps in each turn:", trained)
    assert all(trained)
    return late


def test_it_answers_while_a_dcgan_trains_nearly_as_at_rest(notebook):
    page = notebook([TRAINS])
    assert not errors_of(run_all(page))
    page.evaluate(WATCH)
    page.locator(FOCUS["explorer"]).focus()
    ratios = []
    while len(ratios) < TRIES and min(ratios, default=LATE["bound"]) > LATE["aim"]:
        late = in_turns(page)
        ratios.append(late["training"] / late["rest"])
    asked(page, "dashboard.stop(); print(0)")
    if min(ratios) > LATE["aim"]:
        warnings.warn(f"p95 in ms: {late}, {min(ratios):.2f} times", stacklevel=1)
    assert min(ratios) <= LATE["bound"]
