"""Recorded charts beside Python: the same picture and the same words at random settings.

This is also what notices that a recording is older than the mathematics it was made from:
`python tools/recordings.py` makes it again.
"""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from gancourse.data import IMAGE_SETS
from gancourse.errors import InputError
from gancourse.live.charts import Chart
from gancourse.live.controls import Choice, Slider
from gancourse.live.drawings import Drawing, packed
from gancourse.live.recorded import (
    RECORDED,
    RecordingError,
    chart_program,
    file_of,
    program_bytes,
    recorded_chart,
    recording_of,
    trainings,
)
from gancourse.live.recorded.trainings import (
    TRAININGS,
    opened_training,
    training_bytes,
    training_file,
)
from gancourse.plots import Mark, Panel

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))
import javascript  # noqa: E402

LONG = os.environ.get("GANCOURSE_LONG")
PLACES = 1000 if LONG else 150
SLOW = {"spoil_digits": 66 if LONG else 12}  # each setting asks a ruler, and there are 66
NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e[-+]\d+)?")
ONE = torch.ones((), dtype=torch.float64)
CLOSE = 1e-6  # of an axis: a thousandth of a pixel


@pytest.fixture(scope="module")
def node():
    try:
        return javascript.node()
    except javascript.Missing as error:
        pytest.skip(str(error))


def settings(control) -> list:
    if isinstance(control, Choice):
        return list(control.options)
    steps = round((control.high - control.low) / control.step)
    return [control.clean(control.low + i * control.step) for i in range(steps + 1)]


def places(chart: Chart, n: int) -> list[dict]:
    """Return n settings of a chart's controls, drawn from all that they can have."""
    rng = np.random.default_rng(1)
    every = {key: settings(c) for key, c in chart.controls.items()}
    return [{k: v[rng.integers(len(v))] for k, v in every.items()} for _ in range(n)]


def in_the_page(node: str, path: Path, at: list[dict]) -> list[dict]:
    script = ROOT / "tests" / "js" / "replay.js"
    run = subprocess.run([node, script, path], input=json.dumps(at), capture_output=True, text=True)
    assert not run.returncode, run.stderr
    return json.loads(run.stdout)


def in_python(chart: Chart, values: dict) -> dict:
    with np.errstate(all="ignore"):
        return packed(chart.draw(**values))


def words(scene: dict) -> list[str]:
    handles = [f"{h['label']} {h['x']} {h['y']} {h['role']} {h['panel']}" for h in scene["handles"]]
    panels = [f"{p['title']}, {p['xlabel']}, {p['ylabel']}, {p['equal']}, {list(p['names'])}, "
              f"{[(m['kind'], m['label'], m['role']) for m in p['marks']]}"
              for p in scene["panels"]]  # fmt: skip
    return [scene["text"], *map(str, scene["numbers"]), *handles, *panels]


def arrays(scene: dict, of_python: bool) -> list[np.ndarray]:
    """Return all that is drawn, in shares of an axis, cut a little outside of the panel."""
    found = [np.array(h["at"]) for h in scene["handles"]]
    for panel in scene["panels"]:
        found += [np.array(panel["xlim"]), np.array(panel["ylim"])]
        for mark in panel["marks"]:
            for key in ("x", "y", "x2", "y2"):
                if key in mark:
                    low, high = panel["xlim" if key[0] == "x" else "ylim"]
                    v = np.frombuffer(mark[key], "<f4") if of_python else mark[key]
                    v = np.array(v, dtype=float)
                    found.append(((v - low) / (high - low)).clip(-1, 2))
    return found


def distance(a: dict, b: dict) -> float:
    """Return how far two scenes of Python are apart."""
    pairs = zip(arrays(a, True), arrays(b, True), strict=True)
    return max(np.nan_to_num(np.abs(x - y)).max(initial=0) for x, y in pairs)


