"""A whole chart as a program: what is computed, what is drawn of it, for each way it can go."""

import itertools
import json
import re
import struct
import zlib
from collections.abc import Iterator

import numpy as np

from gancourse.live.charts import Chart
from gancourse.live.controls import Choice, Slider
from gancourse.live.drawings import Drawing
from gancourse.live.recorded.tape import NeedsValue, RecordingError, Tape
from gancourse.live.recorded.tensors import Seen, recorded_tensors
from gancourse.live.recorded.traced import CLOSE, OPEN, Traced
from gancourse.plots import Panel

MOST = 32  # ways that one setting's drawing can go; beyond, only those that settings lead to
LOOKED = 60  # settings that are looked at then
MARK = re.compile(f"{OPEN}(\\d+)\\|([^{CLOSE}]*){CLOSE}")
ARRAYS = ("x", "y", "x2", "y2")


class Parts:
    """Pieces of scenes, each kept once: panels, sets of numbers, handles."""

    def __init__(self, tape: Tape):
        self.tape, self.pieces, self._known = tape, [], {}

    def put(self, piece) -> int:
        text = json.dumps(piece, ensure_ascii=False)
        if text not in self._known:
            self._known[text] = len(self.pieces)
            self.pieces.append(piece)
        return self._known[text]

    def scene(self, drawing: Drawing, seen: Seen) -> int:
        """Return the piece that says what a drawing shows, its numbers by their nodes."""
        handles = [
            {"label": text_of(g.label), "at": [seen.node(a) for a in g.at], "x": g.x, "y": g.y,
             "role": g.role, "anywhere": g.anywhere, "panel": g.panel}
            for g in drawing.grips
        ]  # fmt: skip
        numbers = [[text_of(k), text_of(v)] for k, v in (drawing.numbers or {}).items()]
        return self.put({
            "panels": [self.put(self._panel(panel, seen)) for panel in drawing.panels],
            "text": text_of(drawing.text),
            "numbers": self.put(numbers),
            "handles": self.put(handles),
        })  # fmt: skip

    def _panel(self, panel: Panel, seen: Seen) -> dict:
        said = {k: text_of(getattr(panel, k)) for k in ("title", "xlabel", "ylabel")}
        limits = {k: [seen.node(v) for v in getattr(panel, k)] for k in ("xlim", "ylim")}
        marks = [
            {"kind": m.kind, "label": text_of(m.label), "role": m.role}
            | {k: seen.node(getattr(m, k)) for k in ARRAYS if getattr(m, k) is not None}
            for m in panel.marks
        ]
        return {**said, **limits, "equal": panel.equal, "names": list(panel.names or ()),
                "marks": [self.put(mark) for mark in marks]}  # fmt: skip


def text_of(text: str) -> list | str:
    """Return a text with recorded numbers in it as its parts: strings, and [node, format]."""
    pieces, end = [], 0
    for found in MARK.finditer(text):
        pieces += [text[end : found.start()], [int(found[1]), found[2]]]
        end = found.end()
    pieces.append(text[end:])
    return pieces[0] if len(pieces) == 1 else [p for p in pieces if p != ""]