def judge(found: dict, wanted: dict) -> str:
    """Return what the page shows otherwise than Python, "" where all is the same."""
    for ours, theirs in zip(words(found), words(wanted), strict=True):
        if NUMBER.sub("#", ours) != NUMBER.sub("#", theirs):
            return f"{ours} in place of {theirs}"
        pairs = zip(NUMBER.findall(ours), NUMBER.findall(theirs), strict=True)
        if any(abs(float(x) - float(y)) > 1e-9 + 2e-2 * abs(float(y)) * (x != y) for x, y in pairs):
            return f"{ours} in place of {theirs}"
    pairs = zip(arrays(found, False), arrays(wanted, True), strict=True)
    for ours, theirs in pairs:
        close = {"rtol": 0, "atol": CLOSE, "equal_nan": True}
        if ours.shape != theirs.shape or not np.allclose(ours, theirs, **close):
            return f"{np.abs(ours - theirs).max()} of an axis apart"
    return ""


def charts(name: str) -> Chart:
    if name == "spoil_digits" and IMAGE_SETS["mnist"].here() is None:
        pytest.skip("these are recorded with MNIST")
    return recorded_chart(name)


def loses_itself(chart: Chart, values: dict) -> bool:
    """Whether Python's own picture changes when a start is moved by a rounding error."""
    moved = {k: v + 1e-12 if k in ("theta", "psi") else v for k, v in values.items()}
    return distance(in_python(chart, values), in_python(chart, moved)) > CLOSE / 10


@pytest.mark.parametrize("name", RECORDED)
def test_a_recording_shows_what_python_shows(node, name):
    """At random settings; a path that rounding alone carries elsewhere has no one picture."""
    chart = charts(name)
    n = min(PLACES, SLOW.get(name, PLACES))
    at = places(chart, n)
    wrong, lost = {}, 0
    for values, found in zip(at, in_the_page(node, file_of(name), at), strict=True):
        if said := judge(found, in_python(chart, values)):
            if name == "phase_plane" and loses_itself(chart, values):
                lost += 1
            else:
                wrong[str(values)] = said
    print(f"{name}: {n} settings, {len(wrong)} wrong, {lost} chaotic")
    assert wrong == {}
    assert lost <= 0.1 * n


def drawn(y, text="", **controls) -> Chart:
    """Return a chart of one line, of two sliders a and b."""

    def draw(a, b):
        shown = y(a, b)
        panel = Panel((Mark("line", [0.0, 1.0, 2.0], shown),), "x", "y", (0, 2), (-9, 9))
        return Drawing((panel,), text or f"{a:.1f} and {b:.2f}")

    controls = {k: Slider(k, 0.0, 2.0, 0.5, 1.0) for k in "ab"} | controls
    return Chart("a line", draw, controls)


def both_ways(a, b):
    x = torch.linspace(0, 2, 3, dtype=torch.float64)
    return a * x if a > b else torch.where(x > b, a - x, b + x).relu()


def test_a_decision_is_recorded_both_ways(node, tmp_path):
    chart = drawn(both_ways)
    path = tmp_path / "line.chart"
    path.write_bytes(program_bytes(chart_program(chart)))
    at = places(chart, 25)
    for values, found in zip(at, in_the_page(node, path, at), strict=True):
        assert judge(found, in_python(chart, values)) == ""


def test_a_control_that_is_counted_with_is_gone_through(node, tmp_path):
    chart = drawn(lambda a, b: [a] * int(b) + [0.0] * (3 - int(b)),
                  b=Slider("b", 0, 3, 1, 1))  # fmt: skip
    program = chart_program(chart)
    assert program["axes"] == {"b": [0.0, 1.0, 2.0, 3.0]}


@pytest.mark.parametrize("lost", [
    lambda a, b: torch.tensor([1.0, 2, 3]) * float(a + b),
    lambda a, b: np.linalg.inv(np.eye(3) * (a + b))[0],
    lambda a, b: torch.linalg.det((a + b) * torch.eye(3)) * torch.ones(3),
    lambda a, b: (torch.ones(3) * (a + b)).tolist(),
    lambda a, b: np.array([a + b, 1.0, 2.0]),
    lambda a, b: torch.cdist((a + b) * torch.ones(3, 1), torch.ones(1, 1), p=1)[:, 0],
    lambda a, b: (a * torch.ones(3, 2)).any(1).double(),
    lambda a, b: (a * torch.ones(3, 2)).kthvalue(1, 1).indices.double(),
])  # fmt: skip
def test_what_cannot_be_replayed_is_refused_and_not_frozen(lost):
    with pytest.raises(RecordingError):
        chart_program(drawn(lost))


def at_places(node: str, tmp_path: Path, chart: Chart) -> None:
    path = tmp_path / "made.chart"
    path.write_bytes(program_bytes(chart_program(chart)))
    at = places(chart, 25)
    for values, found in zip(at, in_the_page(node, path, at), strict=True):
        assert judge(found, in_python(chart, values)) == ""


@pytest.mark.parametrize("found", [
    lambda x: torch.cdist(x, x / 3 + 1)[:, 1],
    lambda x: torch.cdist(x, x).kthvalue(2, 1).values,
    lambda x: (torch.cdist(x, x) <= 1).any(1).double(),
    lambda x: x[:, 0][~(x[:, 0] > 1)].sum() * torch.ones(3),
])  # fmt: skip
def test_distances_and_who_is_near_are_recorded(node, tmp_path, found):
    start = torch.tensor([[0.0, 1.0], [2.0, 0.5], [1.0, 1.0]], dtype=torch.float64)
    at_places(node, tmp_path, drawn(lambda a, b: found(start * torch.stack([a * ONE, b * ONE]))))


def test_a_call_finds_its_recording_by_what_is_no_control():
    assert recording_of("two_clouds", [], {"x": 13.0})[0] == "two_clouds"
    assert recording_of("two_clouds", [], {"x": 13.0})[1]["x"] == 13.0
    assert recording_of("spoil_digits", [], {"fault": "noise"})[1]["fault"] == "noise"
    assert recording_of("spoil_digits", ["fashion"], {}) is None
    assert recording_of("budget", [], {"devices": 8})[0] == "budget"
    assert recording_of("budget", [], {"rate": 1e14})[0] == "budget_fast"
    assert recording_of("budget", [], {"rate": 1e12}) is None
    assert recording_of("budget", [], {"price": 2.0}) is None
    assert recording_of("ask_for", [], {}) is None


@pytest.mark.parametrize("name", TRAININGS)
def test_a_recorded_training_is_small_and_moves(name):
    told, pixels = opened_training(training_file(name).read_bytes())
    assert training_file(name).stat().st_size < 450_000
    assert told["steps"] == TRAININGS[name].steps()
    assert (pixels[4:] != pixels[3:-1]).flatten(1).any(1).all()  # an average hardly moves at first
    assert [p["title"] for p in told["panels"]][1].startswith("What D says")


def test_digits_are_not_recorded_as_mnist(monkeypatch):
    monkeypatch.setattr(trainings, "load_images", lambda name: SimpleNamespace(name="digits"))
    with pytest.raises(InputError, match="is recorded on MNIST, and digits took its place"):
        training_bytes("mlp", until=0)


@pytest.mark.parametrize("name", ["mlp", "mlp_beaten", "dcgan"])
def test_a_recorded_training_begins_as_python_does(name):
    told, pixels = opened_training(training_file(name).read_bytes())
    begun, now = opened_training(training_bytes(name, until=3))
    assert begun["steps"] == told["steps"][:3]
    off = (now.int() - pixels[:3].int()).abs()
    assert off.max() <= 17  # two of 32 greys: another processor adds up in another order
    assert off.float().mean() < 0.1