class Recording:
    """The recording of one chart: its tape, its pieces, the controls that are gone through."""

    def __init__(self, chart: Chart):
        self.chart, self.tape = chart, Tape()
        self.parts = Parts(self.tape)
        self.axes = [k for k, c in chart.controls.items() if isinstance(c, Choice)]

    def settings(self, key: str) -> list:
        """Return all values of a control."""
        control = self.chart.controls[key]
        if isinstance(control, Choice):
            return list(control.options)
        steps = round((control.high - control.low) / control.step)
        return [control.clean(control.low + i * control.step) for i in range(steps + 1)]

    def run(self, chosen: dict, at: dict, script: tuple = ()) -> tuple[list, int]:
        """Draw once; return what was decided, and the scene's piece."""
        tape = self.tape
        tape.path, tape.script = [], script
        values = {
            key: chosen[key] if key in chosen else
            Traced(tape, float(at[key]), tape.control(key, self.chart.controls[key]))
            for key in self.chart.controls
        }  # fmt: skip
        with recorded_tensors(tape) as seen, np.errstate(all="ignore"):
            drawing = self.chart.draw(**values)
        return tape.path, self.parts.scene(drawing, seen)

    def ways(self, chosen: dict) -> Iterator[tuple[list, int]]:
        """Yield each way that the drawing can go at chosen values of the axes."""
        found, waiting = [], [()]
        while waiting and len(found) <= MOST:
            script = waiting.pop()
            path, scene = self.run(chosen, self.chart.values, script)
            found.append((path, scene))
            outcomes = [outcome for _, outcome in path]
            waiting += [(*outcomes[:i], not outcomes[i]) for i in range(len(script), len(path))]
        if not waiting:
            yield from found
            return
        for at in self.places():
            yield self.run(chosen, at)

    def places(self) -> Iterator[dict]:
        """Yield settings to look at: all corners, then random ones."""
        rng = np.random.default_rng(0)
        free = [k for k in self.chart.controls if k not in self.axes]
        ends = [(self.chart.controls[k].low, self.chart.controls[k].high) for k in free]
        for corner in itertools.product(*ends):
            yield dict(zip(free, corner, strict=True))
        for _ in range(LOOKED):
            yield {k: rng.choice(self.settings(k)) for k in free}

    def tree(self, chosen: dict) -> list | int:
        """Return the decisions as [node, if so, if not] down to the scenes' pieces."""
        root: dict = {}
        for path, scene in self.ways(chosen):
            place, key = root, "at"
            for node, outcome in path:
                place = place.setdefault(key, {"node": node})
                key = outcome
            place[key] = scene
        return nested(root["at"])

    def trees(self) -> list:
        """Return a tree for each combination of the axes' values, the last axis fastest."""
        while True:
            try:
                combined = itertools.product(*map(self.settings, self.axes))
                return [self.tree(dict(zip(self.axes, v, strict=True))) for v in combined]
            except NeedsValue as asked:
                self.tape, self.axes = Tape(), [*self.axes, asked.key]
                self.parts = Parts(self.tape)


def nested(place) -> list | int | None:
    if not isinstance(place, dict):
        return place
    yes, no = (nested(place.get(outcome)) for outcome in (True, False))
    if yes is None or no is None:  # the settings that were looked at lead one way only
        return no if yes is None else yes
    return [place["node"], yes, no]


def chart_program(chart: Chart) -> dict:
    """Return a chart as a program: JSON, and under "constants" the arrays that it needs.

    Raises RecordingError where its function does something that a page cannot replay.
    """
    from gancourse.live.control_views import COLOURS, described  # ipywidgets

    known = all(isinstance(c, Slider | Choice) for c in chart.controls.values())
    if not known:
        raise RecordingError(f"{chart.name} has controls of a kind that is not recorded")
    recording = Recording(chart)
    trees = recording.trees()
    return {
        "title": chart.name,
        "controls": [described(key, c) for key, c in chart.controls.items()],
        "colours": COLOURS,
        "axes": {key: recording.settings(key) for key in recording.axes},
        "trees": trees,
        "pieces": recording.parts.pieces,
        "nodes": recording.tape.nodes,
        "constants": recording.tape.constants,
    }


def program_bytes(program: dict) -> bytes:
    """Return a program as a page fetches it: deflated; the length of its JSON, that, the floats.

    An array goes as float32 where that says the same, else as float64.
    """
    arrays = [packed_array(a) for a in program["constants"]]
    header = {**program, "constants": [[a.itemsize, list(a.shape)] for a in arrays]}
    text = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
    floats = b"".join(a.tobytes() for a in arrays)
    return zlib.compress(struct.pack("<I", len(text)) + text + floats, 9)


def packed_array(array: np.ndarray) -> np.ndarray:
    """Return an array as little-endian float32 if nothing is lost, else as float64."""
    with np.errstate(over="ignore"):
        short = array.astype("<f4")
    same = np.array_equal(short.astype("<f8"), array, equal_nan=True)
    return np.ascontiguousarray(short if same else array.astype("<f8"))
